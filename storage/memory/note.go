package memory

import (
	"context"

	"github.com/deskwright/deskwright/inbox"
)

// Notes implements inbox.Lister.
func (s *Store) Notes(ctx context.Context, id inbox.Tenant, ids ...inbox.NoteID) ([]inbox.Note, error) {
	if err := admit(ctx, id); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	rows := pick(s.of(id).notes, ids)
	out := make([]inbox.Note, len(rows))
	for i, n := range rows {
		out[i] = *n
	}
	return out, nil
}

func (t *tenant) putNote(n *inbox.Note) {
	row := t.notes[n.ID]
	if row == nil {
		row = new(inbox.Note)
		t.notes[n.ID] = row
	} else if row.Conversation != n.Conversation || row.Seq != n.Seq {
		t.conversation(row.Conversation).line(row.Seq).note = nil
	}
	*row = *n
	row.Time = micro(n.Time)
	row.Edited = micro(n.Edited)
	row.Deleted = micro(n.Deleted)
	t.conversation(row.Conversation).line(row.Seq).note = row
}
