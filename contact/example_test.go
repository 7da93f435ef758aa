package contact_test

import (
	"fmt"
	"time"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/contact"
	"github.com/google/uuid"
)

// One person, reached on two networks, with what the CRM knows.
func Example() {
	kim := contact.Contact{
		ID:   contact.ID{UUID: uuid.MustParse("019abc00-0000-7000-8000-000000000001")},
		Name: "Kim",
		Attributes: map[string]contact.Attribute{
			"plan": {Value: "gold", Source: contact.CRM, Time: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)},
		},
	}
	for _, address := range []channel.Address{
		{Network: channel.WhatsApp, ID: "15550199"},
		{Network: channel.Email, ID: "kim@example.com"},
	} {
		identity := contact.Identity{Contact: kim.ID, Address: address}
		fmt.Println(kim.Name, "on", identity.Address.Network, "is", identity.Address.ID)
	}
	plan := kim.Attributes["plan"]
	fmt.Println(plan.Value, "says the", plan.Source)
	// Output:
	// Kim on whatsapp is 15550199
	// Kim on email is kim@example.com
	// gold says the crm
}
