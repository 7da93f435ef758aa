package main

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"

	"github.com/deskwright/deskwright/inbox"
)

// firstPage is one caller that reads the first page of New, 50 conversations, of databases of several sizes.
func firstPage(ctx context.Context, b *bench) (any, error) {
	all := make([]*ours, len(b.pages))
	for i, n := range b.pages {
		o, err := b.filled(ctx, fmt.Sprint("page", n), n)
		if err != nil {
			return nil, err
		}
		defer o.db.Close()
		all[i] = o
	}
	rounds := make([][]taken, len(all))
	for range b.rounds {
		for i, o := range all {
			t, err := load{callers: 1}.keep(ctx, b.span, 1, o.page)
			if err != nil {
				return nil, err
			}
			rounds[i] = append(rounds[i], t)
		}
	}
	found := map[string]any{}
	for i, n := range b.pages {
		found[fmt.Sprint(n)] = ratesOf(rounds[i])
	}
	found["ratio_of_p50"] = ratioOf(rounds[len(rounds)-1], rounds[0])
	return found, nil
}

func (o *ours) page(ctx context.Context, _, _ int) error {
	n := 0
	for _, err := range o.box.As(ann).Conversations(ctx, inbox.Filter{States: []inbox.State{inbox.StateNew}}, inbox.Newest, inbox.Limit(50)) {
		if err != nil {
			return err
		}
		n++
	}
	if n != 50 {
		return fmt.Errorf("the page has %d conversations", n)
	}
	return nil
}

// filled returns an inbox with so many conversations, a fifth of them New, each of a contact of its own: copies of one that was
// received, as if they had come a second apart.
func (b *bench) filled(ctx context.Context, name string, n int) (*ours, error) {
	o, err := b.ours(ctx, name, 1)
	if err != nil {
		return nil, err
	}
	id := "CAST(printf('%016d', i) AS BLOB)"
	for _, c := range []struct {
		table  string
		change map[string]string
	}{
		{"deskwright_contact", map[string]string{"id": id}},
		{"deskwright_identity", map[string]string{"id": id, "contact": id, "address": "address || i"}},
		{"deskwright_thread", map[string]string{"id": id, "identity": id, "conversation": id}},
		{"deskwright_conversation", map[string]string{"id": id, "thread": id, "identity": id, "state": "CASE WHEN i % 5 = 0 THEN 1 ELSE 3 END",
			"newest_at": "newest_at - i * 1000000", "waiting_at": "waiting_at - i * 1000000", "due_at": "due_at - i * 1000000"}},
	} {
		if err := copies(ctx, o.db, c.table, n, c.change); err != nil {
			return nil, err
		}
	}
	return o, checkpointed(ctx, o.db)
}

// checkpointed waits until all is in the file itself.
func checkpointed(ctx context.Context, db *sql.DB) error {
	_, err := db.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	return err
}

func columns(ctx context.Context, db *sql.DB, table string) ([]string, error) {
	rows, err := db.QueryContext(ctx, "SELECT name FROM pragma_table_info(?)", table)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}

// copies makes n copies of the one row of a table, numbered from 1 as i; change says what is another in each.
func copies(ctx context.Context, db *sql.DB, table string, n int, change map[string]string) error {
	names, err := columns(ctx, db, table)
	if err != nil {
		return err
	}
	values := make([]string, len(names))
	for c, name := range names {
		values[c] = name
		if to := change[name]; to != "" {
			values[c] = to
		}
	}
	_, err = db.ExecContext(ctx, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < "+strconv.Itoa(n)+") INSERT INTO "+table+
		" ("+strings.Join(names, ", ")+") SELECT "+strings.Join(values, ", ")+" FROM n, (SELECT * FROM "+table+" LIMIT 1)")
	return err
}
