package storagetest

import (
	"time"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"pgregory.net/rapid"
)

// handClock is a clock that only the scenario moves.
type handClock struct{ now time.Time }

// Now implements inbox.Clock.
func (c *handClock) Now() time.Time { return c.now }

// After implements inbox.Clock. Nothing waits here.
func (c *handClock) After(time.Duration) <-chan time.Time { return nil }

// now is the time as it is stored.
func (w *world) now() time.Time { return w.clock.now.UTC().Truncate(time.Microsecond) }

// moveClock moves the clock: by nothing, by a microsecond, by days, back.
func (w *world) moveClock(t *rapid.T) {
	by := pick(t, "by", []time.Duration{time.Minute, time.Second, 5 * time.Minute, time.Hour, 23 * time.Hour, day, week, 0, time.Microsecond,
		300 * time.Nanosecond, -time.Second, -time.Hour, -day})
	w.clock.now = w.clock.now.Add(by)
	t.Logf("it is %s", w.now().Format(time.RFC3339Nano))
}

// edge is a time at which something ends, and what shows then whether it has.
type edge struct {
	at   time.Time
	what string
	show func(*rapid.T)
}

// goToEdge moves the clock to where something ends, to just before or to just after, and looks whether it has.
func (w *world) goToEdge(t *rapid.T) {
	tn := w.drawTenant(t)
	edges := w.edges(tn)
	if len(edges) == 0 {
		return
	}
	e := newest(t, "edge", edges)
	w.clock.now = e.at.Add(pick(t, "beside", []time.Duration{0, -time.Microsecond, time.Microsecond}))
	t.Logf("it is %s: %s %s", w.now().Format(time.RFC3339Nano), e.what, e.at.Format(time.RFC3339Nano))
	e.show(t)
}

func (w *world) edges(tn *tenant) (edges []edge) {
	for _, d := range tn.dues {
		edges = append(edges, edge{d.ready(), "a message can be sent from", w.round})
	}
	for _, c := range tn.conversations {
		edges = append(edges, w.edgesOf(tn, c)...)
	}
	return edges
}

func (w *world) edgesOf(tn *tenant, c *bookConversation) (edges []edge) {
	do := func(q command) func(*rapid.T) {
		q.conversation, q.revision = c.ID, -1
		return func(t *rapid.T) { w.perform(t, q.op(tn)) }
	}
	reply := func(by inbox.Actor, r inbox.Reply) func(*rapid.T) {
		return do(command{name: "reply", by: by, reply: r})
	}
	if !c.Window.Ends.IsZero() {
		edges = append(edges, edge{c.Window.Ends, "the window closes", func(t *rapid.T) {
			reply(ann, inbox.Reply{Text: "Late?", Tag: pick(t, "tag", []channel.Tag{"", channel.HumanAgentTag})})(t)
		}},
			edge{c.Window.Opened.Add(week), "the tag ends", reply(ann, inbox.Reply{Text: "Later?", Tag: channel.HumanAgentTag})})
	}
	if within := tn.account(c).ReopenWithin; within > 0 && c.State == inbox.StateResolved {
		edges = append(edges, edge{c.Resolved.Add(within), "it can be reopened until", func(t *rapid.T) {
			w.perform(t, w.goingOn(t, tn, c))
			do(pick(t, "then", []command{{name: "set new", by: ann}, {name: "reply", by: bot, reply: inbox.Reply{Text: "Again?", Then: inbox.StateNew}}}))(t)
		}})
	}
	if c.Hold.Bot != "" {
		edges = append(edges, edge{c.Hold.Until, "the hold ends", reply(bot2, inbox.Reply{Text: "Mine?"})})
	}
	if m := tn.messages[c.Asked]; m != nil && m.Visibility == channel.Public {
		edges = append(edges, edge{earlier(m.Time, m.Received).Add(week), "it can be answered in private until",
			reply(ann, inbox.Reply{Text: "Between us?", Answers: m.ID, Private: true})})
	}
	return edges
}
