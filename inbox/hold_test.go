package inbox_test

import (
	"testing"
	"time"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/queue"
)

func (o *office) hold(d *inbox.Desk, id inbox.ConversationID, during time.Duration) func() error {
	return func() error { _, err := d.Hold(o.ctx(), id, during); return err }
}

func (o *office) release(d *inbox.Desk, id inbox.ConversationID) func() error {
	return func() error { _, err := d.Release(o.ctx(), id); return err }
}

func TestABotHoldsAConversationForATime(t *testing.T) {
	o := newOffice(t)
	for _, by := range workers[1:] {
		d, id := o.Box.As(by), o.in(inbox.StatePending)
		name := by.Name
		if by.Kind == audit.ActorBot {
			name = by.Agent.String()
		}
		before := o.Header(id)
		o.did(d.Hold(o.ctx(), id, time.Hour))
		h := o.Header(id)
		want(t, "the hold", h.Hold, inbox.Hold{Bot: name, Until: o.Clock.Now().UTC().Add(time.Hour)})
		if h.State != before.State || h.Assignee != before.Assignee || h.Since != before.Since {
			t.Errorf("holding changed the conversation: %+v", h.Conversation)
		}
		o.Clock.Add(time.Minute)
		o.did(d.Hold(o.ctx(), id, 24*time.Hour))
		want(t, "the hold, moved", o.Header(id).Hold.Until, o.Clock.Now().UTC().Add(24*time.Hour))
		if got := o.logged(func() { o.did(d.Release(o.ctx(), id)) }); got != "bot.released" {
			t.Errorf("releasing logged %q", got)
		}
		want(t, "the hold, released", o.Header(id).Hold, inbox.Hold{})
	}
}

func TestAHoldLastsUntilItsEnd(t *testing.T) {
	until := curtain.Add(time.Hour)
	h := inbox.Hold{Bot: "Robo", Until: until}
	if !h.Held(until.Add(-1)) || h.Held(until) || (inbox.Hold{}).Held(curtain) || (inbox.Hold{Until: until}).Held(curtain) {
		t.Error("a hold is over at its end, not before, and nobody's is none")
	}
}

func TestWhatAnotherBotHoldsCannotBeHeldOrReleased(t *testing.T) {
	o := newOffice(t)
	robo, other := o.Box.As(workers[1]), o.Box.As(inbox.Bot(queue.AgentNamed("Other"), "Robo"))
	id := o.in(inbox.StateNew)
	o.did(robo.Hold(o.ctx(), id, time.Hour))
	held := &inbox.HeldError{Bot: workers[1].Agent.String(), Until: o.Clock.Now().UTC().Add(time.Hour)}
	for _, d := range []*inbox.Desk{other, o.Box.As(inbox.Automation("Robo")), o.system()} {
		wants(o, "holding it", held, o.hold(d, id, time.Minute))
		wants(o, "releasing it", held, o.release(d, id))
	}
	o.Clock.Add(time.Hour)
	o.did(other.Hold(o.ctx(), id, time.Minute))
	want(t, "the hold", o.Header(id).Hold.Bot, queue.AgentNamed("Other").String())
	o.Clock.Add(time.Minute)
	o.did(robo.Release(o.ctx(), id))
}

func TestOnlyBotsAndAutomationsHoldOnlyWhatIsOpenAndForUpTo24Hours(t *testing.T) {
	o := newOffice(t)
	robo, ann, id := o.Box.As(workers[1]), o.Desk("Ann"), o.in(inbox.StateNew)
	for _, during := range []time.Duration{0, -time.Hour, 24*time.Hour + 1, 1<<63 - 1, -1 << 63} {
		refused[*inbox.InputError](o, during.String(), o.hold(robo, id, during))
	}
	refused[*inbox.InputError](o, "a person holds", o.hold(ann, id, time.Hour))
	refused[*inbox.InputError](o, "a resolved conversation", o.hold(robo, o.in(inbox.StateResolved), time.Hour))
	o.did(robo.Hold(o.ctx(), id, time.Hour))
	refused[*inbox.InputError](o, "a person releases", o.release(ann, id))
}

func TestTheHoldOfAnAutomationWithoutANameCounts(t *testing.T) {
	o := newOffice(t)
	id := o.in(inbox.StateNew)
	o.did(o.Box.As(inbox.Automation("")).Hold(o.ctx(), id, time.Hour))
	if h := o.Header(id).Hold; !h.Held(o.Clock.Now()) {
		t.Errorf("the hold is %+v", h)
	}
	refused[*inbox.HeldError](o, "another bot holds", o.hold(o.Box.As(workers[1]), id, time.Hour))
}

func TestResolvingEndsAHold(t *testing.T) {
	o := newOffice(t)
	id := o.in(inbox.StateNew)
	o.did(o.Box.As(workers[1]).Hold(o.ctx(), id, time.Hour))
	o.Resolves("Ann", id)
	want(t, "the hold", o.Header(id).Hold, inbox.Hold{})
	o.did(o.Desk("Ann").SetNew(o.ctx(), id))
	o.did(o.Box.As(workers[2]).Hold(o.ctx(), id, time.Hour))
}
