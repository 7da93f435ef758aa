package inbox_test

import (
	"context"
	"fmt"
	"log"
	"slices"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/queue"
	"github.com/deskwright/deskwright/storage/memory"
)

// directory is a host's own knowledge of who works on what.
type directory struct {
	accounts map[queue.AgentID][]channel.AccountID
	trainees []queue.AgentID
}

// May lets trainees do everything but write to contacts.
func (d *directory) May(_ context.Context, a inbox.Actor, p inbox.Permission, o inbox.Object) (bool, error) {
	writes := p == inbox.MayReplyPublic || p == inbox.MayReplyPrivate
	return !writes || !slices.Contains(d.trainees, a.Agent), nil
}

// Sight shows everybody the accounts that are theirs.
func (d *directory) Sight(_ context.Context, _ inbox.Tenant, a inbox.Actor) (inbox.Sight, error) {
	return inbox.Sight{Accounts: d.accounts[a.Agent]}, nil
}

// A host that knows its people answers for them.
func ExampleWithAccess() {
	ctx := context.Background()
	people := &directory{accounts: map[queue.AgentID][]channel.AccountID{}}
	box, err := inbox.New(memory.New(), inbox.WithAccess(people))
	if err != nil {
		log.Fatal(err)
	}
	key := channel.AccountKey{Network: channel.SMS, ExternalID: "+15550100"}
	phone, err := box.As(inbox.System).SaveAccount(ctx, inbox.Account{Account: channel.Account{AccountKey: key}})
	if err != nil {
		log.Fatal(err)
	}
	r, err := box.Receive(ctx, channel.Inbound{Account: key, ExternalID: "1", Kind: channel.DirectMessage, Text: "Are you open?",
		From: channel.Person{Addresses: []channel.Address{{ID: "+15550199"}}}})
	if err != nil {
		log.Fatal(err)
	}

	tom := inbox.Person(queue.AgentNamed("tom"), "Tom")
	people.trainees = append(people.trainees, tom.Agent)
	_, err = box.As(tom).Reply(ctx, r.Conversation, inbox.Reply{Text: "Yes!"})
	fmt.Println(err)

	people.accounts[tom.Agent] = []channel.AccountID{phone.ID}
	_, err = box.As(tom).Reply(ctx, r.Conversation, inbox.Reply{Text: "Yes!"})
	fmt.Println(err)
	_, err = box.As(tom).AddNote(ctx, r.Conversation, inbox.MessageID{}, "We are open until six.")
	fmt.Println(err)
	// Output:
	// reply: inbox: no such conversation
	// reply: inbox: not permitted: reply_private
	// <nil>
}
