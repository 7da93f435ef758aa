package sqlerror_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"testing"

	"github.com/deskwright/deskwright/storage"
	"github.com/deskwright/deskwright/storage/sqlstore/internal/sqlerror"
)

// errGone is what a driver calls a connection that went, and nobody else knows.
var errGone = errors.New("the driver's own")

// wire is a connection that knows whether it is closed.
type wire struct {
	driver.Conn
	closed bool
}

func (w *wire) Connect(context.Context) (driver.Conn, error) { return w, nil }
func (w *wire) Driver() driver.Driver                        { return nil }
func (w *wire) Close() error                                 { w.closed = true; return nil }
func (w *wire) Rollback() error                              { return nil }

func (w *wire) BeginTx(context.Context, driver.TxOptions) (driver.Tx, error) { return w, nil }

func (w *wire) Commit() error {
	if w.closed {
		return fmt.Errorf("commit: %w", errGone)
	}
	return nil
}

func TestADriverIsAskedWhatItSaysOfAConnectionThatWent(t *testing.T) {
	t.Parallel()
	db := sql.OpenDB(&wire{})
	defer db.Close()
	classes, err := sqlerror.Classes{Dialect: sqlerror.MySQL}.For(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	means(t, "reading", classes.Wrap("read", errGone), errGone, storage.ErrBusy)
	means(t, "committing", classes.Committing("commit", errGone), errGone, storage.ErrUnknown)
	other := errors.New(errGone.Error())
	means(t, "another with its text", classes.Wrap("read", other), other, nil)
	if open := db.Stats().OpenConnections; open != 0 {
		t.Errorf("%d connections are left", open)
	}
}

func TestADriverThatCannotBeAskedIsSaidSo(t *testing.T) {
	t.Parallel()
	if _, err := (sqlerror.Classes{}).For(t.Context(), closedHandle()); !errors.Is(err, storage.ErrClosed) {
		t.Errorf("got %v", err)
	}
}
