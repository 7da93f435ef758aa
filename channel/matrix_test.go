package channel_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	. "github.com/deskwright/deskwright/channel"
)

// noon is the instant of the contact's act in these tests.
var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

const (
	day  = 24 * time.Hour
	week = 7 * day
	tick = time.Microsecond
)

var (
	networks = []Network{Facebook, Instagram, WhatsApp, X, Telegram, SMS, LinkedIn, Email, WebChat, "carrierpigeon"}
	kinds    = []Kind{
		DirectMessage, ChatMessage, EmailMessage, StoryMention, StoryReply,
		Post, Comment, AdComment, LiveComment, Mention, PublicReply, Quote,
	}
	actions  = []Action{Reply, PrivateReply, Start}
	features = []Feature{HumanAgent, TelegramBusiness}
)

// expectation is how an action is to behave.
type expectation string

const (
	no       expectation = ""         // never
	yes      expectation = "yes"      // always, by anybody
	window   expectation = "window"   // while the window is open
	once     expectation = "once"     // privately, once, for 7 days
	summoned expectation = "summoned" // if the post mentions or quotes the account, or on the Enterprise plan
	people   expectation = "people"   // never by a program
	business expectation = "business" // in a window of a business connection, never by a bot
)

// wanted is the whole table, said a second time: reply, private reply, writing first. What is missing is no to all.
var wanted = map[Network]map[Kind][3]expectation{
	Facebook: {
		DirectMessage: {window, no, window},
		Post:          {yes, once, no},
		Comment:       {yes, once, no},
		AdComment:     {yes, once, no},
	},
	Instagram: {
		DirectMessage: {window, no, window},
		StoryMention:  {window, no, window},
		StoryReply:    {window, no, window},
		Comment:       {yes, once, no},
		AdComment:     {yes, once, no},
		LiveComment:   {no, once, no},
		Mention:       {yes, no, no},
	},
	WhatsApp: {DirectMessage: {window, no, window}},
	X: {
		DirectMessage: {yes, no, yes},
		Mention:       {summoned, no, no},
		PublicReply:   {summoned, no, no},
		Quote:         {summoned, no, no},
	},
	Telegram: {DirectMessage: {yes, no, business}},
	SMS:      {DirectMessage: {yes, no, yes}},
	LinkedIn: {Comment: {yes, no, no}, DirectMessage: {people, no, no}},
	Email:    {EmailMessage: {yes, no, yes}},
	WebChat:  {ChatMessage: {yes, no, yes}},
	"carrierpigeon": {
		DirectMessage: {yes, no, yes},
		ChatMessage:   {yes, no, yes},
		EmailMessage:  {yes, no, yes},
		StoryMention:  {yes, no, yes},
		StoryReply:    {yes, no, yes},
		Post:          {yes, no, no},
		Comment:       {yes, no, no},
		AdComment:     {yes, no, no},
		LiveComment:   {yes, no, no},
		Mention:       {yes, no, no},
		PublicReply:   {yes, no, no},
		Quote:         {yes, no, no},
	},
}

// situation is a change to a question and what the answer is then to be.
type situation struct {
	name   string
	change func(*Question)
	want   outcome
}

type outcome string

const (
	permitted outcome = "permitted"
	closed    outcome = "window closed"
	refused   outcome = "not allowed"
)

func outcomeOf(t *testing.T, err error) outcome {
	t.Helper()
	var (
		shut *WindowClosedError
		not  *NotAllowedError
	)
	switch {
	case err == nil:
		return permitted
	case errors.As(err, &shut):
		return closed
	case errors.As(err, &not):
		if not.Why == "" {
			t.Errorf("%v gives no reason", err)
		}
		return refused
	}
	t.Fatalf("unexpected error %T: %v", err, err)
	return ""
}

// asked is a question by a person about a message that the contact sent at noon, at that time. The window has never been opened.
func asked(network Network, kind Kind, action Action) Question {
	return Question{
		Account: Account{AccountKey: AccountKey{Network: network}},
		Author:  Human,
		Action:  action,
		Message: Target{Kind: kind, Direction: Incoming, At: noon},
		Now:     noon,
	}
}

// favourably changes q so that whatever can be allowed is.
func favourably(q *Question) {
	q.Account.Plan, q.Account.Features = Enterprise, features
	q.Message.Summoned = true
	q.Window = Window{Opened: noon, Ends: noon.Add(week)}
}

