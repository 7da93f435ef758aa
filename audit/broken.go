package audit

import (
	"fmt"

	"github.com/google/uuid"
)

// BrokenError says where a log is not what it was when it was written. It holds places and a reason, and nothing
// of what the entries say.
type BrokenError struct {
	Tenant   uuid.UUID // whose log was verified
	Position int64     // where in it; 0 when it is about a subject's own row
	Subject  Subject   // whose entry or row it is; zero when it is about a batch, the head or a checkpoint
	Seq      int64     // which entry of the subject; 0 as Subject
	Problem  string    // what is wrong, in words for an operator; not for comparing
}

// Error returns the places and the problem in one line.
func (e *BrokenError) Error() string {
	text := fmt.Sprintf("audit: log of tenant %s is broken", e.Tenant)
	if e.Position != 0 {
		text += fmt.Sprintf(" at position %d", e.Position)
	}
	if e.Subject != (Subject{}) {
		text += fmt.Sprintf(", entry %d of %q %s", e.Seq, e.Subject.Kind, e.Subject.ID)
	}
	return text + ": " + e.Problem
}
