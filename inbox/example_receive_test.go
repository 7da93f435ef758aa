package inbox_test

import (
	"context"
	"fmt"
	"log"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage/memory"
)

func ExampleNew() {
	box, err := inbox.New(memory.New())
	if err != nil {
		log.Fatal(err)
	}
	// Every tenant has an inbox of its own; a view costs nothing.
	shop := box.For(inbox.TenantNamed("shop"))
	fmt.Println(shop.Tenant() == box.Tenant())

	_, err = inbox.New(nil)
	fmt.Println(err)
	// Output:
	// false
	// inbox: store is nil
}

// A message makes its contact, thread and conversation. Told again, it has no second effect.
func ExampleInbox_Receive() {
	ctx := context.Background()
	box, err := inbox.New(memory.New())
	if err != nil {
		log.Fatal(err)
	}
	site := channel.AccountKey{Network: channel.WebChat, ExternalID: "shop.example"}
	if _, err := box.As(inbox.System).SaveAccount(ctx, inbox.Account{Account: channel.Account{AccountKey: site}}); err != nil {
		log.Fatal(err)
	}

	message := channel.Inbound{
		Account:    site,
		ExternalID: "1",
		From:       channel.Person{Name: "Kim", Addresses: []channel.Address{{ID: "visitor-7"}}},
		Kind:       channel.ChatMessage,
		Text:       "Where is my parcel?",
	}
	for range 2 {
		r, err := box.Receive(ctx, message)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(r.Outcome, r.State)
	}

	message.ExternalID, message.Text = "2", "It should have come on Tuesday."
	r, err := box.Receive(ctx, message)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(r.Outcome, r.State)
	for item, err := range box.As(inbox.System).Timeline(ctx, r.Conversation) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(item)
	}
	// Output:
	// new new
	// duplicate new
	// appended new
	// Kim: Where is my parcel?
	// Kim: It should have come on Tuesday.
}
