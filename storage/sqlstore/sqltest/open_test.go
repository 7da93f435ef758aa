package sqltest_test

import (
	"database/sql"
	"net/url"
	"path/filepath"
	"testing"

	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage/sqlstore"
)

// fast is the engine with files that may lose their end when the machine stops.
func (e engine) fast() engine { return e.with("(full)", "(normal)", "=FULL", "=NORMAL") }

// quick is for whatever is not about a driver. Two drivers never have a file open at once in one process: what the one closes, the
// other has no lock on any more.
var quick = engines[1].fast()

// unsynced opens a file with one connection that never waits for the disk.
func (e engine) unsynced(t *testing.T, file string) *sql.DB {
	t.Helper()
	db := wrapped{engine: e.fast(), file: file, begin: func() string { return "PRAGMA synchronous = off" }}.mustOpen(t)
	db.SetMaxOpenConns(1)
	return db
}

// migrated returns a database of its own, with the tables in it.
func (e engine) migrated(t testing.TB) *sql.DB {
	t.Helper()
	path := url.URL{Path: filepath.Join(t.TempDir(), "inbox.db")} // a test's name may hold what means something in a name of a source
	db, err := sql.Open(e.name, e.dsn(path.EscapedPath()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	migrate(t, db)
	return db
}

// migrate makes the tables.
func migrate(t testing.TB, db *sql.DB, options ...sqlstore.Option) {
	t.Helper()
	if err := sqlstore.Migrate(t.Context(), db, sqlstore.SQLite, options...); err != nil {
		t.Fatal(err)
	}
}

// store returns an empty store in a file of its own.
func (e engine) store(t testing.TB) inbox.Store { return over(t, e.migrated(t)) }

// over returns a store in a database.
func over(t testing.TB, db *sql.DB, options ...sqlstore.Option) *sqlstore.Store {
	t.Helper()
	store, err := sqlstore.New(db, sqlstore.SQLite, append(options, sqlstore.WithNormalSynchronous())...)
	if err != nil {
		t.Fatal(err)
	}
	return store
}
