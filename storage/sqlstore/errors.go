package sqlstore

import (
	"errors"
	"fmt"

	"github.com/deskwright/deskwright/storage/sqlstore/internal/migration"
)

// SetupError says that a database, its handle or an option is not as a store needs it, and what to do. It needs a person: the same
// call on the same database will not succeed.
type SetupError struct {
	What string // that is not as it should be
	Have string // what it is
	Want string // what it should be
	Do   string // how to get there
}

func (e *SetupError) Error() string {
	return fmt.Sprintf("sqlstore: %s is %s, want %s: %s", e.What, e.Have, e.Want, e.Do)
}

// setup tells a person what to do about a schema that is not ours.
func setup(err error) error {
	var changed *migration.ChangedError
	var newer *migration.NewerError
	switch {
	case errors.As(err, &newer):
		return &SetupError{
			What: "the schema",
			Have: fmt.Sprintf("at version %d", newer.Version),
			Want: fmt.Sprintf("version %d or %d", newer.Ours, newer.Ours+1),
			Do:   "it was migrated for a newer version of this library: build the program with that, or restore a copy from before",
		}
	case errors.As(err, &changed):
		return &SetupError{
			What: fmt.Sprintf("migration %d of the schema", changed.Version),
			Have: fmt.Sprintf("%q", changed.Applied),
			Want: fmt.Sprintf("%q", changed.Ours),
			Do: "it was applied from a file that has changed since: undo the change to the file or to the table of migrations, " +
				"or move to a new file",
		}
	}
	return err
}

// failed says what the store was doing when the driver failed, and what that means.
func (s *Store) failed(op string, err error) error { return s.settings.classes.Wrap(op, err) }
