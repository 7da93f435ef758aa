package migration

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/deskwright/deskwright/storage"
	"github.com/deskwright/deskwright/storage/sqlstore/internal/sqlerror"
	"github.com/google/uuid"
)

// term is how long a lease lasts that is not renewed, by the database's clock.
const term = 10 * time.Second

// leased runs do while no other process does. Where the lease is lost in between, because it could not be renewed, do's context ends.
func (s Set) leased(ctx context.Context, db *sql.DB, classes sqlerror.Classes, do func(context.Context) error) error {
	holder := uuid.NewString()
	for {
		won, err := s.take(ctx, db, classes, holder)
		if won {
			break
		}
		if err != nil && !errors.Is(err, storage.ErrBusy) && !errors.Is(err, storage.ErrConflict) {
			return err
		}
		if err := wait(ctx, pause); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	var renewing sync.WaitGroup
	renewing.Go(func() {
		for wait(ctx, term/3) == nil {
			if won, err := s.take(ctx, db, classes, holder); err == nil && !won {
				cancel(errLost)
			}
		}
	})
	err := do(ctx)
	if lost := context.Cause(ctx); err != nil && lost == errLost {
		err = lost
	}
	cancel(nil)
	renewing.Wait()
	_, _ = db.ExecContext(context.WithoutCancel(ctx), s.ours(s.database.give), holder) // else it ends by itself
	return err
}

var errLost = errors.New("sqlstore: migrate: another process has taken over, because this one did not come to renew its lease")

// take takes the lease, or renews it.
func (s Set) take(ctx context.Context, db *sql.DB, classes sqlerror.Classes, holder string) (bool, error) {
	if _, err := db.ExecContext(ctx, s.ours(s.database.lease)); err != nil {
		return false, classes.Wrap("make the table of the lease", err)
	}
	if _, err := db.ExecContext(ctx, s.ours(s.database.take), holder, term.Microseconds()); err != nil {
		return false, classes.Wrap("take the lease", err)
	}
	var have int
	err := db.QueryRowContext(ctx, s.ours(s.database.have), holder).Scan(&have)
	return have > 0, classes.Wrap("take the lease", err)
}

// ours is a statement with our prefix, and the database's clock in place of $now.
func (s Set) ours(statement string) string {
	return strings.ReplaceAll(strings.ReplaceAll(statement, "$now", s.database.now), written, s.prefix)
}
