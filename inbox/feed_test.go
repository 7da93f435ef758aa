package inbox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/inbox"
	"github.com/google/uuid"
)

// played is a stage on which something of everything has happened.
func played(t testing.TB) *stage {
	t.Helper()
	s := newStage(t)
	ctx := context.Background()
	ann := s.Desk("Ann")
	for _, name := range []string{"Kim", "Lee"} {
		c := s.ContactWrites(name, "Hello?").Conversation
		s.AgentReplies("Ann", c, "Yes?")
		s.Advance(time.Minute)
		s.Receive(edit("in-1", "Hello!", 5))
		_, err := ann.AddNote(ctx, c, inbox.MessageID{}, "a note")
		wantNo(t, err)
		s.ContactWrites(name, "My parcel.")
		s.Resolves("Ann", c)
	}
	return s
}

func feed(t testing.TB, box *inbox.Inbox, after int64) []audit.Entry {
	t.Helper()
	var all []audit.Entry
	for e, err := range box.Feed(context.Background(), after) {
		wantNo(t, err)
		all = append(all, e)
	}
	return all
}

func TestTheFeedIsDenseAndGoesOnFromAnyPosition(t *testing.T) {
	t.Parallel()
	s := played(t)
	for i := range 120 {
		s.ContactWrites("Kim", fmt.Sprint("more ", i))
	}
	all := feed(t, s.Box, 0)
	for i, e := range all {
		want(t, "position", e.Position, int64(i+1))
		want(t, "tenant", e.Tenant, s.Box.Tenant().UUID)
	}
	head, err := s.Box.Checkpoint(t.Context())
	wantNo(t, err)
	want(t, "where it ends", head.Position, int64(len(all)))
	for _, after := range []int64{-1, 0, 1, 99, 100, 101, head.Position - 1, head.Position, head.Position + 1, 1 << 40} {
		rest := all[min(max(after, 0), head.Position):]
		if got := feed(t, s.Box, after); !reflect.DeepEqual(got, append([]audit.Entry(nil), rest...)) {
			t.Errorf("after %d: %d entries, want %d", after, len(got), len(rest))
		}
	}
	var last int64
	for e := range s.Box.Feed(t.Context(), 0) {
		if last = e.Position; last == 7 {
			break
		}
	}
	want(t, "where the loop was left", last, int64(7))
}

func TestTheFeedIsOfOneTenant(t *testing.T) {
	t.Parallel()
	s := played(t)
	before := feed(t, s.Box, 0)
	other := s.Box.For(inbox.TenantNamed("other"))
	want(t, "before anything happened", len(feed(t, other, 0)), 0)
	report, err := other.Verify(t.Context())
	wantNo(t, err)
	want(t, "entries", report.Entries, int64(0))
	_, err = other.As(inbox.System).SaveTopic(t.Context(), inbox.Topic{Name: "other"})
	wantNo(t, err)
	theirs := feed(t, other, 0)
	want(t, "entries", len(theirs), 1)
	want(t, "position", theirs[0].Position, int64(1))
	if !reflect.DeepEqual(feed(t, s.Box, 0), before) {
		t.Error("what another tenant does is in the feed")
	}
}

func TestTheEntriesOfOneCommandShareACauseThatNoOtherHas(t *testing.T) {
	t.Parallel()
	s := played(t)
	causes := map[uuid.UUID]int64{}
	for _, e := range feed(t, s.Box, 0) {
		if last, known := causes[e.Cause]; known && last != e.Position-1 {
			t.Errorf("entry %d has the cause of entry %d", e.Position, last)
		}
		causes[e.Cause] = e.Position
		if e.Cause == uuid.Nil || !json.Valid(e.Data) || e.Actor.Kind == 0 || e.Class == 0 || e.Time.IsZero() {
			t.Errorf("entry %d is not complete: %+v", e.Position, e)
		}
	}
}

