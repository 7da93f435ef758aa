package sqltest_test

import (
	"testing"

	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage/storagetest"
)

func TestStore(t *testing.T) {
	for _, d := range drivers {
		t.Run(d.name, func(t *testing.T) { storagetest.Run(t, d.open) })
	}
}

func TestScenario(t *testing.T) {
	for _, d := range drivers {
		t.Run(d.name, func(t *testing.T) { storagetest.Scenario(t, d.open) })
	}
}

func FuzzStoreOps(f *testing.F) { storagetest.Fuzz(f, drivers[0].open) }

func FuzzScenario(f *testing.F) { storagetest.FuzzOperations(f, drivers[0].open) }

func BenchmarkStore(b *testing.B) {
	for _, d := range drivers {
		b.Run(d.name, func(b *testing.B) {
			storagetest.Bench(b, func(b *testing.B) inbox.Store { return over(b, d.file(b, d.safe)) })
		})
	}
}
