package storagetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/contact"
	"github.com/deskwright/deskwright/inbox"
	"github.com/google/uuid"
)

// asked is what every command on a conversation carries.
type asked struct {
	by           inbox.Actor
	conversation inbox.ConversationID
	revision     *int64
	key          string
	request      string // everything that is asked for, as text
}

// decided is what stands against a command and, if nothing does, what it does.
type decided struct {
	refused []string
	do      func(*inbox.Result)
}

// command says what must come of a command: the answer, or every reason to refuse it, of which one is given. The same key gives the
// same answer.
func (b *book) command(a asked, c *bookConversation, decide func(*bookConversation) decided) (want inbox.Result, refused []string) {
	if k, used := b.keys[a.key]; used && a.key != "" {
		if k.request != a.request {
			return want, []string{"key of another request"}
		}
		k.result.Repeated = true
		return k.result, nil
	}
	d := decide(c)
	if a.revision != nil && (c == nil && *a.revision != 0 || c != nil && *a.revision != c.Revision) {
		d.refused = append(d.refused, "stale revision")
	}
	if len(d.refused) > 0 {
		return want, d.refused
	}
	before := int64(0)
	if c != nil {
		before = c.Version
	}
	if d.do != nil {
		d.do(&want)
	}
	b.end()
	if c == nil {
		c = b.conversation(want.Conversation)
	}
	want.Conversation, want.Revision, want.State, want.Assignee, want.Changed = c.ID, c.Revision, c.State, c.Assignee, c.Version != before
	if a.key != "" {
		b.keys[a.key] = bookKey{a.request, want}
	}
	return want, nil
}

// on is command for a conversation that must exist.
func (b *book) on(a asked, decide func(*bookConversation) decided) (want inbox.Result, refused []string) {
	return b.command(a, b.conversation(a.conversation), func(c *bookConversation) decided {
		if c == nil {
			return decided{refused: []string{"no such conversation"}}
		}
		return decide(c)
	})
}

func refuse(why ...string) decided { return decided{refused: why} }

const noRow = "the table has no such row"

func (b *book) setPending(c *bookConversation) decided {
	if c.State == inbox.StateResolved {
		return refuse(noRow)
	}
	return decided{do: func(*inbox.Result) { b.move(c, inbox.StatePending) }}
}

func (b *book) setNew(c *bookConversation) decided {
	if b.otherOpen(c) {
		return refuse("another conversation of the thread is open")
	}
	return decided{do: func(*inbox.Result) { b.move(c, inbox.StateNew) }}
}

func (b *book) resolves(c *bookConversation, by inbox.Actor, r inbox.Resolve) decided {
	if c.State == inbox.StateResolved {
		return decided{}
	}
	return decided{b.unresolvable(c, by, r), func(*inbox.Result) { b.resolve(c, r) }}
}

// assigns gives the conversation to somebody; the zero Assignee takes it from everybody.
func (b *book) assigns(c *bookConversation, by inbox.Actor, to inbox.Assignee) (d decided) {
	if to.Agent.UUID != uuid.Nil && !b.agents[to.Agent] && to.Agent != by.Agent {
		d.refused = append(d.refused, "no such agent")
	}
	if to.Team.UUID != uuid.Nil && !b.teams[to.Team] {
		d.refused = append(d.refused, "no such team")
	}
	if c.State == inbox.StateResolved {
		d.refused = append(d.refused, noRow)
	}
	if to != (inbox.Assignee{}) { // a part that is not named stays
		if to.Agent.UUID == uuid.Nil {
			to.Agent = c.Assignee.Agent
		}
		if to.Team.UUID == uuid.Nil {
			to.Team = c.Assignee.Team
		}
	}
	d.do = func(*inbox.Result) { b.assign(c, to) }
	return d
}

func (b *book) assign(c *bookConversation, to inbox.Assignee) {
	if c.Assignee != to {
		c.Assignee = to
		b.fact(c, inbox.AssigneeChanged)
	}
}

