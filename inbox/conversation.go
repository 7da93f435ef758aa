package inbox

import (
	"time"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/contact"
	"github.com/deskwright/deskwright/queue"
	"github.com/google/uuid"
)

// ConversationID names a conversation.
type ConversationID struct{ uuid.UUID }

// ThreadID names a thread.
type ThreadID struct{ uuid.UUID }

// Thread is what one contact's conversations on an account have in common: the account, the identity they were begun with, their
// visibility and a key that the network gives or that is empty. At most one conversation of a thread is open.
type Thread struct {
	ID      ThreadID
	Version int64
	ThreadKey
	Conversation ConversationID // the newest one
}

// ThreadKey is what makes a thread the one it is.
type ThreadKey struct {
	Account    channel.AccountID
	Identity   contact.IdentityID
	Visibility channel.Visibility
	Key        string
}

// Conversation is the unit of work: what one contact wants on one channel, and how far we are with it. It is a copy: changing it
// changes nothing.
type Conversation struct {
	ID       ConversationID `json:"id"`
	Version  int64          `json:"-"`               // grows by one with every write, which may be of several commands; 0: does not exist
	Revision int64          `json:"revision,string"` // grows by one with every command that left a trail; what If compares

	Thread     ThreadID           `json:"thread"`
	Account    channel.AccountID  `json:"account"` // the account the contact wrote to
	Network    channel.Network    `json:"network"`
	Visibility channel.Visibility `json:"visibility"`
	Identity   contact.IdentityID `json:"identity"`        // the contact is reached through it
	Linked     ConversationID     `json:"linked,omitzero"` // the resolved conversation of the thread that this one follows; zero: none

	State    State     `json:"state"`
	Since    time.Time `json:"since"` // when it entered the present state
	Assignee Assignee  `json:"assignee,omitzero"`
	Topics   []TopicID `json:"topics,omitempty"`  // in the order they were added
	Reason   ReasonID  `json:"reason,omitzero"`   // of the last resolve; zero: none was given
	Comment  string    `json:"comment,omitempty"` // of the last resolve
	Hold     Hold      `json:"hold,omitzero"`

	Created  time.Time `json:"created"`
	Changed  time.Time `json:"changed"`           // the last change that left a trail
	Resolved time.Time `json:"resolved,omitzero"` // the last resolve; zero: never

	// WaitingSince is when the oldest contact message that no reply has answered was received. An answered conversation keeps
	// its last value until the contact writes again; resolving clears it.
	WaitingSince  time.Time      `json:"waiting_since,omitzero"`
	AnsweredBy    MessageID      `json:"answered_by,omitzero"`    // the reply that answered; zero: the contact is waiting, or nobody is
	AnsweredAgain MessageID      `json:"answered_again,omitzero"` // the newest reply after it, which answers should that one fail; zero: none
	Due           time.Time      `json:"due,omitzero"`            // when it must be looked at; zero only while Resolved
	Window        channel.Window `json:"window,omitzero"`

	Asked  MessageID `json:"asked,omitzero"` // the contact's newest message; zero: none
	Last   Last      `json:"last,omitzero"`
	Newest time.Time `json:"newest,omitzero"` // when the newest message since the last resolve was stored; zero: none since
	Count  Count     `json:"count"`

	Chain audit.Chain `json:"-"` // what a Desk returns has no Key
}

// Last is what lists show of the newest message.
type Last struct {
	Message   MessageID         `json:"message"`
	Direction channel.Direction `json:"direction"`
	Kind      channel.Kind      `json:"kind"`
	Paid      bool              `json:"paid,omitempty"`
	At        time.Time         `json:"at"`                // when it was stored
	Preview   string            `json:"preview,omitempty"` // the first characters of its text
}

// Count is how many messages a conversation has.
type Count struct {
	Messages int64 `json:"messages,string"` // all that are stored, deleted ones included
	Unread   int64 `json:"unread,string"`   // the contact's messages since the conversation was last marked read
}

// Assignee is whose conversation it is: an agent, a team, both or nobody.
type Assignee struct {
	Agent queue.AgentID `json:"agent,omitzero"`
	Team  queue.TeamID  `json:"team,omitzero"`
}

// Hold is a bot's hold on a conversation. While it lasts nobody is routed to the conversation and no clock runs.
type Hold struct {
	Bot   string    `json:"bot"`   // the actor's id; empty: not held
	Until time.Time `json:"until"` // it ends by itself then
}

// Held reports whether a bot holds the conversation at now.
func (h Hold) Held(now time.Time) bool { return h.Bot != "" && now.Before(h.Until) }

// Age is how long ago the newest message since the last resolve was stored; without one, how long the conversation has been in
// its present state.
func (c *Conversation) Age(now time.Time) time.Duration {
	if c.Newest.IsZero() {
		return now.Sub(c.Since)
	}
	return now.Sub(c.Newest)
}
