package main_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/channel/channeltest"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/queue"
	"github.com/deskwright/deskwright/storage/sqlstore"
	_ "modernc.org/sqlite"
)

func Example() {
	ctx := context.Background()
	db, err := sql.Open("sqlite", "file:inbox.db?_pragma=journal_mode(wal)&_pragma=synchronous(full)"+
		"&_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)")
	check(err)
	defer db.Close()
	check(sqlstore.Migrate(ctx, db, sqlstore.SQLite)) // as often as you like
	store, err := sqlstore.New(db, sqlstore.SQLite)
	check(err)
	network := &channeltest.Recorder{} // your adapter of the network goes here: this one only records what is sent
	box, err := inbox.New(store, inbox.WithAdapter(channel.WhatsApp, network))
	check(err)

	// Who runs the inbox sets it up. What has a key is done once, however often it is asked for.
	setup := box.As(inbox.System)
	number := channel.AccountKey{Network: channel.WhatsApp, ExternalID: "15550100"}
	_, err = setup.SaveAccount(ctx, inbox.Account{Account: channel.Account{AccountKey: number}}, inbox.Key("connect 15550100"))
	check(err)
	ann := queue.Agent{ID: queue.AgentNamed("ann"), Name: "Ann"}
	_, err = setup.SaveAgent(ctx, inbox.Agent{Agent: ann})
	check(err)

	// A contact writes.
	kim := channel.Person{Name: "Kim", Addresses: []channel.Address{{ID: "15550199"}}}
	arrived, err := box.Receive(ctx, channel.Inbound{Account: number, ExternalID: "wamid.1", From: kim, Kind: channel.DirectMessage,
		Text: "My parcel has not come."})
	check(err)

	// An agent sees it in New and replies.
	desk := box.As(inbox.Person(ann.ID, ann.Name))
	for h, err := range desk.Conversations(ctx, inbox.Filter{States: []inbox.State{inbox.StateNew}}, inbox.LongestWaiting) {
		check(err)
		_, err = desk.Reply(ctx, h.ID, inbox.Reply{Text: "I am looking into it."})
		check(err)
	}
	_, err = box.Tick(ctx) // sends what is queued; box.Run does so for as long as a program runs
	check(err)

	_, err = desk.Resolve(ctx, arrived.Conversation, inbox.Resolve{})
	check(err)
	for item, err := range desk.Timeline(ctx, arrived.Conversation, inbox.WithTrail()) {
		check(err)
		fmt.Println(item)
	}
	// Output:
	// started as new by contact
	// Kim: My parcel has not come.
	// Ann: I am looking into it.
	// auto-assigned to Ann by Ann
	// set to pending by Ann
	// resolved by Ann
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
