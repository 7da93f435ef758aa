package main

import (
	"context"
	"sync/atomic"

	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/queue"
)

// commands are 64 callers of what an agent does, beside 64 callers of Receive on the same database.
func commands(ctx context.Context, b *bench) (any, error) {
	o, err := b.ours(ctx, "commands", b.contacts)
	if err != nil {
		return nil, err
	}
	defer o.db.Close()
	ids, err := o.conversations(ctx, b.contacts)
	if err != nil {
		return nil, err
	}
	all, err := o.commands(ctx, ids)
	if err != nil {
		return nil, err
	}
	rounds := make([][]taken, len(all))
	for range b.rounds {
		for i, c := range all {
			t, err := load{callers: 64}.keep(ctx, b.span, len(ids), c.do)
			if err != nil {
				return nil, err
			}
			rounds[i] = append(rounds[i], t)
		}
	}
	found := map[string]any{}
	for i, c := range all {
		found[c.name] = ratesOf(rounds[i])
	}
	return found, nil
}

// command is something an agent does.
type command struct {
	name string
	do   work
}

// commands are what agents do most. Resolve comes with the SetNew that makes it possible again: the two count as one.
func (o *ours) commands(ctx context.Context, ids []inbox.ConversationID) ([]command, error) {
	desk, bob := o.box.As(ann), queue.AgentNamed("Bob")
	_, err := o.box.As(inbox.System).SaveAgent(ctx, inbox.Agent{Agent: queue.Agent{ID: bob, Name: "Bob"}})
	turns := make([]atomic.Int64, len(ids)) // whose turn it is to have the conversation
	return []command{
		{"receive", o.receive},
		{"reply", func(ctx context.Context, contact, _ int) error {
			_, err := desk.Reply(ctx, ids[contact], inbox.Reply{Text: text})
			return err
		}},
		{"assign", func(ctx context.Context, contact, _ int) error {
			to := []queue.AgentID{bob, ann.Agent}[turns[contact].Add(1)%2]
			_, err := desk.Assign(ctx, ids[contact], inbox.Assignee{Agent: to})
			return err
		}},
		{"resolve_and_set_new", func(ctx context.Context, contact, _ int) error {
			if _, err := desk.Resolve(ctx, ids[contact], inbox.Resolve{}); err != nil {
				return err
			}
			_, err := desk.SetNew(ctx, ids[contact])
			return err
		}},
	}, err
}
