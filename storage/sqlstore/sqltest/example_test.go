package sqltest_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage/sqlstore"
)

// A shop keeps its orders and its inbox in one file. An order and the note about it are written together or not at all.
func Example() {
	ctx := context.Background()
	folder, err := os.MkdirTemp("", "shop")
	must(err)
	defer os.RemoveAll(folder)
	db, err := sql.Open("sqlite", "file:"+filepath.Join(folder, "shop.db")+
		"?_pragma=journal_mode(wal)&_pragma=synchronous(full)&_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)")
	must(err)
	defer db.Close()

	must(sqlstore.Migrate(ctx, db, sqlstore.SQLite))
	store, err := sqlstore.New(db, sqlstore.SQLite)
	must(err)
	box, err := inbox.New(store)
	must(err)
	account := channel.AccountKey{Network: channel.WebChat, ExternalID: "shop"}
	_, err = box.As(inbox.System).SaveAccount(ctx, inbox.Account{Account: channel.Account{AccountKey: account}})
	must(err)
	received, err := box.Receive(ctx, channel.Inbound{Account: account, Kind: channel.DirectMessage, ExternalID: "1", Text: "One loaf, please.",
		From: channel.Person{Name: "Kim", Addresses: []channel.Address{{ID: "kim"}}}})
	must(err)

	_, err = db.Exec("CREATE TABLE orders (number INTEGER PRIMARY KEY, what TEXT)")
	must(err)
	tx, err := db.Begin()
	must(err)
	defer tx.Rollback()
	_, err = tx.Exec("INSERT INTO orders (what) VALUES ('a loaf')")
	must(err)
	_, err = box.On(store.Join(tx)).As(inbox.System).AddNote(ctx, received.Conversation, inbox.MessageID{}, "Order 1: a loaf.")
	must(err)
	must(tx.Commit())

	for item, err := range box.As(inbox.System).Timeline(ctx, received.Conversation) {
		must(err)
		switch {
		case item.Message != nil:
			fmt.Println(item.Message.Author.Name, "wrote:", item.Message.Text)
		case item.Note != nil:
			fmt.Println("noted:", item.Note.Text)
		}
	}
	// Output:
	// Kim wrote: One loaf, please.
	// noted: Order 1: a loaf.
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
