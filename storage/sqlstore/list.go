package sqlstore

import (
	"bytes"
	"context"
	"slices"
	"strings"

	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/queue"
	"github.com/google/uuid"
)

// List implements inbox.Lister. It reads state after state in the order asked for; whatever cannot be on the page any more is not
// read. What SQL does not know of the filter is asked of the filter itself.
func (s *Store) List(ctx context.Context, tenant inbox.Tenant, q inbox.Query) ([]inbox.Listed, error) {
	if err := admit(ctx, tenant); err != nil || q.Limit < 1 {
		return nil, err
	}
	l := listing{plain: s.settings.dialect.server, q: &q, cond: conditionsOf(&q.Filter), tenant: &tenant.UUID}
	if l.cond.none {
		return nil, nil
	}
	err := s.read(ctx, "list", func(t *tx) error {
		for _, part := range partsOf(&q.Filter) {
			if err := l.read(t, part); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return l.page, nil
}

// every is the states that a conversation can be in, the one that no engine leaves it in included.
var every = []inbox.State{inbox.StateNew, inbox.StatePending, inbox.StateResolved, inbox.StateNone}

// statesOf returns the states that a filter can mean.
func statesOf(f *inbox.Filter) []inbox.State {
	return slices.DeleteFunc(slices.Clone(every), func(s inbox.State) bool { return !canBe(f, s) })
}

// canBe reports whether a filter can mean a conversation in a state.
func canBe(f *inbox.Filter, s inbox.State) bool {
	for i := range f.All {
		if !canBe(&f.All[i], s) {
			return false
		}
	}
	return (f.States == nil || slices.Contains(f.States, s)) &&
		(f.Any == nil || slices.ContainsFunc(f.Any, func(part inbox.Filter) bool { return canBe(&part, s) }))
}

// agentsOf returns whom a filter means, from one of the lists that must hold; nil: any.
func agentsOf(f *inbox.Filter) []queue.AgentID {
	agents := f.Agents()
	for i := 0; agents == nil && i < len(f.All); i++ {
		agents = agentsOf(&f.All[i])
	}
	return agents
}

// part is the rows that one index has in order: those of a state, or an agent's of a state.
type part struct {
	state inbox.State
	agent *queue.AgentID // nil: any
}

// fewAgents is for how many agents the rows of each are read by themselves.
const fewAgents = 8

// partsOf returns the parts that have all rows that a filter means.
func partsOf(f *inbox.Filter) []part {
	agents := agentsOf(f)
	slices.SortFunc(agents, func(a, b queue.AgentID) int { return bytes.Compare(a.UUID[:], b.UUID[:]) })
	agents = slices.Compact(agents)
	each := 0 < len(agents) && len(agents) <= fewAgents && agents[0].UUID != uuid.Nil // else nobody's are meant, too
	var parts []part
	for _, state := range statesOf(f) {
		if !each {
			parts = append(parts, part{state: state})
			continue
		}
		for i := range agents {
			parts = append(parts, part{state, &agents[i]})
		}
	}
	return parts
}

// listing is a page that is being read.
type listing struct {
	plain  bool // the database finds the index by itself
	q      *inbox.Query
	cond   conditions
	tenant *uuid.UUID
	page   []inbox.Listed
	last   inbox.Place // when the page is full: nothing behind it is wanted
}

// most is how many rows are read at a time where few of them match.
const most = 1000

// read adds what is on the page of one part.
func (l *listing) read(t *tx, p part) error {
	after, have := l.q.After, len(l.page)
	for size := l.q.Limit; ; size = max(size, min(2*size, most)) {
		n, last, err := l.some(t, p, after, size, have+l.q.Limit)
		if err != nil {
			return err
		}
		if n < size || len(l.page) == have+l.q.Limit {
			break
		}
		after = last
	}
	slices.SortFunc(l.page, func(a, b inbox.Listed) int { return l.q.Sort.Compare(l.place(&a), l.place(&b)) })
	if len(l.page) >= l.q.Limit {
		l.page = l.page[:l.q.Limit]
		l.last = l.place(&l.page[l.q.Limit-1])
	}
	return nil
}

func (l *listing) place(row *inbox.Listed) inbox.Place { return l.q.Sort.Place(&row.Conversation) }

// some reads rows after a place and adds those that match, until there are enough. It returns how many it has read and where the
// last one stands.
func (l *listing) some(t *tx, p part, after inbox.Place, size, enough int) (n int, last inbox.Place, err error) {
	statement, args := l.statement(p, after, size)
	rows, err := t.handle().QueryContext(t.ctx, t.say(statement), args...)
	if err != nil {
		return 0, last, t.failed("list", err)
	}
	defer func() { _ = rows.Close() }() // what it could say, Err has said
	for len(l.page) < enough && rows.Next() {
		var row inbox.Listed
		dest := scanConversation(t.dest[:0], &row.Conversation)
		dest = append(dest, &row.Contact.ID.UUID, (*text)(&row.Contact.Name), object{&row.Contact.Attributes})
		if err := t.scan(rows, dest); err != nil {
			return 0, last, t.failed("list", err)
		}
		n, last = n+1, l.place(&row)
		if l.q.Filter.Matches(&row.Conversation) {
			l.page = append(l.page, row)
		}
	}
	if err := rows.Err(); err != nil {
		return 0, last, t.failed("list", err)
	}
	return n, last, nil
}

var (
	selectListed = "SELECT " + conversations.of("c") + ", p.id, p.name, p.attributes FROM deskwright_conversation c"

	withContact = " LEFT JOIN deskwright_identity i ON i.tenant = c.tenant AND i.id = c.identity" +
		" LEFT JOIN deskwright_contact p ON p.tenant = i.tenant AND p.id = i.contact"

	// The index is named, so that nothing that a database knows of its rows can make it sort them all.
	indexedBy = " INDEXED BY deskwright_conversation_"

	// The index of agents has all places, but the order of one: an agent's rows are put in order before they are read.
	ofAgent = " WHERE c.rowid IN (SELECT c.rowid FROM deskwright_conversation c" + indexedBy + "agent"
)

// order is how SQL says a sort.
type order struct{ index, column, direction, beyond, upTo string }

var (
	newest   = order{"newest", "c.newest_at", " DESC", " < ", " >= "}
	oldest   = order{"newest", "c.newest_at", "", " > ", " <= "}
	waiting  = order{"waiting", "c.waiting_at", "", " > ", " <= "}
	deadline = order{"due", "c.due_at", "", " > ", " <= "}
)

func orderOf(s inbox.Sort) order {
	switch s {
	case inbox.Oldest:
		return oldest
	case inbox.LongestWaiting:
		return waiting
	case inbox.Deadline:
		return deadline
	}
	return newest
}

// statement makes the query for the rows of one part after a place.
func (l *listing) statement(p part, after inbox.Place, size int) (string, []any) {
	o := orderOf(l.q.Sort)
	order := " ORDER BY " + o.column + o.direction + ", c.id" + o.direction
	where, args := l.where(p, o, after)
	args = append(args, int64(size))
	if l.plain {
		return selectListed + withContact + where + order + " LIMIT ?", args
	}
	if p.agent == nil {
		return selectListed + indexedBy + o.index + withContact + where + order + " LIMIT ?", args
	}
	return selectListed + withContact + ofAgent + where + order + " LIMIT ?)" + order, args
}

// where asks for the rows of one part after a place that the filter may mean.
func (l *listing) where(p part, o order, after inbox.Place) (string, []any) {
	var b strings.Builder
	b.WriteString(" WHERE c.tenant = ? AND c.state = ?")
	args := []any{l.tenant[:], int64(p.state)}
	if p.agent != nil {
		b.WriteString(" AND c.agent = ?")
		args = append(args, p.agent.UUID[:])
	}
	b.WriteString(l.cond.text)
	args = append(args, l.cond.args...)
	if after != (inbox.Place{}) {
		b.WriteString(" AND (" + o.column + ", c.id)" + o.beyond + "(?, ?)")
		args = append(args, bounds(after)...)
	}
	if l.last != (inbox.Place{}) {
		b.WriteString(" AND " + o.column + o.upTo + "?")
		args = append(args, l.last.At.UnixMicro())
	}
	return b.String(), args
}

// bounds is a place as the rows are compared with it. Between two microseconds it is before all rows of the later one.
func bounds(p inbox.Place) []any {
	micro := p.At.UnixMicro()
	if p.At.Nanosecond()%1000 != 0 {
		return []any{micro + 1, []byte{}}
	}
	return []any{micro, p.ID.UUID[:]}
}
