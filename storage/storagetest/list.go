package storagetest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/queue"
	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// listing is what List answers.
var listing = []rule{
	{"List returns the conversations that match, in the query's order", listMatches},
	{"List goes by the rows as they are now", listNow},
	{"List returns the conversation as it is stored and its contact", listWhole},
	{"the order is total: equal times are ordered by id", listTies},
	{"a page continues exactly after the place it was asked to continue from, whatever has been inserted meanwhile", listPages},
	{"a page continues after a place where no conversation stands", listAfterNothing},
}

// listMatches compares List with the filter and the order themselves, for conversations, filters and orders as they come.
func listMatches(k *kit) {
	rapid.Check(k, func(t *rapid.T) {
		one := k.of(k.another())
		now := began.Add(time.Hour)
		var all []inbox.Conversation
		var changes []inbox.Change
		for range rapid.IntRange(0, 12).Draw(t, "conversations") {
			c := drawConversation(t, k)
			all = append(all, c)
			changes = append(changes, inbox.Change{Tenant: one.tenant, Conversation: &c})
		}
		one.commit(changes...)
		f := drawFilter(t, 2)
		q := inbox.Query{Filter: f.Bound(agents[0], now), Sort: drawSort(t), Limit: rapid.IntRange(1, 5).Draw(t, "limit")}
		var want []inbox.ConversationID
		slices.SortFunc(all, func(a, b inbox.Conversation) int { return q.Sort.Compare(q.Sort.Place(&a), q.Sort.Place(&b)) })
		for i := range all {
			if q.Filter.Matches(&all[i]) {
				want = append(want, all[i].ID)
			}
		}
		got := one.pages(q)
		if !slices.Equal(got, want) {
			t.Fatalf("the rule: %s\nfilter %+v, order %q, pages of %d of the conversations\n%s\ngot  %v\nwant %v", k.rule, f, q.Sort, q.Limit,
				lines("", all), got, want)
		}
	})
}

// pages goes through all pages of a query, which must be full except the last.
func (k *kit) pages(q inbox.Query) []inbox.ConversationID {
	k.Helper()
	var all []inbox.ConversationID
	for {
		page, err := k.store.List(k.Context(), k.tenant, q)
		k.works("List", err)
		if len(page) > q.Limit {
			k.stop("List with limit %d: got %d", q.Limit, len(page))
		}
		for i := range page {
			all = append(all, page[i].Conversation.ID)
		}
		if len(page) < q.Limit {
			return all
		}
		k.ends(len(all), 1000)
		q.After = q.Sort.Place(&page[len(page)-1].Conversation)
	}
}

// The values that drawn conversations and filters choose from.
var (
	agents   = []queue.AgentID{queue.AgentNamed("a"), queue.AgentNamed("b")}
	crews    = []queue.TeamID{{}, queue.TeamNamed("a"), queue.TeamNamed("b")}
	accounts = []channel.AccountID{{UUID: uuid.UUID{1}}, {UUID: uuid.UUID{2}}}
	networks = []channel.Network{channel.WhatsApp, channel.X}
	kinds    = []channel.Kind{channel.DirectMessage, channel.Comment, ""}
	topics   = []inbox.TopicID{{UUID: uuid.UUID{1}}, {UUID: uuid.UUID{2}}, {UUID: uuid.UUID{3}}}
	reasons  = []inbox.ReasonID{{}, {UUID: uuid.UUID{1}}}
	states   = []inbox.State{inbox.StateNew, inbox.StatePending, inbox.StateResolved}
)

// few draws from a few instants, so that equal ones come up, and none.
func few(t *rapid.T, name string) time.Time {
	n := rapid.IntRange(-1, 3).Draw(t, name)
	if n < 0 {
		return time.Time{}
	}
	return began.Add(time.Duration(n) * time.Minute)
}

func drawConversation(t *rapid.T, k *kit) inbox.Conversation {
	c := inbox.Conversation{
		ID: inbox.ConversationID{UUID: k.id()}, Version: 1, Thread: inbox.ThreadID{UUID: k.id()},
		Account:    rapid.SampledFrom(accounts).Draw(t, "account"),
		Network:    rapid.SampledFrom(networks).Draw(t, "network"),
		Visibility: rapid.SampledFrom([]channel.Visibility{channel.Public, channel.Private}).Draw(t, "visibility"),
		State:      rapid.SampledFrom(states).Draw(t, "state"),
		Reason:     rapid.SampledFrom(reasons).Draw(t, "reason"),
		Since:      began, Created: began.Add(time.Second),
		WaitingSince: few(t, "waiting"), Due: few(t, "due"), Newest: few(t, "newest"),
		Assignee: inbox.Assignee{Team: rapid.SampledFrom(crews).Draw(t, "team")},
		Topics:   rapid.SliceOfNDistinct(rapid.SampledFrom(topics[:2]), 0, 2, rapid.ID).Draw(t, "topics"),
	}
	c.Last = inbox.Last{At: few(t, "last"), Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Paid: rapid.Bool().Draw(t, "paid")}
	if rapid.Bool().Draw(t, "assigned") {
		c.Assignee.Agent = rapid.SampledFrom(agents).Draw(t, "agent")
	}
	return c
}

