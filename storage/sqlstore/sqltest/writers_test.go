package sqltest_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/queue"
	"github.com/google/uuid"
)

// effect is something that was done to an inbox: what it was, and to what.
type effect struct {
	What string    // received, replied, noted, resolved, assigned or sent
	To   uuid.UUID // the message, the note or the conversation
	Name string    // of what was received, as its network has it
}

// ledger is the effects that somebody was told of, each as often as it was told.
type ledger struct {
	mu   sync.Mutex
	told map[effect]int
	grew chan struct{} // since it was last received from
}

func newLedger() *ledger { return &ledger{told: map[effect]int{}, grew: make(chan struct{}, 1)} }

func (l *ledger) add(what string, to uuid.UUID, name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.told[effect{what, to, name}]++
	select {
	case l.grew <- struct{}{}:
	default:
	}
}

// soFar returns what was told until now.
func (l *ledger) soFar() map[effect]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.told)
}

// writers write into one store. Those of several processes receive the same messages, at about the same time.
type writers struct {
	*ledger
	process string
	box     *inbox.Inbox
	desk    *inbox.Desk
	came    atomic.Int64
}

func newWriters(store inbox.Store, process string) (*writers, error) {
	w := &writers{ledger: newLedger(), process: process}
	adapter := channel.AdapterFunc(func(_ context.Context, s channel.Sending) (channel.Sent, error) {
		w.add("sent", uuid.MustParse(s.Key), "")
		return channel.Sent{ExternalID: "sent " + s.Key}, nil
	})
	var err error
	if w.box, err = inbox.New(store, inbox.WithAdapter(channel.WebChat, adapter)); err != nil {
		return nil, err
	}
	w.desk = w.box.As(inbox.Person(ann, "Ann"))
	return w, nil
}

// kinds is how many kinds of steps there are.
const kinds = 6

// write lets n of them write at once, and one more send, until it is over or an error reaches one of them. However soon that is, each
// has done everything once.
func (w *writers) write(n int, over func() bool) error {
	errs := make([]error, n+1)
	var all, sender sync.WaitGroup
	var done atomic.Bool
	for i := range n {
		all.Go(func() {
			for k := 0; (k < kinds || !over()) && errs[i] == nil; k++ {
				errs[i] = w.step(i, k)
			}
		})
	}
	sender.Go(func() {
		for last := false; !last && errs[n] == nil; {
			last = done.Load()
			_, errs[n] = w.box.Tick(context.Background())
		}
	})
	all.Wait()
	done.Store(true)
	sender.Wait()
	return errors.Join(errs...)
}

// begin is write in the background. What it returns comes when it ends.
func (w *writers) begin(n int, over func() bool) <-chan error {
	ended := make(chan error, 1)
	go func() { ended <- w.write(n, over) }()
	return ended
}

// goOn waits until some more has been written.
func (w *writers) goOn(t *testing.T, ended <-chan error) {
	t.Helper()
	for range 10 {
		select {
		case <-w.grew:
		case err := <-ended:
			t.Fatal(err)
		}
	}
}

