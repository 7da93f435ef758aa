package storagetest

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/deskwright/deskwright/inbox"
	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// perform lets something be asked of a process while things go wrong, and compares what comes of it with what must.
func (w *world) perform(t *rapid.T, o *op) {
	box, other := w.drawBoxes(t)
	faults := w.drawFaults(t, o.repeat)
	box.store.commits = slices.Clone(faults)
	if len(faults) == 1 && faults[0] == fails && once(t, 3, "at the first read") {
		box.store.commits, box.store.loads = nil, 1
	}
	var first *overtaker
	if slices.Contains(faults, overtakes) {
		first = w.drawOvertaker(t, o, box, other)
	}
	t.Logf("tenant %s, process %d, writes %q: %s", o.tenant.name, box.number, faults, o.words)
	now := w.now()
	got := o.ask(t.Context(), box.For(o.tenant.Tenant))
	passed := box.store.passed
	fired := box.store.calm()

	// What overtakes counts first, unless the other only leaves its key: then that answers what was so before.
	late := passed && got.received == (inbox.Received{}) && !got.result.Changed && first.got.err == nil
	if !late {
		w.holdOvertaker(t, first)
	}
	o.tenant.now = now
	w.holdWith(t, o, box, got, fired)
	if late {
		w.holdOvertaker(t, first)
	}
	w.compareTouched(t, o, first)
}

// drawBoxes draws which process is asked; the other one is there, too.
func (w *world) drawBoxes(t *rapid.T) (box, other *process) {
	i := rapid.IntRange(0, 1).Draw(t, "process")
	return w.boxes[i], w.boxes[1-i]
}

// drawFaults draws what happens to the writes of a command.
func (w *world) drawFaults(t *rapid.T, repeat bool) (faults []fault) {
	all := []fault{conflicts, loses, applies, overtakes, fails}
	if repeat {
		all = append(all, doubts)
	}
	for len(faults) < 3 {
		i := rapid.IntRange(0, 12).Draw(t, "fault")
		if i == 0 || i > len(all) || !w.with[all[i-1]] || all[i-1] == overtakes && slices.Contains(faults, overtakes) {
			break
		}
		if faults = append(faults, all[i-1]); all[i-1] == fails || all[i-1] == doubts {
			break
		}
	}
	return faults
}

// overtaker is what another process does before a write.
type overtaker struct {
	*op
	got answer
	at  time.Time // zero: there was no write to come before
}

// drawOvertaker draws what another process does first: the same, or something else of the same tenant.
func (w *world) drawOvertaker(t *rapid.T, o *op, box, other *process) *overtaker {
	first := &overtaker{op: o}
	if !o.loose && !once(t, 3, "the same") {
		if o.key != "" && once(t, 2, "under the same key") {
			w.key = o.key
		}
		w.silent = true // else both may tell the contact's name, and a message of another conversation waits for no contact
		if p := w.draw(t, pick(t, "first", append([]string{"contact writes", "echo", "event"}, onConversations...)), o.tenant); !p.loose {
			first.op = p
		}
		w.key, w.silent = "", false
	}
	later := pick(t, "later by", []time.Duration{0, 0, time.Second})
	box.store.overtake = func() {
		w.clock.now = w.clock.now.Add(later)
		first.at = w.now()
		first.got = first.ask(t.Context(), other.For(o.tenant.Tenant))
	}
	return first
}

func (w *world) holdOvertaker(t *rapid.T, first *overtaker) {
	if first == nil || first.at.IsZero() {
		return
	}
	t.Logf("  another process comes first, at %s: %s", first.at.Format(time.RFC3339Nano), first.words)
	first.tenant.now = first.at
	w.hold(t, first.op, first.got)
}

// holdWith is hold for an op some of whose writes may have failed.
func (w *world) holdWith(t *rapid.T, o *op, box *process, got answer, fired []fault) {
	switch {
	case slices.Contains(fired, fails):
		if why := refusal(got.err); why != storeDown && (why != nobodyKnows || len(fired) == 1) {
			t.Fatalf("the rule: a command whose write failed says so\n%s\ngot %s", o.words, orDone(why))
		}
	case slices.Contains(fired, doubts) && got.err != nil:
		w.repeat(t, o, box)
	default:
		if slices.Contains(fired, applies) {
			got.result.Repeated = false // it may have met its own key
		}
		w.hold(t, o, got)
	}
}

// repeat asks again for something whose answer was lost for good: it has been carried out once.
func (w *world) repeat(t *rapid.T, o *op, box *process) {
	t.Logf("  nobody knows what became of it; it is asked for again")
	got := o.ask(t.Context(), box.For(o.tenant.Tenant))
	if _, refused := o.must(got); len(refused) > 0 || got.err != nil {
		t.Fatalf("the rule: a command whose answer was lost can be given again\n%s\ngot error %v; what stood against it: %q", o.words, got.err, refused)
	}
	second, _ := o.must(got)
	same(t, o, got, second)
}

// hold compares an answer with what the model says.
func (w *world) hold(t *rapid.T, o *op, got answer) {
	want, refused := o.must(got)
	if len(refused) > 0 {
		if why := refusal(got.err); !slices.Contains(refused, why) {
			t.Fatalf("the rule: what stands against a command refuses it\n%s\ngot  %s\nwant one of %q", o.words, orDone(why), refused)
		}
		return
	}
	if got.err != nil {
		t.Fatalf("the rule: a command that nothing stands against is carried out\n%s\ngot error %v", o.words, got.err)
	}
	same(t, o, got, want)
}

func orDone(why string) string {
	if why == "" {
		return "it was carried out"
	}
	return fmt.Sprintf("%q", why)
}

// same compares two answers.
func same(t *rapid.T, o *op, got, want answer) {
	wrong := differences("what Receive answers", reflect.ValueOf(got.received), reflect.ValueOf(want.received)) +
		differences("what the command answers", reflect.ValueOf(got.result), reflect.ValueOf(want.result))
	if wrong != "" {
		t.Fatalf("%s\n%s", o.words, wrong)
	}
	if o.led = want.result.Conversation; o.led.UUID == uuid.Nil {
		o.led = want.received.Conversation
	}
}

// compareTouched compares the conversations that were asked about.
func (w *world) compareTouched(t *rapid.T, o *op, first *overtaker) {
	ids := []inbox.ConversationID{o.target, o.led}
	if first != nil {
		ids = append(ids, first.target, first.led)
	}
	slices.SortFunc(ids, func(x, y inbox.ConversationID) int { return slices.Compare(x.UUID[:], y.UUID[:]) })
	for _, id := range slices.Compact(ids) {
		if id.UUID != uuid.Nil {
			w.compare(t, o.tenant, id)
		}
	}
}

// foreign lets one tenant ask for what is another's.
func (w *world) foreign(t *rapid.T) {
	tn, other := w.tenants[0], w.tenants[1]
	o := w.draw(t, pick(t, "command", onConversations), tn)
	if o.repeat || tn.conversation(o.target) == nil {
		return
	}
	box, _ := w.drawBoxes(t)
	t.Logf("tenant %s asks for what is of tenant %s: %s", other.name, tn.name, o.words)
	if why := refusal(o.ask(t.Context(), box.For(other.Tenant)).err); why != "no such conversation" {
		t.Fatalf("the rule: nothing of another tenant is ever read or changed, and a foreign id is answered as a random one\n"+
			"tenant %s, on a conversation of tenant %s: %s\ngot %s", other.name, tn.name, o.words, orDone(why))
	}
	w.compare(t, tn, o.target)
}
