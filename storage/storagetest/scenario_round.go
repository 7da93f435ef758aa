package storagetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// network is all networks: it does with a message what the run has drawn.
type network struct {
	mu       sync.Mutex
	outcomes map[string]outcome
	fates    map[uuid.UUID]*fate
	sendings []channel.Sending // of the round
	asked    map[string]int    // how often it was asked to send a message
	sent     int
	stop     func() // the process is told to stop
	delay    func() // what happens while it takes its time
}

// outcome is what the network does with a message.
type outcome struct {
	to      inbox.DeliveryState // Sent, Failed or Unknown
	id      string              // of what was sent
	stopped bool                // the process is told to stop while it sends
	slow    time.Duration       // how long it takes, while another process does a round
}

// fate is what happens to the two writes that a delivery is made of.
type fate struct {
	begin, end fault
	asked      bool
}

// Send implements channel.Adapter.
func (n *network) Send(ctx context.Context, s channel.Sending) (channel.Sent, error) {
	n.mu.Lock()
	n.sendings = append(n.sendings, s)
	n.asked[s.Key]++
	o := n.outcomes[s.Key]
	if f := n.fates[uuid.MustParse(s.Key)]; f != nil {
		f.asked = true
	}
	n.mu.Unlock()
	switch {
	case o.stopped:
		n.stop()
		return channel.Sent{}, ctx.Err()
	case o.slow > 0:
		n.delay()
	}
	switch o.to {
	case inbox.Failed:
		return channel.Sent{}, &channel.RefusedError{Code: "131", Reason: "not on the network"}
	case inbox.Unknown:
		return channel.Sent{}, errors.New("no answer")
	}
	return channel.Sent{ExternalID: o.id}, nil
}

// row is a message that a round must look at, and what happens to it.
type row struct {
	*bookDue
	tenant *tenant
	fate
	outcome
}

