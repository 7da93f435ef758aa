package migration

// Database is what a kind of database needs to be told otherwise than others.
type Database struct {
	ledger string // makes the table that tells what was applied
	now    string // microseconds since 1970, by the database's clock
	there  string // how many tables have a name
	begin  string // begins a transaction that a migration is whole in; empty: each statement commits
	lease  string // makes the table of the lease; empty: the transaction itself waits for others
	take   string // takes the lease: it binds the holder and how long
	give   string // gives it back
	have   string // asks whether the holder has it
}

var (
	// SQLite has one writer at a time: a transaction that begins as one waits for the others.
	SQLite = Database{
		ledger: `CREATE TABLE deskwright_migration (
    version  INTEGER PRIMARY KEY,
    name     TEXT NOT NULL,
    checksum TEXT NOT NULL,
    applied  INTEGER NOT NULL
) STRICT;
`,
		now:   "CAST(unixepoch('subsec') * 1000000 AS INTEGER)",
		there: "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?",
		begin: "BEGIN IMMEDIATE",
	}

	// Postgres makes tables within transactions.
	Postgres = Database{
		ledger: `CREATE TABLE deskwright_migration (
    version  BIGINT PRIMARY KEY,
    name     TEXT NOT NULL,
    checksum TEXT NOT NULL,
    applied  BIGINT NOT NULL
);
`,
		now:   "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)",
		there: "SELECT count(*) FROM pg_class WHERE oid = to_regclass($1::text)",
		begin: "BEGIN",
		lease: "CREATE TABLE IF NOT EXISTS deskwright_migrating (id BIGINT PRIMARY KEY, holder TEXT NOT NULL, until BIGINT NOT NULL)",
		take: "INSERT INTO deskwright_migrating AS m (id, holder, until) VALUES (1, $1, $now + $2::int8)" +
			" ON CONFLICT (id) DO UPDATE SET holder = excluded.holder, until = excluded.until WHERE m.until < $now OR m.holder = excluded.holder",
		give: "UPDATE deskwright_migrating SET until = 0 WHERE id = 1 AND holder = $1",
		have: "SELECT count(*) FROM deskwright_migrating WHERE id = 1 AND holder = $1",
	}

	// MySQL commits with every statement that makes a table, so the statements of its files can be run again.
	MySQL = Database{
		ledger: `CREATE TABLE IF NOT EXISTS deskwright_migration (
    version  BIGINT PRIMARY KEY,
    name     VARCHAR(200) NOT NULL,
    checksum VARCHAR(64) NOT NULL,
    applied  BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
`,
		now:   "CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS SIGNED)",
		there: "SELECT count(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = ?",
		lease: "CREATE TABLE IF NOT EXISTS deskwright_migrating (id BIGINT PRIMARY KEY, holder VARCHAR(36) NOT NULL, until BIGINT NOT NULL) ENGINE=InnoDB",
		take: "INSERT INTO deskwright_migrating (id, holder, until) VALUES (1, ?, $now + ?) ON DUPLICATE KEY UPDATE" +
			" holder = IF(until < $now OR holder = VALUES(holder), VALUES(holder), holder)," +
			" until = IF(holder = VALUES(holder), VALUES(until), until)",
		give: "UPDATE deskwright_migrating SET until = 0 WHERE id = 1 AND holder = ?",
		have: "SELECT count(*) FROM deskwright_migrating WHERE id = 1 AND holder = ?",
	}
)
