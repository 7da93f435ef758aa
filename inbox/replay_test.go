package inbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/channel/channeltest"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/queue"
	"github.com/deskwright/deskwright/storage"
	"github.com/deskwright/deskwright/storage/memory"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// history is a random life of an inbox, played through its public calls.
type history struct {
	*rapid.T
	box      *inbox.Inbox
	store    inbox.Store
	mock     *clock.Mock
	accounts []inbox.Account
	topics   []inbox.TopicID
	reasons  []inbox.ReasonID
	teams    []queue.TeamID

	n         int
	externals map[channel.AccountKey][]string // ids of messages, as the networks have them
	talks     []inbox.ConversationID
	written   map[inbox.ConversationID][]inbox.MessageID
	notes     map[inbox.ConversationID][]inbox.NoteID
}

func newHistory(t *rapid.T) *history {
	mock := clock.NewMock()
	mock.Set(curtain)
	recorder := &channeltest.Recorder{Answer: networkAnswers}
	h := &history{T: t, store: memory.New(), mock: mock,
		externals: map[channel.AccountKey][]string{}, written: map[inbox.ConversationID][]inbox.MessageID{}, notes: map[inbox.ConversationID][]inbox.NoteID{}}
	var err error
	h.box, err = inbox.New(h.store, inbox.WithClock(mock), inbox.WithAdapter(channel.WebChat, recorder),
		inbox.WithAdapter(channel.Facebook, recorder), inbox.WithAdapter(channel.WhatsApp, recorder))
	h.must(err)
	for i, n := range []channel.Network{channel.WebChat, channel.Facebook, channel.WhatsApp} {
		a := inbox.Account{Account: channel.Account{AccountKey: channel.AccountKey{Network: n, ExternalID: string(n)}}}
		a.AfterReply = rapid.SampledFrom(states).Draw(t, "after reply")
		a.ReopenWithin = rapid.SampledFrom([]time.Duration{0, time.Hour, 24 * time.Hour}).Draw(t, "reopen within")
		a.NoAutoAssign = i == 2
		if rapid.Bool().Draw(t, "reason required") {
			a.Require = []inbox.Requirement{{Resolver: inbox.ByPerson, Reason: true, Topic: i == 0}}
		}
		saved, err := h.desk(0).SaveAccount(h.ctx(), a)
		h.must(err)
		h.accounts = append(h.accounts, saved)
	}
	for _, name := range []string{"parcels", "bills"} {
		topic, err := h.desk(0).SaveTopic(h.ctx(), inbox.Topic{Name: name})
		h.must(err)
		reason, err := h.desk(0).SaveReason(h.ctx(), inbox.Reason{Name: name})
		h.must(err)
		team, err := h.desk(0).SaveTeam(h.ctx(), inbox.Team{Team: queue.Team{Name: name}})
		h.must(err)
		h.topics, h.reasons, h.teams = append(h.topics, topic.ID), append(h.reasons, reason.ID), append(h.teams, team.ID)
	}
	return h
}

// networkAnswers does what the text asks for.
func networkAnswers(s channel.Sending) (channel.Sent, error) {
	switch {
	case strings.HasPrefix(s.Text, "refuse"):
		return channel.Sent{}, &channel.RefusedError{Code: "131026", Reason: "undeliverable"}
	case strings.HasPrefix(s.Text, "lose"):
		return channel.Sent{}, errors.New("connection reset")
	}
	return channel.Sent{ExternalID: "sent " + s.Text}, nil
}

func (h *history) ctx() context.Context { return context.Background() }

func (h *history) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// may is must for what the rules may refuse.
func (h *history) may(err error) {
	h.Helper()
	if err == nil || errors.Is(err, storage.ErrInvalid) || errors.Is(err, storage.ErrNotFound) {
		return
	}
	switch e := errors.Unwrap(err).(type) {
	case *inbox.TransitionError, *inbox.ResolveError, *inbox.OpenError, *inbox.HeldError, *channel.WindowClosedError, *channel.NotAllowedError:
		return
	default:
		h.Fatalf("%v (%T)", err, e)
	}
}

