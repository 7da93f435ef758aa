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
		row = new(inbox.Identity)
		t.identities[id.ID] = row
	} else if row.Address != id.Address {
		delete(t.addresses, row.Address)
	}
	*row = *id
	t.addresses[row.Address] = row
}
