-- +goose Up

-- Ids are 16 bytes, times are microseconds since 1970 in UTC, NULL is the zero value of an id or a time. Texts in keys are compared
-- byte for byte. Rare values of several parts are JSON.

CREATE TABLE deskwright_tenant (
    tenant BYTEA NOT NULL,
    epoch  BIGINT NOT NULL, -- of the settings
    PRIMARY KEY (tenant)
);

CREATE TABLE deskwright_contact (
    tenant     BYTEA NOT NULL,
    id         BYTEA NOT NULL,
    version    BIGINT NOT NULL,
    name       TEXT NOT NULL,
    attributes TEXT,
    chain_seq  BIGINT NOT NULL,
    chain_hash BYTEA NOT NULL,
    chain_key  BYTEA NOT NULL,
    stamp      BIGINT NOT NULL, -- of the newest batch with entries of it
    PRIMARY KEY (tenant, id)
);

CREATE TABLE deskwright_identity (
    tenant  BYTEA NOT NULL,
    id      BYTEA NOT NULL,
    version BIGINT NOT NULL,
    contact BYTEA,
    network TEXT COLLATE "C" NOT NULL,
    address TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, id)
);

CREATE UNIQUE INDEX deskwright_identity_address ON deskwright_identity (tenant, address, network);

CREATE TABLE deskwright_thread (
    tenant       BYTEA NOT NULL,
    id           BYTEA NOT NULL,
    version      BIGINT NOT NULL,
    account      BYTEA NOT NULL,
    identity     BYTEA NOT NULL,
    visibility   TEXT COLLATE "C" NOT NULL,
    key          TEXT COLLATE "C" NOT NULL,
    conversation BYTEA, -- the newest
    PRIMARY KEY (tenant, id)
);

CREATE UNIQUE INDEX deskwright_thread_key ON deskwright_thread (tenant, identity, account, visibility, key);

CREATE TABLE deskwright_conversation (
    tenant           BYTEA NOT NULL,
    id               BYTEA NOT NULL,
    version          BIGINT NOT NULL,
    revision         BIGINT NOT NULL,
    thread           BYTEA NOT NULL,
    account          BYTEA NOT NULL,
    network          TEXT NOT NULL,
    visibility       TEXT NOT NULL,
    identity         BYTEA,
    linked           BYTEA,
    state            BIGINT NOT NULL, -- 1 new, 2 pending, 3 resolved
    since            BIGINT,
    agent            BYTEA,
    team             BYTEA,
    topics           TEXT,
    reason           BYTEA,
    comment          TEXT NOT NULL,
    hold_bot         TEXT NOT NULL,
    hold_until       BIGINT,
    created          BIGINT,
    changed          BIGINT,
    resolved         BIGINT,
    waiting_since    BIGINT,
    answered_by      BYTEA,
    answered_again   BYTEA,
    due              BIGINT,
    window_opened    BIGINT,
    window_ends      BIGINT,
    window_opener    TEXT NOT NULL,
    asked            BYTEA,
    last_message     BYTEA,
    last_direction   TEXT NOT NULL,
    last_kind        TEXT NOT NULL,
    last_paid        BIGINT NOT NULL,
    last_at          BIGINT,
    last_preview     TEXT NOT NULL,
    newest           BIGINT,
    count_messages   BIGINT NOT NULL,
    count_unread     BIGINT NOT NULL,
    chain_seq        BIGINT NOT NULL,
    chain_hash       BYTEA NOT NULL,
    chain_key        BYTEA NOT NULL,
    stamp            BIGINT NOT NULL, -- of the newest batch with entries of it
    newest_at        BIGINT NOT NULL, -- its places in the orders of lists
    waiting_at       BIGINT NOT NULL,
    due_at           BIGINT NOT NULL,
    PRIMARY KEY (tenant, id)
);

CREATE UNIQUE INDEX deskwright_conversation_open ON deskwright_conversation (tenant, thread) WHERE state IN (1, 2);
CREATE INDEX deskwright_conversation_newest ON deskwright_conversation (tenant, state, newest_at, id);
CREATE INDEX deskwright_conversation_waiting ON deskwright_conversation (tenant, state, waiting_at, id);
CREATE INDEX deskwright_conversation_due ON deskwright_conversation (tenant, state, due_at, id);
CREATE INDEX deskwright_conversation_agent ON deskwright_conversation (tenant, agent, state, newest_at, id, waiting_at, due_at)
    WHERE agent IS NOT NULL;

CREATE TABLE deskwright_arrival (
    tenant      BYTEA NOT NULL,
    account     BYTEA NOT NULL,
    external_id TEXT COLLATE "C" NOT NULL,
    version     BIGINT NOT NULL,
    message     BYTEA,
    content     BYTEA NOT NULL,
    conflicting TEXT,
    early       TEXT,
    PRIMARY KEY (tenant, account, external_id)
);

CREATE TABLE deskwright_message (
    tenant           BYTEA NOT NULL,
    id               BYTEA NOT NULL,
    conversation     BYTEA NOT NULL,
    seq              BIGINT NOT NULL,
    account          BYTEA,
    external_id      TEXT NOT NULL,
    direction        TEXT NOT NULL,
    kind             TEXT NOT NULL,
    visibility       TEXT NOT NULL,
    author_kind      BIGINT NOT NULL,
    author_id        TEXT NOT NULL,
    author_name      TEXT NOT NULL,
    text             TEXT NOT NULL,
    cut              BIGINT NOT NULL,
    attach           TEXT,
    permalink        TEXT NOT NULL,
    paid             BIGINT NOT NULL,
    summoned         BIGINT NOT NULL,
    time             BIGINT,
    received         BIGINT,
    edited           BIGINT,
    deleted          BIGINT,
    masked           BIGINT,
    erased           BIGINT,
    answers          TEXT,
    private_reply    BYTEA,
    tag              TEXT NOT NULL,
    template         TEXT,
    reactions        TEXT,
    delivery_state   TEXT NOT NULL,
    delivery_changed BIGINT,
    delivery_problem TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
);

