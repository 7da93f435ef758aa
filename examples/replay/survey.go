package main

import (
	"context"

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