// drawSome draws a list of a filter: nil, empty or a few values.
func drawSome[T comparable](t *rapid.T, name string, from []T) []T {
	if rapid.IntRange(0, 3).Draw(t, name+"?") > 0 {
		return nil
	}
	return rapid.SliceOfNDistinct(rapid.SampledFrom(from), 0, 2, rapid.ID).Draw(t, name)
}

func drawFilter(t *rapid.T, depth int) inbox.Filter {
	f := inbox.Filter{
		States:       drawSome(t, "states", states),
		Accounts:     drawSome(t, "accounts", append(accounts, channel.AccountID{UUID: uuid.UUID{9}})),
		Networks:     drawSome(t, "networks", networks),
		Visibilities: drawSome(t, "visibilities", []channel.Visibility{channel.Public, channel.Private}),
		Kinds:        drawSome(t, "kinds", kinds),
		Assignees:    drawSome(t, "assignees", []inbox.Who{inbox.Me, inbox.Nobody, inbox.Is(agents[0]), inbox.Is(agents[1])}),
		Teams:        drawSome(t, "teams", crews),
		Topics:       drawSome(t, "topics", append(topics, inbox.TopicID{})),
		Reasons:      drawSome(t, "reasons", reasons),
	}
	if rapid.IntRange(0, 5).Draw(t, "paid?") == 0 {
		paid := rapid.Bool().Draw(t, "paid")
		f.Paid = &paid
	}
	f.OlderThan, f.NewerThan = drawAge(t, "older"), drawAge(t, "newer")
	if depth == 0 {
		return f
	}
	parts := func(name string) []inbox.Filter {
		if rapid.IntRange(0, 3).Draw(t, name+"?") > 0 {
			return nil
		}
		out := []inbox.Filter{}
		for range rapid.IntRange(0, 2).Draw(t, name) {
			out = append(out, drawFilter(t, depth-1))
		}
		return out
	}
	f.All, f.Any = parts("all"), parts("any")
	if rapid.IntRange(0, 3).Draw(t, "not?") == 0 {
		not := drawFilter(t, depth-1)
		f.Not = &not
	}
	return f
}

// drawAge draws an age at which conversations stand exactly, or none.
func drawAge(t *rapid.T, name string) *inbox.Age {
	if rapid.IntRange(0, 5).Draw(t, name+"?") > 0 {
		return nil
	}
	age := inbox.Age(time.Duration(rapid.IntRange(56, 61).Draw(t, name)) * time.Minute)
	return &age
}

func drawSort(t *rapid.T) inbox.Sort {
	return rapid.SampledFrom([]inbox.Sort{inbox.Newest, inbox.Oldest, inbox.LongestWaiting, inbox.Deadline, ""}).Draw(t, "sort")
}

func listNow(k *kit) {
	t := k.talk()
	k.commit(t.begin())
	in := func(s inbox.State) int {
		return len(k.list(inbox.Query{Filter: inbox.Filter{States: []inbox.State{s}}, Limit: 9}))
	}
	for _, s := range []inbox.State{inbox.StatePending, inbox.StateResolved, inbox.StateNew} {
		before := t.conversation.State
		k.commit(t.move(s))
		if in(s) != 1 || in(before) != 0 {
			k.broken("a conversation that went from %s to %s: got %d and %d in the lists of the two", before, s, in(before), in(s))
		}
	}
	ch := t.trail()
	ch.Conversation.Topics, t.conversation.Topics = topics[:1], topics[:1]
	k.commit(ch)
	for i, topic := range topics[:2] {
		got := k.list(inbox.Query{Filter: inbox.Filter{Topics: []inbox.TopicID{topic}}, Limit: 9})
		if len(got) != 1-i {
			k.broken("conversations with topic %d of 1: got %d", i, len(got))
		}
	}
}

func listWhole(k *kit) {
	ch := full(k, k.tenant, 1)
	k.commit(full(k, k.tenant, 1))
	for _, sort := range []inbox.Sort{inbox.Newest, inbox.Oldest, inbox.LongestWaiting, inbox.Deadline} {
		got, err := k.store.List(k.Context(), k.tenant, inbox.Query{Sort: sort, Limit: 5})
		k.works("List", err)
		k.same("a page", got, []inbox.Listed{{Conversation: *ch.Conversation, Contact: ch.Contact.Contact}})
	}
	c := inbox.Conversation{ID: inbox.ConversationID{UUID: k.id()}, Version: 1, Thread: inbox.ThreadID{UUID: k.id()}, State: inbox.StateNew}
	k.commit(inbox.Change{Tenant: k.tenant, Conversation: &c})
	got, err := k.store.List(k.Context(), k.tenant, inbox.Query{Sort: inbox.Oldest, Limit: 5})
	k.works("List", err)
	k.same("a conversation without a contact, after one", got[1:], []inbox.Listed{{Conversation: c}})
}

