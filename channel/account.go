package channel

import (
	"github.com/google/uuid"
)

// AccountID names one connected account of a network.
type AccountID struct{ uuid.UUID }

// AccountKey is the name that the network itself gives an account: a Page id, a phone number id, a mailbox address. It is unique
// over all tenants and compared byte for byte.
type AccountKey struct {
	Network    Network `json:"network"`
	ExternalID string  `json:"external_id"`
}

// Account is what the rules need to know about one connected account.
type Account struct {
	ID AccountID `json:"id"`
	AccountKey
	Name     string    `json:"name"`               // as agents see it, at most 255 characters
	Plan     Plan      `json:"plan,omitempty"`     // what the account has bought from the network
	Features []Feature `json:"features,omitempty"` // what the network has granted it
}

// Has reports whether the network has granted f to the account.
func (a Account) Has(f Feature) bool {
	for _, have := range a.Features {
		if have == f {
			return true
		}
	}
	return false
}

// Plan is a tier of a network's API. Empty is the ordinary one.
type Plan string

// Enterprise is X's contract tier: unlike the self-serve ones it may answer posts that do not mention the account.
const Enterprise Plan = "enterprise"

// Feature is something a network grants an account on request.
type Feature string

const (
	HumanAgent       Feature = "human_agent"       // Meta: people may answer up to 7 days after the contact wrote
	TelegramBusiness Feature = "telegram_business" // the account is a business connection, not a bot
)

// Address is one name by which a network knows a person, compared byte for byte. A person may have several on one network.
type Address struct {
	Network Network `json:"network"`
	ID      string  `json:"id"`
}
