package storagetest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/google/uuid"
)

// op is something that is asked of an inbox: how, and what must come of it.
type op struct {
	words  string
	tenant *tenant
	target inbox.ConversationID // zero: names none
	led    inbox.ConversationID // where it went
	key    string               // empty: none
	loose  bool                 // rests on what it does not write: a contact's name, another address's thread, another message
	repeat bool                 // asked again after a lost answer it still has one effect
	ask    func(context.Context, *inbox.Inbox) answer
	must   func(answer) (answer, []string)
}

// answer is what comes of an op.
type answer struct {
	result   inbox.Result
	received inbox.Received
	err      error
}

// arriving is the op of something that arrives.
func (tn *tenant) arriving(in channel.Inbound) *op {
	return &op{
		words: fmt.Sprintf("%s on account %d: %s", in.Event, slices.Index(tn.names, in.Account), describe(in)), tenant: tn,
		loose:  len(in.From.Attributes) > 0 || len(in.From.Addresses) > 1 || in.ReplyTo != "",
		repeat: in.Event == channel.MessageEvent || in.Event == channel.EchoEvent,
		ask: func(ctx context.Context, box *inbox.Inbox) answer {
			r, err := box.Receive(ctx, in)
			return answer{received: r, err: err}
		},
		must: func(got answer) (answer, []string) {
			want, refused := tn.receive(in, got.received)
			return answer{received: want}, refused
		},
	}
}

func describe(in channel.Inbound) string {
	s := fmt.Sprintf("%s from %s by %d addresses, %s %q", in.ExternalID, who(in), len(in.From.Addresses), in.Kind, in.Text)
	if in.About != "" {
		s = fmt.Sprintf("about %s, %q%s%s, taken back: %t", in.About, in.Text, in.Reaction, in.Receipt, in.Removed)
	}
	for _, part := range []struct{ name, value string }{{"thread", in.Thread}, {"answers", in.ReplyTo}, {"after", string(in.Opener)}} {
		if part.value != "" {
			s += ", " + part.name + " " + part.value
		}
	}
	if !in.Time.IsZero() {
		s += ", at " + in.Time.Format(time.RFC3339Nano)
	}
	return s
}

// command is what somebody does at a desk. Two are the same request if they are equal but for their keys.
type command struct {
	name         string
	by           inbox.Actor
	conversation inbox.ConversationID
	revision     int64  // at which only it is to be done; negative: at any
	key          string // empty: none

	resolve inbox.Resolve
	to      inbox.Assignee
	topic   inbox.TopicID
	during  time.Duration
	note    inbox.NoteID
	about   inbox.MessageID
	text    string // of a note
	reply   inbox.Reply
	start   inbox.Start
}

// op makes the command an op.
func (q command) op(tn *tenant) *op {
	o := &op{
		words: q.words(tn), tenant: tn, target: q.conversation, key: q.key, loose: len(q.start.To.Addresses) > 1, repeat: q.key != "",
		ask: func(ctx context.Context, box *inbox.Inbox) answer {
			r, err := q.ask(ctx, box.As(q.by))
			return answer{result: r, err: err}
		},
		must: func(got answer) (answer, []string) {
			want, refused := tn.command(q, got.result)
			return answer{result: want}, refused
		},
	}
	if q.key != "" {
		tn.keyed = append(tn.keyed, o)
	}
	return o
}

func (q command) ask(ctx context.Context, desk *inbox.Desk) (inbox.Result, error) {
	var options []inbox.CommandOption
	if q.revision >= 0 {
		options = append(options, inbox.If(q.revision))
	}
	if q.key != "" {
		options = append(options, inbox.Key(q.key))
	}
	id := q.conversation
	switch q.name {
	case "set pending":
		return desk.SetPending(ctx, id, options...)
	case "set new":
		return desk.SetNew(ctx, id, options...)
	case "resolve":
		return desk.Resolve(ctx, id, q.resolve, options...)
	case "assign":
		if q.to == (inbox.Assignee{}) {
			return desk.Unassign(ctx, id, options...)
		}
		return desk.Assign(ctx, id, q.to, options...)
	case "add topic":
		return desk.AddTopic(ctx, id, q.topic, options...)
	case "remove topic":
		return desk.RemoveTopic(ctx, id, q.topic, options...)
	case "mark read":
		return desk.MarkRead(ctx, id, options...)
	case "hold":
		return desk.Hold(ctx, id, q.during, options...)
	case "release":
		return desk.Release(ctx, id, options...)
	case "add note":
		return desk.AddNote(ctx, id, q.about, q.text, options...)
	case "edit note":
		return desk.EditNote(ctx, id, q.note, q.text, options...)
	case "delete note":
		return desk.DeleteNote(ctx, id, q.note, options...)
	case "reply":
		return desk.Reply(ctx, id, q.reply, options...)
	}
	return desk.Start(ctx, q.start, options...)
}

// words says in one line who asks for what.
func (q command) words(tn *tenant) string {
	s := fmt.Sprintf("%s %s: %s", q.by.Kind, q.by.Name, q.name)
	if q.conversation.UUID != uuid.Nil {
		s += " on conversation " + fmt.Sprint(slices.IndexFunc(tn.conversations, func(c *bookConversation) bool { return c.ID == q.conversation }))
	}
	switch q.name {
	case "resolve":
		s += because(q.resolve)
	case "assign":
		s += fmt.Sprintf(" to agent %s, team %s", label(q.to.Agent.UUID), label(q.to.Team.UUID))
	case "add topic", "remove topic":
		s += " " + label(q.topic.UUID)
	case "hold":
		s += fmt.Sprintf(" for %s", q.during)
	case "add note":
		s += fmt.Sprintf(" %q about message %s", q.text, q.about)
	case "edit note", "delete note":
		s += fmt.Sprintf(" %s: %q", q.note, q.text)
	case "reply":
		s += tn.reading(q.reply)
	case "start":
		s += fmt.Sprintf(" %s with %s on account %d, thread %q%s", q.start.Kind, q.start.To.Addresses[0].ID, slices.Index(tn.known, q.start.Account),
			q.start.Thread, tn.reading(q.start.Reply))
	}
	if q.revision >= 0 {
		s += fmt.Sprintf(", if at revision %d", q.revision)
	}
	if q.key != "" {
		s += ", under key " + q.key
	}
	return s
}

func because(r inbox.Resolve) string {
	if r == (inbox.Resolve{}) {
		return ""
	}
	return fmt.Sprintf(" because %s %q", label(r.Reason.UUID), r.Comment)
}

func (tn *tenant) reading(r inbox.Reply) string {
	s := fmt.Sprintf(" %q", r.Text)
	if r.Template != nil {
		s = " a template"
	}
	if r.Tag != "" {
		s += " with tag " + string(r.Tag)
	}
	if r.Private {
		s += " in private"
	}
	if r.Answers.UUID != uuid.Nil {
		s += " answering message " + r.Answers.String()
	}
	if r.Account.UUID != uuid.Nil {
		s += fmt.Sprintf(" from account %d", slices.Index(tn.known, r.Account))
	}
	if r.Then != inbox.StateNone {
		s += ", then " + r.Then.String() + because(r.Resolve)
	}
	return s
}
