package main

import (
	"context"
	"strconv"
	"time"
)

// joined is a transaction of the host's own, with one insert in it, without and with a message that is received within.
func joined(ctx context.Context, b *bench) (any, error) {
	o, err := b.ours(ctx, "joined", b.contacts)
	if err != nil {
		return nil, err
	}
	defer o.db.Close()
	if _, err := o.db.ExecContext(ctx, "CREATE TABLE orders (id INTEGER PRIMARY KEY, what TEXT NOT NULL, at INTEGER NOT NULL)"); err != nil {
		return nil, err
	}
	var with, alone []taken
	for range b.rounds {
		t, err := load{callers: 1}.keep(ctx, b.span, b.contacts, o.orders(false))
		if err != nil {
			return nil, err
		}
		alone = append(alone, t)
		if t, err = (load{callers: 1}).keep(ctx, b.span, b.contacts, o.orders(true)); err != nil {
			return nil, err
		}
		with = append(with, t)
	}
	found := compare(with, alone)
	return map[string]any{"insert_and_receive": found.Ours, "insert": found.Other, "ratio": found.Ratio}, nil
}

// orders writes one order of the host's, and a message in the same transaction.
func (o *ours) orders(message bool) work {
	return func(ctx context.Context, contact, n int) error {
		tx, err := o.db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
		if _, err := tx.ExecContext(ctx, "INSERT INTO orders (what, at) VALUES (?, ?)", "order "+strconv.Itoa(n), time.Now().UnixMicro()); err != nil {
			return err
		}
		if message {
			if _, err := o.box.On(o.store.Join(tx)).Receive(ctx, inbound(contact, n)); err != nil {
				return err
			}
		}
		return tx.Commit()
	}
}
