package storagetest

import (
	"bytes"
	"reflect"
	"slices"
	"time"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/contact"
	"github.com/deskwright/deskwright/inbox"
)

// values is what becomes of the values that go in and come out.
var values = []rule{
	{"round trip: every field of every row comes back as it was written", roundTrip},
	{"round trip: every field of every row can be overwritten", overwritten},
	{"what is zero stays zero", zeroStays},
	{"values passed in are the caller's", passedIn},
	{"values handed out are the caller's", handedOut},
	{"times keep microseconds, what is finer is cut off, and are UTC", times},
	{"the zero time stays zero", zeroTimes},
	{"empty content of a log entry is not missing content", emptyData},
}

// roundTrip goes over several seeds, because one alone cannot tell two booleans apart.
func roundTrip(k *kit) {
	for typ, names := range known {
		have := []string{}
		for i := range typ.NumField() {
			if f := typ.Field(i); f.IsExported() {
				have = append(have, f.Name)
			}
		}
		if !slices.Equal(have, names) {
			k.Fatalf("storagetest knows of other fields of %s than it has: add to full, refs and written", typ)
		}
	}
	for seed := range 4 {
		tenant := k.another()
		want := full(k, tenant, seed)
		k.commit(full(k, tenant, seed))
		got := k.read(&want)
		k.same("what comes back", got, written(&want))
		k.utc("what comes back", reflect.ValueOf(got))
		k.sameDues(want.Dues)
	}
}

// sameDues claims everything that waits, which must be these rows.
func (k *kit) sameDues(want []inbox.Due) {
	k.Helper()
	now := faraway.Add(time.Duration(k.made.Add(1)) * time.Hour)
	got := k.claim(now, now.Add(time.Minute), 10)
	for i := range got {
		if !got[i].Leased.Equal(now.Add(time.Minute)) {
			k.broken("the lease of a claimed row: got %s, want %s", got[i].Leased, now.Add(time.Minute))
		}
	}
	k.utc("a claimed row", reflect.ValueOf(got))
	got, want = slices.Clone(got), slices.Clone(want)
	for i := range want {
		want[i].Tries++
		want[i].Leased = time.Time{}
	}
	for i := range got {
		got[i].Leased = time.Time{}
	}
	byRef := func(a, b inbox.Due) int { return bytes.Compare(a.Ref[:], b.Ref[:]) }
	slices.SortFunc(got, byRef)
	slices.SortFunc(want, byRef)
	k.same("what waits", got, want)
	for _, d := range want {
		d.At = time.Time{}
		k.commit(inbox.Change{Tenant: d.Tenant, Dues: []inbox.Due{d}})
	}
}

