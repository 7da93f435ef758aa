package inbox

// noteAdded adds a note.
type noteAdded struct {
	Note
}

func (*noteAdded) spec() spec { return ofConversation(NoteAdded) }

func (f *noteAdded) encode(b []byte) []byte {
	o := begin(b)
	o.id("id", f.ID.UUID)
	o.id("conversation", f.Conversation.UUID)
	o.id("message", f.Message.UUID)
	o.name("author")
	o.b = appendActor(o.b, f.Author)
	o.text("text", f.Text)
	o.time("time", f.Time)
	return o.end()
}

func (f *noteAdded) apply(s *Snapshot, m moment) {
	n := f.Note
	n.Seq = m.seq
	s.Notes = append(s.Notes, n)
}

// note returns the note in the snapshot, nil if it is not there.
func (s *Snapshot) note(id NoteID) *Note {
	for i := range s.Notes {
		if s.Notes[i].ID == id {
			return &s.Notes[i]
		}
	}
	return nil
}

// noteEdited changes a note's text.
type noteEdited struct {
	Note NoteID `json:"note"`
	Text string `json:"text"`
}

func (*noteEdited) spec() spec { return ofConversation(NoteEdited) }

func (f *noteEdited) encode(b []byte) []byte {
	o := begin(b)
	o.id("note", f.Note.UUID)
	o.text("text", f.Text)
	return o.end()
}

func (f *noteEdited) apply(s *Snapshot, m moment) {
	if n := s.note(f.Note); n != nil {
		n.Text, n.Edited = f.Text, m.at
	}
}

// noteDeleted takes a note away; a tombstone stays.
type noteDeleted struct {
	Note NoteID `json:"note"`
}

func (*noteDeleted) spec() spec { return ofConversation(NoteDeleted) }

func (f *noteDeleted) encode(b []byte) []byte {
	o := begin(b)
	o.id("note", f.Note.UUID)
	return o.end()
}

func (f *noteDeleted) apply(s *Snapshot, m moment) {
	if n := s.note(f.Note); n != nil {
		n.Text, n.Deleted = "", m.at
	}
}
