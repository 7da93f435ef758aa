package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage"
	"github.com/google/uuid"
)

var _ inbox.Store = (*Store)(nil)

// Store is an inbox.Store in a SQL database. Make one with New. It must not be copied.
type Store struct {
	*shared
	joined *sql.Tx // the host's transaction that it takes part in; nil: none
	ended  error   // what has ended that transaction; nil: it is under way
}

// shared is what a store and those that are joined to it have in common.
type shared struct {
	db       *sql.DB
	settings settings
	prepared prepared
	turn     turn
	loads    group[*loads]
	commits  group[*commits]
}

// New returns a store in a database that the host has opened and goes on to own. It asks the handle whether a store can work on it:
// a *SetupError says what to do where it cannot.
func New(db *sql.DB, dialect Dialect, options ...Option) (*Store, error) {
	set, err := settle(dialect, options)
	if err != nil {
		return nil, err
	}
	if err := set.check(context.Background(), db); err != nil {
		return nil, err
	}
	s := &Store{shared: &shared{db: db, settings: set, turn: newTurn()}}
	s.loads = group[*loads]{turn: s.turn.takeSoon, size: together, run: s.loadAll}
	s.commits = group[*commits]{turn: s.turn.take, size: together, run: s.commitAll}
	return s, nil
}

// together is how many calls are loaded, or written, in one transaction.
const together = 128

// text is a statement as this store says it: with the prefix of its tables.
func (s *Store) text(statement string) string {
	if s.settings.prefix == prefix {
		return statement
	}
	return strings.ReplaceAll(statement, prefix, s.settings.prefix)
}

// admit is what every call begins with that is about one tenant.
func admit(ctx context.Context, id inbox.Tenant) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return known(id)
}

// known refuses the zero tenant.
func known(id inbox.Tenant) error {
	if id.UUID == uuid.Nil {
		return invalid("the zero tenant")
	}
	return nil
}

func invalid(what string) error { return fmt.Errorf("sqlstore: %s: %w", what, storage.ErrInvalid) }

// conflict says what could not be written.
func conflict(what string) error { return fmt.Errorf("sqlstore: %s: %w", what, storage.ErrConflict) }
