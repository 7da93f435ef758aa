-- +goose Up
CREATE TABLE deskwright_tenant (
    id    BLOB PRIMARY KEY,
    epoch INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE deskwright_contact (
    tenant  BLOB NOT NULL,
    id      BLOB NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE deskwright_contact;
DROP TABLE deskwright_tenant;