// desk returns the desk of one of those who work: the system, two people, a bot and an automation.
func (h *history) desk(i int) *inbox.Desk {
	return h.box.As([]inbox.Actor{inbox.System, inbox.Person(queue.AgentNamed("Ann"), "Ann"), inbox.Person(queue.AgentNamed("Ben"), "Ben"),
		inbox.Bot(queue.AgentNamed("Robo"), "Robo"), inbox.Automation("greeter")}[i])
}

func (h *history) anyDesk() *inbox.Desk { return h.desk(rapid.IntRange(1, 4).Draw(h.T, "desk")) }

// talk is a conversation that there is; the test goes on without one.
func (h *history) talk() inbox.ConversationID {
	if len(h.talks) == 0 {
		h.Skip("no conversation yet")
	}
	return rapid.SampledFrom(h.talks).Draw(h.T, "conversation")
}

func (h *history) know(c inbox.ConversationID, m inbox.MessageID) {
	if c.UUID == uuid.Nil {
		return
	}
	if !slices.Contains(h.talks, c) {
		h.talks = append(h.talks, c)
	}
	if m.UUID != uuid.Nil && !slices.Contains(h.written[c], m) {
		h.written[c] = append(h.written[c], m)
	}
}

// external is the id of a message that came to an account, or will come, or never does. One in so many is new.
func (h *history) external(what string, to channel.AccountKey, in int) string {
	if rapid.IntRange(1, in).Draw(h.T, what+" is new") == 1 || len(h.externals[to]) == 0 {
		h.n++
		next := fmt.Sprint("m", h.n)
		h.externals[to] = append(h.externals[to], next)
		return next
	}
	return rapid.SampledFrom(h.externals[to]).Draw(h.T, what)
}

func (h *history) text() string {
	return rapid.SampledFrom([]string{"", "Hello?", "Where is my parcel?", "日本 \u2028 \x00\xff", strings.Repeat("long ", 30)}).Draw(h.T, "text")
}

func (h *history) when() time.Time {
	return rapid.SampledFrom([]time.Time{{}, h.mock.Now(), h.mock.Now().Add(-72 * time.Hour), h.mock.Now().Add(-time.Minute), h.mock.Now().Add(time.Hour)}).Draw(h.T, "time")
}

func (h *history) person() channel.Person {
	all := []channel.Person{
		{Name: "Kim", Addresses: []channel.Address{{ID: "kim"}}},
		{Name: "Kim B.", Addresses: []channel.Address{{ID: "kim"}, {ID: "kim2"}}, Attributes: map[string]string{"city": "Ulm"}},
		{Addresses: []channel.Address{{ID: "kim2"}}},
		{Name: "Lee", Addresses: []channel.Address{{ID: "lee"}, {Network: channel.SMS, ID: "49151"}}},
		{Name: "Lee", Addresses: []channel.Address{{Network: channel.SMS, ID: "49151"}, {ID: "kim"}}},
	}
	return rapid.SampledFrom(all).Draw(h.T, "person")
}

func (h *history) arrive(event channel.Event) {
	a := rapid.SampledFrom(h.accounts).Draw(h.T, "account")
	in := channel.Inbound{Account: a.AccountKey, Event: event, From: h.person(), Text: h.text(), Time: h.when(), Kind: channel.ReplyKind(a.Network, channel.Private),
		ExternalID: h.external("external id", a.AccountKey, 1)}
	if known := h.externals[a.AccountKey]; rapid.IntRange(0, 5).Draw(h.T, "again") == 0 {
		in.ExternalID = rapid.SampledFrom(known).Draw(h.T, "external id")
	}
	if a.Network == channel.Facebook {
		in.Kind = rapid.SampledFrom([]channel.Kind{channel.DirectMessage, channel.Comment, channel.AdComment}).Draw(h.T, "kind")
		in.Paid = in.Kind == channel.AdComment
		in.Opener = rapid.SampledFrom([]channel.Opener{"", channel.ByAd}).Draw(h.T, "opener")
	}
	in.Thread = rapid.SampledFrom([]string{"", "", "order 7"}).Draw(h.T, "thread")
	if rapid.IntRange(0, 3).Draw(h.T, "answers") == 0 {
		in.ReplyTo = h.external("answers", a.AccountKey, 10)
	}
	if rapid.IntRange(0, 4).Draw(h.T, "attached") == 0 {
		in.Attach = []channel.Attached{{ID: "a1", Kind: "image", Size: 1 << 60}}
	}
	r, err := h.box.Receive(h.ctx(), in)
	h.may(err) // the account may be gone
	h.know(r.Conversation, r.Message)
}

