package audit_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/deskwright/deskwright/audit"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

func TestALogIsWholeAsItWasWritten(t *testing.T) {
	r := sample()
	v := audit.NewVerifier(tenant, r.heads()...)
	v.Content(r.chain)
	wantWhole(t, r.show(v))

	want := audit.Report{Entries: 10, Batches: 5, Subjects: 3, Removed: 2, Head: r.Head}
	if diff := cmp.Diff(want, v.Report()); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
}

func TestAnEmptyLogIsWhole(t *testing.T) {
	wantWhole(t, newRecord().verify())
	wantWhole(t, newRecord().verify(audit.Head{Tenant: tenant}))
}

func TestSubjectsNamesEachSubjectOnce(t *testing.T) {
	r := sample()
	v := audit.NewVerifier(tenant)
	wantWhole(t, r.show(v))
	got := map[audit.Subject]int{}
	for s := range v.Subjects() {
		got[s]++
	}
	if diff := cmp.Diff(map[audit.Subject]int{conversation: 1, neighbour: 1, contact: 1}, got); diff != "" {
		t.Errorf("subjects (-want +got):\n%s", diff)
	}
}

func TestEveryChangedFieldOfEveryEntryIsFound(t *testing.T) {
	r := sample()
	for p := range r.Head.Position {
		change(fmt.Sprintf("entry %d", p+1), r.at(p+1), func(what string) { wantBroken(t, what, r.verify()) })
	}
	wantWhole(t, r.verify())
}

func TestEveryChangedFieldOfEveryRowIsFound(t *testing.T) {
	r := sample()
	try := func(what string) { wantBroken(t, what, r.verify()) }
	for i := range r.Batches {
		change(fmt.Sprintf("batch %d", i), &r.Batches[i].Row, try)
	}
	change("head", &r.Head, try)
	for s, chain := range r.Chains {
		change("chain of "+s.String(), &chain, func(what string) {
			old := r.Chains[s]
			r.Chains[s] = chain
			try(what)
			r.Chains[s] = old
		})
	}
	wantWhole(t, r.verify())
}

func TestAMissingSubjectRowIsFound(t *testing.T) {
	for s := range sample().Chains {
		r := sample()
		delete(r.Chains, s)
		wantBroken(t, "row of "+s.String(), r.verify())
	}
}

func TestARowOfASubjectWithoutEntriesMustBeEmpty(t *testing.T) {
	r := sample()
	setting := audit.Subject{Kind: audit.SubjectSetting}
	r.Chains[setting] = audit.Chain{Key: [16]byte{9}}
	wantWhole(t, r.verify())
	r.Chains[setting] = audit.Chain{Seq: 1, Hash: audit.Hash{1}}
	if got := wantBroken(t, "a row that counts lost entries", r.verify()); got.Subject != setting {
		t.Errorf("the error names %v", got.Subject)
	}
}

// all is the log's entries in order, for edits that do not care where a batch ends.
func (r *record) all() []*audit.Entry {
	var all []*audit.Entry
	for i := range r.Batches {
		for j := range r.Batches[i].Entries {
			all = append(all, &r.Batches[i].Entries[j])
		}
	}
	return all
}

func TestSwappedEntriesAreFound(t *testing.T) {
	for i := range sample().all() {
		for j := range i {
			r := sample()
			all := r.all()
			*all[i], *all[j] = *all[j], *all[i]
			wantBroken(t, fmt.Sprintf("entries %d and %d as they are", j, i), r.verify())

			all[i].Position, all[j].Position = all[j].Position, all[i].Position
			wantBroken(t, fmt.Sprintf("entries %d and %d with new positions", j, i), r.verify())

			all[i].Seq, all[j].Seq = all[j].Seq, all[i].Seq
			wantBroken(t, fmt.Sprintf("entries %d and %d with new positions and numbers", j, i), r.verify())
		}
	}
}

// number gives batches and entries the places that they now stand at, as a forger would who does not know hashes.
func (r *record) number() {
	position, seqs := int64(0), map[audit.Subject]int64{}
	for i := range r.Batches {
		b := &r.Batches[i]
		b.Row.First, b.Row.Count = position+1, int64(len(b.Entries))
		for j := range b.Entries {
			position++
			seqs[b.Entries[j].Subject]++
			b.Entries[j].Position, b.Entries[j].Seq = position, seqs[b.Entries[j].Subject]
		}
	}
	r.Head.Position = position
	for s, seq := range seqs {
		c := r.Chains[s]
		c.Seq = seq
		r.Chains[s] = c
	}
}

