package storagetest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage"
)

// Pair is two stores that are told and asked the same, one call after another. It answers as the second one does and reports where
// the first answers otherwise. Where the contract leaves an order open, any is taken.
type Pair struct {
	k       *kit
	mu      sync.Mutex
	first   inbox.Store
	second  inbox.Store
	tenants []inbox.Tenant
}

// NewPair returns a pair of empty stores that reports to t.
func NewPair(t testing.TB, first, second inbox.Store) *Pair {
	return &Pair{k: newKit(t, "two stores that were told the same answer the same", nil), first: first, second: second}
}

// Compare compares the dumps of all tenants that the stores were told of.
func (p *Pair) Compare() {
	p.k.Helper()
	for _, tenant := range p.tenants {
		p.k.same("the dump", Dump(p.k, p.second, tenant), Dump(p.k, p.first, tenant))
	}
}

// kinds of errors that callers tell apart.
var sorts = []error{storage.ErrNotFound, storage.ErrConflict, storage.ErrInvalid, storage.ErrBusy, storage.ErrUnknown}

func sortOf(err error) string {
	if err == nil {
		return "none"
	}
	for _, sort := range sorts {
		if errors.Is(err, sort) {
			return sort.Error()
		}
	}
	return "another"
}

// told compares the answers to one call.
func told[T any](p *Pair, what string, call func(inbox.Store) (T, error)) (T, error) {
	p.k.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	want, wantErr := call(p.first)
	got, err := call(p.second)
	p.k.same("the error of "+what, sortOf(err), sortOf(wantErr))
	p.k.same("the answer of "+what, got, want)
	return got, err
}

// Load implements inbox.Loader.
func (p *Pair) Load(ctx context.Context, snaps ...*inbox.Snapshot) error {
	got, err := told(p, "Load", func(s inbox.Store) ([]inbox.Snapshot, error) {
		all, each := make([]inbox.Snapshot, len(snaps)), make([]*inbox.Snapshot, len(snaps))
		for i, snap := range snaps {
			all[i].Ref, each[i] = snap.Ref, &all[i]
		}
		err := s.Load(ctx, each...)
		return all, err
	})
	for i, snap := range snaps {
		*snap = got[i]
	}
	return err
}

// Commit implements inbox.Committer.
func (p *Pair) Commit(ctx context.Context, changes ...inbox.Change) []error {
	for _, ch := range changes {
		p.know(ch.Tenant)
	}
	var errs []error
	_, _ = told(p, "Commit", func(s inbox.Store) ([]string, error) {
		errs = s.Commit(ctx, changes...)
		sorts := make([]string, len(errs))
		for i, err := range errs {
			sorts[i] = sortOf(err)
		}
		return sorts, nil
	})
	return errs
}

func (p *Pair) know(tenant inbox.Tenant) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if tenant != (inbox.Tenant{}) && !slices.Contains(p.tenants, tenant) {
		p.tenants = append(p.tenants, tenant)
	}
}

// List implements inbox.Lister.
func (p *Pair) List(ctx context.Context, tenant inbox.Tenant, q inbox.Query) ([]inbox.Listed, error) {
	return told(p, "List", func(s inbox.Store) ([]inbox.Listed, error) { return s.List(ctx, tenant, q) })
}

// Timeline implements inbox.Lister.
func (p *Pair) Timeline(ctx context.Context, tenant inbox.Tenant, id inbox.ConversationID, after int64, limit int,
	trail bool) ([]inbox.Item, error) {
	return told(p, "Timeline", func(s inbox.Store) ([]inbox.Item, error) { return s.Timeline(ctx, tenant, id, after, limit, trail) })
}

// Messages implements inbox.Lister.
func (p *Pair) Messages(ctx context.Context, tenant inbox.Tenant, ids ...inbox.MessageID) ([]inbox.Message, error) {
	return told(p, "Messages", func(s inbox.Store) ([]inbox.Message, error) {
		all, err := s.Messages(ctx, tenant, ids...)
		slices.SortFunc(all, func(a, b inbox.Message) int { return bytes.Compare(a.ID.UUID[:], b.ID.UUID[:]) })
		return all, err
	})
}