func (b *book) addsTopic(c *bookConversation, t inbox.TopicID) decided {
	if !b.topics[t] {
		return refuse("no such topic")
	}
	return decided{do: func(*inbox.Result) {
		if !slices.Contains(c.Topics, t) {
			c.Topics = append(slices.Clone(c.Topics), t)
			b.fact(c, inbox.TopicAdded)
		}
	}}
}

func (b *book) removesTopic(c *bookConversation, t inbox.TopicID) decided {
	if !b.topics[t] && !slices.Contains(c.Topics, t) {
		return refuse("no such topic")
	}
	return decided{do: func(*inbox.Result) {
		if i := slices.Index(c.Topics, t); i >= 0 {
			c.Topics = slices.Delete(slices.Clone(c.Topics), i, i+1)
			b.fact(c, inbox.TopicRemoved)
		}
	}}
}

func (b *book) marksRead(c *bookConversation) decided {
	return decided{do: func(*inbox.Result) {
		if c.Count.Unread > 0 {
			c.Count.Unread = 0
			b.fact(c, inbox.ReadMarked)
		}
	}}
}

// heldByOther says whether another program holds the conversation now.
func (b *book) heldByOther(c *bookConversation, by inbox.Actor) bool {
	return c.Hold.Bot != "" && b.now.Before(c.Hold.Until) && c.Hold.Bot != holder(by)
}

// holder is what a hold is put down under.
func holder(a inbox.Actor) string {
	if a.Agent.UUID != uuid.Nil {
		return a.Agent.String()
	}
	return a.Name
}

// holdable says what stands against holding and releasing: only programs hold, only what is open, only what no other holds.
func (b *book) holdable(c *bookConversation, by inbox.Actor) (why []string) {
	if by.Kind == audit.ActorPerson {
		why = append(why, "input: actor")
	}
	if c.State == inbox.StateResolved {
		why = append(why, "input: conversation")
	}
	if b.heldByOther(c, by) {
		why = append(why, "held by another bot")
	}
	return why
}

func (b *book) holds(c *bookConversation, by inbox.Actor, during time.Duration) decided {
	return decided{b.holdable(c, by), func(*inbox.Result) {
		if h := (inbox.Hold{Bot: holder(by), Until: b.now.Add(during)}); c.Hold != h {
			c.Hold = h
			b.fact(c, inbox.BotHeld)
		}
	}}
}

func (b *book) releases(c *bookConversation, by inbox.Actor) decided {
	if c.Hold == (inbox.Hold{}) {
		return decided{}
	}
	return decided{b.holdable(c, by), func(*inbox.Result) { b.release(c) }}
}

func (b *book) release(c *bookConversation) {
	if c.Hold != (inbox.Hold{}) {
		c.Hold = inbox.Hold{}
		b.fact(c, inbox.BotReleased)
	}
}

// Notes.

func (b *book) addsNote(c *bookConversation, by inbox.Actor, about inbox.MessageID, text string, got inbox.Result) decided {
	if about.UUID != uuid.Nil && !c.has(about) {
		return refuse("no such message")
	}
	return decided{do: func(r *inbox.Result) {
		n := &inbox.Note{ID: inbox.NoteID{UUID: b.adopt(got.Note.UUID)}, Conversation: c.ID, Message: about, Author: author(by), Text: text, Time: b.now}
		c.notes = append(c.notes, n)
		b.fact(c, inbox.NoteAdded)
		r.Note = n.ID
	}}
}

func (c *bookConversation) has(m inbox.MessageID) bool {
	return slices.ContainsFunc(c.messages, func(have *bookMessage) bool { return have.ID == m })
}

// author is how the log names an actor.
func author(a inbox.Actor) audit.Actor {
	who := audit.Actor{Kind: a.Kind, Name: a.Name}
	if a.Agent.UUID != uuid.Nil {
		who.ID = a.Agent.String()
	}
	return who
}

