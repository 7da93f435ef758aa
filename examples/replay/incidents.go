package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"time"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/queue"
)

// incidents is the event log of a service desk: rows in the order of the file, those of an incident one after another, without
// texts. The time of a row is its sys_updated_at, which may go back.
//
// An incident is a thread, of the caller of its first row ("?" is a caller as any other) on a web chat account named by its
// contact_type. With its first row the contact writes. Then every row is applied, the first one too: the conversation is brought
// to the row's state, and if that is not Resolved it is assigned to assigned_to, unless that is "?" or has it already.
// sys_updated_by does it. A row with a state that is not known applies nothing and is counted as skipped.
//
// Rows are not kept. Each worker knows how far the incident at hand is, and who works here.
type incidents struct {
	table  *table
	crew   *crew
	atHand []incident // of each worker

	received, pended, returned, resolved, reopened, assigned, skipped atomic.Int64
}

// incident is how far one incident is.
type incident struct {
	number       string // empty: none has begun
	conversation inbox.ConversationID
	state        inbox.State
	assignee     queue.AgentID
	rows         int // so far
}

// change is one row.
type change struct {
	number, state, caller, by, account, to string
	at                                     time.Time
}

// open implements recording.
func (p *incidents) open(in io.Reader, bad func(int, error)) (err error) {
	columns := []string{"number", "incident_state", "caller_id", "sys_updated_by", "sys_updated_at", "contact_type", "assigned_to"}
	p.table, err = readHeader(in, columns, bad)
	return err
}

// play implements recording.
func (p *incidents) play(_ context.Context, w *crew) error {
	p.crew, p.atHand = w, make([]incident, len(w.workers))
	for {
		r, err := p.table.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading: %w", err)
		}
		c, err := readChange(p.table, r)
		if err != nil {
			w.console.bad(r.line, err)
			continue
		}
		do := func(ctx context.Context, w *worker) error { return p.row(ctx, w, c) }
		if err := w.give(w.lane(c.number), job{line: r.line, at: c.at, do: do}); err != nil {
			return err
		}
	}
}

// readChange reads a row.
func readChange(t *table, r row) (change, error) {
	var c change
	for i, to := range []*string{&c.number, &c.state, &c.caller, &c.by, nil, &c.account, &c.to} {
		if to == nil {
			continue
		}
		var err error
		if *to, err = t.column(r, i); err != nil {
			return c, err
		}
	}
	var err error
	if c.at, err = time.Parse("2/1/2006 15:04", r.fields[4]); err != nil || !keepable(c.at) {
		return c, errors.New("sys_updated_at is not a time such as 29/2/2016 01:16")
	}
	return c, nil
}

// stateOf returns what a recorded state is here; false: it is not known.
func stateOf(recorded string) (inbox.State, bool) {
	switch recorded {
	case "New", "Active":
		return inbox.StateNew, true
	case "Resolved", "Closed":
		return inbox.StateResolved, true
	}
	return inbox.StatePending, strings.HasPrefix(recorded, "Awaiting")
}

// row does what a row says.
func (p *incidents) row(ctx context.Context, w *worker, c change) error {
	at := &p.atHand[w.lane]
	if at.number != c.number {
		if err := p.begin(ctx, w, c); err != nil {
			return err
		}
	}
	at.rows++
	to, known := stateOf(c.state)
	if !known {
		p.skipped.Add(1)
		return nil
	}
	h := hand{incident: at, desk: w.box.As(w.person(c.by))}
	if err := p.bring(ctx, h, to); err != nil {
		return err
	}
	if to == inbox.StateResolved || c.to == "?" {
		return nil
	}
	agent, err := w.agent(ctx, c.to)
	if err != nil || agent == at.assignee {
		return err
	}
	return h.do(ctx, &p.assigned, "assign", h.assign(agent))
}

// begin lets the contact write.
func (p *incidents) begin(ctx context.Context, w *worker, c change) error {
	account := channel.AccountKey{Network: channel.WebChat, ExternalID: c.account}
	if err := w.connect(ctx, channel.Account{AccountKey: account}); err != nil {
		return err
	}
	number, caller := strings.Clone(c.number), strings.Clone(c.caller) // they stay, the row that they are pieces of does not
	got, err := w.box.Receive(ctx, channel.Inbound{
		Account:    account,
		ExternalID: number,
		From:       channel.Person{Name: caller, Addresses: []channel.Address{{ID: caller}}},
		Thread:     number,
		Kind:       channel.ChatMessage,
		Text:       "Incident " + number,
		Time:       c.at,
	})
	if err != nil {
		return err
	}
	p.atHand[w.lane] = incident{number: number, conversation: got.Conversation, state: inbox.StateNew}
	p.received.Add(1)
	p.crew.message(got.Outcome == inbox.OutcomeDuplicate)
	return nil
}

// bring brings the incident to a state.
func (p *incidents) bring(ctx context.Context, h hand, to inbox.State) error {
	if h.state == to {
		return nil
	}
	if to == inbox.StateResolved {
		return h.do(ctx, &p.resolved, "resolve", h.resolve)
	}
	if h.state == inbox.StateResolved {
		if err := h.do(ctx, &p.reopened, "reopen", h.desk.SetNew); err != nil || to == inbox.StateNew {
			return err
		}
	}
	if to == inbox.StatePending {
		return h.do(ctx, &p.pended, "pend", h.desk.SetPending)
	}
	return h.do(ctx, &p.returned, "return", h.desk.SetNew)
}

// hand is who works on the incident at hand.
type hand struct {
	*incident
	desk *inbox.Desk
}

// command is one that a Desk has for a conversation.
type command func(context.Context, inbox.ConversationID, ...inbox.CommandOption) (inbox.Result, error)

func (h hand) resolve(ctx context.Context, id inbox.ConversationID, o ...inbox.CommandOption) (inbox.Result, error) {
	return h.desk.Resolve(ctx, id, inbox.Resolve{}, o...)
}

func (h hand) assign(to queue.AgentID) command {
	return func(ctx context.Context, id inbox.ConversationID, o ...inbox.CommandOption) (inbox.Result, error) {
		return h.desk.Assign(ctx, id, inbox.Assignee{Agent: to}, o...)
	}
}

// do gives a command of the row at hand, under its key, and counts it.
func (h hand) do(ctx context.Context, counted *atomic.Int64, what string, c command) error {
	r, err := c(ctx, h.conversation, inbox.Key(fmt.Sprintf("incidents/%s/%d/%s", h.number, h.rows, what)))
	if err != nil {
		return err
	}
	h.state, h.assignee = r.State, r.Assignee.Agent
	counted.Add(1)
	return nil
}

// totals implements recording.
func (p *incidents) totals(ctx context.Context, desk *inbox.Desk) (summary, error) {
	found, err := survey(ctx, p.crew, desk, func(inbox.Header) error { return nil })
	if err != nil {
		return nil, err
	}
	return summary{
		{"rows", p.crew.rows.Load()},
		{"received", p.received.Load()},
		{"pended", p.pended.Load()},
		{"returned", p.returned.Load()},
		{"resolved", p.resolved.Load()},
		{"reopened", p.reopened.Load()},
		{"assigned", p.assigned.Load()},
		{"skipped", p.skipped.Load()},
		{"conversations", found.conversations},
		{"contacts", len(found.contacts)},
		{"final_new", found.open.New},
		{"final_pending", found.open.Pending},
		{"final_resolved", found.resolved},
		{"final_assigned", found.assigned},
	}, nil
}
