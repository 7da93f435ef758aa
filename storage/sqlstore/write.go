package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"sync/atomic"

	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage"
	"github.com/google/uuid"
)

// stamps is the largest stamp that is known. Whoever changes a row has read it before, so the next stamp is larger than the row's.
type stamps struct{ largest atomic.Int64 }

// seen makes the next stamp larger than one that a row has.
func (s *stamps) seen(stamp int64) {
	for {
		largest := s.largest.Load()
		if stamp <= largest || s.largest.CompareAndSwap(largest, stamp) {
			return
		}
	}
}

// next returns the stamp of a batch: about the time of its entries in microseconds.
func (s *stamps) next(changes []*inbox.Change) int64 {
	for {
		largest := s.largest.Load()
		stamp := largest + 1
		for _, ch := range changes {
			for i := range ch.Entries {
				stamp = max(stamp, ch.Entries[i].Time.UnixMicro())
			}
		}
		if s.largest.CompareAndSwap(largest, stamp) {
			return stamp
		}
	}
}

// putAll writes changes that are sound with as few statements as there can be: those that share a row, or give one up, each have one
// of their own.
func (s *Store) putAll(ctx context.Context, b *batch) {
	var run []int
	seen := map[guardKey]bool{}
	flush := func() {
		s.putTogether(ctx, b, run)
		run = run[:0]
		clear(seen)
	}
	for i := range b.changes {
		if b.errs[i] != nil {
			continue
		}
		keys := guardKeys(&b.changes[i])
		if alone := alone(&b.changes[i]); alone || slices.ContainsFunc(keys, func(k guardKey) bool { return seen[k] }) {
			flush()
			if b.errs[i] = twice(keys); b.errs[i] != nil {
				continue
			}
			if alone {
				b.errs[i] = s.putOne(ctx, &b.changes[i])
				continue
			}
		}
		if b.errs[i] = twice(keys); b.errs[i] != nil {
			continue
		}
		for _, k := range keys {
			seen[k] = true
		}
		run = append(run, i)
	}
	flush()
}

// twice refuses a change with a row twice.
func twice(keys []guardKey) error {
	for i := range keys {
		if slices.Contains(keys[:i], keys[i]) {
			return conflict(keys[i].table.name + " twice in one change")
		}
	}
	return nil
}

// putTogether writes changes with one statement and, where that cannot be, each with one of its own.
func (s *Store) putTogether(ctx context.Context, b *batch, run []int) {
	if len(run) < 2 {
		for _, i := range run {
			b.errs[i] = s.putOne(ctx, &b.changes[i])
		}
		return
	}
	changes := make([]*inbox.Change, len(run))
	for j, i := range run {
		changes[j] = &b.changes[i]
	}
	lost, err := s.retried(ctx, changes)
	switch {
	case errors.Is(err, storage.ErrConflict) || errors.Is(err, storage.ErrInvalid):
		for _, i := range run {
			b.errs[i] = s.putOne(ctx, &b.changes[i])
		}
		return
	case err != nil:
		for _, i := range run {
			b.errs[i] = err
		}
		return
	}
	for _, j := range lost {
		b.errs[run[j]] = conflict("a row has changed")
	}
	if len(lost) > 0 && s.settings.dialect == MySQL { // the others were not written
		s.putTogether(ctx, b, slices.DeleteFunc(run, func(i int) bool { return b.errs[i] != nil }))
	}
}

// putOne writes one change. Where a row's stamp was larger than ours it goes again.
func (s *Store) putOne(ctx context.Context, ch *inbox.Change) error {
	for try := 0; ; try++ {
		before := s.stamps.largest.Load()
		lost, err := s.retried(ctx, []*inbox.Change{ch})
		if len(lost) > 0 {
			err = conflict("a row has changed")
		}
		if try > 0 || !errors.Is(err, storage.ErrConflict) {
			return err
		}
		newer, failed := s.hasNewer(ctx, ch, before)
		if failed != nil {
			return failed
		}
		if !newer {
			return err
		}
	}
}

// retried writes changes with one statement, again where others were at it. It returns the places of those that lost.
func (s *Store) retried(ctx context.Context, changes []*inbox.Change) (lost []int, err error) {
	for range tries {
		lost, err = s.put(ctx, changes)
		if s.joined != nil || !errors.Is(err, storage.ErrBusy) {
			break
		}
	}
	return lost, err
}