// utc reports times below v that are not in UTC or finer than a microsecond.
func (k *kit) utc(what string, v reflect.Value) {
	k.Helper()
	switch v.Kind() {
	case reflect.Struct:
		if at, ok := v.Interface().(time.Time); ok {
			if at.Location() != time.UTC || at.Nanosecond()%1000 != 0 {
				k.broken("%s: got the time %s in %s, want UTC and whole microseconds", what, at, at.Location())
			}
			return
		}
		for _, field := range fields(v) {
			k.utc(what, field)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			k.utc(what, v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			k.utc(what, v.Index(i))
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			k.utc(what, v.MapIndex(key))
		}
	}
}

func overwritten(k *kit) {
	for seed := range 4 {
		tenant := k.another()
		first := full(k, tenant, seed)
		k.commit(full(k, tenant, seed))
		want := later(&first, full(k, tenant, 10+seed))
		k.commit(later(&first, full(k, tenant, 10+seed)))
		k.afterwards(&first, &want)
		k.sameDues(want.Dues)
	}
}

// afterwards compares what there is after a full change and one that is later.
func (k *kit) afterwards(first, want *inbox.Change) {
	k.Helper()
	got, expected := k.read(want), written(want)
	expected.ByID.Epoch, expected.ByArrival.Epoch, expected.Epoch = 2, 2, 2
	expected.Totals = sums(first.Totals, want.Totals)
	expected.Feed = append(slices.Clone(first.Entries), want.Entries...)
	head := audit.Head{Tenant: want.Tenant.UUID}
	expected.Batches = []audit.Batch{head.Seal(expected.Feed[:len(first.Entries)]), head.Seal(expected.Feed[len(first.Entries):])}
	expected.Head = head
	items := expected.Items
	expected.Items = nil
	for i, e := range expected.Feed {
		switch {
		case i < len(items):
			expected.Items = append(expected.Items, inbox.Item{Seq: e.Seq, Entry: e, Message: items[i].Message, Note: items[i].Note})
		case e.Class == audit.ClassTrail:
			expected.Items = append(expected.Items, inbox.Item{Seq: e.Seq, Entry: e})
		}
	}
	k.same("what there is after the rows were written again", got, expected)
}

// sums adds up totals.
func sums(deltas ...[]inbox.TotalsDelta) map[channel.AccountID]inbox.Totals {
	all := map[channel.AccountID]inbox.Totals{}
	for _, d := range slices.Concat(deltas...) {
		was := all[d.Account]
		all[d.Account] = inbox.Totals{New: was.New + d.New, Pending: was.Pending + d.Pending}
	}
	return dropZero(all)
}

// zeroStays writes rows that have nothing but their names.
func zeroStays(k *kit) {
	t := k.talk()
	c := inbox.Conversation{ID: t.conversation.ID, Version: 1, Thread: t.thread.ID, Identity: t.identity.ID, State: inbox.StateNew}
	th := t.thread
	th.Version, th.Conversation, th.Key = 1, c.ID, ""
	who, ct := t.identity, inbox.Contact{Contact: contact.Contact{ID: t.contact.ID}, Version: 1}
	who.Version = 1
	m := inbox.Message{ID: inbox.MessageID{UUID: k.id()}, Conversation: c.ID}
	n := inbox.Note{ID: inbox.NoteID{UUID: k.id()}, Conversation: c.ID}
	d := inbox.Document{DocumentKey: inbox.DocumentKey{Kind: inbox.TopicDocument, ID: k.id()}, Version: 1}
	a := inbox.Arrival{Account: th.Account, ExternalID: "x", Version: 1}
	key := inbox.KeyRecord{Key: "k"}
	k.commit(inbox.Change{
		Tenant: k.tenant, Contact: &ct, Identities: []inbox.Identity{who}, Thread: &th, Conversation: &c, Arrivals: []inbox.Arrival{a},
		Documents: []inbox.Document{d}, Keys: []inbox.KeyRecord{key}, Messages: []inbox.Message{m}, Notes: []inbox.Note{n},
	})
	ref := inbox.Ref{Tenant: k.tenant, Conversation: c.ID, Message: m.ID, Note: n.ID, Document: d.DocumentKey, Key: "k",
		Arrival: inbox.ArrivalRef{Account: th.Account, ExternalID: "x"}}
	k.same("what comes back", k.load(ref), inbox.Snapshot{
		Ref: ref, Epoch: 1, Conversation: c, Open: c.ID, Thread: th, Contact: ct, Identities: []inbox.Identity{who}, Arrival: a,
		Messages: []inbox.Message{m}, Notes: []inbox.Note{n}, Document: d, Key: key,
	})
}

func passedIn(k *kit) {
	want, given := full(k, k.tenant, 1), full(k, k.tenant, 1)
	want.Entries[0].Data, given.Entries[0].Data = bytes.Repeat([]byte("long "), 20_000), bytes.Repeat([]byte("long "), 20_000)
	k.commit(given)
	scramble(reflect.ValueOf(&given))
	k.same("what the store has after the caller has changed what it passed in", k.read(&want), written(&want))
}

func handedOut(k *kit) {
	want := full(k, k.tenant, 1)
	k.commit(full(k, k.tenant, 1))
	first := k.read(&want)
	scramble(reflect.ValueOf(&first))
	k.same("what the store has after the caller has changed what it was handed out", k.read(&want), written(&want))

	byID, byArrival := refs(&want)
	snaps := k.loads(byID, byID, byArrival)
	snaps[0].Ref, snaps[2].Ref = inbox.Ref{}, inbox.Ref{}
	scramble(reflect.ValueOf(&snaps[0]))
	scramble(reflect.ValueOf(&snaps[2]))
	got := back{ByID: snaps[1]}
	got.order()
	k.same("one snapshot after another one of the same call was changed", got.ByID, written(&want).ByID)
}

func times(k *kit) {
	everyTime(k)
	fineDues(k)
	zone := time.FixedZone("east", 5*60*60+45*60)
	for _, at := range []time.Time{
		time.Date(2026, 3, 29, 2, 30, 0, 123456000, zone),
		time.Date(2026, 3, 29, 2, 30, 0, 123456789, zone),
		time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(1969, 12, 31, 23, 59, 59, 999999000, time.UTC),
		time.Date(1000, 1, 1, 0, 0, 0, 1000, time.UTC),
		time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC),
		time.Now(),
	} {
		want := at.UTC().Truncate(time.Microsecond)
		t := k.talk()
		ch := t.begin()
		c, m := ch.Conversation, &ch.Messages[0]
		c.Created, c.Due, c.Window.Ends, m.Time, m.Delivery.Changed = at, at, at, at, at
		m.Reactions = []inbox.Reaction{{Time: at}}
		ch.Contact.Attributes = map[string]contact.Attribute{"a": {Time: at}}
		ch.Arrivals[0].Early = []inbox.EarlyEvent{{Time: at}}
		ch.Notes = []inbox.Note{{ID: inbox.NoteID{UUID: k.id()}, Conversation: c.ID, Seq: 2, Time: at}}
		ch.Keys = []inbox.KeyRecord{{Key: k.text("key"), Time: at}}
		k.commit(ch)
		snap := k.load(inbox.Ref{Conversation: c.ID, Message: m.ID, Note: ch.Notes[0].ID, Key: ch.Keys[0].Key,
			Arrival: inbox.ArrivalRef{Account: c.Account, ExternalID: m.ExternalID}})
		k.utc("a snapshot", reflect.ValueOf(snap))
		for what, got := range map[string]time.Time{
			"Conversation.Created": snap.Conversation.Created, "Conversation.Due": snap.Conversation.Due,
			"Conversation.Window.Ends": snap.Conversation.Window.Ends, "Message.Time": snap.Messages[0].Time,
			"Message.Delivery.Changed": snap.Messages[0].Delivery.Changed, "Message.Reactions": snap.Messages[0].Reactions[0].Time,
			"Contact.Attributes": snap.Contact.Attributes["a"].Time, "Arrival.Early": snap.Arrival.Early[0].Time,
			"Note.Time": snap.Notes[0].Time, "Key.Time": snap.Key.Time,
		} {
			if !got.Equal(want) {
				k.broken("%s: passed in %s, got %s, want %s", what, at, got, want)
			}
		}
	}
}