// Notes implements inbox.Lister.
func (p *Pair) Notes(ctx context.Context, tenant inbox.Tenant, ids ...inbox.NoteID) ([]inbox.Note, error) {
	return told(p, "Notes", func(s inbox.Store) ([]inbox.Note, error) {
		all, err := s.Notes(ctx, tenant, ids...)
		slices.SortFunc(all, func(a, b inbox.Note) int { return bytes.Compare(a.ID.UUID[:], b.ID.UUID[:]) })
		return all, err
	})
}

// Totals implements inbox.Lister.
func (p *Pair) Totals(ctx context.Context, tenant inbox.Tenant) (map[channel.AccountID]inbox.Totals, error) {
	return told(p, "Totals", func(s inbox.Store) (map[channel.AccountID]inbox.Totals, error) {
		all, err := s.Totals(ctx, tenant)
		return dropZero(all), err
	})
}

// Documents implements inbox.Cabinet.
func (p *Pair) Documents(ctx context.Context, tenant inbox.Tenant) (int64, []inbox.Document, error) {
	type answer struct {
		Epoch int64
		Docs  []inbox.Document
	}
	a, err := told(p, "Documents", func(s inbox.Store) (answer, error) {
		epoch, docs, err := s.Documents(ctx, tenant)
		return answer{epoch, docsByKey(docs)}, err
	})
	return a.Epoch, a.Docs, err
}

// Owner implements inbox.Cabinet.
func (p *Pair) Owner(ctx context.Context, key channel.AccountKey) (inbox.Tenant, channel.AccountID, error) {
	type answer struct {
		Tenant inbox.Tenant
		ID     channel.AccountID
	}
	a, err := told(p, "Owner", func(s inbox.Store) (answer, error) {
		tenant, id, err := s.Owner(ctx, key)
		return answer{tenant, id}, err
	})
	return a.Tenant, a.ID, err
}

// Claim implements inbox.Agenda. Rows that can be claimed at one instant come in any order.
func (p *Pair) Claim(ctx context.Context, now, until time.Time, limit int) ([]inbox.Due, error) {
	return told(p, "Claim", func(s inbox.Store) ([]inbox.Due, error) {
		rows, err := s.Claim(ctx, now, until, limit)
		slices.SortFunc(rows, func(a, b inbox.Due) int { return cmp.Or(a.At.Compare(b.At), bytes.Compare(a.Ref[:], b.Ref[:])) })
		return rows, err
	})
}

// Next implements inbox.Agenda.
func (p *Pair) Next(ctx context.Context) (time.Time, error) {
	return told(p, "Next", func(s inbox.Store) (time.Time, error) { return s.Next(ctx) })
}

// Feed implements inbox.Log.
func (p *Pair) Feed(ctx context.Context, tenant inbox.Tenant, after int64, limit int) ([]audit.Entry, error) {
	return told(p, "Feed", func(s inbox.Store) ([]audit.Entry, error) { return s.Feed(ctx, tenant, after, limit) })
}

// Batches implements inbox.Log.
func (p *Pair) Batches(ctx context.Context, tenant inbox.Tenant, after int64, limit int) ([]audit.Batch, error) {
	return told(p, "Batches", func(s inbox.Store) ([]audit.Batch, error) { return s.Batches(ctx, tenant, after, limit) })
}

// Head implements inbox.Log.
func (p *Pair) Head(ctx context.Context, tenant inbox.Tenant) (audit.Head, error) {
	return told(p, "Head", func(s inbox.Store) (audit.Head, error) { return s.Head(ctx, tenant) })
}

// Chains implements inbox.Log.
func (p *Pair) Chains(ctx context.Context, tenant inbox.Tenant, subjects ...audit.Subject) (map[audit.Subject]audit.Chain, error) {
	return told(p, "Chains", func(s inbox.Store) (map[audit.Subject]audit.Chain, error) { return s.Chains(ctx, tenant, subjects...) })
}
