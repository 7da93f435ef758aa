package inbox_test

import (
	"context"
	"errors"
	"testing"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/queue"
	"github.com/deskwright/deskwright/storage"
)

// interrupted does something while the store takes no more than so many commits.
func (o *office) interrupted(after int, do func() error) {
	o.t.Helper()
	commits := 0
	o.store.commit = func(ctx context.Context, changes []inbox.Change) []error {
		if commits++; commits > after {
			return []error{storage.ErrBusy}
		}
		return o.store.Store.Commit(ctx, changes...)
	}
	if err := do(); !errors.Is(err, storage.ErrBusy) {
		o.t.Fatalf("the error is %v", err)
	}
	o.store.commit = nil
}

func TestARemovalRepeatedUnderItsKeyGoesOnUnlessTheAccountIsConnectedAgain(t *testing.T) {
	o := newOffice(t)
	var mine []inbox.ConversationID
	for range 5 {
		mine = append(mine, o.in(inbox.StateNew))
	}
	remove := func() error {
		return o.boss().RemoveAccount(o.ctx(), o.Account.ID, inbox.ResolveOpen, inbox.Resolve{}, inbox.Key("close the shop"))
	}
	o.interrupted(3, remove)
	o.works(remove())
	for _, id := range mine {
		o.WantState(id, inbox.StateResolved)
	}
	o.untouched("repeated", func() { o.works(remove()) })

	o.works(o.connect(o.boss(), o.Account.ID, o.Account.AccountKey)())
	id := o.in(inbox.StateNew)
	o.untouched("repeated once it is connected again", func() { o.works(remove()) })
	o.WantState(id, inbox.StateNew)

	o.works(o.boss().RemoveAccount(o.ctx(), o.Account.ID, inbox.KeepOpen, inbox.Resolve{}))
	o.untouched("repeated once it is removed again, otherwise", func() { o.works(remove()) })
	o.WantState(id, inbox.StateNew)
}

func TestADeletionRepeatedUnderItsKeyGoesOnUnlessTheTopicIsSavedAgain(t *testing.T) {
	o := newOffice(t)
	topic := o.topic("Parcels")
	var mine []inbox.ConversationID
	for range 5 {
		mine = append(mine, o.in(inbox.StateNew))
		o.did(o.system().AddTopic(o.ctx(), mine[len(mine)-1], topic))
	}
	remove := func() error { return o.boss().DeleteTopic(o.ctx(), topic, inbox.Key("no parcels")) }
	o.interrupted(3, remove)
	o.works(remove())
	for _, l := range o.keeps().Listed {
		want(t, "the topics that are stored", len(l.Conversation.Topics), 0)
	}
	o.untouched("repeated", func() { o.works(remove()) })

	_, err := o.boss().SaveTopic(o.ctx(), inbox.Topic{ID: topic, Name: "Parcels"})
	o.works(err)
	o.did(o.system().AddTopic(o.ctx(), mine[0], topic))
	o.untouched("repeated once it is saved again", func() { o.works(remove()) })
	want(t, "the topics", o.Header(mine[0]).TopicNames, []string{"Parcels"})
}

func TestWhoGoesOnWithARemovalMustStillBePermitted(t *testing.T) {
	s := newScene(t)
	remove := func() error {
		return s.Desk("Ann").RemoveAccount(s.ctx(), s.Account.ID, inbox.ResolveOpen, inbox.Resolve{}, inbox.Key("close the shop"))
	}
	s.interrupted(2, remove)
	s.door.no = inbox.MaySettings
	refused[*inbox.PermissionError](s.office, "going on without the permission", remove)
	s.door.no = ""
	s.works(remove())
	want(t, "the totals", s.keeps().Totals[s.Account.ID], inbox.Totals{})
}

