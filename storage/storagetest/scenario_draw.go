package storagetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/queue"
	"pgregory.net/rapid"
)

// draws are the ops that a run may have, by name. Those that are drawn more often stand more often.
var draws = map[string]func(*world, *rapid.T, *tenant) *op{
	"contact writes":       (*world).drawWriting,
	"contact writes again": (*world).drawWriting,
	"contact goes on":      (*world).drawGoingOn,
	"duplicate":            (*world).drawDuplicate,
	"echo":                 (*world).drawEcho,
	"event":                (*world).drawEvent,
	"event about ours":     (*world).drawEventAboutOurs,
	"start":                (*world).drawStart,
	"key again":            func(_ *world, t *rapid.T, tn *tenant) *op { return pick(t, "which", tn.keyed) },

	"set pending": drawing("set pending", func(*rapid.T, *tenant, *command) {}),
	"set new":     drawing("set new", func(*rapid.T, *tenant, *command) {}),
	"mark read":   drawing("mark read", func(*rapid.T, *tenant, *command) {}),
	"resolve":     drawing("resolve", func(t *rapid.T, _ *tenant, q *command) { q.resolve = drawResolve(t) }),
	"assign":      drawing("assign", drawAssign),
	"topic":       drawing("add topic", drawTopic),
	"hold":        drawing("hold", drawHold),
	"note":        drawing("add note", drawNote),
	"reply":       drawing("reply", drawReply),
	"reply again": drawing("reply", drawReply),
	"note again":  drawing("add note", drawNote),
}

// onConversations are those of them that are about a conversation.
var onConversations = []string{"assign", "contact goes on", "hold", "mark read", "note", "note again", "reply", "reply again",
	"resolve", "set new", "set pending", "topic"}

// draw draws an op; where there is nothing yet that it could be about, a contact writes.
func (w *world) draw(t *rapid.T, name string, tn *tenant) *op {
	if slices.Contains(onConversations, name) && len(tn.conversations) == 0 || name == "duplicate" && len(tn.arrived) == 0 ||
		name == "key again" && len(tn.keyed) == 0 {
		return w.drawWriting(t, tn)
	}
	return draws[name](w, t, tn)
}

// pick draws one of a list.
func pick[V any](t *rapid.T, label string, of []V) V {
	return of[rapid.IntRange(0, len(of)-1).Draw(t, label)]
}

// newest is pick for lists of which the last is the likeliest to be interesting.
func newest[V any](t *rapid.T, label string, of []V) V {
	return of[len(of)-1-rapid.IntRange(0, len(of)-1).Draw(t, label)]
}

// once is true in one of n cases.
func once(t *rapid.T, n int, label string) bool {
	return rapid.IntRange(0, n-1).Draw(t, label) == n-1
}

func (w *world) drawTenant(t *rapid.T) *tenant {
	if once(t, 7, "tenant two") {
		return w.tenants[1]
	}
	return w.tenants[0]
}

// What arrives.

// people are who writes. Their addresses are the same on every network; Kim has two.
var people = [][]string{{"kim", "kim.2"}, {"lee"}, {"mo"}}

func (w *world) drawPerson(t *rapid.T, n channel.Network) channel.Person {
	ids := slices.Clone(pick(t, "person", people[:w.people]))
	p := channel.Person{Name: ids[0]}
	if len(ids) > 1 {
		switch rapid.IntRange(0, 3).Draw(t, "addresses") {
		case 0:
			ids = ids[:1]
		case 1:
			ids = ids[1:]
		case 2:
			slices.Reverse(ids)
		}
	}
	for _, id := range ids {
		p.Addresses = append(p.Addresses, channel.Address{Network: n, ID: id})
	}
	if w.silent {
		p.Name = ""
	} else if once(t, 8, "tells more") {
		p.Name = pick(t, "name", []string{"", p.Name + " II"})
		p.Attributes = map[string]string{"language": pick(t, "language", []string{"de", "fr"})}
	}
	return p
}

// drawKind draws a kind of message that a network has.
func drawKind(t *rapid.T, n channel.Network) channel.Kind {
	switch n {
	case channel.WebChat:
		return channel.ChatMessage
	case channel.Facebook:
		return pick(t, "kind", []channel.Kind{channel.DirectMessage, channel.Comment, channel.AdComment, channel.Post})
	}
	return channel.DirectMessage
}

