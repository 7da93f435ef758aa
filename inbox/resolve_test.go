package inbox_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/google/go-cmp/cmp"
)

// resolve is Desk.Resolve without its answer, for commands that are refused.
func (o *office) resolve(d *inbox.Desk, id inbox.ConversationID, r inbox.Resolve) func() error {
	return func() error { _, err := d.Resolve(o.ctx(), id, r); return err }
}

func TestResolvingEndsAssignmentHoldAndWaitingAndSaysWhy(t *testing.T) {
	o := newOffice(t)
	ann, id, solved, topic := o.Desk("Ann"), o.in(inbox.StateNew), o.reason("Solved"), o.topic("Parcels")
	o.did(ann.Assign(o.ctx(), id, inbox.Assignee{Agent: ann.Actor().Agent, Team: o.team("Night")}))
	o.did(ann.AddTopic(o.ctx(), id, topic))
	o.did(o.Box.As(workers[1]).Hold(o.ctx(), id, time.Hour))
	wanted := o.Header(id)
	o.Clock.Add(time.Hour)
	r := o.did(ann.Resolve(o.ctx(), id, inbox.Resolve{Reason: solved, Comment: "Found\x00 it."}))
	got, now := o.Header(id), o.Clock.Now().UTC()

	wanted.State, wanted.Since, wanted.Changed, wanted.Resolved = inbox.StateResolved, now, now, now
	wanted.Reason, wanted.ReasonName, wanted.Comment = solved, "Solved", "Found it."
	wanted.Assignee, wanted.AgentName, wanted.TeamName, wanted.Hold = inbox.Assignee{}, "", "", inbox.Hold{}
	wanted.WaitingSince, wanted.Due, wanted.Newest = time.Time{}, time.Time{}, time.Time{}
	wanted.Version++
	wanted.Revision++
	wanted.Chain, wanted.Cursor = got.Chain, got.Cursor
	if diff := cmp.Diff(wanted, got); diff != "" {
		t.Errorf("the header (- want, + got):\n%s", diff)
	}
	want(t, "the result", r, inbox.Result{Conversation: id, Revision: wanted.Revision, State: inbox.StateResolved, Changed: true})
	lines := o.Timeline(id)
	if last := lines[len(lines)-1]; last != "resolved (Solved) by Ann" {
		t.Errorf("the timeline ends with %q", last)
	}

	o.did(ann.SetNew(o.ctx(), id))
	if h := o.Header(id); h.ReasonName != "Solved" || h.Resolved != now {
		t.Errorf("once New again, it forgot why it was resolved: %q, %s", h.ReasonName, h.Resolved)
	}
	o.did(ann.Resolve(o.ctx(), id, inbox.Resolve{}))
	if h := o.Header(id); h.ReasonName != "" || h.Comment != "" {
		t.Errorf("a later resolve without a reason kept %q, %q", h.ReasonName, h.Comment)
	}
}

func TestAResolveReasonIsOneThatIsOffered(t *testing.T) {
	o := newOffice(t)
	ann, id, solved := o.Desk("Ann"), o.in(inbox.StateNew), o.reason("Solved")
	o.did(ann.Resolve(o.ctx(), id, inbox.Resolve{Reason: solved}))
	if _, err := o.system().SaveReason(o.ctx(), inbox.Reason{ID: solved, Name: "Solved", Disabled: true}); err != nil {
		t.Fatal(err)
	}
	if got := o.Header(id).ReasonName; got != "Solved" {
		t.Errorf("what has a disabled reason shows %q", got)
	}
	for what, reason := range map[string]inbox.ReasonID{"disabled": solved, "random": {UUID: random()}} {
		for _, s := range []inbox.State{inbox.StateNew, inbox.StatePending} {
			wants(o, what, &inbox.MissingError{What: "reason"}, o.resolve(ann, o.in(s), inbox.Resolve{Reason: reason}))
		}
	}
}

