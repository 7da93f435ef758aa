package inbox_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/channel/channeltest"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage"
)

const surrogate = "\xed\xa0\xbd" // half of an emoji, as some networks send it

func TestTextIsKeptAsValidUTF8WithoutNUL(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ what, text, want string }{
		{"nothing", "", ""},
		{"plain", "Where is my parcel?", "Where is my parcel?"},
		{"line ends", "a\r\nb\nc\td", "a\r\nb\nc\td"},
		{"spaces around", "  a  ", "  a  "},
		{"other scripts", "Ünïcödé 日本語 עברית 👩‍👩‍👧‍👦", "Ünïcödé 日本語 עברית 👩‍👩‍👧‍👦"},
		{"not composed", "e\u0301", "e\u0301"},
		{"line and paragraph separators", "a\u2028b\u2029c", "a\u2028b\u2029c"},
		{"bidi controls", "\u202eabc\u202c", "\u202eabc\u202c"},
		{"other controls", "\x01\x1b[31m\x7f", "\x01\x1b[31m\x7f"},
		{"the replacement character itself", "a\ufffdb", "a\ufffdb"},
		{"a non-character", "\uffff", "\uffff"},
		{"NUL", "a\x00b\x00", "ab"},
		{"only NUL", "\x00\x00", ""},
		{"a lone surrogate", "a" + surrogate + "b", "a\ufffdb"},
		{"both halves as bytes", "\xed\xa0\xbd\xed\xb8\x80", "\ufffd"},
		{"a byte that is never UTF-8", "a\xffb", "a\ufffdb"},
		{"a cut character", "a\xe6\x97", "a\ufffd"},
		{"over-long NUL", "\xc0\x80", "\ufffd"},
		{"above the last character", "\xf4\x90\x80\x80", "\ufffd"},
		{"NUL between bad bytes", "\xff\x00\xff", "\ufffd\ufffd"},
		{"Windows-1252", "caf\xe9", "caf\ufffd"},
	} {
		want(t, c.what, inbox.Cleaned(c.text), c.want)
	}
}

func TestTextIsCutAtTheLastWholeCharacter(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		max  int
		want string
		cut  bool
	}{
		{"", 0, "", false},
		{"abc", 3, "abc", false},
		{"abcd", 3, "abc", true},
		{"abc", 0, "", true},
		{"日本", 6, "日本", false},
		{"日本", 5, "日", true},
		{"日本", 4, "日", true},
		{"日本", 3, "日", true},
		{"日本", 2, "", true},
		{"a👍", 4, "a", true},
		{"e\u0301x", 3, "e\u0301", true},
	} {
		got, cut := inbox.Shortened(c.text, c.max)
		if got != c.want || cut != c.cut {
			t.Errorf("%q to %d bytes: %q, %t; want %q, %t", c.text, c.max, got, cut, c.want, c.cut)
		}
	}
}

func TestInboundTextIsCleanedFirstAndThenCut(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", channel.MaxText)
	for _, c := range []struct {
		what, text, want string
		cut              bool
	}{
		{"exactly the longest", long, long, false},
		{"one byte more", long + "y", long, true},
		{"the longest once NUL is gone", long + "\x00", long, false},
		{"a character over the end", long[1:] + "é", long[1:], true},
		{"bad bytes that grow", strings.Repeat("\xff.", channel.MaxText/4) + strings.Repeat("x", channel.MaxText/2),
			strings.Repeat("\ufffd.", channel.MaxText/4), true},
	} {
		got, cut := inbox.ReceivedText(c.text)
		if got != c.want || cut != c.cut {
			t.Errorf("%s: %d bytes, cut %t; want %d bytes, cut %t", c.what, len(got), cut, len(c.want), c.cut)
		}
	}
}