CREATE INDEX deskwright_message_place ON deskwright_message (tenant, conversation, seq);

CREATE TABLE deskwright_note (
    tenant       BYTEA NOT NULL,
    id           BYTEA NOT NULL,
    conversation BYTEA NOT NULL,
    message      BYTEA,
    seq          BIGINT NOT NULL,
    author_kind  BIGINT NOT NULL,
    author_id    TEXT NOT NULL,
    author_name  TEXT NOT NULL,
    text         TEXT NOT NULL,
    time         BIGINT,
    edited       BIGINT,
    deleted      BIGINT,
    PRIMARY KEY (tenant, id)
);

CREATE INDEX deskwright_note_place ON deskwright_note (tenant, conversation, seq);

CREATE TABLE deskwright_document (
    tenant      BYTEA NOT NULL,
    kind        TEXT COLLATE "C" NOT NULL,
    id          BYTEA NOT NULL,
    version     BIGINT NOT NULL,
    deleted     BIGINT NOT NULL,
    network     TEXT COLLATE "C" NOT NULL, -- of the channel account, while it is connected
    external_id TEXT COLLATE "C" NOT NULL,
    body        BYTEA,
    chain_seq   BIGINT NOT NULL,
    chain_hash  BYTEA NOT NULL,
    chain_key   BYTEA NOT NULL,
    stamp       BIGINT NOT NULL, -- of the newest batch with entries of it
    PRIMARY KEY (tenant, id, kind)
);

CREATE UNIQUE INDEX deskwright_document_account ON deskwright_document (network, external_id) WHERE network <> '' OR external_id <> '';

CREATE TABLE deskwright_command (
    tenant BYTEA NOT NULL,
    key    TEXT COLLATE "C" NOT NULL,
    hash   BYTEA NOT NULL, -- of the request
    result BYTEA,
    time   BIGINT,
    PRIMARY KEY (tenant, key)
);

CREATE TABLE deskwright_due (
    tenant       BYTEA NOT NULL,
    kind         TEXT COLLATE "C" NOT NULL,
    ref          BYTEA NOT NULL,
    conversation BYTEA,
    at           BIGINT NOT NULL,
    leased       BIGINT,
    tries        BIGINT NOT NULL,
    ready        BIGINT NOT NULL, -- when it can be claimed: the later of at and leased
    PRIMARY KEY (tenant, kind, ref)
);

CREATE INDEX deskwright_due_ready ON deskwright_due (ready);

-- How many conversations there are is the sum of what every transaction has added.
CREATE TABLE deskwright_total (
    tenant  BYTEA NOT NULL,
    account BYTEA NOT NULL,
    batch   BYTEA NOT NULL,
    new     BIGINT NOT NULL,
    pending BIGINT NOT NULL,
    PRIMARY KEY (tenant, account, batch)
);

-- What a transaction adds to the log is a batch. It gets its place in the log when it is sealed.
CREATE TABLE deskwright_batch (
    tenant  BYTEA NOT NULL,
    batch   BYTEA NOT NULL,
    stamp   BIGINT NOT NULL, -- batches of one subject are sealed in this order
    count   BIGINT NOT NULL,
    root    BYTEA NOT NULL,
    first   BIGINT, -- position of its first entry; NULL: it is not sealed
    chained BYTEA,
    PRIMARY KEY (tenant, batch)
);

CREATE UNIQUE INDEX deskwright_batch_first ON deskwright_batch (tenant, first) WHERE first IS NOT NULL;
CREATE INDEX deskwright_batch_unsealed ON deskwright_batch (tenant, stamp, batch) WHERE first IS NULL;

CREATE TABLE deskwright_head (
    tenant   BYTEA NOT NULL,
    position BIGINT NOT NULL, -- where the log ends
    root     BYTEA NOT NULL,
    PRIMARY KEY (tenant)
);

CREATE TABLE deskwright_entry (
    tenant       BYTEA NOT NULL,
    batch        BYTEA NOT NULL,
    place        BIGINT NOT NULL, -- in the batch, from 0
    subject_kind TEXT COLLATE "C" NOT NULL,
    subject      BYTEA NOT NULL,
    seq          BIGINT NOT NULL,
    time         BIGINT,
    actor_kind   BIGINT NOT NULL,
    actor_id     TEXT NOT NULL,
    actor_name   TEXT NOT NULL,
    action       TEXT NOT NULL,
    class        BIGINT NOT NULL,
    cause        BYTEA,
    data         BYTEA, -- NULL: there is none
    commitment   BYTEA NOT NULL,
    hash         BYTEA NOT NULL,
    PRIMARY KEY (tenant, batch, place)
);

CREATE UNIQUE INDEX deskwright_entry_subject ON deskwright_entry (tenant, subject, seq, subject_kind);

-- +goose Down

DROP TABLE deskwright_entry;
DROP TABLE deskwright_head;
DROP TABLE deskwright_batch;
DROP TABLE deskwright_total;
DROP TABLE deskwright_due;
DROP TABLE deskwright_command;
DROP TABLE deskwright_document;
DROP TABLE deskwright_note;
DROP TABLE deskwright_message;
DROP TABLE deskwright_arrival;
DROP TABLE deskwright_conversation;
DROP TABLE deskwright_thread;
DROP TABLE deskwright_identity;
DROP TABLE deskwright_contact;
DROP TABLE deskwright_tenant;
