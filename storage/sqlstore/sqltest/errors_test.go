package sqltest_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/deskwright/deskwright/storage"
	"github.com/deskwright/deskwright/storage/sqlstore/internal/sqlerror"
)

// sentinels are what errors may mean.
var sentinels = []error{
	storage.ErrNotFound, storage.ErrConflict, storage.ErrBusy, storage.ErrUnknown, storage.ErrInvalid,
	storage.ErrReadOnly, storage.ErrClosed, context.Canceled, context.DeadlineExceeded,
}

// means reports an error that is not the driver's, or not that sentinel, or another one besides. A nil sentinel is none of them.
func means(t *testing.T, got, from, want error) {
	t.Helper()
	if from == nil {
		t.Fatal("nothing went wrong")
	}
	if !errors.Is(got, from) {
		t.Errorf("%v is no longer the driver's %v", got, from)
	}
	for _, sentinel := range sentinels {
		if is := errors.Is(got, sentinel); is != errors.Is(want, sentinel) {
			t.Errorf("%q is %q: %t", got, sentinel, is)
		}
	}
}

// TestDriverErrorsAreToldApartByTheirCodes provokes each error with each driver. The database has one row with 1 in every column.
func TestDriverErrorsAreToldApartByTheirCodes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		want    error
		provoke func(t *testing.T, e engine, file string) error
	}{
		{"somebody writes", storage.ErrBusy, func(t *testing.T, e engine, file string) error {
			do(t, single(t, e, file), "BEGIN IMMEDIATE")
			return last(single(t, e, file), "PRAGMA busy_timeout = 0", "BEGIN IMMEDIATE")
		}},
		{"somebody wrote since the transaction read", storage.ErrBusy, func(t *testing.T, e engine, file string) error {
			db := single(t, e, file)
			do(t, db, "BEGIN", "SELECT count(*) FROM t")
			var count int
			if err := db.QueryRow("SELECT count(*) FROM t").Scan(&count); err != nil {
				t.Fatal(err)
			}
			do(t, e.open(t, file), "INSERT INTO t (n) VALUES (2)")
			return last(db, "INSERT INTO t (n) VALUES (3)")
		}},
		{"a table that is being read is dropped", storage.ErrBusy, func(t *testing.T, e engine, file string) error {
			conn, err := e.open(t, file).Conn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			rows, err := conn.QueryContext(t.Context(), "SELECT id FROM t UNION ALL SELECT id FROM t")
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			if !rows.Next() {
				t.Fatal(rows.Err())
			}
			_, err = conn.ExecContext(t.Context(), "DROP TABLE t")
			return err
		}},
		{"a unique value twice", storage.ErrConflict, statements("INSERT INTO t (u, n) VALUES (1, 1)")},
		{"a primary key twice", storage.ErrConflict, statements("INSERT INTO t (id, n) VALUES (1, 1)")},
		{"a primary key of more columns twice", storage.ErrConflict, statements(
			"CREATE TABLE k (a, b, PRIMARY KEY (a, b)) WITHOUT ROWID", "INSERT INTO k VALUES (1, 1), (1, 1)")},
		{"a row id twice", storage.ErrConflict, statements("CREATE TABLE r (x)", "INSERT INTO r (rowid) VALUES (1), (1)")},
		{"nothing where something must be", storage.ErrInvalid, statements("INSERT INTO t (n) VALUES (NULL)")},
		{"a value out of bounds", storage.ErrInvalid, statements("INSERT INTO t (n, c) VALUES (1, 0)")},
		{"text in a strict column of numbers", storage.ErrInvalid, statements("INSERT INTO t (n) VALUES ('text')")},
		{"text as a row id", storage.ErrInvalid, statements("CREATE TABLE l (id INTEGER PRIMARY KEY)", "INSERT INTO l VALUES ('text')")},
		{"a blob over the bound", storage.ErrInvalid, statements("CREATE TABLE b (b)", "INSERT INTO b VALUES (zeroblob(1000000001))")},
		{"no room", storage.ErrReadOnly, statements(
			"CREATE TABLE b (b)", "PRAGMA max_page_count = 1", "INSERT INTO b VALUES (zeroblob(100000))")},
		{"a connection that may only query", storage.ErrReadOnly, statements("PRAGMA query_only = on", "INSERT INTO t (n) VALUES (2)")},
		{"a file opened for reading", storage.ErrReadOnly, func(t *testing.T, e engine, file string) error {
			return last(engine{e.name, "mode=ro"}.open(t, file), "INSERT INTO t (n) VALUES (2)")
		}},
		{"no such folder", storage.ErrReadOnly, func(t *testing.T, e engine, file string) error {
			return last(e.open(t, filepath.Join(filepath.Dir(file), "none", "file.db")), "SELECT 1")
		}},
		{"a closed handle", storage.ErrClosed, func(t *testing.T, e engine, file string) error {
			db := e.open(t, file)
			db.Close()
			return last(db, "SELECT 1")
		}},
		{"a released connection", storage.ErrBusy, func(t *testing.T, e engine, file string) error {
			conn, err := e.open(t, file).Conn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			conn.Close()
			_, err = conn.ExecContext(t.Context(), "SELECT 1")
			return err
		}},
		{"an ended context", context.Canceled, func(t *testing.T, e engine, file string) error {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			_, err := e.open(t, file).ExecContext(ctx, "SELECT 1")
			return err
		}},
		{"a context that ends meanwhile", context.DeadlineExceeded, func(t *testing.T, e engine, file string) error {
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
			defer cancel()
			_, err := e.open(t, file).ExecContext(ctx, `INSERT INTO t (n)
				WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n) SELECT max(n) FROM n`)
			return err
		}},
		{"a missing parent", nil, statements(
			"CREATE TABLE p (id INTEGER PRIMARY KEY, t REFERENCES t)", "INSERT INTO p (t) VALUES (99)")},
		{"a trigger that objects", nil, statements(
			"CREATE TRIGGER o BEFORE INSERT ON t BEGIN SELECT raise(ABORT, 'UNIQUE constraint failed'); END", "INSERT INTO t (n) VALUES (2)")},
		{"no such table", nil, statements("INSERT INTO nowhere VALUES (1)")},
		{"no statement", nil, statements("UNIQUE constraint failed")},
		{"a file that is no database", nil, func(t *testing.T, e engine, file string) error {
			other := file + ".txt"
			if err := os.WriteFile(other, make([]byte, 4096), 0o600); err != nil {
				t.Fatal(err)
			}
			return last(engine{e.name, ""}.open(t, other), "SELECT count(*) FROM sqlite_schema", "INSERT INTO t (n) VALUES (2)")
		}},
		{"a file that was deleted under the handle", nil, func(t *testing.T, e engine, file string) error {
			db := e.open(t, file)
			db.SetMaxIdleConns(0)
			for _, each := range []string{file, file + "-wal", file + "-shm"} {
				if err := os.Remove(each); err != nil && !os.IsNotExist(err) {
					t.Fatal(err)
				}
			}
			return last(db, "INSERT INTO t (n) VALUES (2)")
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			eachEngine(t, func(t *testing.T, e engine) {
				file := newFile(t)
				do(t, e.open(t, file), `CREATE TABLE t (
					id INTEGER PRIMARY KEY, u INTEGER UNIQUE, n INTEGER NOT NULL, c INTEGER CHECK (c > 0)) STRICT`,
					"INSERT INTO t VALUES (1, 1, 1, 1)")
				err := test.provoke(t, e, file)
				means(t, sqlerror.Classes{}.Wrap("do it", err), err, test.want)
			})
		})
	}
}

