package main

import (
	"context"
	"time"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/contact"
	"github.com/deskwright/deskwright/inbox"
)

// found is what the store holds of a recording.
type found struct {
	conversations, resolved, assigned, longest int64
	open                                       inbox.Totals
	contacts                                   map[contact.ID]struct{}
}

// survey asks the store through a desk, and lets each see every conversation.
func survey(ctx context.Context, w *crew, desk *inbox.Desk, each func(inbox.Header) error) (found, error) {
	f := found{contacts: map[contact.ID]struct{}{}}
	accounts := w.accounts() // whatever else the store holds is not of this recording
	for h, err := range desk.Conversations(ctx, inbox.Filter{Accounts: accounts}, inbox.Oldest) {
		if err == nil {
			err = each(h)
		}
		if err != nil {
			return f, err
		}
		f.conversations++
		f.longest = max(f.longest, h.Count.Messages)
		f.contacts[h.Contact.ID] = struct{}{}
		if h.State == inbox.StateResolved {
			f.resolved++
		}
		if h.Assignee != (inbox.Assignee{}) {
			f.assigned++
		}
	}
	counts, err := desk.Counts(ctx)
	if err != nil {
		return f, err
	}
	for _, id := range accounts {
		f.open.New += counts.Accounts[id].New
		f.open.Pending += counts.Accounts[id].Pending
	}
	return f, nil
}

// firstAnswers returns what adds a conversation's first answer to the seconds, if it was answered.
func firstAnswers(ctx context.Context, desk *inbox.Desk, seconds *[]int64) func(inbox.Header) error {
	return func(h inbox.Header) error {
		after, answered, err := firstAnswer(ctx, desk, h.ID)
		if answered {
			*seconds = append(*seconds, after)
		}
		return err
	}
}

// firstAnswer returns how many seconds after a conversation's first message it was answered.
func firstAnswer(ctx context.Context, desk *inbox.Desk, id inbox.ConversationID) (seconds int64, answered bool, err error) {
	var first *inbox.Message
	for item, err := range desk.Timeline(ctx, id) {
		if err != nil {
			return 0, false, err
		}
		m := item.Message
		if m == nil {
			continue
		}
		if first == nil {
			first = m
		}
		if m.Direction == channel.Outgoing {
			return int64(m.Time.Sub(first.Time) / time.Second), true, nil
		}
	}
	return 0, false, nil
}
