package inbox

import (
	"maps"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/contact"
)

// contactCreated says that somebody new has written, or was written to.
type contactCreated struct {
	Contact contact.ID `json:"contact"`
	Name    string     `json:"name"`
}

func (*contactCreated) spec() spec { return ofContact(ContactCreated) }

func (f *contactCreated) encode(b []byte) []byte {
	o := begin(b)
	o.id("contact", f.Contact.UUID)
	o.text("name", f.Name)
	return o.end()
}

func (f *contactCreated) apply(s *Snapshot, _ moment) {
	s.Contact = Contact{Contact: contact.Contact{ID: f.Contact, Name: f.Name}}
}

// contactNamed says that the network tells another name.
type contactNamed struct {
	Name string `json:"name"`
}

func (*contactNamed) spec() spec { return ofContact(ContactNamed) }

func (f *contactNamed) encode(b []byte) []byte {
	o := begin(b)
	o.text("name", f.Name)
	return o.end()
}

func (f *contactNamed) apply(s *Snapshot, _ moment) { s.Contact.Name = f.Name }

// identityAdded says that the contact is also known by an address.
type identityAdded struct {
	Identity contact.IdentityID `json:"identity"`
	channel.Address
}

func (*identityAdded) spec() spec { return ofContact(IdentityAdded) }

func (f *identityAdded) encode(b []byte) []byte {
	o := begin(b)
	o.id("identity", f.Identity.UUID)
	o.text("network", string(f.Network))
	o.text("id", f.ID)
	return o.end()
}

func (f *identityAdded) apply(s *Snapshot, _ moment) {
	s.Identities = append(s.Identities, Identity{Identity: contact.Identity{ID: f.Identity, Contact: s.Contact.ID, Address: f.Address}})
}

// attributeSet says something about the contact.
type attributeSet struct {
	Alias  string         `json:"alias"`
	Value  string         `json:"value"`
	Source contact.Source `json:"source"`
}

func (*attributeSet) spec() spec { return ofContact(AttributeSet) }

func (f *attributeSet) encode(b []byte) []byte {
	o := begin(b)
	o.text("alias", f.Alias)
	o.text("value", f.Value)
	o.text("source", string(f.Source))
	return o.end()
}

func (f *attributeSet) apply(s *Snapshot, m moment) {
	s.Contact.Attributes = maps.Clone(s.Contact.Attributes)
	if s.Contact.Attributes == nil {
		s.Contact.Attributes = map[string]contact.Attribute{}
	}
	s.Contact.Attributes[f.Alias] = contact.Attribute{Value: f.Value, Source: f.Source, Time: m.at}
}
