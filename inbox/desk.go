package inbox

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/queue"
	"github.com/google/uuid"
)

// Desk is where one actor works. Every call on it is checked against the actor's permissions and what it sees, and logged under
// its name. A Desk is a cheap value over its Inbox and may be used from many goroutines.
//
// Every command takes [If] and [Key]. A command that finds everything as it should be writes nothing and answers with Changed
// unset. What a command names must exist and be in sight; otherwise the error is a storage.ErrNotFound, whether it exists for
// somebody else or not at all. A command that lacks a permission gets a *PermissionError.
type Desk struct {
	box     *Inbox
	actor   Actor
	trusted bool // carries out a command that was already permitted
}

// Actor returns whose desk it is.
func (d *Desk) Actor() Actor { return d.actor }

// on makes a command on a conversation.
func (d *Desk) on(name string, id ConversationID, request any, decide func(*decision) error) *command {
	return &command{name: name, request: request, actor: d.actor, ref: Ref{Conversation: id}, exists: true, trusted: d.trusted, decide: decide,
		needs: manage}
}

// manage is the need of most commands on a conversation.
func manage(s *Snapshot) ([]need, error) { return []need{{MayManage, s.object()}}, nil }

// do runs a command and says which one failed.
func (d *Desk) do(ctx context.Context, c *command, options []CommandOption) (Result, error) {
	if err := d.actor.valid(); err != nil {
		return Result{}, err
	}
	if c.exists && c.ref.Conversation.UUID == uuid.Nil {
		return Result{}, &MissingError{What: "conversation"}
	}
	r, err := d.box.run(ctx, c, options...)
	if err != nil {
		return r, fmt.Errorf("%s: %w", c.name, err)
	}
	return r, nil
}

// SetPending says that the conversation waits for the contact.
func (d *Desk) SetPending(ctx context.Context, id ConversationID, options ...CommandOption) (Result, error) {
	return d.do(ctx, d.on("set pending", id, nil, func(x *decision) error {
		return x.move(AgentSetsPending)
	}), options)
}

// SetNew returns the conversation to the New queue; from Resolved it comes back unassigned. An *OpenError names the other open
// conversation of its thread where there is one.
func (d *Desk) SetNew(ctx context.Context, id ConversationID, options ...CommandOption) (Result, error) {
	return d.do(ctx, d.on("set new", id, nil, func(x *decision) error {
		if err := x.alone(); err != nil {
			return err
		}
		return x.move(AgentSetsNew)
	}), options)
}

// move follows a trigger.
func (x *decision) move(t Trigger) error {
	c := &x.snap.Conversation
	to, err := NextState(c.State, t)
	if err == nil && to != c.State {
		x.record(&stateChanged{From: c.State, To: to})
	}
	return err
}

// Resolve says why a conversation ends. Both parts are optional unless the account requires a reason.
type Resolve struct {
	Reason  ReasonID `json:"reason,omitzero"`
	Comment string   `json:"comment,omitempty"`
}

// Resolve ends the conversation: its assignment ends with it. A *ResolveError says what must be there before.
func (d *Desk) Resolve(ctx context.Context, id ConversationID, r Resolve, options ...CommandOption) (Result, error) {
	return d.do(ctx, d.on("resolve", id, r, func(x *decision) error {
		to, err := NextState(x.snap.Conversation.State, Resolves)
		if err != nil || x.snap.Conversation.State == to {
			return err
		}
		return x.resolve(r)
	}), options)
}

// resolve ends the conversation if what the account requires is there.
func (x *decision) resolve(r Resolve) error {
	c := &x.snap.Conversation
	if err := x.offered(&r); err != nil {
		return err
	}
	missing := ResolveError{}
	for _, q := range x.account().Require {
		if q.Resolver == x.actor.resolver() && (q.Visibility == "" || q.Visibility == c.Visibility) {
			missing.Reason = missing.Reason || q.Reason && r.Reason.UUID == uuid.Nil
			missing.Topic = missing.Topic || q.Topic && !slices.ContainsFunc(c.Topics, x.set.knows)
		}
	}
	if missing != (ResolveError{}) {
		return &missing
	}
	x.record(&stateChanged{From: c.State, To: StateResolved, Reason: r.Reason, Comment: r.Comment})
	return nil
}

// check normalises the comment, and refuses one that is too long.
func (r *Resolve) check() error {
	if r.Comment = cleaned(r.Comment); len(r.Comment) > maxComment {
		return &InputError{Field: "comment", Problem: "is longer than 2,000 bytes"}
	}
	return nil
}

// offered is check, and refuses a reason that is not there to be chosen.
func (x *decision) offered(r *Resolve) error {
	if err := r.check(); err != nil {
		return err
	}
	if r.Reason.UUID != uuid.Nil {
		if reason := x.set.reasons[r.Reason]; reason == nil || reason.Disabled {
			return &MissingError{What: "reason"}
		}
	}
	return nil
}

// maxComment is the longest comment, in bytes.
const maxComment = 2000

// Assign gives the conversation to an agent, a team or both; a part that is zero stays as it is. Taking it from another agent
// needs MayTakeOver. A resolved conversation is nobody's: a *TransitionError.
func (d *Desk) Assign(ctx context.Context, id ConversationID, to Assignee, options ...CommandOption) (Result, error) {
	if to == (Assignee{}) {
		return Result{}, &InputError{Field: "assignee", Problem: "names neither agent nor team"}
	}
	c := d.on("assign", id, to, func(x *decision) error {
		if to.Agent.UUID != uuid.Nil && x.set.agents[to.Agent] == nil && to.Agent != d.actor.Agent {
			return &MissingError{What: "agent"}
		}
		if to.Team.UUID != uuid.Nil && x.set.teams[to.Team] == nil {
			return &MissingError{What: "team"}
		}
		now := x.snap.Conversation.Assignee
		if to.Agent.UUID != uuid.Nil {
			now.Agent = to.Agent
		}
		if to.Team.UUID != uuid.Nil {
			now.Team = to.Team
		}
		return x.assign(now)
	})
	c.needs = func(s *Snapshot) ([]need, error) { return d.takes(s, to.Agent.UUID != uuid.Nil, to.Agent), nil }
	return d.do(ctx, c, options)
}

