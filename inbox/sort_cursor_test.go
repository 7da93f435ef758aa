package inbox_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage"
	"github.com/google/uuid"
	"pgregory.net/rapid"
)

var everySort = []inbox.Sort{inbox.Newest, inbox.Oldest, inbox.LongestWaiting, inbox.Deadline}

// crowd fills a stage with conversations in all states, several of them at every instant.
func crowd(t testing.TB, n int) *stage {
	t.Helper()
	s := newStage(t)
	ann := s.Desk("Ann")
	ctx := context.Background()
	for i := range n {
		c := s.ContactWrites(fmt.Sprint("contact ", i), "Hello?").Conversation
		var err error
		switch i % 5 {
		case 1:
			_, err = ann.SetPending(ctx, c)
		case 2:
			_, err = ann.Resolve(ctx, c, inbox.Resolve{})
		case 3:
			s.Receive(channel.Inbound{Event: channel.EchoEvent, From: s.Person(fmt.Sprint("contact ", i)), Kind: channel.ChatMessage, Text: "Yes?"})
		}
		wantNo(t, err)
		if i%3 == 2 {
			s.at(s.mock.Now().Add(time.Minute))
		}
	}
	return s
}

// key is by what a sort orders, said a second time. Those without a time come last.
func key(s inbox.Sort, c inbox.Conversation) time.Time {
	at := c.Last.At
	switch s {
	case inbox.LongestWaiting:
		if c.AnsweredBy == (inbox.MessageID{}) {
			at = c.WaitingSince
		} else {
			at = time.Time{} // answered: nobody waits
		}
	case inbox.Deadline:
		at = c.Due
	}
	if at.IsZero() {
		return time.Unix(1<<40, 0)
	}
	return at
}

func compare(s inbox.Sort, a, b inbox.Conversation) int {
	c := cmp.Or(key(s, a).Compare(key(s, b)), bytes.Compare(a.ID.UUID[:], b.ID.UUID[:]))
	if s == inbox.Newest || s == "" {
		return -c
	}
	return c
}

func listed(headers []inbox.Header) []inbox.ConversationID {
	var all []inbox.ConversationID
	for _, h := range headers {
		all = append(all, h.ID)
	}
	return all
}

func TestEveryListIsInItsOrder(t *testing.T) {
	t.Parallel()
	s := crowd(t, 130)
	for _, sort := range append(everySort, "") {
		headers, err := list(s.Desk("Ann"), inbox.Filter{}, sort)
		wantNo(t, err)
		want(t, "length", len(headers), 130)
		if !slices.IsSortedFunc(headers, func(a, b inbox.Header) int { return compare(sort, a.Conversation, b.Conversation) }) {
			t.Errorf("by %q: not in order", sort)
		}
	}
	newest, _ := list(s.Desk("Ann"), inbox.Filter{}, inbox.Newest)
	empty, _ := list(s.Desk("Ann"), inbox.Filter{}, "")
	want(t, "the zero sort", listed(empty), listed(newest))
	waiting, _ := list(s.Desk("Ann"), inbox.Filter{}, inbox.LongestWaiting)
	if first := waiting[0]; first.WaitingSince.IsZero() || first.AnsweredBy != (inbox.MessageID{}) {
		t.Error("the first of those that wait does not")
	}
	if last := waiting[129]; !last.WaitingSince.IsZero() && last.AnsweredBy == (inbox.MessageID{}) {
		t.Error("somebody who waits comes after those who do not")
	}
	due, _ := list(s.Desk("Ann"), inbox.Filter{}, inbox.Deadline)
	want(t, "the last of those that are due", due[129].State, resolved)
}

func TestAListGoesOnAfterAnyOfItsCursors(t *testing.T) {
	t.Parallel()
	s := crowd(t, 45)
	ann := s.Desk("Ann")
	open := inbox.Filter{States: []inbox.State{isNew, pending}}
	for _, sort := range append(everySort, "") {
		for what, f := range map[string]inbox.Filter{"all": {}, "open": open} {
			whole, err := list(ann, f, sort)
			wantNo(t, err)
			for i, h := range whole {
				rest, err := list(ann, f, sort, inbox.After(h.Cursor))
				wantNo(t, err)
				want(t, fmt.Sprintf("%s by %q after %d", what, sort, i), listed(rest), listed(whole[i+1:]))
			}
			for _, limit := range []int{1, 2, 7, 44, 45, 46, 1000} {
				var paged []inbox.Header
				var after storage.Cursor
				for {
					page, err := list(ann, f, sort, inbox.Limit(limit), inbox.After(after))
					wantNo(t, err)
					if len(page) > limit {
						t.Fatalf("%d conversations, the limit is %d", len(page), limit)
					}
					paged = append(paged, page...)
					if len(page) < limit {
						break
					}
					after = page[len(page)-1].Cursor
				}
				want(t, fmt.Sprintf("%s by %q, %d at a time", what, sort, limit), listed(paged), listed(whole))
			}
		}
	}
}

