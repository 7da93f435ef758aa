package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"

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
	said     sync.Map // statements by what they are written as
	shapes   sync.Map // statements that write, by their shape
	stamps   stamps
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
	if dialect.server {
		if set.classes, err = set.classes.For(context.Background(), db); err != nil {
			return nil, err
		}
	}
	s := &Store{shared: &shared{db: db, settings: set, turn: newTurn()}}
	if dialect.server {
		s.loads = group[*loads]{size: together, run: s.loadAll}
		s.commits = group[*commits]{size: together, run: s.commitAll}
		return s, nil
	}
	s.loads = group[*loads]{turn: s.turn.takeSoon, size: together, run: s.loadAll}
	s.commits = group[*commits]{turn: s.turn.take, size: together, run: s.commitAll}
	return s, nil
}

// together is how many calls are loaded, or written, in one transaction.
const together = 128

// text is a statement as this store says it: with the prefix of its tables, and the parameters of its dialect.
func (s *Store) text(statement string) string {
	if d := s.settings.dialect; s.settings.prefix == prefix && !d.numbered && !d.quoted {
		return statement
	}
	if said, ok := s.said.Load(statement); ok {
		return said.(string)
	}
	said := s.say(statement)
	s.said.Store(statement, said)
	return said
}

// say is text for a statement that is not said again and again.
func (s *Store) say(statement string) string {
	said := strings.ReplaceAll(statement, prefix, s.settings.prefix)
	if s.settings.dialect.numbered {
		said = numbered(said)
	}
	if s.settings.dialect.quoted {
		said = keyword.ReplaceAllString(said, "`key`")
	}
	return said
}

// keyword is the name of a column that is a word of MySQL's.
var keyword = regexp.MustCompile(`\bkey\b`)

// numbered is a statement whose parameters are written as $1, $2 and so on instead of question marks.
func numbered(statement string) string {
	var b strings.Builder
	for n := 1; ; n++ {
		before, after, found := strings.Cut(statement, "?")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		b.WriteString("$" + strconv.Itoa(n))
		statement = after
	}
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
