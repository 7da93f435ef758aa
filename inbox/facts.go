package inbox

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/contact"
	"github.com/deskwright/deskwright/queue"
)

// fact is one thing that has become true. Decisions record facts; applying them makes the rows, and their encoding is the log
// entry, so that a conversation can be made again from its entries.
type fact interface {
	spec() spec
	encode([]byte) []byte
	apply(*Snapshot, moment)
}

// spec is how a kind of fact stands in the log.
type spec struct {
	action  audit.Action
	class   audit.Class
	subject audit.SubjectKind
}

// moment is when, and at which place in its subject's log, a fact became true.
type moment struct {
	at  time.Time
	seq int64
}

// The actions of log entries.
const (
	ConversationStarted audit.Action = "conversation.started"
	MessageReceived     audit.Action = "message.received"
	MessageWritten      audit.Action = "message.written"
	MessageEchoed       audit.Action = "message.echoed"
	MessageEdited       audit.Action = "message.edited"
	MessageDeleted      audit.Action = "message.deleted"
	MessageReaction     audit.Action = "message.reaction"
	MessageConflict     audit.Action = "message.conflict"
	DeliveryChanged     audit.Action = "delivery.changed"
	DeliveryFailed      audit.Action = "delivery.failed"
	StateChanged        audit.Action = "state.changed"
	AssigneeChanged     audit.Action = "assignee.changed"
	TopicAdded          audit.Action = "topic.added"
	TopicRemoved        audit.Action = "topic.removed"
	NoteAdded           audit.Action = "note.added"
	NoteEdited          audit.Action = "note.edited"
	NoteDeleted         audit.Action = "note.deleted"
	BotHeld             audit.Action = "bot.held"
	BotReleased         audit.Action = "bot.released"
	ReadMarked          audit.Action = "read.marked"
	ContactCreated      audit.Action = "contact.created"
	ContactNamed        audit.Action = "contact.named"
	IdentityAdded       audit.Action = "identity.added"
	AttributeSet        audit.Action = "attribute.set"
	SettingSaved        audit.Action = "setting.saved"
	SettingDeleted      audit.Action = "setting.deleted"
)

// facts makes an empty fact of each action, for reading entries back.
var facts = map[audit.Action]func() fact{
	ConversationStarted: func() fact { return new(conversationStarted) },
	MessageReceived:     func() fact { return new(messageStored) },
	MessageWritten:      func() fact { return new(messageStored) },
	MessageEchoed:       func() fact { return new(messageStored) },
	MessageEdited:       func() fact { return new(messageEdited) },
	MessageDeleted:      func() fact { return new(messageDeleted) },
	MessageReaction:     func() fact { return new(messageReaction) },
	MessageConflict:     func() fact { return new(messageConflict) },
	DeliveryChanged:     func() fact { return new(deliveryChanged) },
	DeliveryFailed:      func() fact { return new(deliveryChanged) },
	StateChanged:        func() fact { return new(stateChanged) },
	AssigneeChanged:     func() fact { return new(assigneeChanged) },
	TopicAdded:          func() fact { return new(topicAdded) },
	TopicRemoved:        func() fact { return new(topicRemoved) },
	NoteAdded:           func() fact { return new(noteAdded) },
	NoteEdited:          func() fact { return new(noteEdited) },
	NoteDeleted:         func() fact { return new(noteDeleted) },
	BotHeld:             func() fact { return new(botHeld) },
	BotReleased:         func() fact { return new(botReleased) },
	ReadMarked:          func() fact { return new(readMarked) },
	ContactCreated:      func() fact { return new(contactCreated) },
	ContactNamed:        func() fact { return new(contactNamed) },
	IdentityAdded:       func() fact { return new(identityAdded) },
	AttributeSet:        func() fact { return new(attributeSet) },
	SettingSaved:        func() fact { return new(settingSaved) },
	SettingDeleted:      func() fact { return new(settingDeleted) },
}

// decodeFact reads the fact of a log entry.
func decodeFact(e audit.Entry) (fact, error) {
	make, ok := facts[e.Action]
	if !ok {
		return nil, fmt.Errorf("inbox: log entry %d of %s has an unknown action %q", e.Seq, e.Subject, e.Action)
	}
	f := make()
	if err := json.Unmarshal(e.Data, f); err != nil {
		return nil, fmt.Errorf("inbox: log entry %d of %s cannot be read: %w", e.Seq, e.Subject, err)
	}
	return f, nil
}

// ofConversation is the spec of facts about a conversation that are shown in its audit trail, ofDetail of those that are not. The
// others are about a contact or a setting.
func ofConversation(a audit.Action) spec { return spec{a, audit.ClassTrail, audit.SubjectConversation} }
func ofDetail(a audit.Action) spec       { return spec{a, audit.ClassDetail, audit.SubjectConversation} }
func ofContact(a audit.Action) spec      { return spec{a, audit.ClassDetail, audit.SubjectContact} }
func ofSetting(a audit.Action) spec      { return spec{a, audit.ClassTrail, audit.SubjectSetting} }

// conversationStarted begins a conversation.
type conversationStarted struct {
	Conversation ConversationID     `json:"conversation"`
	Thread       ThreadID           `json:"thread"`
	Account      channel.AccountID  `json:"account"`
	Network      channel.Network    `json:"network"`
	Visibility   channel.Visibility `json:"visibility"`
	Identity     contact.IdentityID `json:"identity"`
	Linked       ConversationID     `json:"linked"`
	State        State              `json:"state"`
}