// note finds a note that stands and that the actor may change: its own, or with a permission that of others.
func (b *book) note(c *bookConversation, by inbox.Actor, id inbox.NoteID) (*inbox.Note, []string) {
	for _, n := range c.notes {
		if n.ID != id || !n.Deleted.IsZero() {
			continue
		}
		if by.Kind != audit.ActorSystem && by.Role == "" && (n.Author.Kind != by.Kind || n.Author.ID != author(by).ID) {
			return n, []string{"not permitted: others_notes"}
		}
		return n, nil
	}
	return nil, []string{"no such note"}
}

func (b *book) editsNote(c *bookConversation, by inbox.Actor, id inbox.NoteID, text string) decided {
	n, refused := b.note(c, by, id)
	return decided{refused, func(*inbox.Result) {
		if n.Text != text {
			n.Text, n.Edited = text, b.now
			b.fact(c, inbox.NoteEdited)
		}
	}}
}

func (b *book) deletesNote(c *bookConversation, by inbox.Actor, id inbox.NoteID) decided {
	n, refused := b.note(c, by, id)
	return decided{refused, func(*inbox.Result) {
		n.Text, n.Deleted = "", b.now
		b.fact(c, inbox.NoteDeleted)
	}}
}

// Writing to the contact.

// replies says what comes of a reply.
func (b *book) replies(c *bookConversation, by inbox.Actor, r inbox.Reply, got inbox.Result) (d decided) {
	from, refused := b.from(c, r)
	d.refused = append(d.refused, refused...)
	about := b.messages[r.Answers]
	if r.Answers.UUID != uuid.Nil && !c.has(r.Answers) {
		return refuse(append(d.refused, "no such message")...)
	}
	if r.Answers.UUID == uuid.Nil && c.Visibility == channel.Public {
		about = b.messages[c.Asked]
	}
	person := by.Kind == audit.ActorPerson
	if !person && b.heldByOther(c, by) {
		d.refused = append(d.refused, "held by another bot")
	}
	d.refused = append(d.refused, b.unsendable(c, from, by, about, r, false)...)
	to, refused := b.replyLeads(c, c.State, person, r.Then)
	d.refused = append(append(d.refused, refused...), b.leadable(c, c.State, to, by, r.Resolve)...)
	d.do = func(res *inbox.Result) {
		b.write(c, by, from, about, r, got)
		if person {
			b.release(c)
			b.assignToWriter(c, by)
		}
		b.lead(c, to, r.Resolve)
		res.Message = got.Message
	}
	return d
}

// assignToWriter gives a conversation that no agent has to the person who has written to it, unless the account does not want that.
func (b *book) assignToWriter(c *bookConversation, by inbox.Actor) {
	if c.State != inbox.StateResolved && c.Assignee.Agent.UUID == uuid.Nil && !b.account(c).NoAutoAssign {
		b.assign(c, inbox.Assignee{Agent: by.Agent, Team: c.Assignee.Team})
	}
}

// from is the account that a reply goes out from: another one must reach the contact by the same address.
func (b *book) from(c *bookConversation, r inbox.Reply) (inbox.Account, []string) {
	id := r.Account
	if id.UUID == uuid.Nil {
		id = c.Account
	}
	a, connected := b.accounts[id]
	switch {
	case !connected:
		return a, []string{"no such account"}
	case id != c.Account && (a.Network != c.Network || a.Network != channel.WhatsApp):
		return a, []string{"input: account"}
	}
	return a, nil
}