func TestAReaderOfTheFeedMissesNothingWhileOthersWrite(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.Tick()
	const writers, each = 4, 40
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for i := range each {
				in := chat(fmt.Sprint(w, " ", i), known(fmt.Sprint(w)), "Hello?")
				in.Account = s.Account.AccountKey
				if _, err := s.Box.Receive(context.Background(), in); err != nil {
					t.Error(err)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		group.Wait()
	}()
	next := int64(1)
	read := func() {
		for e, err := range s.Box.Feed(context.Background(), next-1) {
			if err != nil || e.Position != next {
				t.Errorf("entry %d, %v, want %d", e.Position, err, next)
			}
			next++
		}
	}
	for {
		read()
		select {
		case <-done:
			read()
			want(t, "entries", next-1, s.keeps().Head.Position)
			return
		default:
		}
	}
}

func TestAWholeLogVerifiesAndSaysWhatItHas(t *testing.T) {
	t.Parallel()
	s := played(t)
	first, err := s.Box.Checkpoint(t.Context())
	wantNo(t, err)
	s.ContactWrites("Kim", "More.")
	second, err := s.Box.Checkpoint(t.Context())
	wantNo(t, err)
	report, err := s.Box.Verify(t.Context(), second, first, audit.Head{Tenant: s.Box.Tenant().UUID})
	wantNo(t, err)
	k := s.keeps()
	subjects := map[audit.Subject]bool{}
	for _, e := range k.Entries {
		subjects[e.Subject] = true
	}
	want(t, "entries", report.Entries, int64(len(k.Entries)))
	want(t, "subjects", report.Subjects, int64(len(subjects)))
	want(t, "removed", report.Removed, int64(0))
	want(t, "head", report.Head, k.Head)
}

// forgery is a log as a store hands it out, to be tampered with.
type forgery struct {
	inbox.Store
	entries []audit.Entry
	batches []audit.Batch
	head    audit.Head
	chains  map[audit.Subject]audit.Chain
}

func (s *stage) forgery() *forgery {
	s.t.Helper()
	ctx, tenant := context.Background(), s.Box.Tenant()
	k := s.keeps()
	f := &forgery{Store: s.store.Store, entries: k.Entries, head: k.Head}
	var err error
	f.batches, err = s.store.Batches(ctx, tenant, 0, 1<<30)
	wantNo(s.t, err)
	var subjects []audit.Subject
	for _, e := range f.entries {
		subjects = append(subjects, e.Subject)
	}
	f.chains, err = s.store.Chains(ctx, tenant, subjects...)
	wantNo(s.t, err)
	return f
}

func (f *forgery) Feed(_ context.Context, _ inbox.Tenant, after int64, limit int) ([]audit.Entry, error) {
	var page []audit.Entry
	for _, e := range f.entries {
		if e.Position > after && len(page) < limit {
			page = append(page, e)
		}
	}
	return page, nil
}

func (f *forgery) Batches(_ context.Context, _ inbox.Tenant, after int64, limit int) ([]audit.Batch, error) {
	var page []audit.Batch
	for _, b := range f.batches {
		if b.First > after && len(page) < limit {
			page = append(page, b)
		}
	}
	return page, nil
}

func (f *forgery) Head(context.Context, inbox.Tenant) (audit.Head, error) { return f.head, nil }

func (f *forgery) Chains(_ context.Context, _ inbox.Tenant, subjects ...audit.Subject) (map[audit.Subject]audit.Chain, error) {
	some := map[audit.Subject]audit.Chain{}
	for _, s := range subjects {
		if c, ok := f.chains[s]; ok {
			some[s] = c
		}
	}
	return some, nil
}

// copy lets one forgery be spoilt after the other.
func (f *forgery) copy() *forgery {
	c := *f
	c.entries, c.batches, c.chains = slices.Clone(f.entries), slices.Clone(f.batches), maps.Clone(f.chains)
	for i := range c.entries {
		c.entries[i].Data = slices.Clone(c.entries[i].Data)
	}
	return &c
}

func (f *forgery) verify(t *testing.T, checkpoints ...audit.Head) error {
	t.Helper()
	box, err := inbox.New(f)
	wantNo(t, err)
	_, err = box.Verify(t.Context(), checkpoints...)
	return err
}

func (f *forgery) found(t *testing.T, what string, checkpoints ...audit.Head) {
	t.Helper()
	if err := f.verify(t, checkpoints...); err == nil {
		t.Errorf("%s: not found", what)
	} else {
		wantErr[*audit.BrokenError](t, what, err)
	}
}

// altered calls try once for each part of a value, while that part is another one.
func altered(what string, v reflect.Value, try func(string)) {
	if at, ok := v.Addr().Interface().(*time.Time); ok {
		old := *at
		*at = at.Add(time.Microsecond)
		try(what)
		*at = old
		return
	}
	old := reflect.New(v.Type()).Elem()
	old.Set(v)
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			altered(what+"."+v.Type().Field(i).Name, v.Field(i), try)
		}
		return
	case reflect.Array:
		v.Index(0).SetUint(v.Index(0).Uint() ^ 1)
	case reflect.Slice:
		v.Set(reflect.ValueOf(append(slices.Clone(v.Bytes()), ' ')))
		try(what + " with a byte more")
		v.Set(reflect.ValueOf([]byte{}))
		try(what + " emptied")
		v.Set(reflect.ValueOf([]byte(nil)))
	case reflect.String:
		v.SetString(v.String() + "x")
	case reflect.Int64:
		v.SetInt(v.Int() + 1)
	case reflect.Uint8:
		v.SetUint(v.Uint() + 1)
	default:
		panic("no idea how to alter a " + v.Type().String())
	}
	try(what)
	v.Set(old)
}

