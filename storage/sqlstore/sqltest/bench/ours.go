package main

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strconv"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/queue"
	"github.com/deskwright/deskwright/storage/sqlstore"
	"golang.org/x/sync/errgroup"
)

// dsns are how a file is opened with each driver, with 64 MiB of cache and a synchronous of one's choice.
var dsns = map[string]string{
	"sqlite":  "_pragma=journal_mode(wal)&_pragma=synchronous(%s)&_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)&_pragma=cache_size(-65536)",
	"sqlite3": "_journal_mode=WAL&_synchronous=%s&_busy_timeout=5000&_foreign_keys=1&_cache_size=-65536",
}

func (b *bench) open(name, synchronous string) (*sql.DB, error) {
	return sql.Open(b.driver, "file:"+filepath.Join(b.folder, name)+"?"+fmt.Sprintf(dsns[b.driver], synchronous))
}

// ours is an inbox over the store under measurement.
type ours struct {
	db    *sql.DB
	store *sqlstore.Store
	box   *inbox.Inbox
}

// shop is what the channel account is called.
var shop = channel.AccountKey{Network: channel.WebChat, ExternalID: "shop"}

// ours returns an inbox with the contacts, each of which has written once.
func (b *bench) ours(ctx context.Context, name string, contacts int) (*ours, error) {
	quick, err := b.inbox(ctx, name, "normal") // NORMAL while it is filled
	if err != nil {
		return nil, err
	}
	var group errgroup.Group
	group.SetLimit(256)
	for i := range contacts {
		group.Go(func() error { return quick.receive(ctx, i, -i-1) })
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	if err := quick.db.Close(); err != nil {
		return nil, err
	}
	return b.inbox(ctx, name, "full")
}

func (b *bench) inbox(ctx context.Context, name, synchronous string) (*ours, error) {
	db, err := b.open(name, synchronous)
	if err != nil {
		return nil, err
	}
	if err := sqlstore.Migrate(ctx, db, sqlstore.SQLite); err != nil {
		return nil, err
	}
	return inboxOn(ctx, db, sqlstore.SQLite, sqlstore.WithNormalSynchronous())
}

// inboxOn returns an inbox with an account in a database that has its tables.
func inboxOn(ctx context.Context, db *sql.DB, dialect sqlstore.Dialect, options ...sqlstore.Option) (*ours, error) {
	store, err := sqlstore.New(db, dialect, options...)
	if err != nil {
		return nil, err
	}
	box, err := inbox.New(store)
	if err != nil {
		return nil, err
	}
	o := &ours{db: db, store: store, box: box}
	_, err = box.As(inbox.System).SaveAccount(ctx, inbox.Account{Account: channel.Account{AccountKey: shop, Name: "Shop"}}, inbox.Key("shop"))
	return o, err
}

// inbound is the message that all measurements are about.
func inbound(contact, n int) channel.Inbound {
	return channel.Inbound{
		Account: shop, ExternalID: "m" + strconv.Itoa(n), Kind: channel.ChatMessage, Text: text,
		From: channel.Person{Name: "Kim", Addresses: []channel.Address{{ID: "c" + strconv.Itoa(contact)}}},
	}
}

const text = "Hello, is anybody there? I have been waiting for an answer about my parcel since yesterday, and nobody has called me back."

// receive is a message of a contact. One in twenty comes from a new one.
func (o *ours) receive(ctx context.Context, contact, n int) error {
	if n%20 == 0 {
		contact = n + 1_000_000
	}
	_, err := o.box.Receive(ctx, inbound(contact, n))
	return err
}

// ann is the agent at work.
var ann = inbox.Person(queue.AgentNamed("Ann"), "Ann")

// conversations returns the ids of as many conversations.
func (o *ours) conversations(ctx context.Context, limit int) ([]inbox.ConversationID, error) {
	var ids []inbox.ConversationID
	for h, err := range o.box.As(inbox.System).Conversations(ctx, inbox.Filter{}, inbox.Oldest, inbox.Limit(limit)) {
		if err != nil {
			return nil, err
		}
		ids = append(ids, h.ID)
	}
	return ids, nil
}
