package inbox

import (
	"time"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/queue"
	"github.com/google/uuid"
)

// TopicID names a topic.
type TopicID struct{ uuid.UUID }

// ReasonID names a resolve reason.
type ReasonID struct{ uuid.UUID }

// Account is a connected account of a network, and how the inbox treats what comes through it.
type Account struct {
	channel.Account
	Version int64 `json:"-"` // 0: new

	Paused       bool          `json:"paused,omitempty"`        // nothing is sent or polled; what arrives is still stored
	AfterReply   State         `json:"after_reply,omitzero"`    // where a person's reply leads from New and Pending; zero: Pending
	NoAutoAssign bool          `json:"no_auto_assign,omitzero"` // a reply does not assign the conversation to who wrote it
	ReopenWithin time.Duration `json:"reopen_within,omitzero"`  // a contact's message later than this after the resolve begins a new conversation; zero: never
	Require      []Requirement `json:"require,omitempty"`       // what resolving asks for
}

// Requirement says what must be there before a conversation is resolved.
type Requirement struct {
	Visibility channel.Visibility `json:"visibility,omitempty"` // empty: both
	Resolver   Resolver           `json:"resolver"`
	Reason     bool               `json:"reason,omitempty"`
	Topic      bool               `json:"topic,omitempty"`
}

// Resolver is what kind of actor resolves.
type Resolver string

const (
	ByPerson     Resolver = "person" // and bots, which work as people do
	ByBulk       Resolver = "bulk"
	ByAutomation Resolver = "automation"
	BySystem     Resolver = "system"
)

// Topic is what conversations can be about. Its name is unique in the tenant, ignoring case.
type Topic struct {
	ID          TopicID `json:"id"`
	Version     int64   `json:"-"` // 0: new
	Name        string  `json:"name"`
	Description string  `json:"description,omitempty"`
}

// Reason is why a conversation was resolved.
type Reason struct {
	ID       ReasonID `json:"id"`
	Version  int64    `json:"-"` // 0: new
	Name     string   `json:"name"`
	Disabled bool     `json:"disabled,omitempty"` // kept for what has it, not offered any more
}

// Agent is a person or a bot who works in the inbox.
type Agent struct {
	queue.Agent
	Version int64 `json:"-"` // 0: new
}

// Team is a group of agents to whom a conversation can be assigned.
type Team struct {
	queue.Team
	Version int64 `json:"-"` // 0: new
}
