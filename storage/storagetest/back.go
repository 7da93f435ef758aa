package storagetest

import (
	"bytes"
	"slices"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
)

// back is everything that the port hands out of one conversation and its tenant, except what waits.
type back struct {
	ByID, ByArrival inbox.Snapshot
	Listed          []inbox.Listed
	Items           []inbox.Item
	Messages        []inbox.Message
	Notes           []inbox.Note
	Totals          map[channel.AccountID]inbox.Totals
	Epoch           int64
	Documents       []inbox.Document
	Feed            []audit.Entry
	Batches         []audit.Batch
	Head            audit.Head
	Chains          map[audit.Subject]audit.Chain
}

// refs names everything in a full change, by conversation and by arrival.
func refs(ch *inbox.Change) (byID, byArrival inbox.Ref) {
	c, th := ch.Conversation, ch.Thread
	byID = inbox.Ref{
		Tenant: ch.Tenant, Conversation: c.ID, Message: ch.Messages[1].ID, Asked: true, Note: ch.Notes[1].ID,
		Document: ch.Documents[1].DocumentKey, Key: ch.Keys[0].Key, Cause: ch.Entries[3].Cause,
	}
	byID.Arrival = inbox.ArrivalRef{Account: c.Account, ExternalID: ch.Arrivals[1].ExternalID, About: ch.Arrivals[0].ExternalID}
	byArrival = inbox.Ref{Tenant: ch.Tenant, Arrival: inbox.ArrivalRef{Account: c.Account, Visibility: th.Visibility, Thread: th.Key}}
	for _, who := range ch.Identities {
		byArrival.Arrival.Addresses = append(byArrival.Arrival.Addresses, who.Address)
	}
	return byID, byArrival
}

// subjects is what the rows of a full change are to the log.
func subjects(ch *inbox.Change) []audit.Subject {
	all := []audit.Subject{
		{Kind: audit.SubjectConversation, ID: ch.Conversation.ID.UUID},
		{Kind: audit.SubjectContact, ID: ch.Contact.ID.UUID},
	}
	for _, d := range ch.Documents {
		all = append(all, audit.Subject{Kind: audit.SubjectSetting, ID: d.ID})
	}
	return all
}

// read reads what was written with a full change.
func (k *kit) read(ch *inbox.Change) back {
	k.Helper()
	k = k.of(ch.Tenant)
	var b back
	var err error
	ctx, c := k.Context(), ch.Conversation
	byID, byArrival := refs(ch)
	b.ByID, b.ByArrival = k.load(byID), k.load(byArrival)
	b.Listed, err = k.store.List(ctx, k.tenant, inbox.Query{Limit: 10})
	k.works("List", err)
	b.Items = k.timeline(c.ID, 0, 10, true)
	b.Messages, err = k.store.Messages(ctx, k.tenant, ch.Messages[0].ID, ch.Messages[1].ID)
	k.works("Messages", err)
	b.Notes, err = k.store.Notes(ctx, k.tenant, ch.Notes[0].ID, ch.Notes[1].ID)
	k.works("Notes", err)
	b.Totals = k.totals()
	b.Epoch, b.Documents = k.documents()
	b.Feed, b.Batches, b.Head = k.feed(0, 10), k.batches(0, 10), k.head()
	b.Chains, err = k.store.Chains(ctx, k.tenant, subjects(ch)...)
	k.works("Chains", err)
	b.order()
	return b
}

// order puts in order what may come in any.
func (b *back) order() {
	docsByKey(b.Documents)
	byID := func(x, y inbox.Message) int { return bytes.Compare(x.ID.UUID[:], y.ID.UUID[:]) }
	slices.SortFunc(b.Messages, byID)
	slices.SortFunc(b.ByID.Messages, byID)
	slices.SortFunc(b.Notes, func(x, y inbox.Note) int { return bytes.Compare(x.ID.UUID[:], y.ID.UUID[:]) })
}

