package memory_test

import (
	"testing"

	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage/memory"
	"github.com/deskwright/deskwright/storage/storagetest"
)

func TestScenario(t *testing.T) {
	storagetest.Scenario(t, func(*testing.T) inbox.Store { return memory.New() })
}

func FuzzScenario(f *testing.F) {
	storagetest.FuzzOperations(f, func(*testing.T) inbox.Store { return memory.New() })
}
