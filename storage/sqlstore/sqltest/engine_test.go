package sqltest_test

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/mattn/go-sqlite3"
	_ "modernc.org/sqlite"
)

// engine is a driver for SQLite and how the file is opened with it.
type engine struct{ name, params string }

var engines = []engine{
	{"sqlite", "_pragma=journal_mode(wal)&_pragma=synchronous(full)&_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)"},
	{"sqlite3", "_journal_mode=WAL&_synchronous=FULL&_busy_timeout=5000&_foreign_keys=1"},
}

// eachEngine runs a test with modernc.org/sqlite and with github.com/mattn/go-sqlite3.
func eachEngine(t *testing.T, test func(*testing.T, engine)) {
	t.Helper()
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			test(t, e)
		})
	}
}

// raced is whether the race detector looks on.
var raced bool

// sampled is whether a test that does the same very often does it with every third or so only: when it is asked to be short, and where
// the driver is written in Go, which the race detector makes ten times slower.
func (e engine) sampled() bool { return testing.Short() || raced && e.name == "sqlite" }

// with changes a parameter of the DSN: each old becomes its new.
func (e engine) with(oldnew ...string) engine {
	return engine{e.name, strings.NewReplacer(oldnew...).Replace(e.params)}
}

// dsn is how a file is opened; without parameters it is the address of a database on a server.
func (e engine) dsn(file string) string {
	if e.params == "" {
		return file
	}
	return "file:" + file + "?" + e.params
}

func (e engine) open(t *testing.T, file string) *sql.DB {
	t.Helper()
	db, err := sql.Open(e.name, e.dsn(file))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func newFile(t *testing.T) string { return filepath.Join(t.TempDir(), "inbox.db") }

func do(t testing.TB, db interface {
	Exec(string, ...any) (sql.Result, error)
}, statements ...string,
) {
	t.Helper()
	for _, statement := range statements {
		if _, err := db.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}
