package inbox

import (
	"context"

	"github.com/google/uuid"
)

// AddNote adds an internal note to the conversation, or to one of its messages; it works in every state.
func (d *Desk) AddNote(ctx context.Context, id ConversationID, about MessageID, text string, options ...CommandOption) (Result, error) {
	text, err := written("note", text)
	if err != nil {
		return Result{}, err
	}
	c := d.on("add note", id, text, func(x *decision) error {
		if about.UUID != uuid.Nil {
			if m := x.snap.message(about); m == nil || m.Conversation != id {
				return &MissingError{What: "message"}
			}
		}
		n := Note{ID: NoteID{x.tape.id(noteSlot)}, Conversation: id, Message: about, Author: x.by, Text: text, Time: x.now}
		x.recordOn(n.ID, &noteAdded{Note: n})
		x.result.Note = n.ID
		return nil
	})
	c.ref.Message = about
	return d.do(ctx, c, options)
}

// EditNote changes the text of a note. The notes of others need MayOthersNotes; a deleted note is gone.
func (d *Desk) EditNote(ctx context.Context, id ConversationID, note NoteID, text string, options ...CommandOption) (Result, error) {
	text, err := written("note", text)
	if err != nil {
		return Result{}, err
	}
	return d.do(ctx, d.onNote("edit note", id, note, text, func(x *decision, n *Note) {
		if n.Text != text {
			x.recordOn(note, &noteEdited{Note: note, Text: text})
		}
	}), options)
}

// DeleteNote takes a note away; a tombstone stays in the timeline. The notes of others need MayOthersNotes.
func (d *Desk) DeleteNote(ctx context.Context, id ConversationID, note NoteID, options ...CommandOption) (Result, error) {
	return d.do(ctx, d.onNote("delete note", id, note, nil, func(x *decision, n *Note) {
		x.recordOn(note, &noteDeleted{Note: note})
	}), options)
}

// onNote makes a command on a note that stands.
func (d *Desk) onNote(name string, id ConversationID, note NoteID, request any, decide func(*decision, *Note)) *command {
	c := d.on(name, id, request, func(x *decision) error {
		decide(x, x.snap.note(note))
		return nil
	})
	c.ref.Note = note
	c.needs = func(s *Snapshot) ([]need, error) {
		n := s.note(note)
		if n == nil || n.Conversation != id || !n.Deleted.IsZero() {
			return nil, &MissingError{What: "note"}
		}
		needs := []need{{MayManage, s.object()}}
		if me := d.actor.logged(); n.Author.Kind != me.Kind || n.Author.ID != me.ID || me.ID == "" && n.Author.Name != me.Name {
			needs = append(needs, need{MayOthersNotes, s.object()})
		}
		return needs, nil
	}
	return c
}
