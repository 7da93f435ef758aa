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

// twcs is "Customer Support on Twitter": public tweets between contacts and brands, not in the order of their time.
//
// Rows are replayed by created_at, and by tweet_id where that is equal. The author of any row with inbound False is a brand: an
// account on X that may answer every post, and the agent who answers for it. A thread is a contact on an account.
//
//   - A brand's row answers the contact's row that in_response_to_tweet_id names, on that contact's thread with the brand. If no
//     contact's row is named, or the thread does not exist yet, the row is counted as unsolicited and nothing else. The answer
//     names the row if that one is on the thread, and came before; else it names none, which in public is the contact's newest.
//   - A contact's row goes to the account that accountOf finds, or is counted as unaddressed and nothing else.
//
// The same row may stand in the file twice: the second one is a duplicate. Another row with the id of an earlier one is bad.
type twcs struct {
	tweets
	table    *table
	crew     *crew
	threads  []map[thread]inbox.ConversationID // of each worker, as far as they exist
	messages []inbox.MessageID                 // of contacts' tweets; an element belongs to the worker of the tweet's thread

	received, replied, unaddressed, unsolicited atomic.Int64
}

// thread is a contact on a brand's account, both as numbers of authors.
type thread struct{ brand, contact int32 }

// open implements recording.
func (p *twcs) open(in io.Reader, bad func(int, error)) (err error) {
	columns := []string{"tweet_id", "author_id", "inbound", "created_at", "text", "response_tweet_id", "in_response_to_tweet_id"}
	p.table, err = readHeader(in, columns, bad)
	return err
}

// play implements recording. All rows are kept: what comes first in time may come last in the file.
func (p *twcs) play(ctx context.Context, w *crew) error {
	for {
		r, err := p.table.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("reading: %w", err)
		}
		if err := p.add(p.table, r); err != nil {
			w.console.bad(r.line, err)
		}
	}
	p.crew = w
	p.sort(w.console.bad)
	p.address()
	p.messages = make([]inbox.MessageID, len(p.all))
	p.threads = make([]map[thread]inbox.ConversationID, len(w.workers))
	for i := range p.threads {
		p.threads[i] = map[thread]inbox.ConversationID{}
	}
	w.expected.Store(int64(len(p.all)))
	if err := p.connect(ctx, w.workers[0]); err != nil {
		return err
	}
	for _, i := range p.order {
		if err := p.hand(i); err != nil {
			return err
		}
	}
	return nil
}

// connect saves every brand as account and as agent, at the time of the first tweet.
func (p *twcs) connect(ctx context.Context, w *worker) error {
	for i, name := range p.authors {
		if !p.brands[i] {
			continue
		}
		w.clock.set(p.all[p.order[0]].time())
		if err := w.connect(ctx, channel.Account{AccountKey: onX(name), Plan: channel.Enterprise}); err != nil {
			return err
		}
		if _, err := w.agent(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

func onX(brand string) channel.AccountKey {
	return channel.AccountKey{Network: channel.X, ExternalID: brand}
}

// turn is one tweet whose turn it is: which one, which one it answers, and on which thread.
type turn struct {
	tweet, parent int32
	thread
}

// hand gives a tweet to the worker of its thread, or counts it where there can be no thread.
func (p *twcs) hand(tweet int32) error {
	t := &p.all[tweet]
	u := turn{tweet: tweet, parent: p.find(t.parent)}
	play := p.receive
	switch {
	case t.inbound && t.account == none:
		p.unaddressed.Add(1)
		p.crew.rows.Add(1)
		return nil
	case t.inbound:
		u.thread = thread{t.account, t.author}
	case u.parent == none || !p.all[u.parent].inbound:
		p.unsolicited.Add(1)
		p.crew.rows.Add(1)
		return nil
	default:
		u.thread = thread{t.author, p.all[u.parent].author}
		play = p.reply
	}
	return p.crew.give(p.crew.lane(fmt.Sprint(u.thread)), job{
		line: int(t.line),
		at:   t.time(),
		do:   func(ctx context.Context, w *worker) error { return play(ctx, w, u) },
	})
}

// receive lets the contact write.
func (p *twcs) receive(ctx context.Context, w *worker, u turn) error {
	t, who := &p.all[u.tweet], p.authors[u.contact]
	in := channel.Inbound{
		Account:    onX(p.authors[u.brand]),
		ExternalID: t.name(),
		From:       channel.Person{Name: who, Addresses: []channel.Address{{ID: who}}},
		Kind:       channel.Mention,
		Text:       p.text(t),
		Time:       t.time(),
	}
	in.Summoned = p.mentions(in.Text, u.brand)
	if u.parent != none {
		switch before := &p.all[u.parent]; {
		case before.author == u.brand:
			in.Kind = channel.PublicReply
		case p.on(before, u.thread):
			in.ReplyTo = before.name()
		}
	}
	got, err := w.box.Receive(ctx, in)
	if err != nil {
		return err
	}
	p.threads[w.lane][u.thread] = got.Conversation
	p.messages[u.tweet] = got.Message
	p.received.Add(1)
	p.crew.message(got.Outcome == inbox.OutcomeDuplicate)
	return nil
}

// reply lets the brand answer.
func (p *twcs) reply(ctx context.Context, w *worker, u turn) error {
	conversation, ok := p.threads[w.lane][u.thread]
	if !ok {
		p.unsolicited.Add(1)
		return nil
	}
	t := &p.all[u.tweet]
	r := inbox.Reply{Text: p.text(t)}
	if p.on(&p.all[u.parent], u.thread) {
		r.Answers = p.messages[u.parent] // zero while it is still to come
	}
	desk := w.box.As(w.person(p.authors[u.brand]))
	done, err := desk.Reply(ctx, conversation, r, inbox.Key("twcs/"+t.name()+"/reply"))
	if err != nil {
		return err
	}
	p.replied.Add(1)
	p.crew.message(done.Repeated)
	return nil
}

// on reports whether a contact's tweet is on the thread.
func (p *twcs) on(t *tweet, th thread) bool {
	return t.inbound && t.account == th.brand && t.author == th.contact
}

// totals implements recording.
func (p *twcs) totals(ctx context.Context, desk *inbox.Desk) (summary, error) {
	answers := []int64{}
	found, err := survey(ctx, p.crew, desk, firstAnswers(ctx, desk, &answers))
	if err != nil {
		return nil, err
	}
	return summary{
		{"rows", p.crew.rows.Load()},
		{"received", p.received.Load()},
		{"replied", p.replied.Load()},
		{"unaddressed", p.unaddressed.Load()},
		{"unsolicited", p.unsolicited.Load()},
		{"contacts", len(found.contacts)},
		{"accounts", len(p.crew.accounts())},
		{"conversations", found.conversations},
		{"new", found.open.New},
		{"pending", found.open.Pending},
		{"resolved", found.resolved},
		{"longest_conversation", found.longest},
		{"first_response_seconds", spreadOf(answers)},
	}, nil
}