// drawInbound draws a message, or an echo of one, on an account.
func (w *world) drawInbound(t *rapid.T, tn *tenant, event channel.Event) channel.Inbound {
	i := rapid.IntRange(0, len(tn.known)-1).Draw(t, "account")
	id, key := tn.known[i], tn.names[i]
	in := channel.Inbound{Account: key, Event: event, ExternalID: tn.drawNewID(t, id), From: w.drawPerson(t, key.Network),
		Kind: drawKind(t, key.Network), Text: pick(t, "text", []string{"Hello", "Where is my parcel?", "Grüß Gott", "❤️", ""})}
	in.Paid = in.Kind == channel.AdComment
	if in.Text == "" {
		in.Attach = []channel.Attached{{ID: "attached", Kind: "image"}}
	}
	if key.Network == channel.WebChat || in.Kind.Visibility() == channel.Public {
		in.Thread = pick(t, "thread", []string{"", "", "post"})
	}
	if once(t, 3, "network tells the time") { // mostly one that is past, sometimes by a window's length
		ago := []time.Duration{0, time.Second, time.Hour, day - time.Microsecond, day, 6 * day, -time.Hour}
		in.Time = w.now().Add(-pick(t, "ago", ago))
	}
	if once(t, 4, "answers a message") {
		in.ReplyTo = tn.drawID(t, id)
	}
	if key.Network == channel.Facebook && in.Kind == channel.DirectMessage && once(t, 4, "after an ad") {
		in.Opener = channel.ByAd
	}
	return in
}

// drawNewID draws an external id that no message on the account has; it may be one that something was told about already.
func (tn *tenant) drawNewID(t *rapid.T, account channel.AccountID) string {
	for i := rapid.IntRange(1, 9).Draw(t, "external id"); ; i++ {
		id := fmt.Sprintf("m%d", i)
		if a := tn.arrivals[arrivalName{account, id}]; a == nil || a.message == nil {
			return id
		}
	}
}

// drawID draws an external id that messages on the account have or may have later.
func (tn *tenant) drawID(t *rapid.T, account channel.AccountID) string {
	ids := tn.externalIDs(func(m *inbox.Message) bool { return m.Account == account })
	if len(ids) > 0 && !once(t, 4, "has not come") {
		return newest(t, "which", ids).externalID
	}
	return fmt.Sprintf("%s%d", pick(t, "whose", []string{"m", "sent-"}), rapid.IntRange(1, 9).Draw(t, "number"))
}

// externalIDs are what networks call the messages that are wanted.
func (tn *tenant) externalIDs(wanted func(*inbox.Message) bool) (names []arrivalName) {
	for _, c := range tn.conversations {
		for _, m := range c.messages {
			if m.ExternalID != "" && wanted(m) {
				names = append(names, arrivalName{m.Account, m.ExternalID})
			}
		}
	}
	return names
}

func (w *world) drawWriting(t *rapid.T, tn *tenant) *op {
	return tn.arrivingFirst(w.drawInbound(t, tn, channel.MessageEvent))
}

// arrivingFirst is arriving for what may come again.
func (tn *tenant) arrivingFirst(in channel.Inbound) *op {
	tn.arrived = append(tn.arrived, in)
	return tn.arriving(in)
}

// drawGoingOn draws a message on a thread that there is.
func (w *world) drawGoingOn(t *rapid.T, tn *tenant) *op {
	return w.goingOn(t, tn, newest(t, "conversation", tn.conversations))
}

// goingOn is a message of the contact on the conversation's thread.
func (w *world) goingOn(t *rapid.T, tn *tenant, c *bookConversation) *op {
	in := w.drawInbound(t, tn, channel.MessageEvent)
	in.Account = tn.nameOf(c.Account)
	in.Thread, in.Kind = c.thread.key, ourKind(c.Network, c.Visibility)
	in.From = channel.Person{Name: c.thread.identity.contact.name, Addresses: []channel.Address{c.thread.identity.address}}
	in.ExternalID = tn.drawNewID(t, c.Account)
	return tn.arrivingFirst(in)
}

// nameOf is what the network calls an account that is or was connected.
func (tn *tenant) nameOf(id channel.AccountID) channel.AccountKey {
	return tn.names[slices.Index(tn.known, id)]
}

