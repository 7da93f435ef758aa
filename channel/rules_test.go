package channel_test

import (
	"errors"
	"testing"
	"time"

	. "github.com/deskwright/deskwright/channel"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestAllowances(t *testing.T) {
	var (
		tag      = Allowance{Tag: HumanAgentTag, Until: noon.Add(week)}
		template = Allowance{Template: true}
	)
	for _, c := range []struct {
		name    string
		network Network
		author  Author
		granted bool
		after   time.Duration
		want    []Allowance
	}{
		{"Messenger, person", Facebook, Human, true, day, []Allowance{tag, template}},
		{"Messenger, person, to the last", Facebook, Human, true, week - tick, []Allowance{tag, template}},
		{"Messenger, person, after 7 days", Facebook, Human, true, week, []Allowance{template}},
		{"Messenger, program", Facebook, Automated, true, day, []Allowance{template}},
		{"Messenger, not granted", Facebook, Human, false, day, []Allowance{template}},
		{"Instagram, person", Instagram, Human, true, day, []Allowance{tag}},
		{"Instagram, person, after 7 days", Instagram, Human, true, week, nil},
		{"Instagram, program", Instagram, Automated, true, day, nil},
		{"Instagram, not granted", Instagram, Human, false, day, nil},
		{"WhatsApp, person", WhatsApp, Human, true, day, []Allowance{template}},
		{"WhatsApp, program", WhatsApp, Automated, false, week, []Allowance{template}},
	} {
		for _, action := range []Action{Reply, Start} {
			q := asked(c.network, DirectMessage, action)
			q.Author, q.Now = c.author, noon.Add(c.after)
			opened(&q)
			if c.granted {
				q.Account.Features = []Feature{HumanAgent}
			}
			want := &WindowClosedError{Network: c.network, Ended: noon.Add(day), Allowed: c.want}
			if diff := cmp.Diff(error(want), Permits(q)); diff != "" {
				t.Errorf("%s, %s: %s", c.name, action, diff)
			}
		}
	}
}

// Where nobody ever wrote, there is nothing that a late answer could answer.
func TestAllowancesOfAWindowThatWasNeverOpened(t *testing.T) {
	for network, want := range map[Network][]Allowance{
		Facebook: {{Template: true}}, Instagram: nil, WhatsApp: {{Template: true}},
	} {
		q := asked(network, DirectMessage, Start)
		q.Account.Features, q.Message = features, Target{}
		if diff := cmp.Diff(error(&WindowClosedError{Network: network, Allowed: want}), Permits(q)); diff != "" {
			t.Error(network, diff)
		}
		q.Tag = HumanAgentTag
		if err := Permits(q); err == nil {
			t.Errorf("%s: a tag without an act of the contact is permitted", network)
		}
	}
}

func TestTagsAndTemplates(t *testing.T) {
	tagged := func(q *Question) { q.Tag, q.Account.Features = HumanAgentTag, features }
	ungranted := func(q *Question) { q.Account.Features = nil }
	withdrawn := func(q *Question) { q.Tag = "ACCOUNT_UPDATE" }
	template := func(q *Question) { q.Template = true }
	for _, c := range []struct {
		name    string
		network Network
		kind    Kind
		action  Action
		change  func(*Question)
		want    outcome
	}{
		{"tag in the window", Facebook, DirectMessage, Reply, later(day-tick, opened, tagged), refused},
		{"tag after the window", Facebook, DirectMessage, Reply, later(day, opened, tagged), permitted},
		{"tag to the last", Facebook, DirectMessage, Reply, later(week-tick, opened, tagged), permitted},
		{"tag after 7 days", Facebook, DirectMessage, Reply, later(week, opened, tagged), closed},
		{"tag by a program", Facebook, DirectMessage, Reply, later(day, opened, tagged, program), refused},
		{"tag not granted", Facebook, DirectMessage, Reply, later(day, opened, tagged, ungranted), refused},
		{"tag that was withdrawn", Facebook, DirectMessage, Reply, later(day, opened, tagged, withdrawn), refused},
		{"tag on Instagram", Instagram, StoryReply, Reply, later(day, opened, tagged), permitted},
		{"tag on WhatsApp", WhatsApp, DirectMessage, Reply, later(day, opened, tagged), refused},
		{"tag on X", X, DirectMessage, Reply, tagged, refused},
		{"tag on a business connection", Telegram, DirectMessage, Reply, later(day, opened, tagged), refused},
		{"tag on e-mail", Email, EmailMessage, Reply, tagged, refused},
		{"tag on a network of one's own", "carrierpigeon", DirectMessage, Reply, tagged, refused},
		{"tag in public", Facebook, Comment, Reply, tagged, refused},
		{"tag on a private reply", Instagram, Comment, PrivateReply, tagged, refused},
		{"template in the window", WhatsApp, DirectMessage, Reply, later(0, opened, template), permitted},
		{"template after the window", WhatsApp, DirectMessage, Reply, later(day, opened, template), permitted},
		{"template to write first", WhatsApp, DirectMessage, Start, template, permitted},
		{"template by a program", WhatsApp, DirectMessage, Start, later(0, template, program), permitted},
		{"Messenger template to write first", Facebook, DirectMessage, Start, template, permitted},
		{"Messenger template in the window", Facebook, DirectMessage, Reply, later(0, opened, template), permitted},
		{"template on Instagram", Instagram, DirectMessage, Reply, later(day, opened, template), refused},
		{"template on Instagram in the window", Instagram, DirectMessage, Reply, later(0, opened, template), refused},
		{"template on X", X, DirectMessage, Start, template, refused},
		{"template by SMS", SMS, DirectMessage, Start, template, refused},
		{"template on a network of one's own", "carrierpigeon", DirectMessage, Reply, template, refused},
		{"template in public", Facebook, Post, Reply, template, refused},
		{"tag and template", Facebook, DirectMessage, Reply, later(day, opened, tagged, template), refused},
	} {
		q := asked(c.network, c.kind, c.action)
		c.change(&q)
		err := Permits(q)
		if got := outcomeOf(t, err); got != c.want {
			t.Errorf("%s: %s, want %s (%v)", c.name, got, c.want, err)
		}
	}
}

// instants lie around the ends of windows, and sometimes nowhere.
func instants() *rapid.Generator[time.Time] {
	near := rapid.SampledFrom([]time.Duration{0, day, 2 * day, week, week + day})
	return rapid.Custom(func(t *rapid.T) time.Time {
		if rapid.IntRange(0, 9).Draw(t, "none") == 0 {
			return time.Time{}
		}
		return noon.Add(near.Draw(t, "near")).Add(time.Duration(rapid.IntRange(-2, 2).Draw(t, "ticks")) * tick)
	})
}

// accounts are mostly on networks with windows.
func accounts() *rapid.Generator[Account] {
	return rapid.Custom(func(t *rapid.T) Account {
		network := rapid.OneOf(rapid.SampledFrom(networks[:3]), rapid.SampledFrom(append(networks, "")))
		return Account{
			AccountKey: AccountKey{Network: network.Draw(t, "network")},
			Plan:       rapid.SampledFrom([]Plan{"", Enterprise, "pro"}).Draw(t, "plan"),
			Features:   rapid.SliceOfDistinct(rapid.SampledFrom(append(features, "")), rapid.ID).Draw(t, "features"),
		}
	})
}

// kindsOn are mostly direct messages and otherwise everything.
func kindsOn() *rapid.Generator[Kind] {
	return rapid.OneOf(rapid.Just(DirectMessage), rapid.SampledFrom(append(kinds, "", "smoke_signal")))
}

func windows(account Account) *rapid.Generator[Window] {
	return rapid.Custom(func(t *rapid.T) Window {
		kind, act := kindsOn().Draw(t, "kind"), rapid.SampledFrom(openers).Draw(t, "act")
		return WindowFor(account, kind, act, instants().Draw(t, "at"))
	})
}

func questions() *rapid.Generator[Question] {
	return rapid.Custom(func(t *rapid.T) Question {
		account := accounts().Draw(t, "account")
		var w Window
		for _, next := range rapid.SliceOfN(windows(account), 0, 3).Draw(t, "acts") {
			w = w.Extend(next)
		}
		return Question{
			Account: account,
			Author:  rapid.SampledFrom([]Author{Human, Human, Automated, ""}).Draw(t, "author"),
			Action:  rapid.SampledFrom(append(actions, Reply, Start, Like, "")).Draw(t, "action"),
			Message: Target{
				Kind:      kindsOn().Draw(t, "kind"),
				Direction: rapid.SampledFrom([]Direction{Incoming, Outgoing, ""}).Draw(t, "direction"),
				At:        instants().Draw(t, "at"),
				Summoned:  rapid.Bool().Draw(t, "summoned"),
				Answered:  rapid.Bool().Draw(t, "answered"),
			},
			Window:   w,
			Tag:      rapid.SampledFrom([]Tag{"", "", HumanAgentTag, "ACCOUNT_UPDATE"}).Draw(t, "tag"),
			Template: rapid.Bool().Draw(t, "template"),
			Now:      instants().Draw(t, "now"),
		}
	})
}

// lateQuestions come at or after the end of a window, in plain words.
func lateQuestions() *rapid.Generator[Question] {
	days := rapid.SampledFrom([]time.Duration{0, day, 5 * day, 6 * day, week})
	return rapid.Custom(func(t *rapid.T) Question {
		q := questions().Draw(t, "question")
		q.Account.Network = rapid.SampledFrom([]Network{Facebook, Facebook, Instagram, WhatsApp, Telegram}).Draw(t, "network")
		q.Action = rapid.SampledFrom([]Action{Reply, Start}).Draw(t, "action")
		q.Message.Kind, q.Tag, q.Template = DirectMessage, "", false
		q.Window = WindowFor(q.Account, DirectMessage, rapid.SampledFrom(openers).Draw(t, "act"), noon)
		for _, next := range rapid.SliceOfN(windows(q.Account), 0, 1).Draw(t, "another act") {
			q.Window = q.Window.Extend(next)
		}
		q.Now = q.Window.Ends.Add(days.Draw(t, "days") + time.Duration(rapid.IntRange(-1, 1).Draw(t, "ticks"))*tick)
		return q
	})
}

// Every answer is nil or one of the two errors, and reads the same when it is asked again.
func TestPermitsAlwaysAnswers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := questions().Draw(t, "question")
		err := Permits(q)
		var (
			shut *WindowClosedError
			not  *NotAllowedError
		)
		switch {
		case err == nil:
		case errors.As(err, &shut):
			if shut.Network != q.Account.Network || !shut.Ended.Equal(q.Window.Ends) || q.Window.Open(q.Now) {
				t.Fatalf("%v does not fit its question", err)
			}
		case errors.As(err, &not):
			if not.Network != q.Account.Network || not.Action != q.Action || not.Kind == "" || not.Why == "" {
				t.Fatalf("%v does not fit its question", err)
			}
		default:
			t.Fatalf("unexpected error %T: %v", err, err)
		}
		if diff := cmp.Diff(err, Permits(q)); diff != "" {
			t.Fatalf("asked again: %s", diff)
		}
	})
}