func TestInsertedEntriesAreFound(t *testing.T) {
	edit := func(b, at int, e audit.Entry) {
		r := sample()
		r.Batches[b].Entries = slices.Insert(slices.Clone(r.Batches[b].Entries), at, e)
		wantBroken(t, fmt.Sprintf("inserted at %d of batch %d", at, b), r.verify())
		r.number()
		wantBroken(t, fmt.Sprintf("inserted at %d of batch %d and numbered", at, b), r.verify())
	}
	for b, into := range sample().Batches {
		for at := range len(into.Entries) + 1 {
			edit(b, at, fact(conversation, "message.received", `{"text":"forged"}`))
			for _, e := range sample().all() {
				edit(b, at, *e)
			}
		}
	}
}

func TestTakenOutEntriesAreFound(t *testing.T) {
	for b, from := range sample().Batches {
		for at := range from.Entries {
			r := sample()
			r.Batches[b].Entries = slices.Delete(slices.Clone(from.Entries), at, at+1)
			wantBroken(t, fmt.Sprintf("entry %d of batch %d", at, b), r.verify())
			r.number()
			wantBroken(t, fmt.Sprintf("entry %d of batch %d, and numbered", at, b), r.verify())
		}
	}
}

func TestBatchesTakenOutRepeatedOrMovedAreFound(t *testing.T) {
	for i := range sample().Batches {
		edits := map[string]func(r *record){
			"taken out": func(r *record) { r.Batches = slices.Delete(r.Batches, i, i+1) },
			"repeated":  func(r *record) { r.Batches = slices.Insert(r.Batches, i, r.Batches[i]) },
			"moved": func(r *record) {
				next := (i + 1) % len(r.Batches)
				r.Batches[i], r.Batches[next] = r.Batches[next], r.Batches[i]
			},
			"empty": func(r *record) { r.Batches = slices.Insert(r.Batches, i, batch{Row: audit.Batch{Tenant: tenant}}) },
		}
		for name, edit := range edits {
			r := sample()
			edit(r)
			wantBroken(t, fmt.Sprintf("batch %d %s", i, name), r.verify())
			r.number()
			wantBroken(t, fmt.Sprintf("batch %d %s, and numbered", i, name), r.verify())
		}
	}
}

// cut takes the last batches off and puts the head back to where it was.
func (r *record) cut(batches int) {
	r.Head = r.heads()[len(r.Batches)-batches]
	r.Batches = r.Batches[:len(r.Batches)-batches]
}

// rewind puts the row of a subject back to what the log now says.
func (r *record) rewind(s audit.Subject) {
	c := audit.Chain{Key: r.Chains[s].Key}
	for _, e := range r.all() {
		if e.Subject == s {
			c.Seq, c.Hash = e.Seq, e.Hash
		}
	}
	r.Chains[s] = c
}

func TestACutTailIsFound(t *testing.T) {
	whole := sample()
	for n := 1; n <= len(whole.Batches); n++ {
		r := sample()
		r.Batches = r.Batches[:len(r.Batches)-n]
		for s := range r.Chains {
			r.rewind(s)
		}
		wantBroken(t, fmt.Sprintf("%d batches, with the head left", n), r.verify())

		r = sample()
		r.cut(n)
		wantBroken(t, fmt.Sprintf("%d batches, with the subjects' rows left", n), r.verify())
	}

	r := sample()
	r.cut(1)
	wantBroken(t, "with the row of the subject left", r.verify())
	r.rewind(neighbour)
	wantWhole(t, r.verify())
	if got := wantBroken(t, "with all rows rewritten", r.verify(whole.Head)); got.Position != whole.Head.Position {
		t.Errorf("the error points at position %d", got.Position)
	}
}

