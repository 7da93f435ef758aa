package inbox

import (
	"context"
	"slices"

	"github.com/deskwright/deskwright/audit"
)

// Checkpoint returns where the log of the tenant ends now. Kept outside the database, it lets Verify find a log whose tail was cut.
func (b *Inbox) Checkpoint(ctx context.Context) (audit.Head, error) {
	return b.store.Head(ctx, b.tenant)
}

// Verify reads the whole log of the tenant and checks it: positions without gaps, every entry's hash and content, every
// subject's chain up to the row that it belongs to, the chained roots, and each checkpoint. The first thing that does not hold is
// an *audit.BrokenError. What is written meanwhile does not disturb it; it needs memory for every subject, not for every entry.
func (b *Inbox) Verify(ctx context.Context, checkpoints ...audit.Head) (audit.Report, error) {
	head, err := b.store.Head(ctx, b.tenant)
	if err != nil {
		return audit.Report{}, err
	}
	v := &verification{box: b, head: head, Verifier: audit.NewVerifier(b.tenant.UUID, checkpoints...)}
	v.Content(func(s audit.Subject) (audit.Chain, bool) {
		c, ok := v.chains[s]
		return c, ok
	})
	if err := v.batches(ctx); err != nil {
		return v.Report(), err
	}
	if err := v.ends(ctx); err != nil {
		return v.Report(), err
	}
	err = v.Done(head)
	return v.Report(), err
}

// verification is one run of Verify.
type verification struct {
	*audit.Verifier
	box    *Inbox
	head   audit.Head
	chains map[audit.Subject]audit.Chain // of the subjects of the entries at hand
	later  map[audit.Subject]bool        // subjects that have been written to since the head was read
}

// batches shows the verifier every batch up to the head, with its entries.
func (v *verification) batches(ctx context.Context) error {
	store, tenant := v.box.store, v.box.tenant
	at := int64(0)
	var entries []audit.Entry
	for at < v.head.Position {
		batches, err := store.Batches(ctx, tenant, at, page)
		if err != nil {
			return err
		}
		if len(batches) == 0 {
			return nil // Done says what is missing
		}
		for _, batch := range batches {
			if batch.First > v.head.Position {
				return nil
			}
			if entries, err = v.entries(ctx, at, batch.Count); err != nil {
				return err
			}
			if err := v.Batch(batch, entries); err != nil {
				return err
			}
			at += batch.Count
		}
	}
	return nil
}

// entries reads the next entries and the chains of their subjects.
func (v *verification) entries(ctx context.Context, after, count int64) ([]audit.Entry, error) {
	var all []audit.Entry
	for int64(len(all)) < count {
		some, err := v.box.store.Feed(ctx, v.box.tenant, after+int64(len(all)), int(min(count-int64(len(all)), page)))
		if err != nil {
			return nil, err
		}
		if len(some) == 0 {
			break
		}
		all = append(all, some...)
	}
	var subjects []audit.Subject
	for i := range all {
		if !slices.Contains(subjects, all[i].Subject) {
			subjects = append(subjects, all[i].Subject)
		}
	}
	var err error
	v.chains, err = v.box.store.Chains(ctx, v.box.tenant, subjects...)
	return all, err
}

// ends compares the chain kept in every subject's row with the last entry seen of it. A subject that has been written to since is
// left to the next verification.
func (v *verification) ends(ctx context.Context) error {
	subjects := slices.Collect(v.Subjects())
	rows := map[audit.Subject]audit.Chain{}
	for some := range slices.Chunk(subjects, page) {
		chains, err := v.box.store.Chains(ctx, v.box.tenant, some...)
		if err != nil {
			return err
		}
		for s, c := range chains {
			rows[s] = c
		}
	}
	if err := v.since(ctx); err != nil {
		return err
	}
	for _, s := range subjects {
		if v.later[s] {
			continue
		}
		if err := v.Chain(s, rows[s]); err != nil {
			return err
		}
	}
	return nil
}

// since notes the subjects that have been written to after the head was read. What the log has now must end where its head is now.
func (v *verification) since(ctx context.Context) error {
	v.later = map[audit.Subject]bool{}
	last := v.head.Position
	for e, err := range v.box.Feed(ctx, last) {
		if err != nil {
			return err
		}
		v.later[e.Subject] = true
		last = e.Position
	}
	now, err := v.box.store.Head(ctx, v.box.tenant)
	if err == nil && last > now.Position {
		err = &audit.BrokenError{Tenant: v.box.tenant.UUID, Position: last, Problem: "it stands behind the end of the log"}
	}
	return err
}
