package storagetest

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// checkpoint exports where the logs end, for the sweep to find again.
func (w *world) checkpoint(t *rapid.T) {
	for _, tn := range w.tenants {
		head, err := w.boxes[0].For(tn.Tenant).Checkpoint(t.Context())
		if err != nil {
			t.Fatalf("where the log ends cannot be read: %v", err)
		}
		tn.heads = append(tn.heads, head)
	}
}

// invariants are what holds between any two commands.
func (w *world) invariants(t *rapid.T) {
	for _, tn := range w.tenants {
		counts, err := w.boxes[0].For(tn.Tenant).As(inbox.System).Counts(t.Context())
		want := inbox.Counts{Accounts: map[channel.AccountID]inbox.Totals{}}
		for _, c := range tn.conversations {
			n := want.Accounts[c.Account]
			switch c.State {
			case inbox.StateNew:
				n.New++
				want.All.New++
			case inbox.StatePending:
				n.Pending++
				want.All.Pending++
			default:
				continue
			}
			want.Accounts[c.Account] = n
		}
		if err != nil || !equal(counts, want) {
			t.Fatalf("the rule: counts are how many conversations are New and Pending, account by account\ntenant %s: got %+v, %v\nwant %+v",
				tn.name, counts, err, want)
		}
	}
}

// sweep compares everything at the end of a run.
func (w *world) sweep(t *rapid.T) {
	w.checkpoint(t)
	for _, tn := range w.tenants {
		w.sweepArrivals(t, tn)
		w.sweepLists(t, tn)
		for _, c := range tn.conversations {
			w.sweepTimeline(t, tn, c)
		}
		w.sweepLog(t, tn)
		if err := Sweep(t.Context(), w.store, tn.Tenant); err != nil {
			t.Fatalf("the rule: what holds after every crash holds after every run\n%v", err)
		}
	}
}

// sweepArrivals lets everything that came come once more: now all of it is known.
func (w *world) sweepArrivals(t *rapid.T, tn *tenant) {
	tn.now = w.now()
	for _, in := range slices.Concat(tn.arrived, tn.arrived) {
		o := tn.arriving(in)
		w.hold(t, o, o.ask(t.Context(), w.boxes[0].For(tn.Tenant)))
	}
}

// orders are what lists are ordered by.
var orders = map[inbox.Sort]func(*bookConversation) time.Time{
	inbox.Newest:   func(c *bookConversation) time.Time { return c.Last.At },
	inbox.Oldest:   func(c *bookConversation) time.Time { return c.Last.At },
	inbox.Deadline: func(c *bookConversation) time.Time { return orNever(c.Due) },
	inbox.LongestWaiting: func(c *bookConversation) time.Time {
		if c.AnsweredBy != (inbox.MessageID{}) { // nobody waits
			return orNever(time.Time{})
		}
		return orNever(c.WaitingSince)
	},
}

func orNever(t time.Time) time.Time {
	if t.IsZero() {
		return time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
	}
	return t
}

// sweepLists compares every list, and every conversation.
func (w *world) sweepLists(t *rapid.T, tn *tenant) {
	open := map[inbox.ThreadID]bool{}
	for _, s := range slices.Sorted(maps.Keys(orders)) {
		want := slices.Clone(tn.conversations)
		slices.SortFunc(want, func(x, y *bookConversation) int {
			return cmp.Or(orders[s](x).Compare(orders[s](y)), bytes.Compare(x.ID.UUID[:], y.ID.UUID[:]))
		})
		if s == inbox.Newest {
			slices.Reverse(want)
		}
		got := w.list(t, tn, s)
		same := slices.EqualFunc(got, want, func(h inbox.Header, c *bookConversation) bool { return h.ID == c.ID })
		if !same {
			t.Fatalf("the rule: a list has every conversation once, in its order, page by page\ntenant %s, %s: got %s\nwant %s", tn.name, s,
				ids(got, func(h inbox.Header) inbox.ConversationID { return h.ID }), ids(want, func(c *bookConversation) inbox.ConversationID { return c.ID }))
		}
		if s != inbox.Newest {
			continue
		}
		for i := range got {
			h := &got[i]
			w.compareHeader(t, tn, want[i], h)
			if h.State != inbox.StateResolved && open[h.Thread] {
				t.Fatalf("the rule: at most one conversation of a thread is open\ntenant %s: %s is the second", tn.name, h.ID)
			}
			open[h.Thread] = open[h.Thread] || h.State != inbox.StateResolved
			if h.State == inbox.StateResolved && (h.Assignee != inbox.Assignee{} || h.Hold != inbox.Hold{} || !h.Due.IsZero()) {
				t.Fatalf("the rule: a resolved conversation is nobody's work\n%s has %+v, %+v, due %s", h.ID, h.Assignee, h.Hold, h.Due)
			}
		}
	}
}