func TestTheCutTailOfOneSubjectIsFoundByItsRow(t *testing.T) {
	r := newRecord()
	r.commit(fact(conversation, "message.received", `{}`))
	r.commit(fact(neighbour, "message.received", `{}`))
	r.commit(fact(conversation, "message.sent", `{}`))
	// A log in which the second conversation never happened, forged in everything but that conversation's row.
	forged := newRecord()
	forged.commit(fact(conversation, "message.received", `{}`))
	forged.commit(fact(conversation, "message.sent", `{}`))
	wantWhole(t, forged.verify())
	forged.Chains[neighbour] = r.Chains[neighbour]
	if got := wantBroken(t, "the row of the second", forged.verify()); got.Subject != neighbour {
		t.Errorf("the error names %v", got.Subject)
	}
}

func TestALogWrittenAnewIsFoundOnlyByACheckpoint(t *testing.T) {
	whole := sample()
	forged := newRecord()
	for _, b := range whole.clone().Batches {
		for i := range b.Entries {
			b.Entries[i].Actor.Name = "Mallory"
		}
		forged.commit(b.Entries...)
	}
	for _, e := range forged.all() {
		if e.Data == nil {
			continue // what was removed cannot be committed to again
		}
		if !forged.Chains[e.Subject].Commits(*e) {
			t.Fatal("the forgery is not complete")
		}
	}
	wantWhole(t, forged.verify())
	for _, checkpoint := range whole.heads()[1:] {
		if got := wantBroken(t, "the forged log", forged.verify(checkpoint)); got.Position != checkpoint.Position {
			t.Errorf("the checkpoint at %d was missed at %d", checkpoint.Position, got.Position)
		}
	}
}

// Hashes that fit do not make a log whole: the following logs are hashed and chained as they should be, all through.

func TestAWholeLogOfAnotherTenantIsFound(t *testing.T) {
	other := uuid.UUID{0xbb}
	e := fact(conversation, "message.received", `{}`)
	e.Tenant = other
	r := &record{Head: audit.Head{Tenant: other}, Chains: map[audit.Subject]audit.Chain{}}
	r.commit(e)
	r.Head.Tenant = tenant
	wantBroken(t, "all of the log", r.verify())

	entries := []audit.Entry{e}
	chain := r.Chains[conversation]
	chain.Seq, chain.Hash = 0, audit.Hash{}
	chain.Append(&entries[0])
	entries[0].Position = 1
	r = newRecord()
	r.Chains[conversation] = chain
	r.Batches = []batch{{Row: r.Head.SealRoot(1, audit.RootOf(entries)), Entries: entries}}
	if got := wantBroken(t, "an entry", r.verify()); got.Subject != conversation {
		t.Errorf("the error points at %v", got)
	}
}

func TestABatchThatCountsWronglyIsFound(t *testing.T) {
	for _, count := range []int64{1, 3, 1 << 40} {
		r := sample()
		r.cut(3)
		entries := []audit.Entry{fact(contact, "a", `{}`), fact(contact, "b", `{}`)}
		r.commit(entries...)
		r.Head = r.heads()[2]
		r.Batches[2].Row = r.Head.SealRoot(count, audit.RootOf(entries))
		if got := wantBroken(t, fmt.Sprintf("%d for 2", count), r.verify()); got.Position != 4 {
			t.Errorf("the error points at %v", got)
		}
	}
}

func TestABatchThatPointsElsewhereIsFound(t *testing.T) {
	for name, head := range map[string]func(h audit.Head) audit.Head{
		"to another tenant":   func(h audit.Head) audit.Head { h.Tenant = uuid.UUID{0xbb}; return h },
		"to another position": func(h audit.Head) audit.Head { h.Position++; return h },
	} {
		r := sample()
		r.cut(1)
		last := sample().Batches[4]
		elsewhere := head(r.Head)
		last.Row = elsewhere.SealRoot(last.Row.Count, last.Row.Root)
		r.Batches = append(r.Batches, last)
		r.Head = audit.Head{Tenant: tenant, Position: 10, Root: last.Row.Chained}
		if got := wantBroken(t, name, r.verify()); got.Position != 10 {
			t.Errorf("%s: the error points at %v", name, got)
		}
	}
}

func TestAnEmptyBatchIsFound(t *testing.T) {
	r := sample()
	row := audit.Batch{Tenant: tenant, First: r.Head.Position + 1, Root: audit.RootOf(nil)}
	row.Chained = documented([]byte{3}, r.Head.Root[:], tenant[:], row.First, row.Count, row.Root[:])
	r.Batches = append(r.Batches, batch{Row: row})
	r.Head.Root = row.Chained
	wantBroken(t, "an empty batch at the end", r.verify())
}

