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
	rows     map[uuid.UUID]*row // of the round
	sendings []channel.Sending  // of the round, as far as nobody has looked at them
	asked    map[string]int     // how often it was asked to send a message
	sent     int                // for ids
	stop     func()             // the process is told to stop
	delay    func(time.Duration)
}

// outcome is what the network does with a message.
type outcome struct {
	to      inbox.DeliveryState // Sent, Failed or Unknown
	id      string              // of what was sent
	stopped bool                // the process is told to stop while it sends
	slow    time.Duration       // how long it takes, while another process does a round
}

// fate is what happens to the two writes that a delivery is made of.
type fate struct{ begin, end fault }

// row is a message that a round must look at, and what happens to it.
type row struct {
	*bookDue
	tenant *tenant
	fate
	outcome
	left  fate // of the fate, what is still to come
	asked bool // the network was asked to send it
}

// Send implements channel.Adapter.
func (n *network) Send(ctx context.Context, s channel.Sending) (channel.Sent, error) {
	n.mu.Lock()
	n.sendings = append(n.sendings, s)
	n.asked[s.Key]++
	r := n.rows[uuid.MustParse(s.Key)]
	if r == nil {
		r = new(row) // it should not have been sent; who looks at the sendings will say so
	}
	r.asked = true
	n.mu.Unlock()
	if r.stopped {
		n.stop()
		return channel.Sent{}, ctx.Err()
	}
	if r.slow > 0 {
		n.delay(r.slow)
	}
	switch r.to {
	case inbox.Failed:
		return channel.Sent{}, &channel.RefusedError{Code: "131", Reason: "not on the network"}
	case inbox.Unknown:
		return channel.Sent{}, errors.New("no answer")
	}
	return channel.Sent{ExternalID: r.id}, nil
}

