-- +goose Up

-- Ids are 16 bytes, times are microseconds since 1970 in UTC, NULL is the zero value of an id or a time. Texts are compared byte
-- for byte. Rare values of several parts are JSON. Small rows lie in their key (WITHOUT ROWID); in wide ones that would make the
-- tree deep, so they lie beside it, but for the log, which only grows at its end.

CREATE TABLE deskwright_tenant (
    tenant   BLOB NOT NULL,
    epoch    INTEGER NOT NULL, -- of the settings
    position INTEGER NOT NULL, -- where the log ends
    root     BLOB NOT NULL,
    PRIMARY KEY (tenant)
) STRICT, WITHOUT ROWID;

CREATE TABLE deskwright_contact (
    tenant     BLOB NOT NULL,
    id         BLOB NOT NULL,
    version    INTEGER NOT NULL,
    name       TEXT NOT NULL,
    attributes TEXT,
    chain_seq  INTEGER NOT NULL,
    chain_hash BLOB NOT NULL,
    chain_key  BLOB NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT;

CREATE TABLE deskwright_identity (
    tenant  BLOB NOT NULL,
    id      BLOB NOT NULL,
    version INTEGER NOT NULL,
    contact BLOB,
    network TEXT NOT NULL,
    address TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX deskwright_identity_address ON deskwright_identity (tenant, address, network);

CREATE TABLE deskwright_thread (
    tenant       BLOB NOT NULL,
    id           BLOB NOT NULL,
    version      INTEGER NOT NULL,
    account      BLOB NOT NULL,
    identity     BLOB NOT NULL,
    visibility   TEXT NOT NULL,
    key          TEXT NOT NULL,
    conversation BLOB, -- the newest
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX deskwright_thread_key ON deskwright_thread (tenant, identity, account, visibility, key);

CREATE TABLE deskwright_conversation (
    tenant           BLOB NOT NULL,
    id               BLOB NOT NULL,
    version          INTEGER NOT NULL,
    revision         INTEGER NOT NULL,
    thread           BLOB NOT NULL,
    account          BLOB NOT NULL,
    network          TEXT NOT NULL,
    visibility       TEXT NOT NULL,
    identity         BLOB,
    linked           BLOB,
    state            INTEGER NOT NULL, -- 1 new, 2 pending, 3 resolved
    since            INTEGER,
    agent            BLOB,
    team             BLOB,
    topics           TEXT,
    reason           BLOB,
    comment          TEXT NOT NULL,
    hold_bot         TEXT NOT NULL,
    hold_until       INTEGER,
    created          INTEGER,
    changed          INTEGER,
    resolved         INTEGER,
    waiting_since    INTEGER,
    answered_by      BLOB,
    answered_again   BLOB,
    due              INTEGER,
    window_opened    INTEGER,
    window_ends      INTEGER,
    window_opener    TEXT NOT NULL,
    asked            BLOB,
    last_message     BLOB,
    last_direction   TEXT NOT NULL,
    last_kind        TEXT NOT NULL,
    last_paid        INTEGER NOT NULL,
    last_at          INTEGER,
    last_preview     TEXT NOT NULL,
    newest           INTEGER,
    count_messages   INTEGER NOT NULL,
    count_unread     INTEGER NOT NULL,
    chain_seq        INTEGER NOT NULL,
    chain_hash       BLOB NOT NULL,
    chain_key        BLOB NOT NULL,
    newest_at        INTEGER NOT NULL, -- its places in the orders of lists
    waiting_at       INTEGER NOT NULL,
    due_at           INTEGER NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT;

CREATE UNIQUE INDEX deskwright_conversation_open ON deskwright_conversation (tenant, thread) WHERE state IN (1, 2);
CREATE INDEX deskwright_conversation_newest ON deskwright_conversation (tenant, state, newest_at, id);
CREATE INDEX deskwright_conversation_waiting ON deskwright_conversation (tenant, state, waiting_at, id);
CREATE INDEX deskwright_conversation_due ON deskwright_conversation (tenant, state, due_at, id);
CREATE INDEX deskwright_conversation_agent ON deskwright_conversation (tenant, agent, state, newest_at, id) WHERE agent IS NOT NULL;

CREATE TABLE deskwright_arrival (
    tenant      BLOB NOT NULL,
    account     BLOB NOT NULL,
    external_id TEXT NOT NULL,
    version     INTEGER NOT NULL,
    message     BLOB,
    content     BLOB NOT NULL,
    conflicting TEXT,
    early       TEXT,
    PRIMARY KEY (tenant, account, external_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE deskwright_message (
    tenant           BLOB NOT NULL,
    id               BLOB NOT NULL,
    conversation     BLOB NOT NULL,
    seq              INTEGER NOT NULL,
    account          BLOB,
    external_id      TEXT NOT NULL,
    direction        TEXT NOT NULL,
    kind             TEXT NOT NULL,
    visibility       TEXT NOT NULL,
    author_kind      INTEGER NOT NULL,
    author_id        TEXT NOT NULL,
    author_name      TEXT NOT NULL,
    text             TEXT NOT NULL,
    cut              INTEGER NOT NULL,
    attach           TEXT,
    permalink        TEXT NOT NULL,
    paid             INTEGER NOT NULL,
    summoned         INTEGER NOT NULL,
    time             INTEGER,
    received         INTEGER,
    edited           INTEGER,
    deleted          INTEGER,
    masked           INTEGER,
    erased           INTEGER,
    answers          TEXT,
    private_reply    BLOB,
    tag              TEXT NOT NULL,
    template         TEXT,
    reactions        TEXT,
    delivery_state   TEXT NOT NULL,
    delivery_changed INTEGER,
    delivery_problem TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT;

CREATE INDEX deskwright_message_place ON deskwright_message (tenant, conversation, seq);

CREATE TABLE deskwright_note (
    tenant       BLOB NOT NULL,
    id           BLOB NOT NULL,
    conversation BLOB NOT NULL,
    message      BLOB,
    seq          INTEGER NOT NULL,
    author_kind  INTEGER NOT NULL,
    author_id    TEXT NOT NULL,
    author_name  TEXT NOT NULL,
    text         TEXT NOT NULL,
    time         INTEGER,
    edited       INTEGER,
    deleted      INTEGER,
    PRIMARY KEY (tenant, id)
) STRICT;

CREATE INDEX deskwright_note_place ON deskwright_note (tenant, conversation, seq);

CREATE TABLE deskwright_document (
    tenant      BLOB NOT NULL,
    kind        TEXT NOT NULL,
    id          BLOB NOT NULL,
    version     INTEGER NOT NULL,
    deleted     INTEGER NOT NULL,
    network     TEXT NOT NULL, -- of the channel account, while it is connected
    external_id TEXT NOT NULL,
    body        BLOB,
    chain_seq   INTEGER NOT NULL,
    chain_hash  BLOB NOT NULL,
    chain_key   BLOB NOT NULL,
    PRIMARY KEY (tenant, id, kind)
) STRICT;

CREATE UNIQUE INDEX deskwright_document_account ON deskwright_document (network, external_id) WHERE network <> '' OR external_id <> '';

CREATE TABLE deskwright_command (
    tenant BLOB NOT NULL,
    key    TEXT NOT NULL,
    hash   BLOB NOT NULL, -- of the request
    result BLOB,
    time   INTEGER,
    PRIMARY KEY (tenant, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE deskwright_due (
    tenant       BLOB NOT NULL,
    kind         TEXT NOT NULL,
    ref          BLOB NOT NULL,
    conversation BLOB,
    at           INTEGER NOT NULL,
    leased       INTEGER,
    tries        INTEGER NOT NULL,
    ready        INTEGER NOT NULL, -- when it can be claimed: the later of at and leased
    PRIMARY KEY (tenant, kind, ref)
) STRICT, WITHOUT ROWID;

CREATE INDEX deskwright_due_ready ON deskwright_due (ready);

CREATE TABLE deskwright_total (
    tenant  BLOB NOT NULL,
    account BLOB NOT NULL,
    new     INTEGER NOT NULL,
    pending INTEGER NOT NULL,
    PRIMARY KEY (tenant, account)
) STRICT, WITHOUT ROWID;

CREATE TABLE deskwright_entry (
    tenant       BLOB NOT NULL,
    position     INTEGER NOT NULL,
    subject_kind TEXT NOT NULL,
    subject      BLOB NOT NULL,
    seq          INTEGER NOT NULL,
    time         INTEGER,
    actor_kind   INTEGER NOT NULL,
    actor_id     TEXT NOT NULL,
    actor_name   TEXT NOT NULL,
    action       TEXT NOT NULL,
    class        INTEGER NOT NULL,
    cause        BLOB,
    data         BLOB, -- NULL: there is none
    commitment   BLOB NOT NULL,
    hash         BLOB NOT NULL,
    PRIMARY KEY (tenant, position)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX deskwright_entry_subject ON deskwright_entry (tenant, subject, seq, subject_kind);

CREATE TABLE deskwright_batch (
    tenant  BLOB NOT NULL,
    first   INTEGER NOT NULL, -- position of its first entry
    count   INTEGER NOT NULL,
    root    BLOB NOT NULL,
    chained BLOB NOT NULL,
    PRIMARY KEY (tenant, first)
) STRICT, WITHOUT ROWID;

-- +goose Down

DROP TABLE deskwright_batch;
DROP TABLE deskwright_entry;
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
