package sqltest_test

import (
	"database/sql"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage/sqlstore"
	_ "github.com/mattn/go-sqlite3"
	_ "modernc.org/sqlite"
)

// driver is a driver of SQLite, and how a file is opened with it.
type driver struct{ name, pragmas, safe, fast string }

var drivers = []driver{
	{"sqlite", "?_pragma=journal_mode(wal)&_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)", "&_pragma=synchronous(full)",
		"&_pragma=synchronous(off)"},
	{"sqlite3", "?_journal_mode=WAL&_busy_timeout=5000&_foreign_keys=1", "&_synchronous=FULL", "&_synchronous=OFF"},
}

// file returns a database of its own, with the tables in it. One that may be lost when the machine stops is faster.
func (d driver) file(t testing.TB, sync string) *sql.DB {
	t.Helper()
	path := url.URL{Path: filepath.Join(t.TempDir(), "inbox.db")} // a test's name may hold what means something in a name of a source
	db, err := sql.Open(d.name, "file:"+path.EscapedPath()+d.pragmas+sync)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	schema(t, db, "deskwright_")
	return db
}

// schema makes the tables, whose names begin with a prefix.
func schema(t testing.TB, db *sql.DB, prefix string) {
	t.Helper()
	text, err := os.ReadFile("../migrations/sqlite/00001_inbox.sql")
	if err != nil {
		t.Fatal(err)
	}
	up, _, _ := strings.Cut(string(text), "-- +goose Down")
	if _, err := db.Exec(strings.ReplaceAll(up, "deskwright_", prefix)); err != nil {
		t.Fatal(err)
	}
}

// over returns a store in a database.
func over(t testing.TB, db *sql.DB) inbox.Store {
	t.Helper()
	store, err := sqlstore.New(db, sqlstore.SQLite)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func (d driver) open(t *testing.T) inbox.Store { return over(t, d.file(t, d.fast)) }
