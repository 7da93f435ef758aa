package audit_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/deskwright/deskwright/audit"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// The documented bytes, put together a second time and without care for speed.

func documentedCommitment(key [16]byte, e audit.Entry) audit.Hash {
	mac := hmac.New(sha256.New, key[:])
	binary.Write(mac, binary.BigEndian, e.Seq)
	mac.Write(e.Data)
	return audit.Hash(mac.Sum(nil))
}

func documentedHash(previous audit.Hash, e audit.Entry) audit.Hash {
	text := func(s string) []byte { return append(binary.BigEndian.AppendUint64(nil, uint64(len(s))), s...) }
	return documented([]byte{1}, previous[:], e.Tenant[:], text(string(e.Subject.Kind)), e.Subject.ID[:], e.Seq,
		e.Time.UnixMicro(), e.Actor.Kind, text(e.Actor.ID), text(e.Actor.Name), text(string(e.Action)), e.Class,
		e.Cause[:], e.Commitment[:])
}

func documented(parts ...any) audit.Hash {
	var b bytes.Buffer
	for _, part := range parts {
		if err := binary.Write(&b, binary.BigEndian, part); err != nil {
			panic(err)
		}
	}
	return sha256.Sum256(b.Bytes())
}

func TestHashesAreMadeAsDocumented(t *testing.T) {
	for _, size := range []int{0, 1, 300, 951, 952, 953, 1024, 1 << 20} {
		chain := audit.Chain{Key: [16]byte{1, 2, 3, 15: 16}}
		var previous audit.Hash
		for i := range 3 {
			e := fact(conversation, "message.received", strings.Repeat("x", size))
			e.Actor.Name = strings.Repeat("n", size)
			chain.Append(&e)
			if want := documentedCommitment(chain.Key, e); e.Commitment != want || e.Seq != int64(i+1) {
				t.Errorf("%d bytes, entry %d: commitment %v, want %v", size, e.Seq, e.Commitment, want)
			}
			if want := documentedHash(previous, e); e.Hash != want {
				t.Errorf("%d bytes, entry %d: hash %v, want %v", size, e.Seq, e.Hash, want)
			}
			previous = e.Hash
			if chain.Seq != e.Seq || chain.Hash != e.Hash {
				t.Errorf("the chain was not moved on: %+v", chain)
			}
		}
	}
}

func TestRootsAreMadeAsDocumented(t *testing.T) {
	r := sample()
	var previous audit.Hash
	for _, b := range r.Batches {
		parts := []any{[]byte{2}}
		for _, e := range b.Entries {
			parts = append(parts, e.Hash[:])
		}
		root := documented(parts...)
		chained := documented([]byte{3}, previous[:], tenant[:], b.Row.First, b.Row.Count, root[:])
		if b.Row.Root != root || b.Row.Chained != chained {
			t.Errorf("batch at %d: got %v, %v, want %v, %v", b.Row.First, b.Row.Root, b.Row.Chained, root, chained)
		}
		previous = chained
	}
}

func TestHashesNeverChange(t *testing.T) {
	// Logs written by earlier versions must verify for ever: these values are not to be edited.
	r := sample()
	got := map[string]string{
		"commitment":   r.at(2).Commitment.String(),
		"without key":  r.at(8).Commitment.String(),
		"entry":        r.at(4).Hash.String(),
		"head":         r.Head.Root.String(),
		"conversation": r.Chains[conversation].Hash.String(),
	}
	want := map[string]string{
		"commitment":   "b10e4b7357e8f4b10688e9e13e057aee11b7320b59f3075041eedf99519814c2",
		"without key":  "586d49a514fff85d52ddda0e80ec94d084775ed78be0fa5cc10a4f7e538ba0b4",
		"entry":        "7ddaf9bef7e8dfc6106fddd2e28a64a898d1cf913e538cb78aa49712cdea5df1",
		"head":         "4b5d2c28f3d53d1c5c86ceaaa334624662388254854fee515cacd8b7b07411fb",
		"conversation": "48d1a0b96dded7a9f4f919a5e6aaaf11dc3ce5dee28ddd8c6746ae646895a718",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("hashes (-want +got):\n%s", diff)
	}
}

