package memory

import (
	"container/heap"
	"context"
	"fmt"
	"time"

	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage"
	"github.com/google/uuid"
)

// dueKey is the key of a row that waits, within its tenant.
type dueKey struct {
	kind inbox.DueKind
	ref  uuid.UUID
}

// due is a row that waits, and where it stands in the agenda.
type due struct {
	inbox.Due
	place int
}

// ready is when the row can be claimed.
func (d *due) ready() time.Time {
	if d.Leased.After(d.At) {
		return d.Leased
	}
	return d.At
}

// agenda is a heap of all rows that wait, the one that can be claimed first on top.
type agenda []*due

func (a agenda) Len() int           { return len(a) }
func (a agenda) Less(i, j int) bool { return a[i].ready().Before(a[j].ready()) }

func (a agenda) Swap(i, j int) {
	a[i], a[j] = a[j], a[i]
	a[i].place, a[j].place = i, j
}

// Push implements heap.Interface.
func (a *agenda) Push(x any) {
	d := x.(*due)
	d.place = len(*a)
	*a = append(*a, d)
}

// Pop implements heap.Interface.
func (a *agenda) Pop() any {
	last := len(*a) - 1
	d := (*a)[last]
	(*a)[last] = nil
	*a = (*a)[:last]
	return d
}

// Claim implements inbox.Agenda.
func (s *Store) Claim(ctx context.Context, now, until time.Time, limit int) ([]inbox.Due, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var taken []*due
	for len(taken) < limit && len(s.agenda) > 0 && !s.agenda[0].ready().After(now) {
		taken = append(taken, heap.Pop(&s.agenda).(*due))
	}
	until = micro(until)
	out := make([]inbox.Due, len(taken))
	for i, d := range taken {
		d.Leased = until
		d.Tries++
		out[i] = d.Due
		heap.Push(&s.agenda, d)
	}
	return out, nil
}

// Next implements inbox.Agenda.
func (s *Store) Next(ctx context.Context) (time.Time, error) {
	if err := ctx.Err(); err != nil {
		return time.Time{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if len(s.agenda) == 0 {
		return time.Time{}, nil
	}
	return s.agenda[0].ready(), nil
}

func (t *tenant) checkDues(id inbox.Tenant, dues []inbox.Due) error {
	for i := range dues {
		if dues[i].Tenant != id {
			return fmt.Errorf("memory: a due row of another tenant: %w", storage.ErrInvalid)
		}
		if d := &dues[i]; d.Fence != 0 {
			if row := t.dues[dueKey{d.Kind, d.Ref}]; row == nil || row.Tries != d.Fence {
				return conflict("due row")
			}
		}
	}
	return nil
}

func (s *Store) putDue(t *tenant, d *inbox.Due) {
	key := dueKey{d.Kind, d.Ref}
	row := t.dues[key]
	switch {
	case d.At.IsZero() && row == nil:
	case d.At.IsZero():
		heap.Remove(&s.agenda, row.place)
		delete(t.dues, key)
	case row == nil:
		row = &due{Due: trimDue(d)}
		t.dues[key] = row
		heap.Push(&s.agenda, row)
	default:
		row.Due = trimDue(d)
		heap.Fix(&s.agenda, row.place)
	}
}

func trimDue(d *inbox.Due) inbox.Due {
	out := *d
	out.Fence = 0
	out.At = micro(d.At)
	out.Leased = micro(d.Leased)
	return out
}
