package storagetest

import (
	"testing"
	"time"

	"github.com/deskwright/deskwright/inbox"
)

// Bench measures what a store spends its days with: a message that is appended to one of many conversations, the first page of a
// list, a page of a timeline, and work that is claimed. open is called once for every measurement and returns a store that is
// empty.
func Bench(b *testing.B, open func(*testing.B) inbox.Store) {
	for _, m := range []struct {
		name string
		run  func(*testing.B, *kit)
	}{
		{"append", benchAppend},
		{"load", benchLoad},
		{"commit", benchCommit},
		{"list", benchList},
		{"timeline", benchTimeline},
		{"claim", benchClaim},
	} {
		b.Run(m.name, func(b *testing.B) {
			k := newKit(b, "it is fast", open(b))
			b.ReportAllocs()
			m.run(b, k)
		})
	}
}

// spread is many conversations and, for each of them, a message to come.
type spread struct {
	k       *kit
	talks   []*talk
	refs    []inbox.Ref
	changes []inbox.Change
	next    int
}

func (k *kit) spread(n int) *spread {
	s := &spread{k: k}
	for range n {
		t := k.talk()
		k.commit(t.begin())
		s.talks = append(s.talks, t)
	}
	s.refs, s.changes = make([]inbox.Ref, n), make([]inbox.Change, n)
	s.prepare()
	return s
}

// prepare makes the next message of every conversation.
func (s *spread) prepare() {
	for i, t := range s.talks {
		s.changes[i] = t.append("Hello, is anybody there? I have been waiting for an answer since yesterday.")
		s.refs[i] = t.withExternal(t.message.ExternalID, "")
	}
}

// message returns the next message. The time it takes to make new ones does not count.
func (s *spread) message(b *testing.B) (inbox.Ref, inbox.Change) {
	if s.next == len(s.talks) {
		b.StopTimer()
		s.next = 0
		s.prepare()
		b.StartTimer()
	}
	s.next++
	return s.refs[s.next-1], s.changes[s.next-1]
}

func benchAppend(b *testing.B, k *kit) {
	s := k.spread(1000)
	ctx := k.Context()
	for b.Loop() {
		ref, ch := s.message(b)
		if err := k.store.Load(ctx, &inbox.Snapshot{Ref: ref}); err != nil {
			b.Fatal(err)
		}
		if err := k.store.Commit(ctx, ch)[0]; err != nil {
			b.Fatal(err)
		}
	}
}

func benchLoad(b *testing.B, k *kit) {
	s := k.spread(1000)
	ctx := k.Context()
	n := 0
	for b.Loop() {
		if err := k.store.Load(ctx, &inbox.Snapshot{Ref: s.refs[n%len(s.refs)]}); err != nil {
			b.Fatal(err)
		}
		n++
	}
}

func benchCommit(b *testing.B, k *kit) {
	s := k.spread(1000)
	ctx := k.Context()
	for b.Loop() {
		_, ch := s.message(b)
		if err := k.store.Commit(ctx, ch)[0]; err != nil {
			b.Fatal(err)
		}
	}
}

func benchList(b *testing.B, k *kit) {
	s := k.spread(10_000)
	for i, t := range s.talks {
		t.conversation.Version-- // the message that was prepared is not written
		if i%4 == 0 {
			t.conversation = k.load(t.ref()).Conversation
			k.commit(t.move(inbox.StatePending))
		}
	}
	q := inbox.Query{Filter: inbox.Filter{States: []inbox.State{inbox.StateNew}}, Limit: 50}
	for _, sort := range []inbox.Sort{inbox.Newest, inbox.Deadline} {
		q.Sort = sort
		b.Run(string(sort), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if got := k.list(q); len(got) != q.Limit {
					b.Fatalf("got %d conversations, want %d", len(got), q.Limit)
				}
			}
		})
	}
}

func benchTimeline(b *testing.B, k *kit) {
	t := k.talk()
	k.commit(t.begin())
	for range 500 {
		k.commit(t.append("one of many"))
		k.commit(t.detail())
	}
	for b.Loop() {
		if got := k.timeline(t.conversation.ID, 400, 50, true); len(got) != 50 {
			b.Fatalf("got %d items, want 50", len(got))
		}
	}
}

func benchClaim(b *testing.B, k *kit) {
	const rows = 100_000
	for range rows / 1000 {
		ch := inbox.Change{Tenant: k.tenant}
		for range 1000 {
			ch.Dues = append(ch.Dues, k.wait("test"))
		}
		k.commit(ch)
	}
	now := faraway
	for b.Loop() {
		now = now.Add(time.Second)
		if got := k.claim(now, now.Add(time.Minute), 20); len(got) != 20 {
			b.Fatalf("got %d rows, want 20", len(got))
		}
	}
}
