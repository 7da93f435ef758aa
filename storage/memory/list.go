package memory

import (
	"context"
	"slices"

	"github.com/deskwright/deskwright/inbox"
)

// List implements inbox.Lister. It looks at all conversations of the tenant.
func (s *Store) List(ctx context.Context, id inbox.Tenant, q inbox.Query) ([]inbox.Listed, error) {
	if err := admit(ctx, id); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	t := s.of(id)
	page := best{sort: q.Sort, limit: min(q.Limit, len(t.scan))}
	if page.limit < 1 {
		return nil, nil
	}
	for i := range t.scan {
		c := t.scan[i]
		if page.backwards() {
			c = t.scan[len(t.scan)-1-i]
		}
		place := q.Sort.Place(&c.Conversation)
		if q.After != (inbox.Place{}) && q.Sort.Compare(place, q.After) <= 0 {
			continue
		}
		if page.wants(place) && q.Filter.Matches(&c.Conversation) {
			page.add(candidate{place, c})
		}
	}
	found := page.done()
	out := make([]inbox.Listed, len(found))
	for i, f := range found {
		t.listed(&out[i], &f.conversation.Conversation)
	}
	return out, nil
}

// listed fills in what a list shows of a conversation.
func (t *tenant) listed(to *inbox.Listed, c *inbox.Conversation) {
	copyConversation(&to.Conversation, c)
	if who := t.identities[c.Identity]; who != nil {
		if row := t.contactOf(who); row != nil {
			var ct inbox.Contact
			copyContact(&ct, row)
			to.Contact = ct.Contact
		}
	}
}

// candidate is a conversation that may be on the page.
type candidate struct {
	place        inbox.Place
	conversation *conversation
}

// best keeps the first limit of the candidates it is shown. It lets twice as many come together, then sorts and cuts.
type best struct {
	sort  inbox.Sort
	limit int
	found []candidate
	full  bool
	last  inbox.Place // when full: nothing behind it is on the page
}

// backwards reports whether the conversations that were made last are likely to come first, so that they are best seen first.
func (b *best) backwards() bool { return b.sort == inbox.Newest || b.sort == "" }

// wants reports whether a place can still be on the page.
func (b *best) wants(p inbox.Place) bool { return !b.full || b.sort.Compare(p, b.last) < 0 }

func (b *best) add(c candidate) {
	b.found = append(b.found, c)
	if len(b.found) >= 2*b.limit {
		b.done()
		b.full, b.last = true, b.found[b.limit-1].place
	}
}

// done returns the page.
func (b *best) done() []candidate {
	slices.SortFunc(b.found, func(x, y candidate) int { return b.sort.Compare(x.place, y.place) })
	b.found = b.found[:min(len(b.found), b.limit)]
	return b.found
}
