package inbox

import (
	"time"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/channel"
)

// messageStored adds a message to a conversation.
type messageStored struct {
	Message
	Window    channel.Window `json:"window,omitzero"`     // of a contact's message: what it opens
	Stops     bool           `json:"stops,omitempty"`     // of ours: it answers the contact who waits
	PrivateTo MessageID      `json:"private_to,omitzero"` // of ours: the public message that it answers in private
}

func (f *messageStored) spec() spec {
	switch {
	case f.Direction == channel.Incoming:
		return ofConversation(MessageReceived)
	case f.Author.Kind == audit.ActorElsewhere:
		return ofConversation(MessageEchoed)
	}
	return ofConversation(MessageWritten)
}

func (f *messageStored) encode(b []byte) []byte {
	m := &f.Message
	o := begin(b)
	o.id("id", m.ID.UUID)
	o.id("conversation", m.Conversation.UUID)
	o.id("account", m.Account.UUID)
	o.text("external_id", m.ExternalID)
	o.text("direction", string(m.Direction))
	o.text("kind", string(m.Kind))
	o.text("visibility", string(m.Visibility))
	o.name("author")
	o.b = appendActor(o.b, m.Author)
	o.text("text", m.Text)
	o.truth("cut", m.Cut)
	if len(m.Attach) > 0 {
		o.value("attach", m.Attach)
	}
	o.text("permalink", m.Permalink)
	o.truth("paid", m.Paid)
	o.truth("summoned", m.Summoned)
	o.time("time", m.Time)
	o.time("received", m.Received)
	if m.Answers.Message != (MessageID{}) {
		o.value("answers", m.Answers)
	}
	o.text("tag", string(m.Tag))
	if m.Template != nil {
		o.value("template", m.Template)
	}
	if m.Delivery.State != "" {
		o.name("delivery")
		o.b = appendDelivery(o.b, m.Delivery)
	}
	if !f.Window.Ends.IsZero() {
		o.name("window")
		o.b = appendWindow(o.b, f.Window)
	}
	o.truth("stops", f.Stops)
	o.id("private_to", f.PrivateTo.UUID)
	return o.end()
}

func appendActor(b []byte, a audit.Actor) []byte {
	o := begin(b)
	o.text("kind", a.Kind.String())
	o.text("id", a.ID)
	o.text("name", a.Name)
	return o.end()
}

func appendDelivery(b []byte, d Delivery) []byte {
	o := begin(b)
	o.text("state", string(d.State))
	o.time("changed", d.Changed)
	o.text("problem", d.Problem)
	return o.end()
}

func appendWindow(b []byte, w channel.Window) []byte {
	o := begin(b)
	o.time("opened", w.Opened)
	o.time("ends", w.Ends)
	o.text("opener", string(w.Opener))
	return o.end()
}

func (f *messageStored) apply(s *Snapshot, at moment) {
	m, c := f.Message, &s.Conversation
	m.Seq = at.seq
	s.Messages = append(s.Messages, m)
	c.Last = Last{Message: m.ID, Direction: m.Direction, Kind: m.Kind, Paid: m.Paid, At: at.at, Preview: preview(m.Text)}
	c.Newest = at.at
	c.Count.Messages++
	if m.Direction == channel.Incoming {
		c.Count.Unread++
		c.Asked = m.ID
		c.Window = c.Window.Extend(f.Window)
		if c.WaitingSince.IsZero() || c.AnsweredBy != (MessageID{}) {
			c.WaitingSince, c.AnsweredBy, c.AnsweredAgain = at.at, MessageID{}, MessageID{}
		}
		return
	}
	if m.Author.Kind == audit.ActorPerson {
		c.Count.Unread = 0
	}
	if f.Stops && !c.WaitingSince.IsZero() {
		c.answered(m.ID)
	}
	if public := s.message(f.PrivateTo); public != nil {
		public.PrivateReply = m.ID
	}
}

// answered lets a reply answer the contact who waits, or stand by for the one that does.
func (c *Conversation) answered(reply MessageID) {
	if c.AnsweredBy == (MessageID{}) {
		c.AnsweredBy = reply
		return
	}
	c.AnsweredAgain = reply
}

// unanswered takes a reply that failed away: the contact waits as if it had not been given.
func (c *Conversation) unanswered(reply MessageID) {
	switch reply {
	case c.AnsweredBy:
		c.AnsweredBy, c.AnsweredAgain = c.AnsweredAgain, MessageID{}
	case c.AnsweredAgain:
		c.AnsweredAgain = MessageID{}
	}
}

// message returns the message in the snapshot, nil if it is not there.
func (s *Snapshot) message(id MessageID) *Message {
	for i := len(s.Messages) - 1; i >= 0; i-- {
		if s.Messages[i].ID == id {
			return &s.Messages[i]
		}
	}
	return nil
}

