package sqltest_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage"
)

// everyNth is a cut: every so-manieth of some statements.
func everyNth(n int64, some func(statement string) bool) func(string) bool {
	var seen atomic.Int64
	return func(statement string) bool { return some(statement) && seen.Add(1)%n == 0 }
}

func anything(string) bool { return true }

// commitsSomehow is a cut: a COMMIT, or one statement that is a whole command, as on PostgreSQL.
func commitsSomehow(statement string) bool {
	return commits(statement) || strings.HasPrefix(statement, "WITH ")
}

// Whoever gets no answer asks again, with the same key or external id, until there is one. Nothing is then done twice, and nothing that
// somebody was told of is missing.
func TestWhatIsAskedAgainAfterALostAnswerIsDoneOnce(t *testing.T) {
	eachServer(t, func(t *testing.T, s server) {
		t.Run("of any statement", func(t *testing.T) { asksAgain(t, s, everyNth(23, anything)) })
		t.Run("of a commit", func(t *testing.T) { asksAgain(t, s, everyNth(7, commitsSomehow)) })
	})
}

func asksAgain(t *testing.T, s server, cut func(string) bool) {
	t.Helper()
	address := s.deskDatabase(t)
	store := s.over(t, s.open(t, address))
	way, by := s.through(t, address)
	w, err := newWriters(s.over(t, s.open(t, by)), "lossy")
	if err != nil {
		t.Fatal(err)
	}
	way.set(fault{cut: cut})
	w.bears = passes
	steps := 400
	if testing.Short() {
		steps = 100
	}
	if err := w.write(8, func() bool { return w.came.Load() > int64(steps) }); err != nil {
		t.Fatal(err)
	}
	if way.cut() == 0 {
		t.Error("no answer was lost")
	}
	swept(t, store)
	want := w.soFar()
	once(t, store, want)
	t.Logf("%d answers were lost, %d effects", way.cut(), len(want))
}

// once fails unless every effect that somebody was told of is there once, and no other, for writers who ask again.
func once(t *testing.T, store inbox.Store, want map[effect]int) {
	t.Helper()
	found, err := effects(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	for e, times := range want {
		switch {
		case e.What == "received":
			want[e] = 1
		case e.What == "sent" && found[e] <= times: // what is known of it may have been lost
			delete(want, e)
			delete(found, e)
		}
	}
	compare(t, found, want)
}

func TestACallEndsWithItsContextWhereTheServerIsSilent(t *testing.T) {
	eachServer(t, func(t *testing.T, s server) {
		address := s.deskDatabase(t)
		way, by := s.through(t, address)
		store := s.over(t, s.open(t, by))
		box, err := inbox.New(store)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := box.Receive(t.Context(), message(parcels, "Kim", "1", "Hello?")); err != nil {
			t.Fatal(err)
		}
		way.set(fault{hole: true})
		for name, call := range map[string]func(context.Context) error{
			"Receive": func(ctx context.Context) error {
				_, err := box.Receive(ctx, message(parcels, "Kim", "2", "Hello?"))
				return err
			},
			"Tick":   func(ctx context.Context) error { _, err := box.Tick(ctx); return err },
			"Verify": func(ctx context.Context) error { _, err := box.Verify(ctx); return err },
			"Totals": func(ctx context.Context) error { _, err := store.Totals(ctx, inbox.DefaultTenant); return err },
		} {
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			if err := call(ctx); !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, storage.ErrUnknown) {
				t.Errorf("%s while the server is silent: got error %v", name, err)
			}
			cancel()
		}
		way.set(fault{})
		if _, err := box.Receive(t.Context(), message(parcels, "Kim", "3", "Hello?")); err != nil {
			t.Error(err)
		}
	})
}