func TestVerifyFindsEveryChangeOfEveryEntry(t *testing.T) {
	t.Parallel()
	whole := played(t).forgery()
	wantNo(t, whole.verify(t))
	f := whole.copy()
	for i := range f.entries {
		altered(fmt.Sprintf("entry %d (%s)", i+1, f.entries[i].Action), reflect.ValueOf(&f.entries[i]).Elem(), func(what string) { f.found(t, what) })
	}
	wantNo(t, f.verify(t))
}

func TestVerifyFindsEveryChangeOfBatchesHeadAndRows(t *testing.T) {
	t.Parallel()
	f := played(t).forgery()
	for i := range f.batches {
		altered(fmt.Sprint("batch ", i), reflect.ValueOf(&f.batches[i]).Elem(), func(what string) { f.found(t, what) })
	}
	altered("head", reflect.ValueOf(&f.head).Elem(), func(what string) { f.found(t, what) })
	for s, c := range f.chains {
		altered("row of "+s.String(), reflect.ValueOf(&c).Elem(), func(what string) {
			old := f.chains[s]
			f.chains[s] = c
			f.found(t, what)
			f.chains[s] = old
		})
	}
	wantNo(t, f.verify(t))
}

func TestVerifyFindsWhatIsMissingMovedOrAdded(t *testing.T) {
	t.Parallel()
	whole := played(t).forgery()
	checkpoint := whole.head
	for i := range whole.entries {
		f := whole.copy()
		f.entries = slices.Delete(f.entries, i, i+1)
		f.found(t, fmt.Sprintf("entry %d dropped", i+1))

		f = whole.copy()
		f.entries = slices.Insert(f.entries, i, f.entries[i])
		for j := i + 1; j < len(f.entries); j++ {
			f.entries[j].Position++
		}
		f.found(t, fmt.Sprintf("entry %d twice", i+1))

		if i > 0 {
			f = whole.copy()
			f.entries[i], f.entries[i-1] = f.entries[i-1], f.entries[i]
			f.found(t, fmt.Sprintf("entries %d and %d swapped", i, i+1))
			f.entries[i].Position, f.entries[i-1].Position = f.entries[i-1].Position, f.entries[i].Position
			f.found(t, fmt.Sprintf("entries %d and %d swapped, with new positions", i, i+1))
		}
	}
	for i := range whole.batches {
		f := whole.copy()
		f.batches = slices.Delete(f.batches, i, i+1)
		f.found(t, fmt.Sprintf("batch %d dropped", i))
	}
	for s := range whole.chains {
		f := whole.copy()
		delete(f.chains, s)
		f.found(t, "row of "+s.String()+" dropped")
	}
	f := whole.copy()
	last := f.batches[len(f.batches)-2]
	f.head = audit.Head{Tenant: f.head.Tenant, Position: last.First + last.Count - 1, Root: last.Chained}
	f.found(t, "the head put back")
	f = whole.copy()
	f.entries, f.batches = nil, nil
	f.found(t, "all entries dropped")
	f.head = audit.Head{Tenant: f.head.Tenant}
	f.found(t, "the whole log dropped", checkpoint)
}

// Whoever cuts the tail of the log, and puts rows and head where they were before, is found by whoever kept a checkpoint.
func TestACheckpointFindsATailThatWasCut(t *testing.T) {
	t.Parallel()
	whole := played(t).forgery()
	for cut := 1; cut <= len(whole.batches); cut++ {
		f := whole.copy()
		f.batches = f.batches[:len(f.batches)-cut]
		f.head = audit.Head{Tenant: whole.head.Tenant}
		if n := len(f.batches); n > 0 {
			last := f.batches[n-1]
			f.head.Position, f.head.Root = last.First+last.Count-1, last.Chained
		}
		f.entries = f.entries[:f.head.Position]
		for s, c := range f.chains {
			c.Seq, c.Hash = 0, audit.Hash{}
			for _, e := range f.entries {
				if e.Subject == s {
					c.Seq, c.Hash = e.Seq, e.Hash
				}
			}
			f.chains[s] = c
		}
		what := fmt.Sprintf("%d batches cut", cut)
		if err := f.verify(t); err != nil {
			t.Errorf("%s: found without a checkpoint: %v", what, err)
		}
		f.found(t, what, whole.head)
		wantNo(t, f.verify(t, f.head))
	}
}

