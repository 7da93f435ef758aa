package memory_test

import (
	"testing"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage/memory"
	"github.com/deskwright/deskwright/storage/storagetest"
	"github.com/google/uuid"
)

func TestStore(t *testing.T) {
	storagetest.Run(t, func(*testing.T) inbox.Store { return memory.New() })
}

func FuzzStoreOps(f *testing.F) {
	storagetest.Fuzz(f, func(*testing.T) inbox.Store { return memory.New() })
}

func BenchmarkStore(b *testing.B) {
	storagetest.Bench(b, func(*testing.B) inbox.Store { return memory.New() })
}

// The contract leaves open how the entries of a call are batched. Here they are one batch for each tenant.
func TestOneBatchForEachTenantAndCall(t *testing.T) {
	store := memory.New()
	tenants := []inbox.Tenant{inbox.TenantNamed("a"), inbox.TenantNamed("b")}
	var changes []inbox.Change
	for i := range 6 {
		changes = append(changes, logged(tenants[i%2], byte(i)))
	}
	for _, err := range store.Commit(t.Context(), changes...) {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, tenant := range tenants {
		got, err := store.Batches(t.Context(), tenant, 0, 10)
		if err != nil || len(got) != 1 || got[0].First != 1 || got[0].Count != 3 {
			t.Errorf("batches: got %+v and error %v, want one of three entries", got, err)
		}
	}
}

// logged is a change of nothing but one log entry.
func logged(tenant inbox.Tenant, n byte) inbox.Change {
	e := audit.Entry{Tenant: tenant.UUID, Subject: audit.Subject{Kind: audit.SubjectConversation, ID: uuid.UUID{n}}, Action: "test"}
	new(audit.Chain).Append(&e)
	return inbox.Change{Tenant: tenant, Entries: []audit.Entry{e}}
}