// written is what read must return when a full change is the first thing that was written of its tenant.
func written(ch *inbox.Change) back {
	c := *ch.Conversation
	byID, byArrival := refs(ch)
	b := back{
		ByID: inbox.Snapshot{
			Ref: byID, Epoch: 1, Conversation: c, Open: c.ID, Thread: *ch.Thread, Contact: *ch.Contact, Identities: ch.Identities[:1],
			Arrival: ch.Arrivals[1], About: ch.Arrivals[0], Messages: slices.Clone(ch.Messages), Notes: ch.Notes[1:],
			Document: ch.Documents[1], Key: ch.Keys[0], Stands: true,
		},
		ByArrival: inbox.Snapshot{
			Ref: byArrival, Epoch: 1, Conversation: c, Open: c.ID, Thread: *ch.Thread, Contact: *ch.Contact, Identities: ch.Identities,
		},
		Listed:    []inbox.Listed{{Conversation: c, Contact: ch.Contact.Contact}},
		Messages:  slices.Clone(ch.Messages),
		Notes:     slices.Clone(ch.Notes),
		Epoch:     1,
		Documents: slices.Clone(ch.Documents),
		Head:      audit.Head{Tenant: ch.Tenant.UUID},
		Totals:    map[channel.AccountID]inbox.Totals{},
		Chains:    map[audit.Subject]audit.Chain{},
	}
	for _, d := range ch.Totals {
		b.Totals[d.Account] = d.Totals
	}
	b.writeLog(ch)
	b.order()
	return b
}

// writeLog is the part of written that is about the log.
func (b *back) writeLog(ch *inbox.Change) {
	b.Feed = slices.Clone(ch.Entries)
	b.Batches = []audit.Batch{b.Head.Seal(b.Feed)}
	for i, e := range b.Feed {
		item := inbox.Item{Seq: e.Seq, Entry: e}
		if i < len(ch.Messages) {
			item.Message = &ch.Messages[i]
		} else {
			item.Note = &ch.Notes[i-len(ch.Messages)]
		}
		b.Items = append(b.Items, item)
	}
	for i, s := range subjects(ch) {
		b.Chains[s] = append([]audit.Chain{ch.Conversation.Chain, ch.Contact.Chain}, ch.Documents[0].Chain, ch.Documents[1].Chain)[i]
	}
}

// later returns the change that follows a full change: every row once more, with other values, and the same names.
func later(ch *inbox.Change, fresh inbox.Change) inbox.Change {
	next := fresh
	next.Tenant = ch.Tenant
	next.Contact.ID, next.Contact.Version = ch.Contact.ID, ch.Contact.Version+1
	for i := range next.Identities {
		next.Identities[i].Identity, next.Identities[i].Version = ch.Identities[i].Identity, ch.Identities[i].Version+1
	}
	thread, conversation := *ch.Thread, ch.Conversation
	thread.Version++
	next.Thread = &thread
	c := next.Conversation
	c.ID, c.Thread, c.Identity, c.Version = conversation.ID, thread.ID, conversation.Identity, conversation.Version+1
	c.Account, c.Visibility = conversation.Account, conversation.Visibility
	for i := range next.Arrivals {
		a, was := &next.Arrivals[i], &ch.Arrivals[i]
		a.Account, a.ExternalID, a.Version, a.Message = was.Account, was.ExternalID, was.Version+1, was.Message
	}
	for i := range next.Documents {
		d, was := &next.Documents[i], &ch.Documents[i]
		d.DocumentKey, d.Account, d.Version = was.DocumentKey, was.Account, was.Version+1
	}
	laterChildren(ch, &next)
	return next
}

// laterChildren is the part of later that is about what stands under the guarded rows.
func laterChildren(ch, next *inbox.Change) {
	c := next.Conversation
	for i := range next.Messages {
		m, was := &next.Messages[i], &ch.Messages[i]
		m.ID, m.Conversation, m.Account, m.Seq, m.ExternalID = was.ID, c.ID, was.Account, was.Seq, was.ExternalID
	}
	for i := range next.Notes {
		n, was := &next.Notes[i], &ch.Notes[i]
		n.ID, n.Conversation, n.Seq = was.ID, c.ID, was.Seq
	}
	for i := range next.Dues {
		d, was := &next.Dues[i], &ch.Dues[i]
		d.Tenant, d.Kind, d.Ref, d.Conversation = next.Tenant, was.Kind, was.Ref, c.ID
	}
	c.Chain = ch.Conversation.Chain
	for i := range next.Entries {
		e := &next.Entries[i]
		e.Tenant, e.Position = next.Tenant.UUID, 0
		e.Subject = audit.Subject{Kind: audit.SubjectConversation, ID: c.ID.UUID}
		c.Chain.Append(e)
	}
}

// retenanted returns a full change as it would be of another tenant. A channel account has one tenant, so it names none.
func retenanted(ch inbox.Change, t inbox.Tenant) inbox.Change {
	ch.Tenant = t
	for i := range ch.Documents {
		ch.Documents[i].Account = channel.AccountKey{}
	}
	for i := range ch.Dues {
		ch.Dues[i].Tenant = t
	}
	c := ch.Conversation
	c.Chain = audit.Chain{Key: c.Chain.Key}
	for i := range ch.Entries {
		ch.Entries[i].Tenant = t.UUID
		c.Chain.Append(&ch.Entries[i])
	}
	return ch
}