func listTies(k *kit) {
	var changes []inbox.Change
	at := k.at()
	for range 20 {
		c := inbox.Conversation{ID: inbox.ConversationID{UUID: k.id()}, Version: 1, Thread: inbox.ThreadID{UUID: k.id()}, State: inbox.StateNew}
		c.Last.At, c.WaitingSince, c.Due = at, at, at
		changes = append(changes, inbox.Change{Tenant: k.tenant, Conversation: &c})
	}
	k.commit(changes...)
	for _, sort := range []inbox.Sort{inbox.Newest, inbox.Oldest, inbox.LongestWaiting, inbox.Deadline} {
		slices.SortFunc(changes, func(a, b inbox.Change) int {
			return sort.Compare(sort.Place(a.Conversation), sort.Place(b.Conversation))
		})
		for limit := 1; limit < 22; limit += 5 {
			got := k.pages(inbox.Query{Sort: sort, Limit: limit})
			for i, ch := range changes {
				if len(got) != len(changes) || got[i] != ch.Conversation.ID {
					k.stop("conversations of one instant in order %q, %d a page: got %v", sort, limit, got)
				}
			}
		}
	}
}

// placed is a conversation that stands at an instant in every order.
func (k *kit) placed(at time.Time) *inbox.Conversation {
	c := &inbox.Conversation{ID: inbox.ConversationID{UUID: k.id()}, Version: 1, Thread: inbox.ThreadID{UUID: k.id()}, State: inbox.StateNew}
	c.Last.At, c.WaitingSince, c.Due, c.Created = at, at, at, at
	return c
}

func listPages(k *kit) {
	for _, sort := range []inbox.Sort{inbox.Newest, inbox.Oldest, inbox.LongestWaiting, inbox.Deadline} {
		one := k.of(k.another())
		insert := func(seconds ...int) {
			for _, s := range seconds {
				c := one.placed(began.Add(time.Duration(s) * time.Second))
				c.Comment = fmt.Sprint(s)
				one.commit(inbox.Change{Tenant: one.tenant, Conversation: c})
			}
		}
		insert(10, 20, 30, 40, 50, 60)
		q := inbox.Query{Sort: sort, Limit: 2}
		var got []string
		for i, meanwhile := range [][]int{{35, 5, 65}, {1, 33, 70}, {2, 71}, nil} {
			page, err := one.store.List(k.Context(), one.tenant, q)
			k.works("List", err)
			for i := range page {
				got = append(got, page[i].Conversation.Comment)
			}
			if len(page) < 2 {
				break
			}
			q.After = sort.Place(&page[1].Conversation)
			if i == 0 {
				one.moveAway(page[1].Conversation, sort)
			}
			insert(meanwhile...)
		}
		want := map[bool]string{true: "60 50 40 35 33 30 20 10", false: "10 20 30 35 40 50 60 65"}[sort == inbox.Newest]
		if text := strings.Join(got, " "); text != want {
			k.broken("pages in order %q while others are inserted: got %s, want %s", sort, text, want)
		}
	}
}

// moveAway moves a conversation to the beginning of an order.
func (k *kit) moveAway(c inbox.Conversation, sort inbox.Sort) {
	k.Helper()
	at := began
	if sort == inbox.Newest {
		at = began.Add(time.Hour)
	}
	c.Last.At, c.WaitingSince, c.Due = at, at, at
	c.Version++
	k.commit(inbox.Change{Tenant: k.tenant, Conversation: &c})
}

func listAfterNothing(k *kit) {
	c := k.placed(k.at())
	k.commit(inbox.Change{Tenant: k.tenant, Conversation: c})
	before, after := inbox.ConversationID{}, inbox.ConversationID{UUID: uuid.Max}
	for _, id := range []inbox.ConversationID{before, after} {
		for _, at := range []time.Time{{}, began.Add(-time.Hour), c.Due, faraway} {
			for _, sort := range []inbox.Sort{inbox.Newest, inbox.Oldest, inbox.LongestWaiting, inbox.Deadline} {
				place := inbox.Place{At: at, ID: id}
				want := place == (inbox.Place{}) || sort.Compare(sort.Place(c), place) > 0
				if got := len(k.list(inbox.Query{Sort: sort, After: place, Limit: 5})) == 1; got != want {
					k.broken("a conversation at %s in order %q, after %s and id %v: it is listed: %t", c.Due, sort, at, id, got)
				}
			}
		}
	}
}
