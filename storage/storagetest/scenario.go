package storagetest

import (
	"context"
	"encoding/binary"
	"flag"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/deskwright/deskwright/inbox"
	"pgregory.net/rapid"
)

// Scenario plays a whole inbox over a store: contacts write, people and programs answer, networks report and refuse, the clock goes
// forth and back, processes overtake each other and die, and the store fails in the ways that stores have. Whatever happens is
// compared, command by command, with a model that is maps and slices. open is called once.
//
// A failure names the rule that was broken and lists what was done; the seed that it prints plays the same again. The flags of
// pgregory.net/rapid choose more or longer runs; without them no run is begun after 20 seconds.
func Scenario(t *testing.T, open func(*testing.T) inbox.Store) {
	s := &stage{store: open(t), until: time.Now().Add(20 * time.Second)}
	checks := 3
	flag.Visit(func(f *flag.Flag) {
		switch f.Name {
		case "rapid.checks", "rapid.seed", "rapid.failfile":
			s.until, checks = time.Time{}, 1
		}
	})
	for range checks {
		rapid.Check(t, s.play)
	}
	t.Logf("%d runs, %d steps", s.runs, s.steps)
}

// FuzzOperations makes a fuzz target of Scenario. open is called for every input.
func FuzzOperations(f *testing.F, open func(*testing.T) inbox.Store) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 4 {
		input := make([]byte, 128<<10)
		for i := 0; i < len(input); i += 8 {
			binary.LittleEndian.PutUint64(input[i:], random.Uint64())
		}
		f.Add(input)
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		s := &stage{store: open(t)}
		rapid.MakeFuzz(s.play)(t, input)
	})
}

// stage is where runs are played, one after another: each has tenants of its own in one store.
type stage struct {
	store  inbox.Store
	runs   int
	steps  int
	failed bool
	until  time.Time // zero: no end
}

// play is one run.
func (s *stage) play(t *rapid.T) {
	if !s.until.IsZero() && !s.failed && time.Now().After(s.until) {
		return
	}
	passed := false
	defer func() { s.failed = s.failed || !passed }() // from then on the run is repeated, however long it takes
	s.runs++
	w := newWorld(t, s.store, s.runs)
	defer w.boxes[0].store.clear(context.Background())
	w.settle(t)
	actions := w.actions(t)
	actions[""] = func(t *rapid.T) {
		s.steps++
		w.invariants(t)
	}
	t.Repeat(actions)
	w.checkpoint(t)
	t.Repeat(actions)
	w.sweep(t)
	passed = !t.Failed()
}

// actions draws what this run has of everything that can happen: runs with less of it come to combinations that are rare otherwise.
func (w *world) actions(t *rapid.T) map[string]func(*rapid.T) {
	all := map[string]func(*rapid.T){
		"account": w.changeAccount, "remove account": w.removeAccount, "delete topic": w.deleteTopic, "clock": w.moveClock, "edge": w.goToEdge,
		"round": w.round, "round again": w.round, "foreign": w.foreign,
		"reply and round": func(t *rapid.T) {
			w.perform(t, w.draw(t, "reply", w.drawTenant(t)))
			w.round(t)
		},
	}
	for name := range draws {
		all[name] = func(t *rapid.T) { w.perform(t, w.draw(t, name, w.drawTenant(t))) }
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if rapid.IntRange(0, 3).Draw(t, "without "+name) == 3 {
			delete(all, name)
		}
	}
	for _, f := range []fault{conflicts, loses, applies, fails, doubts, overtakes} {
		w.with[f] = rapid.Bool().Draw(t, "a write "+string(f))
	}
	all["a contact writes"] = func(t *rapid.T) { w.perform(t, w.drawWriting(t, w.tenants[0])) }
	return all
}