func TestPermittedAgreesWithPermits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := questions().Draw(t, "question")
		var want []Verdict
		for _, action := range actions {
			asked := q
			asked.Action = action
			want = append(want, Verdict{action, Permits(asked)})
		}
		if diff := cmp.Diff(want, Permitted(q)); diff != "" {
			t.Fatal(diff)
		}
	})
}

// What a closed window still names is let out if it is sent that way, up to the instant named; what it does not name is not.
func TestAllowancesAreExactlyWhatIsPermitted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := lateQuestions().Draw(t, "question")
		var shut *WindowClosedError
		if !errors.As(Permits(q), &shut) {
			return
		}
		named := map[Allowance]bool{}
		for _, a := range shut.Allowed {
			named[Allowance{Tag: a.Tag, Template: a.Template}] = true
			if (a.Tag != "") == a.Template {
				t.Fatalf("%+v is neither a tag nor a template, or both", a)
			}
			if a.Until.IsZero() {
				continue
			}
			q := q
			q.Tag, q.Template = a.Tag, a.Template
			if q.Now = a.Until.Add(-tick); Permits(q) != nil {
				t.Fatalf("%v: not permitted just before: %v", a, Permits(q))
			}
			if q.Now = a.Until; Permits(q) == nil {
				t.Fatalf("%v: still permitted then", a)
			}
		}
		for _, a := range []Allowance{
			{Tag: HumanAgentTag}, {Tag: "ACCOUNT_UPDATE"}, {Template: true}, {Tag: HumanAgentTag, Template: true},
		} {
			q := q
			q.Tag, q.Template = a.Tag, a.Template
			if err := Permits(q); (err == nil) != named[a] {
				t.Fatalf("%+v: named %t, but sending it gives %v", a, named[a], err)
			}
		}
	})
}

// In an open window a person may reply to every kind that has one, and start as well.
func TestAnOpenWindowLetsPeopleReply(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		account := accounts().Draw(t, "account")
		kind := kindsOn().Draw(t, "kind")
		w := WindowFor(account, kind, rapid.SampledFrom(openers).Draw(t, "act"), noon)
		if w == (Window{}) {
			return
		}
		q := Question{Account: account, Author: Human, Message: Target{Kind: kind}, Window: w}
		q.Now = noon.Add(time.Duration(rapid.Int64Range(0, int64(w.Ends.Sub(noon))-1).Draw(t, "after")))
		for _, q.Action = range []Action{Reply, Start} {
			if err := Permits(q); err != nil {
				t.Fatalf("%s: %v", q.Action, err)
			}
		}
		q.Now = w.Ends
		if Permits(q) == nil {
			t.Fatal("still open at its end")
		}
	})
}
