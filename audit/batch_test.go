package audit_test

import (
	"testing"

	"github.com/deskwright/deskwright/audit"
	"github.com/google/uuid"
)

func TestPositionsHaveNoGaps(t *testing.T) {
	r := sample()
	for i, e := range r.all() {
		if e.Position != int64(i+1) {
			t.Errorf("entry %d has position %d", i+1, e.Position)
		}
	}
	if want := (audit.Head{Tenant: tenant, Position: 10, Root: r.Batches[4].Row.Chained}); r.Head != want {
		t.Errorf("head %+v, want %+v", r.Head, want)
	}
}

func TestSealingLaterGivesTheSameLog(t *testing.T) {
	r := sample()
	h := audit.Head{Tenant: tenant}
	for _, b := range r.Batches {
		if got := h.SealRoot(int64(len(b.Entries)), audit.RootOf(b.Entries)); got != b.Row {
			t.Errorf("got %+v, want %+v", got, b.Row)
		}
	}
	if h != r.Head {
		t.Errorf("head %+v, want %+v", h, r.Head)
	}
}

func TestSealingNothingMovesNothing(t *testing.T) {
	r := sample()
	h := r.Head
	for name, b := range map[string]audit.Batch{
		"nil": h.Seal(nil), "no entries": h.Seal([]audit.Entry{}), "count 0": h.SealRoot(0, audit.Hash{1}), "count -1": h.SealRoot(-1, audit.Hash{1}),
	} {
		if b != (audit.Batch{}) || h != r.Head {
			t.Errorf("%s: batch %+v, head %+v", name, b, h)
		}
	}
}

func TestSealingForAnotherTenantPanicsAndLeavesEverything(t *testing.T) {
	r := sample()
	h := r.Head
	entries := []audit.Entry{fact(conversation, "message.received", `{}`), {Tenant: uuid.UUID{1}}}
	defer func() {
		if recover() == nil || h != r.Head || entries[0].Position != 0 {
			t.Errorf("head %+v, entries %+v", h, entries)
		}
	}()
	h.Seal(entries)
}

func TestTheSameBatchElsewhereHasAnotherRoot(t *testing.T) {
	seen := map[audit.Hash]audit.Head{}
	for _, h := range []audit.Head{
		{}, {Tenant: tenant}, {Position: 1}, {Root: audit.Hash{1}}, {Tenant: tenant, Position: 1}, {Position: 1 << 53},
	} {
		for count := range int64(3) {
			after := h
			b := after.SealRoot(count+1, audit.Hash{2})
			if same, ok := seen[b.Chained]; ok {
				t.Errorf("%d entries after %+v have the root of those after %+v", count, h, same)
			}
			seen[b.Chained] = h
		}
	}
}