func TestWrittenTextIsRefusedWhereItIsEmptyOrTooLong(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", channel.MaxText)
	for _, text := range []string{"", "\x00", " \n ", long + "y", strings.Repeat("\xff.", channel.MaxText/3)} {
		got, err := inbox.Written("note", text)
		e := wantErr[*inbox.InputError](t, fmt.Sprintf("%d bytes", len(text)), err)
		want(t, "field", e.Field, "note")
		want(t, "text", got, "")
	}
	for in, out := range map[string]string{"a": "a", " a ": " a ", "a\x00\xff": "a\ufffd", long: long, long + "\x00": long} {
		got, err := inbox.Written("note", in)
		if got != out || err != nil {
			t.Errorf("%d bytes: %d bytes, %v; want %d bytes", len(in), len(got), err, len(out))
		}
	}
}

func TestAPreviewIsTheFirstCharacters(t *testing.T) {
	t.Parallel()
	want(t, "short", inbox.Preview("Hello"), "Hello")
	want(t, "long", inbox.Preview(strings.Repeat("日", 100)), strings.Repeat("日", 40))
}

// badIdentifiers cannot be stored as they are.
var badIdentifiers = map[string]string{
	"with NUL":            "a\x00b",
	"a lone surrogate":    "a" + surrogate,
	"not UTF-8":           "a\xff",
	"a cut character":     "a\xe6\x97",
	"longer than allowed": strings.Repeat("x", inbox.MaxIdentifier+1),
}

// oddIdentifiers are different ones, and none of them is changed.
var oddIdentifiers = []string{"wamid.ABC", "wamid.abc", "wamid.ABC ", " wamid.ABC", "wamid.A\u0042\u0301C", "a\u2028b", "é", "e\u0301", "\ufffd", "'; --", "%00", "\n",
	"0", "00", "ß", "ss", strings.Repeat("日", inbox.MaxIdentifier/3)}

func TestIdentifiersAreTakenAsTheyAreOrRefused(t *testing.T) {
	t.Parallel()
	for what, id := range badIdentifiers {
		e := wantErr[*inbox.InputError](t, what, inbox.Identifier("external id", id, true))
		want(t, what, e.Field, "external id")
		if strings.Contains(e.Error(), id) {
			t.Errorf("%s: the error repeats it", what)
		}
	}
	for _, id := range oddIdentifiers {
		if err := inbox.Identifier("external id", id, false); err != nil {
			t.Errorf("%q: %v", id, err)
		}
	}
	wantErr[*inbox.InputError](t, "empty", inbox.Identifier("external id", "", false))
	if err := inbox.Identifier("external id", "", true); err != nil {
		t.Errorf("empty where it may be: %v", err)
	}
}

func TestTimesAreTakenThatEveryStoreCanKeep(t *testing.T) {
	t.Parallel()
	at := func(year int) time.Time { return time.Date(year, 6, 1, 0, 0, 0, 0, time.UTC) }
	edge := time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, when := range []time.Time{{}, at(1), at(1969), at(1970), at(2026), at(2262), at(9998), edge.Add(-1), edge.In(time.FixedZone("", 3600)).Add(-1)} {
		if err := inbox.Storable("time", when); err != nil {
			t.Errorf("%v: %v", when, err)
		}
	}
	for _, when := range []time.Time{at(0), at(-1), at(9999), at(10000), at(292277026596), time.Time{}.Add(-1), edge, edge.In(time.FixedZone("", -3600))} {
		wantErr[*inbox.InputError](t, when.String(), inbox.Storable("time", when))
	}
}

func TestAnInboundTextIsStoredAsItCameExceptForWhatNoStoreKeeps(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for in, out := range map[string]string{
		"a\u2028b \u202e 👩‍👩‍👧 \n":           "a\u2028b \u202e 👩‍👩‍👧 \n",
		"\x00a" + surrogate + "b\xff":        "a\ufffdb\ufffd",
		"":                                   "",
		strings.Repeat("x", channel.MaxText): strings.Repeat("x", channel.MaxText),
		strings.Repeat("x", channel.MaxText) + "\x00": strings.Repeat("x", channel.MaxText),
	} {
		m := s.message(s.ContactWrites("Kim", in).Message)
		if m.Text != out || m.Cut {
			t.Errorf("%.40q: stored %.40q, cut %t", in, m.Text, m.Cut)
		}
	}
}

