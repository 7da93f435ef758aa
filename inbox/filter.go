package inbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/queue"
	"github.com/google/uuid"
)

// Filter says which conversations are meant. All parts that are set must hold. A nil list is any; an empty one is none. The zero
// Filter matches every conversation.
//
// A filter has a JSON form and evaluates on a conversation; stores evaluate it themselves. Me and the ages need a person and an
// instant, so a filter is bound to both before use; the engine does that.
type Filter struct {
	States       []State              `json:"states,omitzero"`
	Accounts     []channel.AccountID  `json:"accounts,omitzero"`
	Networks     []channel.Network    `json:"networks,omitzero"`
	Visibilities []channel.Visibility `json:"visibilities,omitzero"`
	Kinds        []channel.Kind       `json:"kinds,omitzero"` // of the last message
	Paid         *bool                `json:"paid,omitempty"` // whether the last message stands under an ad
	Assignees    []Who                `json:"assignees,omitzero"`
	Teams        []queue.TeamID       `json:"teams,omitzero"`  // the zero id: no team
	Topics       []TopicID            `json:"topics,omitzero"` // has one of them; the zero id: has none
	Reasons      []ReasonID           `json:"reasons,omitzero"`
	OlderThan    *Age                 `json:"older_than,omitempty"` // the age is this or more
	NewerThan    *Age                 `json:"newer_than,omitempty"` // the age is less than this

	All []Filter `json:"all,omitzero"` // all of these hold
	Any []Filter `json:"any,omitzero"` // one of these holds
	Not *Filter  `json:"not,omitempty"`

	me  queue.AgentID
	now time.Time
}

// UnmarshalJSON reads a filter. A part that does not exist is an error: a filter that was misspelt must not match more than was meant.
func (f *Filter) UnmarshalJSON(b []byte) error {
	type parts Filter
	read := json.NewDecoder(bytes.NewReader(b))
	read.DisallowUnknownFields()
	var p parts
	if err := read.Decode(&p); err != nil {
		return fmt.Errorf("inbox: filter: %w", err)
	}
	*f = Filter(p)
	return nil
}

// Who is whom a conversation is assigned to: an agent's id as text, Me or Nobody.
type Who string

const (
	Me     Who = "me"     // the agent who asks
	Nobody Who = "nobody" // no agent; conversations that only a team has are included
)

// Is names an agent in a filter.
func Is(a queue.AgentID) Who { return Who(a.String()) }

// Age is a duration with a text form such as "48h0m0s".
type Age time.Duration

// MarshalText writes the age as time.Duration does.
func (a Age) MarshalText() ([]byte, error) { return []byte(time.Duration(a).String()), nil }

// UnmarshalText reads what time.ParseDuration reads.
func (a *Age) UnmarshalText(b []byte) error {
	d, err := time.ParseDuration(string(b))
	if err != nil || d < 0 {
		return &InputError{Field: "age", Problem: "must be a duration such as 48h"}
	}
	*a = Age(d)
	return nil
}

// Bound returns the filter with me and now filled in, at every depth.
func (f Filter) Bound(me queue.AgentID, now time.Time) Filter {
	f.me, f.now = me, now
	f.All, f.Any = bound(f.All, me, now), bound(f.Any, me, now)
	if f.Not != nil {
		not := f.Not.Bound(me, now)
		f.Not = &not
	}
	return f
}

func bound(fs []Filter, me queue.AgentID, now time.Time) []Filter {
	if fs == nil {
		return nil
	}
	out := make([]Filter, len(fs))
	for i := range fs {
		out[i] = fs[i].Bound(me, now)
	}
	return out
}

// Matches reports whether the conversation is meant. The filter must be bound if it names Me or an age.
func (f *Filter) Matches(c *Conversation) bool {
	return among(f.States, c.State) &&
		among(f.Accounts, c.Account) &&
		among(f.Networks, c.Network) &&
		among(f.Visibilities, c.Visibility) &&
		among(f.Kinds, c.Last.Kind) &&
		(f.Paid == nil || *f.Paid == c.Last.Paid) &&
		f.matchesAssignee(c.Assignee.Agent) &&
		among(f.Teams, c.Assignee.Team) &&
		f.matchesTopics(c.Topics) &&
		among(f.Reasons, c.Reason) &&
		(f.OlderThan == nil || c.Age(f.now) >= time.Duration(*f.OlderThan)) &&
		(f.NewerThan == nil || c.Age(f.now) < time.Duration(*f.NewerThan)) &&
		f.matchesParts(c)
}

func among[T comparable](set []T, v T) bool { return set == nil || slices.Contains(set, v) }

func (f *Filter) matchesAssignee(a queue.AgentID) bool {
	if f.Assignees == nil {
		return true
	}
	for _, w := range f.Assignees {
		switch w {
		case Nobody:
			if a.UUID == uuid.Nil {
				return true
			}
		case Me:
			if a.UUID != uuid.Nil && a == f.me {
				return true
			}
		default:
			if a.UUID != uuid.Nil && w == Is(a) {
				return true
			}
		}
	}
	return false
}

// Agents returns whom Assignees means, for a store that looks them up. The zero id is nobody; nil is any. The filter must be bound if
// it names Me.
func (f *Filter) Agents() []queue.AgentID {
	if f.Assignees == nil {
		return nil
	}
	agents := make([]queue.AgentID, 0, len(f.Assignees))
	for _, w := range f.Assignees {
		switch w {
		case Nobody:
			agents = append(agents, queue.AgentID{})
		case Me:
			if f.me.UUID != uuid.Nil {
				agents = append(agents, f.me)
			}
		default:
			if id, err := uuid.Parse(string(w)); err == nil && id != uuid.Nil {
				agents = append(agents, queue.AgentID{UUID: id})
			}
		}
	}
	return agents
}

func (f *Filter) matchesTopics(have []TopicID) bool {
	if f.Topics == nil {
		return true
	}
	for _, want := range f.Topics {
		if want.UUID == uuid.Nil && len(have) == 0 || slices.Contains(have, want) {
			return true
		}
	}
	return false
}

func (f *Filter) matchesParts(c *Conversation) bool {
	for i := range f.All {
		if !f.All[i].Matches(c) {
			return false
		}
	}
	if f.Any != nil && !slices.ContainsFunc(f.Any, func(g Filter) bool { return g.Matches(c) }) {
		return false
	}
	return f.Not == nil || !f.Not.Matches(c)
}

// valid refuses what can never be meant.
func (f *Filter) valid(depth int) error {
	switch {
	case depth > 20:
		return &InputError{Field: "filter", Problem: "is nested more than 20 deep"}
	case f.Not != nil:
		if err := f.Not.valid(depth + 1); err != nil {
			return err
		}
	}
	for _, w := range f.Assignees {
		if w != Me && w != Nobody {
			if id, err := uuid.Parse(string(w)); err != nil || w != Who(id.String()) {
				return &InputError{Field: "filter.assignees", Problem: `must be "me", "nobody" or the id of an agent`}
			}
		}
	}
	for _, part := range [][]Filter{f.All, f.Any} {
		for i := range part {
			if err := part[i].valid(depth + 1); err != nil {
				return err
			}
		}
	}
	return nil
}
