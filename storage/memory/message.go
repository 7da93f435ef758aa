package memory

import (
	"context"
	"maps"
	"slices"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
)

// Messages implements inbox.Lister.
func (s *Store) Messages(ctx context.Context, id inbox.Tenant, ids ...inbox.MessageID) ([]inbox.Message, error) {
	if err := admit(ctx, id); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	rows := pick(s.of(id).messages, ids)
	out := make([]inbox.Message, len(rows))
	for i, m := range rows {
		copyMessage(&out[i], m)
	}
	return out, nil
}

// pick returns the rows with these ids that exist, each once.
func pick[K comparable, R any](rows map[K]*R, ids []K) []*R {
	out := make([]*R, 0, len(ids))
	seen := make(map[K]struct{}, len(ids))
	for _, id := range ids {
		if _, twice := seen[id]; twice {
			continue
		}
		seen[id] = struct{}{}
		if row := rows[id]; row != nil {
			out = append(out, row)
		}
	}
	return out
}

func (t *tenant) putMessage(m *inbox.Message) {
	row := t.messages[m.ID]
	if row == nil {
		row = t.rows.row()
		t.messages[m.ID] = row
	} else if row.Conversation != m.Conversation || row.Seq != m.Seq {
		t.conversation(row.Conversation).line(row.Seq).message = nil
	}
	copyMessage(row, m)
	trimMessage(row)
	t.conversation(row.Conversation).line(row.Seq).message = row
}

func copyMessage(to, from *inbox.Message) {
	*to = *from
	to.Attach = slices.Clone(from.Attach)
	to.Template = copyTemplate(from.Template)
	to.Reactions = slices.Clone(from.Reactions)
}

func copyTemplate(t *channel.Template) *channel.Template {
	if t == nil {
		return nil
	}
	out := *t
	out.Values = maps.Clone(t.Values)
	return &out
}

func trimMessage(m *inbox.Message) {
	m.Time = micro(m.Time)
	m.Received = micro(m.Received)
	m.Edited = micro(m.Edited)
	m.Deleted = micro(m.Deleted)
	m.Masked = micro(m.Masked)
	m.Erased = micro(m.Erased)
	m.Delivery.Changed = micro(m.Delivery.Changed)
	for i := range m.Reactions {
		m.Reactions[i].Time = micro(m.Reactions[i].Time)
	}
}
