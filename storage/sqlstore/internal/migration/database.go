package migration

// Database is what a kind of database needs to be told otherwise than others.
type Database struct {
	ledger string // makes the table that tells what was applied
	now    string // microseconds since 1970, by the database's clock
	there  string // how many tables have a name
	begin  string // begins a transaction that a migration is whole in; empty: each statement commits
	lease  string // makes the table of the lease; empty: the transaction itself waits for others
	take   string // takes the lease: it binds the holder, how long, and the holder
	give   string // gives it back
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
			" ON CONFLICT (id) DO UPDATE SET holder = excluded.holder, until = excluded.until WHERE m.until < $now OR m.holder = $3",
		give: "UPDATE deskwright_migrating SET until = 0 WHERE id = 1 AND holder = $1",
	}
)