// round lets a process do the work that waits, while things go wrong, and compares what comes of it with what must.
func (w *world) round(t *rapid.T) {
	box, other := w.drawBoxes(t)
	now := w.now()
	groups := w.due(now)
	dies := w.drawFates(t, groups)
	claim := works
	if w.with[fails] && once(t, 12, "claiming fails") {
		claim = pick(t, "how", []fault{fails, applies})
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w.net.stop = cancel
	var meanwhile error
	w.net.delay = func(d time.Duration) {
		w.clock.now = w.clock.now.Add(d)
		_, meanwhile = other.Tick(ctx)
	}
	w.net.rows = map[uuid.UUID]*row{}
	text := ""
	for _, r := range slices.Concat(groups...) {
		r.left = r.fate
		w.net.rows[r.message.ID.UUID] = r
		text += fmt.Sprintf("\n  tenant %s, message %s: writes %q, network %+v", r.tenant.name, r.message.ID, []fault{r.begin, r.end}, r.outcome)
	}
	box.store.rows, box.store.dead, box.store.claim = w.net.rows, map[uuid.UUID]bool{}, claim
	t.Logf("process %d does a round, claims %q:%s", box.number, claim, text)
	next, err := box.Tick(ctx)
	box.store.calm()
	w.net.rows = nil
	if claim != fails {
		for _, r := range slices.Concat(groups...) {
			r.leased = now.Add(5 * time.Minute)
		}
	}
	failed := claim != works || w.mustRound(t, box, now, groups)
	w.compareRound(t, groups, failed || meanwhile != nil, next, err)
	if dies {
		t.Logf("process %d has died; another takes its place", box.number)
		w.boxes[slices.Index(w.boxes, box)] = w.start(t, box.number+2, box.webChat)
	}
}

// due groups the messages that a round can take at now by conversation, in their order there.
func (w *world) due(now time.Time) (groups [][]*row) {
	for _, tn := range w.tenants {
		for _, c := range tn.conversations {
			var group []*row
			for _, m := range c.messages {
				i := slices.IndexFunc(tn.dues, func(d *bookDue) bool { return d.message == m && !d.ready().After(now) })
				if i >= 0 {
					group = append(group, &row{bookDue: tn.dues[i], tenant: tn})
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
// conversation; one that is told to stop has only one, and one that is slow only one message, so that the order is known.
func (w *world) drawFates(t *rapid.T, groups [][]*row) (dies bool) {
	dies = len(groups) > 0 && once(t, 6, "process dies")
	stops := len(groups) == 1 && !dies && once(t, 6, "process is told to stop")
	given := map[string]bool{}
	for _, g := range groups {
		for _, r := range g {
			r.fate = fate{w.drawFate(t), w.drawFate(t)}
			if r.outcome = w.drawOutcome(t, r); given[r.id] {
				r.id = "" // nobody knows which of two that have the same id would come first
			}
			given[r.id] = true
		}
		last := g[rapid.IntRange(0, len(g)-1).Draw(t, "at message")]
		switch {
		case dies:
			last.fate = pick(t, "point", []fate{{fails, works}, {doubts, works}, {works, fails}, {works, doubts}})
		case stops:
			last.fate, last.outcome = fate{}, outcome{to: inbox.Unknown, stopped: true}
		case len(w.tenants[0].dues)+len(w.tenants[1].dues) == 1 && once(t, 3, "network is slow"):
			last.fate = fate{}
			last.slow = pick(t, "takes", []time.Duration{5 * time.Minute, 5*time.Minute - time.Microsecond})
		}
	}
	return dies
}

func (w *world) drawFate(t *rapid.T) fault {
	all := []fault{conflicts, loses, applies, fails}
	if i := rapid.IntRange(0, 15).Draw(t, "fault"); i > 0 && i <= len(all) && w.with[all[i-1]] {
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

// mustRound says what must come of a round, and whether it fails. What follows in a conversation on a message that fails waits:
// messages of one conversation are sent in their order.
func (w *world) mustRound(t *rapid.T, box *process, now time.Time, groups [][]*row) (failed bool) {
	for _, g := range groups {
		failed = slices.ContainsFunc(g, func(r *row) bool { return w.mustSend(t, box, now, r) }) || failed
	}
	if len(w.net.sendings) > 0 {
		t.Fatalf("the rule: a message is sent once, in its order, and only if nothing stands against it\nthe network was also asked to send %q",
			texts(w.net.sendings))
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
	send := tn.begins(r.bookDue, box.webChat || tn.conversation(r.message.Conversation).Network != channel.WebChat)
	if !send || r.begin == doubts {
		return r.begin == doubts
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

// compareSending compares what the network was asked to send next of a conversation with the message that must go.
func (w *world) compareSending(t *rapid.T, tn *tenant, m *inbox.Message) {
	i := slices.IndexFunc(w.net.sendings, func(s channel.Sending) bool {
		have := tn.messages[inbox.MessageID{UUID: uuid.MustParse(s.Key)}]
		return have != nil && have.Conversation == m.Conversation
	})
	if i < 0 || w.net.sendings[i].Key != m.ID.String() {
		t.Fatalf("the rule: a message that nothing stands against is sent, and those of one conversation in their order\n"+
			"message %s %q was to be next; the network was asked to send %q", m.ID, m.Text, texts(w.net.sendings))
	}
	got, c := w.net.sendings[i], tn.conversation(m.Conversation)
	w.net.sendings = slices.Delete(w.net.sendings, i, i+1)
	want := channel.Sending{Account: tn.accounts[m.Account].Account, Key: m.ID.String(), To: []channel.Address{c.thread.identity.address},
		Thread: c.thread.key, Kind: m.Kind, Text: m.Text, Tag: m.Tag, Template: m.Template,
		PrivateTo: m.Visibility == channel.Private && c.Visibility == channel.Public}
	if about := tn.messages[m.Answers.Message]; about != nil {
		want.ReplyTo = about.ExternalID
	}
	if wrong := differences("what an adapter is told of a message", reflect.ValueOf(got), reflect.ValueOf(want)); wrong != "" {
		t.Fatalf("%s", wrong)
	}
}

func texts(sendings []channel.Sending) (all []string) {
	for _, s := range sendings {
		all = append(all, s.Key+" "+s.Text)
	}
	return all
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
	for _, d := range slices.Concat(w.tenants[0].dues, w.tenants[1].dues) {
		if earliest.IsZero() || d.ready().Before(earliest) {
			earliest = d.ready()
		}
	}
	if err == nil && !next.Equal(earliest) {
		t.Fatalf("the rule: a round says when the next one is wanted\ngot %s, want %s", next, earliest)
	}
	for _, g := range groups {
		w.compare(t, g[0].tenant, g[0].message.Conversation)
	}
}
