package storagetest

import (
	"context"
	"reflect"
	"time"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
)

// call is one way to call a method of the port for a tenant, with the names that stand in a full change.
type call struct {
	method string
	global bool // it takes no tenant
	writes bool
	do     func(context.Context, inbox.Store, inbox.Tenant, *inbox.Change) (answer any, err error)
}

// calls has every method of the port.
var calls = []call{
	{method: "Load", do: func(ctx context.Context, s inbox.Store, t inbox.Tenant, ch *inbox.Change) (any, error) {
		byID, byArrival := refs(ch)
		byID.Tenant, byArrival.Tenant = t, t
		stored, about := byArrival, byArrival
		stored.Arrival.ExternalID, about.Arrival.About = ch.Arrivals[0].ExternalID, ch.Arrivals[0].ExternalID
		snaps := []inbox.Snapshot{{Ref: byID}, {Ref: byArrival}, {Ref: stored}, {Ref: about}}
		err := s.Load(ctx, &snaps[0], &snaps[1], &snaps[2], &snaps[3])
		for i := range snaps {
			snaps[i].Ref = inbox.Ref{}
		}
		return snaps, err
	}},
	{method: "Commit", writes: true, do: func(ctx context.Context, s inbox.Store, t inbox.Tenant, ch *inbox.Change) (any, error) {
		return nil, s.Commit(ctx, following(*ch, t))[0]
	}},
	{method: "List", do: func(ctx context.Context, s inbox.Store, t inbox.Tenant, _ *inbox.Change) (any, error) {
		return s.List(ctx, t, inbox.Query{Limit: 10})
	}},
	{method: "List", do: func(ctx context.Context, s inbox.Store, t inbox.Tenant, ch *inbox.Change) (any, error) {
		return s.List(ctx, t, inbox.Query{Filter: inbox.Filter{Accounts: []channel.AccountID{ch.Conversation.Account}}, Limit: 10})
	}},
	{method: "Timeline", do: func(ctx context.Context, s inbox.Store, t inbox.Tenant, ch *inbox.Change) (any, error) {
		return s.Timeline(ctx, t, ch.Conversation.ID, 0, 10, true)
	}},
	{method: "Messages", do: func(ctx context.Context, s inbox.Store, t inbox.Tenant, ch *inbox.Change) (any, error) {
		return s.Messages(ctx, t, ch.Messages[0].ID)
	}},
	{method: "Notes", do: func(ctx context.Context, s inbox.Store, t inbox.Tenant, ch *inbox.Change) (any, error) {
		return s.Notes(ctx, t, ch.Notes[0].ID)
	}},
	{method: "Totals", do: func(ctx context.Context, s inbox.Store, t inbox.Tenant, _ *inbox.Change) (any, error) {
		have, err := s.Totals(ctx, t)
		return dropZero(have), err
	}},
	{method: "Documents", do: func(ctx context.Context, s inbox.Store, t inbox.Tenant, _ *inbox.Change) (any, error) {
		epoch, docs, err := s.Documents(ctx, t)
		return struct {
			Epoch int64
			Docs  []inbox.Document
		}{epoch, docsByKey(docs)}, err
	}},
	{method: "Owner", global: true, do: func(ctx context.Context, s inbox.Store, _ inbox.Tenant, ch *inbox.Change) (any, error) {
		t, id, err := s.Owner(ctx, ch.Documents[0].Account)
		return []any{t, id}, err
	}},
	{method: "Claim", global: true, writes: true, do: func(ctx context.Context, s inbox.Store, _ inbox.Tenant, _ *inbox.Change) (any, error) {
		return s.Claim(ctx, faraway, faraway.Add(time.Hour), 10)
	}},
	{method: "Next", global: true, do: func(ctx context.Context, s inbox.Store, _ inbox.Tenant, _ *inbox.Change) (any, error) {
		return s.Next(ctx)
	}},
	{method: "Feed", do: func(ctx context.Context, s inbox.Store, t inbox.Tenant, _ *inbox.Change) (any, error) {
		return s.Feed(ctx, t, 0, 10)
	}},
	{method: "Batches", do: func(ctx context.Context, s inbox.Store, t inbox.Tenant, _ *inbox.Change) (any, error) {
		return s.Batches(ctx, t, 0, 10)
	}},
	{method: "Head", do: func(ctx context.Context, s inbox.Store, t inbox.Tenant, _ *inbox.Change) (any, error) {
		return s.Head(ctx, t)
	}},
	{method: "Chains", do: func(ctx context.Context, s inbox.Store, t inbox.Tenant, ch *inbox.Change) (any, error) {
		return s.Chains(ctx, t, subjects(ch)...)
	}},
}

// faraway is later than everything that waits in these tests.
var faraway = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)

// following is what a tenant would commit next if the rows of a full change were its own.
func following(ch inbox.Change, t inbox.Tenant) inbox.Change {
	c := *ch.Conversation
	c.Version++
	e := audit.Entry{
		Tenant: t.UUID, Subject: audit.Subject{Kind: audit.SubjectConversation, ID: c.ID.UUID}, Time: c.Changed, Action: "changed",
		Class: audit.ClassTrail, Data: []byte(`{}`),
	}
	c.Chain.Append(&e)
	m := ch.Messages[0]
	m.Text = "changed"
	return inbox.Change{
		Tenant: t, Conversation: &c, Messages: []inbox.Message{m}, Entries: []audit.Entry{e},
		Totals: []inbox.TotalsDelta{{Account: c.Account, Totals: inbox.Totals{New: 5}}},
	}
}

// callsOf returns the calls of a kind and stops unless the table has every method of the port.
func (k *kit) calls(wanted func(call) bool) []call {
	k.Helper()
	port := reflect.TypeFor[inbox.Store]()
	in := map[string]bool{}
	var out []call
	for _, c := range calls {
		in[c.method] = true
		if _, ok := port.MethodByName(c.method); !ok {
			k.Fatalf("storagetest calls %s, which the port does not have", c.method)
		}
		if wanted(c) {
			out = append(out, c)
		}
	}
	for i := range port.NumMethod() {
		if name := port.Method(i).Name; !in[name] {
			k.Fatalf("storagetest does not call %s: add it to the table of calls", name)
		}
	}
	return out
}
