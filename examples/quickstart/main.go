// Command quickstart shows an inbox at work: a contact writes, an agent answers, and the log keeps what happened.
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/channel/channeltest"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/queue"
	"github.com/deskwright/deskwright/storage/memory"
)

func main() {
	ctx := context.Background()
	network := &channeltest.Recorder{} // stands for the network: it records what is sent
	box, err := inbox.New(memory.New(), inbox.WithAdapter(channel.WhatsApp, network))
	check(err)

	// Who runs the inbox sets it up once.
	setup := box.As(inbox.System)
	key := channel.AccountKey{Network: channel.WhatsApp, ExternalID: "15550100"}
	_, err = setup.SaveAccount(ctx, inbox.Account{Account: channel.Account{AccountKey: key, Name: "Support"}})
	check(err)
	solved, err := setup.SaveReason(ctx, inbox.Reason{Name: "Solved"})
	check(err)
	ann := queue.Agent{ID: queue.AgentNamed("ann"), Name: "Ann"}
	_, err = setup.SaveAgent(ctx, inbox.Agent{Agent: ann})
	check(err)

	// A contact writes.
	kim := channel.Person{Name: "Kim", Addresses: []channel.Address{{ID: "15550199"}}}
	arrived, err := box.Receive(ctx, channel.Inbound{Account: key, ExternalID: "wamid.1", From: kim, Kind: channel.DirectMessage,
		Text: "My parcel has not come."})
	check(err)
	fmt.Println("Kim writes:", arrived.Outcome, "conversation, it is", arrived.State)

	// An agent sees it in New and replies.
	desk := box.As(inbox.Person(ann.ID, ann.Name))
	for h, err := range desk.Conversations(ctx, inbox.Filter{States: []inbox.State{inbox.StateNew}}, inbox.LongestWaiting) {
		check(err)
		fmt.Printf("Ann sees in New: %s on %s: %q\n", h.Contact.Name, h.AccountName, h.Last.Preview)
	}
	replied, err := desk.Reply(ctx, arrived.Conversation, inbox.Reply{Text: "I am looking into it."})
	check(err)
	_, err = box.Tick(ctx) // sends what is queued; box.Run does so for as long as a program runs
	check(err)
	fmt.Printf("Ann replies: it is %s; sent: %q\n", replied.State, network.Sendings()[0].Text)

	// The contact answers: it is New again, and stays Ann's.
	arrived, err = box.Receive(ctx, channel.Inbound{Account: key, ExternalID: "wamid.2", From: kim, Kind: channel.DirectMessage,
		Text: "Thank you, it is here!"})
	check(err)
	fmt.Println("Kim answers:", arrived.Outcome, "and it is", arrived.State)

	_, err = desk.AddNote(ctx, arrived.Conversation, inbox.MessageID{}, "The courier was a day late.")
	check(err)
	resolved, err := desk.Resolve(ctx, arrived.Conversation, inbox.Resolve{Reason: solved.ID})
	check(err)
	fmt.Println("Ann adds a note and resolves: it is", resolved.State)

	fmt.Println("\nTimeline with its audit trail:")
	for item, err := range desk.Timeline(ctx, arrived.Conversation, inbox.WithTrail()) {
		check(err)
		fmt.Printf("%3d  %s\n", item.Seq, item)
	}
	report, err := box.Verify(ctx)
	check(err)
	fmt.Printf("\nThe log holds: %d entries verified.\n", report.Entries)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
