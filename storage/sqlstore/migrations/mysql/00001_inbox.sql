-- +goose Up

-- Ids are 16 bytes, times are microseconds since 1970 in UTC, NULL is the zero value of an id or a time. Texts in keys are bytes, since
-- no collation tells all of them apart; identifiers have 512 at most. Rare values of several parts are JSON.

CREATE TABLE IF NOT EXISTS deskwright_tenant (
    tenant BINARY(16) NOT NULL,
    epoch  BIGINT NOT NULL, -- of the settings
    PRIMARY KEY (tenant)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS deskwright_contact (
    tenant     BINARY(16) NOT NULL,
    id         BINARY(16) NOT NULL,
    version    BIGINT NOT NULL,
    name       LONGTEXT NOT NULL,
    attributes LONGTEXT,
    chain_seq  BIGINT NOT NULL,
    chain_hash BINARY(32) NOT NULL,
    chain_key  BINARY(16) NOT NULL,
    stamp      BIGINT NOT NULL, -- of the newest batch with entries of it
    PRIMARY KEY (tenant, id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS deskwright_identity (
    tenant  BINARY(16) NOT NULL,
    id      BINARY(16) NOT NULL,
    version BIGINT NOT NULL,
    contact BINARY(16),
    network VARBINARY(512) NOT NULL,
    address VARBINARY(512) NOT NULL,
    PRIMARY KEY (tenant, id),
    UNIQUE KEY deskwright_identity_address (tenant, address, network)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS deskwright_thread (
    tenant       BINARY(16) NOT NULL,
    id           BINARY(16) NOT NULL,
    version      BIGINT NOT NULL,
    account      BINARY(16) NOT NULL,
    identity     BINARY(16) NOT NULL,
    visibility   VARBINARY(512) NOT NULL,
    `key`          VARBINARY(512) NOT NULL,
    conversation BINARY(16), -- the newest
    PRIMARY KEY (tenant, id),
    UNIQUE KEY deskwright_thread_key (tenant, identity, account, visibility, `key`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS deskwright_conversation (
    tenant           BINARY(16) NOT NULL,
    id               BINARY(16) NOT NULL,
    version          BIGINT NOT NULL,
    revision         BIGINT NOT NULL,
    thread           BINARY(16) NOT NULL,
    account          BINARY(16) NOT NULL,
    network          LONGTEXT NOT NULL,
    visibility       LONGTEXT NOT NULL,
    identity         BINARY(16),
    linked           BINARY(16),
    state            BIGINT NOT NULL, -- 1 new, 2 pending, 3 resolved
    since            BIGINT,
    agent            BINARY(16),
    team             BINARY(16),
    topics           LONGTEXT,
    reason           BINARY(16),
    comment          LONGTEXT NOT NULL,
    hold_bot         LONGTEXT NOT NULL,
    hold_until       BIGINT,
    created          BIGINT,
    changed          BIGINT,
    resolved         BIGINT,
    waiting_since    BIGINT,
    answered_by      BINARY(16),
    answered_again   BINARY(16),
    due              BIGINT,
    window_opened    BIGINT,
    window_ends      BIGINT,
    window_opener    LONGTEXT NOT NULL,
    asked            BINARY(16),
    last_message     BINARY(16),
    last_direction   LONGTEXT NOT NULL,
    last_kind        LONGTEXT NOT NULL,
    last_paid        BIGINT NOT NULL,
    last_at          BIGINT,
    last_preview     LONGTEXT NOT NULL,
    newest           BIGINT,
    count_messages   BIGINT NOT NULL,
    count_unread     BIGINT NOT NULL,
    chain_seq        BIGINT NOT NULL,
    chain_hash       BINARY(32) NOT NULL,
    chain_key        BINARY(16) NOT NULL,
    stamp            BIGINT NOT NULL, -- of the newest batch with entries of it
    newest_at        BIGINT NOT NULL, -- its places in the orders of lists
    waiting_at       BIGINT NOT NULL,
    due_at           BIGINT NOT NULL,
    open_thread      BINARY(16) AS (CASE WHEN state IN (1, 2) THEN thread END) VIRTUAL,
    PRIMARY KEY (tenant, id),
    UNIQUE KEY deskwright_conversation_open (tenant, open_thread),
    KEY deskwright_conversation_newest (tenant, state, newest_at, id),
    KEY deskwright_conversation_waiting (tenant, state, waiting_at, id),
    KEY deskwright_conversation_due (tenant, state, due_at, id),
    KEY deskwright_conversation_agent (tenant, agent, state, newest_at, id, waiting_at, due_at)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS deskwright_arrival (
    tenant      BINARY(16) NOT NULL,
    account     BINARY(16) NOT NULL,
    external_id VARBINARY(512) NOT NULL,
    version     BIGINT NOT NULL,
    message     BINARY(16),
    content     BINARY(16) NOT NULL,
    conflicting LONGTEXT,
    early       LONGTEXT,
    PRIMARY KEY (tenant, account, external_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS deskwright_message (
    tenant           BINARY(16) NOT NULL,
    id               BINARY(16) NOT NULL,
    conversation     BINARY(16) NOT NULL,
    seq              BIGINT NOT NULL,
    account          BINARY(16),
    external_id      LONGTEXT NOT NULL,
    direction        LONGTEXT NOT NULL,
    kind             LONGTEXT NOT NULL,
    visibility       LONGTEXT NOT NULL,
    author_kind      BIGINT NOT NULL,
    author_id        LONGTEXT NOT NULL,
    author_name      LONGTEXT NOT NULL,
    text             LONGTEXT NOT NULL,
    cut              BIGINT NOT NULL,
    attach           LONGTEXT,
    permalink        LONGTEXT NOT NULL,
    paid             BIGINT NOT NULL,
    summoned         BIGINT NOT NULL,
    time             BIGINT,
    received         BIGINT,
    edited           BIGINT,
    deleted          BIGINT,
    masked           BIGINT,
    erased           BIGINT,
    answers          LONGTEXT,
    private_reply    BINARY(16),
    tag              LONGTEXT NOT NULL,
    template         LONGTEXT,
    reactions        LONGTEXT,
    delivery_state   LONGTEXT NOT NULL,
    delivery_changed BIGINT,
    delivery_problem LONGTEXT NOT NULL,
    PRIMARY KEY (tenant, id),
    KEY deskwright_message_place (tenant, conversation, seq)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS deskwright_note (
    tenant       BINARY(16) NOT NULL,
    id           BINARY(16) NOT NULL,
    conversation BINARY(16) NOT NULL,
    message      BINARY(16),
    seq          BIGINT NOT NULL,
    author_kind  BIGINT NOT NULL,
    author_id    LONGTEXT NOT NULL,
    author_name  LONGTEXT NOT NULL,
    text         LONGTEXT NOT NULL,
    time         BIGINT,
    edited       BIGINT,
    deleted      BIGINT,
    PRIMARY KEY (tenant, id),
    KEY deskwright_note_place (tenant, conversation, seq)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS deskwright_document (
    tenant      BINARY(16) NOT NULL,
    kind        VARBINARY(512) NOT NULL,
    id          BINARY(16) NOT NULL,
    version     BIGINT NOT NULL,
    deleted     BIGINT NOT NULL,
    network     VARBINARY(512) NOT NULL, -- of the channel account, while it is connected
    external_id VARBINARY(512) NOT NULL,
    body        LONGBLOB,
    chain_seq   BIGINT NOT NULL,
    chain_hash  BINARY(32) NOT NULL,
    chain_key   BINARY(16) NOT NULL,
    stamp       BIGINT NOT NULL, -- of the newest batch with entries of it
    account_network VARBINARY(512) AS (CASE WHEN network <> '' OR external_id <> '' THEN network END) VIRTUAL,
    PRIMARY KEY (tenant, id, kind),
    UNIQUE KEY deskwright_document_account (account_network, external_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS deskwright_command (
    tenant BINARY(16) NOT NULL,
    `key`    VARBINARY(512) NOT NULL,
    hash   BINARY(32) NOT NULL, -- of the request
    result LONGBLOB,
    time   BIGINT,
    PRIMARY KEY (tenant, `key`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS deskwright_due (
    tenant       BINARY(16) NOT NULL,
    kind         VARBINARY(512) NOT NULL,
    ref          BINARY(16) NOT NULL,
    conversation BINARY(16),
    at           BIGINT NOT NULL,
    leased       BIGINT,
    tries        BIGINT NOT NULL,
    ready        BIGINT NOT NULL, -- when it can be claimed: the later of at and leased
    PRIMARY KEY (tenant, kind, ref),
    KEY deskwright_due_ready (ready)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- How many conversations there are is the sum of what every transaction has added.
CREATE TABLE IF NOT EXISTS deskwright_total (
    tenant  BINARY(16) NOT NULL,
    account BINARY(16) NOT NULL,
    batch   BINARY(16) NOT NULL,
    new     BIGINT NOT NULL,
    pending BIGINT NOT NULL,
    PRIMARY KEY (tenant, account, batch)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- What a transaction adds to the log is a batch. It gets its place in the log when it is sealed.
CREATE TABLE IF NOT EXISTS deskwright_batch (
    tenant  BINARY(16) NOT NULL,
    batch   BINARY(16) NOT NULL,
    stamp   BIGINT NOT NULL, -- batches of one subject are sealed in this order
    count   BIGINT NOT NULL,
    root    BINARY(32) NOT NULL,
    first   BIGINT, -- position of its first entry; NULL: it is not sealed
    chained BINARY(32),
    PRIMARY KEY (tenant, batch),
    UNIQUE KEY deskwright_batch_first (tenant, first),
    KEY deskwright_batch_unsealed (tenant, first, stamp, batch)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS deskwright_head (
    tenant   BINARY(16) NOT NULL,
    position BIGINT NOT NULL, -- where the log ends
    root     BINARY(32) NOT NULL,
    PRIMARY KEY (tenant)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS deskwright_entry (
    tenant       BINARY(16) NOT NULL,
    batch        BINARY(16) NOT NULL,
    place        BIGINT NOT NULL, -- in the batch, from 0
    subject_kind VARBINARY(512) NOT NULL,
    subject      BINARY(16) NOT NULL,
    seq          BIGINT NOT NULL,
    time         BIGINT,
    actor_kind   BIGINT NOT NULL,
    actor_id     LONGTEXT NOT NULL,
    actor_name   LONGTEXT NOT NULL,
    action       LONGTEXT NOT NULL,
    class        BIGINT NOT NULL,
    cause        BINARY(16),
    data         LONGBLOB, -- NULL: there is none
    commitment   BINARY(32) NOT NULL,
    hash         BINARY(32) NOT NULL,
    PRIMARY KEY (tenant, batch, place),
    UNIQUE KEY deskwright_entry_subject (tenant, subject, seq, subject_kind)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down

DROP TABLE IF EXISTS deskwright_entry;
DROP TABLE IF EXISTS deskwright_head;
DROP TABLE IF EXISTS deskwright_batch;
DROP TABLE IF EXISTS deskwright_total;
DROP TABLE IF EXISTS deskwright_due;
DROP TABLE IF EXISTS deskwright_command;
DROP TABLE IF EXISTS deskwright_document;
DROP TABLE IF EXISTS deskwright_note;
DROP TABLE IF EXISTS deskwright_message;
DROP TABLE IF EXISTS deskwright_arrival;
DROP TABLE IF EXISTS deskwright_conversation;
DROP TABLE IF EXISTS deskwright_thread;
DROP TABLE IF EXISTS deskwright_identity;
DROP TABLE IF EXISTS deskwright_contact;
DROP TABLE IF EXISTS deskwright_tenant;
