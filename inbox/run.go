package inbox

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/storage"
	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"
)

const (
	claimed  = 100             // due rows taken in one round
	lease    = 5 * time.Minute // how long a round may work on a row before another may take it
	patient  = time.Minute     // when a row that cannot go on yet is looked at again
	poll     = 5 * time.Second // how long Run sleeps at most
	sendTime = time.Minute     // how long an adapter may take
	senders  = 8               // conversations served at once
)

// Run does the work that waits, for all tenants, until ctx ends; its error is then nil. What fails is logged and tried again.
func (b *Inbox) Run(ctx context.Context) error {
	if b.joined {
		return errJoined
	}
	for ctx.Err() == nil {
		next, err := b.Tick(ctx)
		if err != nil && ctx.Err() == nil {
			b.log.ErrorContext(ctx, "round failed", "error", class(err))
		}
		pause := poll
		if !next.IsZero() && err == nil {
			pause = min(poll, max(next.Sub(b.clock.Now()), 0))
		}
		if pause > 0 {
			select {
			case <-ctx.Done():
			case <-b.nudge:
			case <-b.clock.After(pause):
			}
		}
	}
	return nil
}

// classes are the errors that a log may name by their text: it tells nothing of what they are about.
var classes = []error{storage.ErrBusy, storage.ErrReadOnly, storage.ErrClosed, storage.ErrUnknown, storage.ErrConflict, storage.ErrNotFound,
	storage.ErrInvalid, context.DeadlineExceeded, context.Canceled}

// class is what a log says of an error whose own text may hold texts and names.
func class(err error) string {
	for _, c := range classes {
		if errors.Is(err, c) {
			return c.Error()
		}
	}
	return "of another kind"
}

// errJoined refuses what serves all tenants on a view that takes part in a transaction.
var errJoined = &InputError{Field: "view", Problem: "takes part in a transaction, where nothing that waits is done"}

// Tick does one round of the work that waits, for all tenants, and says when it next wants to be called; the zero time if nothing
// waits. What fails is logged, tried again later, and returned. Messages of one conversation are sent in their order.
func (b *Inbox) Tick(ctx context.Context) (next time.Time, err error) {
	if b.joined {
		return time.Time{}, errJoined
	}
	now := instant(b.clock.Now())
	rows, err := b.store.Claim(ctx, now, now.Add(lease), claimed)
	if err != nil {
		return time.Time{}, err
	}
	queues := byConversation(rows)
	failures := make([]error, len(queues))
	var group errgroup.Group
	group.SetLimit(senders)
	for i, rows := range queues {
		group.Go(func() error {
			failures[i] = b.For(rows[0].Tenant).serveAll(ctx, rows)
			return nil
		})
	}
	_ = group.Wait()
	if err := errors.Join(failures...); err != nil {
		return time.Time{}, err
	}
	return b.store.Next(ctx)
}

// byConversation parts due rows by the conversation that they are about, in the order in which they come.
func byConversation(rows []Due) [][]Due {
	type conversation struct {
		tenant Tenant
		id     ConversationID
	}
	var queues [][]Due
	place := map[conversation]int{}
	for _, row := range rows {
		c := conversation{row.Tenant, row.Conversation}
		i, begun := place[c]
		if !begun {
			i = len(queues)
			place[c] = i
			queues = append(queues, nil)
		}
		queues[i] = append(queues[i], row)
	}
	return queues
}

// serveAll serves the rows of one conversation in the order in which their messages were written. Where one fails, those behind it
// wait for it.
func (b *Inbox) serveAll(ctx context.Context, rows []Due) error {
	if len(rows) > 1 {
		ids := make([]MessageID, len(rows))
		for i, row := range rows {
			ids[i] = MessageID{row.Ref}
		}
		messages, err := b.store.Messages(ctx, b.tenant, ids...)
		if err != nil {
			return err
		}
		place := map[uuid.UUID]int64{}
		for i := range messages {
			place[messages[i].ID.UUID] = messages[i].Seq
		}
		slices.SortStableFunc(rows, func(x, y Due) int { return cmp.Compare(place[x.Ref], place[y.Ref]) })
	}
	for _, row := range rows {
		if err := b.serve(ctx, row); err != nil {
			return err
		}
	}
	return nil
}

