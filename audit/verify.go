package audit

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/google/uuid"
)

// Verifier checks one tenant's log from its beginning. Show it every batch in order ([Verifier.Batch]), then the
// head kept in each subject's row ([Verifier.Chain]), then the tenant's head ([Verifier.Done]). The log holds when
// all of them have returned nil.
//
// The first [*BrokenError] is final: nothing behind a break can be proved, so every later call returns it again.
//
// A Verifier keeps no entries. It keeps one small record for every subject (100 to 200 bytes) and one for every entry
// whose content is missing and not accounted for yet (16 to 32 bytes). It must not be used by two goroutines at once.
type Verifier struct {
	tenant      uuid.UUID
	checkpoints []Head // not met yet, by position
	content     func(Subject) (Chain, bool)

	head    Head
	ends    map[Subject]end
	missing map[Subject][]gap // by seq
	report  Report
	broken  *BrokenError
}

// end is the last entry seen of a subject.
type end struct {
	seq  int64
	hash Hash
}

// gap is an entry without its content.
type gap struct{ seq, position int64 }

// Report is what a [Verifier] has seen and found whole so far. A batch that was found broken is not in it.
type Report struct {
	Entries  int64
	Batches  int64
	Subjects int64 // subjects with at least one entry
	Removed  int64 // entries without their content, accounted for or not
	Head     Head  // where the log ends, as far as it was shown
}

// NewVerifier returns a Verifier for the log of one tenant. Checkpoints are heads that were exported earlier, in any
// order; each must turn out to be a state that the log has passed through. A checkpoint that no log can pass through
// (before the beginning, or at position 0 with a root) fails the first call.
func NewVerifier(tenant uuid.UUID, checkpoints ...Head) *Verifier {
	v := &Verifier{
		tenant:      tenant,
		checkpoints: slices.Clone(checkpoints),
		head:        Head{Tenant: tenant},
		ends:        map[Subject]end{},
		missing:     map[Subject][]gap{},
	}
	slices.SortStableFunc(v.checkpoints, func(a, b Head) int { return cmp.Compare(a.Position, b.Position) })
	v.broken = v.meet()
	return v
}

// Content makes [Verifier.Batch] check the content of entries too. The function is asked for the chain of an entry's
// subject, of which it uses the key; false means that there is no key any more, and such content is believed. It is
// called once for each entry that has content, so it should answer from memory.
//
// Without it the content of entries is believed, except that of [ActionContentRemoved]. Call it before the first
// Batch.
func (v *Verifier) Content(chain func(Subject) (Chain, bool)) { v.content = chain }

// Batch checks the next batch of the tenant together with its entries, which must be all of them in the order of
// their positions. It keeps neither. It returns a [*BrokenError] for the first thing that does not fit, and nil
// otherwise.
func (v *Verifier) Batch(b Batch, entries []Entry) error {
	return v.step(func() *BrokenError { return v.batch(b, entries) })
}

// Subjects goes through the subjects of the entries seen so far, each once, in no particular order: these are the
// rows to look up for [Verifier.Chain], which may be called from inside the loop.
func (v *Verifier) Subjects() iter.Seq[Subject] { return maps.Keys(v.ends) }

// Chain checks the chain kept in a subject's row against the last entry seen of that subject; a subject without
// entries has the zero Seq and Hash. It is what finds that the last entries of a subject are gone, so a subject whose
// row is missing is to be checked with the zero Chain, not passed over. It returns a [*BrokenError] or nil.
func (v *Verifier) Chain(s Subject, c Chain) error {
	return v.step(func() *BrokenError {
		at := BrokenError{Subject: s, Seq: c.Seq}
		switch end := v.ends[s]; {
		case c.Seq > end.seq:
			at.Problem = fmt.Sprintf("the subject's row counts entries of which the log has only %d", end.seq)
		case c.Seq < end.seq:
			at.Problem = fmt.Sprintf("the log has %d entries that the subject's row does not all count", end.seq)
		case c.Hash != end.hash:
			at.Problem = "the hash in the subject's row is not that of its last entry"
		default:
			return nil
		}
		return &at
	})
}

// Done checks that the log ends where the tenant's head says, that every checkpoint was met at the end of a batch,
// and that all missing content is accounted for. It returns a [*BrokenError] or nil.
func (v *Verifier) Done(h Head) error {
	return v.step(func() *BrokenError {
		switch {
		case h.Tenant != v.tenant:
			return &BrokenError{Position: h.Position, Problem: "the head is of another tenant"}
		case h.Position != v.head.Position:
			return &BrokenError{Position: h.Position, Problem: fmt.Sprintf("the head stands here, the log ends at %d", v.head.Position)}
		case h.Root != v.head.Root:
			return &BrokenError{Position: h.Position, Problem: "the root in the head is not that of the log"}
		case len(v.checkpoints) > 0:
			return &BrokenError{Position: v.checkpoints[0].Position, Problem: fmt.Sprintf("the checkpoint stands here, the log ends at %d", v.head.Position)}
		}
		return v.unaccounted()
	})
}

