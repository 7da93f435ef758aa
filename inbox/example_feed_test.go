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

// A reader of the feed keeps the position of the last entry it has dealt with, and goes on there.
func ExampleInbox_Feed() {
	ctx := context.Background()
	box, c := parcel(ctx)

	position := int64(0)
	read := func() {
		for e, err := range box.Feed(ctx, position) {
			if err != nil {
				log.Fatal(err)
			}
			fmt.Println(e.Position, e.Action)
			position = e.Position
		}
	}
	read()
	if _, err := box.As(inbox.Person(queue.AgentNamed("ann"), "Ann")).Resolve(ctx, c, inbox.Resolve{}); err != nil {
		log.Fatal(err)
	}
	fmt.Println("later")
	read()
	// Output:
	// 1 setting.saved
	// 2 contact.created
	// 3 identity.added
	// 4 conversation.started
	// 5 message.received
	// later
	// 6 state.changed
}

// Verify proves that the log is what was written. A checkpoint that is kept elsewhere also proves that its end is still there.
func ExampleInbox_Verify() {
	ctx := context.Background()
	box, c := parcel(ctx)
	checkpoint, err := box.Checkpoint(ctx)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := box.As(inbox.System).SetPending(ctx, c); err != nil {
		log.Fatal(err)
	}

	report, err := box.Verify(ctx, checkpoint)
	fmt.Println(report.Entries, "entries of", report.Subjects, "subjects hold:", err == nil)
	// Output:
	// 6 entries of 3 subjects hold: true
}

// parcel is an inbox to which somebody has written.
func parcel(ctx context.Context) (*inbox.Inbox, inbox.ConversationID) {
	box, err := inbox.New(memory.New())
	if err != nil {
		log.Fatal(err)
	}
	site := channel.AccountKey{Network: channel.WebChat, ExternalID: "shop.example"}
	if _, err := box.As(inbox.System).SaveAccount(ctx, inbox.Account{Account: channel.Account{AccountKey: site}}); err != nil {
		log.Fatal(err)
	}
	r, err := box.Receive(ctx, channel.Inbound{Account: site, ExternalID: "1", From: channel.Person{Addresses: []channel.Address{{ID: "visitor-7"}}},
		Kind: channel.ChatMessage, Text: "Where is my parcel?"})
	if err != nil {
		log.Fatal(err)
	}
	return box, r.Conversation
}