// everyTime writes rows in which every time is finer than a microsecond and of another zone, and writes them again.
func everyTime(k *kit) {
	first := full(k, k.tenant, 1)
	want := later(&first, full(k, k.tenant, 2))
	one, other := full(k, k.tenant, 1), later(&first, full(k, k.tenant, 2))
	blur(reflect.ValueOf(&one))
	k.commit(one)
	got := k.read(&first)
	k.same("what comes back of rows with finer times", got, written(&first))
	k.utc("a row with finer times", reflect.ValueOf(got))
	k.sameDues(first.Dues)
	blur(reflect.ValueOf(&other))
	k.commit(other)
	k.afterwards(&first, &want)
	k.sameDues(want.Dues)
}

// fineDues claims rows that wait until a time, or are leased until one, that is finer than a microsecond.
func fineDues(k *kit) {
	for _, ready := range []time.Time{second(1), second(2).Add(time.Microsecond)} {
		a, b := k.wait("test"), k.wait("test")
		a.At, b.At, b.Leased = ready.Add(999), second(0), ready.Add(999)
		k.commit(inbox.Change{Tenant: k.tenant, Dues: []inbox.Due{a, b}})
		next := k.next()
		k.utc("Next", reflect.ValueOf(next))
		k.same("Next of rows that wait until a finer time", next, ready)
		k.same("how many can be claimed at the microsecond", len(k.claim(ready, faraway, 10)), 2)
	}
}

func zeroTimes(k *kit) {
	zero := time.Time{}.In(time.FixedZone("west", -8*60*60))
	t := k.talk()
	ch := t.begin()
	ch.Conversation.Resolved, ch.Messages[0].Edited = zero, zero
	k.commit(ch)
	snap := k.load(inbox.Ref{Conversation: t.conversation.ID, Message: t.message.ID})
	for what, got := range map[string]time.Time{
		"Conversation.Resolved": snap.Conversation.Resolved, "Conversation.Window.Ends": snap.Conversation.Window.Ends,
		"Message.Edited": snap.Messages[0].Edited, "Message.Delivery.Changed": snap.Messages[0].Delivery.Changed,
	} {
		if got != (time.Time{}) {
			k.broken("%s: got %s in %s, want the zero time", what, got, got.Location())
		}
	}
	item := k.timeline(t.conversation.ID, 0, 1, true)[0]
	if got := item.Message.Masked; got != (time.Time{}) {
		k.broken("Message.Masked in a timeline: got %s, want the zero time", got)
	}
}

func emptyData(k *kit) {
	t := k.talk()
	for _, data := range [][]byte{nil, {}, []byte(`{}`), []byte(` {"b" : 1, "a":2.0,"a":"\u0000é"} `)} {
		ch := inbox.Change{Tenant: k.tenant}
		t.conversation.Version++
		e := k.entry(new(audit.Chain), audit.Subject{Kind: audit.SubjectConversation, ID: t.conversation.ID.UUID}, "test", audit.ClassTrail)
		e.Data = data
		t.conversation.Chain.Append(&e)
		ch.Conversation, ch.Entries = t.row(), []audit.Entry{e}
		k.commit(ch)
		e.Position = t.conversation.Chain.Seq
		k.same("the entry in the feed", k.feed(e.Position-1, 1), []audit.Entry{e})
		k.same("the entry in the timeline", k.timeline(t.conversation.ID, e.Seq-1, 1, true)[0].Entry, e)
	}
	k.verify()
}
