package audit_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/deskwright/deskwright/audit"
	"github.com/google/uuid"
)

// record is a tenant's log as a store would keep it.
type record struct {
	Head    audit.Head
	Batches []batch
	Chains  map[audit.Subject]audit.Chain
}

type batch struct {
	Row     audit.Batch
	Entries []audit.Entry
}

var (
	tenant       = uuid.UUID{0xaa}
	conversation = audit.Subject{Kind: audit.SubjectConversation, ID: uuid.UUID{0xc0}}
	neighbour    = audit.Subject{Kind: audit.SubjectConversation, ID: uuid.UUID{0xc1}}
	contact      = audit.Subject{Kind: audit.SubjectContact, ID: uuid.UUID{0xc0}}
)

func newRecord() *record {
	return &record{Head: audit.Head{Tenant: tenant}, Chains: map[audit.Subject]audit.Chain{}}
}

// commit does what a store does in one transaction.
func (r *record) commit(entries ...audit.Entry) {
	for i := range entries {
		e := &entries[i]
		chain, ok := r.Chains[e.Subject]
		if !ok {
			chain.Key = [16]byte{0x4b, byte(len(r.Chains))}
		}
		chain.Append(e)
		r.Chains[e.Subject] = chain
	}
	r.Batches = append(r.Batches, batch{Row: r.Head.Seal(entries), Entries: entries})
}

// fact is an entry as the engine would begin it.
func fact(s audit.Subject, action audit.Action, data string) audit.Entry {
	return audit.Entry{
		Tenant:  tenant,
		Subject: s,
		Time:    time.Date(2026, 3, 2, 9, 0, 0, 123456000, time.UTC),
		Actor:   audit.Actor{Kind: audit.ActorPerson, ID: "ada", Name: "Ada"},
		Action:  action,
		Class:   audit.ClassTrail,
		Cause:   uuid.UUID{0x77},
		Data:    []byte(data),
	}
}

func without(e audit.Entry) audit.Entry { e.Data = nil; return e }

func accounts(in, of audit.Subject, from, to int64) audit.Entry {
	return fact(in, audit.ActionContentRemoved,
		fmt.Sprintf(`{"subject":{"kind":%q,"id":%q},"from":%d,"to":%d}`, of.Kind, of.ID, from, to))
}

// sample is a log with something of everything: several subjects and batches, equal neighbours, empty content,
// content that never was, and content that was removed and is accounted for.
func sample() *record {
	r := newRecord()
	r.commit(fact(conversation, "message.received", `{"text":"help"}`), fact(contact, "contact.made", `{"name":"Grace"}`))
	r.commit(fact(conversation, "message.received", `{"text":"help"}`))
	r.commit(
		fact(neighbour, "message.received", `{"text":"hello"}`),
		fact(neighbour, "topic.added", `{"topic":"a"}`),
		without(fact(conversation, "state.changed", "")),
		fact(conversation, "note.added", ``),
	)
	r.at(1).Data, r.at(3).Data = nil, nil
	r.commit(accounts(contact, conversation, 1, 2), fact(contact, "contact.renamed", `{"name":"G"}`))
	r.commit(fact(neighbour, "message.sent", `{"text":"bye"}`))
	return r
}

// at is the entry at a position of an unbroken log.
func (r *record) at(position int64) *audit.Entry {
	for _, b := range r.Batches {
		if at := position - b.Row.First; at < b.Row.Count {
			return &b.Entries[at]
		}
	}
	panic("no such position")
}

func (r *record) clone() *record {
	c := &record{Head: r.Head, Batches: slices.Clone(r.Batches), Chains: map[audit.Subject]audit.Chain{}}
	for i, b := range c.Batches {
		c.Batches[i].Entries = slices.Clone(b.Entries)
		for j, e := range b.Entries {
			c.Batches[i].Entries[j].Data = slices.Clone(e.Data)
		}
	}
	for s, chain := range r.Chains {
		c.Chains[s] = chain
	}
	return c
}

// heads are the heads that the log has passed through, the empty one first.
func (r *record) heads() []audit.Head {
	heads := []audit.Head{{Tenant: tenant}}
	for _, b := range r.Batches {
		heads = append(heads, audit.Head{Tenant: tenant, Position: b.Row.First + b.Row.Count - 1, Root: b.Row.Chained})
	}
	return heads
}