// messageEdited changes a message's text to what its author made of it.
type messageEdited struct {
	Message MessageID          `json:"message"`
	Text    string             `json:"text"`
	Cut     bool               `json:"cut"`
	Attach  []channel.Attached `json:"attach"`
	Time    time.Time          `json:"time"`
}

func (*messageEdited) spec() spec { return ofConversation(MessageEdited) }

func (f *messageEdited) encode(b []byte) []byte {
	o := begin(b)
	o.id("message", f.Message.UUID)
	o.text("text", f.Text)
	o.truth("cut", f.Cut)
	if len(f.Attach) > 0 {
		o.value("attach", f.Attach)
	}
	o.time("time", f.Time)
	return o.end()
}

func (f *messageEdited) apply(s *Snapshot, _ moment) {
	m := s.message(f.Message)
	if m == nil {
		return
	}
	m.Text, m.Cut, m.Edited = f.Text, f.Cut, f.Time
	if len(f.Attach) > 0 {
		m.Attach = f.Attach
	}
	if s.Conversation.Last.Message == m.ID {
		s.Conversation.Last.Preview = preview(m.Text)
	}
}

// messageDeleted takes a message's content away; the message stays as a tombstone.
type messageDeleted struct {
	Message MessageID `json:"message"`
	Time    time.Time `json:"time"`
}

func (*messageDeleted) spec() spec { return ofConversation(MessageDeleted) }

func (f *messageDeleted) encode(b []byte) []byte {
	o := begin(b)
	o.id("message", f.Message.UUID)
	o.time("time", f.Time)
	return o.end()
}

func (f *messageDeleted) apply(s *Snapshot, _ moment) {
	m := s.message(f.Message)
	if m == nil {
		return
	}
	m.Deleted, m.Text, m.Cut, m.Attach, m.Template = f.Time, "", false, nil, nil
	m.Edited, m.Reactions, m.Answers.Text = time.Time{}, nil, ""
	if s.Conversation.Last.Message == m.ID {
		s.Conversation.Last.Preview = ""
	}
}

// messageReaction puts a reaction on a message, or takes it back.
type messageReaction struct {
	Message MessageID `json:"message"`
	Reaction
	Window channel.Window `json:"window,omitzero"` // what the contact's reaction opens
}

func (*messageReaction) spec() spec { return ofDetail(MessageReaction) }

func (f *messageReaction) encode(b []byte) []byte {
	o := begin(b)
	o.id("message", f.Message.UUID)
	o.text("by", f.By)
	o.text("emoji", f.Emoji)
	o.time("time", f.Time)
	o.truth("removed", f.Removed)
	if !f.Window.Ends.IsZero() {
		o.name("window")
		o.b = appendWindow(o.b, f.Window)
	}
	return o.end()
}

func (f *messageReaction) apply(s *Snapshot, _ moment) {
	m := s.message(f.Message)
	if m == nil {
		return
	}
	s.Conversation.Window = s.Conversation.Window.Extend(f.Window)
	for i, r := range m.Reactions {
		if r.By == f.By && r.Emoji == f.Emoji {
			m.Reactions[i] = f.Reaction
			return
		}
	}
	m.Reactions = append(m.Reactions, f.Reaction)
}

// messageConflict says that a network's id has come again with other content. Nothing is merged.
type messageConflict struct {
	Message    MessageID   `json:"message"`
	ExternalID string      `json:"external_id"`
	Content    Fingerprint `json:"content"`
	Text       string      `json:"text"`
}

func (*messageConflict) spec() spec { return ofDetail(MessageConflict) }

func (f *messageConflict) encode(b []byte) []byte {
	o := begin(b)
	o.id("message", f.Message.UUID)
	o.text("external_id", f.ExternalID)
	o.value("content", f.Content)
	o.text("text", f.Text)
	return o.end()
}

func (*messageConflict) apply(*Snapshot, moment) {}

// deliveryChanged says how far a message of ours has come.
type deliveryChanged struct {
	Message    MessageID     `json:"message"`
	ExternalID string        `json:"external_id"` // empty: nothing new
	State      DeliveryState `json:"state"`
	Problem    string        `json:"problem"`
}

func (f *deliveryChanged) spec() spec {
	if f.State == Failed {
		return ofConversation(DeliveryFailed)
	}
	return ofDetail(DeliveryChanged)
}

func (f *deliveryChanged) encode(b []byte) []byte {
	o := begin(b)
	o.id("message", f.Message.UUID)
	o.text("external_id", f.ExternalID)
	o.text("state", string(f.State))
	o.text("problem", f.Problem)
	return o.end()
}

func (f *deliveryChanged) apply(s *Snapshot, at moment) {
	c := &s.Conversation
	if f.State == Failed {
		c.unanswered(f.Message)
	}
	m := s.message(f.Message)
	if m == nil {
		return
	}
	m.Delivery = Delivery{State: f.State, Changed: at.at, Problem: f.Problem}
	if f.ExternalID != "" {
		m.ExternalID = f.ExternalID
	}
}
