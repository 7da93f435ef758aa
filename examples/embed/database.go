package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/deskwright/deskwright/channel"
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

// find returns the kind of database that -store names.
func find(store string) (database, error) {
	kind, _, _ := strings.Cut(store, ":")
	for _, d := range databases {
		if strings.HasPrefix(d.name, kind+":") {
			return d, nil
		}
	}
	return database{}, fmt.Errorf("-store must be %s, not %q", storeNames(), store)
}

// open opens the database, and puts the inbox into the helpdesk.
func (d database) open(ctx context.Context, store string, whatsapp channel.Adapter) (*helpdesk, error) {
	source, err := d.source(store)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open(d.driver, source)
	if err != nil {
		return nil, err
	}
	h := &helpdesk{db: db, numbered: d.numbered}
	if err := h.embed(ctx, d.dialect, whatsapp); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return h, nil
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