func (h *history) happen(in channel.Inbound) {
	a := rapid.SampledFrom(h.accounts).Draw(h.T, "account")
	in.Account, in.Time, in.About, in.From = a.AccountKey, h.when(), h.external("about", a.AccountKey, 6), h.person()
	_, err := h.box.Receive(h.ctx(), in)
	h.may(err)
}

func (h *history) reply() {
	h.n++
	c := h.talk()
	r := inbox.Reply{Text: fmt.Sprint(rapid.SampledFrom([]string{"send ", "send ", "refuse ", "lose "}).Draw(h.T, "outcome"), h.n),
		Then:    rapid.SampledFrom([]inbox.State{none, none, isNew, pending, resolved}).Draw(h.T, "then"),
		Private: rapid.IntRange(0, 3).Draw(h.T, "private") == 0}
	if len(h.written[c]) > 0 && rapid.Bool().Draw(h.T, "answers") {
		r.Answers = rapid.SampledFrom(h.written[c]).Draw(h.T, "answered")
	}
	if rapid.Bool().Draw(h.T, "reason given") {
		r.Resolve = inbox.Resolve{Reason: h.reasons[0], Comment: "done"}
	}
	res, err := h.anyDesk().Reply(h.ctx(), c, r)
	h.may(err)
	if err == nil {
		for _, a := range h.accounts {
			h.externals[a.AccountKey] = append(h.externals[a.AccountKey], "sent "+r.Text)
		}
		h.know(c, res.Message)
	}
}

func (h *history) start() {
	h.n++
	a := rapid.SampledFrom(h.accounts).Draw(h.T, "account")
	r, err := h.anyDesk().Start(h.ctx(), inbox.Start{Account: a.ID, To: h.person(), Reply: inbox.Reply{Text: fmt.Sprint("send ", h.n)}})
	h.may(err)
	if err == nil {
		h.know(r.Conversation, r.Message)
	}
}

// command gives a command that may be refused.
func (h *history) command(do func(*inbox.Desk, inbox.ConversationID) (inbox.Result, error)) func(*rapid.T) {
	return func(*rapid.T) {
		c := h.talk()
		_, err := do(h.anyDesk(), c)
		h.may(err)
	}
}

func (h *history) onNote(do func(*inbox.Desk, inbox.ConversationID, inbox.NoteID) (inbox.Result, error)) func(*rapid.T) {
	return func(t *rapid.T) {
		c := h.talk()
		if len(h.notes[c]) == 0 {
			t.Skip("no note")
		}
		_, err := do(h.desk(0), c, rapid.SampledFrom(h.notes[c]).Draw(t, "note"))
		h.may(err)
	}
}