// Report returns what was seen so far, also after an error.
func (v *Verifier) Report() Report {
	r := v.report
	r.Head = v.head
	return r
}

// step runs one check unless an earlier one has failed, and turns the outcome into an error.
func (v *Verifier) step(check func() *BrokenError) error {
	if v.broken == nil {
		v.broken = check()
	}
	if v.broken == nil {
		return nil
	}
	v.broken.Tenant = v.tenant
	return v.broken
}

func (v *Verifier) batch(b Batch, entries []Entry) *BrokenError {
	first := v.head.Position + 1
	at := func(problem string) *BrokenError { return &BrokenError{Position: first, Problem: problem} }
	switch {
	case b.Tenant != v.tenant:
		return at("the batch is of another tenant")
	case b.First != first:
		return at(fmt.Sprintf("the next batch begins at %d", b.First))
	case b.Count < 1 || b.Count != int64(len(entries)):
		return at(fmt.Sprintf("the batch counts %d entries, there are %d", b.Count, len(entries)))
	}
	for i := range entries {
		if broken := v.entry(first+int64(i), &entries[i]); broken != nil {
			return broken
		}
	}
	if RootOf(entries) != b.Root {
		return at("the batch's root is not that of its entries")
	}
	if b.chain(v.head.Root) != b.Chained {
		return at("the batch is not chained to the one before")
	}
	v.move(b, entries)
	return v.meet()
}

// entry checks one entry against the end of its subject's chain and moves that end.
func (v *Verifier) entry(position int64, e *Entry) *BrokenError {
	var problem string
	switch last := v.ends[e.Subject]; {
	case e.Tenant != v.tenant:
		problem = "the entry is of another tenant"
	case e.Position != position:
		problem = fmt.Sprintf("the entry belongs at %d", e.Position)
	case e.Seq != last.seq+1:
		problem = fmt.Sprintf("the subject's next entry is %d", last.seq+1)
	case e.Time.Nanosecond()%1000 != 0:
		problem = "the entry's time is finer than a microsecond"
	case e.hash(last.hash) != e.Hash:
		problem = "the entry's hash does not cover it and the one before it"
	case !v.committed(e):
		problem = "the entry's content is not what was committed to"
	default:
		v.ends[e.Subject] = end{e.Seq, e.Hash}
		v.account(position, e)
		return nil
	}
	return &BrokenError{Position: position, Subject: e.Subject, Seq: e.Seq, Problem: problem}
}

// committed reports whether the content of e is what was committed to, as far as that can be told. Content that was
// removed passes here, and is left to account.
func (v *Verifier) committed(e *Entry) bool {
	switch {
	case e.Action == ActionContentRemoved:
		return Chain{}.Commits(*e)
	case e.Data == nil:
		return true
	case e.Commitment.IsZero():
		return false
	case v.content == nil:
		return true
	}
	chain, ok := v.content(e.Subject)
	return !ok || chain.Commits(*e)
}

// account remembers e when its content is missing, and forgets the earlier entries that e accounts for.
func (v *Verifier) account(position int64, e *Entry) {
	if e.Removed() {
		v.missing[e.Subject] = append(v.missing[e.Subject], gap{e.Seq, position})
	}
	if e.Action != ActionContentRemoved {
		return
	}
	r, ok := removal(e)
	if !ok {
		return
	}
	left := slices.DeleteFunc(v.missing[r.Subject], func(g gap) bool { return r.From <= g.seq && g.seq <= r.To })
	if len(left) == 0 {
		delete(v.missing, r.Subject)
	} else {
		v.missing[r.Subject] = left
	}
}

// unaccounted returns the first entry whose content is missing without an entry that says so.
func (v *Verifier) unaccounted() *BrokenError {
	var first *BrokenError
	for subject, gaps := range v.missing {
		if first == nil || gaps[0].position < first.Position {
			first = &BrokenError{
				Position: gaps[0].position, Subject: subject, Seq: gaps[0].seq,
				Problem: "the entry's content is missing and no later entry accounts for it",
			}
		}
	}
	return first
}

// move takes a batch that was found whole into the head and the report.
func (v *Verifier) move(b Batch, entries []Entry) {
	v.head.Position, v.head.Root = v.head.Position+b.Count, b.Chained
	v.report.Batches++
	v.report.Entries += b.Count
	v.report.Subjects = int64(len(v.ends))
	for i := range entries {
		if entries[i].Removed() {
			v.report.Removed++
		}
	}
}

// meet compares the checkpoints that the head has come to.
func (v *Verifier) meet() *BrokenError {
	for len(v.checkpoints) > 0 && v.checkpoints[0].Position <= v.head.Position {
		c := v.checkpoints[0]
		switch {
		case c.Tenant != v.tenant:
			return &BrokenError{Position: c.Position, Problem: "the checkpoint is of another tenant"}
		case c.Position != v.head.Position:
			return &BrokenError{Position: c.Position, Problem: "no batch ends at the checkpoint"}
		case c.Root != v.head.Root:
			return &BrokenError{Position: c.Position, Problem: "the log is not the one that the checkpoint was taken of"}
		}
		v.checkpoints = v.checkpoints[1:]
	}
	return nil
}