func TestAppendBringsTheTimeToTheFormThatIsHashed(t *testing.T) {
	e := fact(conversation, "message.received", `{}`)
	e.Time = time.Date(2026, 3, 2, 10, 0, 0, 123456789, time.FixedZone("CET", 3600))
	new(audit.Chain).Append(&e)
	if want := time.Date(2026, 3, 2, 9, 0, 0, 123456000, time.UTC); e.Time != want {
		t.Errorf("time %v, want %v", e.Time, want)
	}
}

func TestAppendTouchesOnlyWhatItGives(t *testing.T) {
	e := fact(conversation, "message.received", `{}`)
	before := e
	e.Position = 12
	new(audit.Chain).Append(&e)
	e.Position, e.Seq, e.Commitment, e.Hash = 0, 0, audit.Hash{}, audit.Hash{}
	if diff := cmp.Diff(before, e); diff != "" {
		t.Errorf("entry (-before +after):\n%s", diff)
	}
}

func TestNeighbouringFieldsDoNotRunIntoEachOther(t *testing.T) {
	type texts struct {
		kind   audit.SubjectKind
		id     string
		name   string
		action audit.Action
		data   string
		absent bool
	}
	seen := map[audit.Hash]texts{}
	for _, c := range []texts{
		{},
		{absent: true},
		{data: "{}"},
		{data: "\x00"},
		{data: "null"},
		{id: "ab", name: "c"},
		{id: "a", name: "bc"},
		{id: "abc"},
		{name: "abc"},
		{action: "abc"},
		{kind: "abc"},
		{data: "abc"},
		{name: "ab", action: "c"},
		{name: "a", action: "bc"},
		{kind: "a", id: "bc"},
		{id: "\x00"},
		{name: "\x00"},
		{id: "\x00\x00\x00\x00\x00\x00\x00\x00"},
		{id: "\x00\x00\x00\x00\x00\x00\x00\x01a"},
		{id: strings.Repeat("a", 255)},
		{id: strings.Repeat("a", 256)},
		{id: strings.Repeat("a", 256), name: "a"},
		{id: "é"},
		{id: "e\u0301"},
		{id: "\xff"},
		{id: "\xfe"},
	} {
		e := audit.Entry{
			Subject: audit.Subject{Kind: c.kind}, Actor: audit.Actor{ID: c.id, Name: c.name}, Action: c.action, Data: []byte(c.data),
		}
		if c.absent {
			e.Data = nil
		}
		new(audit.Chain).Append(&e)
		if same, ok := seen[e.Hash]; ok {
			t.Errorf("%+v has the hash of %+v", c, same)
		}
		seen[e.Hash] = c
	}
}

func TestIdsAndNumbersDoNotStandForEachOther(t *testing.T) {
	id := uuid.UUID{1, 2, 3}
	seen := map[audit.Hash]string{}
	for name, e := range map[string]audit.Entry{
		"tenant":     {Tenant: id},
		"subject":    {Subject: audit.Subject{ID: id}},
		"cause":      {Cause: id},
		"class":      {Class: 1},
		"actor kind": {Actor: audit.Actor{Kind: 1}},
		"nothing":    {},
	} {
		new(audit.Chain).Append(&e)
		if same, ok := seen[e.Hash]; ok {
			t.Errorf("%s has the hash of %s", name, same)
		}
		seen[e.Hash] = name
	}
}

func TestNoContentAndEmptyContentAreNotTheSame(t *testing.T) {
	var chain audit.Chain
	empty := fact(conversation, "note.added", ``)
	chain.Append(&empty)
	none := without(fact(conversation, "note.added", ``))
	chain.Append(&none)

	if !chain.Commits(empty) || !chain.Commits(none) || empty.Commitment.IsZero() || !none.Commitment.IsZero() {
		t.Errorf("commitments %v and %v", empty.Commitment, none.Commitment)
	}
	if chain.Commits(without(empty)) {
		t.Error("empty content can be taken for none")
	}
	none.Data = []byte{}
	if chain.Commits(none) {
		t.Error("no content can be taken for empty")
	}
}