// play lets random things happen.
func (h *history) play() {
	ctx := h.ctx()
	h.Repeat(map[string]func(*rapid.T){
		"contact writes":       func(*rapid.T) { h.arrive(channel.MessageEvent) },
		"contact writes again": func(*rapid.T) { h.arrive(channel.MessageEvent) },
		"answered elsewhere":   func(*rapid.T) { h.arrive(channel.EchoEvent) },
		"edit":                 func(*rapid.T) { h.happen(channel.Inbound{Event: channel.EditEvent, Text: h.text()}) },
		"delete":               func(*rapid.T) { h.happen(channel.Inbound{Event: channel.DeleteEvent}) },
		"react": func(t *rapid.T) {
			h.happen(channel.Inbound{Event: channel.ReactionEvent, Reaction: "👍", Removed: rapid.Bool().Draw(t, "removed")})
		},
		"receipt": func(t *rapid.T) {
			h.happen(channel.Inbound{Event: channel.ReceiptEvent, Problem: "p",
				Receipt: rapid.SampledFrom([]channel.Receipt{channel.Delivered, channel.Read, channel.Failed}).Draw(t, "receipt")})
		},
		"reply": func(*rapid.T) { h.reply() },
		"start": func(*rapid.T) { h.start() },
		"set pending": h.command(func(d *inbox.Desk, c inbox.ConversationID) (inbox.Result, error) {
			return d.SetPending(ctx, c)
		}),
		"set new": h.command(func(d *inbox.Desk, c inbox.ConversationID) (inbox.Result, error) { return d.SetNew(ctx, c) }),
		"resolve": h.command(func(d *inbox.Desk, c inbox.ConversationID) (inbox.Result, error) {
			return d.Resolve(ctx, c, inbox.Resolve{Reason: h.reasons[1], Comment: "\"so\" \x00"})
		}),
		"assign": h.command(func(d *inbox.Desk, c inbox.ConversationID) (inbox.Result, error) {
			return d.Assign(ctx, c, inbox.Assignee{Agent: d.Actor().Agent, Team: h.teams[0]})
		}),
		"assign a team": h.command(func(d *inbox.Desk, c inbox.ConversationID) (inbox.Result, error) {
			return d.Assign(ctx, c, inbox.Assignee{Team: h.teams[1]})
		}),
		"unassign": h.command(func(d *inbox.Desk, c inbox.ConversationID) (inbox.Result, error) { return d.Unassign(ctx, c) }),
		"add topic": h.command(func(d *inbox.Desk, c inbox.ConversationID) (inbox.Result, error) {
			return d.AddTopic(ctx, c, rapid.SampledFrom(h.topics).Draw(h.T, "topic"))
		}),
		"remove topic": h.command(func(d *inbox.Desk, c inbox.ConversationID) (inbox.Result, error) {
			return d.RemoveTopic(ctx, c, rapid.SampledFrom(h.topics).Draw(h.T, "topic"))
		}),
		"mark read": h.command(func(d *inbox.Desk, c inbox.ConversationID) (inbox.Result, error) { return d.MarkRead(ctx, c) }),
		"hold": h.command(func(d *inbox.Desk, c inbox.ConversationID) (inbox.Result, error) {
			return d.Hold(ctx, c, time.Hour)
		}),
		"release": h.command(func(d *inbox.Desk, c inbox.ConversationID) (inbox.Result, error) { return d.Release(ctx, c) }),
		"add note": h.command(func(d *inbox.Desk, c inbox.ConversationID) (inbox.Result, error) {
			var about inbox.MessageID
			if rapid.Bool().Draw(h.T, "on a message") && len(h.written[c]) > 0 {
				about = h.written[c][0]
			}
			r, err := d.AddNote(ctx, c, about, fmt.Sprint("note ", len(h.notes[c])))
			if err == nil {
				h.notes[c] = append(h.notes[c], r.Note)
			}
			return r, err
		}),
		"edit note": h.onNote(func(d *inbox.Desk, c inbox.ConversationID, n inbox.NoteID) (inbox.Result, error) {
			return d.EditNote(ctx, c, n, "edited")
		}),
		"delete note": h.onNote(func(d *inbox.Desk, c inbox.ConversationID, n inbox.NoteID) (inbox.Result, error) {
			return d.DeleteNote(ctx, c, n)
		}),
		"rename a topic": func(*rapid.T) {
			h.n++
			_, err := h.desk(0).SaveTopic(ctx, inbox.Topic{ID: h.topics[0], Name: fmt.Sprint("topic ", h.n)})
			h.must(err)
		},
		"delete a topic": func(*rapid.T) { h.must(h.desk(0).DeleteTopic(ctx, h.topics[1])) },
		"remove an account": func(t *rapid.T) {
			if rapid.IntRange(0, 3).Draw(t, "really") > 0 {
				t.Skip("keep it")
			}
			open := rapid.SampledFrom([]inbox.Open{inbox.KeepOpen, inbox.ResolveOpen}).Draw(t, "open")
			h.may(h.desk(0).RemoveAccount(ctx, h.accounts[2].ID, open, inbox.Resolve{}))
		},
		"connect it again": func(*rapid.T) {
			again := h.accounts[2]
			again.Version = 0
			_, err := h.desk(0).SaveAccount(ctx, again)
			h.must(err)
		},
		"time passes": func(t *rapid.T) {
			h.mock.Set(h.mock.Now().Add(rapid.SampledFrom([]time.Duration{1, time.Microsecond, time.Minute, time.Hour, 25 * time.Hour}).Draw(t, "by")))
		},
		"work": func(*rapid.T) {
			_, err := h.box.Tick(ctx)
			h.must(err)
		},
	})
}