// divided is the code of a statement in which a change was refused of which rows had been written.
const divided = "22012"

func (s *Store) put(ctx context.Context, changes []*inbox.Change) (lost []int, err error) {
	if s.settings.dialect == MySQL {
		return s.putSteps(ctx, changes, s.stamps.next(changes))
	}
	text, args, err := s.bound(writingOf(changes), len(changes) == 1, s.stamps.next(changes))
	if err != nil {
		return nil, err
	}
	run := func(t *tx) error {
		return t.written(text, args, func(rows *sql.Rows) error {
			var ch, one int
			err := rows.Scan(&ch, &one)
			lost = append(lost, ch)
			return err
		})
	}
	if s.joined != nil {
		err = s.inJoined(ctx, nil, run)
	} else {
		err = run(&tx{Store: s, ctx: ctx})
	}
	return lost, err
}

// written runs a statement that commits by itself, or takes part in the host's transaction.
func (t *tx) written(text string, args []any, each func(*sql.Rows) error) error {
	rows, err := t.handle().QueryContext(t.ctx, text, args...)
	if err == nil {
		defer func() { _ = rows.Close() }() // what it could say, Err has said
		for rows.Next() && err == nil {
			err = each(rows)
		}
		if err == nil {
			err = rows.Err()
		}
	}
	switch classes := t.settings.classes; {
	case err == nil:
		return nil
	case classes.Is(err, divided):
		return conflict("a row has changed")
	case t.tx != nil:
		return classes.Wrap("commit", err)
	default:
		return classes.Committing("commit", err)
	}
}

// bound says the statement for the rows and binds them.
func (s *Store) bound(w *writing, lone bool, stamp int64) (string, []any, error) {
	batch, err := uuid.NewV7()
	if err != nil {
		return "", nil, err
	}
	args := []any{batch[:], stamp}
	var shape shape
	shape.lone = lone
	for i := range w.sheets {
		sheet := &w.sheets[i]
		if sheet.n == 0 {
			continue
		}
		shape.rows[i] = 1
		if lone {
			shape.rows[i] = sheet.n
			args = append(args, sheet.cells...)
			continue
		}
		for j := range sheet.columns {
			column, err := sheet.column(j)
			if err != nil {
				return "", nil, err
			}
			args = append(args, column)
		}
	}
	if text, ok := s.shapes.Load(shape); ok {
		return text.(string), args, nil
	}
	text := s.say(statementOf(w, lone))
	s.shapes.Store(shape, text)
	return text, args, nil
}

// shape is what the text of a statement depends on.
type shape struct {
	lone bool
	rows [parts]int // of a lone change; else 1: there are some
}

const selectStamps = "SELECT coalesce(max(stamp), 0) FROM (SELECT stamp FROM deskwright_conversation WHERE tenant = ? AND id = ?" +
	" UNION ALL SELECT stamp FROM deskwright_contact WHERE tenant = ? AND id = ?" +
	" UNION ALL SELECT stamp FROM deskwright_document WHERE tenant = ? AND id = ?) s"

// hasNewer reports whether a row of a change may have a larger stamp than the one it was written with, and makes the next one larger.
func (s *Store) hasNewer(ctx context.Context, ch *inbox.Change, before int64) (newer bool, err error) {
	tenant := ch.Tenant.UUID[:]
	var conversation, person uuid.UUID
	if ch.Conversation != nil {
		conversation = ch.Conversation.ID.UUID
	}
	if ch.Contact != nil {
		person = ch.Contact.ID.UUID
	}
	documents := []uuid.UUID{uuid.Nil}
	for i := range ch.Documents {
		documents = append(documents, ch.Documents[i].ID)
	}
	err = s.readOne(ctx, "read stamps", func(t *tx) error {
		for i := range documents {
			var stamp int64
			if _, err := t.row(selectStamps, []any{&stamp}, tenant, conversation[:], tenant, person[:], tenant, documents[i][:]); err != nil {
				return err
			}
			newer = newer || stamp > before
			s.stamps.seen(stamp)
		}
		return nil
	})
	return newer, err
}
