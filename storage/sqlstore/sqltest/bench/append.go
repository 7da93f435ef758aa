package main

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// appends is one caller that adds to a long conversation, and to one of 100 messages, on the same database.
func appends(ctx context.Context, b *bench) (any, error) {
	o, err := b.ours(ctx, "append", 2)
	if err != nil {
		return nil, err
	}
	defer o.db.Close()
	sizes := [2]int{100, b.long}
	var group errgroup.Group
	group.SetLimit(512)
	for contact, messages := range sizes {
		for range messages {
			n := int(numbers.Add(1))
			group.Go(func() error {
				_, err := o.box.Receive(ctx, inbound(contact, n))
				return err
			})
		}
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var rounds [2][]taken
	for range b.rounds {
		for contact := range sizes {
			t, err := load{callers: 1}.keep(ctx, b.span, 1, func(ctx context.Context, _, n int) error {
				_, err := o.box.Receive(ctx, inbound(contact, n))
				return err
			})
			if err != nil {
				return nil, err
			}
			rounds[contact] = append(rounds[contact], t)
		}
	}
	return map[string]any{"short": ratesOf(rounds[0]), "long": ratesOf(rounds[1]), "ratio_of_p50": ratioOf(rounds[1], rounds[0])}, nil
}