// round lets a process do the work that waits, while things go wrong, and compares what comes of it with what must.
func (w *world) round(t *rapid.T) {
	i := rapid.IntRange(0, 1).Draw(t, "process")
	box, other := w.boxes[i], w.boxes[1-i]
	now := w.now()
	groups := w.due(now)
	crash := w.drawFates(t, groups)
	claim := works
	if w.with["a write fails"] && once(t, 12, "claiming fails") {
		claim = pick(t, "how", []fault{fails, applies})
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w.plan(box, groups, claim)
	w.net.stop = cancel
	w.net.delay = func() {
		w.clock.add(groups[0][0].slow)
		if _, err := other.Tick(ctx); err != nil {
			w.net.sent = -1000
		}
	}
	t.Logf("process %d does a round: %s", i, describeRows(groups))
	next, err := box.Tick(ctx)
	box.store.calm()
	w.net.fates = nil
	failed := claim != works
	if claim != fails {
		for _, g := range groups {
			for _, r := range g {
				r.leased = now.Add(5 * time.Minute)
			}
		}
	}
	if claim == works {
		failed = w.mustRound(t, box, now, groups)
	}
	w.compareRound(t, groups, failed, next, err)
	if crash {
		t.Logf("process %d has died; another takes its place", i)
		w.boxes[slices.Index(w.boxes, box)] = w.start(t, box.webChat)
	}
}

// due groups the messages that a round can take at now by conversation, in their order there.
func (w *world) due(now time.Time) (groups [][]*row) {
	for _, tn := range w.tenants {
		for _, c := range tn.conversations {
			var group []*row
			for _, m := range c.messages {
				for _, d := range tn.dues {
					if d.message == m && !d.ready().After(now) {
						group = append(group, &row{bookDue: d, tenant: tn})
					}
				}
			}
			if len(group) > 0 {
				groups = append(groups, group)
			}
		}
	}
	return groups
}

// drawFates draws what the network and the store do to the messages of a round. A process that dies gets to another point in every
// conversation.
func (w *world) drawFates(t *rapid.T, groups [][]*row) (crash bool) {
	waiting := len(w.tenants[0].dues) + len(w.tenants[1].dues)
	crash = len(groups) > 0 && once(t, 6, "process dies")
	stop := len(groups) == 1 && !crash && once(t, 6, "process is told to stop")
	for _, g := range groups {
		cut := len(g)
		if crash || stop {
			cut = rapid.IntRange(0, len(g)-1).Draw(t, "at message")
		}
		for i, r := range g {
			r.begin, r.end = w.drawFate(t), w.drawFate(t)
			r.outcome = w.drawOutcome(t, r)
			if waiting == 1 && !crash && !stop && once(t, 3, "network is slow") {
				r.begin, r.end = works, works
				r.slow = pick(t, "takes", []time.Duration{5 * time.Minute, 5*time.Minute - time.Microsecond})
			}
			if i == cut && stop {
				r.begin, r.end = works, works
				r.outcome = outcome{to: inbox.Unknown, stopped: true}
			}
			if i == cut && crash {
				at := pick(t, "point", []fate{{begin: fails}, {begin: doubts}, {end: fails}, {end: doubts}})
				r.begin, r.end = at.begin, at.end
			}
		}
	}
	return crash
}

func (w *world) drawFate(t *rapid.T) fault {
	all := []fault{conflicts, loses, applies, fails}
	if i := rapid.IntRange(0, 15).Draw(t, "fault"); i > 0 && i <= len(all) && w.with["a write "+string(all[i-1])] {
		return all[i-1]
	}
	return works
}

func (w *world) drawOutcome(t *rapid.T, r *row) outcome {
	w.net.sent++
	switch rapid.IntRange(0, 9).Draw(t, "outcome") {
	case 6:
		return outcome{to: inbox.Sent, id: r.tenant.drawID(t, r.message.Account)} // an echo may have come first, or receipts
	case 7:
		return outcome{to: inbox.Sent}
	case 8:
		return outcome{to: inbox.Failed}
	case 9:
		return outcome{to: inbox.Unknown}
	}
	return outcome{to: inbox.Sent, id: fmt.Sprintf("sent-%d", w.net.sent)}
}

// plan tells the store and the network what happens in the round.
func (w *world) plan(box *process, groups [][]*row, claim fault) {
	fates := map[uuid.UUID]*fate{}
	w.net.sendings, w.net.outcomes = nil, map[string]outcome{}
	for _, g := range groups {
		for _, r := range g {
			f := r.fate
			fates[r.message.ID.UUID] = &f
			w.net.outcomes[r.message.ID.String()] = r.outcome
		}
	}
	w.net.fates = fates
	box.store.fates, box.store.dead, box.store.claim = fates, map[uuid.UUID]bool{}, claim
}

func describeRows(groups [][]*row) (s string) {
	for _, g := range groups {
		for _, r := range g {
			s += fmt.Sprintf("\n  tenant %s, message %s: begin %s, network: %+v, end %s", r.tenant.name, r.message.ID, r.begin, r.outcome, r.end)
		}
	}
	return s
}

// mustRound says what must come of a round, and whether it fails. What follows in a conversation on a message that fails waits: messages
// of one conversation are sent in their order.
func (w *world) mustRound(t *rapid.T, box *process, now time.Time, groups [][]*row) (failed bool) {
	for _, g := range groups {
		for _, r := range g {
			if stop := w.mustSend(t, box, now, r); stop {
				failed = true
				break
			}
		}
	}
	if len(w.net.sendings) > 0 {
		t.Fatalf("the rule: a message is sent once, in its order, and only if nothing stands against it\nthe network was asked to send %+v", w.net.sendings)
	}
	return failed
}

// mustSend says what must come of one message, and whether it goes wrong.
func (w *world) mustSend(t *rapid.T, box *process, now time.Time, r *row) (wrong bool) {
	tn := r.tenant
	tn.now = now
	if r.begin == fails {
		return true
	}
	send := tn.begins(r.bookDue, box.webChat || r.message.conversation.Network != channel.WebChat)
	if r.begin == doubts {
		return true
	}
	if !send {
		return false
	}
	w.compareSending(t, tn, r.message)
	tn.now = now.Add(r.slow)
	if r.slow > 0 && !r.leased.After(tn.now) { // the other process takes this one for dead
		tn.begins(r.bookDue, true)
	}
	if r.end == fails {
		return true
	}
	tn.ends(r.bookDue, r.to, r.id)
	return r.end == doubts || r.stopped
}

// compareSending compares what the network was asked to send first of a conversation with the message that must go.
func (w *world) compareSending(t *rapid.T, tn *tenant, m *bookMessage) {
	c := m.conversation
	i := slices.IndexFunc(w.net.sendings, func(s channel.Sending) bool {
		have := tn.messages[inbox.MessageID{UUID: uuid.MustParse(s.Key)}]
		return have != nil && have.conversation == c
	})
	if i < 0 || w.net.sendings[i].Key != m.ID.String() {
		t.Fatalf("the rule: a message that nothing stands against is sent, those of one conversation in their order\nmessage %s was to be next; the network was asked for %+v",
			m.ID, w.net.sendings)
	}
	got := w.net.sendings[i]
	w.net.sendings = slices.Delete(w.net.sendings, i, i+1)
	want := channel.Sending{Account: tn.accounts[m.Account].Account, Key: m.ID.String(), To: []channel.Address{c.thread.identity.address},
		Thread: c.thread.key, Kind: m.Kind, Text: m.Text, Tag: m.Tag, Template: m.Template,
		PrivateTo: m.Visibility == channel.Private && c.Visibility == channel.Public}
	if about := tn.messages[m.Answers.Message]; about != nil {
		want.ReplyTo = about.ExternalID
	}
	if wrong := differences("what an adapter is told about a message", reflect.ValueOf(got), reflect.ValueOf(want), nil); wrong != "" {
		t.Fatalf("%s", wrong)
	}
}

func (w *world) compareRound(t *rapid.T, groups [][]*row, failed bool, next time.Time, err error) {
	for key, n := range w.net.asked {
		if n > 1 {
			t.Fatalf("the rule: whatever happens, a network is asked at most once to send a message\nit was asked %d times for message %s", n, key)
		}
	}
	if (err != nil) != failed {
		t.Fatalf("the rule: a round says whether something failed\ngot error %v; something failed: %t", err, failed)
	}
	var earliest time.Time
	for _, tn := range w.tenants {
		for _, d := range tn.dues {
			if at := d.ready(); earliest.IsZero() || at.Before(earliest) {
				earliest = at
			}
		}
	}
	if err == nil && !next.Equal(earliest) {
		t.Fatalf("the rule: a round says when the next one is wanted\ngot %s, want %s", next, earliest)
	}
	for _, g := range groups {
		w.compare(t, g[0].tenant, g[0].message.conversation.ID)
	}
}
