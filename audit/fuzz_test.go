package audit_test

import (
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/deskwright/deskwright/audit"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// FuzzVerify edits a log as the input says, by up to eight steps of three bytes, and expects that an edit that left
// anything other than it was is found.
func FuzzVerify(f *testing.F) {
	for _, seed := range []string{"", "\x00\x01\x02", "\x01\x05\x00\x01\x05\x00", "\x02\x01\x01\x03\x04\x00", "\x04\x00\x09\x05\x02\x01\x06\x00\x80"} {
		f.Add([]byte(seed))
	}
	whole := sample()
	f.Fuzz(func(t *testing.T, input []byte) {
		r := whole.clone()
		for step := range slices.Chunk(input[:min(len(input), 24)], 3) {
			if len(step) == 3 {
				r.edit(step[0], int(step[1]), step[2])
			}
		}
		err := r.verify()
		if reflect.DeepEqual(whole, r) {
			wantWhole(t, err)
		} else if err == nil {
			t.Errorf("not found (-whole +edited):\n%s", cmp.Diff(whole, r))
		} else {
			wantBroken(t, "an edit", err)
		}
	})
}

// edit makes one change of the kind op, to what at counts to, depending on with.
func (r *record) edit(op byte, at int, with byte) {
	if len(r.Batches) == 0 {
		return
	}
	b := &r.Batches[at%len(r.Batches)]
	switch op % 8 {
	case 0: // a field of an entry
		if all := r.all(); len(all) > 0 {
			alter(all[at%len(all)], with)
		}
	case 1: // a field of a row
		rows := []any{&b.Row, &r.Head}
		alter(rows[at%len(rows)], with)
	case 2: // a subject's row
		s := []audit.Subject{conversation, neighbour, contact}[at%3]
		c := r.Chains[s]
		alter(&c, with)
		r.Chains[s] = c
	case 3: // take an entry out
		if len(b.Entries) > 0 {
			i := int(with) % len(b.Entries)
			b.Entries = slices.Delete(b.Entries, i, i+1)
		}
	case 4: // copy an entry
		if all := r.all(); len(all) > 0 {
			b.Entries = append(b.Entries, *all[int(with)%len(all)])
		}
	case 5: // swap two entries
		if all := r.all(); len(all) > 0 {
			x, y := all[at%len(all)], all[int(with)%len(all)]
			*x, *y = *y, *x
		}
	case 6: // swap two batches, or take one out
		if with&1 == 0 {
			other := &r.Batches[int(with)%len(r.Batches)]
			*b, *other = *other, *b
		} else {
			r.Batches = slices.Delete(r.Batches, at%len(r.Batches), at%len(r.Batches)+1)
		}
	case 7: // number everything anew
		r.number()
	}
}

// alter sets one leaf of what p points to to one of its variants.
func alter(p any, with byte) {
	all := leaves("", reflect.ValueOf(p).Elem())
	l := all[int(with)%len(all)]
	near := variants(l.value)
	l.value.Set(near[int(with)/len(all)%len(near)])
}

func TestEveryLogThatCanBeWrittenVerifies(t *testing.T) {
	entry := rapid.Custom(func(t *rapid.T) audit.Entry {
		s := rapid.SampledFrom([]audit.Subject{conversation, neighbour, contact}).Draw(t, "subject")
		e := fact(s, audit.Action(rapid.String().Draw(t, "action")), rapid.String().Draw(t, "data"))
		e.Actor = audit.Actor{Kind: audit.ActorKind(rapid.Uint8().Draw(t, "actor")), Name: rapid.String().Draw(t, "name")}
		e.Time = time.Unix(rapid.Int64Range(-1<<33, 1<<33).Draw(t, "s"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns"))
		return e
	})
	rapid.Check(t, func(t *rapid.T) {
		r := newRecord()
		for _, entries := range rapid.SliceOfN(rapid.SliceOfN(entry, 1, 5), 0, 5).Draw(t, "batches") {
			r.commit(entries...)
		}
		// Remove some content, then account for all of it.
		for _, e := range r.all() {
			if rapid.Bool().Draw(t, "remove") {
				e.Data = nil
			}
		}
		for s, c := range maps.Clone(r.Chains) {
			r.commit(accounts(s, s, 1, c.Seq))
		}
		if err := r.verify(r.heads()...); err != nil {
			t.Fatal(err)
		}
	})
}
