// Command embed is a helpdesk that had its own users, tickets and transactions before it took an inbox in. Both are kept in one
// database, and what belongs together is written together. Run again on the same one (-store sqlite:FILE) it does nothing twice.
//
//	database.go   where it is kept, and its own tables
//	helpdesk.go   its transaction, which the inbox joins
//	users.go      its users: what they may do in the inbox, and who of them writes
//	tickets.go    its tickets, one for each conversation
//	jobs.go       its scheduler, which does the inbox's work too
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"sync"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/channel/channeltest"
	"github.com/deskwright/deskwright/inbox"
)

var (
	number = channel.AccountKey{Network: channel.WhatsApp, ExternalID: "15550100"}
	staff  = []user{{"ann", "Ann", "agent", ""}, {"tom", "Tom", "trainee", ""}}
	kim    = user{"kim", "Kim Larsen", "customer", "15550199"}
)

func main() {
	where := flag.String("store", "sqlite:"+must(os.MkdirTemp("", "embed"))+"/helpdesk.db", "where the helpdesk is kept: "+storeNames())
	flag.Parse()
	run(context.Background(), *where)
}

// run opens the helpdesk for a day, with its scheduler beside it.
func run(ctx context.Context, store string) {
	network := &channeltest.Recorder{} // your adapter of the network goes here: this one only records what is sent
	h := must(must(find(store)).open(ctx, store, network))
	defer h.db.Close()
	open, closed := context.WithCancel(ctx)
	var jobs sync.WaitGroup
	jobs.Go(func() { h.jobs.run(open) })
	work(ctx, h)
	closed()
	jobs.Wait()
	for _, s := range network.Sendings() {
		fmt.Printf("Sent to %s: %s\n", s.To[0].ID, s.Text)
	}
}

// work is a day at the helpdesk.
func work(ctx context.Context, h *helpdesk) {
	must(h.box.As(inbox.System).SaveAccount(ctx, inbox.Account{Account: channel.Account{AccountKey: number}}, inbox.Key("number")))
	for _, u := range append(staff, kim) {
		must(u, h.saveUser(ctx, u))
	}
	arrived := must(h.receive(ctx, channel.Inbound{Account: number, ExternalID: "wamid.1", Kind: channel.DirectMessage,
		Text: "My parcel has not come.", From: channel.Person{Name: "kimmie", Addresses: []channel.Address{{ID: kim.phone}}}}))

	ann, tom := must(h.user(ctx, "ann")), must(h.user(ctx, "tom"))
	desk := h.box.As(ann.actor())
	for c, err := range desk.Conversations(ctx, inbox.Filter{States: []inbox.State{inbox.StateNew}}, inbox.LongestWaiting) {
		id := must(c, err).ID
		fmt.Printf("New: %s, who is user %s. %s\n", c.Contact.Name, c.Contact.Attributes["user"].Value, must(h.ticket(ctx, id)))
		fmt.Println("Tom answers:", h.answer(ctx, tom, id, "No idea.", 5))
		fmt.Println("Ann closes:", h.close(ctx, ann, id))
		fmt.Printf("Of both nothing is left: it is %s. %s\n", must(desk.Header(ctx, id)).State, must(h.ticket(ctx, id)))
		fmt.Println("Ann answers:", h.answer(ctx, ann, id, "It comes today.", 10))
		fmt.Println("Ann closes:", h.close(ctx, ann, id))
	}
	fmt.Println(must(h.ticket(ctx, arrived.Conversation)))
	for item, err := range desk.Timeline(ctx, arrived.Conversation, inbox.WithTrail()) {
		fmt.Println("  ", must(item, err))
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}