// serve does what one due row waits for.
func (b *Inbox) serve(ctx context.Context, row Due) error {
	row.Fence = row.Tries
	s := &send{row: row, adapters: b.adapters}
	c := b.onDelivery("begin delivery", row, s.begin)
	if _, err := b.run(ctx, c); err != nil {
		if isMissing(err) || errors.Is(err, storage.ErrConflict) { // it has another owner by now
			return nil
		}
		return err
	}
	if s.adapter == nil {
		b.warnOfNoAdapter(ctx, s.without)
		return nil
	}
	if err := s.address(ctx, b); err != nil {
		return err
	}
	if s.hand(ctx); s.err != nil {
		b.log.WarnContext(ctx, "delivery not confirmed", "tenant", b.tenant, "message", row.Ref, "network", s.sending.Account.Network)
	}
	c = b.onDelivery("end delivery", row, s.end)
	if id := s.sent.ExternalID; s.err == nil && identifier("external id", id, false) == nil {
		c.ref.Arrival = ArrivalRef{Account: s.sending.Account.ID, ExternalID: id}
	}
	whole := context.WithoutCancel(ctx) // what was sent must be known, even when we are stopping
	_, err := b.run(whole, c)
	if errors.Is(err, storage.ErrConflict) { // the row has another owner by now; what the network said is told all the same
		s.lost = true
		_, err = b.run(whole, c)
	}
	return err
}

// warnOfNoAdapter says once that messages to a network stay queued.
func (b *Inbox) warnOfNoAdapter(ctx context.Context, n channel.Network) {
	if n == "" {
		return
	}
	if _, told := b.warned.LoadOrStore(n, true); !told {
		b.log.WarnContext(ctx, "messages stay queued: the network has no adapter", "network", n)
	}
}

// hand gives the message to the adapter. One that panics has given no answer.
func (s *send) hand(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	defer func() {
		if recover() != nil {
			s.err = errPanicked
		}
	}()
	s.sent, s.err = s.adapter.Send(ctx, s.sending)
}

var errPanicked = errors.New("inbox: the adapter panicked")

// onDelivery makes the system's command on the message that a due row is about.
func (b *Inbox) onDelivery(name string, row Due, decide func(*decision) error) *command {
	return &command{name: name, actor: System, ref: Ref{Conversation: row.Conversation, Message: MessageID{row.Ref}}, exists: true, trusted: true,
		decide: decide}
}

// send is one delivery under way.
type send struct {
	row      Due
	adapters map[channel.Network]channel.Adapter
	adapter  channel.Adapter // nil: nothing is to be sent
	without  channel.Network // the network that has no adapter; empty: it has one
	sending  channel.Sending
	answers  MessageID
	sent     channel.Sent
	err      error
	lost     bool // somebody else has claimed the row since
}

// begin marks the message as being sent, unless something stands against it.
func (s *send) begin(x *decision) error {
	s.adapter, s.without = nil, ""
	m := x.snap.message(MessageID{s.row.Ref})
	if m == nil {
		x.done(s.row)
		return nil
	}
	switch m.Delivery.State {
	case Queued:
		return s.beginQueued(x, m)
	case Sending: // whoever began it did not come back
		if _, err := x.delivered(m, Unknown, "", "interrupted while sending"); err != nil {
			return err
		}
	}
	x.done(s.row)
	return nil
}

