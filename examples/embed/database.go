package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage/sqlstore"
	_ "modernc.org/sqlite"
)

// database is a kind of database that the helpdesk can be kept in.
type database struct {
	name     string // of -store; it begins with what tells the kinds apart
	driver   string
	source   func(store string) (string, error) // what the driver is told, from all of -store
	dialect  sqlstore.Dialect
	numbered bool // a parameter is written $1 and not ?
}

var databases = []database{
	{"sqlite:FILE", "sqlite", file, sqlstore.SQLite, false},
}

// tables are the helpdesk's own. They stand beside those of the inbox, whose names begin with deskwright_.
var tables = []string{
	`CREATE TABLE IF NOT EXISTS users (
		id    VARCHAR(40)  NOT NULL PRIMARY KEY,
		name  VARCHAR(200) NOT NULL,
		role  VARCHAR(20)  NOT NULL,
		phone VARCHAR(20)  NOT NULL
	)`,
	`CREATE TABLE IF NOT EXISTS tickets (
		conversation VARCHAR(36)  NOT NULL PRIMARY KEY,
		status       VARCHAR(20)  NOT NULL,
		minutes      INTEGER      NOT NULL
	)`,
}

// file opens its transactions as writers (_txlock): one that only reads at first may find that others have written since.
func file(store string) (string, error) {
	name := strings.TrimPrefix(store, "sqlite:")
	if name == "" {
		return "", errors.New("-store sqlite: names no file")
	}
	return "file:" + url.PathEscape(name) + "?_txlock=immediate" +
		"&_pragma=journal_mode(wal)&_pragma=synchronous(full)&_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)", nil
}

// open opens the database that -store names, makes the tables where they are missing, and puts the inbox into the helpdesk.
func open(ctx context.Context, store string, whatsapp channel.Adapter) (*helpdesk, error) {
	kind, _, _ := strings.Cut(store, ":")
	i := slices.IndexFunc(databases, func(d database) bool { return strings.HasPrefix(d.name, kind+":") })
	if i < 0 {
		return nil, fmt.Errorf("-store must be %s, not %q", storeNames(), store)
	}
	source, err := databases[i].source(store)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open(databases[i].driver, source)
	if err != nil {
		return nil, err
	}
	h := &helpdesk{db: db, numbered: databases[i].numbered}
	if err := h.take(ctx, databases[i].dialect, whatsapp); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return h, nil
}

// take makes the helpdesk's tables and takes the inbox in.
func (h *helpdesk) take(ctx context.Context, dialect sqlstore.Dialect, whatsapp channel.Adapter) error {
	for _, table := range tables {
		if _, err := h.db.ExecContext(ctx, table); err != nil {
			return err
		}
	}
	if err := sqlstore.Migrate(ctx, h.db, dialect); err != nil {
		return err
	}
	store, err := sqlstore.New(h.db, dialect)
	if err != nil {
		return err
	}
	h.join = func(tx *sql.Tx) inbox.Store { return store.Join(tx) }
	h.box, err = inbox.New(store, inbox.WithAccess(access{}), inbox.WithAdapter(channel.WhatsApp, whatsapp))
	if err == nil {
		h.jobs = newScheduler(job{"inbox", h.box.Tick}) // and whatever else the helpdesk does by itself
	}
	return err
}

// storeNames lists what -store can be.
func storeNames() string {
	var names []string
	for _, d := range databases {
		names = append(names, d.name)
	}
	return strings.Join(names, " or ")
}

// sql writes the parameters of a query, which are ? here, as the database wants them.
func (h *helpdesk) sql(query string) string {
	if !h.numbered {
		return query
	}
	parts := strings.Split(query, "?")
	for i := range parts[1:] {
		parts[i] += "$" + strconv.Itoa(i+1)
	}
	return strings.Join(parts, "")
}
