package sqlerror_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"testing"

	"github.com/deskwright/deskwright/storage"
	"github.com/deskwright/deskwright/storage/sqlstore/internal/sqlerror"
)

// Errors of the shapes that drivers have.
type (
	withMethod struct{ code int }
	withFields struct {
		Code         uint8
		ExtendedCode uint16
	}
	withText  struct{ Code string }
	embedding struct{ *withFields }
	several   []error
)

func (e withMethod) Error() string { return "method" }
func (e withMethod) Code() int     { return e.code }
func (e withFields) Error() string { return "fields" }
func (e withText) Error() string   { return "text" }
func (e embedding) Error() string  { return "embedding" }
func (e several) Error() string    { return "several" }
func (e several) Unwrap() []error  { return e }

func TestErrorsMeanWhatTheirCodesSay(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		err             error
		read, committed error // what it means to read and to commit; nil: none of ours
	}{
		{withMethod{2067}, storage.ErrConflict, storage.ErrConflict},
		{withFields{Code: 19, ExtendedCode: 2067}, storage.ErrConflict, storage.ErrConflict},
		{&withFields{Code: 19, ExtendedCode: 2067}, storage.ErrConflict, storage.ErrConflict},
		{fmt.Errorf("traced: %w", withMethod{2067}), storage.ErrConflict, storage.ErrConflict},
		{several{errors.New("another"), fmt.Errorf("traced: %w", withMethod{2067})}, storage.ErrConflict, storage.ErrConflict},

		{withFields{Code: 5}, storage.ErrBusy, storage.ErrBusy},
		{withMethod{261}, storage.ErrBusy, storage.ErrBusy},          // BUSY_RECOVERY
		{withMethod{517}, storage.ErrBusy, storage.ErrBusy},          // BUSY_SNAPSHOT
		{withMethod{262}, storage.ErrBusy, storage.ErrBusy},          // LOCKED_SHAREDCACHE
		{withMethod{15}, storage.ErrBusy, storage.ErrBusy},           // PROTOCOL
		{withMethod{17}, storage.ErrBusy, storage.ErrBusy},           // SCHEMA
		{withMethod{1555}, storage.ErrConflict, storage.ErrConflict}, // CONSTRAINT_PRIMARYKEY
		{withMethod{2579}, storage.ErrConflict, storage.ErrConflict}, // CONSTRAINT_ROWID
		{withMethod{13}, storage.ErrReadOnly, storage.ErrReadOnly},   // FULL
		{withMethod{1032}, storage.ErrReadOnly, storage.ErrReadOnly}, // READONLY_DBMOVED
		{withMethod{526}, storage.ErrReadOnly, storage.ErrReadOnly},  // CANTOPEN_ISDIR
		{withMethod{778}, storage.ErrReadOnly, storage.ErrUnknown},   // IOERR_WRITE
		{withMethod{1034}, storage.ErrReadOnly, storage.ErrUnknown},  // IOERR_FSYNC
		{withMethod{18}, storage.ErrInvalid, storage.ErrInvalid},     // TOOBIG
		{withMethod{25}, storage.ErrInvalid, storage.ErrInvalid},     // RANGE

		{withMethod{1}, nil, storage.ErrUnknown},
		{withMethod{19}, nil, storage.ErrUnknown},   // CONSTRAINT, of which nobody says which
		{withMethod{787}, nil, storage.ErrUnknown},  // CONSTRAINT_FOREIGNKEY
		{withMethod{1811}, nil, storage.ErrUnknown}, // CONSTRAINT_TRIGGER
		{withMethod{266}, nil, storage.ErrUnknown},  // IOERR_READ
		{withMethod{11}, nil, storage.ErrUnknown},   // CORRUPT
		{withMethod{26}, nil, storage.ErrUnknown},   // NOTADB
		{withMethod{0}, nil, storage.ErrUnknown},
		{withMethod{-1}, nil, storage.ErrUnknown},
		{ofPostgres("23505"), nil, storage.ErrUnknown},
		{ofMySQL(1062), nil, storage.ErrUnknown},
		{withFields{}, nil, storage.ErrUnknown},
		{withText{"2067"}, nil, storage.ErrUnknown},
		{embedding{}, nil, storage.ErrUnknown},
		{errors.New("UNIQUE constraint failed (2067)"), nil, storage.ErrUnknown},
	} {
		sorted(t, sqlerror.SQLite, test.err, test.read, test.committed)
	}
}

