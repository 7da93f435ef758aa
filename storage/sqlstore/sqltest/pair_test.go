package sqltest_test

import (
	"testing"

	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage/memory"
	"github.com/deskwright/deskwright/storage/storagetest"
)

// Whatever happens to an inbox, SQLite answers every call as memory does and has the same in the end.
func TestSQLiteAnswersAsMemory(t *testing.T) {
	pair := storagetest.NewPair(t, memory.New(), engines[0].fast().store(t))
	storagetest.Randomly(t, pair)
	storagetest.Scenario(t, func(*testing.T) inbox.Store { return pair })
	pair.Compare()
}
