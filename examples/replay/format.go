package main

import (
	"context"
	"io"
	"time"

	"github.com/deskwright/deskwright/inbox"
)

// format is one way in which conversations are recorded. Another format is a line in formats and a file beside twcs.go.
type format struct {
	name  string
	begin func() recording
}

var formats = []format{
	{"twcs", func() recording { return &twcs{} }},
	{"incidents", func() recording { return &incidents{} }},
	{"star", func() recording { return &star{} }},
}

// recording is one file while it is replayed, once.
type recording interface {
	// open reads what stands before the rows; it will report rows that are no rows. A file of another format is a *usageError.
	open(in io.Reader, bad func(line int, err error)) error

	// play hands the rows to the crew. What it returns breaks the replay off; bad rows are told to the crew.
	play(context.Context, *crew) error

	// totals says what came of it, after the crew has done everything.
	totals(context.Context, *inbox.Desk) (summary, error)
}

// once replays the file one time.
func once(ctx context.Context, o options, store inbox.Store, file *file, c *console) (outcome, error) {
	in, err := file.open()
	if err != nil {
		return outcome{}, err
	}
	defer in.close()
	r := o.format.begin()
	if err := r.open(in, c.bad); err != nil {
		return outcome{}, err
	}

	bad, started := c.count(), time.Now()
	crew, err := newCrew(ctx, store, o.format.name, o.workers, c)
	if err != nil {
		return outcome{}, err
	}
	stop := c.follow(crew, in)
	err = crew.finish(r.play(crew.ctx, crew))
	took := time.Since(started)
	stop()
	if err != nil {
		return outcome{}, err
	}
	return conclude(ctx, r, crew, store, c.count()-bad, took)
}

// conclude makes the summary, out of the store where it can be asked.
func conclude(ctx context.Context, r recording, w *crew, store inbox.Store, bad int64, took time.Duration) (outcome, error) {
	box, err := inbox.New(store)
	if err != nil {
		return outcome{}, err
	}
	o := outcome{bad: bad, took: took, rows: w.rows.Load(), messages: w.messages.Load()}
	if o.summary, err = r.totals(ctx, box.As(inbox.System)); err != nil {
		return outcome{}, err
	}
	report, err := box.Verify(ctx)
	if o.broken, err = broken(err); err != nil {
		return outcome{}, err
	}
	o.summary = append(o.summary,
		total{"duplicates", w.duplicates.Load()},
		total{"bad_rows", bad},
		total{"audit_entries", report.Entries},
		total{"audit_verified", o.broken == nil},
	)
	return o, nil
}