func TestALimitOfZeroIsNoneAndANegativeOneIsRefused(t *testing.T) {
	t.Parallel()
	s := crowd(t, 120)
	all, err := list(s.Desk("Ann"), inbox.Filter{}, inbox.Oldest, inbox.Limit(0))
	wantNo(t, err)
	want(t, "conversations", len(all), 120)
	most, err := list(s.Desk("Ann"), inbox.Filter{}, inbox.Oldest, inbox.Limit(101))
	wantNo(t, err)
	want(t, "conversations", len(most), 101)
	_, err = list(s.Desk("Ann"), inbox.Filter{}, inbox.Oldest, inbox.Limit(-1))
	want(t, "field", wantErr[*inbox.InputError](t, "limit -1", err).Field, "limit")
}

func TestASortThatDoesNotExistIsRefused(t *testing.T) {
	t.Parallel()
	s := crowd(t, 1)
	_, err := list(s.Desk("Ann"), inbox.Filter{}, "priority")
	want(t, "field", wantErr[*inbox.InputError](t, "priority", err).Field, "sort")
}

// What is inserted or moved while a list is read neither repeats nor hides a conversation that stays where it is.
func TestAListIsStableWhileConversationsAreInsertedAndMoved(t *testing.T) {
	t.Parallel()
	const there = 260
	for _, sort := range everySort {
		t.Run(string(sort), func(t *testing.T) {
			t.Parallel()
			s := crowd(t, there)
			before, err := list(s.Desk("Ann"), inbox.Filter{}, sort)
			wantNo(t, err)
			moved := map[inbox.ConversationID]bool{}
			seen := map[inbox.ConversationID]int{}
			n := 0
			for h, err := range s.Desk("Ann").Conversations(t.Context(), inbox.Filter{}, sort) {
				wantNo(t, err)
				seen[h.ID]++
				if n++; n%50 == 10 {
					s.ContactWrites(fmt.Sprint("new at the same instant ", n), "Hello?")
					s.at(s.mock.Now().Add(time.Second))
					s.ContactWrites(fmt.Sprint("new ", n), "Hello?")
					for _, i := range []int{0, n - 1, n, there - 1} { // behind, at and before where we are
						if i < there {
							moved[before[i].ID] = true
							s.Receive(channel.Inbound{Kind: channel.ChatMessage, Text: "Still there.",
								From: channel.Person{Addresses: []channel.Address{{ID: before[i].Contact.Name}}}})
						}
					}
				}
			}
			for _, h := range before {
				if !moved[h.ID] && seen[h.ID] != 1 {
					t.Errorf("a %s conversation that stayed where it is came %d times", h.State, seen[h.ID])
				}
			}
			order := listed(before)
			for id, times := range seen {
				if times > 1 && !moved[id] && !slices.Contains(order, id) {
					t.Errorf("an inserted conversation came %d times", times)
				}
			}
		})
	}
}

func TestACursorOfAnotherListOrNoneAtAllIsRefused(t *testing.T) {
	t.Parallel()
	s := crowd(t, 10)
	ann := s.Desk("Ann")
	refused := func(what string, sort inbox.Sort, c storage.Cursor) {
		t.Helper()
		got, err := list(ann, inbox.Filter{}, sort, inbox.After(c))
		want(t, what, wantErr[*inbox.InputError](t, what, err).Field, "cursor")
		want(t, what+": conversations", len(got), 0)
	}
	for _, sort := range everySort {
		headers, err := list(ann, inbox.Filter{}, sort)
		wantNo(t, err)
		c := headers[3].Cursor
		for _, other := range everySort {
			if other != sort {
				refused(fmt.Sprintf("of %s, by %s", sort, other), other, c)
			}
		}
		raw, err := base64.RawURLEncoding.DecodeString(string(c))
		wantNo(t, err)
		refused("cut", sort, c[:len(c)-1])
		refused("longer", sort, c+"A")
		refused("a byte shorter", sort, storage.Cursor(base64.RawURLEncoding.EncodeToString(raw[:len(raw)-1])))
		refused("a byte longer", sort, storage.Cursor(base64.RawURLEncoding.EncodeToString(append(raw, 0))))
		refused("padded", sort, c+"==")
		refused("a line end", sort, c+"\n")
	}
	for _, garbage := range []storage.Cursor{" ", "1", "null", "'; --", "\x00", "\xff", storage.Cursor(uuid.NewString()), storage.Cursor(bytes.Repeat([]byte("A"), 1<<20))} {
		refused("garbage", inbox.Newest, garbage)
	}
}

