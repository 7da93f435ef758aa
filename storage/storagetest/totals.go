package storagetest

import (
	"maps"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
)

// totals is what Totals answers.
var totals = []rule{
	{"totals add up what the changes say, for each account", totalsAdd},
	{"totals of a change that conflicts do not count", totalsConflict},
}

func totalsAdd(k *kit) {
	k.same("the totals of nothing", k.totals(), map[channel.AccountID]inbox.Totals{})
	t, other := k.talk(), k.talk()
	other.thread.ThreadKey.Account, other.conversation.Account = t.conversation.Account, t.conversation.Account
	third := k.talk()
	k.commit(t.begin(), other.begin(), third.begin())
	account := t.conversation.Account
	for _, step := range []struct {
		ch   inbox.Change
		want inbox.Totals
	}{
		{t.move(inbox.StatePending), inbox.Totals{New: 1, Pending: 1}},
		{other.move(inbox.StatePending), inbox.Totals{Pending: 2}},
		{t.move(inbox.StateResolved), inbox.Totals{Pending: 1}},
		{t.move(inbox.StateNew), inbox.Totals{New: 1, Pending: 1}},
		{other.move(inbox.StateResolved), inbox.Totals{New: 1}},
		{t.move(inbox.StateResolved), inbox.Totals{}},
	} {
		k.commit(step.ch)
		want := map[channel.AccountID]inbox.Totals{account: step.want, third.conversation.Account: {New: 1}}
		k.same("the totals", k.totals(), dropZero(maps.Clone(want)))
	}
	twice := inbox.TotalsDelta{Account: account, Totals: inbox.Totals{New: 2, Pending: 3}}
	k.commit(inbox.Change{Tenant: k.tenant, Totals: []inbox.TotalsDelta{twice, twice}})
	if got, want := k.totals()[account], (inbox.Totals{New: 4, Pending: 6}); got != want {
		k.broken("an account that a change counts twice: got %+v, want %+v", got, want)
	}
}

func totalsConflict(k *kit) {
	t := k.talk()
	k.commit(t.begin())
	stale := *t
	k.commit(t.move(inbox.StatePending))
	k.conflicts("a stale change", stale.move(inbox.StateResolved))
	want := map[channel.AccountID]inbox.Totals{t.conversation.Account: {Pending: 1}}
	k.same("the totals", k.totals(), want)
}
