package sqltest_test

import (
	"context"
	"errors"
	"io/fs"
	"strconv"
	"strings"
	"testing"

	"github.com/deskwright/deskwright/storage"
	"github.com/deskwright/deskwright/storage/sqlstore"
)

func TestCheckIsContentWithAFileOpenedAsItSays(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, e engine) {
		db := e.open(t, newFile(t))
		db.SetMaxOpenConns(1)
		migrate(t, db)
		if err := sqlstore.Check(t.Context(), db, sqlstore.SQLite); err != nil {
			t.Error(err)
		}
		extra := e.with("synchronous(full)", "synchronous(extra)", "synchronous=FULL", "synchronous=EXTRA")
		if err := sqlstore.Check(t.Context(), extra.open(t, newMigrated(t, e)), sqlstore.SQLite); err != nil {
			t.Error(err)
		}
		normal := e.with("synchronous(full)", "synchronous(normal)", "synchronous=FULL", "synchronous=NORMAL")
		err := sqlstore.Check(t.Context(), normal.open(t, newMigrated(t, e)), sqlstore.SQLite, sqlstore.WithNormalSynchronous())
		if err != nil {
			t.Error(err)
		}
	})
}

func newMigrated(t *testing.T, e engine) string {
	t.Helper()
	file := newFile(t)
	db := e.open(t, file)
	migrate(t, db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return file
}

const (
	openAs = "open the file with these parameters after its name: with modernc.org/sqlite " +
		"_pragma=journal_mode(wal)&_pragma=synchronous(full)&_pragma=busy_timeout(5000)&_pragma=foreign_keys(1), " +
		"with github.com/mattn/go-sqlite3 _journal_mode=WAL&_synchronous=FULL&_busy_timeout=5000&_foreign_keys=1"
	callMigrate = "call sqlstore.Migrate once before, or run the files of sqlstore.Migrations"
)

func TestCheckRefusesAndSaysWhatToDo(t *testing.T) {
	t.Parallel()
	files, err := fs.Glob(sqlstore.Migrations(sqlstore.SQLite), "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	newest := strconv.Itoa(len(files))
	for _, test := range []struct {
		name    string
		change  []string // of the DSN, for both drivers
		rewrite func(query string) string
		do      string // in the migrated file
		options []sqlstore.Option
		want    string
	}{
		{
			name:   "a rollback journal",
			change: []string{"journal_mode(wal)", "journal_mode(delete)", "journal_mode=WAL", "journal_mode=DELETE"},
			want:   "sqlstore: journal_mode is delete, want wal: " + openAs,
		},
		{
			name:   "synchronous off",
			change: []string{"synchronous(full)", "synchronous(off)", "synchronous=FULL", "synchronous=OFF"},
			want:   "sqlstore: synchronous is off, want full or extra: " + openAs,
		},
		{
			name:   "synchronous normal",
			change: []string{"synchronous(full)", "synchronous(normal)", "synchronous=FULL", "synchronous=NORMAL"},
			want:   "sqlstore: synchronous is normal, want full or extra: " + openAs,
		},
		{
			name:    "synchronous off where normal will do",
			change:  []string{"synchronous(full)", "synchronous(off)", "synchronous=FULL", "synchronous=OFF"},
			options: []sqlstore.Option{sqlstore.WithNormalSynchronous()},
			want:    "sqlstore: synchronous is off, want full or extra: " + openAs,
		},
		{
			name:   "foreign keys off",
			change: []string{"foreign_keys(1)", "foreign_keys(0)", "foreign_keys=1", "foreign_keys=0"},
			want:   "sqlstore: foreign_keys is off, want on: " + openAs,
		},
		{
			name:   "little patience",
			change: []string{"busy_timeout(5000)", "busy_timeout(4999)", "busy_timeout=5000", "busy_timeout=4999"},
			want:   "sqlstore: busy_timeout is 4999, want 5000 or more: " + openAs,
		},
		{
			name: "an old version",
			rewrite: func(query string) string {
				return strings.Replace(query, "SELECT sqlite_version()", "SELECT '3.53.1'", 1)
			},
			want: "sqlstore: the version of SQLite is 3.53.1, want 3.53.2 or newer: before it, two connections may damage the file: " +
				"build with modernc.org/sqlite v1.62.0, or with github.com/mattn/go-sqlite3 v1.14.53, or newer",
		},
		{
			name:    "another prefix",
			options: []sqlstore.Option{sqlstore.WithPrefix("other_")},
			want:    `sqlstore: the schema with the prefix "other_" is never migrated, want version ` + newest + `: ` + callMigrate,
		},
		{
			name: "tables that nobody wrote down",
			do:   "DELETE FROM deskwright_migration",
			want: `sqlstore: the schema with the prefix "deskwright_" is never migrated, want version ` + newest + `: ` + callMigrate,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			eachEngine(t, func(t *testing.T, e engine) {
				file := newMigrated(t, e)
				if test.do != "" {
					do(t, e.open(t, file), test.do)
				}
				db := wrapped{engine: e.with(test.change...), file: file, rewrite: test.rewrite}.mustOpen(t)
				err := sqlstore.Check(t.Context(), db, sqlstore.SQLite, test.options...)
				var setup *sqlstore.SetupError
				if !errors.As(err, &setup) || setup.Error() != test.want {
					t.Errorf("got  %v\nwant %s", err, test.want)
				}
			})
		})
	}
}

func TestCheckRefusesADatabaseInMemory(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, e engine) {
		err := sqlstore.Check(t.Context(), e.open(t, ":memory:"), sqlstore.SQLite)
		want := "sqlstore: journal_mode is memory, want wal: a database in memory cannot be shared by connections as a file is: " +
			"name a file, or use storage/memory"
		if err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	})
}