func (*conversationStarted) spec() spec { return ofConversation(ConversationStarted) }

func (f *conversationStarted) encode(b []byte) []byte {
	o := begin(b)
	o.id("conversation", f.Conversation.UUID)
	o.id("thread", f.Thread.UUID)
	o.id("account", f.Account.UUID)
	o.text("network", string(f.Network))
	o.text("visibility", string(f.Visibility))
	o.id("identity", f.Identity.UUID)
	o.id("linked", f.Linked.UUID)
	o.text("state", f.State.String())
	return o.end()
}

func (f *conversationStarted) apply(s *Snapshot, m moment) {
	s.Conversation = Conversation{ID: f.Conversation, Thread: f.Thread, Account: f.Account, Network: f.Network, Visibility: f.Visibility,
		Identity: f.Identity, Linked: f.Linked, State: f.State, Since: m.at, Created: m.at}
	s.Open = f.Conversation
}

// stateChanged moves a conversation to another queue.
type stateChanged struct {
	From    State    `json:"from"`
	To      State    `json:"to"`
	Reason  ReasonID `json:"reason"`
	Comment string   `json:"comment"`
}

func (*stateChanged) spec() spec { return ofConversation(StateChanged) }

func (f *stateChanged) encode(b []byte) []byte {
	o := begin(b)
	o.text("from", f.From.String())
	o.text("to", f.To.String())
	o.id("reason", f.Reason.UUID)
	o.text("comment", f.Comment)
	return o.end()
}

func (f *stateChanged) apply(s *Snapshot, m moment) {
	c := &s.Conversation
	c.State, c.Since = f.To, m.at
	if f.To != StateResolved {
		s.Open = c.ID
		return
	}
	c.Resolved, c.Reason, c.Comment = m.at, f.Reason, f.Comment
	c.Assignee, c.Hold = Assignee{}, Hold{}
	c.WaitingSince, c.AnsweredBy, c.AnsweredAgain, c.Newest = time.Time{}, MessageID{}, MessageID{}, time.Time{}
	s.Open = ConversationID{}
}

// assigneeChanged gives a conversation to somebody, or to nobody.
type assigneeChanged struct {
	Agent queue.AgentID `json:"agent"`
	Team  queue.TeamID  `json:"team"`
	Auto  bool          `json:"auto"` // by a first reply
}

func (*assigneeChanged) spec() spec { return ofConversation(AssigneeChanged) }

func (f *assigneeChanged) encode(b []byte) []byte {
	o := begin(b)
	o.id("agent", f.Agent.UUID)
	o.id("team", f.Team.UUID)
	o.truth("auto", f.Auto)
	return o.end()
}

func (f *assigneeChanged) apply(s *Snapshot, _ moment) {
	s.Conversation.Assignee = Assignee{Agent: f.Agent, Team: f.Team}
}

// topicAdded and topicRemoved say what a conversation is about.
type topicAdded struct {
	Topic TopicID `json:"topic"`
}

func (*topicAdded) spec() spec { return ofConversation(TopicAdded) }

func (f *topicAdded) encode(b []byte) []byte {
	o := begin(b)
	o.id("topic", f.Topic.UUID)
	return o.end()
}

func (f *topicAdded) apply(s *Snapshot, _ moment) {
	s.Conversation.Topics = append(slices.Clip(s.Conversation.Topics), f.Topic)
}

type topicRemoved struct {
	Topic TopicID `json:"topic"`
}

func (*topicRemoved) spec() spec { return ofConversation(TopicRemoved) }

func (f *topicRemoved) encode(b []byte) []byte {
	o := begin(b)
	o.id("topic", f.Topic.UUID)
	return o.end()
}

func (f *topicRemoved) apply(s *Snapshot, _ moment) {
	s.Conversation.Topics = slices.DeleteFunc(slices.Clone(s.Conversation.Topics), func(t TopicID) bool { return t == f.Topic })
}

// botHeld and botReleased begin and end a bot's hold.
type botHeld struct {
	Bot   string    `json:"bot"`
	Until time.Time `json:"until"`
}

func (*botHeld) spec() spec { return ofConversation(BotHeld) }

func (f *botHeld) encode(b []byte) []byte {
	o := begin(b)
	o.text("bot", f.Bot)
	o.time("until", f.Until)
	return o.end()
}

func (f *botHeld) apply(s *Snapshot, _ moment) {
	s.Conversation.Hold = Hold{Bot: f.Bot, Until: f.Until}
}

type botReleased struct{}

func (*botReleased) spec() spec { return ofConversation(BotReleased) }

func (*botReleased) encode(b []byte) []byte { return append(b, "{}"...) }

func (*botReleased) apply(s *Snapshot, _ moment) { s.Conversation.Hold = Hold{} }

// readMarked says that somebody of ours has read what there is.
type readMarked struct{}

func (*readMarked) spec() spec { return ofDetail(ReadMarked) }

func (*readMarked) encode(b []byte) []byte { return append(b, "{}"...) }

func (*readMarked) apply(s *Snapshot, _ moment) { s.Conversation.Count.Unread = 0 }
