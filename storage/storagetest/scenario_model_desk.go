package storagetest

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/contact"
	"github.com/deskwright/deskwright/inbox"
	"github.com/google/uuid"
)

const (
	noRow     = "the table has no such row"
	otherOpen = "another conversation of the thread is open"
	heldByBot = "held by another bot"
)

// decided is everything that stands against a command and, if nothing does, what it does.
type decided struct {
	refused []string
	do      func(*inbox.Result)
}

func refuse(why ...string) decided { return decided{refused: why} }

// command says what must come of a command: the answer, or all the reasons to refuse it, of which one is given. The same key gives
// the same answer.
func (b *book) command(q command, got inbox.Result) (want inbox.Result, refused []string) {
	key := q.key
	q.key = ""
	if k, used := b.keys[key]; used && key != "" {
		if !reflect.DeepEqual(k.command, q) {
			return want, []string{"key of another request"}
		}
		k.result.Repeated = true
		return k.result, nil
	}
	c := b.conversation(q.conversation)
	var d decided
	if q.name == "start" {
		c, d = b.starts(q.by, q.start, got)
	} else if c == nil {
		d = refuse("no such conversation")
	} else {
		d = b.decide(c, q, got)
	}
	if c != nil && q.revision >= 0 && q.revision != c.Revision {
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
	if key != "" {
		b.keys[key] = bookKey{q, want}
	}
	return want, nil
}

// decide decides a command on a conversation that exists.
func (b *book) decide(c *bookConversation, q command, got inbox.Result) (d decided) {
	resolved := c.State == inbox.StateResolved
	switch q.name {
	case "set pending":
		if resolved {
			return refuse(noRow)
		}
		d.do = func(*inbox.Result) { b.move(c, inbox.StatePending) }
	case "set new":
		if b.otherOpen(c) {
			return refuse(otherOpen)
		}
		d.do = func(*inbox.Result) { b.move(c, inbox.StateNew) }
	case "resolve":
		if !resolved {
			d.refused = b.unresolvable(c, q.by, q.resolve)
			d.do = func(*inbox.Result) { b.resolve(c, q.resolve) }
		}
	case "assign":
		return b.assigns(c, q.by, q.to)
	case "add topic":
		if !b.topics[q.topic] {
			return refuse("no such topic")
		}
		if !slices.Contains(c.Topics, q.topic) {
			d.do = func(*inbox.Result) {
				c.Topics = append(slices.Clone(c.Topics), q.topic)
				b.fact(c, inbox.TopicAdded)
			}
		}
	case "remove topic":
		if slices.Contains(c.Topics, q.topic) {
			d.do = func(*inbox.Result) { b.removeTopic(c, q.topic) }
		} else if !b.topics[q.topic] {
			return refuse("no such topic")
		}
	case "mark read":
		if c.Count.Unread > 0 {
			d.do = func(*inbox.Result) {
				c.Count.Unread = 0
				b.fact(c, inbox.ReadMarked)
			}
		}
	case "hold":
		if h := (inbox.Hold{Bot: holder(q.by), Until: b.now.Add(q.during)}); c.Hold != h {
			d.do = func(*inbox.Result) {
				c.Hold = h
				b.fact(c, inbox.BotHeld)
			}
		}
		d.refused = b.unholdable(c, q.by)
	case "release":
		if c.Hold != (inbox.Hold{}) {
			d.refused = b.unholdable(c, q.by)
			d.do = func(*inbox.Result) { b.release(c) }
		}
	case "reply":
		return b.replies(c, q.by, q.reply, got)
	default:
		return b.decideNote(c, q, got)
	}
	return d
}

func (b *book) removeTopic(c *bookConversation, t inbox.TopicID) {
	c.Topics = slices.DeleteFunc(slices.Clone(c.Topics), func(have inbox.TopicID) bool { return have == t })
	b.fact(c, inbox.TopicRemoved)
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

// unholdable says what stands against holding and releasing: only programs hold, only what is open, only what no other holds.
func (b *book) unholdable(c *bookConversation, by inbox.Actor) (why []string) {
	if by.Kind == audit.ActorPerson {
		why = append(why, "input: actor")
	}
	if c.State == inbox.StateResolved {
		why = append(why, "input: conversation")
	}
	if b.heldByOther(c, by) {
		why = append(why, heldByBot)
	}
	return why
}

func (b *book) release(c *bookConversation) {
	if c.Hold != (inbox.Hold{}) {
		c.Hold = inbox.Hold{}
		b.fact(c, inbox.BotReleased)
	}
}

// decideNote decides a command on notes. A note that stands may be changed by its author, and with a permission by others.
func (b *book) decideNote(c *bookConversation, q command, got inbox.Result) (d decided) {
	if q.name == "add note" {
		if q.about.UUID != uuid.Nil && !c.has(q.about) {
			return refuse("no such message")
		}
		return decided{do: func(want *inbox.Result) {
			want.Note = inbox.NoteID{UUID: b.adopt(got.Note.UUID)}
			c.notes = append(c.notes, &inbox.Note{ID: want.Note, Conversation: c.ID, Message: q.about, Author: author(q.by), Text: q.text, Time: b.now})
			b.fact(c, inbox.NoteAdded)
		}}
	}
	i := slices.IndexFunc(c.notes, func(n *inbox.Note) bool { return n.ID == q.note && n.Deleted.IsZero() })
	if i < 0 {
		return refuse("no such note")
	}
	n := c.notes[i]
	if own := n.Author.Kind == q.by.Kind && n.Author.ID == author(q.by).ID; !own && q.by.Kind != audit.ActorSystem && q.by.Role == "" {
		return refuse("not permitted: others_notes")
	}
	if q.name == "delete note" {
		d.do = func(*inbox.Result) {
			n.Text, n.Deleted = "", b.now
			b.fact(c, inbox.NoteDeleted)
		}
	} else if n.Text != q.text {
		d.do = func(*inbox.Result) {
			n.Text, n.Edited = q.text, b.now
			b.fact(c, inbox.NoteEdited)
		}
	}
	return d
}

func (c *bookConversation) has(m inbox.MessageID) bool {
	return slices.ContainsFunc(c.messages, func(have *inbox.Message) bool { return have.ID == m })
}

// author is how the log names an actor.
func author(a inbox.Actor) audit.Actor {
	who := audit.Actor{Kind: a.Kind, Name: a.Name}
	if a.Agent.UUID != uuid.Nil {
		who.ID = a.Agent.String()
	}
	return who
}

// Writing to the contact.

// replies says what comes of a reply.
func (b *book) replies(c *bookConversation, by inbox.Actor, r inbox.Reply, got inbox.Result) (d decided) {
	from, refused := b.from(c, r)
	d.refused = append(d.refused, refused...)
	if r.Answers.UUID != uuid.Nil && !c.has(r.Answers) {
		return refuse(append(d.refused, "no such message")...)
	}
	about := b.messages[r.Answers]
	if about == nil && c.Visibility == channel.Public {
		about = b.messages[c.Asked]
		d.refused = append(d.refused, gone(about)...)
	}
	person := by.Kind == audit.ActorPerson
	if !person && b.heldByOther(c, by) {
		d.refused = append(d.refused, heldByBot)
	}
	d.refused = append(d.refused, b.unsendable(c, from, by, about, r, false)...)
	to, refused := b.replyLeads(c, c.State, person, r.Then)
	d.refused = append(append(d.refused, refused...), b.leadable(c, c.State, to, by, r.Resolve)...)
	d.do = func(want *inbox.Result) {
		want.Message = b.write(c, by, from, about, r, got)
		if person {
			b.release(c)
			b.assignToWriter(c, by)
		}
		b.lead(c, to, r.Resolve)
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
func (b *book) starts(by inbox.Actor, s inbox.Start, got inbox.Result) (c *bookConversation, d decided) {
	v := s.Kind.Visibility()
	known, t := b.find(s.Account, s.To.Addresses, v, s.Thread)
	if t != nil {
		c = b.current(t)
	}
	account, connected := b.accounts[s.Account]
	switch {
	case !connected:
		return c, refuse("no such account")
	case isOpen(c):
		return c, b.replies(c, by, s.Reply, got)
	}
	row := c
	if c == nil {
		row = &bookConversation{Conversation: inbox.Conversation{Account: s.Account, Network: account.Network, Visibility: v}}
	}
	to := s.Then
	if to == inbox.StateNone {
		to = inbox.StatePending
	}
	about := b.messages[row.Asked]
	if v == channel.Public {
		d.refused = gone(about)
	}
	d.refused = append(append(d.refused, b.unsendable(row, account, by, about, s.Reply, true)...), b.leadable(row, inbox.StatePending, to, by, s.Resolve)...)
	d.do = func(want *inbox.Result) {
		if b.person(s.To, known, t, false, contact.ID{}); t == nil {
			t = b.begun(s.Account, known, s.To, v, s.Thread)
		}
		if row = c; row == nil {
			row = b.started(t, inbox.StatePending, inbox.ConversationID{}, got.Conversation)
		}
		b.move(row, inbox.StatePending)
		want.Conversation, want.Message = row.ID, b.write(row, by, account, nil, s.Reply, got)
		if by.Kind == audit.ActorPerson {
			b.assignToWriter(row, by)
		}
		b.lead(row, to, s.Resolve)
	}
	return c, d
}

// gone says why a public reply that names no message has none to answer.
func gone(newest *inbox.Message) []string {
	if newest != nil && !newest.Deleted.IsZero() {
		return []string{"input: answers"}
	}
	return nil
}

// write queues a message of ours.
func (b *book) write(c *bookConversation, by inbox.Actor, from inbox.Account, about *inbox.Message, r inbox.Reply, got inbox.Result) inbox.MessageID {
	m := &inbox.Message{
		ID: inbox.MessageID{UUID: b.adopt(got.Message.UUID)}, Conversation: c.ID, Account: from.ID, Direction: channel.Outgoing,
		Visibility: c.Visibility, Author: author(by), Text: r.Text, Tag: r.Tag, Template: r.Template, Time: b.now, Received: b.now,
		Delivery: inbox.Delivery{State: inbox.Queued, Changed: b.now},
	}
	if r.Private {
		m.Visibility = channel.Private
		about.PrivateReply = m.ID
	}
	m.Kind = ourKind(c.Network, m.Visibility)
	if about != nil {
		m.Answers, m.Paid = answering(about), about.Paid && m.Visibility == channel.Public
	}
	b.store(c, m)
	b.dues = append(b.dues, &bookDue{message: m, at: b.now})
	return m.ID
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
func (b *book) unsendable(c *bookConversation, from inbox.Account, by inbox.Actor, about *inbox.Message, r inbox.Reply, first bool) []string {
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
	case kind.Visibility() == channel.Public && (first || special || r.Private && !b.privatelyAnswerable(about)):
		return []string{no}
	case kind.Visibility() == channel.Public:
		return nil
	case r.Private, r.Tag != "" && r.Template != nil, c.Network == channel.WebChat && special:
		return []string{no}
	case r.Tag != "" && (!taggable(from, by.Kind, r.Tag) || b.now.Before(c.window(from).Ends)):
		return []string{no}
	case b.shut(c, from, by.Kind, r.Tag, r.Template):
		until := c.window(from).Opened.Add(week)
		if !taggable(from, by.Kind, channel.HumanAgentTag) || !b.now.Before(until) {
			until = time.Time{}
		}
		return []string{windowEnded(c.window(from).Ends, until, true)}
	}
	return nil
}

func (b *book) privatelyAnswerable(m *inbox.Message) bool {
	return m.Direction == channel.Incoming && m.PrivateReply.UUID == uuid.Nil && b.now.Before(earlier(m.Time, m.Received).Add(week))
}

func taggable(from inbox.Account, by audit.ActorKind, tag channel.Tag) bool {
	return from.Network == channel.Facebook && tag == channel.HumanAgentTag && by == audit.ActorPerson && from.Has(channel.HumanAgent)
}

// shut reports whether the window keeps a private message in.
func (b *book) shut(c *bookConversation, from inbox.Account, by audit.ActorKind, tag channel.Tag, template *channel.Template) bool {
	if c.Network == channel.WebChat || template != nil || b.now.Before(c.window(from).Ends) {
		return false
	}
	return !taggable(from, by, tag) || !b.now.Before(c.window(from).Opened.Add(week))
}

// window is the window for what goes out from an account: the contact has opened that of the account it wrote to.
func (c *bookConversation) window(from inbox.Account) (w channel.Window) {
	if from.ID == c.Account {
		w = c.Window
	}
	return w
}

// windowEnded is what a closed window says: until when a tag is still good (zero: it is not), and whether a template is.
func windowEnded(ended, tag time.Time, template bool) string {
	return fmt.Sprintf("window ended at %s; tag until %s, template %t", ended.Format(time.RFC3339Nano), tag.Format(time.RFC3339Nano), template)
}

func needs(reason, topic bool) string {
	return fmt.Sprintf("resolving needs a reason: %t, a topic: %t", reason, topic)
}