// list reads a list in pages of three.
func (w *world) list(t *rapid.T, tn *tenant, s inbox.Sort) (all []inbox.Header) {
	options := []inbox.ReadOption{inbox.Limit(3)}
	for {
		n := 0
		for h, err := range w.boxes[0].For(tn.Tenant).As(inbox.System).Conversations(t.Context(), inbox.Filter{}, s, options...) {
			if err != nil {
				t.Fatalf("a list cannot be read: %v", err)
			}
			all = append(all, h)
			n++
		}
		if n < 3 {
			return all
		}
		options = []inbox.ReadOption{inbox.Limit(3), inbox.After(all[len(all)-1].Cursor)}
	}
}

func ids[V any](of []V, id func(V) inbox.ConversationID) (all []string) {
	for _, v := range of {
		all = append(all, id(v).String())
	}
	return all
}

// sweepTimeline compares what a page shows of a conversation.
func (w *world) sweepTimeline(t *rapid.T, tn *tenant, c *bookConversation) {
	what := fmt.Sprintf("conversation %d of tenant %s", slices.Index(tn.conversations, c), tn.name)
	desk := w.boxes[0].For(tn.Tenant).As(inbox.System)
	var messages []*inbox.Message
	var notes []*inbox.Note
	seq, trail := int64(0), 0
	for item, err := range desk.Timeline(t.Context(), c.ID, inbox.WithTrail()) {
		if err != nil {
			t.Fatalf("a timeline cannot be read: %v", err)
		}
		if item.Seq <= seq {
			t.Fatalf("the rule: the items of a timeline have rising sequence numbers\n%s: %d after %d", what, item.Seq, seq)
		}
		seq = item.Seq
		if item.Message != nil {
			messages = append(messages, item.Message)
		}
		if item.Note != nil {
			notes = append(notes, item.Note)
		}
		trail++
	}
	shown := len(slices.DeleteFunc(slices.Concat(c.log.commands...), func(a audit.Action) bool { return !isTrail(a) }))
	if len(messages) != len(c.messages) || len(notes) != len(c.notes) || trail != shown {
		t.Fatalf("the rule: a timeline has every message, every note and every entry of the trail once\n"+
			"%s: got %d, %d and %d lines, want %d, %d and %d", what, len(messages), len(notes), trail, len(c.messages), len(c.notes), shown)
	}
	var wrong string
	for i, m := range messages {
		want := *c.messages[i]
		want.Answers = tn.asShown(want.Answers)
		if m.Delivery.Problem != "" && (want.Delivery.State == inbox.Failed || want.Delivery.State == inbox.Unknown) {
			m.Delivery.Problem = "" // in whatever words
		}
		wrong += differences(fmt.Sprintf("%s, message %d", what, i), reflect.ValueOf(*m), reflect.ValueOf(want), "Seq")
	}
	for i, n := range notes {
		wrong += differences(fmt.Sprintf("%s, note %d", what, i), reflect.ValueOf(*n), reflect.ValueOf(*c.notes[i]), "Seq")
	}
	if wrong != "" {
		t.Fatalf("%s", wrong)
	}
}

