package sqlstore

import (
	"maps"

	"github.com/deskwright/deskwright/contact"
	"github.com/deskwright/deskwright/inbox"
	"github.com/google/uuid"
)

var contacts = table{"contact", 1, "id, version, name, attributes, chain_seq, chain_hash, chain_key"}

var insertContact, updateContact = contacts.insert(), contacts.update()

func (t *tx) putContact(tenant *uuid.UUID, c *inbox.Contact) error {
	return t.guarded("contact", insertContact, updateContact, 1, c.Version, append(bindContact(t.args[:0], c), tenant[:]))
}

func bindContact(to []any, c *inbox.Contact) []any {
	return bindChain(append(to, c.ID.UUID[:], c.Version, c.Name, attributes(c.Attributes)), &c.Chain)
}

// attributes is what is known about a contact as JSON.
func attributes(all map[string]contact.Attribute) any {
	if len(all) == 0 {
		return nil
	}
	all = maps.Clone(all)
	for alias, a := range all {
		a.Time = micro(a.Time)
		all[alias] = a
	}
	return object{all}
}

func scanContact(to []any, c *inbox.Contact) []any {
	to = append(to, &c.ID.UUID, (*number)(&c.Version), (*text)(&c.Name), object{&c.Attributes})
	return scanChain(to, &c.Chain)
}

var identities = table{"identity", 1, "id, version, contact, network, address"}

var insertIdentity, updateIdentity = identities.insert(), identities.update()

const selectHolder = "SELECT 1 FROM deskwright_identity WHERE tenant = ? AND address = ? AND network = ? AND id <> ?"

// checkAddresses refuses several identities of which one wants an address that another one has. Written one by one, it would pass
// where that one comes first and gives the address up.
func (t *tx) checkAddresses(tenant *uuid.UUID, all []inbox.Identity) error {
	for i := range all {
		who := &all[i]
		held, err := t.row(selectHolder, []any{new(int64)}, tenant[:], who.Address.ID, string(who.Address.Network), who.ID.UUID[:])
		if err != nil {
			return err
		}
		if held {
			return conflict("address of an identity")
		}
	}
	return nil
}

func (t *tx) putIdentities(tenant *uuid.UUID, all []inbox.Identity) error {
	if len(all) > 1 {
		if err := t.checkAddresses(tenant, all); err != nil {
			return err
		}
	}
	for i := range all {
		who := &all[i]
		for j := range i {
			if all[j].ID == who.ID {
				return conflict("identity twice in one change")
			}
		}
		args := append(bindIdentity(t.args[:0], who), tenant[:])
		if err := t.guarded("identity", insertIdentity, updateIdentity, 1, who.Version, args); err != nil {
			return err
		}
	}
	return nil
}

func bindIdentity(to []any, who *inbox.Identity) []any {
	return append(to, who.ID.UUID[:], who.Version, optional(&who.Contact.UUID), string(who.Address.Network), who.Address.ID)
}

func scanIdentity(to []any, who *inbox.Identity) []any {
	return append(to, &who.ID.UUID, (*number)(&who.Version), &who.Contact.UUID, (*text)(&who.Address.Network), (*text)(&who.Address.ID))
}