func TestABatchAfterAGapIsFound(t *testing.T) {
	r := sample()
	r.Head.Position++
	r.commit(fact(contact, "a", `{}`))
	if got := wantBroken(t, "a position left out", r.verify()); got.Position != 11 {
		t.Errorf("the error points at %v", got)
	}
}

func TestANumberLeftOutInASubjectIsFound(t *testing.T) {
	r := sample()
	c := r.Chains[contact]
	c.Seq++
	r.Chains[contact] = c
	r.commit(fact(contact, "a", `{}`))
	if got := wantBroken(t, "a number left out", r.verify()); got.Position != 11 || got.Subject != contact || got.Seq != 5 {
		t.Errorf("the error points at %v", got)
	}
}

func TestCheckpointsMayComeInAnyOrderAndStayTheCallers(t *testing.T) {
	r := sample()
	checkpoints := append(r.heads(), r.heads()...)
	slices.Reverse(checkpoints)
	given := slices.Clone(checkpoints)
	v := audit.NewVerifier(tenant, checkpoints...)
	if !slices.Equal(checkpoints, given) {
		t.Error("the caller's checkpoints were moved")
	}
	clear(checkpoints)
	wantWhole(t, r.show(v))
}

func TestEveryCheckpointMustBeMet(t *testing.T) {
	r := sample()
	at := func(position int64, root audit.Hash) audit.Head {
		return audit.Head{Tenant: tenant, Position: position, Root: root}
	}
	for name, checkpoint := range map[string]audit.Head{
		"inside a batch":             at(1, r.Batches[0].Row.Chained),
		"inside a later batch":       at(5, r.Batches[2].Row.Chained),
		"beyond the head":            at(r.Head.Position+1, r.Head.Root),
		"before the beginning":       at(-1, audit.Hash{}),
		"at the beginning with root": at(0, r.Head.Root),
		"of another tenant":          {Tenant: uuid.UUID{1}, Position: r.Head.Position, Root: r.Head.Root},
		"with another root":          at(3, r.Head.Root),
		"with no root":               at(3, audit.Hash{}),
		"with a batch's root":        at(3, r.Batches[1].Row.Root),
	} {
		for _, more := range [][]audit.Head{{checkpoint}, append(r.heads(), checkpoint), append([]audit.Head{checkpoint}, r.heads()...)} {
			if got := wantBroken(t, name, r.verify(more...)); got.Position != checkpoint.Position {
				t.Errorf("%s: the error points at position %d", name, got.Position)
			}
		}
	}
}

func TestTheFirstErrorIsFinal(t *testing.T) {
	r := sample()
	broken := sample()
	broken.at(4).Actor.Name = "Mallory"
	v := audit.NewVerifier(tenant)
	first := broken.show(v)
	wantBroken(t, "the changed name", first)
	before := v.Report()
	for name, err := range map[string]error{
		"Batch": v.Batch(r.Batches[2].Row, r.Batches[2].Entries),
		"Chain": v.Chain(audit.Subject{}, audit.Chain{}),
		"Done":  v.Done(before.Head),
	} {
		if err != first {
			t.Errorf("%s afterwards: %v, want the first error", name, err)
		}
	}
	if want := (audit.Report{Entries: 3, Batches: 2, Subjects: 2, Removed: 2, Head: r.heads()[2]}); before != want {
		t.Errorf("the report counts more than was found whole: %+v, want %+v", before, want)
	}
}

func TestErrorsNamePlacesAndNoContent(t *testing.T) {
	r := newRecord()
	e := fact(conversation, "secret.action", `{"text":"secret"}`)
	e.Actor = audit.Actor{Kind: audit.ActorContact, ID: "secret", Name: "secret"}
	r.commit(e, e)
	change("entry", r.at(2), func(what string) {
		if strings.Contains(what, ".Kind") { // of the subject: named by every error
			return
		}
		if text := r.verify().Error(); strings.Contains(text, "secret") {
			t.Errorf("%s: %s", what, text)
		}
	})

	r.at(2).Actor.Name = "changed"
	want := "audit: log of tenant aa000000-0000-0000-0000-000000000000 is broken at position 2, entry 2 of " +
		`"conversation" c0000000-0000-0000-0000-000000000000: the entry's hash does not cover it and the one before it`
	if got := r.verify().Error(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
