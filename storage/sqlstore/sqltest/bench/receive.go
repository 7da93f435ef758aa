package main

import (
	"context"
	"time"
)

// receiveAlone is one caller of Receive against one transaction a message.
func receiveAlone(ctx context.Context, b *bench) (any, error) {
	return b.against(ctx, load{callers: 1}, 1)
}

// receiveTogether is 64 callers of Receive against transactions of 64 messages.
func receiveTogether(ctx context.Context, b *bench) (any, error) {
	evenly, err := b.against(ctx, load{callers: 64}, 64)
	if err != nil {
		return nil, err
	}
	skewed, err := b.against(ctx, load{callers: 64, skewed: true}, 64)
	return map[string]any{"spread": evenly, "skewed": skewed}, err
}

// against measures Receive against transactions of so many messages by hand, on databases of their own.
func (b *bench) against(ctx context.Context, l load, size int) (any, error) {
	name := time.Now().Format("150405.000000")
	o, err := b.ours(ctx, name+".ours", b.contacts)
	if err != nil {
		return nil, err
	}
	defer o.db.Close()
	h, err := b.byHand(ctx, name+".hand", b.contacts)
	if err != nil {
		return nil, err
	}
	defer h.db.Close()
	var mine, others []taken
	for range b.rounds {
		t, err := l.keep(ctx, b.span, b.contacts, o.receive)
		if err != nil {
			return nil, err
		}
		mine = append(mine, t)
		if t, err = h.keep(ctx, b, l, size); err != nil {
			return nil, err
		}
		others = append(others, t)
	}
	return compare(mine, others), nil
}

// keep writes batches of so many messages for a while. A message takes as long as its batch.
func (h *byHand) keep(ctx context.Context, b *bench, l load, size int) (taken, error) {
	pick := l.picker(b.contacts, 0)
	var times []time.Duration
	begin := time.Now()
	for time.Since(begin) < b.span {
		from := time.Now()
		if err := h.batch(ctx, size, func() (int, int) { return pick(), int(numbers.Add(1)) }); err != nil {
			return taken{}, err
		}
		for range size {
			times = append(times, time.Since(from))
		}
	}
	return summed(times, time.Since(begin)), nil
}
