package storagetest_test

import (
	"context"
	"testing"

	"github.com/benbjohnson/clock"
	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/inbox/inboxtest"
	"github.com/deskwright/deskwright/storage/memory"
	"github.com/deskwright/deskwright/storage/storagetest"
)

// lying is a store that tells what it has otherwise than it is.
type lying struct {
	inbox.Store
	conversation func(*inbox.Conversation)
	entry        func(*audit.Entry)
	arrival      func(*inbox.Arrival)
	missing      int // so many items are missing at the beginning of a timeline
	totals       int64
}

func (l *lying) List(ctx context.Context, tenant inbox.Tenant, q inbox.Query) ([]inbox.Listed, error) {
	rows, err := l.Store.List(ctx, tenant, q)
	for i := range rows {
		if l.conversation != nil {
			l.conversation(&rows[i].Conversation)
		}
	}
	return rows, err
}

func (l *lying) Feed(ctx context.Context, tenant inbox.Tenant, after int64, limit int) ([]audit.Entry, error) {
	all, err := l.Store.Feed(ctx, tenant, after, limit)
	for i := range all {
		if l.entry != nil {
			l.entry(&all[i])
		}
	}
	return all, err
}

func (l *lying) Load(ctx context.Context, snaps ...*inbox.Snapshot) error {
	err := l.Store.Load(ctx, snaps...)
	for _, s := range snaps {
		if l.arrival != nil {
			l.arrival(&s.Arrival)
		}
	}
	return err
}

func (l *lying) Timeline(ctx context.Context, tenant inbox.Tenant, id inbox.ConversationID, after int64, limit int, trail bool) ([]inbox.Item, error) {
	all, err := l.Store.Timeline(ctx, tenant, id, after, limit, trail)
	return all[min(len(all), l.missing):], err
}

func (l *lying) Totals(ctx context.Context, tenant inbox.Tenant) (map[channel.AccountID]inbox.Totals, error) {
	all, err := l.Store.Totals(ctx, tenant)
	for id, n := range all {
		n.New += l.totals
		all[id] = n
	}
	return all, err
}

func TestASweepFindsWhatIsNotAsTheLogTells(t *testing.T) {
	store := memory.New()
	h := inboxtest.New(t, store, clock.NewMock(), nil)
	kim := h.Header(h.ContactWrites("Kim", "Where is my parcel?").Conversation)
	h.AgentReplies("Ann", kim.ID, "On its way.")
	h.ContactWrites("Max", "Hello?")
	h.Resolves("Ann", h.ContactWrites("Lee", "Thank you.").Conversation)
	ofKim := func(change func(*inbox.Conversation)) func(*inbox.Conversation) {
		return func(c *inbox.Conversation) {
			if c.ID == kim.ID {
				change(c)
			}
		}
	}
	for name, l := range map[string]*lying{
		"":                      {}, // what is
		"another state":         {conversation: ofKim(func(c *inbox.Conversation) { c.State = inbox.StateNew })},
		"another assignee":      {conversation: ofKim(func(c *inbox.Conversation) { c.Assignee = inbox.Assignee{} })},
		"a revision too many":   {conversation: ofKim(func(c *inbox.Conversation) { c.Revision++ })},
		"one unread":            {conversation: ofKim(func(c *inbox.Conversation) { c.Count.Unread++ })},
		"due when resolved":     {conversation: func(c *inbox.Conversation) { c.Due = c.Created }},
		"two open in a thread":  {conversation: func(c *inbox.Conversation) { c.Thread = kim.Thread }},
		"a message is missing":  {missing: 2},
		"an arrival is missing": {arrival: func(a *inbox.Arrival) { *a = inbox.Arrival{} }},
		"counts that are wrong": {totals: 1},
		"a position too many":   {entry: func(e *audit.Entry) { e.Position++ }},
		"a number too many":     {entry: func(e *audit.Entry) { e.Seq++ }},
		"another time":          {entry: func(e *audit.Entry) { e.Time = e.Time.AddDate(1, 0, 0) }},
	} {
		l.Store = store
		err := storagetest.Sweep(t.Context(), l, inbox.DefaultTenant)
		if found := err != nil; found != (name != "") {
			t.Errorf("a store that tells of %q: got %v", name, err)
		}
	}
}
