package inbox_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/channel/channeltest"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/inbox/inboxtest"
	"github.com/deskwright/deskwright/storage/memory"
	"github.com/google/go-cmp/cmp"
)

// curtain is when every play begins.
var curtain = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// stage is an inbox in play: a harness with what is under it.
type stage struct {
	*inboxtest.Harness
	t     testing.TB
	store *backstage
	mock  *clock.Mock
}

// newStage sets a stage up over a new store in memory.
func newStage(t testing.TB, options ...inbox.Option) *stage {
	t.Helper()
	return newStageWith(t, nil, options...)
}

// newStageWith is newStage with a recorder that answers.
func newStageWith(t testing.TB, recorder *channeltest.Recorder, options ...inbox.Option) *stage {
	t.Helper()
	mock := clock.NewMock()
	mock.Set(curtain)
	store := &backstage{Store: memory.New()}
	return &stage{Harness: inboxtest.New(t, store, mock, recorder, options...), t: t, store: store, mock: mock}
}

// second returns another inbox over the same store and clock, as another process has it.
func (s *stage) second() *inbox.Inbox {
	s.t.Helper()
	box, err := inbox.New(s.store, inbox.WithClock(s.mock))
	if err != nil {
		s.t.Fatal(err)
	}
	return box
}

// backstage is a store that lets a test look on and step in.
type backstage struct {
	inbox.Store
	commits atomic.Int64 // how often Commit was called
	loaded  func()       // called after each Load
	commit  func(context.Context, []inbox.Change) []error
}

func (b *backstage) Load(ctx context.Context, snaps ...*inbox.Snapshot) error {
	err := b.Store.Load(ctx, snaps...)
	if b.loaded != nil {
		b.loaded()
	}
	return err
}

func (b *backstage) Commit(ctx context.Context, changes ...inbox.Change) []error {
	b.commits.Add(1)
	if b.commit != nil {
		return b.commit(ctx, changes)
	}
	return b.Store.Commit(ctx, changes...)
}

// kept is what a store keeps of a tenant, as far as it can be listed.
type kept struct {
	Head      audit.Head
	Entries   []audit.Entry
	Listed    []inbox.Listed
	Messages  []inbox.Message
	Notes     []inbox.Note
	Totals    map[channel.AccountID]inbox.Totals
	Documents []inbox.Document
}

// keeps reads what the store keeps of the tenant of the stage.
func (s *stage) keeps() kept { return keptBy(s.t, s.store.Store, s.Box.Tenant()) }

func keptBy(t testing.TB, store inbox.Store, tenant inbox.Tenant) kept {
	t.Helper()
	ctx := context.Background()
	var k kept
	var errs [5]error
	k.Head, errs[0] = store.Head(ctx, tenant)
	k.Entries, errs[1] = store.Feed(ctx, tenant, 0, 1<<30)
	k.Listed, errs[2] = store.List(ctx, tenant, inbox.Query{Sort: inbox.Newest, Limit: 1 << 30})
	k.Totals, errs[3] = store.Totals(ctx, tenant)
	_, k.Documents, errs[4] = store.Documents(ctx, tenant)
	for _, l := range k.Listed {
		items, err := store.Timeline(ctx, tenant, l.Conversation.ID, 0, 1<<30, true)
		errs[0] = errors.Join(errs[0], err)
		for _, i := range items {
			if i.Message != nil {
				k.Messages = append(k.Messages, *i.Message)
			}
			if i.Note != nil {
				k.Notes = append(k.Notes, *i.Note)
			}
		}
	}
	slices.SortFunc(k.Documents, func(a, b inbox.Document) int { return slices.Compare(a.ID[:], b.ID[:]) })
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
	return k
}

// entries returns what the log says since there were so many entries, as actions.
func (s *stage) actionsAfter(position int64) []audit.Action {
	s.t.Helper()
	var actions []audit.Action
	for e, err := range s.Box.Feed(context.Background(), position) {
		if err != nil {
			s.t.Fatal(err)
		}
		actions = append(actions, e.Action)
	}
	return actions
}

// leaves asserts what a step leaves in the log.
func (s *stage) leaves(what string, step func(), want ...audit.Action) {
	s.t.Helper()
	before := s.keeps().Head.Position
	step()
	if diff := cmp.Diff(want, s.actionsAfter(before)); diff != "" {
		s.t.Errorf("%s: log entries (-want +got):\n%s", what, diff)
	}
}

// leavesNoTrace asserts that a step writes nothing and does not even try to.
func (s *stage) leavesNoTrace(what string, step func()) {
	s.t.Helper()
	before, commits := s.keeps(), s.store.commits.Load()
	step()
	if n := s.store.commits.Load() - commits; n != 0 {
		s.t.Errorf("%s: %d commits, want none", what, n)
	}
	if after := s.keeps(); !reflect.DeepEqual(before, after) {
		s.t.Errorf("%s: left a trace (-before +after):\n%s", what, cmp.Diff(before, after))
	}
}

// wantErr asserts the type of an error and returns it.
func wantErr[E error](t testing.TB, what string, err error) E {
	t.Helper()
	e, ok := errors.AsType[E](err)
	if !ok {
		var want E
		t.Fatalf("%s: error is %v (%[2]T), want a %T", what, err, want)
	}
	return e
}

// wantIs asserts that an error is of a sentinel.
func wantIs(t testing.TB, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: error is %v, want %v", what, err, want)
	}
}

// want asserts that two values are equal.
func want[T any](t testing.TB, what string, got, want T) {
	t.Helper()
	if reflect.DeepEqual(want, got) {
		return // the usual case, and much faster than looking for a difference
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// message returns a message as it is now.
func (s *stage) message(id inbox.MessageID) inbox.Message {
	s.t.Helper()
	found, err := s.store.Messages(context.Background(), s.Box.Tenant(), id)
	if err != nil || len(found) != 1 {
		s.t.Fatalf("message %s: %v, %v", id, found, err)
	}
	return found[0]
}

// wantNo asserts that there is no error.
func wantNo(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// atomicInt counts from 1, from many goroutines.
type atomicInt struct{ n atomic.Int64 }

func (a *atomicInt) add() int64 { return a.n.Add(1) }
