package memory_test

import (
	"context"
	"fmt"
	"log"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage/memory"
)

func ExampleNew() {
	ctx := context.Background()
	box, err := inbox.New(memory.New())
	if err != nil {
		log.Fatal(err)
	}
	number := channel.AccountKey{Network: channel.WhatsApp, ExternalID: "4915112345678"}
	account := inbox.Account{Account: channel.Account{AccountKey: number, Name: "Support"}}
	if _, err := box.As(inbox.System).SaveAccount(ctx, account); err != nil {
		log.Fatal(err)
	}
	received, err := box.Receive(ctx, channel.Inbound{
		Account:    number,
		ExternalID: "wamid.1",
		From:       channel.Person{Addresses: []channel.Address{{ID: "491701234567"}}, Name: "Ada"},
		Kind:       channel.DirectMessage,
		Text:       "Where is my parcel?",
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(received.Outcome, received.State)
	// Output: new new
}
