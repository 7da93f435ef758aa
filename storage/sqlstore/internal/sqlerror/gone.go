package sqlerror

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
)

// For returns the classes for the driver of a handle to a server. A driver may have an error of its own, without a code, for a
// connection that went. Nobody here knows its name, so the driver is asked: a transaction is begun on a connection, the connection
// is closed, and the transaction is told to commit. It takes one connection for that and does not give it back.
func (c Classes) For(ctx context.Context, db *sql.DB) (Classes, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return c, c.Wrap("connect", err)
	}
	defer func() { _ = conn.Close() }() // it is closed already
	err = conn.Raw(func(raw any) error {
		begins, ok := raw.(interface {
			driver.Conn
			driver.ConnBeginTx
		})
		if !ok {
			return nil
		}
		tx, err := begins.BeginTx(ctx, driver.TxOptions{})
		if err != nil {
			return err
		}
		_ = begins.Close() // as if it had gone
		c.gone = root(tx.Commit())
		return driver.ErrBadConn
	})
	if err != nil && !errors.Is(err, driver.ErrBadConn) {
		return c, c.Wrap("begin", err)
	}
	return c, nil
}

// root is what an error wraps in the end.
func root(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}