// starts says what comes of writing first. Where the thread has an open conversation it is a reply to it.
func (b *book) starts(by inbox.Actor, s inbox.Start, got inbox.Result) (c *bookConversation, decide func(*bookConversation) decided) {
	v := s.Kind.Visibility()
	known, t := b.find(s.Account, s.To.Addresses, v, s.Thread)
	if t != nil {
		c = b.current(t)
	}
	account, connected := b.accounts[s.Account]
	switch {
	case !connected:
		return c, func(*bookConversation) decided { return refuse("no such account") }
	case isOpen(c):
		return c, func(*bookConversation) decided { return b.replies(c, by, s.Reply, got) }
	}
	return c, func(*bookConversation) decided {
		row := c
		if row == nil {
			row = &bookConversation{Conversation: inbox.Conversation{Account: s.Account, Network: account.Network, Visibility: v}}
		}
		to := s.Then
		if to == inbox.StateNone {
			to = inbox.StatePending
		}
		d := decided{refused: b.unsendable(row, account, by, b.messages[row.Asked], s.Reply, true)}
		d.refused = append(d.refused, b.leadable(row, inbox.StatePending, to, by, s.Resolve)...)
		d.do = func(res *inbox.Result) {
			if b.person(s.To, known, t, false, contact.ID{}); t == nil {
				t = b.begun(s.Account, known, s.To, v, s.Thread)
			}
			if c == nil {
				c = b.started(t, inbox.StatePending, inbox.ConversationID{}, got.Conversation)
			}
			b.move(c, inbox.StatePending)
			b.write(c, by, account, nil, s.Reply, got)
			if by.Kind == audit.ActorPerson {
				b.assignToWriter(c, by)
			}
			b.lead(c, to, s.Resolve)
			res.Conversation, res.Message = c.ID, got.Message
		}
		return d
	}
}

// write queues a message of ours.
func (b *book) write(c *bookConversation, by inbox.Actor, from inbox.Account, about *bookMessage, r inbox.Reply, got inbox.Result) {
	m := &bookMessage{conversation: c, Message: inbox.Message{
		ID: inbox.MessageID{UUID: b.adopt(got.Message.UUID)}, Conversation: c.ID, Account: from.ID, Direction: channel.Outgoing,
		Visibility: c.Visibility, Author: author(by), Text: r.Text, Tag: r.Tag, Template: r.Template, Time: b.now, Received: b.now,
		Delivery: inbox.Delivery{State: inbox.Queued, Changed: b.now},
	}}
	if r.Private {
		m.Visibility = channel.Private
	}
	m.Kind = ourKind(c.Network, m.Visibility)
	if about != nil {
		m.Answers = answering(about)
		if r.Private {
			about.PrivateReply = m.ID
		}
	}
	b.store(c, m)
	b.dues = append(b.dues, &bookDue{message: m, at: b.now})
}

func ourKind(n channel.Network, v channel.Visibility) channel.Kind {
	switch {
	case n == channel.WebChat:
		return channel.ChatMessage
	case v == channel.Private:
		return channel.DirectMessage
	}
	return channel.Comment
}

// unsendable says why the network does not let a message out now. WhatsApp and Messenger let private messages out for a day after the
// contact has written, up to the last instant but not at the end; after that WhatsApp and Messenger take templates, and Messenger a
// person's message with a tag for 7 days where the account has been granted that. A comment has one private reply, within 7 days.
func (b *book) unsendable(c *bookConversation, from inbox.Account, by inbox.Actor, about *bookMessage, r inbox.Reply, first bool) []string {
	if r.Private && about == nil {
		return []string{"input: private"}
	}
	kind := ourKind(c.Network, c.Visibility)
	if about != nil {
		kind = about.Kind
	}
	const no = "not allowed by the network"
	special := r.Tag != "" || r.Template != nil
	switch {
	case kind.Visibility() == channel.Public:
		if first || special || r.Private && !b.privatelyAnswerable(about) {
			return []string{no}
		}
		return nil
	case r.Private, r.Tag != "" && r.Template != nil:
		return []string{no}
	case c.Network == channel.WebChat:
		if special {
			return []string{no}
		}
		return nil
	case r.Tag != "" && (!taggable(from, by.Kind, r.Tag) || b.now.Before(c.window(from).Ends)):
		return []string{no}
	}
	if b.shut(c, from, by.Kind, r.Tag, r.Template) {
		return []string{b.shutTo(c, from, by.Kind)}
	}
	return nil
}

