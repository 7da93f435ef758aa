package sqltest_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"strings"
	"testing"
)

// wrapped is a driver's connections with something between them and the program. What is nil does nothing.
type wrapped struct {
	engine
	file    string
	rewrite func(query string) string
	begin   func() string                                // says what is run on a connection before each transaction
	before  func(query string, args []driver.NamedValue) // each statement and COMMIT
	after   func(query string)
}

// commit is how a transaction's COMMIT is told.
const commit = "COMMIT"

// writes reports whether a statement may write.
func writes(query string) bool {
	return !strings.HasPrefix(query, "SELECT") && !strings.HasPrefix(query, "PRAGMA")
}

func (w wrapped) open() (*sql.DB, error) {
	db, err := sql.Open(w.name, w.dsn(w.file))
	if err != nil {
		return nil, err
	}
	defer db.Close()
	return sql.OpenDB(connector{w, db.Driver()}), nil
}

func (w wrapped) mustOpen(t *testing.T) *sql.DB {
	t.Helper()
	db, err := w.open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// around runs something, and what is to happen before and after it.
func around[T any](w wrapped, query string, args []driver.NamedValue, do func() (T, error)) (T, error) {
	if w.before != nil {
		w.before(query, args)
	}
	done, err := do()
	if w.after != nil {
		w.after(query)
	}
	return done, err
}

func (w wrapped) rewritten(query string) string {
	if w.rewrite == nil {
		return query
	}
	return w.rewrite(query)
}

type connector struct {
	wrapped
	driver driver.Driver
}

func (c connector) Driver() driver.Driver { return c.driver }

func (c connector) Connect(context.Context) (driver.Conn, error) {
	conn, err := c.driver.Open(c.dsn(c.file))
	if err != nil {
		return nil, err
	}
	return between{conn, c.wrapped}, nil
}

type between struct {
	driver.Conn
	wrapped
}

// CheckNamedValue lets the driver say what it can bind.
func (b between) CheckNamedValue(v *driver.NamedValue) error {
	if checks, ok := b.Conn.(driver.NamedValueChecker); ok {
		return checks.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

func (b between) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	return around(b.wrapped, query, args, func() (driver.Result, error) {
		return b.Conn.(driver.ExecerContext).ExecContext(ctx, b.rewritten(query), args)
	})
}

func (b between) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	return around(b.wrapped, query, args, func() (driver.Rows, error) {
		return b.Conn.(driver.QueryerContext).QueryContext(ctx, b.rewritten(query), args)
	})
}

func (b between) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	stmt, err := b.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, b.rewritten(query))
	if err != nil {
		return nil, err
	}
	return statement{stmt, query, b.wrapped}, nil
}

func (b between) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	if b.begin != nil {
		if _, err := b.Conn.(driver.ExecerContext).ExecContext(ctx, b.begin(), nil); err != nil {
			return nil, err
		}
	}
	tx, err := b.Conn.(driver.ConnBeginTx).BeginTx(ctx, opts)
	if err != nil {
		return nil, err
	}
	return transaction{tx, b.wrapped}, nil
}

type statement struct {
	driver.Stmt
	query string
	wrapped
}

func (s statement) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	return around(s.wrapped, s.query, args, func() (driver.Result, error) {
		return s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
	})
}

func (s statement) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return around(s.wrapped, s.query, args, func() (driver.Rows, error) {
		return s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
	})
}

type transaction struct {
	driver.Tx
	wrapped
}

func (t transaction) Commit() error {
	_, err := around(t.wrapped, commit, nil, func() (any, error) { return nil, t.Tx.Commit() })
	return err
}
