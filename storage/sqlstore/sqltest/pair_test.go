package sqltest_test

import (
	"testing"

	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage/memory"
	"github.com/deskwright/deskwright/storage/storagetest"
)

// Whatever happens to an inbox, SQLite answers every call as memory does and has the same in the end. It is asked nothing that has no
// plan.
func TestSQLiteAnswersAsMemory(t *testing.T) {
	db := wrapped{engine: engines[0].fast(), file: newMigrated(t, engines[0]), before: hasPlan(t)}.mustOpen(t)
	pair := storagetest.NewPair(t, memory.New(), over(t, db))
	storagetest.Randomly(t, pair)
	storagetest.Scenario(t, func(*testing.T) inbox.Store { return pair })
	pair.Compare()
}
