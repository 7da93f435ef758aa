package inbox

import (
	"time"

	"github.com/deskwright/deskwright/audit"
	"github.com/google/uuid"
)

// NoteID names a note.
type NoteID struct{ uuid.UUID }

// Note is an internal remark on a conversation or on one of its messages. Contacts never see it.
type Note struct {
	ID           NoteID         `json:"id"`
	Conversation ConversationID `json:"conversation"`
	Message      MessageID      `json:"message,omitzero"` // zero: on the conversation as a whole
	Seq          int64          `json:"-"`                // its place in the timeline
	Author       audit.Actor    `json:"author"`
	Text         string         `json:"text"`
	Time         time.Time      `json:"time"`
	Edited       time.Time      `json:"edited,omitzero"`  // zero: never
	Deleted      time.Time      `json:"deleted,omitzero"` // zero: it stands. The text of a deleted note is gone
}
