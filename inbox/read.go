package inbox

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/contact"
	"github.com/deskwright/deskwright/storage"
	"github.com/google/uuid"
)

// Header is what a page shows above a conversation, and a line of a list.
type Header struct {
	Conversation
	Contact     contact.Contact `json:"contact"`
	AccountName string          `json:"account_name"`
	AgentName   string          `json:"agent_name,omitempty"`  // of the assignee; empty: no agent
	TeamName    string          `json:"team_name,omitempty"`   // of the assignee; empty: no team
	TopicNames  []string        `json:"topic_names,omitempty"` // in the order of Topics; deleted topics are left out of both
	ReasonName  string          `json:"reason_name,omitempty"`
	Cursor      storage.Cursor  `json:"cursor"` // in a list: where it stands, for After
}

// ReadOption says which part of a list or a timeline is wanted.
type ReadOption func(*reading)

type reading struct {
	after storage.Cursor
	seq   int64
	limit int
	trail bool
}

// After continues a list after the conversation whose Header carried this cursor.
func After(c storage.Cursor) ReadOption { return func(r *reading) { r.after = c } }

// AfterSeq continues a timeline after the item with this sequence number.
func AfterSeq(seq int64) ReadOption { return func(r *reading) { r.seq = seq } }

// Limit ends a list or a timeline after so many; 0: no limit.
func Limit(n int) ReadOption { return func(r *reading) { r.limit = n } }

// WithTrail shows the audit trail in a timeline.
func WithTrail() ReadOption { return func(r *reading) { r.trail = true } }

func read(options []ReadOption) reading {
	var r reading
	for _, o := range options {
		if o != nil {
			o(&r)
		}
	}
	return r
}

// page is how many rows are asked of a store at once.
const page = 100

// Conversations lists the conversations that match and are in sight, page by page as the loop goes on. What is inserted
// meanwhile moves nothing: no conversation that stays where it is comes twice or is left out. An error ends the loop.
func (d *Desk) Conversations(ctx context.Context, f Filter, s Sort, options ...ReadOption) iter.Seq2[Header, error] {
	return func(yield func(Header, error) bool) {
		r := read(options)
		q, set, err := d.query(ctx, f, s, r)
		for err == nil {
			var rows []Listed
			q.Limit = page
			if r.limit > 0 {
				q.Limit = min(page, r.limit)
			}
			if rows, err = d.box.store.List(ctx, d.box.tenant, q); err != nil {
				break
			}
			for i := range rows {
				if !yield(header(set, &rows[i], s), nil) {
					return
				}
			}
			if r.limit -= len(rows); len(rows) < q.Limit || r.limit == 0 {
				return
			}
			q.After = s.Place(&rows[len(rows)-1].Conversation)
		}
		yield(Header{}, err)
	}
}

// query makes the store's query: bound, within sight and after the cursor.
func (d *Desk) query(ctx context.Context, f Filter, s Sort, r reading) (Query, *settings, error) {
	q := Query{Sort: s}
	if err := d.actor.valid(); err != nil {
		return q, nil, err
	}
	if err := f.valid(0); err != nil {
		return q, nil, err
	}
	if err := s.valid(); err != nil {
		return q, nil, err
	}
	if r.limit < 0 {
		return q, nil, &InputError{Field: "limit", Problem: "is negative"}
	}
	if r.after != "" {
		place, err := s.place(r.after)
		if err != nil {
			return q, nil, err
		}
		q.After = place
	}
	if !d.trusted {
		sight, err := d.box.sight(ctx, d.actor)
		if err != nil {
			return q, nil, err
		}
		if !sight.All {
			seen := slices.Clone(sight.Accounts)
			if seen == nil {
				seen = []channel.AccountID{}
			}
			f = Filter{All: []Filter{{Accounts: seen}, f}}
		}
	}
	q.Filter = f.Bound(d.actor.Agent, instant(d.box.clock.Now()))
	set, err := d.box.fresh(ctx)
	return q, set, err
}

// fresh returns the settings as they are now.
func (b *Inbox) fresh(ctx context.Context) (*settings, error) {
	snap := Snapshot{Ref: Ref{Tenant: b.tenant}}
	if err := b.store.Load(ctx, &snap); err != nil {
		return nil, err
	}
	return b.settingsAt(ctx, snap.Epoch)
}