func program(q *Question)  { q.Author = Automated }
func outgoing(q *Question) { q.Message.Direction = Outgoing }
func opened(q *Question)   { q.Window = Window{Opened: noon, Ends: noon.Add(day)} }

func later(d time.Duration, also ...func(*Question)) func(*Question) {
	return func(q *Question) {
		for _, change := range also {
			change(q)
		}
		q.Now = noon.Add(d)
	}
}

var casesOf = map[expectation][]situation{
	no: {
		{"at once", later(0), refused},
		{"however favourable", favourably, refused},
	},
	yes: {
		{"at once", later(0), permitted},
		{"after years", later(100 * week), permitted},
		{"by a program", program, permitted},
		{"by nobody in particular", func(q *Question) { q.Author = "" }, permitted},
		{"after our own", outgoing, permitted},
		{"after a private reply", func(q *Question) { q.Message.Answered = true }, permitted},
		{"without a time", func(q *Question) { q.Message.At, q.Now = time.Time{}, time.Time{} }, permitted},
	},
	window: {
		{"never opened", later(0), closed},
		{"at once", later(0, opened), permitted},
		{"by a program", later(0, opened, program), permitted},
		{"after our own", later(0, opened, outgoing), permitted},
		{"a microsecond before the end", later(day-tick, opened), permitted},
		{"at the end", later(day, opened), closed},
		{"long after", later(100*week, opened), closed},
		{"on the highest plan", later(day, favourably, opened), closed},
	},
	once: {
		{"at once", later(0), permitted},
		{"by a program", program, permitted},
		{"a microsecond before the 7th day ends", later(week - tick), permitted},
		{"when the 7th day has ended", later(week), refused},
		{"a second time", func(q *Question) { q.Message.Answered = true }, refused},
		{"to our own", outgoing, refused},
		{"of unknown age", func(q *Question) { q.Message.At = time.Time{} }, refused},
	},
	summoned: {
		{"not summoned", later(0), refused},
		{"summoned", func(q *Question) { q.Message.Summoned = true }, permitted},
		{"summoned, by a program", func(q *Question) { q.Message.Summoned, q.Author = true, Automated }, permitted},
		{"not summoned, Enterprise", func(q *Question) { q.Account.Plan = Enterprise }, permitted},
		{"not summoned, another plan", func(q *Question) { q.Account.Plan = "pro" }, refused},
		{"after our own", outgoing, permitted},
	},
	people: {
		{"by a person", later(0), permitted},
		{"by a program", program, refused},
		{"by nobody in particular", func(q *Question) { q.Author = "" }, refused},
	},
	business: {
		{"bot", later(0), refused},
		{"bot that was written to", later(0, opened), refused},
		{"business, never opened", func(q *Question) { q.Account.Features = features }, closed},
		{"business, open", later(day-tick, favourably, opened), permitted},
		{"business, at the end", later(day, favourably, opened), closed},
	},
}

func TestMatrix(t *testing.T) {
	for _, network := range networks {
		for _, kind := range kinds {
			for i, action := range actions {
				want := wanted[network][kind][i]
				for _, c := range casesOf[want] {
					q := asked(network, kind, action)
					c.change(&q)
					err := Permits(q)
					if got := outcomeOf(t, err); got != c.want {
						t.Errorf("%s %s %s (%s), %s: %s, want %s (%v)", network, kind, action, want, c.name, got, c.want, err)
					}
				}
			}
		}
	}
}

