package inbox

import "slices"

// fold adds to the change what was decided next, on the rows that the change leaves, so that both are written as one. It reports
// whether they can be: a change holds one conversation, one contact and one thread, and settings are changed one by one.
func (ch *Change) fold(next *Change) bool {
	if ch.Tenant != next.Tenant || len(ch.Documents)+len(next.Documents) > 0 ||
		ch.Contact != nil && next.Contact != nil && ch.Contact.ID != next.Contact.ID ||
		ch.Thread != nil && next.Thread != nil && ch.Thread.ID != next.Thread.ID ||
		ch.Conversation != nil && next.Conversation != nil && ch.Conversation.ID != next.Conversation.ID {
		return false
	}
	// A row that both have is written once: as the second leaves it, under the guard of the first.
	if next.Contact != nil {
		if ch.Contact != nil {
			next.Contact.Version = ch.Contact.Version
		}
		ch.Contact = next.Contact
	}
	if next.Thread != nil {
		if ch.Thread != nil {
			next.Thread.Version = ch.Thread.Version
		}
		ch.Thread = next.Thread
	}
	if next.Conversation != nil {
		if ch.Conversation != nil {
			next.Conversation.Version = ch.Conversation.Version
		}
		ch.Conversation = next.Conversation
	}
	ch.Identities = folded(ch.Identities, next.Identities,
		func(a, b *Identity) bool { return a.ID == b.ID },
		func(first, second *Identity) { second.Version = first.Version })
	ch.Arrivals = folded(ch.Arrivals, next.Arrivals,
		func(a, b *Arrival) bool { return a.Account == b.Account && a.ExternalID == b.ExternalID },
		func(first, second *Arrival) { second.Version = first.Version })
	ch.Totals = folded(ch.Totals, next.Totals,
		func(a, b *TotalsDelta) bool { return a.Account == b.Account },
		func(first, second *TotalsDelta) {
			second.New, second.Pending = second.New+first.New, second.Pending+first.Pending
		})
	ch.Messages = folded(ch.Messages, next.Messages, func(a, b *Message) bool { return a.ID == b.ID }, nil)
	ch.Notes = folded(ch.Notes, next.Notes, func(a, b *Note) bool { return a.ID == b.ID }, nil)
	ch.Dues = folded(ch.Dues, next.Dues, func(a, b *Due) bool { return a.Kind == b.Kind && a.Ref == b.Ref }, nil)
	ch.Keys = append(ch.Keys, next.Keys...)
	ch.Entries = append(ch.Entries, next.Entries...)
	return true
}

// folded puts the rows of next in the place of the same rows in all, merged with them, and the others behind.
func folded[R any](all, next []R, same func(a, b *R) bool, merge func(first, second *R)) []R {
	had := len(all)
	for i := range next {
		at := slices.IndexFunc(all[:had], func(r R) bool { return same(&r, &next[i]) })
		if at < 0 {
			all = append(all, next[i])
			continue
		}
		if merge != nil {
			merge(&all[at], &next[i])
		}
		all[at] = next[i]
	}
	return all
}
