package migration

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/deskwright/deskwright/storage"
	"github.com/deskwright/deskwright/storage/sqlstore/internal/sqlerror"
)

// pause is how long Run waits before it asks again for a lock that another process has.
const pause = 10 * time.Millisecond

// Run applies what is missing, one version after another, each in a transaction of its own together with the row that says so.
// On SQLite the transaction takes the write lock first and looks then what is applied; on a server whoever runs has the lease, for so
// long as it renews it. So any number of processes may run at once, and what was killed is run again. It waits for the lock, or for
// the lease, as long as the context lets it.
func (s Set) Run(ctx context.Context, db *sql.DB, classes sqlerror.Classes) error {
	if s.database.lease == "" {
		return s.steps(ctx, db, classes)
	}
	if done, err := s.done(ctx, db, classes); done || err != nil {
		return err
	}
	return s.leased(ctx, db, classes, func(ctx context.Context) error { return s.steps(ctx, db, classes) })
}

// done reports whether there is nothing to apply.
func (s Set) done(ctx context.Context, db *sql.DB, classes sqlerror.Classes) (bool, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return false, classes.Wrap("connect", err)
	}
	defer conn.Close()
	version, err := s.Applied(ctx, conn)
	return version >= s.Newest(), classes.Wrap("read what was migrated", err)
}

func (s Set) steps(ctx context.Context, db *sql.DB, classes sqlerror.Classes) error {
	for {
		done, err := s.step(ctx, db, classes)
		switch {
		case errors.Is(err, storage.ErrBusy):
			if err := wait(ctx, pause); err != nil {
				return err
			}
		case err != nil || done:
			return err
		}
	}
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// step applies the next version, or finds that there is none.
func (s Set) step(ctx context.Context, db *sql.DB, classes sqlerror.Classes) (done bool, err error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return false, classes.Wrap("connect", err)
	}
	defer conn.Close()
	if s.database.begin != "" {
		defer func() {
			if err != nil || done {
				rollback(ctx, conn)
			}
		}()
		if _, err := conn.ExecContext(ctx, s.database.begin); err != nil {
			return false, classes.Wrap("begin to migrate", err)
		}
	}
	version, err := s.Applied(ctx, conn)
	if err != nil {
		return false, classes.Wrap("read what was migrated", err)
	}
	if version >= s.Newest() {
		return true, nil
	}
	for _, statement := range s.files[version].statements {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return false, classes.Wrap(fmt.Sprintf("migrate to version %d", version+1), err)
		}
	}
	if s.database.begin == "" {
		return false, nil
	}
	_, err = conn.ExecContext(context.WithoutCancel(ctx), "COMMIT")
	return false, classes.Committing(fmt.Sprintf("migrate to version %d", version+1), err)
}

// rollback ends a transaction, or the connection when that fails: none goes back to the pool in the middle of one.
func rollback(ctx context.Context, conn *sql.Conn) {
	if _, err := conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK"); err != nil {
		conn.Raw(func(any) error { return driver.ErrBadConn })
	}
}
