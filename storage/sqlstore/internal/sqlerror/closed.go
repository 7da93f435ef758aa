package sqlerror

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"sync"
)

// errClosed is what database/sql answers on a closed handle. It has no name there, so it is asked of a handle that is closed.
var errClosed = sync.OnceValue(func() error {
	db := sql.OpenDB(nowhere{})
	db.Close()
	return db.Ping()
})

// nowhere connects to nothing: a closed handle never asks it to.
type nowhere struct{}

func (nowhere) Connect(context.Context) (driver.Conn, error) { return nil, driver.ErrBadConn }
func (nowhere) Driver() driver.Driver                        { return nil }
