package inbox

import (
	"time"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/channel"
	"github.com/google/uuid"
)

// MessageID names a message.
type MessageID struct{ uuid.UUID }

// Message is one message of a conversation, either way.
type Message struct {
	ID           MessageID          `json:"id"`
	Conversation ConversationID     `json:"conversation"`
	Seq          int64              `json:"-"` // its place in the timeline
	Account      channel.AccountID  `json:"account"`
	ExternalID   string             `json:"external_id,omitzero"` // the network's id; empty until the network has told it
	Direction    channel.Direction  `json:"direction"`
	Kind         channel.Kind       `json:"kind"`
	Visibility   channel.Visibility `json:"visibility"`
	Author       audit.Actor        `json:"author"` // a contact is named as its network names it
	Text         string             `json:"text,omitzero"`
	Cut          bool               `json:"cut,omitzero"` // the text was longer than channel.MaxText
	Attach       []channel.Attached `json:"attach,omitzero"`
	Permalink    string             `json:"permalink,omitzero"`
	Paid         bool               `json:"paid,omitzero"`
	Summoned     bool               `json:"summoned,omitzero"`
	Time         time.Time          `json:"time"`             // the network's own time; of our messages and where the network tells none: Received
	Received     time.Time          `json:"received"`         // when it was stored
	Edited       time.Time          `json:"edited,omitzero"`  // the network's time of the newest edit; zero: never
	Deleted      time.Time          `json:"deleted,omitzero"` // zero: it stands. The text of a deleted message is gone
	Masked       time.Time          `json:"masked,omitzero"`  // zero: not masked. The text of a masked message is stars
	Erased       time.Time          `json:"erased,omitzero"`  // zero: not erased. Nothing is left of the content of an erased message
	Answers      Answer             `json:"answers,omitzero"`
	PrivateReply MessageID          `json:"private_reply,omitzero"` // the one private reply that this public message has had
	Tag          channel.Tag        `json:"tag,omitzero"`
	Template     *channel.Template  `json:"template,omitzero"`
	Reactions    []Reaction         `json:"reactions,omitzero"`
	Delivery     Delivery           `json:"delivery,omitzero"` // of our messages
}

// Answer is the reference of a message to the one it answers, and the copy of that one as it was then. What is shown of the copy
// follows the original: once that is deleted, masked or erased, the copy says so and keeps no text.
type Answer struct {
	Message MessageID   `json:"message"` // zero: answers no particular message
	Author  audit.Actor `json:"author"`
	Text    string      `json:"text,omitempty"`
	Status  Status      `json:"status,omitempty"` // of the original, at the time of reading
}

// Status is what has become of a message's content.
type Status string

const (
	Stands  Status = "" // shown as it is
	Deleted Status = "deleted"
	Masked  Status = "masked"
	Erased  Status = "erased"
)

// Status of the message's content.
func (m *Message) Status() Status {
	switch {
	case !m.Erased.IsZero():
		return Erased
	case !m.Deleted.IsZero():
		return Deleted
	case !m.Masked.IsZero():
		return Masked
	}
	return Stands
}

// Reaction is one person's reaction to a message. One that was taken back stays with Removed set, so that a report that comes
// late cannot bring it back.
type Reaction struct {
	By      string    `json:"by"` // the network's id of the person
	Emoji   string    `json:"emoji"`
	Time    time.Time `json:"time"`
	Removed bool      `json:"removed,omitempty"`
}

// DeliveryState is how far a message of ours has come.
type DeliveryState string

const (
	Queued    DeliveryState = "queued"
	Sending   DeliveryState = "sending"
	Sent      DeliveryState = "sent"
	Delivered DeliveryState = "delivered"
	Read      DeliveryState = "read"
	Failed    DeliveryState = "failed"
	Unknown   DeliveryState = "unknown" // nobody knows whether the network has it; it is not sent again by itself
)

// Delivery is a message of ours on its way. The zero Delivery belongs to messages that we did not send.
type Delivery struct {
	State   DeliveryState `json:"state,omitempty"`
	Changed time.Time     `json:"changed,omitzero"`
	Problem string        `json:"problem,omitempty"` // why it failed or is unknown: the network's code and reason, without text
}

// Sender reports whether the message is one of ours that goes, or went, through an adapter.
func (d Delivery) Sender() bool { return d.State != "" }
