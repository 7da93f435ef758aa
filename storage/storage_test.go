package storage_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/deskwright/deskwright/storage"
)

// The errors are told apart when they are wrapped, which is how they arrive.
func TestErrorsAreDistinct(t *testing.T) {
	all := []error{
		storage.ErrNotFound, storage.ErrConflict, storage.ErrBusy, storage.ErrUnknown, storage.ErrInvalid,
		storage.ErrReadOnly, storage.ErrClosed,
	}
	for i, err := range all {
		if !strings.HasPrefix(err.Error(), "storage: ") {
			t.Errorf("%q does not say where it is from", err)
		}
		wrapped := fmt.Errorf("committing: %w", err)
		for j, other := range all {
			if got := errors.Is(wrapped, other); got != (i == j) {
				t.Errorf("%q is %q: %t", err, other, got)
			}
		}
	}
}
