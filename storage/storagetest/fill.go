package storagetest

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/inbox"
	"github.com/google/uuid"
)

// filler gives every field that it comes to a value that no other field has. What a kind of value cannot tell apart (the two
// booleans) differs from seed to seed.
type filler struct {
	testing.TB
	seed int
	n    int
}

// fill fills in v, which must be addressable, all the way down.
func (f *filler) fill(v reflect.Value) {
	f.Helper()
	f.n++
	if f.special(v) {
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(f.n>>(f.seed%4)&1 == 1)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(f.n) + int64(f.seed%2)<<40)
	case reflect.String:
		v.SetString(fmt.Sprintf("text %d.%d", f.seed, f.n))
	case reflect.Array:
		for i := range v.Len() {
			v.Index(i).SetUint(uint64(f.n>>(8*(i%4))) ^ uint64(f.seed+i)&0xff)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		f.fill(v.Index(0))
		f.fill(v.Index(1))
	case reflect.Map:
		f.fillMap(v)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem())
	case reflect.Struct:
		for _, field := range fields(v) {
			f.fill(field)
		}
	default:
		f.Fatalf("storagetest does not know how to fill a %s", v.Type())
	}
}

// special fills in the types whose values are not all alike to a store.
func (f *filler) special(v reflect.Value) bool {
	switch to := v.Addr().Interface().(type) {
	case *time.Time:
		*to = began.Add(time.Duration(f.seed)*time.Hour + time.Duration(f.n)*1001*time.Microsecond)
	case *uuid.UUID:
		*to = uuid.NewSHA1(uuid.NameSpaceOID, fmt.Appendf(nil, "%d.%d", f.seed, f.n))
	case *inbox.State:
		*to = inbox.StateNew
	case *audit.ActorKind:
		*to = audit.ActorKind(1 + f.n%6)
	case *audit.Class:
		*to = audit.Class(1 + f.n%2)
	case *[]byte:
		*to = fmt.Appendf(nil, `{"text":"%d.%d"}`, f.seed, f.n)
	default:
		return false
	}
	return true
}

func (f *filler) fillMap(v reflect.Value) {
	v.Set(reflect.MakeMap(v.Type()))
	for range 2 {
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		f.fill(key)
		f.fill(value)
		v.SetMapIndex(key, value)
	}
}

// known is what full and back know of; a field that is added to the port must be added to them.
var known = map[reflect.Type][]string{
	reflect.TypeFor[inbox.Change](): {"Tenant", "Contact", "Identities", "Thread", "Conversation", "Arrivals", "Documents", "Keys", "Messages",
		"Notes", "Dues", "Totals", "Entries"},
	reflect.TypeFor[inbox.Ref]():        {"Tenant", "Conversation", "Arrival", "Message", "Asked", "Note", "Document", "Key", "Cause", "Seq"},
	reflect.TypeFor[inbox.ArrivalRef](): {"Account", "ExternalID", "About", "Addresses", "Visibility", "Thread"},
	reflect.TypeFor[inbox.Snapshot](): {"Ref", "Epoch", "Conversation", "Open", "Thread", "Contact", "Identities", "Arrival", "About",
		"Messages", "Notes", "Document", "Key", "Stands"},
	reflect.TypeFor[inbox.Listed](): {"Conversation", "Contact"},
	reflect.TypeFor[inbox.Item]():   {"Seq", "Entry", "Message", "Note"},
}

// full returns the change of a new conversation in which every field of every row has a value of its own. The same seed gives an
// equal change that shares nothing with the other.
func full(t testing.TB, tenant inbox.Tenant, seed int) inbox.Change {
	t.Helper()
	var ch inbox.Change
	f := &filler{TB: t, seed: seed, n: 1000 * seed}
	f.fill(reflect.ValueOf(&ch).Elem())
	ch.Tenant = tenant
	connect(&ch)
	f.fillLog(&ch)
	return ch
}