func TestAnInboundTextOfTenMegabytesIsCutAtACharacterAndMarked(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	huge := "." + strings.Repeat("日", 10<<20/3)
	r := s.ContactWrites("Kim", huge)
	m := s.message(r.Message)
	if len(m.Text) > channel.MaxText || len(m.Text) <= channel.MaxText-utf8.UTFMax || !strings.HasPrefix(huge, m.Text) || !utf8.ValidString(m.Text) {
		t.Errorf("stored %d bytes, valid %t", len(m.Text), utf8.ValidString(m.Text))
	}
	want(t, "cut", m.Cut, true)

	// The same again is the same message: nothing was lost before it was compared.
	again := s.Receive(channel.Inbound{From: s.Person("Kim"), Kind: m.Kind, Text: huge, ExternalID: m.ExternalID})
	want(t, "again", again.Outcome, inbox.OutcomeDuplicate)
	s.Receive(channel.Inbound{Event: channel.EditEvent, About: m.ExternalID, Text: huge + "!", Time: curtain})
	want(t, "cut, after an edit that is as long", s.message(r.Message).Cut, true)
	s.Receive(channel.Inbound{Event: channel.EditEvent, About: m.ExternalID, Text: "short", Time: curtain.Add(time.Second)})
	want(t, "cut, after a short edit", s.message(r.Message).Cut, false)
	s.Receive(channel.Inbound{Event: channel.EditEvent, About: m.ExternalID, Text: "other " + huge, Time: curtain.Add(2 * time.Second)})
	m = s.message(r.Message)
	if !m.Cut || len(m.Text) > channel.MaxText {
		t.Errorf("after a long edit: %d bytes, cut %t", len(m.Text), m.Cut)
	}
	s.WantLogHolds()
}

func TestAnEarlyEditThatIsTooLongIsMarkedWhenItsMessageComes(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.Receive(channel.Inbound{Event: channel.EditEvent, About: "m", Text: strings.Repeat("x", channel.MaxText+1), Time: curtain})
	r := s.Receive(channel.Inbound{From: s.Person("Kim"), Kind: channel.ChatMessage, Text: "before", ExternalID: "m"})
	want(t, "cut", s.message(r.Message).Cut, true)
}

// inboundFields sets each part of an inbound that must be stored byte for byte.
var inboundFields = map[string]func(*channel.Inbound, string){
	"external id": func(in *channel.Inbound, id string) { in.ExternalID = id },
	"about": func(in *channel.Inbound, id string) {
		in.Event, in.About = channel.DeleteEvent, id
	},
	"reply to": func(in *channel.Inbound, id string) { in.ReplyTo = id },
	"thread":   func(in *channel.Inbound, id string) { in.Thread = id },
	"reaction": func(in *channel.Inbound, id string) {
		in.Event, in.About, in.Reaction = channel.ReactionEvent, "m", id
	},
	"address": func(in *channel.Inbound, id string) { in.From.Addresses[0].ID = id },
	"second address": func(in *channel.Inbound, id string) {
		in.From.Addresses = append(in.From.Addresses, channel.Address{ID: id})
	},
	"network of an address": func(in *channel.Inbound, id string) { in.From.Addresses[0].Network = channel.Network(id) },
	"attribute":             func(in *channel.Inbound, id string) { in.From.Attributes = map[string]string{id: "x"} },
}

func TestInboundIdentifiersThatNeedNormalisingAreRefusedWithoutATrace(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.ContactWrites("Kim", "Hello?")
	for field, set := range inboundFields {
		for what, id := range badIdentifiers {
			in := channel.Inbound{Account: s.Account.AccountKey, From: s.Person("Lee"), Kind: channel.ChatMessage, ExternalID: "new", Text: "Hi"}
			set(&in, id)
			what := field + " " + what
			s.leavesNoTrace(what, func() {
				_, err := s.Box.Receive(t.Context(), in)
				wantErr[*inbox.InputError](t, what, err)
				wantIs(t, what, err, storage.ErrInvalid)
			})
		}
	}
	for what, id := range badIdentifiers {
		in := channel.Inbound{Account: channel.AccountKey{Network: channel.WebChat, ExternalID: id}, From: s.Person("Lee"), Kind: channel.ChatMessage, ExternalID: "new"}
		s.leavesNoTrace("account "+what, func() {
			_, err := s.Box.Receive(t.Context(), in)
			if !errors.Is(err, storage.ErrInvalid) && !errors.Is(err, storage.ErrNotFound) {
				t.Errorf("account %s: %v", what, err)
			}
		})
	}
}

