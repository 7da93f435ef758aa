package inbox

import (
	"fmt"

	"github.com/deskwright/deskwright/audit"
)

// What the tests in package inbox_test need of the inside.
var (
	NextStateNamed = nextStateNamed
	Cleaned        = cleaned
	Shortened      = shortened
	ReceivedText   = received
	Written        = written
	Preview        = preview
	Identifier     = identifier
	Storable       = storable
)

const (
	MaxIdentifier = maxIdentifier
	MaxAddresses  = maxAddresses
	MaxEarly      = maxEarly
	MaxConflicts  = maxConflicts
)

// ValidFilter is what the engine asks of a filter before it uses it.
func ValidFilter(f Filter) error { return f.valid(0) }

// Replay makes the subject of log entries again from nothing but them: the entries are all there are of one subject, in order.
func Replay(entries []audit.Entry) (Snapshot, error) {
	var s Snapshot
	for i, e := range entries {
		f, err := decodeFact(e)
		if err != nil {
			return s, err
		}
		if e.Seq != int64(i+1) || e.Subject != entries[0].Subject || f.spec() != (spec{e.Action, e.Class, e.Subject.Kind}) {
			return s, fmt.Errorf("entry %d of %s is not what its fact says: %s", e.Seq, e.Subject, e.Action)
		}
		f.apply(&s, moment{at: e.Time, seq: e.Seq})
		switch e.Subject.Kind {
		case audit.SubjectContact:
			s.Contact.Chain.Seq, s.Contact.Chain.Hash = e.Seq, e.Hash
		case audit.SubjectSetting:
			s.Document.Chain.Seq, s.Document.Chain.Hash = e.Seq, e.Hash
		default:
			s.Conversation.Chain.Seq, s.Conversation.Chain.Hash = e.Seq, e.Hash
		}
		if i+1 == len(entries) || entries[i+1].Cause != e.Cause {
			s.settled(commandOf(entries[:i+1]))
		}
	}
	return s, nil
}

// commandOf returns the last entries that have one cause.
func commandOf(entries []audit.Entry) []audit.Entry {
	i := len(entries) - 1
	for i > 0 && entries[i-1].Cause == entries[i].Cause {
		i--
	}
	return entries[i:]
}

// settled ends a command that left these entries.
func (s *Snapshot) settled(command []audit.Entry) {
	switch command[0].Subject.Kind {
	case audit.SubjectContact:
		s.Contact.Version++
		return
	case audit.SubjectSetting:
		s.Document.Version++
		return
	}
	c := &s.Conversation
	c.Version++
	for _, e := range command {
		if e.Class == audit.ClassTrail {
			c.Revision++
			c.Changed = e.Time
			break
		}
	}
	settle(c)
}