// A PRAGMA that the host executes on its handle holds for the connection that happened to serve it.
func TestCheckSeesSettingsThatHoldForOneConnectionOnly(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, e engine) {
		without := e.with("foreign_keys(1)", "foreign_keys(0)", "foreign_keys=1", "foreign_keys=0")
		db := without.open(t, newMigrated(t, e))
		do(t, db, "PRAGMA foreign_keys = on")
		var setup *sqlstore.SetupError
		if err := sqlstore.Check(t.Context(), db, sqlstore.SQLite); !errors.As(err, &setup) || setup.What != "foreign_keys" {
			t.Errorf("got %v, want a refusal of foreign_keys", err)
		}
	})
}

func TestCheckAnswersWithWhatKeptItFromAsking(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, e engine) {
		db := e.open(t, newFile(t))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := sqlstore.Check(ctx, db, sqlstore.SQLite); !errors.Is(err, context.Canceled) {
			t.Errorf("an ended context: %v", err)
		}
		db.Close()
		if err := sqlstore.Check(t.Context(), db, sqlstore.SQLite); !errors.Is(err, storage.ErrClosed) {
			t.Errorf("a closed handle: %v", err)
		}
	})
}

func TestAPrefixIsAShortName(t *testing.T) {
	t.Parallel()
	db := engines[0].open(t, newFile(t))
	for prefix, good := range map[string]bool{
		"a": true, "desk_2": true, "abcdefghijklmnopqrst": true,
		"": false, "abcdefghijklmnopqrstu": false, "2a": false, "_a": false, "A": false, "a-b": false, "a b": false, "ä": false,
		"a;DROP TABLE b": false, "a\n": false,
	} {
		option := sqlstore.WithPrefix(prefix)
		_, opened := fs.Glob(sqlstore.Migrations(sqlstore.SQLite, option), "*.sql")
		_, read := fs.ReadDir(sqlstore.Migrations(sqlstore.SQLite, option), ".")
		for name, err := range map[string]error{
			"Migrate":    sqlstore.Migrate(t.Context(), db, sqlstore.SQLite, option),
			"Check":      sqlstore.Check(t.Context(), db, sqlstore.SQLite, option),
			"Migrations": errors.Join(opened, read),
		} {
			var setup *sqlstore.SetupError
			if refused := errors.As(err, &setup); refused == good || refused && setup.Have != prefix {
				t.Errorf("%s with the prefix %q: %v", name, prefix, err)
			}
		}
	}
}

func TestNoDialectIsRefused(t *testing.T) {
	t.Parallel()
	db := engines[0].open(t, newFile(t))
	var setup *sqlstore.SetupError
	if err := sqlstore.Migrate(t.Context(), db, sqlstore.Dialect{}); !errors.As(err, &setup) {
		t.Errorf("Migrate: %v", err)
	}
	if err := sqlstore.Check(t.Context(), db, sqlstore.Dialect{}); !errors.As(err, &setup) {
		t.Errorf("Check: %v", err)
	}
}