func (b *book) privatelyAnswerable(m *bookMessage) bool {
	return m.Direction == channel.Incoming && m.PrivateReply.UUID == uuid.Nil && b.now.Before(earlier(m.Time, m.Received).Add(7*24*time.Hour))
}

func taggable(from inbox.Account, by audit.ActorKind, tag channel.Tag) bool {
	return from.Network == channel.Facebook && tag == channel.HumanAgentTag && by == audit.ActorPerson && from.Has(channel.HumanAgent)
}

// shut reports whether the window keeps a private message in.
func (b *book) shut(c *bookConversation, from inbox.Account, by audit.ActorKind, tag channel.Tag, template *channel.Template) bool {
	if c.Network == channel.WebChat || template != nil || b.now.Before(c.window(from).Ends) {
		return false
	}
	return !taggable(from, by, tag) || !b.now.Before(c.window(from).Opened.Add(7*24*time.Hour))
}

// window is the window for what goes out from an account: the contact has opened that of the account it wrote to.
func (c *bookConversation) window(from inbox.Account) (w channel.Window) {
	if from.ID == c.Account {
		w = c.Window
	}
	return w
}

// shutTo says when the window ended and what it still lets out.
func (b *book) shutTo(c *bookConversation, from inbox.Account, by audit.ActorKind) string {
	w := c.window(from)
	until := w.Opened.Add(7 * 24 * time.Hour)
	if !taggable(from, by, channel.HumanAgentTag) || !b.now.Before(until) {
		until = time.Time{}
	}
	return windowEnded(w.Ends, until, true)
}

// windowEnded is what a closed window says: until when a tag is still good (zero: it is not), and whether a template is.
func windowEnded(ended, tag time.Time, template bool) string {
	return fmt.Sprintf("window ended at %s; tag until %s, template %t", ended.Format(time.RFC3339Nano), tag.Format(time.RFC3339Nano), template)
}

func needs(reason, topic bool) string {
	return fmt.Sprintf("resolving needs a reason: %t, a topic: %t", reason, topic)
}

// Sending.

// begins says what a round makes of a message that waits, and whether the adapter must be asked to send it.
func (b *book) begins(d *bookDue, adapter bool) (send bool) {
	defer b.end()
	m := d.message
	account, connected := b.accounts[m.Account]
	c := m.conversation
	switch {
	case m.Delivery.State == inbox.Sending: // whoever began it did not come back
		b.delivered(m, inbox.Unknown)
	case m.Delivery.State != inbox.Queued:
	case connected && (account.Paused || !adapter):
		d.at, d.leased = b.now.Add(time.Minute), time.Time{}
		return false
	case !connected, m.Visibility == channel.Private && c.Visibility == channel.Private && b.shut(c, account, m.Author.Kind, m.Tag, m.Template):
		b.delivered(m, inbox.Failed)
	default:
		return b.delivered(m, inbox.Sending)
	}
	b.done(d)
	return false
}

// ends says what a round makes of what the adapter has answered.
func (b *book) ends(d *bookDue, to inbox.DeliveryState, externalID string) {
	defer b.end()
	defer b.done(d)
	m := d.message
	moved := b.delivered(m, to)
	if to != inbox.Sent || externalID == "" {
		return
	}
	a := b.arrival(m.Account, externalID)
	if a.message != nil {
		return // an echo came first, and is a message of its own
	}
	if moved {
		m.ExternalID = externalID
	}
	a.message = m
	b.tellEarly(a)
}

// done takes a message off the agenda.
func (b *book) done(d *bookDue) {
	b.dues = slices.DeleteFunc(b.dues, func(have *bookDue) bool { return have == d })
}
