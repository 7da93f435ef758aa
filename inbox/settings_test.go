package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/queue"
	"github.com/deskwright/deskwright/storage"
	"github.com/google/uuid"
)

// setting is one kind of settings document, told apart by its name and version only.
type setting struct {
	kind inbox.DocumentKind
	save func(d *inbox.Desk, id uuid.UUID, version int64, name string, o ...inbox.CommandOption) (uuid.UUID, int64, string, error)
	drop func(d *inbox.Desk, id uuid.UUID) error // nil: it cannot be deleted
}

// settings are the kinds there are. The context of the calls is the test's.
func settings(t *testing.T) []setting {
	ctx := t.Context()
	return []setting{
		{inbox.AccountDocument, func(d *inbox.Desk, id uuid.UUID, v int64, name string, o ...inbox.CommandOption) (uuid.UUID, int64, string, error) {
			key := channel.AccountKey{Network: channel.SMS, ExternalID: id.String()}
			a, err := d.SaveAccount(ctx, inbox.Account{Account: channel.Account{ID: channel.AccountID{UUID: id}, AccountKey: key, Name: name}, Version: v}, o...)
			return a.ID.UUID, a.Version, a.Name, err
		}, func(d *inbox.Desk, id uuid.UUID) error {
			return d.RemoveAccount(ctx, channel.AccountID{UUID: id}, inbox.KeepOpen, inbox.Resolve{})
		}},
		{inbox.TopicDocument, func(d *inbox.Desk, id uuid.UUID, v int64, name string, o ...inbox.CommandOption) (uuid.UUID, int64, string, error) {
			s, err := d.SaveTopic(ctx, inbox.Topic{ID: inbox.TopicID{UUID: id}, Version: v, Name: name}, o...)
			return s.ID.UUID, s.Version, s.Name, err
		}, func(d *inbox.Desk, id uuid.UUID) error { return d.DeleteTopic(ctx, inbox.TopicID{UUID: id}) }},
		{inbox.ReasonDocument, func(d *inbox.Desk, id uuid.UUID, v int64, name string, o ...inbox.CommandOption) (uuid.UUID, int64, string, error) {
			s, err := d.SaveReason(ctx, inbox.Reason{ID: inbox.ReasonID{UUID: id}, Version: v, Name: name}, o...)
			return s.ID.UUID, s.Version, s.Name, err
		}, nil},
		{inbox.AgentDocument, func(d *inbox.Desk, id uuid.UUID, v int64, name string, o ...inbox.CommandOption) (uuid.UUID, int64, string, error) {
			s, err := d.SaveAgent(ctx, inbox.Agent{Agent: queue.Agent{ID: queue.AgentID{UUID: id}, Name: name}, Version: v}, o...)
			return s.ID.UUID, s.Version, s.Name, err
		}, func(d *inbox.Desk, id uuid.UUID) error { return d.DeleteAgent(ctx, queue.AgentID{UUID: id}) }},
		{inbox.TeamDocument, func(d *inbox.Desk, id uuid.UUID, v int64, name string, o ...inbox.CommandOption) (uuid.UUID, int64, string, error) {
			s, err := d.SaveTeam(ctx, inbox.Team{Team: queue.Team{ID: queue.TeamID{UUID: id}, Name: name}, Version: v}, o...)
			return s.ID.UUID, s.Version, s.Name, err
		}, func(d *inbox.Desk, id uuid.UUID) error { return d.DeleteTeam(ctx, queue.TeamID{UUID: id}) }},
	}
}

// boss is an administrator.
func (o *office) boss() *inbox.Desk {
	return o.Box.As(inbox.Person(queue.AgentNamed("Boss"), "Boss").As(inbox.RoleAdministrator))
}

