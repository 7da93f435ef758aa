package sqlstore

import (
	"bytes"
	"maps"
	"slices"

	"github.com/deskwright/deskwright/inbox"
)

// detach gives a change copies of its own of everything that its caller may use again.
func detach(ch *inbox.Change) {
	ch.Contact, ch.Thread, ch.Conversation = own(ch.Contact), own(ch.Thread), own(ch.Conversation)
	if ch.Contact != nil {
		ch.Contact.Attributes = maps.Clone(ch.Contact.Attributes)
	}
	if ch.Conversation != nil {
		ch.Conversation.Topics = slices.Clone(ch.Conversation.Topics)
	}
	ch.Identities = slices.Clone(ch.Identities)
	ch.Arrivals = slices.Clone(ch.Arrivals)
	for i := range ch.Arrivals {
		a := &ch.Arrivals[i]
		a.Conflicting, a.Early = slices.Clone(a.Conflicting), slices.Clone(a.Early)
		for j := range a.Early {
			a.Early[j].Attach = slices.Clone(a.Early[j].Attach)
		}
	}

	ch.Documents = slices.Clone(ch.Documents)
	for i := range ch.Documents {
		ch.Documents[i].Body = bytes.Clone(ch.Documents[i].Body)
	}
	ch.Keys = slices.Clone(ch.Keys)
	for i := range ch.Keys {
		ch.Keys[i].Result = bytes.Clone(ch.Keys[i].Result)
	}
	ch.Messages = slices.Clone(ch.Messages)
	for i := range ch.Messages {
		m := &ch.Messages[i]
		m.Attach, m.Reactions, m.Template = slices.Clone(m.Attach), slices.Clone(m.Reactions), own(m.Template)
		if m.Template != nil {
			m.Template.Values = maps.Clone(m.Template.Values)
		}
	}
	ch.Notes, ch.Dues, ch.Totals = slices.Clone(ch.Notes), slices.Clone(ch.Dues), slices.Clone(ch.Totals)
	ch.Entries = slices.Clone(ch.Entries)
	for i := range ch.Entries {
		ch.Entries[i].Data = bytes.Clone(ch.Entries[i].Data)
	}
}

// own is a copy of what is pointed to.
func own[T any](v *T) *T {
	if v == nil {
		return nil
	}
	c := *v
	return &c
}