func TestACheckpointOfAnotherLogIsFound(t *testing.T) {
	t.Parallel()
	s, other := played(t), played(t)
	head, err := other.Box.Checkpoint(t.Context())
	wantNo(t, err)
	_, err = s.Box.Verify(t.Context(), head)
	wantErr[*audit.BrokenError](t, "the checkpoint of another log", err)
}

// busy is a store to which somebody writes whenever the log is read.
type busy struct {
	inbox.Store
	write func()
}

func (b *busy) Head(ctx context.Context, t inbox.Tenant) (audit.Head, error) {
	head, err := b.Store.Head(ctx, t)
	b.write()
	return head, err
}

func (b *busy) Batches(ctx context.Context, t inbox.Tenant, after int64, limit int) ([]audit.Batch, error) {
	b.write()
	return b.Store.Batches(ctx, t, after, limit)
}

func (b *busy) Feed(ctx context.Context, t inbox.Tenant, after int64, limit int) ([]audit.Entry, error) {
	entries, err := b.Store.Feed(ctx, t, after, limit)
	b.write()
	return entries, err
}

func (b *busy) Chains(ctx context.Context, t inbox.Tenant, subjects ...audit.Subject) (map[audit.Subject]audit.Chain, error) {
	b.write()
	chains, err := b.Store.Chains(ctx, t, subjects...)
	b.write()
	return chains, err
}

func TestWhatIsWrittenMeanwhileDoesNotDisturbVerify(t *testing.T) {
	t.Parallel()
	s := played(t)
	n := 0
	writes := &busy{Store: s.store, write: func() {
		n++
		if n > 500 {
			return // the end of the log comes in sight
		}
		s.ContactWrites("Kim", fmt.Sprint("more ", n))
		s.ContactWrites(fmt.Sprint("new ", n%3), "Hello?")
	}}
	box, err := inbox.New(writes, inbox.WithClock(s.mock))
	wantNo(t, err)
	head, err := s.Box.Checkpoint(t.Context())
	wantNo(t, err)
	report, err := box.Verify(t.Context(), head)
	wantNo(t, err)
	want(t, "entries", report.Entries, head.Position)
	if s.keeps().Head.Position == head.Position {
		t.Error("nothing was written meanwhile")
	}
}

func TestVerifyHoldsWhileManyWrite(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	c := s.ContactWrites("Kim", "Hello?").Conversation
	ann := s.Desk("Ann")
	var group sync.WaitGroup
	for w := range 3 {
		group.Go(func() {
			for i := range 1000 { // bounded: a log that grows faster than it is verified has no end
				in := chat(fmt.Sprint(w, " ", i), known(fmt.Sprint("contact ", i%5)), "Hello?")
				in.Account = s.Account.AccountKey
				_, err := s.Box.Receive(context.Background(), in)
				if err == nil && i%3 == 0 {
					_, err = ann.AddNote(context.Background(), c, inbox.MessageID{}, "a note")
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for range 25 {
		if _, err := s.Box.Verify(t.Context()); err != nil {
			t.Error(err)
			break
		}
	}
	group.Wait()
	s.WantLogHolds()
}

func TestVerifyAndFeedEndWithTheContext(t *testing.T) {
	t.Parallel()
	s := played(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Box.Verify(ctx)
	wantIs(t, "verify", err, context.Canceled)
	_, err = s.Box.Checkpoint(ctx)
	wantIs(t, "checkpoint", err, context.Canceled)
	n := 0
	for _, err := range s.Box.Feed(ctx, 0) {
		wantIs(t, "feed", err, context.Canceled)
		n++
	}
	want(t, "errors", n, 1)
}

// Numbers beyond what a JSON number of a browser holds are text in what the host sees as JSON.
func TestPositionsAndRevisionsAreTextInJSON(t *testing.T) {
	t.Parallel()
	const big = 1<<53 + 1
	for what, v := range map[string]any{
		"head":   audit.Head{Position: big},
		"entry":  audit.Entry{Position: big, Seq: big, Class: audit.ClassTrail, Actor: audit.Actor{Kind: audit.ActorSystem}},
		"result": inbox.Result{Revision: big},
	} {
		body, err := json.Marshal(v)
		wantNo(t, err)
		var m map[string]any
		wantNo(t, json.Unmarshal(body, &m))
		texts := 0
		for _, part := range m {
			if part == fmt.Sprint(big) {
				texts++
			}
		}
		if texts == 0 {
			t.Errorf("%s: %s", what, body)
		}
	}
}
