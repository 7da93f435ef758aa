// Command quickstart shows an inbox at work: a contact writes, an agent answers, and the log keeps what happened. All of it is kept
// in an SQLite file. Run again on the same file (-db FILE) it finds everything done, and does nothing twice.
package main

import (
	"context"
	"flag"
	"fmt"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/channel/channeltest"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/queue"
)

func main() {
	kind := flag.String("store", "sqlite", "where the inbox is kept: sqlite or memory")
	file := flag.String("db", "", "the SQLite `file`; without it, one in a new temporary directory")
	flag.Parse()
	ctx := context.Background()
	store, closeStore := open(ctx, *kind, *file)
	defer closeStore()
	network := &channeltest.Recorder{} // stands for the network: it records what is sent
	box := must(inbox.New(store, inbox.WithAdapter(channel.WhatsApp, network)))

	// Who runs the inbox sets it up. What has a key is done once, however often it is asked for.
	setup := box.As(inbox.System)
	key := channel.AccountKey{Network: channel.WhatsApp, ExternalID: "15550100"}
	must(setup.SaveAccount(ctx, inbox.Account{Account: channel.Account{AccountKey: key, Name: "Support"}}, inbox.Key("account")))
	solved := must(setup.SaveReason(ctx, inbox.Reason{Name: "Solved"}, inbox.Key("reason")))
	ann := queue.Agent{ID: queue.AgentNamed("ann"), Name: "Ann"}
	must(setup.SaveAgent(ctx, inbox.Agent{Agent: ann}, inbox.Key("agent")))

	// A contact writes.
	kim := channel.Person{Name: "Kim", Addresses: []channel.Address{{ID: "15550199"}}}
	arrived := must(box.Receive(ctx, channel.Inbound{Account: key, ExternalID: "wamid.1", From: kim, Kind: channel.DirectMessage,
		Text: "My parcel has not come."}))
	fmt.Println("Kim writes:", arrived.Outcome, "and the conversation is", arrived.State)

	// An agent sees it in New and replies.
	desk := box.As(inbox.Person(ann.ID, ann.Name))
	for h, err := range desk.Conversations(ctx, inbox.Filter{States: []inbox.State{inbox.StateNew}}, inbox.LongestWaiting) {
		fmt.Printf("Ann sees in New: %s on %s: %q\n", must(h, err).Contact.Name, h.AccountName, h.Last.Preview)
	}
	replied := must(desk.Reply(ctx, arrived.Conversation, inbox.Reply{Text: "I am looking into it."}, inbox.Key("reply")))
	fmt.Println("Ann replies: it is", replied.State)
	must(box.Tick(ctx)) // sends what is queued; box.Run does so for as long as a program runs
	for _, s := range network.Sendings() {
		fmt.Printf("Sent: %q\n", s.Text)
	}

	// The contact answers: it is New again, and stays Ann's.
	arrived = must(box.Receive(ctx, channel.Inbound{Account: key, ExternalID: "wamid.2", From: kim, Kind: channel.DirectMessage,
		Text: "Thank you, it is here!"}))
	fmt.Println("Kim answers:", arrived.Outcome, "and it is", arrived.State)

	must(desk.AddNote(ctx, arrived.Conversation, inbox.MessageID{}, "The courier was a day late.", inbox.Key("note")))
	resolved := must(desk.Resolve(ctx, arrived.Conversation, inbox.Resolve{Reason: solved.ID}, inbox.Key("resolve")))
	fmt.Println("Ann adds a note and resolves: it is", resolved.State)

	fmt.Println("\nTimeline with its audit trail:")
	for item, err := range desk.Timeline(ctx, arrived.Conversation, inbox.WithTrail()) {
		fmt.Printf("%3d  %s\n", must(item, err).Seq, item)
	}
	fmt.Printf("\nThe log holds: %d entries verified.\n", must(box.Verify(ctx)).Entries)
}
