package sqltest_test

import (
	"testing"

	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage/storagetest"
)

func TestStore(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) { storagetest.Run(t, opening(e.fast())) })
	}
}

func TestScenario(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) { storagetest.Scenario(t, opening(e.fast())) })
	}
}

func FuzzStoreOps(f *testing.F) { storagetest.Fuzz(f, opening(engines[0].fast())) }

func FuzzScenario(f *testing.F) { storagetest.FuzzOperations(f, opening(engines[0].fast())) }

func BenchmarkStore(b *testing.B) {
	for _, e := range engines {
		b.Run(e.name, func(b *testing.B) {
			storagetest.Bench(b, func(b *testing.B) inbox.Store { return e.store(b) })
		})
	}
}

func opening(e engine) func(*testing.T) inbox.Store {
	return func(t *testing.T) inbox.Store { return e.store(t) }
}
