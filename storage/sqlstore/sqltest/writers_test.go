package sqltest_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
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
	tell func(effect)  // nil: nobody
}

func newLedger() *ledger { return &ledger{told: map[effect]int{}, grew: make(chan struct{}, 1)} }

func (l *ledger) add(what string, to uuid.UUID, name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := effect{what, to, name}
	if l.told[e]++; l.tell != nil {
		l.tell(e)
	}
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
	bears   func(error) bool // after such an error the same is done again; nil: none
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
			if _, err := w.box.Tick(context.Background()); w.bears == nil || !w.bears(err) {
				errs[n] = err
			}
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

// step receives a message and does something about it, again and again if it must.
func (w *writers) step(writer, k int) error {
	n := w.came.Add(1)
	for {
		err := w.do(writer, k, n)
		if err == nil || w.bears == nil || !w.bears(err) {
			return err
		}
	}
}

func (w *writers) do(writer, k int, n int64) error {
	ctx := context.Background()
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
	err := staff(t, over(t, db))
	if err = errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	return file
}

// staff gives an inbox an account and two agents.
func staff(t *testing.T, store inbox.Store) error {
	t.Helper()
	box, err := inbox.New(store)
	if err != nil {
		t.Fatal(err)
	}
	_, err = box.As(inbox.System).SaveAccount(t.Context(), parcels)
	for _, a := range []queue.Agent{{ID: ann, Name: "Ann"}, {ID: ben, Name: "Ben"}} {
		if err == nil {
			_, err = box.As(inbox.System).SaveAgent(t.Context(), inbox.Agent{Agent: a})
		}
	}
	return err
}

// Sixteen writers in two processes do all they can on one file. No error reaches any of them; every effect that one of them was told
// of is there once, and no other.
func TestSixteenWritersInTwoProcessesLoseNothing(t *testing.T) {
	eachEngine(t, func(t *testing.T, e engine) {
		e = e.patient()
		if file := os.Getenv(childFile); file != "" {
			writeAsTold(t, over(t, e.open(t, file)), nil)
			return
		}
		during := "10s"
		if testing.Short() {
			during = "2s"
		}
		file := deskFile(t)
		outs := together(t, file, func(err error) bool { return err == nil }, during, during)
		want := told(t, outs)
		of := map[string]int{}
		for e, times := range want {
			of[e.What] += times
		}
		if of["received"] == 0 || of["replied"] == 0 || of["noted"] == 0 || of["sent"] == 0 {
			t.Errorf("not everything was done: %v", of)
		}
		look := quick.open(t, file)
		store := over(t, look)
		sound(t, "after two processes wrote", look, store)
		found, err := effects(t.Context(), store)
		if err != nil {
			t.Fatal(err)
		}
		compare(t, found, want)
		t.Logf("%v, %d entries", of, head(t, store))
	})
}

// Two processes die in the middle of all that their writers do, one while the other goes on. Whatever one of them was told of is
// there.
func TestWritersThatAreKilledLoseNothingThatTheyWereToldOf(t *testing.T) {
	eachEngine(t, func(t *testing.T, e engine) {
		e = e.patient()
		if file := os.Getenv(childFile); file != "" {
			writeAsTold(t, over(t, e.open(t, file)), nil)
			return
		}
		file := deskFile(t)
		rounds := 6
		if testing.Short() {
			rounds = 2
		}
		for round := range rounds {
			outs := together(t, file, killed, strconv.Itoa(50+7*round), strconv.Itoa(150+11*round))
			holds(t, file, told(t, outs))
		}
	})
}

// together starts this test in a process for each task, and returns what they say when all have come to their end, which must be good.
func together(t *testing.T, file string, good func(error) bool, tasks ...string) []string {
	t.Helper()
	outs := make([]string, len(tasks))
	waits := make([]func() (string, error), len(tasks))
	for i, task := range tasks {
		begin, wait := start(t, file, task)
		begin()
		waits[i] = wait
	}
	var all sync.WaitGroup
	for i, wait := range waits {
		all.Go(func() {
			var err error
			if outs[i], err = wait(); !good(err) {
				t.Errorf("process %d: %v\n%s", i, err, outs[i][max(0, len(outs[i])-2000):])
			}
		})
	}
	all.Wait()
	return outs
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

// writeAsTold is one of two processes. It writes for a time and then reports, or reports at once and dies after so many effects.
func writeAsTold(t *testing.T, store inbox.Store, bears func(error) bool) {
	w, err := newWriters(store, fmt.Sprint(os.Getpid()))
	if err != nil {
		t.Fatal(err)
	}
	w.bears = bears
	out, task := json.NewEncoder(os.Stdout), os.Getenv(childTask)
	enough := func() bool { return false }
	if left, err := strconv.Atoi(task); err == nil {
		w.tell = func(e effect) {
			if err := out.Encode(line{e, 1}); err != nil {
				t.Error(err)
			}
			if left--; left == 0 {
				syscall.Kill(syscall.Getpid(), syscall.SIGKILL)
			}
		}
	} else {
		during, err := time.ParseDuration(task)
		if err != nil {
			t.Fatal(err)
		}
		end := time.Now().Add(during)
		enough = func() bool { return time.Now().After(end) }
	}
	ready(t)
	if err := w.write(8, enough); err != nil {
		t.Error(err)
	}
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
