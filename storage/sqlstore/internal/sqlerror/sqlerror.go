// Package sqlerror says what the error of a database driver means to a store. It goes by the error's code and never by its text,
// and it knows no driver: a code is read from the methods and fields by which drivers show it.
//
//	classes := sqlerror.Classes{Dialect: sqlerror.Postgres}
//	if _, err := conn.ExecContext(ctx, insert, args...); err != nil {
//		return classes.Wrap("write a message", err)
//	}
//	return classes.Committing("commit", commit(conn))
package sqlerror

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/deskwright/deskwright/storage"
)

// Classes sorts the errors of drivers for one kind of database. The zero value is for SQLite and reads the codes that it can find by
// itself. It may be used concurrently.
type Classes struct {
	Dialect Dialect

	// Code answers with the code of an error: SQLite's extended result code or the number of an error of MySQL, in decimal, or the
	// SQLSTATE of PostgreSQL. It is asked first. Not ok: look for it elsewhere. Nil: none.
	Code func(error) (code string, ok bool)

	gone error // what the driver says of a connection that went, where that has no name; nil: nobody knows
}

// Wrap returns an error that says what was done and is both what the driver's error means and the driver's error. It is for reads
// and for statements inside a transaction, where an error means that nothing was written. What has no meaning here is wrapped as
// what it is. An ended context's error is returned as it came, and nil is nil.
func (c Classes) Wrap(op string, err error) error {
	if err == nil {
		return nil
	}
	return class(c.classOf(err), op, err)
}

// Committing is Wrap for a COMMIT, and for a statement that commits by itself: whatever is not known to have written nothing,
// an ended context too, is storage.ErrUnknown. What a server answers with an error has written nothing, whatever the error is; a
// connection that went before the answer may have.
func (c Classes) Committing(op string, err error) error {
	if err == nil {
		return nil
	}
	switch found := c.classOf(err); found {
	case other, lost, broken, ended:
		return fmt.Errorf("sqlstore: %s: %w: %w", op, storage.ErrUnknown, err)
	default:
		return class(found, op, err)
	}
}

// meaning is what an error says about what was asked.
type meaning int

const (
	other    meaning = iota
	refused          // for a reason that is none of these; nothing was written
	busy             // somebody else is at it: all of it may be tried again
	lost             // the connection went, and an open transaction with it
	conflict         // a unique key is taken
	invalid          // the values can never be written
	full             // no room, or no permission
	broken           // the disk failed to write; whether a commit was complete by then nobody knows
	closed           // the handle was closed
	ended            // the context was
)

func class(found meaning, op string, err error) error {
	sentinel := error(nil)
	switch found {
	case ended:
		return err
	case busy, lost:
		sentinel = storage.ErrBusy
	case conflict:
		sentinel = storage.ErrConflict
	case invalid:
		sentinel = storage.ErrInvalid
	case full, broken:
		sentinel = storage.ErrReadOnly
	case closed:
		sentinel = storage.ErrClosed
	default:
		return fmt.Errorf("sqlstore: %s: %w", op, err)
	}
	return fmt.Errorf("sqlstore: %s: %w: %w", op, sentinel, err)
}

func (c Classes) classOf(err error) meaning {
	if dial := (*net.OpError)(nil); errors.As(err, &dial) && dial.Op == "dial" {
		return busy // nothing was sent; a time-out of the dialler's own looks like that of a context
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return ended
	}
	if code, ok := c.code(err); ok {
		return c.Dialect.meaning(code)
	}
	for _, gone := range []error{driver.ErrBadConn, sql.ErrConnDone, io.EOF, io.ErrUnexpectedEOF} {
		if errors.Is(err, gone) {
			return lost
		}
	}
	if network := net.Error(nil); errors.As(err, &network) {
		return lost
	}
	if c.gone != nil && errors.Is(err, c.gone) {
		return lost
	}
	if errors.Is(err, errClosed()) {
		return closed
	}
	return other
}