// drawDuplicate draws something that came before: the same, or the same id with other content.
func (w *world) drawDuplicate(t *rapid.T, tn *tenant) *op {
	in := newest(t, "which", tn.arrived)
	switch rapid.IntRange(0, 6).Draw(t, "differs in") {
	case 1:
		in.Text = pick(t, "text", []string{"Other", "Another", in.Text + " "})
	case 2:
		in.From = channel.Person{Name: "nobody", Addresses: []channel.Address{{Network: in.Account.Network, ID: "nobody"}}}
	case 3:
		in.Attach = []channel.Attached{{ID: "other", Kind: "image"}}
	case 4:
		in.Kind = drawKind(t, in.Account.Network)
	case 5:
		in.Time, in.Thread = w.now(), "elsewhere"
	}
	return tn.arriving(in)
}

func (w *world) drawEcho(t *rapid.T, tn *tenant) *op {
	in := w.drawInbound(t, tn, channel.EchoEvent)
	in.Opener = ""
	if once(t, 3, "of ours") {
		in.ExternalID = tn.drawID(t, tn.known[slices.Index(tn.names, in.Account)])
	}
	return tn.arrivingFirst(in)
}

// drawEvent draws an edit, a deletion, a reaction or a receipt.
func (w *world) drawEvent(t *rapid.T, tn *tenant) *op {
	id := pick(t, "account", tn.known)
	return tn.drawEventAbout(t, arrivalName{id, tn.drawID(t, id)}, channel.ReceiptEvent, channel.EditEvent, channel.EditEvent, channel.ReactionEvent,
		channel.ReactionEvent, channel.DeleteEvent)
}

// drawEventAboutOurs is drawEvent for the messages that we have sent.
func (w *world) drawEventAboutOurs(t *rapid.T, tn *tenant) *op {
	sent := tn.externalIDs(func(m *inbox.Message) bool { return m.Direction == channel.Outgoing })
	if len(sent) == 0 {
		return w.drawEvent(t, tn)
	}
	return tn.drawEventAbout(t, newest(t, "message", sent), channel.ReceiptEvent, channel.ReceiptEvent, channel.ReceiptEvent, channel.EditEvent,
		channel.ReactionEvent, channel.DeleteEvent)
}

func (tn *tenant) drawEventAbout(t *rapid.T, name arrivalName, events ...channel.Event) *op {
	in := channel.Inbound{Account: tn.nameOf(name.account), About: name.externalID, Event: pick(t, "event", events)}
	switch in.Event {
	case channel.ReceiptEvent:
		in.Receipt = pick(t, "receipt", []channel.Receipt{channel.Delivered, channel.Read, channel.Failed})
	case channel.EditEvent:
		in.Text = pick(t, "text", []string{"A", "B", "Hello"})
	case channel.ReactionEvent:
		in.Reaction, in.Removed = "👍", rapid.Bool().Draw(t, "taken back")
		in.From = channel.Person{Addresses: []channel.Address{{Network: in.Account.Network, ID: pick(t, "by", []string{"kim", "lee"})}}}
	}
	if rapid.Bool().Draw(t, "network tells the time") { // few times, so that they meet
		in.Time = time.Date(2026, 3, 2, 9, rapid.IntRange(0, 3).Draw(t, "minute"), 0, 0, time.UTC)
	}
	return tn.arriving(in)
}

// What is done at a desk.

// drawing makes the draw of a command on a conversation: who, on which, only at a revision or under a key, and the rest.
func drawing(name string, rest func(*rapid.T, *tenant, *command)) func(*world, *rapid.T, *tenant) *op {
	return func(w *world, t *rapid.T, tn *tenant) *op {
		q := w.drawCommand(t, name)
		c := newest(t, "conversation", tn.conversations)
		q.conversation = c.ID
		if once(t, 30, "no such conversation") {
			q.conversation = noConversation
		}
		if once(t, 4, "if") {
			q.revision = c.Revision - pick(t, "behind", []int64{0, 0, 1, -1})
		}
		rest(t, tn, &q)
		return q.op(tn)
	}
}

func (w *world) drawCommand(t *rapid.T, name string) command {
	q := command{name: name, by: pick(t, "actor", actors), revision: -1, key: w.key}
	if q.key == "" && once(t, 4, "under a key") {
		q.key = pick(t, "key", []string{"k1", "k2", "k3"})
	}
	return q
}