func TestOddIdentifiersAreKeptByteForByteAndApart(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	conversations := map[inbox.ConversationID]bool{}
	for i, id := range oddIdentifiers {
		in := channel.Inbound{Kind: channel.ChatMessage, ExternalID: id, Thread: id, Text: fmt.Sprint("message ", i),
			From: channel.Person{Addresses: []channel.Address{{ID: id}}}}
		r := s.Receive(in)
		want(t, fmt.Sprintf("%q the first time", id), r.Outcome, inbox.OutcomeNew)
		want(t, "kept", s.message(r.Message).ExternalID, id)
		conversations[r.Conversation] = true
		again := s.Receive(in)
		want(t, fmt.Sprintf("%q again", id), again.Outcome, inbox.OutcomeDuplicate)
		want(t, "message", again.Message, r.Message)
	}
	want(t, "conversations", len(conversations), len(oddIdentifiers))
}

func TestInboundThatMakesNoSenseIsRefusedWithoutATrace(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.ContactWrites("Kim", "Hello?")
	for what, spoil := range map[string]func(*channel.Inbound){
		"an unknown event":   func(in *channel.Inbound) { in.Event = "wave" },
		"an unknown kind":    func(in *channel.Inbound) { in.Kind = "telegram" },
		"no kind":            func(in *channel.Inbound) { in.Kind = "" },
		"no external id":     func(in *channel.Inbound) { in.ExternalID = "" },
		"an echo without id": func(in *channel.Inbound) { in.Event, in.ExternalID = channel.EchoEvent, "" },
		"nobody":             func(in *channel.Inbound) { in.From.Addresses = nil },
		"an echo to nobody":  func(in *channel.Inbound) { in.Event, in.From.Addresses = channel.EchoEvent, nil },
		"an empty address":   func(in *channel.Inbound) { in.From.Addresses[0].ID = "" },
		"an address twice": func(in *channel.Inbound) {
			in.From.Addresses = append(in.From.Addresses, channel.Address{ID: in.From.Addresses[0].ID})
		},
		"too many addresses":         func(in *channel.Inbound) { in.From.Addresses = manyAddresses(inbox.MaxAddresses + 1) },
		"an attribute without alias": func(in *channel.Inbound) { in.From.Attributes = map[string]string{"": "x"} },
		"an attribute of 10 MB": func(in *channel.Inbound) {
			in.From.Attributes = map[string]string{"note": strings.Repeat("x", 10<<20)}
		},
		"an edit of nothing":      func(in *channel.Inbound) { in.Event = channel.EditEvent },
		"a deletion of nothing":   func(in *channel.Inbound) { in.Event = channel.DeleteEvent },
		"a reaction to nothing":   func(in *channel.Inbound) { in.Event, in.Reaction = channel.ReactionEvent, "👍" },
		"a reaction that is none": func(in *channel.Inbound) { in.Event, in.About = channel.ReactionEvent, "in-1" },
		"a reaction of nobody": func(in *channel.Inbound) {
			in.Event, in.About, in.Reaction, in.From.Addresses = channel.ReactionEvent, "in-1", "👍", nil
		},
		"a receipt of nothing":      func(in *channel.Inbound) { in.Event, in.Receipt = channel.ReceiptEvent, channel.Read },
		"a receipt that is none":    func(in *channel.Inbound) { in.Event, in.About = channel.ReceiptEvent, "in-1" },
		"a receipt that is unknown": func(in *channel.Inbound) { in.Event, in.About, in.Receipt = channel.ReceiptEvent, "in-1", "seen" },
		"the year 0":                func(in *channel.Inbound) { in.Time = time.Date(0, 12, 31, 0, 0, 0, 0, time.UTC) },
		"the year 10000":            func(in *channel.Inbound) { in.Time = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) },
		"an edit in the year 10000": func(in *channel.Inbound) {
			in.Event, in.About, in.Time = channel.EditEvent, "in-1", time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
		},
		"a deletion in the year 0": func(in *channel.Inbound) {
			in.Event, in.About, in.Time = channel.DeleteEvent, "in-1", time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)
		},
		"an early edit, the year 0": func(in *channel.Inbound) {
			in.Event, in.About, in.Time = channel.EditEvent, "never", time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)
		},
		"the last day of another zone": func(in *channel.Inbound) { in.Time = time.Date(9998, 12, 31, 23, 0, 0, 0, time.FixedZone("", -7200)) },
	} {
		in := channel.Inbound{Account: s.Account.AccountKey, From: s.Person("Lee"), Kind: channel.ChatMessage, ExternalID: "new", Text: "Hi"}
		spoil(&in)
		s.leavesNoTrace(what, func() {
			_, err := s.Box.Receive(t.Context(), in)
			wantErr[*inbox.InputError](t, what, err)
		})
	}
}