func TestACursorIsAPlaceAndShowsNothingOfAnotherTenant(t *testing.T) {
	t.Parallel()
	s := crowd(t, 10)
	headers, err := list(s.Desk("Ann"), inbox.Filter{}, inbox.Oldest)
	wantNo(t, err)
	other := s.Box.For(inbox.TenantNamed("other")).As(s.Desk("Ann").Actor())
	got, err := list(other, inbox.Filter{}, inbox.Oldest, inbox.After(headers[0].Cursor))
	wantNo(t, err)
	want(t, "conversations", len(got), 0)
}

func TestAListEndsWithTheErrorOfTheStore(t *testing.T) {
	t.Parallel()
	s := crowd(t, 3)
	box, err := inbox.New(&deadLister{Store: s.store}, inbox.WithClock(s.mock))
	wantNo(t, err)
	got, err := list(box.As(inbox.System), inbox.Filter{}, inbox.Newest)
	wantIs(t, "list", err, errDead)
	want(t, "conversations", len(got), 0)

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	next, stop := iter.Pull2(s.Desk("Ann").Conversations(ended, inbox.Filter{}, inbox.Newest))
	defer stop()
	_, err, ok := next()
	if !ok || !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that has ended: %v, %t", err, ok)
	}
	if _, _, ok := next(); ok {
		t.Error("the list goes on after an error")
	}
}

var errDead = errors.New("the disk is gone")

// deadLister is a store whose lists fail.
type deadLister struct{ inbox.Store }

func (*deadLister) List(context.Context, inbox.Tenant, inbox.Query) ([]inbox.Listed, error) {
	return nil, errDead
}

func TestATimelineGoesOnAfterAnyOfItsItems(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	c := s.ContactWrites("Kim", "Hello?").Conversation
	ann := s.Desk("Ann")
	for i := range 130 {
		s.ContactWrites("Kim", fmt.Sprint("message ", i))
		if _, err := ann.AddNote(t.Context(), c, inbox.MessageID{}, fmt.Sprint("note ", i)); err != nil {
			t.Fatal(err)
		}
	}
	s.Resolves("Ann", c)
	timeline := func(options ...inbox.ReadOption) (seqs []int64) {
		for item, err := range ann.Timeline(t.Context(), c, options...) {
			wantNo(t, err)
			seqs = append(seqs, item.Seq)
		}
		return seqs
	}
	plain, whole := timeline(), timeline(inbox.WithTrail())
	want(t, "messages and notes", len(plain), 261)
	want(t, "with the trail", len(whole), 263)
	if !slices.IsSorted(whole) {
		t.Errorf("out of order: %v", whole)
	}
	for _, i := range []int{0, 1, 99, 100, 101, 261, 262} {
		want(t, fmt.Sprint("after item ", i), timeline(inbox.WithTrail(), inbox.AfterSeq(whole[i])), append([]int64(nil), whole[i+1:]...))
	}
	for _, limit := range []int{1, 99, 100, 101, 263, 1000} {
		want(t, fmt.Sprint("limit ", limit), timeline(inbox.WithTrail(), inbox.Limit(limit)), whole[:min(limit, len(whole))])
	}
	for _, err := range ann.Timeline(t.Context(), c, inbox.Limit(-1)) {
		want(t, "field", wantErr[*inbox.InputError](t, "limit -1", err).Field, "limit")
	}
}

// Every order is total: of two conversations one comes first, and equal places are the same conversation.
func TestEveryOrderIsTotal(t *testing.T) {
	t.Parallel()
	instants := []time.Time{{}, curtain, curtain.Add(time.Microsecond), curtain.Add(time.Hour)}
	drawn := rapid.Custom(func(t *rapid.T) *inbox.Conversation {
		at := rapid.SampledFrom(instants)
		return &inbox.Conversation{ID: inbox.ConversationID{UUID: uuid.UUID{15: rapid.Byte().Draw(t, "id")}}, Created: curtain, WaitingSince: at.Draw(t, "waiting"),
			Due: at.Draw(t, "due"), Last: inbox.Last{At: at.Draw(t, "last")}}
	})
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SampledFrom(append(everySort, "")).Draw(t, "sort")
		a, b, c := drawn.Draw(t, "a"), drawn.Draw(t, "b"), drawn.Draw(t, "c")
		ab, ba, bc, ac := s.Compare(s.Place(a), s.Place(b)), s.Compare(s.Place(b), s.Place(a)), s.Compare(s.Place(b), s.Place(c)), s.Compare(s.Place(a), s.Place(c))
		switch {
		case cmp.Compare(ab, 0) != -cmp.Compare(ba, 0):
			t.Fatalf("a to b %d, b to a %d", ab, ba)
		case ab == 0 && s.Place(a) != s.Place(b):
			t.Fatalf("%v and %v are the same place", s.Place(a), s.Place(b))
		case ab <= 0 && bc <= 0 && ac > 0:
			t.Fatal("a, b, c, and yet c before a")
		}
	})
}
