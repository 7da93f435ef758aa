package sqlstore

import (
	"context"

	"github.com/deskwright/deskwright/inbox"
	"github.com/google/uuid"
)

var notes = table{"note", 1, "id, conversation, message, seq, author_kind, author_id, author_name, text, time, edited, deleted"}

var upsertNote = notes.upsert()

func (t *tx) putNotes(tenant *uuid.UUID, all []inbox.Note) error {
	for i := range all {
		if _, err := t.exec(upsertNote, append(bindNote(t.args[:0], &all[i]), tenant[:])...); err != nil {
			return err
		}
	}
	return nil
}

func bindNote(to []any, n *inbox.Note) []any {
	to = append(to, n.ID.UUID[:], n.Conversation.UUID[:], optional(&n.Message.UUID), n.Seq)
	return append(bindActor(to, &n.Author), n.Text, micros(n.Time), micros(n.Edited), micros(n.Deleted))
}

func scanNote(to []any, n *inbox.Note) []any {
	to = append(to, &n.ID.UUID, &n.Conversation.UUID, &n.Message.UUID, (*number)(&n.Seq))
	return append(scanActor(to, &n.Author), (*text)(&n.Text), (*instant)(&n.Time), (*instant)(&n.Edited), (*instant)(&n.Deleted))
}

var selectNote = "SELECT " + notes.of("n") + " FROM deskwright_note n WHERE n.tenant = ? AND n.id = ?"

// note reads a note and reports whether it is there.
func (t *tx) note(tenant *uuid.UUID, id *inbox.NoteID, to *inbox.Note) (bool, error) {
	return t.row(selectNote, scanNote(t.dest[:0], to), tenant[:], id.UUID[:])
}

// Notes implements inbox.Lister.
func (s *Store) Notes(ctx context.Context, tenant inbox.Tenant, ids ...inbox.NoteID) ([]inbox.Note, error) {
	if err := admit(ctx, tenant); err != nil {
		return nil, err
	}
	return pick(ctx, s, "notes", ids, func(t *tx, id *inbox.NoteID, to *inbox.Note) (bool, error) {
		return t.note(&tenant.UUID, id, to)
	})
}
