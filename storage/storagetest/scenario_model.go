package storagetest

import (
	"maps"
	"slices"
	"time"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/contact"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/queue"
	"github.com/google/uuid"
)

// book is what must be true of one tenant, written down by hand in maps and slices: the product's rules once more, one after the
// other, without anything of the engine but its values. Ids that the engine makes are adopted from its answers.
type book struct {
	accounts map[channel.AccountID]inbox.Account // connected ones
	topics   map[inbox.TopicID]bool
	reasons  map[inbox.ReasonID]bool // whether it is offered
	agents   map[queue.AgentID]bool
	teams    map[queue.TeamID]bool
	settings int // entries about settings that the log must have

	identities    []*bookIdentity
	threads       []*bookThread
	conversations []*bookConversation // in the order they began
	messages      map[inbox.MessageID]*bookMessage
	arrivals      map[arrivalName]*bookArrival
	dues          []*bookDue
	keys          map[string]bookKey
	taken         map[uuid.UUID]bool // ids that have been adopted

	now     time.Time           // of the command under way
	touched []*bookConversation // by the command under way
}

type bookContact struct {
	id         contact.ID // zero: not seen yet
	name       string
	attributes map[string]string
	log        bookLog
}

// bookIdentity is one address of a contact.
type bookIdentity struct {
	address channel.Address
	contact *bookContact
	id      contact.IdentityID // zero: not seen yet
}

type bookThread struct {
	account    channel.AccountID
	identity   *bookIdentity
	visibility channel.Visibility
	key        string
	id         inbox.ThreadID // zero: not seen yet
}

// bookConversation is a conversation as its row must be. Its Thread, Identity and Chain are not written down here.
type bookConversation struct {
	inbox.Conversation
	thread   *bookThread
	messages []*bookMessage
	notes    []*inbox.Note
	log      bookLog
}

type bookMessage struct {
	inbox.Message
	conversation *bookConversation
}

// arrivalName is what a network names a message by.
type arrivalName struct {
	account    channel.AccountID
	externalID string
}

// bookArrival is what is known under a network's id.
type bookArrival struct {
	message   *bookMessage // nil: only events about it have come
	content   string       // empty: of a message that we sent
	conflicts map[string]bool
	early     []bookEvent
}

// bookEvent is something that a network tells about a message. told is false where it told no time.
type bookEvent struct {
	channel.Inbound
	told bool
}

// bookDue is a message that waits to be sent.
type bookDue struct {
	message    *bookMessage
	at, leased time.Time
}

// ready is when a round can take it.
func (d *bookDue) ready() time.Time {
	if d.leased.After(d.at) {
		return d.leased
	}
	return d.at
}

// bookKey is what a command key was used for.
type bookKey struct {
	request string
	result  inbox.Result
}

// bookLog is the entries that the log must have of one subject, command by command.
type bookLog struct {
	commands [][]audit.Action
	open     []audit.Action
}

func (l *bookLog) close() {
	if len(l.open) > 0 {
		l.commands = append(l.commands, l.open)
		l.open = nil
	}
}

func (l *bookLog) entries() (n int64) {
	for _, c := range l.commands {
		n += int64(len(c))
	}
	return n
}

func newBook() *book {
	return &book{
		accounts: map[channel.AccountID]inbox.Account{}, topics: map[inbox.TopicID]bool{}, reasons: map[inbox.ReasonID]bool{},
		agents: map[queue.AgentID]bool{}, teams: map[queue.TeamID]bool{}, messages: map[inbox.MessageID]*bookMessage{},
		arrivals: map[arrivalName]*bookArrival{}, keys: map[string]bookKey{}, taken: map[uuid.UUID]bool{},
	}
}

// adopt takes over an id that the engine made. One that is missing, or that something else has, becomes the zero id.
func (b *book) adopt(id uuid.UUID) uuid.UUID {
	if id == uuid.Nil || b.taken[id] {
		return uuid.Nil
	}
	b.taken[id] = true
	return id
}

// details are the actions that are kept, but not shown as a trail.
var details = map[audit.Action]bool{inbox.MessageReaction: true, inbox.MessageConflict: true, inbox.DeliveryChanged: true, inbox.ReadMarked: true}