// Unassign takes the conversation from whoever has it, agent and team.
func (d *Desk) Unassign(ctx context.Context, id ConversationID, options ...CommandOption) (Result, error) {
	c := d.on("unassign", id, nil, func(x *decision) error { return x.assign(Assignee{}) })
	c.needs = func(s *Snapshot) ([]need, error) { return d.takes(s, true, queue.AgentID{}), nil }
	return d.do(ctx, c, options)
}

// takes returns what an assignment needs: taking the conversation from another agent needs more.
func (d *Desk) takes(s *Snapshot, moves bool, to queue.AgentID) []need {
	needs := []need{{MayManage, s.object()}}
	has := s.Conversation.Assignee.Agent
	if moves && has.UUID != uuid.Nil && has != d.actor.Agent && has != to {
		needs = append(needs, need{MayTakeOver, s.object()})
	}
	return needs
}

func (x *decision) assign(to Assignee) error {
	c := &x.snap.Conversation
	if _, err := NextState(c.State, AgentAssigns); err != nil {
		return err
	}
	if c.Assignee != to {
		x.record(&assigneeChanged{Agent: to.Agent, Team: to.Team})
	}
	return nil
}

// AddTopic says that the conversation is about a topic.
func (d *Desk) AddTopic(ctx context.Context, id ConversationID, topic TopicID, options ...CommandOption) (Result, error) {
	return d.do(ctx, d.on("add topic", id, topic, func(x *decision) error {
		if x.set.topics[topic] == nil {
			return &MissingError{What: "topic"}
		}
		if !slices.Contains(x.snap.Conversation.Topics, topic) {
			x.record(&topicAdded{Topic: topic})
		}
		return nil
	}), options)
}

// RemoveTopic says that the conversation is not about a topic.
func (d *Desk) RemoveTopic(ctx context.Context, id ConversationID, topic TopicID, options ...CommandOption) (Result, error) {
	return d.do(ctx, d.on("remove topic", id, topic, func(x *decision) error {
		if slices.Contains(x.snap.Conversation.Topics, topic) {
			x.record(&topicRemoved{Topic: topic})
			return nil
		}
		if x.set.topics[topic] == nil {
			return &MissingError{What: "topic"}
		}
		return nil
	}), options)
}

// MarkRead says that the contact's messages so far have been read.
func (d *Desk) MarkRead(ctx context.Context, id ConversationID, options ...CommandOption) (Result, error) {
	return d.do(ctx, d.on("mark read", id, nil, func(x *decision) error {
		if x.snap.Conversation.Count.Unread > 0 {
			x.record(&readMarked{})
		}
		return nil
	}), options)
}

// longestHold is how long a bot may hold a conversation without holding it again.
const longestHold = 24 * time.Hour

// Hold keeps an open conversation for a bot, or an automation, for a time (up to 24 hours), so that nobody is routed to it and
// no clock runs. Holding again moves the end. A *HeldError says that another bot holds it.
func (d *Desk) Hold(ctx context.Context, id ConversationID, during time.Duration, options ...CommandOption) (Result, error) {
	c := d.on("hold", id, during, func(x *decision) error {
		if during <= 0 || during > longestHold {
			return &InputError{Field: "hold", Problem: "must be longer than 0 and at most 24 hours"}
		}
		if err := x.botsOnly(); err != nil {
			return err
		}
		until := instant(x.now.Add(during))
		if h := (Hold{Bot: x.holder(), Until: until}); x.snap.Conversation.Hold != h {
			x.record(&botHeld{Bot: h.Bot, Until: until})
		}
		return nil
	})
	return d.do(ctx, c, options)
}

// Release ends a bot's hold before its time.
func (d *Desk) Release(ctx context.Context, id ConversationID, options ...CommandOption) (Result, error) {
	return d.do(ctx, d.on("release", id, nil, func(x *decision) error {
		if x.snap.Conversation.Hold == (Hold{}) {
			return nil
		}
		if err := x.botsOnly(); err != nil {
			return err
		}
		x.record(&botReleased{})
		return nil
	}), options)
}

// holder is the actor's name on a hold.
func (x *decision) holder() string {
	if x.actor.Agent.UUID != uuid.Nil {
		return x.actor.Agent.String()
	}
	return cmp.Or(x.actor.Name, x.actor.Kind.String())
}

// botsOnly refuses people, resolved conversations and what another bot holds.
func (x *decision) botsOnly() error {
	if x.actor.Kind == audit.ActorPerson {
		return &InputError{Field: "actor", Problem: "is a person: only bots and automations hold conversations"}
	}
	if x.snap.Conversation.State == StateResolved {
		return &InputError{Field: "conversation", Problem: "is resolved: it cannot be held"}
	}
	return x.free()
}

// free refuses what another bot holds.
func (x *decision) free() error {
	h := x.snap.Conversation.Hold
	if h.Held(x.now) && h.Bot != x.holder() {
		return &HeldError{Bot: h.Bot, Until: h.Until}
	}
	return nil
}
