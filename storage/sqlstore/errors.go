package sqlstore

import (
	"errors"
	"fmt"

	"github.com/deskwright/deskwright/storage"
)

// failed says what the store was doing when the driver failed.
func (s *Store) failed(op string, err error) error { return fmt.Errorf("sqlstore: %s: %w", op, err) }

// uncertain is failed for a commit whose answer says nothing of what was written.
func (s *Store) uncertain(err error) error {
	err = s.failed("commit", err)
	if errors.Is(err, storage.ErrBusy) {
		return err
	}
	return fmt.Errorf("%w: %w", storage.ErrUnknown, err)
}
