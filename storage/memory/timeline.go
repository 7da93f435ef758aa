package memory

import (
	"context"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/inbox"
)

// Timeline implements inbox.Lister.
func (s *Store) Timeline(ctx context.Context, id inbox.Tenant, conversation inbox.ConversationID, after int64, limit int,
	trail bool) ([]inbox.Item, error) {
	if err := admit(ctx, id); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	t := s.of(id)
	var out []inbox.Item
	for _, l := range t.look(audit.Subject{Kind: audit.SubjectConversation, ID: conversation.UUID}).after(after) {
		if len(out) >= limit {
			break
		}
		if l.position == 0 {
			continue
		}
		if e := t.log.at(l.position - 1); l.message != nil || l.note != nil || trail && e.Class == audit.ClassTrail {
			out = append(out, l.item(e))
		}
	}
	return out, nil
}

// item is a line as it is handed out.
func (l *line) item(e *audit.Entry) inbox.Item {
	it := inbox.Item{Seq: l.seq, Entry: copyEntry(e)}
	if l.message != nil {
		it.Message = new(inbox.Message)
		copyMessage(it.Message, l.message)
	}
	if l.note != nil {
		note := *l.note
		it.Note = &note
	}
	return it
}
