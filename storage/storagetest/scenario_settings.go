package storagetest

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// drawAccount draws how an account treats what comes through it.
func drawAccount(t *rapid.T, a inbox.Account) inbox.Account {
	a.AfterReply = pick(t, "after a reply", []inbox.State{inbox.StateNone, inbox.StateNone, inbox.StatePending, inbox.StateNew, inbox.StateResolved})
	a.NoAutoAssign = once(t, 4, "no auto-assignment")
	a.ReopenWithin = pick(t, "reopen within", []time.Duration{0, 0, time.Hour, day})
	if a.Network == channel.Facebook && !once(t, 3, "no tag granted") {
		a.Features = []channel.Feature{channel.HumanAgent}
	}
	if once(t, 3, "resolving needs something") {
		a.Require = []inbox.Requirement{{
			Resolver:   pick(t, "of whom", []inbox.Resolver{inbox.ByPerson, inbox.ByAutomation, inbox.BySystem, inbox.ByBulk}),
			Visibility: pick(t, "where", []channel.Visibility{"", channel.Private, channel.Public}),
			Reason:     rapid.Bool().Draw(t, "a reason"),
			Topic:      rapid.Bool().Draw(t, "a topic"),
		}}
	}
	return a
}

// changeAccount changes how an account treats what comes through it, pauses it, resumes it, or connects it again.
func (w *world) changeAccount(t *rapid.T) {
	tn := w.drawTenant(t)
	box, _ := w.drawBoxes(t)
	system := box.For(tn.Tenant).As(inbox.System)
	i := rapid.IntRange(0, len(tn.known)-1).Draw(t, "account")
	a, connected := tn.accounts[tn.known[i]]
	var saved inbox.Account
	var err error
	stands := "" // against it
	switch how := pick(t, "how", []string{"pause", "resume", "set up", "set up"}); how {
	case "set up":
		a = drawAccount(t, inbox.Account{Account: channel.Account{ID: tn.known[i], AccountKey: tn.names[i]}, Paused: a.Paused})
		if !connected && once(t, 2, "under a new id") {
			a.ID.UUID = w.ids.next()
		}
		t.Logf("tenant %s, process %d: account %d is set up: after a reply %s, no auto-assignment %t, reopen within %s, granted %v, "+
			"resolving needs %+v", tn.name, box.number, i, a.AfterReply, a.NoAutoAssign, a.ReopenWithin, a.Features, a.Require)
		saved, err = system.SaveAccount(t.Context(), a)
		if other := tn.accountNamed(a.AccountKey); other != nil && other.ID != a.ID {
			stands = "taken: account"
		}
	default:
		t.Logf("tenant %s, process %d: %s account %d", tn.name, box.number, how, i)
		if a.Paused = how == "pause"; a.Paused {
			saved, err = system.PauseAccount(t.Context(), tn.known[i])
		} else {
			saved, err = system.ResumeAccount(t.Context(), tn.known[i])
		}
		if !connected {
			stands = "no such account"
		}
	}
	if refusal(err) != stands {
		t.Fatalf("the rule: an account can be set up, paused and resumed at any time, from any process\ngot %s, want %s", orDone(refusal(err)),
			orDone(stands))
	}
	if stands != "" {
		return
	}
	saved.Version = 0
	if wrong := differences("the account", reflect.ValueOf(saved), reflect.ValueOf(a)); wrong != "" {
		t.Fatalf("%s", wrong)
	}
	if before, was := tn.accounts[a.ID]; !was || !equal(before, a) {
		tn.settings++
	}
	if tn.accounts[a.ID] = a; !slices.Contains(tn.known, a.ID) {
		tn.known, tn.names = append(tn.known, a.ID), append(tn.names, a.AccountKey)
	}
}

// removeAccount disconnects an account and keeps or resolves what is open on it.
func (w *world) removeAccount(t *rapid.T) {
	if !once(t, 3, "really") {
		return
	}
	tn := w.drawTenant(t)
	i := rapid.IntRange(0, len(tn.known)-1).Draw(t, "account")
	id := tn.known[i]
	open := pick(t, "open ones", []inbox.Open{inbox.KeepOpen, inbox.ResolveOpen})
	r := drawResolve(t)
	_, connected := tn.accounts[id]
	err := w.insist(t, tn, fmt.Sprintf("account %d is removed, what is open: %s%s", i, open, because(r)), func(system *inbox.Desk) error {
		return system.RemoveAccount(t.Context(), id, open, r)
	})
	stands := ""
	if r.Reason.UUID != uuid.Nil && !tn.reasons[r.Reason] {
		stands = "no such reason"
	}
	if refusal(err) != stands {
		t.Fatalf("the rule: an account can be removed, and again\ngot %s, want %s", orDone(refusal(err)), orDone(stands))
	}
	if stands != "" {
		return
	}
	if connected {
		tn.settings++
	}
	delete(tn.accounts, id)
	for _, c := range tn.conversations {
		if c.Account == id && isOpen(c) && open == inbox.ResolveOpen {
			tn.resolve(c, r)
			tn.end()
			w.compare(t, tn, c.ID)
		}
	}
}

// deleteTopic removes a topic, also from the conversations that have it, or makes it known again.
func (w *world) deleteTopic(t *rapid.T) {
	tn := w.drawTenant(t)
	topic := pick(t, "topic", []inbox.TopicID{delay, price})
	name := label(topic.UUID)
	err := w.insist(t, tn, "topic "+name+" is deleted, or saved again", func(system *inbox.Desk) error {
		if tn.topics[topic] {
			return system.DeleteTopic(t.Context(), topic)
		}
		_, err := system.SaveTopic(t.Context(), inbox.Topic{ID: topic, Name: name})
		return err
	})
	if err != nil {
		t.Fatalf("the rule: a topic can be deleted and saved again\ngot error %v", err)
	}
	tn.settings++
	if tn.topics[topic] = !tn.topics[topic]; tn.topics[topic] {
		return
	}
	for _, c := range tn.conversations {
		if slices.Contains(c.Topics, topic) {
			tn.removeTopic(c, topic)
			tn.end()
			w.compare(t, tn, c.ID)
		}
	}
}

// insist asks for something that takes several writes, while they fail, and asks again where that stopped it: it must then go on.
func (w *world) insist(t *rapid.T, tn *tenant, words string, do func(*inbox.Desk) error) error {
	box, _ := w.drawBoxes(t)
	box.store.commits = slices.DeleteFunc(w.drawFaults(t, false), func(f fault) bool { return f == overtakes })
	t.Logf("tenant %s, process %d, writes %q: %s", tn.name, box.number, box.store.commits, words)
	tn.now = w.now()
	system := box.For(tn.Tenant).As(inbox.System)
	err := do(system)
	if fired := box.store.calm(); !slices.Contains(fired, fails) {
		return err
	}
	if why := refusal(err); why != storeDown && why != nobodyKnows {
		t.Fatalf("the rule: a command whose write failed says so\n%s\ngot %s", words, orDone(why))
	}
	return do(system)
}
