package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
)

// star is STAR: service chats, one a line with all its events, played by people. A row is a line, a dialogue.
//
// A dialogue is a thread, named by its DialogueID, of contact AnonymizedUserWorkerID on the web chat account "star"; agent is
// AnonymizedWizardWorkerID. Each event happens at its UnixTime.
//
//   - User/utter is a message of the contact.
//   - Wizard/utter and Wizard/pick_suggestion are replies of the agent; before the contact has written they are counted as
//     unsolicited and nothing else. All other events are skipped.
//   - If CompletionLevel is Complete and the contact has written, the agent resolves the conversation when the last event happens.
//
// A line that cannot be read does nothing. What the inbox refuses ends its dialogue there, and the line is bad. A DialogueID that
// comes again repeats the earlier dialogue as far as it is the same; from the first reply with another text on it is refused.
//
// Lines are not kept. Each worker knows who works here; the summary needs 8 bytes for every conversation that was answered.
type star struct {
	lines *jsonLines
	crew  *crew

	received, replied, unsolicited atomic.Int64
}

var onStar = channel.AccountKey{Network: channel.WebChat, ExternalID: "star"}

// open implements recording. Nothing stands before the lines.
func (p *star) open(in io.Reader, bad func(int, error)) error {
	p.lines = newJSONLines(in, bad)
	return nil
}

// play implements recording.
func (p *star) play(_ context.Context, w *crew) error {
	p.crew = w
	for {
		line, err := p.lines.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading: %w", err)
		}
		d, err := readDialogue(line)
		if err != nil {
			w.console.bad(p.lines.line, err)
			continue
		}
		do := func(ctx context.Context, w *worker) error { return p.dialogue(ctx, w, &d) }
		if err := w.give(w.lane(d.id), job{line: p.lines.line, at: d.end, do: do}); err != nil {
			return err
		}
	}
}

// dialogue plays one from its beginning to its end.
func (p *star) dialogue(ctx context.Context, w *worker, d *dialogue) error {
	var conversation inbox.ConversationID // zero: the contact has not written
	for i := range d.said {
		u := &d.said[i]
		w.clock.set(u.at)
		var err error
		switch {
		case u.contact:
			conversation, err = p.receive(ctx, w, d, u)
		case conversation == inbox.ConversationID{}:
			p.unsolicited.Add(1)
		default:
			err = p.reply(ctx, w, conversation, d, u)
		}
		if err != nil {
			return fmt.Errorf("event %d: %w", u.event, err)
		}
	}
	if !d.complete || conversation == (inbox.ConversationID{}) {
		return nil
	}
	w.clock.set(d.end)
	return p.resolve(ctx, w, conversation, d)
}

// receive lets the contact write.
func (p *star) receive(ctx context.Context, w *worker, d *dialogue, u *utterance) (inbox.ConversationID, error) {
	if err := w.connect(ctx, channel.Account{AccountKey: onStar}); err != nil {
		return inbox.ConversationID{}, err
	}
	got, err := w.box.Receive(ctx, channel.Inbound{
		Account:    onStar,
		ExternalID: d.name(u.event),
		From:       channel.Person{Name: d.contact, Addresses: []channel.Address{{ID: d.contact}}},
		Thread:     d.id,
		Kind:       channel.ChatMessage,
		Text:       u.text,
		Time:       u.at,
	})
	if err != nil {
		return inbox.ConversationID{}, err
	}
	p.received.Add(1)
	p.crew.message(got.Outcome == inbox.OutcomeDuplicate)
	return got.Conversation, nil
}

// reply lets the agent answer.
func (p *star) reply(ctx context.Context, w *worker, to inbox.ConversationID, d *dialogue, u *utterance) error {
	if _, err := w.agent(ctx, d.agent); err != nil {
		return err
	}
	desk := w.box.As(w.person(d.agent))
	done, err := desk.Reply(ctx, to, inbox.Reply{Text: u.text}, inbox.Key("star/"+d.name(u.event)+"/reply"))
	if err != nil {
		return err
	}
	p.replied.Add(1)
	p.crew.message(done.Repeated)
	return nil
}

// resolve lets the agent end the dialogue.
func (p *star) resolve(ctx context.Context, w *worker, c inbox.ConversationID, d *dialogue) error {
	if _, err := w.agent(ctx, d.agent); err != nil {
		return err
	}
	_, err := w.box.As(w.person(d.agent)).Resolve(ctx, c, inbox.Resolve{}, inbox.Key("star/"+d.name(d.events)+"/resolve"))
	return err
}

// totals implements recording. Agents are those who replied or resolved.
func (p *star) totals(ctx context.Context, desk *inbox.Desk) (summary, error) {
	answers := []int64{}
	found, err := survey(ctx, p.crew, desk, firstAnswers(ctx, desk, &answers))
	if err != nil {
		return nil, err
	}
	return summary{
		{"dialogues", p.crew.rows.Load()},
		{"received", p.received.Load()},
		{"replied", p.replied.Load()},
		{"unsolicited", p.unsolicited.Load()},
		{"contacts", len(found.contacts)},
		{"agents", p.crew.agents()},
		{"conversations", found.conversations},
		{"new", found.open.New},
		{"pending", found.open.Pending},
		{"resolved", found.resolved},
		{"first_response_seconds", spreadOf(answers)},
	}, nil
}