// connect makes the rows of a filled change belong together.
func connect(ch *inbox.Change) {
	c := ch.Conversation
	ch.Contact.Version, ch.Thread.Version, c.Version = 1, 1, 1
	for i := range ch.Identities {
		ch.Identities[i].Version = 1
		ch.Identities[i].Contact = ch.Contact.ID
	}
	c.Thread, c.Identity = ch.Thread.ID, ch.Identities[0].ID
	c.Asked, c.Last.Message = ch.Messages[0].ID, ch.Messages[1].ID
	ch.Thread.ThreadKey.Account, ch.Thread.Identity, ch.Thread.Visibility = c.Account, c.Identity, c.Visibility
	ch.Thread.Conversation = c.ID
	for i := range ch.Messages {
		m, a := &ch.Messages[i], &ch.Arrivals[i]
		m.Conversation, m.Account, m.Seq = c.ID, c.Account, int64(1+i)
		a.Account, a.ExternalID, a.Version, a.Message = c.Account, m.ExternalID, 1, m.ID
	}
	for i := range ch.Notes {
		ch.Notes[i].Conversation, ch.Notes[i].Seq = c.ID, int64(3+i)
	}
	for i := range ch.Documents {
		ch.Documents[i].Version = 1
	}
	for i := range ch.Dues {
		ch.Dues[i].Tenant, ch.Dues[i].Conversation, ch.Dues[i].Fence = ch.Tenant, c.ID, 0
	}
}

// fillLog makes the entries of a filled change those of its conversation: one for each message and note.
func (f *filler) fillLog(ch *inbox.Change) {
	c := ch.Conversation
	c.Chain = audit.Chain{Key: c.Chain.Key}
	ch.Entries = make([]audit.Entry, len(ch.Messages)+len(ch.Notes))
	for i := range ch.Entries {
		e := &ch.Entries[i]
		f.fill(reflect.ValueOf(e).Elem())
		e.Tenant, e.Position = ch.Tenant.UUID, 0
		e.Subject = audit.Subject{Kind: audit.SubjectConversation, ID: c.ID.UUID}
		c.Chain.Append(e)
	}
}

// pieces returns a change of each kind of row of a full change, and one of nothing.
func pieces(ch *inbox.Change) []inbox.Change {
	all := []inbox.Change{
		{Contact: ch.Contact}, {Identities: ch.Identities}, {Thread: ch.Thread}, {Conversation: ch.Conversation}, {Arrivals: ch.Arrivals},
		{Documents: ch.Documents}, {Keys: ch.Keys}, {Messages: ch.Messages}, {Notes: ch.Notes}, {Dues: ch.Dues}, {Totals: ch.Totals},
		{Entries: ch.Entries}, {},
	}
	for i := range all {
		all[i].Tenant = ch.Tenant
	}
	return all
}

// fields returns the exported fields of a struct.
func fields(v reflect.Value) []reflect.Value {
	var out []reflect.Value
	for i := range v.NumField() {
		if v.Type().Field(i).IsExported() {
			out = append(out, v.Field(i))
		}
	}
	return out
}

// scramble overwrites everything that can be reached from v through pointers, slices and maps, at any depth.
func scramble(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			scramble(v.Elem())
			v.Elem().SetZero()
		}
	case reflect.Slice:
		for i := range v.Len() {
			scramble(v.Index(i))
			v.Index(i).SetZero()
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			scramble(v.MapIndex(key))
		}
		v.Clear()
	case reflect.Struct:
		for _, field := range fields(v) {
			scramble(field)
		}
	}
}

// blur makes every time that can be reached from v finer than a microsecond and of another zone, which a store does not keep.
func blur(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			blur(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			blur(v.Index(i))
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			value := reflect.New(v.Type().Elem()).Elem()
			value.Set(v.MapIndex(key))
			blur(value)
			v.SetMapIndex(key, value)
		}
	case reflect.Struct:
		if at, ok := v.Addr().Interface().(*time.Time); ok {
			*at = at.Add(999 * time.Nanosecond).In(time.FixedZone("west", -3*60*60-30*60))
			return
		}
		for _, field := range fields(v) {
			blur(field)
		}
	}
}