func drawResolve(t *rapid.T) (r inbox.Resolve) {
	if once(t, 2, "with a reason") {
		r.Reason = pick(t, "reason", []inbox.ReasonID{solved, solved, old, noReason})
		r.Comment = pick(t, "comment", []string{"", "done"})
	}
	return r
}

func drawAssign(t *rapid.T, _ *tenant, q *command) {
	agents := []queue.AgentID{ann.Agent, ben.Agent, zoe.Agent}
	switch rapid.IntRange(0, 3).Draw(t, "to") {
	case 1:
		q.to.Team = pick(t, "team", []queue.TeamID{team, team, noTeam})
	case 2:
		q.to.Agent = pick(t, "agent", agents)
	case 3:
		q.to = inbox.Assignee{Agent: pick(t, "agent", agents[:2]), Team: team}
	}
}

func drawTopic(t *rapid.T, _ *tenant, q *command) {
	if once(t, 3, "remove") {
		q.name = "remove topic"
	}
	q.topic = pick(t, "topic", []inbox.TopicID{delay, price, delay, price, noTopic})
}

func drawHold(t *rapid.T, _ *tenant, q *command) {
	if q.by.Agent == ben.Agent {
		q.by = bot // more often one who may
	}
	if once(t, 3, "release") {
		q.name = "release"
		return
	}
	q.during = pick(t, "during", []time.Duration{time.Minute, time.Hour, day})
}

func drawNote(t *rapid.T, tn *tenant, q *command) {
	noted := slices.DeleteFunc(slices.Clone(tn.conversations), func(c *bookConversation) bool { return len(c.notes) == 0 })
	if len(noted) > 0 && !once(t, 3, "anywhere") {
		q.conversation, q.revision = newest(t, "conversation", noted).ID, -1
	}
	c := tn.conversation(q.conversation)
	q.text = pick(t, "text", []string{"Angry", "Calm"})
	if c == nil || len(c.notes) == 0 || once(t, 4, "add") {
		q.about = drawMessage(t, tn, c)
		return
	}
	q.note = newest(t, "note", c.notes).ID
	if q.name = "edit note"; once(t, 3, "delete") {
		q.name, q.text = "delete note", ""
	}
}

// drawMessage draws a message: mostly none, or one of the conversation, at times one of another.
func drawMessage(t *rapid.T, tn *tenant, c *bookConversation) inbox.MessageID {
	switch i := rapid.IntRange(0, 5).Draw(t, "message"); {
	case i < 3 || c == nil:
		return inbox.MessageID{}
	case i == 5:
		c = newest(t, "of conversation", tn.conversations)
	}
	m := newest(t, "which", c.messages)
	if m.Direction == channel.Outgoing && m.Visibility != c.Visibility {
		return inbox.MessageID{}
	}
	return m.ID
}

// drawText draws what is written, and by what permission of the network.
func drawText(t *rapid.T) (r inbox.Reply) {
	r.Text = pick(t, "text", []string{"On its way.", "Sorry!", "Danke schön"})
	switch rapid.IntRange(0, 9).Draw(t, "as") {
	case 8:
		r.Tag = channel.HumanAgentTag
	case 9:
		r.Text, r.Template = "", &channel.Template{Name: "update", Language: "en"}
	}
	if once(t, 3, "then") {
		r.Then = pick(t, "state", []inbox.State{inbox.StateNew, inbox.StatePending, inbox.StateResolved})
		r.Resolve = drawResolve(t)
	}
	return r
}

func drawReply(t *rapid.T, tn *tenant, q *command) {
	c := tn.conversation(q.conversation)
	q.reply = drawText(t)
	q.reply.Answers = drawMessage(t, tn, c)
	q.reply.Private = once(t, 6, "in private") || c != nil && c.Visibility == channel.Public && once(t, 3, "in private")
	if once(t, 6, "from another account") {
		q.reply.Account = pick(t, "account", tn.known)
	}
}

func (w *world) drawStart(t *rapid.T, tn *tenant) *op {
	q := w.drawCommand(t, "start")
	i := rapid.IntRange(0, len(tn.known)-1).Draw(t, "account")
	n := tn.names[i].Network
	q.start = inbox.Start{Account: tn.known[i], To: w.drawPerson(t, n), Kind: drawKind(t, n), Thread: pick(t, "thread", []string{"", "", "post"}),
		Reply: drawText(t)}
	return q.op(tn)
}
