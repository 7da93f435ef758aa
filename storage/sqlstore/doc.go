// Package sqlstore is a store that keeps everything in a SQL database of the host's. It is an [inbox.Store] over database/sql and
// imports no driver: the host opens the database with the driver of its choice and hands it over. There are three dialects: [SQLite],
// tested with modernc.org/sqlite and github.com/mattn/go-sqlite3; [Postgres], tested with PostgreSQL 15 through
// github.com/jackc/pgx/v5/stdlib, alone and behind pgbouncer; and [MySQL], tested with MariaDB 10.11 through
// github.com/go-sql-driver/mysql. MySQL itself was not at hand: what is written is what both understand.
//
//	db, err := sql.Open("sqlite", "file:inbox.db?_pragma=journal_mode(wal)&_pragma=synchronous(full)"+
//		"&_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)")
//	...
//	err = sqlstore.Migrate(ctx, db, sqlstore.SQLite) // as often as you like
//	store, err := sqlstore.New(db, sqlstore.SQLite)
//	box, err := inbox.New(store)
//
// It keeps the contract to the letter: storagetest holds it to every sentence, with every driver that is supported. It starts
// nothing in the background and there is nothing to close; its prepared statements go with the host's database.
//
// On a server it is
//
//	db, err := sql.Open("pgx", "postgres://user@host/database")
//	store, err := sqlstore.New(db, sqlstore.Postgres)
//
//	db, err := sql.Open("mysql", "user@tcp(host)/database?clientFoundRows=true")
//	store, err := sqlstore.New(db, sqlstore.MySQL)
//
// # What it costs
//
// Load and Commit are one transaction each, however many snapshots and changes they are given; in PostgreSQL one statement each. Calls that come while one is under
// way go together in the next one, so that with many callers a message costs a small part of a sync of the disk; a lone caller waits
// for nobody. A caller whose context ends leaves, and the transaction goes on. List reads the rows of its page in the order of an
// index, and skips those that the filter does not mean; what SQL cannot tell is asked of the filter itself.
//
// In SQLite loads and commits of one Store take turns, since it has one writer at a time, and keeps the pages in its memory only where no
// other connection has written: so they mostly go on one connection. A load that has waited a tenth of a second for a commit under
// way goes on another one; all other reads wait for nobody. Several stores, in one process or many, may share a file. One connection
// is enough, several let readers go on while somebody writes. SQLite copies its -wal into the file in the commit that makes it a
// thousand pages long; with wal_autocheckpoint, a parameter of the handle, that is done less often and takes longer.
//
// # On a server
//
// Any number of processes may have stores in one database. Entries of the log get their positions after they were committed, by whoever
// reads the log next: a reader misses none that becomes visible late, and an open transaction holds up nobody. So a view on a transaction
// of the host's own, [Store.Join], reads of the log what had its place before. Writes run at READ COMMITTED. What a server has chosen to
// end, because of a deadlock for instance, is done again, a few times at most; where the answer to a commit was lost the call is answered
// with [storage.ErrUnknown]. A caller's context ends its call also while the server works on it, unless others are in the same batch:
// then the caller leaves, and the batch goes on for half a minute at most.
//
// In PostgreSQL a statement is kept prepared by pgx. Behind a pooler that gives every transaction another connection, say
// default_query_exec_mode=exec in the URL; [New] finds out and says so.
//
// # Copies
//
// A file that is in use is copied with VACUUM INTO 'copy', or by another program that copies the file and then its -wal while a
// transaction that was begun immediate is open. Any other copy may be damaged. Nobody may delete, replace or move a file in use:
// SQLite does not notice, and what it has open goes on without a name. Where it opens the file anew, no table is there: the driver's
// error, which means none of those below.
//
// # Errors
//
// Errors of the driver are told apart by their codes, and are also what they mean: [storage.ErrBusy] when others were at it for too
// long, [storage.ErrReadOnly] when there is no room or no permission to write, [storage.ErrUnknown] when the answer to a commit was
// lost, [storage.ErrInvalid] and [storage.ErrClosed].
package sqlstore
