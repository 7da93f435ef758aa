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
			t.Fatalf("the rule: counts are how many conversations are New and Pending, account by account\ntenant %s: got %+v, %v\nwant %+v", tn.name, counts, err, want)
		}
	}
}

// sweep compares everything at the end of a run.
func (w *world) sweep(t *rapid.T) {
	w.checkpoint(t)
	for _, tn := range w.tenants {
		w.sweepLists(t, tn)
		for _, c := range tn.conversations {
			w.sweepTimeline(t, tn, c)
		}
		w.sweepLog(t, tn)
	}
}

// orders are the orders of lists: what counts, and whether the latest comes first.
var orders = map[inbox.Sort]func(*bookConversation) time.Time{
	inbox.Newest:         func(c *bookConversation) time.Time { return c.Last.At },
	inbox.Oldest:         func(c *bookConversation) time.Time { return c.Last.At },
	inbox.LongestWaiting: func(c *bookConversation) time.Time { return orNever(c.WaitingSince) },
	inbox.Deadline:       func(c *bookConversation) time.Time { return orNever(c.Due) },
}

func orNever(t time.Time) time.Time {
	if t.IsZero() {
		return time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
	}
	return t
}

// sweepLists compares every list, page by page, and every conversation on it.
func (w *world) sweepLists(t *rapid.T, tn *tenant) {
	desk := w.boxes[0].For(tn.Tenant).As(inbox.System)
	for _, s := range slices.Sorted(maps.Keys(orders)) {
		want := slices.Clone(tn.conversations)
		slices.SortFunc(want, func(a, b *bookConversation) int {
			c := cmp.Or(orders[s](a).Compare(orders[s](b)), bytes.Compare(a.ID.UUID[:], b.ID.UUID[:]))
			if s == inbox.Newest {
				return -c
			}
			return c
		})
		var options []inbox.ReadOption
		open := map[*bookThread]bool{}
		for i := 0; ; {
			n := 0
			for h, err := range desk.Conversations(t.Context(), inbox.Filter{}, s, append(options, inbox.Limit(3))...) {
				if err != nil {
					t.Fatalf("a list cannot be read: %v", err)
				}
				if i >= len(want) || h.ID != want[i].ID {
					t.Fatalf("the rule: a list has every conversation once, in its order, page by page\ntenant %s, %s: got %s in place %d", tn.name, s, h.ID, i)
				}
				w.compareHeader(t, tn, want[i], &h)
				if isOpen(want[i]) && open[want[i].thread] {
					t.Fatalf("the rule: at most one conversation of a thread is open\ntenant %s: %s is the second", tn.name, h.ID)
				}
				open[want[i].thread] = open[want[i].thread] || isOpen(want[i])
				endedWork(t, &h)
				options = []inbox.ReadOption{inbox.After(h.Cursor)}
				i++
				n++
			}
			if n < 3 {
				if i != len(want) {
					t.Fatalf("the rule: a list has every conversation once\ntenant %s, %s: got %d, want %d", tn.name, s, i, len(want))
				}
				break
			}
		}
	}
}

// endedWork holds a conversation that was resolved to being nobody's work.
func endedWork(t *rapid.T, h *inbox.Header) {
	if h.State == inbox.StateResolved && (h.Assignee != inbox.Assignee{} || h.Hold != inbox.Hold{} || !h.Due.IsZero()) {
		t.Fatalf("the rule: a resolved conversation has no assignee, no hold and no deadline\n%s has %+v, %+v, %s", h.ID, h.Assignee, h.Hold, h.Due)
	}
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
		t.Fatalf("the rule: a timeline has every message, every note and every entry of the trail once\n%s: got %d, %d and %d lines, want %d, %d and %d", what,
			len(messages), len(notes), trail, len(c.messages), len(c.notes), shown)
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
	wanted := map[audit.Subject]*bookLog{}
	for _, c := range tn.conversations {
		wanted[audit.Subject{Kind: audit.SubjectConversation, ID: c.ID.UUID}] = &c.log
	}
	for _, i := range tn.identities {
		wanted[audit.Subject{Kind: audit.SubjectContact, ID: i.contact.id.UUID}] = &i.contact.log
	}
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
		l := found[e.Subject]
		if l == nil {
			l = new(bookLog)
			found[e.Subject] = l
		}
		if e.Cause != cause[e.Subject] {
			l.close()
			cause[e.Subject] = e.Cause
		}
		l.open = append(l.open, e.Action)
		if e.Seq != l.entries()+int64(len(l.open)) {
			t.Fatalf("the rule: the entries of a subject are numbered without gaps, in the feed's order\ntenant %s: %d of %s", tn.name, e.Seq, e.Subject)
		}
	}
	for _, l := range found {
		l.close()
	}
	tn.compareLogs(t, found, wanted)
	if settings != tn.settings {
		t.Fatalf("the rule: every change of a setting leaves one entry, and nothing else does\ntenant %s: got %d, want %d", tn.name, settings, tn.settings)
	}
	report, err := box.Verify(t.Context(), tn.heads...)
	if err != nil || report.Entries != position {
		t.Fatalf("the rule: the log verifies, with every checkpoint that was taken\ntenant %s: %d of %d entries, %v", tn.name, report.Entries, position, err)
	}
}

// compareLogs compares the entries command by command; the order within a command is its own business.
func (tn *tenant) compareLogs(t *rapid.T, found, wanted map[audit.Subject]*bookLog) {
	for s, want := range wanted {
		got := found[s]
		if got == nil {
			got = new(bookLog)
		}
		for i := range max(len(got.commands), len(want.commands)) {
			var have, must []audit.Action
			if i < len(got.commands) {
				have = slices.Sorted(slices.Values(got.commands[i]))
			}
			if i < len(want.commands) {
				must = slices.Sorted(slices.Values(want.commands[i]))
			}
			if !slices.Equal(have, must) {
				t.Fatalf("the rule: every fact leaves exactly one entry, and where nothing changes there is none\ntenant %s, command %d on the %s: got %v, want %v",
					tn.name, i, s.Kind, have, must)
			}
		}
	}
	for s := range found {
		if wanted[s] == nil {
			t.Fatalf("the rule: every fact leaves exactly one entry, and where nothing changes there is none\ntenant %s: entries about a %s that is not there", tn.name, s.Kind)
		}
	}
}
