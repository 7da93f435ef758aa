package memory

import (
	"maps"

	"github.com/deskwright/deskwright/inbox"
)

func (t *tenant) checkContact(c *inbox.Contact) error {
	if c == nil {
		return nil
	}
	var have int64
	if old := t.contacts[c.ID]; old != nil {
		have = old.Version
	}
	return guard("contact", have, c.Version)
}

func (t *tenant) putContact(c *inbox.Contact) {
	row := t.contacts[c.ID]
	if row == nil {
		row = new(inbox.Contact)
		t.contacts[c.ID] = row
	}
	copyContact(row, c)
	for alias, a := range row.Attributes {
		a.Time = micro(a.Time)
		row.Attributes[alias] = a
	}
}

// identity is an identity with what it leads to.
type identity struct {
	inbox.Identity
	contact *inbox.Contact // nil: look it up
	threads []*thread
	late    bool // it came when there were threads already that no identity had: some may be its own
}

// contactOf returns the contact of an identity, nil if there is none.
func (t *tenant) contactOf(who *identity) *inbox.Contact {
	if who.contact != nil {
		return who.contact
	}
	return t.contacts[who.Contact]
}

func copyContact(to, from *inbox.Contact) {
	*to = *from
	to.Attributes = maps.Clone(from.Attributes)
}

func (t *tenant) checkIdentities(identities []inbox.Identity) error {
	for i := range identities {
		id := &identities[i]
		var have int64
		if old := t.identities[id.ID]; old != nil {
			have = old.Version
		}
		if err := guard("identity", have, id.Version); err != nil {
			return err
		}
		if holder := t.addresses[id.Address]; holder != nil && holder.ID != id.ID {
			return conflict("address of an identity")
		}
		for j := range i {
			if identities[j].ID == id.ID || identities[j].Address == id.Address {
				return conflict("identity twice in one change")
			}
		}
	}
	return nil
}

func (t *tenant) putIdentity(id *inbox.Identity) {
	row := t.identities[id.ID]
	if row == nil {
		row = &identity{late: t.ownerless}
		t.identities[id.ID] = row
	} else if row.Address != id.Address {
		delete(t.addresses, row.Address)
	}
	row.Identity = *id
	row.contact = t.contacts[id.Contact]
	t.addresses[row.Address] = row
}