// step receives a message and does something about it.
func (w *writers) step(writer, k int) error {
	ctx := context.Background()
	n := w.came.Add(1)
	external := fmt.Sprintf("message %d", n)
	r, err := w.box.Receive(ctx, message(parcels, fmt.Sprintf("Contact %d", n%20), external, "Hello?"))
	if err != nil {
		return fmt.Errorf("receive: %w", err)
	}
	w.add("received", r.Message.UUID, external)
	id, key := r.Conversation, inbox.Key(fmt.Sprintf("%s, %d, %d", w.process, writer, k))
	var what string
	var done inbox.Result
	switch k % kinds {
	case 0, 1:
		what = "replied"
		done, err = w.desk.Reply(ctx, id, inbox.Reply{Text: "Yes?"}, key)
	case 2:
		what = "noted"
		done, err = w.desk.AddNote(ctx, id, inbox.MessageID{}, "Asks a lot.", key)
	case 3:
		what = "resolved"
		done, err = w.desk.Resolve(ctx, id, inbox.Resolve{}, key)
	case 4:
		what = "assigned"
		done, err = w.desk.Assign(ctx, id, inbox.Assignee{Agent: []queue.AgentID{ann, ben}[n%2]}, key)
		if _, resolved := errors.AsType[*inbox.TransitionError](err); resolved {
			return nil
		}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if done.Changed {
		w.add(what, cmp.Or(done.Message.UUID, done.Note.UUID, id.UUID), "")
	}
	return nil
}

// effects returns what an inbox says was done to it.
func effects(ctx context.Context, store inbox.Store) (map[effect]int, error) {
	box, err := inbox.New(store)
	if err != nil {
		return nil, err
	}
	found := map[effect]int{}
	for e, err := range box.Feed(ctx, 0) {
		if err != nil {
			return nil, err
		}
		if e.Subject.Kind != audit.SubjectConversation {
			continue
		}
		var fact struct {
			ID, Message uuid.UUID
			ExternalID  string `json:"external_id"`
			To, State   string
			Auto        bool
		}
		if err := json.Unmarshal(e.Data, &fact); err != nil {
			return nil, err
		}
		switch {
		case e.Action == inbox.MessageReceived:
			found[effect{"received", fact.ID, fact.ExternalID}]++
		case e.Action == inbox.MessageWritten:
			found[effect{"replied", fact.ID, ""}]++
		case e.Action == inbox.NoteAdded:
			found[effect{"noted", fact.ID, ""}]++
		case e.Action == inbox.StateChanged && fact.To == "resolved":
			found[effect{"resolved", e.Subject.ID, ""}]++
		case e.Action == inbox.AssigneeChanged && !fact.Auto:
			found[effect{"assigned", e.Subject.ID, ""}]++
		case e.Action == inbox.DeliveryChanged && fact.State == "sent":
			found[effect{"sent", fact.Message, ""}]++
		}
	}
	return found, nil
}

// deskFile returns a file with an account and two agents, which nobody has open.
func deskFile(t *testing.T) string {
	t.Helper()
	file := newFile(t)
	db := quick.open(t, file)
	migrate(t, db)
	box, err := inbox.New(over(t, db))
	if err != nil {
		t.Fatal(err)
	}
	_, err = box.As(inbox.System).SaveAccount(t.Context(), parcels)
	for _, a := range []queue.Agent{{ID: ann, Name: "Ann"}, {ID: ben, Name: "Ben"}} {
		if err == nil {
			_, err = box.As(inbox.System).SaveAgent(t.Context(), inbox.Agent{Agent: a})
		}
	}
	if err = errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	return file
}

// Sixteen writers in two processes do all they can on one file. No error reaches any of them; every effect that one of them was told
// of is there once, and no other.
func TestSixteenWritersInTwoProcessesLoseNothing(t *testing.T) {
	eachEngine(t, func(t *testing.T, e engine) {
		e = e.patient()
		if file := os.Getenv(childFile); file != "" {
			writeAsTold(t, e, file)
			return
		}
		during := "10s"
		if testing.Short() {
			during = "2s"
		}
		file := deskFile(t)
		var waits []func() (string, error)
		for range 2 {
			begin, wait := start(t, file, during)
			begin()
			waits = append(waits, wait)
		}
		outs := make([]string, len(waits))
		var all sync.WaitGroup
		for i, wait := range waits {
			all.Go(func() {
				var err error
				if outs[i], err = wait(); err != nil {
					t.Errorf("process %d: %v\n%s", i, err, outs[i][max(0, len(outs[i])-2000):])
				}
			})
		}
		all.Wait()
		want := told(t, outs)
		look := quick.open(t, file)
		store := over(t, look)
		sound(t, "after two processes wrote", look, store)
		found, err := effects(t.Context(), store)
		if err != nil {
			t.Fatal(err)
		}
		compare(t, found, want)
		t.Logf("%d effects, %d positions", len(want), head(t, store))
	})
}

// patient is the engine for a slow machine: what takes long is no error.
func (e engine) patient() engine {
	return e.fast().with("timeout(5000)", "timeout(60000)", "timeout=5000", "timeout=60000")
}

// line is how a process reports an effect.
type line struct {
	Effect effect
	Times  int
}

// writeAsTold is one of the two processes.
func writeAsTold(t *testing.T, e engine, file string) {
	during, err := time.ParseDuration(os.Getenv(childTask))
	if err != nil {
		t.Fatal(err)
	}
	w, err := newWriters(over(t, e.open(t, file)), fmt.Sprint(os.Getpid()))
	if err != nil {
		t.Fatal(err)
	}
	ready(t)
	end := time.Now().Add(during)
	if err := w.write(8, func() bool { return time.Now().After(end) }); err != nil {
		t.Error(err)
	}
	out := json.NewEncoder(os.Stdout)
	for effect, times := range w.told {
		if err := out.Encode(line{effect, times}); err != nil {
			t.Fatal(err)
		}
	}
}

// told adds up what processes reported. What was received is one effect, whoever was told so, and however often.
func told(t *testing.T, outs []string) map[effect]int {
	t.Helper()
	all := map[effect]int{}
	for _, out := range outs {
		for text := range strings.Lines(out) {
			if !strings.HasPrefix(text, "{") {
				continue
			}
			var l line
			if err := json.Unmarshal([]byte(text), &l); err != nil {
				t.Fatalf("%q: %v", text, err)
			}
			if all[l.Effect] += l.Times; l.Effect.What == "received" {
				all[l.Effect] = 1
			}
		}
	}
	of := map[string]int{}
	for e, times := range all {
		of[e.What] += times
	}
	if of["received"] == 0 || of["replied"] == 0 || of["noted"] == 0 || of["sent"] == 0 {
		t.Fatalf("not everything was done: %v", of)
	}
	t.Log(of)
	return all
}

// compare reports effects that are not there as often as they were told of, and those that nobody was told of.
func compare(t *testing.T, found, want map[effect]int) {
	t.Helper()
	for e, times := range want {
		if found[e] != times {
			t.Errorf("%+v: found %d times, told of %d times", e, found[e], times)
		}
	}
	for e, times := range found {
		if want[e] == 0 {
			t.Errorf("%+v: found %d times, and nobody was told of it", e, times)
		}
	}
}

func head(t *testing.T, store inbox.Store) int64 {
	t.Helper()
	h, err := store.Head(t.Context(), inbox.DefaultTenant)
	if err != nil {
		t.Fatal(err)
	}
	return h.Position
}