// single is a handle on one connection, so that its statements share a transaction.
func single(t *testing.T, e engine, file string) *sql.DB {
	t.Helper()
	db := e.open(t, file)
	db.SetMaxOpenConns(1)
	return db
}

// last is the error of the last of some statements.
func last(db interface {
	Exec(string, ...any) (sql.Result, error)
}, statements ...string,
) (err error) {
	for _, statement := range statements {
		_, err = db.Exec(statement)
	}
	return err
}

func statements(all ...string) func(*testing.T, engine, string) error {
	return func(t *testing.T, e engine, file string) error {
		t.Helper()
		db := single(t, e, file)
		do(t, db, all[:len(all)-1]...)
		return last(db, all[len(all)-1])
	}
}

func TestACommitThatMustWaitIsBusy(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, e engine) {
		file := newFile(t)
		plain := engine{e.name, ""}
		db, reader := single(t, plain, file), plain.open(t, file)
		do(t, db, "PRAGMA busy_timeout = 0", "CREATE TABLE t (n)", "INSERT INTO t VALUES (1), (2)")
		rows, err := reader.Query("SELECT n FROM t")
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		if !rows.Next() {
			t.Fatal(rows.Err())
		}
		do(t, db, "BEGIN IMMEDIATE", "INSERT INTO t VALUES (3)")
		err = last(db, "COMMIT")
		means(t, sqlerror.Classes{}.Committing("commit", err), err, storage.ErrBusy)
	})
}

func TestACommitWithoutATransactionIsOfUnknownOutcome(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, e engine) {
		err := last(e.open(t, newFile(t)), "COMMIT")
		means(t, sqlerror.Classes{}.Committing("commit", err), err, storage.ErrUnknown)
	})
}