func (s *send) beginQueued(x *decision, m *Message) error {
	acc := x.set.accounts[m.Account]
	problem := ""
	switch {
	case acc == nil:
		problem = "the account was removed"
	case m.Status() != Stands:
		problem = "the message was taken back"
	case acc.Paused || s.adapters[acc.Network] == nil:
		if s.adapters[acc.Network] == nil {
			s.without = acc.Network
		}
		s.row.At, s.row.Leased = x.now.Add(patient), time.Time{}
		x.change.Dues = append(x.change.Dues, s.row)
		return nil
	default:
		problem = closed(x, m, acc)
	}
	if problem != "" {
		x.done(s.row)
		_, err := x.delivered(m, Failed, "", problem)
		return err
	}
	s.prepare(x, m, acc)
	x.change.Dues = append(x.change.Dues, s.row) // as it is: the fence says whether it is still ours
	_, err := x.delivered(m, Sending, "", "")
	return err
}

// closed asks again, at the time of sending, whether the window lets the message out; it returns why not. While the window is open
// again, a tag that was for the time after it stands in nobody's way. What else a network refuses by now it refuses itself.
func closed(x *decision, m *Message, acc *Account) string {
	if m.Visibility == channel.Public || x.snap.Conversation.Visibility == channel.Public {
		return ""
	}
	author := channel.Automated
	if m.Author.Kind == audit.ActorPerson {
		author = channel.Human
	}
	w := x.window(acc.ID)
	err := channel.Permits(channel.Question{Account: acc.Account, Author: author, Action: channel.Reply,
		Message: channel.Target{Kind: m.Kind}, Window: w, Tag: m.Tag, Template: m.Template != nil, Now: x.now})
	if err != nil && !w.Open(x.now) {
		return err.Error()
	}
	return ""
}

// prepare says what the adapter is to send.
func (s *send) prepare(x *decision, m *Message, acc *Account) {
	s.adapter = s.adapters[acc.Network]
	s.sending = channel.Sending{Account: acc.Account, Key: m.ID.String(), Thread: x.snap.Thread.Key, Kind: m.Kind, Text: m.Text, Attach: m.Attach,
		PrivateTo: m.Visibility == channel.Private && x.snap.Conversation.Visibility == channel.Public, Tag: m.Tag, Template: m.Template}
	for _, id := range x.snap.Identities {
		s.sending.To = append(s.sending.To, id.Address)
	}
	s.answers = m.Answers.Message
}

// address adds the network's id of the message that is answered.
func (s *send) address(ctx context.Context, b *Inbox) error {
	if s.answers.UUID == uuid.Nil {
		return nil
	}
	answered, err := b.store.Messages(ctx, b.tenant, s.answers)
	if err == nil && len(answered) > 0 {
		s.sending.ReplyTo = answered[0].ExternalID
	}
	return err
}

// end records what became of the sending, and what the network has already told about the message.
func (s *send) end(x *decision) error {
	id := MessageID{s.row.Ref}
	if !s.lost {
		x.done(s.row)
	}
	m := x.snap.message(id)
	if m == nil {
		return nil
	}
	if s.err != nil {
		to := Unknown
		if refused, ok := errors.AsType[*channel.RefusedError](s.err); ok {
			to = Failed
			problem, _ := shortened(cleaned(refused.Error()), maxProblem)
			_, err := x.delivered(m, to, "", problem)
			return err
		}
		problem := "the adapter gave no answer"
		if s.err == errPanicked {
			problem = "the adapter panicked"
		}
		_, err := x.delivered(m, to, "", problem)
		return err
	}
	external := x.snap.Ref.Arrival.ExternalID
	kept := x.snap.Arrival
	if kept.Message.UUID != uuid.Nil { // its echo came first, and is a message of its own
		external = ""
	}
	if _, err := x.delivered(m, Sent, external, ""); err != nil || external == "" {
		return err
	}
	kept.Account, kept.ExternalID, kept.Message, kept.Version = x.snap.Ref.Arrival.Account, external, id, kept.Version+1
	early := kept.Early
	kept.Early = nil
	x.change.Arrivals = append(x.change.Arrivals, kept)
	for _, e := range early {
		if _, err := x.event(id, e, true); err != nil {
			return err
		}
	}
	return nil
}

// done takes a due row off the agenda.
func (x *decision) done(row Due) {
	row.At, row.Leased = time.Time{}, time.Time{}
	x.change.Dues = append(x.change.Dues, row)
}
