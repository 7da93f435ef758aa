package sqltest_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"testing"
)

// wrapped is a driver's connections with something between them and the program.
type wrapped struct {
	engine
	file    string
	rewrite func(query string) string                    // nil: as it is
	after   func()                                       // each statement; nil: nothing
	saw     func(query string, args []driver.NamedValue) // before each statement; nil: nothing
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

func (b between) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	return b.Conn.(driver.ConnBeginTx).BeginTx(ctx, opts)
}

func (b between) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	stmt, err := b.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, query)
	if err != nil || b.saw == nil {
		return stmt, err
	}
	return watched{stmt, query, b.saw}, nil
}

func (b between) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if b.saw != nil {
		b.saw(query, args)
	}
	result, err := b.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
	if b.after != nil {
		b.after()
	}
	return result, err
}

func (b between) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if b.rewrite != nil {
		query = b.rewrite(query)
	}
	if b.saw != nil {
		b.saw(query, args)
	}
	rows, err := b.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
	if b.after != nil {
		b.after()
	}
	return rows, err
}

// watched is a prepared statement that tells with what it is run.
type watched struct {
	driver.Stmt
	query string
	saw   func(query string, args []driver.NamedValue)
}

func (w watched) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	w.saw(w.query, args)
	return w.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
}

func (w watched) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	w.saw(w.query, args)
	return w.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
}