// fact says that the command under way must leave an entry about the conversation.
func (b *book) fact(c *bookConversation, a audit.Action) {
	c.log.open = append(c.log.open, a)
	if !slices.Contains(b.touched, c) {
		b.touched = append(b.touched, c)
	}
}

// end ends a command. One that left entries is one change; one that left a trail is one revision.
func (b *book) end() {
	for _, c := range b.touched {
		c.Version++
		if slices.ContainsFunc(c.log.open, func(a audit.Action) bool { return !details[a] }) {
			c.Revision++
			c.Changed = b.now
		}
		c.log.close()
		switch {
		case c.State == inbox.StateResolved:
			c.Due = time.Time{}
		case !c.WaitingSince.IsZero():
			c.Due = c.WaitingSince.Add(5 * 24 * time.Hour)
		default:
			c.Due = c.Changed.Add(5 * 24 * time.Hour)
		}
	}
	b.touched = nil
}

func isOpen(c *bookConversation) bool {
	return c != nil && (c.State == inbox.StateNew || c.State == inbox.StatePending)
}

// conversation finds one by id; nil if there is none.
func (b *book) conversation(id inbox.ConversationID) *bookConversation {
	for _, c := range b.conversations {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// current is the thread's open conversation, else its newest one.
func (b *book) current(t *bookThread) (last *bookConversation) {
	for _, c := range b.conversations {
		if c.thread == t {
			if last = c; isOpen(c) {
				return c
			}
		}
	}
	return last
}

// otherOpen reports whether another conversation of the thread is open.
func (b *book) otherOpen(c *bookConversation) bool {
	return slices.ContainsFunc(b.conversations, func(o *bookConversation) bool { return o != c && o.thread == c.thread && isOpen(o) })
}

// account is the conversation's account; one that was removed has no settings.
func (b *book) account(c *bookConversation) inbox.Account { return b.accounts[c.Account] }

func (b *book) accountNamed(key channel.AccountKey) *inbox.Account {
	for _, a := range b.accounts {
		if a.AccountKey == key {
			return &a
		}
	}
	return nil
}

// People and threads.

func (b *book) identity(a channel.Address) *bookIdentity {
	for _, i := range b.identities {
		if i.address == a {
			return i
		}
	}
	return nil
}

// find returns the known identities among the addresses and the thread of the first one that has it.
func (b *book) find(account channel.AccountID, addresses []channel.Address, v channel.Visibility, key string) (known []*bookIdentity, t *bookThread) {
	for _, a := range addresses {
		if i := b.identity(a); i != nil {
			known = append(known, i)
			for _, other := range b.threads {
				if t == nil && other.account == account && other.identity == i && other.visibility == v && other.key == key {
					t = other
				}
			}
		}
	}
	return known, t
}

// person is who has the addresses: the contact of the thread, else of the first address that is known, else somebody new. What is
// told about the person is taken in; addresses that nobody has become the person's.
func (b *book) person(p channel.Person, known []*bookIdentity, t *bookThread, tells bool, made contact.ID) *bookContact {
	var who *bookContact
	switch {
	case t != nil:
		who = t.identity.contact
	case len(known) > 0:
		who = known[0].contact
	default:
		who = &bookContact{id: contact.ID{UUID: b.adopt(made.UUID)}, name: p.Name, attributes: map[string]string{}}
		who.log.open = append(who.log.open, inbox.ContactCreated)
	}
	if tells && p.Name != "" && p.Name != who.name {
		who.name = p.Name
		who.log.open = append(who.log.open, inbox.ContactNamed)
	}
	for _, a := range p.Addresses {
		if b.identity(a) == nil {
			b.identities = append(b.identities, &bookIdentity{address: a, contact: who})
			who.log.open = append(who.log.open, inbox.IdentityAdded)
		}
	}
	for alias, value := range p.Attributes {
		if tells && who.attributes[alias] != value {
			who.attributes[alias] = value
			who.log.open = append(who.log.open, inbox.AttributeSet)
		}
	}
	who.log.close()
	return who
}

// started begins a conversation on the thread.
func (b *book) started(t *bookThread, state inbox.State, linked inbox.ConversationID, made inbox.ConversationID) *bookConversation {
	c := &bookConversation{thread: t}
	c.Conversation = inbox.Conversation{
		ID: inbox.ConversationID{UUID: b.adopt(made.UUID)}, Account: t.account, Network: b.accounts[t.account].Network, Visibility: t.visibility,
		Linked: linked, State: state, Since: b.now, Created: b.now,
	}
	b.conversations = append(b.conversations, c)
	b.fact(c, inbox.ConversationStarted)
	return c
}

// begun is a new thread; it belongs to the first address that was known, else to the first one.
func (b *book) begun(account channel.AccountID, known []*bookIdentity, p channel.Person, v channel.Visibility, key string) *bookThread {
	t := &bookThread{account: account, identity: b.identity(p.Addresses[0]), visibility: v, key: key}
	if len(known) > 0 {
		t.identity = known[0]
	}
	b.threads = append(b.threads, t)
	return t
}

// States.

// move takes the conversation to another queue.
func (b *book) move(c *bookConversation, to inbox.State) {
	if c.State != to {
		c.State, c.Since = to, b.now
		b.fact(c, inbox.StateChanged)
	}
}

// resolve ends the conversation, and with it everything that goes on.
func (b *book) resolve(c *bookConversation, r inbox.Resolve) {
	b.move(c, inbox.StateResolved)
	c.Resolved, c.Reason, c.Comment = b.now, r.Reason, r.Comment
	c.Assignee, c.Hold = inbox.Assignee{}, inbox.Hold{}
	c.WaitingSince, c.AnsweredBy, c.Newest = time.Time{}, inbox.MessageID{}, time.Time{}
}

// unresolvable says what stands against resolving.
func (b *book) unresolvable(c *bookConversation, by inbox.Actor, r inbox.Resolve) []string {
	if r.Reason != (inbox.ReasonID{}) && !b.reasons[r.Reason] {
		return []string{"no such reason"}
	}
	resolver := inbox.ByPerson // bots work as people do
	switch by.Kind {
	case audit.ActorAutomation:
		resolver = inbox.ByAutomation
	case audit.ActorSystem:
		resolver = inbox.BySystem
	}
	reason, topic := false, false
	for _, q := range b.account(c).Require {
		if q.Resolver == resolver && (q.Visibility == "" || q.Visibility == c.Visibility) {
			reason = reason || q.Reason && r.Reason == (inbox.ReasonID{})
			topic = topic || q.Topic && len(c.Topics) == 0
		}
	}
	if reason || topic {
		return []string{needs(reason, topic)}
	}
	return nil
}

// replyLeads is where a reply leads from a state. then is what the reply names; nothing is what the account says, which has no say
// over programs and resolved conversations.
func (b *book) replyLeads(c *bookConversation, from inbox.State, person bool, then inbox.State) (inbox.State, []string) {
	switch {
	case !person && then == inbox.StateNone:
		return from, nil
	case from == inbox.StateResolved && then == inbox.StateNone:
		return from, nil
	case person && from == inbox.StateResolved && then == inbox.StateNew:
		return from, []string{"input: state"}
	case then != inbox.StateNone:
		return then, nil
	case b.account(c).AfterReply != inbox.StateNone:
		return b.account(c).AfterReply, nil
	}
	return inbox.StatePending, nil
}

// leadable says what stands against going where a reply leads.
func (b *book) leadable(c *bookConversation, from, to inbox.State, by inbox.Actor, r inbox.Resolve) []string {
	switch {
	case to == from:
		return nil
	case to == inbox.StateResolved:
		return b.unresolvable(c, by, r)
	case b.otherOpen(c):
		return []string{"another conversation of the thread is open"}
	}
	return nil
}

func (b *book) lead(c *bookConversation, to inbox.State, r inbox.Resolve) {
	switch {
	case to == c.State:
	case to == inbox.StateResolved:
		b.resolve(c, r)
	default:
		b.move(c, to)
	}
}

// What arrives.

// receive says what must become of something that arrives.
func (b *book) receive(in channel.Inbound, got inbox.Received) (want inbox.Received, refused []string) {
	account := b.accountNamed(in.Account)
	if account == nil {
		return want, []string{"no such account"}
	}
	defer b.end()
	if in.Event != channel.EchoEvent && in.Event != channel.MessageEvent {
		return b.tells(account.ID, in), nil
	}
	a := b.arrival(account.ID, in.ExternalID)
	if a.message == nil {
		return b.arrives(account.ID, a, in, got), nil
	}
	c := a.message.conversation
	if said := content(in); a.content != "" && said != a.content && !a.conflicts[said] {
		a.conflicts[said] = true
		b.fact(c, inbox.MessageConflict)
	}
	return received(inbox.OutcomeDuplicate, a.message), nil
}

func received(o inbox.Outcome, m *bookMessage) inbox.Received {
	c := m.conversation
	return inbox.Received{Outcome: o, Message: m.ID, Conversation: c.ID, State: c.State, Contact: c.thread.identity.contact.id}
}

func (b *book) arrival(account channel.AccountID, externalID string) *bookArrival {
	name := arrivalName{account, externalID}
	if b.arrivals[name] == nil {
		b.arrivals[name] = &bookArrival{conflicts: map[string]bool{}}
	}
	return b.arrivals[name]
}

// content is what makes a message that comes twice the same one.
func content(in channel.Inbound) string {
	s := string(in.Kind) + "\n" + in.From.Addresses[0].ID + "\n" + in.Text
	for _, a := range in.Attach {
		s += "\n" + a.ID
	}
	return s
}

// arrives stores a message of the contact's, or an answer that was given in the network's own app.
func (b *book) arrives(account channel.AccountID, a *bookArrival, in channel.Inbound, got inbox.Received) inbox.Received {
	echo := in.Event == channel.EchoEvent
	v := in.Kind.Visibility()
	known, t := b.find(account, in.From.Addresses, v, in.Thread)
	b.person(in.From, known, t, !echo, got.Contact)
	if t == nil {
		t = b.begun(account, known, in.From, v, in.Thread)
	}
	c, outcome := b.reached(t, echo, got)
	m := b.incoming(c, account, in, got)
	if echo {
		m.Direction, m.Author = channel.Outgoing, audit.Actor{Kind: audit.ActorElsewhere}
	}
	b.store(c, m)
	if echo {
		if outcome == inbox.OutcomeAppended && isOpen(c) {
			b.answeredElsewhere(c)
		}
	} else if v == channel.Private {
		c.Window = widened(c.Window, c.Network, in.Opener, earlier(m.Time, m.Received))
	}
	a.message, a.content = m, content(in)
	b.tellEarly(a)
	return received(outcome, m)
}

// reached brings the thread's conversation to where somebody's writing leads it.
func (b *book) reached(t *bookThread, echo bool, got inbox.Received) (*bookConversation, inbox.Outcome) {
	c := b.current(t)
	switch {
	case c == nil && echo:
		return b.started(t, inbox.StatePending, inbox.ConversationID{}, got.Conversation), inbox.OutcomeNew
	case c == nil:
		return b.started(t, inbox.StateNew, inbox.ConversationID{}, got.Conversation), inbox.OutcomeNew
	case echo:
		return c, inbox.OutcomeAppended
	case isOpen(c):
		b.move(c, inbox.StateNew)
		return c, inbox.OutcomeAppended
	}
	if within := b.account(c).ReopenWithin; within > 0 && b.now.Sub(c.Resolved) > within {
		return b.started(t, inbox.StateNew, c.ID, got.Conversation), inbox.OutcomeLinked
	}
	b.move(c, inbox.StateNew)
	return c, inbox.OutcomeReopened
}

// answeredElsewhere is a person's reply of which nothing more is known: resolving waits for what it needs.
func (b *book) answeredElsewhere(c *bookConversation) {
	to := b.account(c).AfterReply
	if to == inbox.StateNone || to == inbox.StateResolved && b.unresolvable(c, inbox.Actor{}, inbox.Resolve{}) != nil {
		to = inbox.StatePending
	}
	b.lead(c, to, inbox.Resolve{})
}

func (b *book) incoming(c *bookConversation, account channel.AccountID, in channel.Inbound, got inbox.Received) *bookMessage {
	m := &bookMessage{conversation: c, Message: inbox.Message{
		ID: inbox.MessageID{UUID: b.adopt(got.Message.UUID)}, Conversation: c.ID, Account: account, ExternalID: in.ExternalID,
		Direction: channel.Incoming, Kind: in.Kind, Visibility: in.Kind.Visibility(),
		Author: audit.Actor{Kind: audit.ActorContact, ID: in.From.Addresses[0].ID, Name: in.From.Name},
		Text:   in.Text, Attach: in.Attach, Paid: in.Paid, Time: in.Time, Received: b.now,
	}}
	if m.Time.IsZero() {
		m.Time = b.now
	}
	if in.ReplyTo != "" {
		if about := b.arrival(account, in.ReplyTo).message; about != nil {
			m.Answers = answering(about)
		}
	}
	return m
}

// answering is the reference to a message with a copy of what it says now.
func answering(m *bookMessage) inbox.Answer {
	a := inbox.Answer{Message: m.ID, Author: m.Author}
	if m.Deleted.IsZero() {
		a.Text = m.Text
	}
	return a
}

// store puts a message at the conversation's end.
func (b *book) store(c *bookConversation, m *bookMessage) {
	c.messages = append(c.messages, m)
	b.messages[m.ID] = m
	c.Last = inbox.Last{Message: m.ID, Direction: m.Direction, Kind: m.Kind, Paid: m.Paid, At: b.now, Preview: m.Text}
	c.Newest = b.now
	c.Count.Messages++
	switch {
	case m.Direction == channel.Incoming:
		b.fact(c, inbox.MessageReceived)
		c.Count.Unread++
		c.Asked = m.ID
		if c.WaitingSince.IsZero() || c.AnsweredBy != (inbox.MessageID{}) {
			c.WaitingSince, c.AnsweredBy = b.now, inbox.MessageID{}
		}
		return
	case m.Author.Kind == audit.ActorElsewhere:
		b.fact(c, inbox.MessageEchoed)
	case m.Author.Kind == audit.ActorPerson:
		b.fact(c, inbox.MessageWritten)
		c.Count.Unread = 0
	default:
		b.fact(c, inbox.MessageWritten)
		return // programs answer nobody who waits
	}
	if !c.WaitingSince.IsZero() && c.AnsweredBy == (inbox.MessageID{}) {
		c.AnsweredBy = m.ID
	}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// widened is the window after an act of the contact at that time. WhatsApp and Messenger have windows of a day, Messenger of a week
// after an ad.
func widened(w channel.Window, n channel.Network, act channel.Opener, at time.Time) channel.Window {
	length := 24 * time.Hour
	if act == "" {
		act = channel.ByMessage
	}
	switch {
	case n != channel.WhatsApp && n != channel.Facebook:
		return w
	case n == channel.Facebook && act == channel.ByAd:
		length *= 7
	}
	if ends := at.Add(length); ends.After(w.Ends) {
		w.Ends, w.Opener = ends, act
	}
	if at.After(w.Opened) {
		w.Opened = at
	}
	return w
}

// tells says what must become of something that is about a message.
func (b *book) tells(account channel.AccountID, in channel.Inbound) inbox.Received {
	a := b.arrival(account, in.About)
	e := bookEvent{in, !in.Time.IsZero()}
	if !e.told {
		e.Time = b.now
	}
	if a.message == nil {
		return inbox.Received{Outcome: a.keep(e)}
	}
	outcome := inbox.OutcomeIgnored
	if b.happens(a.message, e) {
		outcome = inbox.OutcomeUpdated
	}
	return received(outcome, a.message)
}

// keep keeps an event for a message that has not come: 20 at most, each once, and beside a deletion only receipts.
func (a *bookArrival) keep(e bookEvent) inbox.Outcome {
	for _, k := range a.early {
		if k.Event == channel.DeleteEvent && e.Event != channel.ReceiptEvent || k.Event == e.Event && (k.Time.Equal(e.Time) || !e.told) && k.Text == e.Text && k.Reaction == e.Reaction &&
			k.Removed == e.Removed && k.Receipt == e.Receipt && who(k.Inbound) == who(e.Inbound) {
			return inbox.OutcomeEarly
		}
	}
	if e.Event == channel.DeleteEvent {
		a.early = slices.DeleteFunc(a.early, func(k bookEvent) bool { return k.Event != channel.ReceiptEvent })
	} else if len(a.early) >= 20 {
		return inbox.OutcomeIgnored
	}
	e.told = true // it keeps the time at which it came
	a.early = append(a.early, e)
	return inbox.OutcomeEarly
}

func who(in channel.Inbound) string {
	if len(in.From.Addresses) == 0 {
		return ""
	}
	return in.From.Addresses[0].ID
}

// tellEarly lets happen what came before the message.
func (b *book) tellEarly(a *bookArrival) {
	for _, e := range a.early {
		b.happens(a.message, e)
	}
	a.early = nil
}

// happens does to a message what a network tells, and reports whether that is news. A deletion is final, the newest edit counts, a
// reaction is as last told, a receipt never goes back. Where no time was told, what is so already is no news.
func (b *book) happens(m *bookMessage, e bookEvent) bool {
	c := m.conversation
	switch {
	case e.Event == channel.ReceiptEvent:
		return b.delivered(m, inbox.DeliveryState(e.Receipt))
	case !m.Deleted.IsZero():
		return false
	case e.Event == channel.DeleteEvent:
		m.Deleted, m.Text, m.Attach, m.Template, m.Answers.Text, m.Edited, m.Reactions = e.Time, "", nil, nil, "", time.Time{}, nil
		b.fact(c, inbox.MessageDeleted)
	case e.Event == channel.EditEvent:
		newer := e.Time.After(m.Edited) || e.Time.Equal(m.Edited) && e.Text > m.Text
		if !newer || !e.told && e.Text == m.Text {
			return false
		}
		m.Text, m.Edited = e.Text, e.Time
		b.fact(c, inbox.MessageEdited)
	case e.Event == channel.ReactionEvent:
		return b.reacts(m, e)
	}
	if c.Last.Message == m.ID {
		c.Last.Preview = m.Text
	}
	return true
}

func (b *book) reacts(m *bookMessage, e bookEvent) bool {
	r := inbox.Reaction{By: who(e.Inbound), Emoji: e.Reaction, Time: e.Time, Removed: e.Removed}
	i := slices.IndexFunc(m.Reactions, func(k inbox.Reaction) bool { return k.By == r.By && k.Emoji == r.Emoji })
	if i < 0 {
		m.Reactions = append(m.Reactions, r)
		b.fact(m.conversation, inbox.MessageReaction)
		return true
	}
	k := m.Reactions[i]
	newer := r.Time.After(k.Time) || r.Time.Equal(k.Time) && r.Removed && !k.Removed
	if !newer || !e.told && r.Removed == k.Removed {
		return false
	}
	m.Reactions[i] = r
	b.fact(m.conversation, inbox.MessageReaction)
	return true
}

// stages are how far a delivery can come, in order.
var stages = []inbox.DeliveryState{"", inbox.Queued, inbox.Sending, inbox.Unknown, inbox.Sent, inbox.Failed, inbox.Delivered, inbox.Read}

// delivered brings a message of ours further, never back. One that fails for good returns the conversation to New, unless the thread
// has another open one, and the contact waits as if it had not been written.
func (b *book) delivered(m *bookMessage, to inbox.DeliveryState) bool {
	if m.Delivery.State == "" || slices.Index(stages, to) <= slices.Index(stages, m.Delivery.State) {
		return false
	}
	c := m.conversation
	m.Delivery = inbox.Delivery{State: to, Changed: b.now}
	if to != inbox.Failed {
		b.fact(c, inbox.DeliveryChanged)
		return true
	}
	b.fact(c, inbox.DeliveryFailed)
	if c.AnsweredBy == m.ID {
		c.AnsweredBy = inbox.MessageID{}
	}
	if !b.otherOpen(c) {
		b.move(c, inbox.StateNew)
	}
	return true
}

// contacts are all that anybody is known as.
func (b *book) contacts() []*bookContact {
	all := map[*bookContact]bool{}
	for _, i := range b.identities {
		all[i.contact] = true
	}
	return slices.Collect(maps.Keys(all))
}
