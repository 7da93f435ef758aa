package main

import (
	"context"
	"database/sql"
	"strings"

	"golang.org/x/sync/errgroup"
)

// disk is what a message takes in the file when each contact has written five times, and which tables and indexes take it. Which ones
// is told only where the driver's SQLite has dbstat.
func disk(ctx context.Context, b *bench) (any, error) {
	o, err := b.ours(ctx, "disk", b.contacts)
	if err != nil {
		return nil, err
	}
	defer o.db.Close()
	var group errgroup.Group
	group.SetLimit(256)
	messages := 5 * b.contacts
	for i := b.contacts; i < messages; i++ {
		group.Go(func() error {
			_, err := o.box.Receive(ctx, inbound(i%b.contacts, i))
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var bytes int64
	row := o.db.QueryRowContext(ctx, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
	if err := row.Scan(&bytes); err != nil {
		return nil, err
	}
	parts, err := parts(ctx, o.db, messages)
	return map[string]any{"bytes_per_message": bytes / int64(messages), "messages": messages, "of_which": parts}, err
}

// parts are the bytes a message of each table and index.
func parts(ctx context.Context, db *sql.DB, messages int) (map[string]int64, error) {
	rows, err := db.QueryContext(ctx, "SELECT name, sum(pgsize) FROM dbstat GROUP BY name")
	if err != nil {
		return nil, nil //nolint:nilerr // this SQLite was built without it
	}
	defer rows.Close()
	found := map[string]int64{}
	for rows.Next() {
		var name string
		var bytes int64
		if err := rows.Scan(&name, &bytes); err != nil {
			return nil, err
		}
		if each := bytes / int64(messages); each > 0 {
			found[strings.TrimPrefix(name, "deskwright_")] = each
		}
	}
	return found, rows.Err()
}