// What is stored is what the log says: made again from its entries alone, every row is as it is stored.
func TestEveryRowIsMadeAgainFromItsLog(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) { replayed(t) })
}

func replayed(t *rapid.T) {
	h := newHistory(t)
	h.play()
	h.play()
	if _, err := h.box.Verify(h.ctx()); err != nil {
		t.Fatal(err)
	}
	tenant := h.box.Tenant()
	bySubject := map[audit.Subject][]audit.Entry{}
	for e, err := range h.box.Feed(h.ctx(), 0) {
		h.must(err)
		bySubject[e.Subject] = append(bySubject[e.Subject], e)
	}
	conversations := 0
	totals := map[channel.AccountID]inbox.Totals{}
	open := map[inbox.ThreadID]bool{}
	rows, err := h.store.List(h.ctx(), tenant, inbox.Query{Sort: inbox.Oldest, Limit: 1 << 20})
	h.must(err)
	for _, row := range rows {
		c := row.Conversation
		again, err := inbox.Replay(bySubject[audit.Subject{Kind: audit.SubjectConversation, ID: c.ID.UUID}])
		h.must(err)
		conversations++
		h.compare(c, again)
		h.lawful(c, bySubject[audit.Subject{Kind: audit.SubjectConversation, ID: c.ID.UUID}])
		n := totals[c.Account]
		switch c.State {
		case isNew:
			n.New++
		case pending:
			n.Pending++
		}
		if c.State != resolved {
			if open[c.Thread] {
				t.Fatalf("thread %s has two open conversations", c.Thread)
			}
			open[c.Thread] = true
		}
		totals[c.Account] = n
	}
	counts, err := h.desk(0).Counts(h.ctx())
	h.must(err)
	h.same("counts", counts.Accounts, nonZero(totals))
	for s, entries := range bySubject {
		switch s.Kind {
		case audit.SubjectConversation:
			conversations--
		case audit.SubjectContact:
			h.compareContact(s, entries)
		}
	}
	if conversations != 0 {
		t.Fatalf("%d conversations more than have a log", conversations)
	}
	_, docs, err := h.store.Documents(h.ctx(), tenant)
	h.must(err)
	for _, d := range docs {
		if d.Chain == (audit.Chain{}) {
			continue // it says nothing: it guards the names of topics
		}
		again, err := inbox.Replay(bySubject[audit.Subject{Kind: audit.SubjectSetting, ID: d.ID}])
		h.must(err)
		again.Document.Chain.Key, again.Document.Account = d.Chain.Key, d.Account // neither is a fact
		h.same("settings document", again.Document, d)
	}
}

func nonZero(m map[channel.AccountID]inbox.Totals) map[channel.AccountID]inbox.Totals {
	out := map[channel.AccountID]inbox.Totals{}
	for id, n := range m {
		if n != (inbox.Totals{}) {
			out[id] = n
		}
	}
	return out
}

