package inbox_test

import (
	"context"
	"reflect"
	"sync"
	"testing"

	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage/memory"
	"github.com/deskwright/deskwright/storage/storagetest"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// applying is a store that compares, at every commit, what Load answers afterwards with what Apply makes of what it answered before,
// for the refs that commands have asked with of late.
type applying struct {
	inbox.Store
	t *testing.T

	mu             sync.Mutex
	refs           []inbox.Ref
	applied, given int
}

// remembered is how many refs are asked again.
const remembered = 24

// Load implements inbox.Loader.
func (a *applying) Load(ctx context.Context, snaps ...*inbox.Snapshot) error {
	a.mu.Lock()
	for _, s := range snaps {
		a.refs = append(a.refs, s.Ref)
	}
	a.refs = a.refs[max(0, len(a.refs)-remembered):]
	a.mu.Unlock()
	return a.Store.Load(ctx, snaps...)
}

// Commit implements inbox.Committer.
func (a *applying) Commit(ctx context.Context, changes ...inbox.Change) []error {
	a.mu.Lock()
	defer a.mu.Unlock()
	errs := make([]error, len(changes))
	for i := range changes {
		before := a.all(a.refs)
		if errs[i] = a.Store.Commit(ctx, changes[i])[0]; errs[i] != nil {
			continue
		}
		after := a.all(a.refs)
		for j, s := range before {
			a.given++
			if !s.Apply(&changes[i]) {
				continue
			}
			a.applied++
			if reflect.DeepEqual(after[j], s) {
				continue // which is quicker to see
			}
			if diff := cmp.Diff(after[j], s, cmpopts.EquateEmpty()); diff != "" {
				a.t.Errorf("ref %+v: what Load answers (-) is not what Apply makes (+):\n%s", s.Ref, diff)
			}
		}
	}
	return errs
}

func (a *applying) all(refs []inbox.Ref) []*inbox.Snapshot {
	snaps := make([]*inbox.Snapshot, len(refs))
	for i, ref := range refs {
		snaps[i] = &inbox.Snapshot{Ref: ref}
	}
	if err := a.Store.Load(context.Background(), snaps...); err != nil {
		a.t.Error(err)
	}
	return snaps
}

func TestLoadAfterCommitEqualsLoadBeforeApplied(t *testing.T) {
	var stores []*applying
	storagetest.Scenario(t, func(t *testing.T) inbox.Store {
		stores = append(stores, &applying{Store: memory.New(), t: t})
		return stores[len(stores)-1]
	})
	var given, applied int
	for _, a := range stores {
		given, applied = given+a.given, applied+a.applied
	}
	if t.Logf("%d of %d snapshots could be applied to", applied, given); applied*100 < given*95 {
		t.Errorf("of %d snapshots only %d could be applied to", given, applied)
	}
}