// header adds the names of things to a conversation.
func header(set *settings, l *Listed, s Sort) Header {
	h := Header{Conversation: l.Conversation, Contact: l.Contact}
	h.Chain.Key = [16]byte{}
	h.Cursor = s.cursor(s.Place(&h.Conversation))
	h.AccountName = set.name(AccountDocument, h.Account.UUID)
	h.AgentName = set.name(AgentDocument, h.Assignee.Agent.UUID)
	h.TeamName = set.name(TeamDocument, h.Assignee.Team.UUID)
	h.ReasonName = set.name(ReasonDocument, h.Reason.UUID)
	h.Topics = slices.DeleteFunc(h.Topics, func(t TopicID) bool { return set.topics[t] == nil })
	for _, t := range h.Topics {
		h.TopicNames = append(h.TopicNames, set.topics[t].Name)
	}
	return h
}

// Header returns one conversation that is in sight.
func (d *Desk) Header(ctx context.Context, id ConversationID) (Header, error) {
	snap, err := d.see(ctx, id)
	if err != nil {
		return Header{}, err
	}
	set, err := d.box.settingsAt(ctx, snap.Epoch)
	if err != nil {
		return Header{}, err
	}
	return header(set, &Listed{Conversation: snap.Conversation, Contact: snap.Contact.Contact}, Newest), nil
}

// see loads a conversation that is in sight.
func (d *Desk) see(ctx context.Context, id ConversationID) (*Snapshot, error) {
	if err := d.actor.valid(); err != nil {
		return nil, err
	}
	if id.UUID == uuid.Nil {
		return nil, &MissingError{What: "conversation"}
	}
	snap := &Snapshot{Ref: Ref{Tenant: d.box.tenant, Conversation: id}}
	if err := d.box.store.Load(ctx, snap); err != nil {
		return nil, err
	}
	if err := d.box.seen(ctx, &command{actor: d.actor, exists: true, trusted: d.trusted}, snap); err != nil {
		return nil, err
	}
	return snap, nil
}

// Counts is how many conversations are open.
type Counts struct {
	All      Totals                       `json:"all"`
	Accounts map[channel.AccountID]Totals `json:"accounts"` // accounts without open conversations are absent
}

// Counts returns how many conversations are New and Pending, per account in sight and in all of them.
func (d *Desk) Counts(ctx context.Context) (Counts, error) {
	c := Counts{Accounts: map[channel.AccountID]Totals{}}
	if err := d.actor.valid(); err != nil {
		return c, err
	}
	sight, err := d.box.sight(ctx, d.actor)
	if err != nil {
		return c, err
	}
	totals, err := d.box.store.Totals(ctx, d.box.tenant)
	if err != nil {
		return c, err
	}
	for id, t := range totals {
		if sight.Sees(id) && t != (Totals{}) {
			c.Accounts[id] = t
			c.All.New += t.New
			c.All.Pending += t.Pending
		}
	}
	return c, nil
}

// sorts numbers the orders in cursors.
var sorts = []Sort{Newest, Oldest, LongestWaiting, Deadline}

func (s Sort) index() int { return max(slices.Index(sorts, s), 0) }

// valid refuses orders that do not exist.
func (s Sort) valid() error {
	if s != "" && !slices.Contains(sorts, s) {
		return &InputError{Field: "sort", Problem: "does not exist"}
	}
	return nil
}

// cursor writes a place of this order as text.
func (s Sort) cursor(p Place) storage.Cursor {
	var b [25]byte
	b[0] = byte(s.index())
	binary.BigEndian.PutUint64(b[1:], uint64(p.At.UnixMicro()))
	copy(b[9:], p.ID.UUID[:])
	return storage.Cursor(base64.RawURLEncoding.EncodeToString(b[:]))
}

// place reads what cursor wrote.
func (s Sort) place(c storage.Cursor) (Place, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(string(c))
	if err != nil || len(b) != 25 || int(b[0]) != s.index() || strings.ContainsAny(string(c), "\r\n") {
		return Place{}, &InputError{Field: "cursor", Problem: "is not of this list and order"}
	}
	at := time.UnixMicro(int64(binary.BigEndian.Uint64(b[1:]))).UTC()
	if err := storable("cursor", at); err != nil && !at.Equal(never) {
		return Place{}, err
	}
	return Place{At: at, ID: ConversationID{uuid.UUID(b[9:])}}, nil
}