func TestPausingAndResumingUnderAKeyIsAnsweredTheSame(t *testing.T) {
	o := newOffice(t)
	o.change(func(a *inbox.Account) {
		a.Require = []inbox.Requirement{{Resolver: inbox.ByPerson, Reason: true}}
		a.Features = []channel.Feature{channel.HumanAgent}
	})
	pause := func() (inbox.Account, error) { return o.boss().PauseAccount(o.ctx(), o.Account.ID, inbox.Key("pause")) }
	resume := func() (inbox.Account, error) {
		return o.boss().ResumeAccount(o.ctx(), o.Account.ID, inbox.Key("resume"))
	}
	paused, err := pause()
	o.works(err)
	resumed, err := resume()
	o.works(err)
	for _, change := range []func(){
		func() {},
		func() {
			o.change(func(a *inbox.Account) { a.Name, a.Require, a.AfterReply = "another", nil, inbox.StateNew })
		},
		func() { o.works(o.boss().RemoveAccount(o.ctx(), o.Account.ID, inbox.KeepOpen, inbox.Resolve{})) },
	} {
		change()
		o.untouched("repeated", func() {
			again, err := pause()
			o.works(err)
			want(t, "the account that is paused", again, paused)
			again, err = resume()
			o.works(err)
			want(t, "the account that is resumed", again, resumed)
		})
	}
	if !paused.Paused || resumed.Paused || paused.Version != 3 || resumed.Version != 4 || len(paused.Require) != 1 {
		t.Errorf("paused: %+v; resumed: %+v", paused, resumed)
	}
}

func TestACommandOnASettingIsConditionalOnItsVersion(t *testing.T) {
	o := newOffice(t)
	for _, k := range settings(t) {
		id := random()
		for _, name := range []string{"One", "Two"} {
			_, _, _, err := k.save(o.boss(), id, 0, name)
			o.works(err)
		}
		for _, revision := range []int64{0, 1, 3, -1} {
			wants(o, string(k.kind), &inbox.VersionError{Version: 2}, func() error {
				_, _, _, err := k.save(o.boss(), id, 0, "Three", inbox.If(revision))
				return err
			})
		}
		_, version, _, err := k.save(o.boss(), id, 0, "Three", inbox.If(2))
		o.works(err)
		want(t, string(k.kind)+": the version", version, 3)
		_, version, _, err = k.save(o.boss(), random(), 0, "Four", inbox.If(0)) // never saved before
		o.works(err)
		want(t, "a new "+string(k.kind)+": the version", version, 1)
	}

	id := o.Account.ID
	for what, do := range map[string]func(inbox.CommandOption) error{
		"pausing":  func(c inbox.CommandOption) error { _, err := o.boss().PauseAccount(o.ctx(), id, c); return err },
		"resuming": func(c inbox.CommandOption) error { _, err := o.boss().ResumeAccount(o.ctx(), id, c); return err },
		"removing": func(c inbox.CommandOption) error {
			return o.boss().RemoveAccount(o.ctx(), id, inbox.KeepOpen, inbox.Resolve{}, c)
		},
	} {
		wants(o, what, &inbox.VersionError{Version: 1}, func() error { return do(inbox.If(2)) })
	}
	_, err := o.boss().PauseAccount(o.ctx(), id, inbox.If(1))
	o.works(err)
	o.works(o.boss().RemoveAccount(o.ctx(), id, inbox.KeepOpen, inbox.Resolve{}, inbox.If(2)))
}

func TestATeamMayKeepAMemberWhoseAgentWasDeleted(t *testing.T) {
	o := newOffice(t)
	ann, bob, cleo := o.agent("Ann"), o.agent("Bob"), o.agent("Cleo")
	night := inbox.Team{Team: queue.Team{Name: "Night", Members: []queue.AgentID{ann, bob}}}
	save := func() (err error) { night, err = o.boss().SaveTeam(o.ctx(), night); return err }
	o.works(save())
	for _, gone := range []queue.AgentID{bob, cleo} {
		o.works(o.boss().DeleteAgent(o.ctx(), gone))
	}
	night.Name = "Late"
	o.works(save())
	night.Members = []queue.AgentID{bob}
	o.works(save())
	night.Members = []queue.AgentID{bob, cleo}
	no := &inbox.MissingError{What: "agent"}
	wants(o, "a deleted agent as a new member", no, save)
	night.Members = []queue.AgentID{ann}
	o.works(save())
	night.Members = []queue.AgentID{ann, bob}
	wants(o, "one that has left as a member again", no, save)
}