// asShown lets the copy of an answered message follow what has become of the original.
func (tn *tenant) asShown(a inbox.Answer) inbox.Answer {
	if m := tn.messages[a.Message]; m != nil && !m.Deleted.IsZero() {
		a.Status, a.Text = inbox.Deleted, ""
	}
	return a
}

// sweepLog compares the log: every fact has one entry, and the whole of it verifies.
func (w *world) sweepLog(t *rapid.T, tn *tenant) {
	box := w.boxes[0].For(tn.Tenant)
	found := map[audit.Subject]*bookLog{}
	cause := map[audit.Subject]uuid.UUID{}
	position, settings := int64(0), 0
	for e, err := range box.Feed(t.Context(), 0) {
		if err != nil {
			t.Fatalf("the feed cannot be read: %v", err)
		}
		if position++; e.Position != position {
			t.Fatalf("the rule: positions in the feed have no gaps\ntenant %s: %d instead of %d", tn.name, e.Position, position)
		}
		if e.Subject.Kind == audit.SubjectSetting {
			settings++
			continue
		}
		if found[e.Subject] == nil {
			found[e.Subject] = new(bookLog)
		}
		l := found[e.Subject]
		if e.Cause != cause[e.Subject] {
			l.close()
			cause[e.Subject] = e.Cause
		}
		l.add(e.Action)
		if have := l.entries() + int64(len(l.open)); e.Seq != have {
			t.Fatalf("the rule: the entries of a subject are numbered without gaps, in the feed's order\ntenant %s: %d instead of %d", tn.name, e.Seq, have)
		}
	}
	tn.compareLogs(t, found)
	if settings != tn.settings {
		t.Fatalf("the rule: every change of a setting leaves one entry, and nothing else does\ntenant %s: got %d, want %d", tn.name, settings, tn.settings)
	}
	report, err := box.Verify(t.Context(), tn.heads...)
	if err != nil || report.Entries != position {
		t.Fatalf("the rule: the log verifies, with every checkpoint that was taken\ntenant %s: %d of %d entries, %v", tn.name, report.Entries,
			position, err)
	}
}

// compareLogs compares the entries command by command; the order within a command is its own business.
func (tn *tenant) compareLogs(t *rapid.T, found map[audit.Subject]*bookLog) {
	var wrong []string
	compare := func(what string, kind audit.SubjectKind, id uuid.UUID, want *bookLog) {
		got := new(bookLog)
		if l := found[audit.Subject{Kind: kind, ID: id}]; l != nil {
			l.close()
			got = l
		}
		delete(found, audit.Subject{Kind: kind, ID: id})
		if have, must := got.sorted(), want.sorted(); !equal(have, must) {
			wrong = append(wrong, fmt.Sprintf("%s: got %v\nwant %v", what, have, must))
		}
	}
	for i, c := range tn.conversations {
		compare(fmt.Sprintf("conversation %d", i), audit.SubjectConversation, c.ID.UUID, &c.log)
	}
	contacts := map[*bookContact]bool{}
	for _, i := range tn.identities {
		contacts[i.contact] = true
	}
	for c := range contacts {
		compare("contact "+c.id.String(), audit.SubjectContact, c.id.UUID, &c.log)
	}
	for s := range found {
		wrong = append(wrong, fmt.Sprintf("there is no %s %s", s.Kind, s.ID))
	}
	if len(wrong) > 0 {
		slices.Sort(wrong) // a failure reads the same in every run
		t.Fatalf("the rule: every fact leaves exactly one entry, and where nothing changes there is none\ntenant %s, %s", tn.name, wrong[0])
	}
}

// sorted is the entries with those of each command in the order of their names.
func (l *bookLog) sorted() (all [][]audit.Action) {
	for _, c := range l.commands {
		all = append(all, slices.Sorted(slices.Values(c)))
	}
	return all
}