func TestCommitsHoldsForTheSameContentNumberAndKeyOnly(t *testing.T) {
	chain := audit.Chain{Key: [16]byte{1}}
	e := fact(conversation, "message.received", `{"text":"help"}`)
	chain.Append(&e)
	next := fact(conversation, "message.received", `{"text":"help"}`)
	chain.Append(&next)
	if !chain.Commits(e) || !chain.Commits(next) {
		t.Error("the chain does not know its own content")
	}
	if e.Commitment == next.Commitment {
		t.Error("equal contents can be seen to be equal")
	}

	change("data", &e.Data, func(what string) {
		if chain.Commits(e) {
			t.Errorf("%s: not noticed", what)
		}
	})
	change("seq", &e.Seq, func(what string) {
		if chain.Commits(e) {
			t.Errorf("%s: not noticed", what)
		}
	})
	change("key", &chain.Key, func(what string) {
		if chain.Commits(e) {
			t.Errorf("%s: not noticed", what)
		}
	})
}

func TestAppendDoesNotAllocate(t *testing.T) {
	e := fact(conversation, "message.received", strings.Repeat("x", 300))
	var chain audit.Chain
	if n := testing.AllocsPerRun(100, func() { chain.Append(&e) }); n != 0 {
		t.Errorf("%v allocations for 300 bytes of content", n)
	}
}

func TestDifferentEntriesHaveDifferentHashes(t *testing.T) {
	text := rapid.StringOfN(rapid.RuneFrom([]rune("ab\x00")), 0, 3, -1)
	id := rapid.Map(rapid.ByteRange(0, 2), func(b byte) uuid.UUID { return uuid.UUID{b} })
	entry := rapid.Custom(func(t *rapid.T) audit.Entry {
		return audit.Entry{
			Tenant:  id.Draw(t, "tenant"),
			Subject: audit.Subject{Kind: audit.SubjectKind(text.Draw(t, "kind")), ID: id.Draw(t, "subject")},
			Time:    time.UnixMicro(int64(rapid.Uint8().Draw(t, "time"))).UTC(),
			Actor:   audit.Actor{Kind: audit.ActorKind(rapid.Uint8Max(2).Draw(t, "actor")), ID: text.Draw(t, "id"), Name: text.Draw(t, "name")},
			Action:  audit.Action(text.Draw(t, "action")),
			Class:   audit.Class(rapid.Uint8Max(2).Draw(t, "class")),
			Cause:   id.Draw(t, "cause"),
			Data:    []byte(text.Draw(t, "data")),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := entry.Draw(t, "a"), entry.Draw(t, "b")
		equal := cmp.Equal(a, b)
		var x, y audit.Chain
		x.Append(&a)
		y.Append(&b)
		if (a.Hash == b.Hash) != equal {
			t.Errorf("equal: %v, hashes %v and %v", equal, a.Hash, b.Hash)
		}
	})
}

func BenchmarkChainAppend(b *testing.B) {
	for _, size := range []int{0, 300, 900, 4000} {
		b.Run(fmt.Sprintf("data=%d", size), func(b *testing.B) {
			e := fact(conversation, "message.received", strings.Repeat("x", size))
			e.Actor.ID, e.Actor.Name = uuid.UUID{1}.String(), "Ada Lovelace"
			chain := audit.Chain{Key: [16]byte{1}}
			b.ReportAllocs()
			for b.Loop() {
				chain.Append(&e)
			}
		})
	}
}

func BenchmarkVerifierBatch(b *testing.B) {
	r := newRecord()
	entries := make([]audit.Entry, 100)
	for i := range entries {
		entries[i] = fact(conversation, "message.received", strings.Repeat("x", 300))
	}
	r.commit(entries...)
	b.ReportAllocs()
	for b.Loop() {
		v := audit.NewVerifier(tenant)
		v.Content(r.chain)
		if err := v.Batch(r.Batches[0].Row, r.Batches[0].Entries); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(entries)), "ns/entry")
}
