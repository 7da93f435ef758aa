// Command quickstart shows an inbox at work: a contact writes, an agent answers, and the log keeps what happened, in an SQLite file.
// Run again on the same file (-db FILE) it finds everything done, and does nothing twice.
package main

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"log"
	"net/url"
	"os"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/channel/channeltest"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/queue"
	"github.com/deskwright/deskwright/storage/memory"
	"github.com/deskwright/deskwright/storage/sqlstore"
	_ "modernc.org/sqlite"
)

func main() {
	kind := flag.String("store", "sqlite", "where the inbox is kept: sqlite or memory")
	file := flag.String("db", must(os.MkdirTemp("", "quickstart"))+"/inbox.db", "the SQLite `file`")
	flag.Parse()
	ctx, store, network := context.Background(), inbox.Store(memory.New()), &channeltest.Recorder{} // the network records what is sent
	if *kind == "sqlite" {
		db := must(sql.Open("sqlite", "file:"+url.PathEscape(*file)+
			"?_pragma=journal_mode(wal)&_pragma=synchronous(full)&_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)"))
		defer db.Close()
		must(*file, sqlstore.Migrate(ctx, db, sqlstore.SQLite)) // as often as you like
		store = must(sqlstore.New(db, sqlstore.SQLite))
		fmt.Println("The inbox is kept in", *file)
	} else if *kind != "memory" {
		log.Fatalf("-store must be sqlite or memory, not %q", *kind)
	}
	box := must(inbox.New(store, inbox.WithAdapter(channel.WhatsApp, network)))

	// Who runs the inbox sets it up. What has a key is done once, however often it is asked for.
	setup, number := box.As(inbox.System), channel.AccountKey{Network: channel.WhatsApp, ExternalID: "15550100"}
	must(setup.SaveAccount(ctx, inbox.Account{Account: channel.Account{AccountKey: number, Name: "Support"}}, inbox.Key("account")))
	solved := must(setup.SaveReason(ctx, inbox.Reason{Name: "Solved"}, inbox.Key("reason")))
	ann := must(setup.SaveAgent(ctx, inbox.Agent{Agent: queue.Agent{ID: queue.AgentNamed("ann"), Name: "Ann"}}, inbox.Key("agent")))

	// A contact writes.
	said := channel.Inbound{Account: number, ExternalID: "wamid.1", Kind: channel.DirectMessage, Text: "My parcel has not come."}
	said.From = channel.Person{Name: "Kim", Addresses: []channel.Address{{ID: "15550199"}}}
	arrived := must(box.Receive(ctx, said))
	fmt.Println("Kim writes:", arrived.Outcome, "and the conversation is", arrived.State)

	// An agent sees it in New and replies.
	desk := box.As(inbox.Person(ann.ID, ann.Name))
	for h, err := range desk.Conversations(ctx, inbox.Filter{States: []inbox.State{inbox.StateNew}}, inbox.LongestWaiting) {
		fmt.Printf("Ann sees in New: %s on %s: %q\n", must(h, err).Contact.Name, h.AccountName, h.Last.Preview)
	}
	replied := must(desk.Reply(ctx, arrived.Conversation, inbox.Reply{Text: "I am looking into it."}, inbox.Key("reply")))
	must(box.Tick(ctx)) // sends what is queued; box.Run does so for as long as a program runs
	fmt.Printf("Ann replies: it is %s. Sent: %d\n", replied.State, len(network.Sendings()))

	// The contact answers: it is New again, and stays Ann's.
	said.ExternalID, said.Text = "wamid.2", "Thank you, it is here!"
	arrived = must(box.Receive(ctx, said))
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

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}
