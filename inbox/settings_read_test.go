package inbox_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/queue"
	"github.com/google/uuid"
)

// row is what all settings have in common.
type row struct {
	ID      uuid.UUID
	Version int64
	Name    string
}

// reads lists the settings of each kind as rows.
func reads(t *testing.T, d *inbox.Desk) map[inbox.DocumentKind]func() ([]row, error) {
	ctx := t.Context()
	return map[inbox.DocumentKind]func() ([]row, error){
		inbox.AccountDocument: func() ([]row, error) {
			all, err := d.Accounts(ctx)
			return rows(all, func(a inbox.Account) row { return row{a.ID.UUID, a.Version, a.Name} }), err
		},
		inbox.TopicDocument: func() ([]row, error) {
			all, err := d.Topics(ctx)
			return rows(all, func(t inbox.Topic) row { return row{t.ID.UUID, t.Version, t.Name} }), err
		},
		inbox.ReasonDocument: func() ([]row, error) {
			all, err := d.Reasons(ctx)
			return rows(all, func(r inbox.Reason) row { return row{r.ID.UUID, r.Version, r.Name} }), err
		},
		inbox.AgentDocument: func() ([]row, error) {
			all, err := d.Agents(ctx)
			return rows(all, func(a inbox.Agent) row { return row{a.ID.UUID, a.Version, a.Name} }), err
		},
		inbox.TeamDocument: func() ([]row, error) {
			all, err := d.Teams(ctx)
			return rows(all, func(t inbox.Team) row { return row{t.ID.UUID, t.Version, t.Name} }), err
		},
	}
}

func rows[T any](all []T, of func(T) row) []row {
	out := []row{}
	for _, v := range all {
		out = append(out, of(v))
	}
	return out
}

func TestSettingsAreReadAsTheyAreNowInOrderOfTheirNames(t *testing.T) {
	o := newOffice(t)
	o.works(o.boss().RemoveAccount(o.ctx(), o.Account.ID, inbox.KeepOpen, inbox.Resolve{}))
	far := o.second().As(inbox.Person(queue.AgentNamed("Ann"), "Ann")) // has its own cache, and may change nothing
	for _, k := range settings(t) {
		read := func() []row {
			t.Helper()
			all, err := reads(t, far)[k.kind]()
			o.works(err)
			return all
		}
		want(t, "nothing of kind "+string(k.kind), read(), []row{})
		var wanted []row
		for i, name := range []string{"A", "B", same(k.kind, "B"), "Ä"} {
			id := random()
			id[0] = byte(i)
			_, version, _, err := k.save(o.boss(), id, 0, name)
			o.works(err)
			wanted = append(wanted, row{id, version, name})
		}
		want(t, string(k.kind), read(), wanted)
		_, version, _, err := k.save(o.boss(), wanted[0].ID, 1, "C")
		o.works(err)
		wanted = []row{wanted[1], wanted[2], {wanted[0].ID, version, "C"}, wanted[3]}
		want(t, string(k.kind)+" after one is changed", read(), wanted)
		if k.drop != nil {
			o.works(k.drop(o.boss(), wanted[1].ID))
			want(t, string(k.kind)+" after one is deleted", read(), append(wanted[:1:1], wanted[2:]...))
		}
		next := o.Box.For(inbox.TenantNamed("next door")).As(inbox.System)
		theirs, err := reads(t, next)[k.kind]()
		o.works(err)
		want(t, string(k.kind)+" of another tenant", theirs, []row{})
	}
}

// same is a name that another setting of the kind may have, too: those of topics are unique.
func same(k inbox.DocumentKind, name string) string {
	if k == inbox.TopicDocument {
		return name + name
	}
	return name
}

// furnished has one setting of each kind with everything in it.
func (o *office) furnished() {
	o.t.Helper()
	o.change(func(a *inbox.Account) {
		a.Plan, a.Features = "enterprise", []channel.Feature{channel.HumanAgent, "other"}
		a.AfterReply, a.NoAutoAssign, a.ReopenWithin = inbox.StateNew, true, time.Hour
		a.Require = []inbox.Requirement{{Resolver: inbox.ByPerson, Visibility: channel.Private, Reason: true}}
	})
	_, err := o.boss().SaveTopic(o.ctx(), inbox.Topic{Name: "Parcels", Description: "Late ones"})
	o.works(err)
	_, err = o.boss().SaveReason(o.ctx(), inbox.Reason{Name: "Solved", Disabled: true})
	o.works(err)
	_, err = o.boss().SaveTeam(o.ctx(), inbox.Team{Team: queue.Team{Name: "Night", Members: []queue.AgentID{o.agent("Ann"), o.agent("Bob")}}})
	o.works(err)
}

