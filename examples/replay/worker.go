package main

import (
	"context"
	"strings"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/queue"
	"github.com/google/uuid"
)

// worker has its own inbox, with its own clock, over the store that all have in common. One goroutine uses it at a time.
type worker struct {
	lane     int
	format   string // names of different formats are different people
	box      *inbox.Inbox
	clock    *clock
	accounts map[channel.AccountKey]channel.AccountID // connected by this worker
	people   map[string]inbox.Actor
	saved    map[string]bool // of people, as agents
}

func newWorker(store inbox.Store, format string, lane int) (*worker, error) {
	w := &worker{
		lane:     lane,
		format:   format,
		clock:    &clock{},
		accounts: map[channel.AccountKey]channel.AccountID{},
		people:   map[string]inbox.Actor{},
		saved:    map[string]bool{},
	}
	var err error
	w.box, err = inbox.New(store, inbox.WithClock(w.clock))
	return w, err
}

// accounts of this program have ids that follow from what the network calls them, so that another run finds them.
var accounts = uuid.NewSHA1(uuid.NameSpaceURL, []byte("deskwright/examples/replay/account"))

func accountID(key channel.AccountKey) channel.AccountID {
	return channel.AccountID{UUID: uuid.NewSHA1(accounts, []byte(string(key.Network)+"/"+key.ExternalID))}
}

// connect makes sure that the account is connected. Saving what is there already changes nothing.
func (w *worker) connect(ctx context.Context, a channel.Account) error {
	if _, ok := w.accounts[a.AccountKey]; ok {
		return nil
	}
	a.ExternalID = strings.Clone(a.ExternalID) // it stays, the row that it is a piece of does not
	a.ID, a.Name = accountID(a.AccountKey), a.ExternalID
	_, err := w.box.As(inbox.System).SaveAccount(ctx, inbox.Account{Account: a})
	if err == nil {
		w.accounts[a.AccountKey] = a.ID
	}
	return err
}

// person returns the actor of that name.
func (w *worker) person(name string) inbox.Actor {
	who, ok := w.people[name]
	if !ok {
		name = strings.Clone(name) // it stays, the row that it is a piece of does not
		who = inbox.Person(queue.AgentNamed(w.format+"/"+name), name)
		w.people[name] = who
	}
	return who
}

// agent makes sure that conversations can be assigned to the person.
func (w *worker) agent(ctx context.Context, name string) (queue.AgentID, error) {
	who := w.person(name)
	if w.saved[who.Name] {
		return who.Agent, nil
	}
	_, err := w.box.As(inbox.System).SaveAgent(ctx, inbox.Agent{Agent: queue.Agent{ID: who.Agent, Name: who.Name}})
	if err == nil {
		w.saved[who.Name] = true
	}
	return who.Agent, err
}