func (r *record) chain(s audit.Subject) (audit.Chain, bool) { c, ok := r.Chains[s]; return c, ok }

// verify checks everything that can be checked.
func (r *record) verify(checkpoints ...audit.Head) error {
	v := audit.NewVerifier(tenant, checkpoints...)
	v.Content(r.chain)
	return r.show(v)
}

// show leads v through the whole log and all rows.
func (r *record) show(v *audit.Verifier) error {
	for _, b := range r.Batches {
		if err := v.Batch(b.Row, b.Entries); err != nil {
			return err
		}
	}
	for s := range v.Subjects() {
		if err := v.Chain(s, r.Chains[s]); err != nil {
			return err
		}
	}
	for s, c := range r.Chains {
		if err := v.Chain(s, c); err != nil {
			return err
		}
	}
	return v.Done(r.Head)
}

func wantWhole(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("a whole log was found broken: %v", err)
	}
}

func wantBroken(t *testing.T, what string, err error) *audit.BrokenError {
	t.Helper()
	broken, ok := errors.AsType[*audit.BrokenError](err)
	if !ok {
		t.Errorf("%s: not found (%v)", what, err)
		return &audit.BrokenError{}
	}
	if broken.Tenant != tenant || broken.Problem == "" {
		t.Errorf("%s: the error does not say whose log it is and what is wrong: %+v", what, broken)
	}
	return broken
}

// leaf is a value inside a struct that can be changed by itself.
type leaf struct {
	path  string
	value reflect.Value
}

// leaves finds all of them by reflection, so that a field added later is not forgotten.
func leaves(path string, v reflect.Value) []leaf {
	if v.Kind() != reflect.Struct || v.Type() == reflect.TypeFor[time.Time]() {
		return []leaf{{path, v}}
	}
	var all []leaf
	for i := range v.NumField() {
		all = append(all, leaves(path+"."+v.Type().Field(i).Name, v.Field(i))...)
	}
	return all
}

// variants are values near v and different from it: every bit or byte of it changed, shortened, lengthened, emptied.
func variants(v reflect.Value) []reflect.Value {
	var all []reflect.Value
	add := func(x any) { all = append(all, reflect.ValueOf(x).Convert(v.Type())) }
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		now := v.Interface().(time.Time)
		add(time.Time{})
		for _, d := range []time.Duration{1, -1, time.Microsecond, -time.Microsecond, time.Second, time.Hour << 16} {
			add(now.Add(d))
		}
	case v.CanInt():
		for bit := range v.Type().Bits() {
			add(v.Int() ^ 1<<bit)
		}
	case v.CanUint():
		for bit := range v.Type().Bits() {
			add(v.Uint() ^ 1<<bit)
		}
	case v.Kind() == reflect.Array:
		for i := range v.Len() {
			x := reflect.New(v.Type()).Elem()
			x.Set(v)
			x.Index(i).SetUint(v.Index(i).Uint() ^ 1<<(i%8))
			all = append(all, x)
		}
	case v.Kind() == reflect.String:
		for _, text := range texts([]byte(v.String())) {
			add(string(text))
		}
	case v.Type() == reflect.TypeFor[[]byte]():
		for _, text := range texts(v.Bytes()) {
			add(text)
		}
		if v.IsNil() {
			add([]byte{})
		} else {
			add([]byte(nil))
		}
	default:
		panic("variants does not know how to change a " + v.Type().String())
	}
	return all
}

func texts(text []byte) [][]byte {
	all := [][]byte{append(slices.Clone(text), 'x'), append(slices.Clone(text), 0), append([]byte{0}, text...)}
	for i := range text {
		changed := slices.Clone(text)
		changed[i] ^= 1 << (i % 8)
		all = append(all, changed, slices.Delete(slices.Clone(text), i, i+1))
	}
	if len(text) > 1 {
		all = append(all, []byte{})
	}
	return all
}

// change tries every variant of every leaf of what p points to, and puts the old value back.
func change(path string, p any, try func(what string)) {
	for _, l := range leaves(path, reflect.ValueOf(p).Elem()) {
		old := reflect.New(l.value.Type()).Elem()
		old.Set(l.value)
		for _, v := range variants(old) {
			l.value.Set(v)
			try(fmt.Sprintf("%s from %v to %v", l.path, old, v))
		}
		l.value.Set(old)
	}
}
