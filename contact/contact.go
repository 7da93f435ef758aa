// Package contact is for the people who write to an inbox: who they are on each network, what is known about them and where each
// piece of that knowledge came from.
//
// It holds values and pure rules; it opens nothing and never asks the time.
package contact

import (
	"time"

	"github.com/deskwright/deskwright/channel"
	"github.com/google/uuid"
)

// ID names a contact.
type ID struct{ uuid.UUID }

// IdentityID names an identity of a contact.
type IdentityID struct{ uuid.UUID }

// Contact is a person who writes to an inbox.
type Contact struct {
	ID         ID                   `json:"id"`
	Name       string               `json:"name,omitempty"` // as shown; empty until a network or a person tells it
	Attributes map[string]Attribute `json:"attributes,omitempty"`
}

// Identity is one address of a contact. An address belongs to one contact.
type Identity struct {
	ID      IdentityID      `json:"id"`
	Contact ID              `json:"contact"`
	Address channel.Address `json:"address"`
}

// Attribute is one piece of knowledge about a contact.
type Attribute struct {
	Value  string    `json:"value"`
	Source Source    `json:"source"`
	Time   time.Time `json:"time"` // when it was learnt
}

// Source is where an attribute's value came from.
type Source string

const (
	Agent      Source = "agent"
	Automation Source = "automation"
	Network    Source = "network"
	CRM        Source = "crm"
)

// Replaces reports whether a value from source s may take the place of one from source have: an automation or a network never
// overwrites what an agent or the CRM said.
func (s Source) Replaces(have Source) bool {
	return rank[s] >= rank[have]
}

var rank = map[Source]int{Network: 1, Automation: 1, Agent: 2, CRM: 2}