// A business connection is the one account whose feature gives messages a window.
func TestTelegramBusinessHasAWindow(t *testing.T) {
	for _, c := range casesOf[window] {
		q := asked(Telegram, DirectMessage, Reply)
		c.change(&q)
		q.Account.Features = []Feature{TelegramBusiness}
		if got := outcomeOf(t, Permits(q)); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestWithoutAMessage(t *testing.T) {
	for _, c := range []struct {
		network Network
		action  Action
		open    bool
		want    outcome
	}{
		{Facebook, Reply, true, permitted},
		{Facebook, Reply, false, closed},
		{Facebook, PrivateReply, true, refused},
		{Instagram, Start, false, closed},
		{WhatsApp, Start, false, closed},
		{X, Start, false, permitted},
		{X, Reply, false, permitted},
		{Telegram, Start, true, refused},
		{SMS, Start, false, permitted},
		{LinkedIn, Reply, false, permitted},
		{LinkedIn, Start, true, refused},
		{Email, Reply, false, permitted},
		{Email, Start, false, permitted},
		{WebChat, Reply, false, permitted},
		{"carrierpigeon", Start, false, permitted},
	} {
		q := asked(c.network, "", c.action)
		q.Message = Target{}
		if c.open {
			opened(&q)
		}
		if got := outcomeOf(t, Permits(q)); got != c.want {
			t.Errorf("%s %s, open %t: %s, want %s", c.network, c.action, c.open, got, c.want)
		}
	}
}

func TestUnknownActionsAndKinds(t *testing.T) {
	because := func(err error) string {
		var not *NotAllowedError
		errors.As(err, &not)
		return not.Why
	}
	for _, network := range networks {
		for _, action := range []Action{Like, React, QuotePost, Repost, Hide, Delete, Edit, Follow, Block, "", "wave"} {
			q := asked(network, DirectMessage, action)
			favourably(&q)
			err := Permits(q)
			if got := outcomeOf(t, err); got != refused || because(err) != "the table has no such action" {
				t.Errorf("%s %q: %s (%v)", network, action, got, err)
			}
		}
		for _, action := range actions {
			q := asked(network, "smoke_signal", action)
			favourably(&q)
			err := Permits(q)
			if got := outcomeOf(t, err); got != refused || because(err) != "there is no such kind of message" {
				t.Errorf("%s %s on a kind that does not exist: %s (%v)", network, action, got, err)
			}
		}
	}
}

func TestEveryKindHasAVisibility(t *testing.T) {
	for i, kind := range kinds {
		want := Public
		if i < 5 {
			want = Private
		}
		if got := kind.Visibility(); got != want {
			t.Errorf("%s is %q, want %q", kind, got, want)
		}
	}
	if got := Kind("smoke_signal").Visibility(); got != "" {
		t.Errorf("a kind that does not exist is %q", got)
	}
}

func TestReplyKind(t *testing.T) {
	for _, network := range networks {
		private, public := DirectMessage, Comment
		switch network {
		case Email:
			private, public = EmailMessage, EmailMessage
		case WebChat:
			private, public = ChatMessage, ChatMessage
		case X:
			public = PublicReply
		}
		if got := ReplyKind(network, Private); got != private || wanted[network][got][0] == no {
			t.Errorf("%s: a private answer is %s, want %s, which can be answered", network, got, private)
		}
		if got := ReplyKind(network, Public); got != public {
			t.Errorf("%s: a public answer is %s, want %s", network, got, public)
		}
	}
}

func TestSharesAddresses(t *testing.T) {
	sharing := []Network{WhatsApp, X, SMS, Email, LinkedIn, Telegram}
	for _, network := range networks {
		if got, want := network.SharesAddresses(), slices.Contains(sharing, network); got != want {
			t.Errorf("%s: %t, want %t", network, got, want)
		}
	}
}

// Whatever is refused, the text says on which network, what, and why, and is one line.
func TestErrorsCanBeRead(t *testing.T) {
	for _, network := range networks {
		for _, kind := range kinds {
			for _, verdict := range Permitted(asked(network, kind, "")) {
				if verdict.Err == nil {
					continue
				}
				text := verdict.Err.Error()
				if !strings.HasPrefix(text, "channel: ") || !strings.Contains(text, string(network)) || strings.ContainsAny(text, "%\n") {
					t.Errorf("%s %s %s: %q", network, kind, verdict.Action, text)
				}
			}
		}
	}
	for _, c := range []struct {
		err  error
		want string
	}{
		{
			&WindowClosedError{Facebook, noon, []Allowance{{Tag: HumanAgentTag, Until: noon.Add(day)}, {Template: true}}},
			"channel: the messaging window of facebook ended at 2026-11-25T12:00:00Z; " +
				"allowed: tag HUMAN_AGENT until 2026-11-26T12:00:00Z, a template",
		},
		{&WindowClosedError{Network: Telegram}, "channel: the messaging window of telegram was never opened"},
		{&NotAllowedError{LinkedIn, Comment, Start, "one writes first in private"},
			"channel: linkedin does not allow start on comment: one writes first in private"},
		{&RefusedError{"190", "token expired"}, "channel: refused by the network: token expired (code 190)"},
	} {
		if got := c.err.Error(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