func manyAddresses(n int) []channel.Address {
	var all []channel.Address
	for i := range n {
		all = append(all, channel.Address{ID: fmt.Sprint("address ", i)})
	}
	return all
}

func TestAsManyAddressesAsAllowedAreTaken(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	r := s.Receive(channel.Inbound{Kind: channel.ChatMessage, From: channel.Person{Addresses: manyAddresses(inbox.MaxAddresses)}})
	want(t, "outcome", r.Outcome, inbox.OutcomeNew)
	want(t, "identities", len(identities(s, manyAddresses(inbox.MaxAddresses)...)), inbox.MaxAddresses)
}

func TestALongNameIsCutAtACharacter(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := known("kim")
	p.Name = "." + strings.Repeat("日", 1000)
	r := s.Receive(chat("1", p, "Hello?"))
	name := "." + strings.Repeat("日", (inbox.MaxIdentifier-1)/3)
	want(t, "name", s.Header(r.Conversation).Contact.Name, name)
	want(t, "author", s.message(r.Message).Author.Name, name)
}

func TestWhatIsReceivedBelongsToTheCaller(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	in := channel.Inbound{Account: s.Account.AccountKey, Kind: channel.ChatMessage, ExternalID: "m", Text: "Hi",
		From:   channel.Person{Name: "Kim\x00", Addresses: []channel.Address{{ID: "kim"}}, Attributes: map[string]string{"city": "Ulm\x00"}},
		Attach: []channel.Attached{{Kind: "image", Name: "a\x00.png"}}}
	r := s.Receive(in)
	want(t, "the caller's address", in.From.Addresses[0], channel.Address{ID: "kim"})
	want(t, "the caller's attachment", in.Attach[0].Name, "a\x00.png")
	want(t, "the caller's attribute", in.From.Attributes["city"], "Ulm\x00")
	in.From.Addresses[0].ID, in.Attach[0].Name, in.From.Attributes["city"] = "lee", "b.png", "Bonn"
	want(t, "attachment", s.message(r.Message).Attach[0].Name, "a.png")
	want(t, "attribute", s.Header(r.Conversation).Contact.Attributes["city"].Value, "Ulm")
	want(t, "name", s.Header(r.Conversation).Contact.Name, "Kim")
	want(t, "identities", len(identities(s, channel.Address{ID: "kim"})), 1)
}

// identities returns which of the web chat addresses are known.
func identities(s *stage, addresses ...channel.Address) []inbox.Identity {
	s.t.Helper()
	for i := range addresses {
		addresses[i].Network = channel.WebChat
	}
	found := inbox.Snapshot{Ref: inbox.Ref{Tenant: s.Box.Tenant(), Arrival: inbox.ArrivalRef{Addresses: addresses}}}
	if err := s.store.Load(context.Background(), &found); err != nil {
		s.t.Fatal(err)
	}
	return found.Identities
}

