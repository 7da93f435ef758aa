package storagetest

import (
	"slices"
	"time"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/contact"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/queue"
	"github.com/google/uuid"
)

// book is what must be true of one tenant, written down by hand in maps and slices. Its methods are the product's rules once more,
// with nothing of the engine but its values. Ids that the engine makes are adopted from its answers.
type book struct {
	accounts map[channel.AccountID]inbox.Account // connected ones
	topics   map[inbox.TopicID]bool
	reasons  map[inbox.ReasonID]bool // whether it is offered
	agents   map[queue.AgentID]bool
	teams    map[queue.TeamID]bool
	settings int // entries about settings that the log must have

	identities    map[channel.Address]*bookIdentity
	threads       map[threadName]*bookThread
	conversations []*bookConversation // in the order they began
	messages      map[inbox.MessageID]*inbox.Message
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

type threadName struct {
	account    channel.AccountID
	identity   *bookIdentity
	visibility channel.Visibility
	key        string
}

type bookThread struct {
	threadName
	id inbox.ThreadID // zero: not seen yet
}

// bookConversation is a conversation as its row must be. Its Thread, Identity and Chain are not written down here.
type bookConversation struct {
	inbox.Conversation
	thread   *bookThread
	messages []*inbox.Message
	notes    []*inbox.Note
	log      bookLog
}

// arrivalName is what a network names a message by.
type arrivalName struct {
	account    channel.AccountID
	externalID string
}

// bookArrival is what is known under a network's id.
type bookArrival struct {
	message   *inbox.Message // nil: only events about it have come
	content   string         // empty: of a message that we sent
	conflicts map[string]bool
	early     []channel.Inbound
}

// bookDue is a message that waits to be sent.
type bookDue struct {
	message    *inbox.Message
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
	command command
	result  inbox.Result
}

// bookLog is the entries that the log must have of one subject, command by command.
type bookLog struct {
	commands [][]audit.Action
	open     []audit.Action // of the command under way
}

func (l *bookLog) add(a audit.Action) { l.open = append(l.open, a) }

func (l *bookLog) close() {
	if len(l.open) > 0 {
		l.commands, l.open = append(l.commands, l.open), nil
	}
}

func (l *bookLog) entries() int64 { return int64(len(slices.Concat(l.commands...))) }

func newBook() *book {
	return &book{
		accounts: map[channel.AccountID]inbox.Account{}, topics: map[inbox.TopicID]bool{}, reasons: map[inbox.ReasonID]bool{},
		agents: map[queue.AgentID]bool{}, teams: map[queue.TeamID]bool{}, identities: map[channel.Address]*bookIdentity{},
		threads: map[threadName]*bookThread{}, messages: map[inbox.MessageID]*inbox.Message{}, arrivals: map[arrivalName]*bookArrival{},
		keys: map[string]bookKey{}, taken: map[uuid.UUID]bool{},
	}
}

// adopt takes over an id that the engine made. One that is missing, or that something else has, becomes the zero id.
func (b *book) adopt(id uuid.UUID) uuid.UUID {
	if b.taken[id] {
		return uuid.Nil
	}
	b.taken[id] = true
	return id
}

// details are the actions that are kept, but not shown as a trail.
var details = map[audit.Action]bool{inbox.MessageReaction: true, inbox.MessageConflict: true, inbox.DeliveryChanged: true, inbox.ReadMarked: true}

func isTrail(a audit.Action) bool { return !details[a] }

// fact says that the command under way must leave an entry about the conversation.
func (b *book) fact(c *bookConversation, a audit.Action) {
	c.log.add(a)
	if !slices.Contains(b.touched, c) {
		b.touched = append(b.touched, c)
	}
}

// end ends a command. One that left entries is one change; one that left a trail is one revision.
func (b *book) end() {
	for _, c := range b.touched {
		c.Version++
		if slices.ContainsFunc(c.log.open, isTrail) {
			c.Revision++
			c.Changed = b.now
		}
		c.log.close()
		c.Due = time.Time{}
		if !c.WaitingSince.IsZero() {
			c.Due = c.WaitingSince.Add(5 * 24 * time.Hour)
		} else if isOpen(c) {
			c.Due = c.Changed.Add(5 * 24 * time.Hour)
		}
	}
	b.touched = nil
}

// What is written down.

func isOpen(c *bookConversation) bool {
	return c != nil && (c.State == inbox.StateNew || c.State == inbox.StatePending)
}

// conversation finds one by id; nil if there is none.
func (b *book) conversation(id inbox.ConversationID) *bookConversation {
	i := slices.IndexFunc(b.conversations, func(c *bookConversation) bool { return c.ID == id })
	if i < 0 {
		return nil
	}
	return b.conversations[i]
}

// current is the thread's open conversation, else its newest one.
func (b *book) current(t *bookThread) (last *bookConversation) {
	for _, c := range b.conversations {
		if c.thread == t && !isOpen(last) {
			last = c
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

func (b *book) arrival(account channel.AccountID, externalID string) *bookArrival {
	name := arrivalName{account, externalID}
	if b.arrivals[name] == nil {
		b.arrivals[name] = &bookArrival{conflicts: map[string]bool{}}
	}
	return b.arrivals[name]
}

// People and threads.

// find returns the known identities among the addresses and the thread of the first one that has it.
func (b *book) find(account channel.AccountID, addresses []channel.Address, v channel.Visibility, key string) (known []*bookIdentity, t *bookThread) {
	for _, a := range addresses {
		if i := b.identities[a]; i != nil {
			known = append(known, i)
			if t == nil {
				t = b.threads[threadName{account, i, v, key}]
			}
		}
	}
	return known, t
}

// person is who has the addresses: the contact of the thread, else of the first address that is known, else somebody new. What is
// told about the person is taken in; addresses that nobody has become the person's.
func (b *book) person(p channel.Person, known []*bookIdentity, t *bookThread, tells bool, made contact.ID) {
	var who *bookContact
	switch {
	case t != nil:
		who = t.identity.contact
	case len(known) > 0:
		who = known[0].contact
	default:
		who = &bookContact{id: contact.ID{UUID: b.adopt(made.UUID)}, name: p.Name, attributes: map[string]string{}}
		who.log.add(inbox.ContactCreated)
	}
	if tells && p.Name != "" && p.Name != who.name {
		who.name = p.Name
		who.log.add(inbox.ContactNamed)
	}
	for _, a := range p.Addresses {
		if b.identities[a] == nil {
			b.identities[a] = &bookIdentity{address: a, contact: who}
			who.log.add(inbox.IdentityAdded)
		}
	}
	for alias, value := range p.Attributes {
		if tells && who.attributes[alias] != value {
			who.attributes[alias] = value
			who.log.add(inbox.AttributeSet)
		}
	}
	who.log.close()
}

// begun is a new thread; it belongs to the first address that was known, else to the first one.
func (b *book) begun(account channel.AccountID, known []*bookIdentity, p channel.Person, v channel.Visibility, key string) *bookThread {
	t := &bookThread{threadName: threadName{account, b.identities[p.Addresses[0]], v, key}}
	if len(known) > 0 {
		t.identity = known[0]
	}
	b.threads[t.threadName] = t
	return t
}

// started begins a conversation on the thread.
func (b *book) started(t *bookThread, state inbox.State, linked, made inbox.ConversationID) *bookConversation {
	c := &bookConversation{thread: t}
	c.Conversation = inbox.Conversation{
		ID: inbox.ConversationID{UUID: b.adopt(made.UUID)}, Account: t.account, Network: b.accounts[t.account].Network, Visibility: t.visibility,
		Linked: linked, State: state, Since: b.now, Created: b.now,
	}
	b.conversations = append(b.conversations, c)
	b.fact(c, inbox.ConversationStarted)
	return c
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
	c.WaitingSince, c.AnsweredBy, c.AnsweredAgain, c.Newest = time.Time{}, inbox.MessageID{}, inbox.MessageID{}, time.Time{}
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
	case then == inbox.StateNone && (!person || from == inbox.StateResolved):
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
		return []string{otherOpen}
	}
	return nil
}

func (b *book) lead(c *bookConversation, to inbox.State, r inbox.Resolve) {
	if to == inbox.StateResolved && c.State != to {
		b.resolve(c, r)
		return
	}
	b.move(c, to)
}
