package memory

import (
	"slices"
	"sort"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/contact"
	"github.com/deskwright/deskwright/inbox"
	"github.com/google/uuid"
)

// subject is the log of one subject and, of a conversation, what its entries have stored. Lines are ordered by seq.
type subject struct{ lines []line }

// line is one place in the sequence of a subject.
type line struct {
	seq      int64
	position int64 // of the entry; 0: there is none
	message  *inbox.Message
	note     *inbox.Note
}

// look returns the log of a subject, for reading; nil if it has none.
func (t *tenant) look(id audit.Subject) *subject {
	if id.Kind == audit.SubjectConversation {
		if c := t.conversations[inbox.ConversationID{UUID: id.ID}]; c != nil {
			return &c.log
		}
	}
	return t.subjects[id]
}

// subject returns the log of a subject, for writing.
func (t *tenant) subject(id audit.Subject) *subject {
	s := t.look(id)
	if s == nil {
		s = new(subject)
		t.subjects[id] = s
	}
	return s
}

func (t *tenant) conversation(id inbox.ConversationID) *subject {
	return t.subject(audit.Subject{Kind: audit.SubjectConversation, ID: id.UUID})
}

// adopt moves the log of a conversation into its row, where entries came before the row.
func (t *tenant) adopt(id inbox.ConversationID, row *conversation) {
	key := audit.Subject{Kind: audit.SubjectConversation, ID: id.UUID}
	if early := t.subjects[key]; early != nil {
		row.log = *early
		delete(t.subjects, key)
	}
}

// line returns the line at seq, for writing; one that is new is at the end as a rule.
func (s *subject) line(seq int64) *line {
	i := s.search(seq)
	if i == len(s.lines) || s.lines[i].seq != seq {
		s.lines = slices.Insert(s.lines, i, line{seq: seq})
	}
	return &s.lines[i]
}

// has reports whether there is an entry at seq.
func (s *subject) has(seq int64) bool {
	i := s.search(seq)
	return s != nil && i < len(s.lines) && s.lines[i].seq == seq && s.lines[i].position != 0
}

// after returns the lines after seq, for reading.
func (s *subject) after(seq int64) []line {
	if s == nil {
		return nil
	}
	i := s.search(seq)
	if i < len(s.lines) && s.lines[i].seq == seq {
		i++
	}
	return s.lines[i:]
}

// search returns where the line at seq is or would be.
func (s *subject) search(seq int64) int {
	if s == nil {
		return 0
	}
	if n := len(s.lines); n == 0 || s.lines[n-1].seq < seq {
		return n
	}
	return sort.Search(len(s.lines), func(i int) bool { return s.lines[i].seq >= seq })
}

// stands reports whether an entry of a cause stands in the log of a subject after seq.
func (t *tenant) stands(id audit.Subject, cause uuid.UUID, seq int64) bool {
	for _, l := range t.look(id).after(seq) {
		if l.position != 0 && t.log.at(l.position-1).Cause == cause {
			return true
		}
	}
	return false
}

// chain returns the chain kept in a subject's row.
func (t *tenant) chain(id audit.Subject) (audit.Chain, bool) {
	switch id.Kind {
	case audit.SubjectConversation:
		if c := t.conversations[inbox.ConversationID{UUID: id.ID}]; c != nil {
			return c.Chain, true
		}
	case audit.SubjectContact:
		if c := t.contacts[contact.ID{UUID: id.ID}]; c != nil {
			return c.Chain, true
		}
	case audit.SubjectSetting:
		if d := t.settings[id.ID]; d != nil && d.Chain.Seq > 0 {
			return d.Chain, true
		}
	}
	return audit.Chain{}, false
}
