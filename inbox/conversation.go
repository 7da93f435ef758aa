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
	ID       ConversationID
	Version  int64 // grows by one with every write, which may be of several commands; 0: does not exist
	Revision int64 // grows by one with every command that left a trail; what If compares

	Thread     ThreadID
	Account    channel.AccountID // the account the contact wrote to
	Network    channel.Network
	Visibility channel.Visibility
	Identity   contact.IdentityID // the contact is reached through it
	Linked     ConversationID     // the resolved conversation of the thread that this one follows; zero: none

	State    State
	Since    time.Time // when it entered the present state
	Assignee Assignee
	Topics   []TopicID // in the order they were added
	Reason   ReasonID  // of the last resolve; zero: none was given
	Comment  string    // of the last resolve
	Hold     Hold

	Created  time.Time
	Changed  time.Time // the last change that left a trail
	Resolved time.Time // the last resolve; zero: never

	// WaitingSince is when the oldest contact message that no reply has answered was received. An answered conversation keeps
	// its last value until the contact writes again; resolving clears it.
	WaitingSince time.Time
	AnsweredBy   MessageID // the reply that answered; zero: the contact is waiting, or nobody is
	Due          time.Time // when it must be looked at; zero only while Resolved
	Window       channel.Window

	Asked  MessageID // the contact's newest message; zero: none
	Last   Last
	Newest time.Time // when the newest message since the last resolve was stored; zero: none since
	Count  Count

	Chain audit.Chain
}

// Last is what lists show of the newest message.
type Last struct {
	Message   MessageID
	Direction channel.Direction
	Kind      channel.Kind
	Paid      bool
	At        time.Time // when it was stored
	Preview   string    // the first characters of its text
}

// Count is how many messages a conversation has.
type Count struct {
	Messages int64 // all that are stored, deleted ones included
	Unread   int64 // the contact's messages since the conversation was last marked read
}

// Assignee is whose conversation it is: an agent, a team, both or nobody.
type Assignee struct {
	Agent queue.AgentID `json:"agent,omitzero"`
	Team  queue.TeamID  `json:"team,omitzero"`
}

// Hold is a bot's hold on a conversation. While it lasts nobody is routed to the conversation and no clock runs.
type Hold struct {
	Bot   string    // the actor's id; empty: not held
	Until time.Time // it ends by itself then
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
