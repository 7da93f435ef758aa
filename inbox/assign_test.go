package inbox_test

import (
	"testing"
	"time"

	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/queue"
)

// assign is Desk.Assign without its answer, for commands that are refused.
func (o *office) assign(d *inbox.Desk, id inbox.ConversationID, to inbox.Assignee) func() error {
	return func() error { _, err := d.Assign(o.ctx(), id, to); return err }
}

func TestAnAssignmentNamesAnAgentATeamOrBothAndLeavesTheOtherPart(t *testing.T) {
	o := newOffice(t)
	o.Desk("Bob")
	ann, bob, carl := o.Desk("Ann"), queue.AgentNamed("Bob"), queue.AgentNamed("Carl")
	o.Desk("Carl")
	night, day := o.team("Night"), o.team("Day")
	id := o.in(inbox.StateNew)
	lines := o.Timeline(id)
	for _, c := range []struct {
		to, has inbox.Assignee
		line    string
	}{
		{inbox.Assignee{Team: night}, inbox.Assignee{Team: night}, "assigned to team Night by Ann"},
		{inbox.Assignee{Agent: bob}, inbox.Assignee{Agent: bob, Team: night}, "assigned to Bob and team Night by Ann"},
		{inbox.Assignee{Team: day}, inbox.Assignee{Agent: bob, Team: day}, "assigned to Bob and team Day by Ann"},
		{inbox.Assignee{Agent: carl, Team: night}, inbox.Assignee{Agent: carl, Team: night}, "assigned to Carl and team Night by Ann"},
	} {
		if r := o.did(ann.Assign(o.ctx(), id, c.to)); r.Assignee != c.has || !r.Changed || r.State != inbox.StateNew {
			t.Errorf("%s: the result is %+v", c.line, r)
		}
		h := o.Header(id)
		want(t, c.line, h.Assignee, c.has)
		if agent, team := map[queue.AgentID]string{bob: "Bob", carl: "Carl"}[c.has.Agent], map[queue.TeamID]string{night: "Night", day: "Day"}[c.has.Team]; h.AgentName != agent || h.TeamName != team {
			t.Errorf("%s: the header names %q and %q", c.line, h.AgentName, h.TeamName)
		}
		lines = append(lines, c.line)
	}
	o.did(ann.Unassign(o.ctx(), id))
	want(t, "unassigned", o.Header(id).Assignee, inbox.Assignee{})
	o.WantTimeline(id, append(lines, "unassigned by Ann")...)
}

func TestAnAssignmentNamesWhoIsKnown(t *testing.T) {
	o := newOffice(t)
	ann, id := o.Desk("Ann"), o.in(inbox.StateNew)
	o.Desk("Gone")
	if err := o.system().DeleteAgent(o.ctx(), queue.AgentNamed("Gone")); err != nil {
		t.Fatal(err)
	}
	gone := o.team("Gone")
	if err := o.system().DeleteTeam(o.ctx(), gone); err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		to   inbox.Assignee
		kind string
	}{
		"a random agent":  {inbox.Assignee{Agent: queue.AgentID{UUID: random()}}, "agent"},
		"a deleted agent": {inbox.Assignee{Agent: queue.AgentNamed("Gone")}, "agent"},
		"a random team":   {inbox.Assignee{Team: queue.TeamID{UUID: random()}}, "team"},
		"a deleted team":  {inbox.Assignee{Agent: ann.Actor().Agent, Team: gone}, "team"},
	} {
		wants(o, what, &inbox.MissingError{What: c.kind}, o.assign(ann, id, c.to))
	}
	refused[*inbox.InputError](o, "nobody", o.assign(ann, id, inbox.Assignee{}))

	// Who works at a desk needs no settings to take a conversation.
	new := o.Box.As(inbox.Person(queue.AgentNamed("New"), "New"))
	o.did(new.Assign(o.ctx(), id, inbox.Assignee{Agent: queue.AgentNamed("New")}))
	o.WantAgent(id, "New")
}

func TestAResolvedConversationIsNobodys(t *testing.T) {
	o := newOffice(t)
	ann, id := o.Desk("Ann"), o.in(inbox.StateResolved)
	no := &inbox.TransitionError{From: inbox.StateResolved, Trigger: inbox.AgentAssigns}
	wants(o, "assign", no, o.assign(ann, id, inbox.Assignee{Agent: ann.Actor().Agent}))
	wants(o, "unassign", no, func() error { _, err := ann.Unassign(o.ctx(), id); return err })
}

func TestWhoeverLeavesTheirConversationsStayTheirs(t *testing.T) {
	o := newOffice(t)
	ann, id, night := o.Desk("Ann"), o.in(inbox.StateNew), o.team("Night")
	o.did(ann.Assign(o.ctx(), id, inbox.Assignee{Agent: ann.Actor().Agent, Team: night}))
	o.untouchedConversation(id, func() {
		o.works(o.system().DeleteAgent(o.ctx(), ann.Actor().Agent))
		o.works(o.system().DeleteTeam(o.ctx(), night))
	})
	if h := o.Header(id); h.AgentName != "Ann" || h.TeamName != "Night" {
		t.Errorf("the header names %q and %q", h.AgentName, h.TeamName)
	}
}

// untouchedConversation does something that must leave a conversation as it is.
func (o *office) untouchedConversation(id inbox.ConversationID, do func()) {
	o.t.Helper()
	before, lines := o.Header(id), o.Timeline(id)
	do()
	want(o.t, "the header", o.Header(id).Conversation, before.Conversation)
	o.WantTimeline(id, lines...)
}

func TestAssigningKeepsTheConversationsPlace(t *testing.T) {
	o := newOffice(t)
	ann, id := o.Desk("Ann"), o.in(inbox.StateNew)
	before := o.Header(id)
	o.Clock.Add(time.Hour)
	o.did(ann.Assign(o.ctx(), id, inbox.Assignee{Agent: ann.Actor().Agent}))
	after := o.Header(id)
	if after.Since != before.Since || after.WaitingSince != before.WaitingSince || after.Due != before.Due || after.Count != before.Count ||
		after.Changed != o.Clock.Now().UTC() {
		t.Errorf("before %+v, after %+v", before.Conversation, after.Conversation)
	}
}
