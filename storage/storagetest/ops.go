package storagetest

import (
	"errors"
	"fmt"
	"testing"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/contact"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage"
	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// Fuzz compares a store with a model of guarded rows, unique keys and log positions, over whatever commits the fuzzer comes up
// with. open is called for every run and returns a store that is empty.
func Fuzz(f *testing.F, open func(*testing.T) inbox.Store) {
	f.Fuzz(func(t *testing.T, input []byte) {
		rapid.MakeFuzz(func(r *rapid.T) { random(r, newKit(t, randomRule, open(t))) })(t, input)
	})
}

// Randomly runs some of what Fuzz runs, on one empty store.
func Randomly(t *testing.T, store inbox.Store) {
	k := newKit(t, randomRule, store)
	rapid.Check(t, func(r *rapid.T) { random(r, k.of(k.another())) })
}

const randomRule = "random commits are answered and remembered as by a model of versions, unique keys and positions"

// randomly runs some of what Fuzz runs, on one store, each in tenants of its own.
var randomly = []rule{
	{randomRule, func(k *kit) {
		rapid.Check(k, func(r *rapid.T) { random(r, k.of(k.another())) })
	}},
}

// model is what a store must remember of one tenant, at the least.
type model struct {
	versions map[string]int64  // by row
	holders  map[string]string // the row that holds a unique key
	held     map[string]string // the unique key that a row holds
	entries  int64
}

// intent is one row of a change, as the model sees it.
type intent struct {
	row     string
	version int64
	key     string // the unique key that it will hold; empty: none
}

// admits reports whether all rows of a change are as they must be.
func (m *model) admits(rows []intent) bool {
	for _, r := range rows {
		if r.version != m.versions[r.row]+1 {
			return false
		}
		if holder, taken := m.holders[r.key]; r.key != "" && taken && holder != r.row {
			return false
		}
	}
	return true
}

func (m *model) write(rows []intent, entries int) {
	for _, r := range rows {
		m.versions[r.row] = r.version
		delete(m.holders, m.held[r.row])
		m.held[r.row] = r.key
		if r.key != "" {
			m.holders[r.key] = r.row
		}
	}
	m.entries += int64(entries)
}

// random makes commits out of few names, so that they meet.
func random(r *rapid.T, k *kit) {
	m := &model{versions: map[string]int64{}, holders: map[string]string{}, held: map[string]string{}}
	chain := audit.Chain{}
	for range rapid.IntRange(1, 15).Draw(r, "commits") {
		ch, rows := drawChange(r, k, m)
		for range rapid.IntRange(0, 2).Draw(r, "entries") {
			ch.Entries = append(ch.Entries, k.entry(&chain, audit.Subject{Kind: "test", ID: uuid.UUID{1}}, "test", audit.ClassTrail))
		}
		want := m.admits(rows)
		err := k.store.Commit(k.Context(), ch)[0]
		if want != (err == nil) || err != nil && !errors.Is(err, storage.ErrConflict) {
			r.Fatalf("the rule: %s\na change of %+v when there is %v and unique keys are held by %v: got error %v, want none: %t", k.rule, rows,
				m.versions, m.holders, err, want)
		}
		if err == nil {
			m.write(rows, len(ch.Entries))
		} else if len(ch.Entries) > 0 {
			chain.Seq, chain.Hash = ch.Entries[0].Seq-1, lastHash(k)
		}
		compare(r, k, m)
	}
}

// lastHash is where the one subject of random stands.
func lastHash(k *kit) audit.Hash {
	if feed := k.wholeFeed(); len(feed) > 0 {
		return feed[len(feed)-1].Hash
	}
	return audit.Hash{}
}

// small returns one of three ids of a kind.
func small(r *rapid.T, kind byte) uuid.UUID {
	return uuid.UUID{kind, byte(rapid.IntRange(1, 3).Draw(r, "id"))}
}

// draft is a change as it is drawn, and what the model sees of it.
type draft struct {
	*rapid.T
	k    *kit
	m    *model
	ch   inbox.Change
	rows []intent
}

// add notes a row and returns the version that it gets.
func (d *draft) add(row, key string) int64 {
	v := d.m.versions[row] + 1 + rapid.SampledFrom([]int64{0, 0, 0, 0, 0, 0, 0, -1, 1}).Draw(d.T, "off")
	d.rows = append(d.rows, intent{row, v, key})
	return v
}

// drawChange draws a change of a few rows, most of which are at the version that they must be at.
func drawChange(r *rapid.T, k *kit, m *model) (inbox.Change, []intent) {
	d := &draft{T: r, k: k, m: m, ch: inbox.Change{Tenant: k.tenant}}
	for _, row := range rapid.SliceOfNDistinct(rapid.IntRange(0, len(drawRow)-1), 1, 4, rapid.ID).Draw(r, "rows") {
		drawRow[row](d)
	}
	return d.ch, d.rows
}

// drawRow draws one kind of row each.
var drawRow = []func(*draft){
	func(d *draft) {
		ct := inbox.Contact{Contact: contact.Contact{ID: contact.ID{UUID: small(d.T, 'c')}}}
		ct.Version = d.add(fmt.Sprint("contact ", ct.ID), "")
		d.ch.Contact = &ct
	},
	func(d *draft) {
		who := inbox.Identity{Identity: contact.Identity{ID: contact.IdentityID{UUID: small(d.T, 'i')}}}
		who.Address = channel.Address{Network: channel.X, ID: small(d.T, 'a').String()}
		who.Version = d.add(fmt.Sprint("identity ", who.ID), fmt.Sprint(who.Address))
		d.ch.Identities = []inbox.Identity{who}
	},
	func(d *draft) {
		th := inbox.Thread{ID: inbox.ThreadID{UUID: small(d.T, 't')}, ThreadKey: inbox.ThreadKey{Key: small(d.T, 'k').String()}}
		th.Version = d.add(fmt.Sprint("thread ", th.ID), fmt.Sprint(th.ThreadKey))
		d.ch.Thread = &th
	},
	func(d *draft) {
		c := inbox.Conversation{ID: inbox.ConversationID{UUID: small(d.T, 'v')}, Thread: inbox.ThreadID{UUID: small(d.T, 't')}}
		c.State = rapid.SampledFrom(states).Draw(d.T, "state")
		key := ""
		if c.State != inbox.StateResolved {
			key = fmt.Sprint("open ", c.Thread)
		}
		c.Version = d.add(fmt.Sprint("conversation ", c.ID), key)
		d.ch.Conversation = &c
	},
	func(d *draft) {
		a := inbox.Arrival{Account: channel.AccountID{UUID: small(d.T, 'n')}, ExternalID: small(d.T, 'x').String()}
		a.Version = d.add(fmt.Sprint("arrival ", a.Account, a.ExternalID), "")
		d.ch.Arrivals = []inbox.Arrival{a}
	},
	func(d *draft) {
		doc := inbox.Document{DocumentKey: inbox.DocumentKey{Kind: inbox.AccountDocument, ID: small(d.T, 'd')}, Body: []byte(`{}`)}
		key := ""
		if rapid.Bool().Draw(d.T, "connected") {
			doc.Account = channel.AccountKey{Network: channel.X, ExternalID: d.k.tenant.String() + small(d.T, 'e').String()}
			key = fmt.Sprint("account ", doc.Account)
		}
		doc.Version = d.add(fmt.Sprint("document ", doc.ID), key)
		d.ch.Documents = []inbox.Document{doc}
	},
	func(d *draft) {
		key := small(d.T, 'y').String()
		d.rows = append(d.rows, intent{row: "key " + key, version: 1})
		d.ch.Keys = []inbox.KeyRecord{{Key: key, Result: []byte(`{}`)}}
	},
}

// compare looks up everything that random can have written.
func compare(r *rapid.T, k *kit, m *model) {
	see := func(row string, got int64) {
		if got != m.versions[row] {
			r.Fatalf("the rule: %s\n%s: got version %d, want %d", k.rule, row, got, m.versions[row])
		}
	}
	for i := range byte(3) {
		n := i + 1
		key := uuid.UUID{'y', n}.String()
		for j := range byte(3) {
			a := inbox.ArrivalRef{Account: channel.AccountID{UUID: uuid.UUID{'n', n}}, ExternalID: uuid.UUID{'x', j + 1}.String()}
			see(fmt.Sprint("arrival ", a.Account, a.ExternalID), k.load(inbox.Ref{Arrival: a}).Arrival.Version)
		}
		c := inbox.ConversationID{UUID: uuid.UUID{'v', n}}
		d := inbox.DocumentKey{Kind: inbox.AccountDocument, ID: uuid.UUID{'d', n}}
		address := channel.Address{Network: channel.X, ID: uuid.UUID{'a', n}.String()}
		snap := k.load(inbox.Ref{Conversation: c, Document: d, Key: key})
		see(fmt.Sprint("conversation ", c), snap.Conversation.Version)
		see(fmt.Sprint("document ", d.ID), snap.Document.Version)
		if (snap.Key.Key != "") != (m.versions["key "+key] == 1) {
			r.Fatalf("the rule: %s\nthe command key %s: got %+v", k.rule, key, snap.Key)
		}
		who := k.load(inbox.Ref{Arrival: inbox.ArrivalRef{Addresses: []channel.Address{address}}}).Identities
		holder := ""
		if len(who) == 1 {
			holder = fmt.Sprint("identity ", who[0].ID)
			see(holder, who[0].Version)
		}
		if holder != m.holders[fmt.Sprint(address)] {
			r.Fatalf("the rule: %s\nthe address %v: got it held by %q, want %q", k.rule, address, holder, m.holders[fmt.Sprint(address)])
		}
	}
	if got := k.head().Position; got != m.entries {
		r.Fatalf("the rule: %s\nwhere the log ends: got %d, want %d", k.rule, got, m.entries)
	}
}
