package main

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"net/url"
	"os"
	"path/filepath"

	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage/memory"
	"github.com/deskwright/deskwright/storage/sqlstore"
	_ "modernc.org/sqlite"
)

// pragmas are what sqlstore asks of a file: whoever is told that something is written finds it after a power cut.
const pragmas = "?_pragma=journal_mode(wal)&_pragma=synchronous(full)&_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)"

// open returns where the inbox is kept, and what closes it.
func open(ctx context.Context, kind, file string) (store inbox.Store, done func()) {
	switch {
	case kind == "memory":
		return memory.New(), func() {}
	case kind != "sqlite":
		log.Fatalf("-store must be sqlite or memory, not %q", kind)
	case file == "":
		file = filepath.Join(must(os.MkdirTemp("", "quickstart-")), "inbox.db")
	}
	fmt.Println("The inbox is kept in", file)
	db := must(sql.Open("sqlite", "file:"+url.PathEscape(file)+pragmas))
	check(sqlstore.Migrate(ctx, db, sqlstore.SQLite)) // as often as you like
	return must(sqlstore.New(db, sqlstore.SQLite)), func() { check(db.Close()) }
}

func must[T any](value T, err error) T {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
