package inbox_test

import (
	"context"
	"fmt"
	"log"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/queue"
	"github.com/deskwright/deskwright/storage/memory"
)

// Replies are queued with the command that writes them. Tick, or Run, hands them to the network's adapter.
func ExampleInbox_Tick() {
	ctx := context.Background()
	site := channel.AdapterFunc(func(_ context.Context, s channel.Sending) (channel.Sent, error) {
		fmt.Printf("to %s: %s\n", s.To[0].ID, s.Text)
		return channel.Sent{ExternalID: "m-1"}, nil
	})
	box, err := inbox.New(memory.New(), inbox.WithAdapter(channel.WebChat, site))
	if err != nil {
		log.Fatal(err)
	}
	key := channel.AccountKey{Network: channel.WebChat, ExternalID: "shop.example"}
	account, err := box.As(inbox.System).SaveAccount(ctx, inbox.Account{Account: channel.Account{AccountKey: key}})
	if err != nil {
		log.Fatal(err)
	}
	ann := box.As(inbox.Person(queue.AgentNamed("ann"), "Ann"))
	r, err := ann.Start(ctx, inbox.Start{Account: account.ID, To: channel.Person{Addresses: []channel.Address{{ID: "visitor-7"}}},
		Reply: inbox.Reply{Text: "Your parcel is here."}})
	if err != nil {
		log.Fatal(err)
	}
	show := func() {
		for item, err := range ann.Timeline(ctx, r.Conversation) {
			if err != nil {
				log.Fatal(err)
			}
			fmt.Println(item.Message.Delivery.State)
		}
	}

	show()
	next, err := box.Tick(ctx)
	if err != nil {
		log.Fatal(err)
	}
	show()
	fmt.Println("nothing waits:", next.IsZero())
	// Output:
	// queued
	// to visitor-7: Your parcel is here.
	// sent
	// nothing waits: true
}