func TestASettingIsMadeChangedAndDeletedAndEachIsLogged(t *testing.T) {
	o := newOffice(t)
	for _, k := range settings(t) {
		o.Clock.Add(time.Minute)
		logged := func(wanted audit.Action, id *uuid.UUID, do func()) {
			t.Helper()
			from := o.position()
			do()
			entries := o.entries(from)
			if len(entries) != 1 {
				t.Fatalf("%s: %d entries, want 1", k.kind, len(entries))
			}
			e := entries[0]
			if e.Action != wanted || e.Subject != (audit.Subject{Kind: audit.SubjectSetting, ID: *id}) || e.Actor.Name != "Boss" ||
				e.Class != audit.ClassTrail || !e.Time.Equal(o.Clock.Now()) {
				t.Errorf("%s: the entry is %+v", k.kind, e)
			}
		}
		var id uuid.UUID
		var version int64
		var name string
		var err error
		save := func(v int64, n string) {
			t.Helper()
			id, version, name, err = k.save(o.boss(), id, v, n)
			o.works(err)
		}
		logged(inbox.SettingSaved, &id, func() { save(0, " One\x00 ") })
		if version != 1 || name != "One" || id == uuid.Nil {
			t.Errorf("%s: version %d, name %q, id %s", k.kind, version, name, id)
		}
		if k.kind == inbox.AccountDocument {
			if id, version, _, err = k.save(o.boss(), random(), 0, "One"); err != nil { // its key is made of its id
				t.Fatal(err)
			}
		}
		o.untouched(string(k.kind)+" as it is", func() { save(0, "One"); save(1, "One ") })
		logged(inbox.SettingSaved, &id, func() { save(1, "Two") })
		logged(inbox.SettingSaved, &id, func() { save(0, "Three") })
		if version != 3 || name != "Three" {
			t.Errorf("%s: version %d, name %q after two changes", k.kind, version, name)
		}
		if k.drop == nil {
			continue
		}
		logged(inbox.SettingDeleted, &id, func() { o.works(k.drop(o.boss(), id)) })
		o.untouched(string(k.kind)+" deleted again", func() { o.works(k.drop(o.boss(), id)) })
		logged(inbox.SettingSaved, &id, func() { save(0, "Three") })
		if version != 5 {
			t.Errorf("%s: version %d after it came back", k.kind, version)
		}
	}
	o.WantLogHolds()
}

