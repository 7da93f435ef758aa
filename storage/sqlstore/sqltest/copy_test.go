package sqltest_test

import (
	"database/sql"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/deskwright/deskwright/inbox"
)

// ways are how a file is copied while it is written to.
var ways = map[string]func(t *testing.T, db *sql.DB, file, to string){
	"VACUUM INTO": func(t *testing.T, db *sql.DB, _, to string) {
		do(t, db, "VACUUM INTO '"+to+"'")
	},
	"by another program, while nobody may write": func(t *testing.T, db *sql.DB, file, to string) {
		do(t, db, "BEGIN IMMEDIATE")
		for _, part := range []string{"", "-wal"} {
			if out, err := exec.Command("cp", file+part, to+part).CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		}
		do(t, db, "ROLLBACK")
	},
}

// A copy that is made in the middle of a run opens, is whole, and has everything that anybody was told of before.
func TestACopyMadeWhileSomebodyWritesHolds(t *testing.T) {
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			eachEngine(t, func(t *testing.T, e engine) {
				e = e.patient()
				file := deskFile(t)
				often := func() string { return "PRAGMA wal_autocheckpoint = 10" } // what is written moves into the file all the time
				db, copier := wrapped{engine: e, file: file, begin: often}.mustOpen(t), single(t, e, file)
				w, err := newWriters(over(t, db), "one")
				if err != nil {
					t.Fatal(err)
				}
				var over atomic.Bool
				ended := w.begin(6, over.Load)
				rounds := 5
				if testing.Short() {
					rounds = 2
				}
				for n := range rounds {
					w.goOn(t, ended)
					copied := filepath.Join(t.TempDir(), strconv.Itoa(n))
					before := w.soFar()
					way(t, copier, file, copied)
					holds(t, copied, before)
				}
				w.goOn(t, ended)
				over.Store(true)
				if err := <-ended; err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// holds fails unless a file is sound and has everything that somebody was told of before.
func holds(t *testing.T, file string, before map[effect]int) {
	t.Helper()
	db := quick.open(t, file)
	defer db.Close()
	store := over(t, db)
	sound(t, file, db, store)
	has(t, store, before)
}

// has fails unless every effect that somebody was told of is there.
func has(t *testing.T, store inbox.Store, before map[effect]int) {
	t.Helper()
	found, err := effects(t.Context(), store)
	if err != nil {
		t.Error(err)
		return
	}
	for e, times := range before {
		if e.What != "sent" && found[e] < times { // what is sent is told before that is written
			t.Errorf("%+v: told of %d times, and there %d times", e, times, found[e])
		}
	}
}