// No text, name, attribute, note or comment reaches the log of the program, whatever happens.
func TestNoContentReachesTheLogger(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	marked := 0
	mark := func() string {
		marked++
		return fmt.Sprintf("m4rk-%d-m4rk", marked)
	}
	answers := []error{nil, &channel.RefusedError{Code: "131", Reason: "m4rk refused"}, errors.New("m4rk unknown")}
	recorder := &channeltest.Recorder{}
	recorder.Answer = func(channel.Sending) (channel.Sent, error) {
		n := len(recorder.Sendings())
		return channel.Sent{ExternalID: fmt.Sprint("sent-", n)}, answers[n%len(answers)]
	}
	s := newStageWith(t, recorder, inbox.WithLogger(slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	ctx := t.Context()
	system := s.Box.As(inbox.System)
	topic, err := system.SaveTopic(ctx, inbox.Topic{Name: mark(), Description: mark()})
	wantNo(t, err)
	reason, err := system.SaveReason(ctx, inbox.Reason{Name: mark()})
	wantNo(t, err)
	account := s.Account
	account.Name = mark()
	s.SaveAccount(account)
	ann := s.Desk(mark())
	var c inbox.ConversationID
	for i := range 4 {
		in := channel.Inbound{Kind: channel.ChatMessage, Text: mark(), ExternalID: fmt.Sprint("in ", i), Permalink: mark(), Thread: "thread",
			Attach: []channel.Attached{{ID: mark(), Kind: "file", Name: mark(), URL: mark()}},
			From:   channel.Person{Name: mark(), Addresses: []channel.Address{{ID: mark()}, {ID: "kim"}}, Attributes: map[string]string{"city": mark()}}}
		c = s.Receive(in).Conversation
		in.Text = mark()
		s.Receive(in) // a conflict
		s.Receive(channel.Inbound{Event: channel.EditEvent, About: in.ExternalID, Text: mark()})
		s.Receive(channel.Inbound{Event: channel.EditEvent, About: mark(), Text: mark()})
		s.Receive(channel.Inbound{Event: channel.ReactionEvent, About: in.ExternalID, From: s.Person(mark()), Reaction: mark()})
		n, err := ann.AddNote(ctx, c, inbox.MessageID{}, mark(), inbox.Key(mark()))
		wantNo(t, err)
		_, err = ann.EditNote(ctx, c, n.Note, mark())
		wantNo(t, err)
		_, err = ann.AddTopic(ctx, c, topic.ID)
		wantNo(t, err)
		_, err = ann.Reply(ctx, c, inbox.Reply{Text: mark(), Attach: []channel.Attached{{URL: mark()}}})
		wantNo(t, err)
		s.Advance(time.Minute)
		s.Receive(channel.Inbound{Event: channel.ReceiptEvent, About: fmt.Sprint("sent-", i), Receipt: channel.Failed, Problem: mark()})
	}
	var snubs atomicInt
	s.store.commit = func(ctx context.Context, changes []inbox.Change) []error {
		if snubs.add() < 6 {
			return []error{fmt.Errorf("%s: %w", "row", storage.ErrConflict)}
		}
		return s.store.Store.Commit(ctx, changes...)
	}
	_, err = ann.Resolve(ctx, c, inbox.Resolve{Reason: reason.ID, Comment: mark()})
	wantNo(t, err)
	s.store.commit = func(context.Context, []inbox.Change) []error { return []error{storage.ErrConflict} }
	_, err = s.Box.Receive(ctx, channel.Inbound{Account: s.Account.AccountKey, From: s.Person(mark()), Kind: channel.ChatMessage, Text: mark(), ExternalID: "last"})
	wantIs(t, "a store that only conflicts", err, storage.ErrConflict)

	if out.Len() == 0 || !strings.Contains(out.String(), "delivery not confirmed") || !strings.Contains(out.String(), "gave up") {
		t.Errorf("the program did not log what was expected:\n%s", out.String())
	}
	for line := range strings.Lines(out.String()) {
		if strings.Contains(line, "m4rk") {
			t.Errorf("content in the log: %s", line)
		}
	}
}
