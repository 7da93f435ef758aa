package main

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage/memory"
	"github.com/deskwright/deskwright/storage/sqlstore"
	_ "modernc.org/sqlite"
)

// opener opens a store, and says how to close it. What it is told to open and cannot is a *usageError.
type opener func(context.Context) (store inbox.Store, done func() error, err error)

// stores are the places to replay into, as -store names them. Another store is a line here; one that is kept somewhere has a name
// such as "kind:FILE", and is told what stands for FILE.
var stores = []struct {
	name string
	at   func(where string) opener
}{
	{"memory", func(string) opener { return openMemory }},
	{"sqlite:FILE", func(file string) opener {
		return func(ctx context.Context) (inbox.Store, func() error, error) { return openSQLite(ctx, file) }
	}},
}

// findStore returns how to open what -store names; nil: it names none.
func findStore(named string) opener {
	kind, where, somewhere := strings.Cut(named, ":")
	for _, s := range stores {
		if k, _, kept := strings.Cut(s.name, ":"); k == kind && kept == somewhere && kept == (where != "") {
			return s.at(where)
		}
	}
	return nil
}

func storeNames() []string {
	var names []string
	for _, s := range stores {
		names = append(names, s.name)
	}
	return names
}

func openMemory(context.Context) (inbox.Store, func() error, error) {
	return memory.New(), func() error { return nil }, nil
}

// durable are the settings of a file under which nothing is lost once it is said to be written, not even when the power goes.
const durable = "_pragma=journal_mode(wal)&_pragma=synchronous(full)&_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)"

// openSQLite opens the file, or makes it, with the tables in it.
func openSQLite(ctx context.Context, file string) (inbox.Store, func() error, error) {
	path, err := writable(file)
	if err != nil {
		return nil, nil, usagef("-store: %v", err)
	}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+durable)
	if err != nil {
		return nil, nil, err
	}
	err = sqlstore.Migrate(ctx, db, sqlstore.SQLite)
	var store *sqlstore.Store
	if err == nil {
		store, err = sqlstore.New(db, sqlstore.SQLite)
	}
	if err != nil {
		return nil, nil, errors.Join(usagef("-store: %s: %v", file, err), db.Close())
	}
	return store, db.Close, nil
}

// writable makes the file if it is not there. SQLite alone would not say why it cannot be opened.
func writable(file string) (path string, err error) {
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return "", err
	}
	if err := f.Close(); err != nil {
		return "", err
	}
	return filepath.Abs(file)
}