func TestWhatIsReadOfSettingsCanBeChangedAndSaved(t *testing.T) {
	o := newOffice(t)
	o.furnished()
	boss, ctx := o.boss(), o.ctx()
	accounts, err := boss.Accounts(ctx)
	o.works(err)
	topics, err := boss.Topics(ctx)
	o.works(err)
	reasons, err := boss.Reasons(ctx)
	o.works(err)
	teams, err := boss.Teams(ctx)
	o.works(err)
	agents, err := boss.Agents(ctx)
	o.works(err)
	save := func() error {
		_, a := boss.SaveAccount(ctx, accounts[0])
		_, b := boss.SaveTopic(ctx, topics[0])
		_, c := boss.SaveReason(ctx, reasons[0])
		_, d := boss.SaveTeam(ctx, teams[0])
		_, e := boss.SaveAgent(ctx, agents[0])
		return errors.Join(a, b, c, d, e)
	}
	o.untouched("saving all as it is", func() { o.works(save()) })
	accounts[0].Name, topics[0].Name, reasons[0].Name, teams[0].Name, agents[0].Name = "1", "2", "3", "4", "5"
	from := o.position()
	o.works(save())
	if n := len(o.entries(from)); n != 5 {
		t.Errorf("%d settings were changed, want 5", n)
	}
	accounts[0].Name, topics[0].Name, reasons[0].Name, teams[0].Name, agents[0].Name = "6", "7", "8", "9", "10"
	refused[*inbox.VersionError](o, "changing what has changed since it was read", save)
}

func TestWhatIsReadOfSettingsIsTheCallersOwn(t *testing.T) {
	o := newOffice(t)
	o.furnished()
	accounts := func() []inbox.Account {
		all, err := o.boss().Accounts(o.ctx())
		o.works(err)
		return all
	}
	teams := func() []inbox.Team {
		all, err := o.boss().Teams(o.ctx())
		o.works(err)
		return all
	}
	_, err := o.boss().PauseAccount(o.ctx(), o.Account.ID)
	o.works(err)
	account, team := accounts()[0], teams()[0]
	account.Features, account.Require = slices.Clone(account.Features), slices.Clone(account.Require)
	team.Members = slices.Clone(team.Members)
	paused, err := o.boss().PauseAccount(o.ctx(), o.Account.ID)
	o.works(err)
	want(t, "the account that is paused", paused, account)

	for _, a := range append(accounts(), paused) {
		a.Features[0], a.Require[0], a.Paused = "spoilt", inbox.Requirement{}, false
	}
	teams()[0].Members[0] = queue.AgentID{}
	want(t, "the accounts after what was read of them was changed", accounts(), []inbox.Account{account})
	want(t, "the teams after what was read of them was changed", teams(), []inbox.Team{team})
}

func TestAccountsAreReadAsFarAsTheyAreInSight(t *testing.T) {
	s := newScene(t)
	ann := s.Desk("Ann")
	read := func(d *inbox.Desk) (ids []channel.AccountID) {
		all, err := d.Accounts(s.ctx())
		s.works(err)
		for _, a := range all {
			ids = append(ids, a.ID)
		}
		return ids
	}
	want(t, "how many who sees all finds", len(read(ann)), 5)
	s.door.closed, s.door.open = true, []channel.AccountID{s.sms2.ID, {UUID: random()}, s.sms.ID}
	want(t, "who sees two accounts", read(ann), []channel.AccountID{s.sms.ID, s.sms2.ID})
	s.door.open = nil
	want(t, "who sees none", read(ann), nil)
	want(t, "how many the system finds", len(read(s.system())), 5)
	s.door.blind = errors.New("no directory")
	if all, err := ann.Accounts(s.ctx()); !errors.Is(err, s.door.blind) || all != nil {
		t.Errorf("while the host does not answer: %v, %v", all, err)
	}
	if len(s.door.asked) > 0 {
		t.Errorf("the host was asked %v", s.door.asked)
	}
}

func TestSettingsAreReadBySomebody(t *testing.T) {
	o := newOffice(t)
	for kind, read := range reads(t, o.Box.As(inbox.Actor{})) {
		_, err := read()
		wantErr[*inbox.InputError](t, "nobody reads settings of kind "+string(kind), err)
	}
}