func (h *history) same(what string, again, stored any) {
	h.Helper()
	if reflect.DeepEqual(stored, again) {
		return
	}
	if diff := cmp.Diff(stored, again, cmpopts.EquateEmpty()); diff != "" {
		h.Fatalf("%s (-stored +made again):\n%s", what, diff)
	}
}

func (h *history) compare(c inbox.Conversation, again inbox.Snapshot) {
	h.Helper()
	again.Conversation.Chain.Key = c.Chain.Key
	h.same("conversation", again.Conversation, c)
	items, err := h.store.Timeline(h.ctx(), h.box.Tenant(), c.ID, 0, 1<<20, true)
	h.must(err)
	var messages []inbox.Message
	var notes []inbox.Note
	for _, i := range items {
		if i.Message != nil {
			messages = append(messages, *i.Message)
		}
		if i.Note != nil {
			notes = append(notes, *i.Note)
		}
	}
	h.same("messages", again.Messages, messages)
	h.same("notes", again.Notes, notes)
}

func (h *history) compareContact(s audit.Subject, entries []audit.Entry) {
	h.Helper()
	again, err := inbox.Replay(entries)
	h.must(err)
	var addresses []channel.Address
	for _, i := range again.Identities {
		addresses = append(addresses, i.Address)
	}
	stored := inbox.Snapshot{Ref: inbox.Ref{Tenant: h.box.Tenant(), Arrival: inbox.ArrivalRef{Addresses: addresses}}}
	h.must(h.store.Load(h.ctx(), &stored))
	again.Contact.Chain.Key = stored.Contact.Chain.Key
	h.same("contact", again.Contact, stored.Contact)
	for i := range again.Identities {
		again.Identities[i].Version = 1
	}
	h.same("identities", again.Identities, stored.Identities)
	if s.ID != stored.Contact.ID.UUID {
		h.Fatalf("the addresses of contact %s lead to %s", s.ID, stored.Contact.ID)
	}
}

// lawful asserts what is true of every conversation, whatever has happened.
func (h *history) lawful(c inbox.Conversation, entries []audit.Entry) {
	h.Helper()
	switch {
	case c.State == resolved && (c.Assignee != (inbox.Assignee{}) || c.Hold != (inbox.Hold{}) || !c.Due.IsZero() || !c.WaitingSince.IsZero() ||
		c.AnsweredBy != (inbox.MessageID{}) || c.Resolved.IsZero()):
		h.Fatalf("resolved, and yet %+v", c)
	case c.State != resolved && c.Due.IsZero():
		h.Fatalf("open without a due time: %+v", c)
	case c.Revision > c.Version || c.Version > c.Chain.Seq || c.Chain.Seq != int64(len(entries)):
		h.Fatalf("revision %d, version %d, %d entries, %d in the chain", c.Revision, c.Version, len(entries), c.Chain.Seq)
	case c.Count.Unread < 0 || c.Count.Unread > c.Count.Messages:
		h.Fatalf("%+v", c.Count)
	}
	state, messages := none, int64(0)
	for _, e := range entries {
		var moved struct{ From, To, State inbox.State }
		switch e.Action {
		case inbox.MessageReceived, inbox.MessageWritten, inbox.MessageEchoed:
			messages++
		case inbox.ConversationStarted:
			h.must(json.Unmarshal(e.Data, &moved))
			h.legal(state, moved.State)
			state = moved.State
		case inbox.StateChanged:
			h.must(json.Unmarshal(e.Data, &moved))
			if moved.From != state || moved.To == state {
				h.Fatalf("%s, then moved from %s to %s", state, moved.From, moved.To)
			}
			h.legal(state, moved.To)
			state = moved.To
		}
	}
	if state != c.State || messages != c.Count.Messages {
		h.Fatalf("%s with %d messages by the log, %s with %d by the row", state, messages, c.State, c.Count.Messages)
	}
}

// legal asserts that some trigger leads there.
func (h *history) legal(from, to inbox.State) {
	h.Helper()
	for _, l := range stateTable[from] {
		if l.to == to || slices.Contains(l.may, to) {
			return
		}
	}
	h.Fatalf("nothing leads from %s to %s", from, to)
}