func TestWhatResolvingRequiresDependsOnWhoResolvesAndWhatIsVisible(t *testing.T) {
	o := newOffice(t)
	o.Account = o.Connect(channel.Facebook, "page")
	reason, topic := o.reason("Solved"), o.topic("Parcels")
	const person, automation, system = inbox.ByPerson, inbox.ByAutomation, inbox.BySystem
	for _, c := range []struct {
		require     []inbox.Requirement
		by          inbox.Actor
		in          channel.Kind
		reason, top bool // are needed
	}{
		{nil, workers[0], channel.DirectMessage, false, false},
		{[]inbox.Requirement{{Resolver: person, Reason: true}}, workers[0], channel.DirectMessage, true, false},
		{[]inbox.Requirement{{Resolver: person, Topic: true}}, workers[0], channel.Comment, false, true},
		{[]inbox.Requirement{{Resolver: person, Reason: true, Topic: true}}, workers[0], channel.Comment, true, true},
		{[]inbox.Requirement{{Resolver: person, Reason: true}, {Resolver: person, Topic: true}}, workers[0], channel.Comment, true, true},
		{[]inbox.Requirement{{Resolver: person, Topic: true}, {Resolver: person, Reason: true}}, workers[0], channel.Comment, true, true},
		{[]inbox.Requirement{{Resolver: person, Reason: true}}, workers[1], channel.DirectMessage, true, false}, // bots work as people do
		{[]inbox.Requirement{{Resolver: person, Reason: true}}, workers[2], channel.DirectMessage, false, false},
		{[]inbox.Requirement{{Resolver: person, Reason: true}}, workers[3], channel.DirectMessage, false, false},
		{[]inbox.Requirement{{Resolver: automation, Reason: true}}, workers[2], channel.DirectMessage, true, false},
		{[]inbox.Requirement{{Resolver: automation, Topic: true}}, workers[0], channel.DirectMessage, false, false},
		{[]inbox.Requirement{{Resolver: system, Topic: true}}, workers[3], channel.DirectMessage, false, true},
		{[]inbox.Requirement{{Resolver: inbox.ByBulk, Topic: true}}, workers[0], channel.DirectMessage, false, false},
		{[]inbox.Requirement{{Resolver: person, Visibility: channel.Public, Reason: true}}, workers[0], channel.Comment, true, false},
		{[]inbox.Requirement{{Resolver: person, Visibility: channel.Public, Reason: true}}, workers[0], channel.DirectMessage, false, false},
		{[]inbox.Requirement{{Resolver: person, Visibility: channel.Private, Reason: true}}, workers[0], channel.Comment, false, false},
		{[]inbox.Requirement{{Resolver: person, Visibility: channel.Private, Reason: true}}, workers[0], channel.DirectMessage, true, false},
	} {
		t.Run(fmt.Sprintf("%v by %s on a %s", c.require, c.by.Kind, c.in), func(t *testing.T) {
			o.t = t
			o.change(func(a *inbox.Account) { a.Require = c.require })
			o.wrote++
			id := o.Receive(channel.Inbound{From: o.Person(fmt.Sprint("Kim ", o.wrote)), Kind: c.in, Text: "Hello"}).Conversation
			d := o.Box.As(c.by)
			tryWith := func(r inbox.Resolve, missing inbox.ResolveError) {
				t.Helper()
				if missing == (inbox.ResolveError{}) {
					o.did(d.Resolve(o.ctx(), id, r))
					o.did(d.SetNew(o.ctx(), id))
					return
				}
				wants(o, "it", &missing, o.resolve(d, id, r))
			}
			tryWith(inbox.Resolve{}, inbox.ResolveError{Reason: c.reason, Topic: c.top})
			tryWith(inbox.Resolve{Reason: reason}, inbox.ResolveError{Topic: c.top})
			o.did(d.AddTopic(o.ctx(), id, topic))
			tryWith(inbox.Resolve{}, inbox.ResolveError{Reason: c.reason})
			tryWith(inbox.Resolve{Reason: reason}, inbox.ResolveError{})
		})
	}
}

func TestACommentIsAtMostTwoThousandBytes(t *testing.T) {
	o := newOffice(t)
	ann, id := o.Desk("Ann"), o.in(inbox.StateNew)
	for _, n := range []int{2001, 10 << 20} {
		refused[*inbox.InputError](o, fmt.Sprint(n, " bytes"), o.resolve(ann, id, inbox.Resolve{Comment: strings.Repeat("x", n)}))
	}
	o.did(ann.Resolve(o.ctx(), id, inbox.Resolve{Comment: strings.Repeat("x", 2000)}))
	if n := len(o.Header(id).Comment); n != 2000 {
		t.Errorf("%d bytes are kept", n)
	}
}

func TestResolvingCountsOutAndComingBackCountsIn(t *testing.T) {
	o := newOffice(t)
	ann := o.Desk("Ann")
	totals := func(wanted inbox.Totals) {
		t.Helper()
		counts, err := ann.Counts(o.ctx())
		if err != nil || counts.All != wanted || counts.Accounts[o.Account.ID] != wanted {
			t.Errorf("the counts are %+v, %v; want %+v", counts, err, wanted)
		}
	}
	id := o.in(inbox.StateNew)
	o.in(inbox.StatePending)
	totals(inbox.Totals{New: 1, Pending: 1})
	o.did(ann.Resolve(o.ctx(), id, inbox.Resolve{}))
	totals(inbox.Totals{Pending: 1})
	o.ContactWrites("Kim 1", "Hello?")
	totals(inbox.Totals{New: 1, Pending: 1})
	o.did(ann.Reply(o.ctx(), id, inbox.Reply{Text: "Yes?"}))
	totals(inbox.Totals{Pending: 2})
}
