package sqltest_test

import (
	"context"
	"errors"
	"net"
	"regexp"
	"sync/atomic"
	"testing"
	"time"

	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage"
)

// lossy is a way to a server on which every so-manieth answer is lost, and its connection with it, after the server has done what it
// was asked to.
type lossy struct {
	net.Listener
	to     string
	every  atomic.Int64 // 0: none is lost
	asked  atomic.Int64
	lost   atomic.Int64
	silent atomic.Bool // no answer comes, and no connection ends
}

var loopback = regexp.MustCompile(`127\.0\.0\.1:\d+`)

// through returns a way to the server of an address, and the address by that way.
func through(t *testing.T, address string) (*lossy, string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	l := &lossy{Listener: listener, to: loopback.FindString(address)}
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			go l.serve(near)
		}
	}()
	return l, loopback.ReplaceAllString(address, listener.Addr().String())
}

// serve passes on what goes to and fro on one connection.
func (l *lossy) serve(near net.Conn) {
	defer near.Close()
	far, err := net.Dial("tcp", l.to)
	if err != nil {
		return
	}
	defer far.Close()
	var drop atomic.Bool
	go func() {
		defer far.Close()
		pass(near, far, func([]byte) bool {
			if every := l.every.Load(); every > 0 && l.asked.Add(1)%every == 0 {
				drop.Store(true)
			}
			return true
		})
	}()
	pass(far, near, func([]byte) bool {
		if drop.Load() {
			l.lost.Add(1)
			return false
		}
		for l.silent.Load() {
			time.Sleep(time.Millisecond) // a wire has no other way to be silent
		}
		return true
	})
}

// pass passes on what comes until it may not, or one end is closed.
func pass(from, to net.Conn, may func([]byte) bool) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			if !may(buffer[:n]) {
				return
			}
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// Whoever gets no answer asks again, with the same key or external id, until there is one. Nothing is then done twice, and nothing that
// somebody was told of is missing.
func TestWhatIsAskedAgainAfterALostAnswerIsDoneOnce(t *testing.T) {
	eachServer(t, func(t *testing.T, s server) {
		address := s.deskDatabase(t)
		store := s.over(t, s.open(t, address))
		way, by := through(t, address)
		w, err := newWriters(s.over(t, s.open(t, by)), "lossy")
		if err != nil {
			t.Fatal(err)
		}
		way.every.Store(23)
		w.bears = passes
		steps := 400
		if testing.Short() {
			steps = 100
		}
		if err := w.write(8, func() bool { return w.came.Load() > int64(steps) }); err != nil {
			t.Fatal(err)
		}
		if way.lost.Load() == 0 {
			t.Error("no answer was lost")
		}
		swept(t, store)
		want := w.soFar()
		once(t, store, want)
		t.Logf("%d answers were lost, %d effects", way.lost.Load(), len(want))
	})
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
		way, by := through(t, address)
		store := s.over(t, s.open(t, by))
		box, err := inbox.New(store)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := box.Receive(t.Context(), message(parcels, "Kim", "1", "Hello?")); err != nil {
			t.Fatal(err)
		}
		way.silent.Store(true)
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
		way.silent.Store(false)
		if _, err := box.Receive(t.Context(), message(parcels, "Kim", "3", "Hello?")); err != nil {
			t.Error(err)
		}
	})
}