func TestASettingIsChangedAtItsVersion(t *testing.T) {
	o := newOffice(t)
	for _, k := range settings(t) {
		id := random()
		for _, name := range []string{"One", "Two"} {
			if _, _, _, err := k.save(o.boss(), id, 0, name); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range []struct {
			id     uuid.UUID
			v, has int64
		}{{id, 1, 2}, {id, 3, 2}, {id, -1, 2}, {random(), 1, 0}} {
			wants(o, fmt.Sprintf("%s at version %d", k.kind, c.v), &inbox.VersionError{Version: c.has}, func() error {
				_, _, _, err := k.save(o.boss(), c.id, c.v, "Three")
				if !errors.Is(err, storage.ErrConflict) {
					t.Errorf("%v is no storage.ErrConflict", err)
				}
				return err
			})
		}
	}
}

func TestOfManyChangesAtOneVersionOneCounts(t *testing.T) {
	o := newOffice(t)
	for _, k := range settings(t) {
		id, version, _, err := k.save(o.boss(), random(), 0, "One")
		o.works(err)
		var won atomic.Int64
		inParallel(16, func(i int) {
			_, _, _, err := k.save(o.boss(), id, version, fmt.Sprint("Name ", i))
			if _, lost := errors.AsType[*inbox.VersionError](err); err == nil {
				won.Add(1)
			} else if !lost {
				t.Error(err)
			}
		})
		if won.Load() != 1 {
			t.Errorf("%s: %d changes counted", k.kind, won.Load())
		}
	}
}

func TestANameIsTextOfAtMost255Characters(t *testing.T) {
	o := newOffice(t)
	for _, k := range settings(t) {
		optional := k.kind == inbox.AccountDocument || k.kind == inbox.AgentDocument
		for what, name := range map[string]string{"nothing": "", "only blanks": " \t\n", "only NUL": "\x00"} {
			try := func() error { _, _, _, err := k.save(o.boss(), random(), 0, name); return err }
			if optional {
				o.works(try())
				continue
			}
			refused[*inbox.InputError](o, fmt.Sprintf("%s named %s", k.kind, what), try)
		}
		for _, long := range []string{strings.Repeat("é", 256), strings.Repeat("x", 10<<20)} {
			refused[*inbox.InputError](o, string(k.kind), func() error { _, _, _, err := k.save(o.boss(), random(), 0, long); return err })
		}
		if _, _, name, err := k.save(o.boss(), random(), 0, "  "+strings.Repeat("é", 254)+"\xff "); err != nil || name != strings.Repeat("é", 254)+"\uFFFD" {
			t.Errorf("%s: %q, %v", k.kind, name, err)
		}
	}
	refused[*inbox.InputError](o, "a topic's description of 10 MB", func() error {
		_, err := o.boss().SaveTopic(o.ctx(), inbox.Topic{Name: "Parcels", Description: strings.Repeat("x", 10<<20)})
		return err
	})
	topic, err := o.boss().SaveTopic(o.ctx(), inbox.Topic{Name: "Parcels", Description: "Everything\x00 about \xff parcels."})
	if err != nil || topic.Description != "Everything about \uFFFD parcels." {
		t.Errorf("a topic's description is %q, %v", topic.Description, err)
	}
}

// connect is SaveAccount without its answer, for commands that are refused.
func (o *office) connect(d *inbox.Desk, id channel.AccountID, key channel.AccountKey) func() error {
	return func() error {
		_, err := d.SaveAccount(o.ctx(), inbox.Account{Account: channel.Account{ID: id, AccountKey: key}})
		return err
	}
}

func TestAnAccountIsWhatItMayBe(t *testing.T) {
	o := newOffice(t)
	sound := inbox.Account{Account: channel.Account{AccountKey: channel.AccountKey{Network: "pigeon", ExternalID: "7"}}}
	for what, spoil := range map[string]func(*inbox.Account){
		"no network":                         func(a *inbox.Account) { a.Network = "" },
		"a network with NUL":                 func(a *inbox.Account) { a.Network = "\x00" },
		"no external id":                     func(a *inbox.Account) { a.ExternalID = "" },
		"an external id with NUL":            func(a *inbox.Account) { a.ExternalID = "a\x00" },
		"an external id with a surrogate":    func(a *inbox.Account) { a.ExternalID = "\xed\xa0\x80" },
		"an external id of 513 bytes":        func(a *inbox.Account) { a.ExternalID = strings.Repeat("x", 513) },
		"a plan that is not text":            func(a *inbox.Account) { a.Plan = "\xff" },
		"a plan of 10 MB":                    func(a *inbox.Account) { a.Plan = channel.Plan(strings.Repeat("x", 10<<20)) },
		"a feature that is not text":         func(a *inbox.Account) { a.Features = []channel.Feature{"\x00"} },
		"a state that does not exist":        func(a *inbox.Account) { a.AfterReply = 9 },
		"a negative time to reopen":          func(a *inbox.Account) { a.ReopenWithin = -1 },
		"a resolver that does not exist":     func(a *inbox.Account) { a.Require = []inbox.Requirement{{Resolver: "cat"}} },
		"no resolver":                        func(a *inbox.Account) { a.Require = []inbox.Requirement{{Reason: true}} },
		"a visibility that does not exist":   func(a *inbox.Account) { a.Require = []inbox.Requirement{{Resolver: inbox.ByPerson, Visibility: "dim"}} },
		"a name of more than 255 characters": func(a *inbox.Account) { a.Name = strings.Repeat("x", 256) },
	} {
		a := sound
		spoil(&a)
		refused[*inbox.InputError](o, what, func() error { _, err := o.boss().SaveAccount(o.ctx(), a); return err })
	}
	o.SaveAccount(sound)
}

func TestANetworksAccountBelongsToOneTenantAndOneAccount(t *testing.T) {
	o := newOffice(t)
	mine := o.Account
	next := o.Box.For(inbox.TenantNamed("next door"))
	wants(o, "in the tenant", &inbox.TakenError{What: "account", ID: mine.ID.UUID}, o.connect(o.boss(), channel.AccountID{}, mine.AccountKey))
	for what, id := range map[string]channel.AccountID{"in another tenant": {}, "in another tenant under its id": mine.ID} {
		err := refused[*inbox.TakenError](o, what, o.connect(next.As(inbox.System), id, mine.AccountKey))
		if err != nil && (err.ID != uuid.Nil || !errors.Is(err, storage.ErrConflict)) {
			t.Errorf("%s: the error tells %s", what, err.ID)
		}
	}
	for what, key := range map[string]channel.AccountKey{
		"another network": {Network: channel.SMS, ExternalID: mine.ExternalID}, "another external id": {Network: mine.Network, ExternalID: "Shop"},
	} {
		refused[*inbox.InputError](o, what, o.connect(o.boss(), mine.ID, key))
	}
	if t2, err := o.Box.TenantOf(o.ctx(), mine.AccountKey); err != nil || t2 != o.Box.Tenant() {
		t.Errorf("it belongs to %s, %v", t2, err)
	}

	o.works(o.boss().RemoveAccount(o.ctx(), mine.ID, inbox.KeepOpen, inbox.Resolve{}))
	if _, err := o.Box.TenantOf(o.ctx(), mine.AccountKey); !missing(err, "account") {
		t.Errorf("once removed, it belongs to somebody: %v", err)
	}
	o.works(o.connect(next.As(inbox.System), channel.AccountID{}, mine.AccountKey)())
	if t2, err := o.Box.TenantOf(o.ctx(), mine.AccountKey); err != nil || t2 != next.Tenant() {
		t.Errorf("then it belongs to %s, %v", t2, err)
	}
	refused[*inbox.TakenError](o, "coming back", o.connect(o.boss(), mine.ID, mine.AccountKey))
	o.works(o.connect(o.boss(), mine.ID, channel.AccountKey{Network: channel.SMS, ExternalID: "7"})())
}

func TestOfManyTenantsThatConnectOneAccountAtOnceOneHasIt(t *testing.T) {
	o := newOffice(t)
	key := channel.AccountKey{Network: channel.SMS, ExternalID: "7"}
	var won atomic.Int64
	inParallel(16, func(i int) {
		err := o.connect(o.Box.For(inbox.TenantNamed(fmt.Sprint(i/2))).As(inbox.System), channel.AccountID{}, key)()
		if _, taken := errors.AsType[*inbox.TakenError](err); err == nil {
			won.Add(1)
		} else if !taken {
			t.Error(err)
		}
	})
	if won.Load() != 1 {
		t.Errorf("%d have it", won.Load())
	}
}

// arrives lets a message of Kim arrive in an inbox and returns the error.
func (o *office) arrives(box *inbox.Inbox, a inbox.Account) func() error {
	return func() error {
		_, err := box.Receive(o.ctx(), channel.Inbound{Account: a.AccountKey, ExternalID: random().String(), Text: "Hello?",
			Kind: channel.ReplyKind(a.Network, channel.Private), From: channel.Person{Name: "Kim", Addresses: []channel.Address{{ID: "Kim"}}}})
		return err
	}
}

func TestAPausedAccountStillReceives(t *testing.T) {
	o := newOffice(t)
	paused, err := o.boss().PauseAccount(o.ctx(), o.Account.ID)
	if err != nil || !paused.Paused || paused.Version != 2 || paused.Name != o.Account.Name {
		t.Errorf("%+v, %v", paused, err)
	}
	o.works(o.arrives(o.Box, o.Account)())
	o.untouched("pausing it again", func() {
		if again, err := o.boss().PauseAccount(o.ctx(), o.Account.ID); err != nil || again.Version != 2 || !again.Paused {
			t.Errorf("%+v, %v", again, err)
		}
	})
	resumed, err := o.boss().ResumeAccount(o.ctx(), o.Account.ID)
	if err != nil || resumed.Paused || resumed.Version != 3 {
		t.Errorf("%+v, %v", resumed, err)
	}
	for what, id := range map[string]channel.AccountID{"a random account": {UUID: random()}, "no account": {}} {
		no := &inbox.MissingError{What: "account"}
		wants(o, what, no, func() error { _, err := o.boss().PauseAccount(o.ctx(), id); return err })
		wants(o, what, no, func() error { _, err := o.boss().ResumeAccount(o.ctx(), id); return err })
		wants(o, what, no, func() error { return o.boss().RemoveAccount(o.ctx(), id, inbox.KeepOpen, inbox.Resolve{}) })
	}
}

func TestARemovedAccountIsNotKnownAndItsConversationsStay(t *testing.T) {
	o := newOffice(t)
	id, resolved := o.in(inbox.StatePending), o.in(inbox.StateResolved)
	o.untouchedConversation(id, func() {
		o.works(o.boss().RemoveAccount(o.ctx(), o.Account.ID, inbox.KeepOpen, inbox.Resolve{}))
	})
	wants(o, "receiving", &inbox.MissingError{What: "account"}, o.arrives(o.Box, o.Account))
	ann := o.Desk("Ann")
	if h := o.Header(id); h.AccountName != "shop" {
		t.Errorf("its account was named %q", h.AccountName)
	}
	o.did(ann.AddNote(o.ctx(), id, inbox.MessageID{}, "The shop has closed."))
	o.did(ann.SetNew(o.ctx(), resolved))
	o.did(ann.Resolve(o.ctx(), id, inbox.Resolve{}))
}

func TestTheOpenConversationsOfAnAccountAreResolvedByWhoRemovesIt(t *testing.T) {
	o := newOffice(t)
	reason := o.reason("Closed")
	o.change(func(a *inbox.Account) { a.Require = []inbox.Requirement{{Resolver: inbox.ByPerson, Topic: true}} })
	var mine []inbox.ConversationID
	for range 60 {
		mine = append(mine, o.in(inbox.StateNew), o.in(inbox.StatePending))
	}
	shop := o.Account
	o.Account = o.Connect(channel.SMS, "7")
	other := o.in(inbox.StateNew)

	// The first time it is interrupted.
	commits := 0
	o.store.commit = func(ctx context.Context, changes []inbox.Change) []error {
		if commits++; commits > 30 {
			return []error{storage.ErrBusy}
		}
		return o.store.Store.Commit(ctx, changes...)
	}
	remove := func() error {
		return o.boss().RemoveAccount(o.ctx(), shop.ID, inbox.ResolveOpen, inbox.Resolve{Reason: reason, Comment: "The shop has closed."})
	}
	if err := remove(); !errors.Is(err, storage.ErrBusy) {
		t.Fatalf("the error is %v", err)
	}
	o.store.commit = nil
	o.works(remove())
	for _, id := range mine {
		h, lines := o.Header(id), o.Timeline(id)
		if h.State != inbox.StateResolved || h.ReasonName != "Closed" || h.Comment != "The shop has closed." ||
			lines[len(lines)-1] != "resolved (Closed) by Boss" {
			t.Fatalf("one is %s because of %q: %q", h.State, h.ReasonName, lines)
		}
	}
	o.WantState(other, inbox.StateNew)
	want(t, "the totals", o.keeps().Totals[shop.ID], inbox.Totals{})
	o.untouched("once more", func() { o.works(remove()) })
}

func TestAnAccountIsRemovedAsItMayBe(t *testing.T) {
	o := newOffice(t)
	remove := func(open inbox.Open, r inbox.Resolve) func() error {
		return func() error { return o.boss().RemoveAccount(o.ctx(), o.Account.ID, open, r) }
	}
	o.in(inbox.StateNew)
	refused[*inbox.InputError](o, "neither kept nor resolved", remove("", inbox.Resolve{}))
	refused[*inbox.InputError](o, "a comment of 10 MB", remove(inbox.ResolveOpen, inbox.Resolve{Comment: strings.Repeat("x", 10<<20)}))
	unknown := inbox.Resolve{Reason: inbox.ReasonID{UUID: random()}}
	wants(o, "a random reason", &inbox.MissingError{What: "reason"}, remove(inbox.ResolveOpen, unknown))
}

func TestATopicsNameIsUniqueInTheTenantIgnoringCase(t *testing.T) {
	o := newOffice(t)
	parcels := o.topic("Päckchen")
	save := func(d *inbox.Desk, id inbox.TopicID, name string) func() error {
		return func() error { _, err := d.SaveTopic(o.ctx(), inbox.Topic{ID: id, Name: name}); return err }
	}
	bills := o.topic("Bills")
	for _, name := range []string{"Päckchen", "PÄCKCHEN", " päckchen "} {
		for what, id := range map[string]inbox.TopicID{"a new one": {}, "a renamed one": bills} {
			err := refused[*inbox.TakenError](o, what, save(o.boss(), id, name))
			if err != nil && (err.What != "topic" || err.ID != parcels.UUID || !errors.Is(err, storage.ErrConflict)) {
				t.Errorf("%s: the error is %+v", what, err)
			}
		}
	}
	o.works(save(o.Box.For(inbox.TenantNamed("next door")).As(inbox.System), inbox.TopicID{}, "Päckchen")())
	o.works(save(o.boss(), parcels, "PÄCKCHEN")())
	o.works(save(o.boss(), parcels, "Parcels")())
	o.works(save(o.boss(), bills, "Päckchen")())
	o.works(o.boss().DeleteTopic(o.ctx(), bills))
	o.works(save(o.boss(), inbox.TopicID{}, "Päckchen")())
	refused[*inbox.TakenError](o, "coming back under a name that is taken", save(o.boss(), bills, "Päckchen"))
}

func TestOfTwoTopicsThatGetOneNameAtOnceOneHasIt(t *testing.T) {
	o := newOffice(t)
	bills := o.topic("Bills")
	for what, id := range map[string]inbox.TopicID{"a new one": {}, "a renamed one": bills} {
		name := "Parcels of " + what
		var first inbox.TopicID
		o.store.loaded = func() { // once the other has seen that the name is free
			o.store.loaded = nil
			first = o.topic(strings.ToUpper(name))
		}
		_, err := o.boss().SaveTopic(o.ctx(), inbox.Topic{ID: id, Name: name})
		if taken, ok := errors.AsType[*inbox.TakenError](err); !ok || taken.ID != first.UUID {
			t.Errorf("%s: the error is %v, want that %s has the name", what, err, first)
		}
	}
}

func TestADeletedTopicIsTakenFromEveryConversation(t *testing.T) {
	o := newOffice(t)
	parcels, bills := o.topic("Parcels"), o.topic("Bills")
	var all []inbox.ConversationID
	for range 50 {
		for _, s := range everyState {
			all = append(all, o.in(s))
			o.did(o.system().AddTopic(o.ctx(), all[len(all)-1], parcels))
			o.did(o.system().AddTopic(o.ctx(), all[len(all)-1], bills))
		}
	}
	commits := 0
	o.store.commit = func(ctx context.Context, changes []inbox.Change) []error {
		if commits++; commits > 70 {
			return []error{storage.ErrBusy}
		}
		return o.store.Store.Commit(ctx, changes...)
	}
	if err := o.boss().DeleteTopic(o.ctx(), parcels); !errors.Is(err, storage.ErrBusy) {
		t.Fatalf("the error is %v", err)
	}
	o.store.commit = nil
	for _, id := range all { // nobody sees that it was interrupted
		want(t, "the topics", o.Header(id).TopicNames, []string{"Bills"})
		want(t, "their ids", o.Header(id).Topics, []inbox.TopicID{bills})
	}
	o.works(o.boss().DeleteTopic(o.ctx(), parcels))
	for _, l := range o.keeps().Listed {
		want(t, "the topics that are stored", l.Conversation.Topics, []inbox.TopicID{bills})
		lines := o.Timeline(l.Conversation.ID)
		if last := lines[len(lines)-1]; last != "topic Parcels removed by Boss" {
			t.Fatalf("the timeline ends with %q", last)
		}
	}
	o.untouched("once more", func() { o.works(o.boss().DeleteTopic(o.ctx(), parcels)) })
	wants(o, "a random topic", &inbox.MissingError{What: "topic"}, func() error {
		return o.boss().DeleteTopic(o.ctx(), inbox.TopicID{UUID: random()})
	})
}

func TestARenamedThingIsShownUnderItsNewName(t *testing.T) {
	o := newOffice(t)
	ann, id := o.Desk("Ann"), o.in(inbox.StateNew)
	topic, reason, team := o.topic("Parcels"), o.reason("Solved"), o.team("Night")
	o.did(ann.AddTopic(o.ctx(), id, topic))
	o.did(ann.Assign(o.ctx(), id, inbox.Assignee{Agent: ann.Actor().Agent, Team: team}))
	ids := map[inbox.DocumentKind]uuid.UUID{inbox.TopicDocument: topic.UUID, inbox.ReasonDocument: reason.UUID,
		inbox.AgentDocument: ann.Actor().Agent.UUID, inbox.TeamDocument: team.UUID}
	for _, k := range settings(t) {
		if of, ok := ids[k.kind]; ok {
			_, _, _, err := k.save(o.boss(), of, 0, "The other "+string(k.kind))
			o.works(err)
		}
	}
	o.change(func(a *inbox.Account) { a.Name = "The other account" })
	h := o.Header(id)
	want(t, "the names", []string{h.AccountName, h.AgentName, h.TeamName, h.TopicNames[0]},
		[]string{"The other account", "The other agent", "The other team", "The other topic"})
	o.did(ann.Resolve(o.ctx(), id, inbox.Resolve{Reason: reason}))
	if got := o.Header(id).ReasonName; got != "The other reason" {
		t.Errorf("the reason is %q", got)
	}
	lines := o.Timeline(id)
	want(t, "the timeline", lines[len(lines)-3:], []string{"topic The other topic added by Ann",
		"assigned to The other agent and team The other team by Ann", "resolved (The other reason) by Ann"})
}

func TestTheMembersOfATeamAreAgents(t *testing.T) {
	o := newOffice(t)
	ann, bob := o.agent("Ann"), o.agent("Bob")
	save := func(members ...queue.AgentID) func() error {
		return func() error {
			_, err := o.boss().SaveTeam(o.ctx(), inbox.Team{Team: queue.Team{Name: "Night", Members: members}})
			return err
		}
	}
	wants(o, "a random member", &inbox.MissingError{What: "agent"}, save(ann, queue.AgentID{UUID: random()}))
	wants(o, "nobody as a member", &inbox.MissingError{What: "agent"}, save(queue.AgentID{}))
	o.works(save(ann, bob)())
	o.works(o.boss().DeleteAgent(o.ctx(), bob))
	wants(o, "a deleted member", &inbox.MissingError{What: "agent"}, save(ann, bob))
	for what, do := range map[string]func() error{
		"agent": func() error { return o.boss().DeleteAgent(o.ctx(), queue.AgentID{UUID: random()}) },
		"team":  func() error { return o.boss().DeleteTeam(o.ctx(), queue.TeamID{UUID: random()}) },
	} {
		wants(o, "deleting a random "+what, &inbox.MissingError{What: what}, do)
	}
}

func TestAChangeOfSettingsCountsAtOnceForEveryInboxOverTheStore(t *testing.T) {
	o := newOffice(t)
	far := o.second() // has its own cache, and fills it
	farAnn := far.As(inbox.Person(o.agent("Ann"), "Ann"))
	topic, reason, team := o.topic("Parcels"), o.reason("Solved"), o.team("Night")
	id := o.in(inbox.StateNew)
	o.works(o.arrives(far, o.Account)())
	o.did(farAnn.AddTopic(o.ctx(), id, topic))

	second := o.Connect(channel.WebChat, "second shop")
	o.works(o.arrives(far, second)())

	o.change(func(a *inbox.Account) { a.AfterReply = inbox.StateNew })
	if r := o.did(farAnn.Reply(o.ctx(), id, inbox.Reply{Text: "Hello."})); r.State != inbox.StateNew {
		t.Errorf("a reply led to %s", r.State)
	}
	if _, err := o.boss().PauseAccount(o.ctx(), second.ID); err != nil {
		t.Fatal(err)
	}
	if a, err := far.As(inbox.System).ResumeAccount(o.ctx(), second.ID); err != nil || a.Version != 3 {
		t.Errorf("resuming what was paused elsewhere: %+v, %v", a, err)
	}

	o.works(o.boss().DeleteTopic(o.ctx(), topic))
	other := o.in(inbox.StateNew)
	wants(o, "a topic deleted elsewhere", &inbox.MissingError{What: "topic"}, func() error { _, err := farAnn.AddTopic(o.ctx(), other, topic); return err })
	_, err := o.boss().SaveReason(o.ctx(), inbox.Reason{ID: reason, Name: "Solved", Disabled: true})
	o.works(err)
	wants(o, "a reason disabled elsewhere", &inbox.MissingError{What: "reason"}, o.resolve(farAnn, id, inbox.Resolve{Reason: reason}))
	o.works(o.boss().DeleteTeam(o.ctx(), team))
	wants(o, "a team deleted elsewhere", &inbox.MissingError{What: "team"}, o.assign(farAnn, id, inbox.Assignee{Team: team}))
	o.did(farAnn.Assign(o.ctx(), id, inbox.Assignee{Agent: o.agent("Bob")}))
	if h, err := farAnn.Header(o.ctx(), id); err != nil || h.AgentName != "Bob" {
		t.Errorf("an agent made elsewhere is shown as %q, %v", h.AgentName, err)
	}

	o.works(o.boss().RemoveAccount(o.ctx(), second.ID, inbox.KeepOpen, inbox.Resolve{}))
	wants(o, "an account removed elsewhere", &inbox.MissingError{What: "account"}, o.arrives(far, second))

	shop := o.Account
	o.works(o.arrives(far, shop)())
	o.works(o.boss().RemoveAccount(o.ctx(), shop.ID, inbox.KeepOpen, inbox.Resolve{}))
	o.works(o.connect(o.boss(), channel.AccountID{}, shop.AccountKey)())
	o.works(o.arrives(far, shop)())
	start := o.hello("Lou")
	if _, err := farAnn.Start(o.ctx(), start); !missing(err, "account") {
		t.Errorf("a start from an account removed elsewhere: %v", err)
	}

	next := o.Box.For(inbox.TenantNamed("next door"))
	_, shops, err := o.store.Documents(o.ctx(), o.Box.Tenant())
	o.works(err)
	now := shops[slices.IndexFunc(shops, func(d inbox.Document) bool { return d.Account == shop.AccountKey })]
	o.works(o.boss().RemoveAccount(o.ctx(), channel.AccountID{UUID: now.ID}, inbox.KeepOpen, inbox.Resolve{}))
	o.works(o.connect(next.As(inbox.System), channel.AccountID{}, shop.AccountKey)())
	wants(o, "an account that moved to another tenant", &inbox.MissingError{What: "account"}, o.arrives(far, shop))
	o.works(o.arrives(far.For(next.Tenant()), shop)())
}
