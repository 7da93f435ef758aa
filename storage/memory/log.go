package memory

import (
	"bytes"
	"context"
	"fmt"
	"sort"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage"
)

// pageSize is how many rows lie together, so that what only grows is never copied as a whole.
const pageSize = 256

// pages is a list that only grows.
type pages[T any] struct {
	all   [][]T
	count int64
}

// append adds a row at the end and returns where it lies.
func (p *pages[T]) append(row *T) *T {
	last := len(p.all) - 1
	switch {
	case last < 0:
		p.all = append(p.all, nil) // the first page grows as it is needed: many tenants have little
		last++
	case len(p.all[last]) == pageSize:
		p.all = append(p.all, make([]T, 0, pageSize))
		last++
	}
	p.all[last] = append(p.all[last], *row)
	p.count++
	return &p.all[last][len(p.all[last])-1]
}

// at returns the row at a place, counted from 0.
func (p *pages[T]) at(i int64) *T { return &p.all[i/pageSize][i%pageSize] }

// since returns the rows from a place on, for reading.
func (p *pages[T]) since(i int64) []T {
	first := int(i / pageSize)
	rows := p.all[first][i%pageSize:]
	for _, more := range p.all[first+1:] {
		rows = append(rows[:len(rows):len(rows)], more...)
	}
	return rows
}

// Feed implements inbox.Log.
func (s *Store) Feed(ctx context.Context, id inbox.Tenant, after int64, limit int) ([]audit.Entry, error) {
	if err := admit(ctx, id); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	t := s.of(id)
	after = max(after, 0)
	n := min(t.head.Position-after, int64(limit))
	if n <= 0 {
		return nil, nil
	}
	out := make([]audit.Entry, n)
	for i := range out {
		out[i] = copyEntry(t.log.at(after + int64(i)))
	}
	return out, nil
}

// Batches implements inbox.Log.
func (s *Store) Batches(ctx context.Context, id inbox.Tenant, after int64, limit int) ([]audit.Batch, error) {
	if err := admit(ctx, id); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	all := &s.of(id).batches
	first := sort.Search(int(all.count), func(i int) bool { return all.at(int64(i)).First > after })
	n := min(int(all.count)-first, limit)
	if n <= 0 {
		return nil, nil
	}
	out := make([]audit.Batch, n)
	for i := range out {
		out[i] = *all.at(int64(first + i))
	}
	return out, nil
}

// Head implements inbox.Log.
func (s *Store) Head(ctx context.Context, id inbox.Tenant) (audit.Head, error) {
	if err := admit(ctx, id); err != nil {
		return audit.Head{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	head := s.of(id).head
	head.Tenant = id.UUID
	return head, nil
}

// Chains implements inbox.Log.
func (s *Store) Chains(ctx context.Context, id inbox.Tenant, subjects ...audit.Subject) (map[audit.Subject]audit.Chain, error) {
	if err := admit(ctx, id); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	t := s.of(id)
	out := make(map[audit.Subject]audit.Chain, len(subjects))
	for _, subject := range subjects {
		if chain, ok := t.chain(subject); ok {
			out[subject] = chain
		}
	}
	return out, nil
}

// checkEntries refuses entries of another tenant, and places in a subject's chain that are taken.
func (t *tenant) checkEntries(id inbox.Tenant, entries []audit.Entry) error {
	for i := range entries {
		e := &entries[i]
		if e.Tenant != id.UUID {
			return fmt.Errorf("memory: a log entry of another tenant: %w", storage.ErrInvalid)
		}
		if t.look(e.Subject).has(e.Seq) {
			return conflict("log entry")
		}
		for j := range i {
			if entries[j].Seq == e.Seq && entries[j].Subject == e.Subject {
				return conflict("log entry twice in one change")
			}
		}
	}
	return nil
}

// appendEntries writes the entries of a change. Their positions follow those of the commit under way, which seal ends.
func (s *Store) appendEntries(t *tenant, entries []audit.Entry) {
	if len(entries) > 0 && t.log.count == t.head.Position {
		s.unsealed = append(s.unsealed, t)
	}
	for i := range entries {
		e := t.log.append(&entries[i])
		e.Data = t.contents.copy(e.Data)
		e.Time = micro(e.Time)
		e.Position = t.log.count
		t.subject(e.Subject).line(e.Seq).position = e.Position
	}
}

// seal ends a commit: what it has written becomes one batch for each tenant.
func (s *Store) seal() {
	for i, t := range s.unsealed {
		entries := t.log.since(t.head.Position)
		batch := t.head.SealRoot(int64(len(entries)), audit.RootOf(entries))
		t.batches.append(&batch)
		s.unsealed[i] = nil
	}
	s.unsealed = s.unsealed[:0]
}

func copyEntry(e *audit.Entry) audit.Entry {
	out := *e
	out.Data = bytes.Clone(e.Data)
	return out
}
