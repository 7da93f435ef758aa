package storagetest

import (
	"testing"

	"github.com/deskwright/deskwright/inbox"
)

// Run holds a store to the contract of inbox.Store. open is called once for every case, one after another, and returns a store
// that is empty and that nobody else writes to; it registers with t what must be cleaned up.
func Run(t *testing.T, open func(*testing.T) inbox.Store) {
	for _, part := range parts() {
		t.Run(part.name, func(t *testing.T) {
			for _, r := range part.rules {
				t.Run(r.sentence, func(t *testing.T) { r.check(newKit(t, r.sentence, open(t))) })
			}
		})
	}
}

// rule is one sentence of the contract and the check that holds a store to it.
type rule struct {
	sentence string
	check    func(*kit)
}

// part is the rules about one thing.
type part struct {
	name  string
	rules []rule
}

func parts() []part {
	return []part{
		{"every method", everyMethod},
		{"values", values},
		{"text", text},
		{"tenants", tenants},
		{"Load", loading},
		{"Load by arrival", arriving},
		{"Commit", committing},
		{"guards", guards},
		{"unique keys", uniqueKeys},
		{"List", listing},
		{"Timeline", timelines},
		{"Totals", totals},
		{"settings", settings},
		{"due", dues},
		{"log", logging},
		{"crowd", crowd},
		{"randomly", randomly},
	}
}