func TestErrorsWithoutACodeMeanTheSameEverywhere(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ err, read, committed error }{
		{sql.ErrNoRows, nil, storage.ErrUnknown},
		{sql.ErrTxDone, nil, storage.ErrUnknown},

		{driver.ErrBadConn, storage.ErrBusy, storage.ErrUnknown},
		{sql.ErrConnDone, storage.ErrBusy, storage.ErrUnknown},
		{io.EOF, storage.ErrBusy, storage.ErrUnknown},
		{io.ErrUnexpectedEOF, storage.ErrBusy, storage.ErrUnknown},
		{&net.OpError{Op: "read", Err: errors.New("reset")}, storage.ErrBusy, storage.ErrUnknown},
		{fmt.Errorf("receive: %w", syscall.ECONNRESET), storage.ErrBusy, storage.ErrUnknown},
		{fmt.Errorf("write: %w", syscall.EPIPE), storage.ErrBusy, storage.ErrUnknown},
		{fmt.Errorf("connect: %w", &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}), storage.ErrBusy, storage.ErrBusy},
		{context.Canceled, nil, storage.ErrUnknown},
		{fmt.Errorf("traced: %w", context.DeadlineExceeded), nil, storage.ErrUnknown},
		{closed(), storage.ErrClosed, storage.ErrClosed},
		{errors.New("invalid connection"), nil, storage.ErrUnknown},
		{errors.New("duplicate key value violates unique constraint (SQLSTATE 23505)"), nil, storage.ErrUnknown},
	} {
		for _, dialect := range []sqlerror.Dialect{sqlerror.SQLite, sqlerror.Postgres, sqlerror.MySQL} {
			sorted(t, dialect, test.err, test.read, test.committed)
		}
	}
}

func sorted(t *testing.T, dialect sqlerror.Dialect, err, read, committed error) {
	t.Helper()
	classes := sqlerror.Classes{Dialect: dialect}
	means(t, "reading", classes.Wrap("read", err), err, read)
	means(t, "committing", classes.Committing("commit", err), err, committed)
}

// closed is what a closed handle answers.
func closed() error {
	_, err := closedHandle().Exec("SELECT 1")
	return err
}

func closedHandle() *sql.DB {
	db := sql.OpenDB(nowhere{})
	db.Close()
	return db
}

type nowhere struct{ driver.Connector }

func means(t *testing.T, doing string, got, from, want error) {
	t.Helper()
	if !errors.Is(got, from) && !isSeveral(from) {
		t.Errorf("%s: %v is no longer %v", doing, got, from)
	}
	for _, sentinel := range []error{
		storage.ErrNotFound, storage.ErrConflict, storage.ErrBusy, storage.ErrUnknown, storage.ErrInvalid,
		storage.ErrReadOnly, storage.ErrClosed,
	} {
		if is := errors.Is(got, sentinel); is != errors.Is(want, sentinel) {
			t.Errorf("%s: %T %v is %q: %t", doing, from, from, sentinel, is)
		}
	}
}

// isSeveral tells the one shape that cannot be compared.
func isSeveral(err error) bool { _, ok := err.(several); return ok }

func TestAnEndedContextPassesAsItIs(t *testing.T) {
	t.Parallel()
	if got := (sqlerror.Classes{}).Wrap("read", context.Canceled); got != context.Canceled {
		t.Errorf("got %v", got)
	}
}

func TestNoErrorStaysNone(t *testing.T) {
	t.Parallel()
	var classes sqlerror.Classes
	if err := errors.Join(classes.Wrap("read", nil), classes.Committing("commit", nil)); err != nil {
		t.Error(err)
	}
}

func TestTheHostReadsTheCodesOfItsDriverFirst(t *testing.T) {
	t.Parallel()
	classes := sqlerror.Classes{Code: func(err error) (string, bool) {
		text, ok := err.(withText)
		return text.Code, ok
	}}
	means(t, "a code of the host's", classes.Wrap("read", withText{"2067"}), withText{"2067"}, storage.ErrConflict)
	means(t, "a code of another", classes.Wrap("read", withMethod{5}), withMethod{5}, storage.ErrBusy)
}
