package storagetest

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/queue"
	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// draws are the commands that a run may have, by name. Those that are drawn more often stand more often.
var draws = map[string]func(*world, *rapid.T, *tenant) *op{
	"contact writes":       (*world).drawWriting,
	"contact writes again": (*world).drawWriting,
	"contact goes on":      (*world).drawGoingOn,
	"duplicate":            (*world).drawDuplicate,
	"echo":                 (*world).drawEcho,
	"event":                (*world).drawEvent,
	"event about ours":     (*world).drawEvent,
	"reply":                (*world).drawReply,
	"reply again":          (*world).drawReply,
	"start":                (*world).drawStart,
	"set pending":          (*world).drawSetPending,
	"set new":              (*world).drawSetNew,
	"resolve":              (*world).drawResolve,
	"assign":               (*world).drawAssign,
	"topic":                (*world).drawTopic,
	"mark read":            (*world).drawMarkRead,
	"hold":                 (*world).drawHold,
	"note":                 (*world).drawNote,
	"key again":            (*world).drawKeyAgain,
}

// onConversations are the commands that are about a conversation.
var onConversations = []string{"assign", "contact goes on", "hold", "mark read", "note", "reply", "reply again", "resolve", "set new", "set pending",
	"topic"}

// actions draws what this run has of everything that can happen: runs with less of it come to combinations that are rare otherwise.
func (w *world) actions(t *rapid.T) map[string]func(*rapid.T) {
	actions := map[string]func(*rapid.T){}
	add := func(name string, do func(*rapid.T)) {
		if w.with[name] = rapid.IntRange(0, 3).Draw(t, "with "+name) > 0; w.with[name] {
			actions[name] = do
		}
	}
	for _, name := range slices.Sorted(maps.Keys(draws)) {
		add(name, func(t *rapid.T) { w.perform(t, w.draw(t, name, w.drawTenant(t))) })
	}
	add("account", w.changeAccount)
	add("remove account", w.removeAccount)
	add("delete topic", w.deleteTopic)
	add("clock", w.moveClock)
	add("clock again", w.moveClock)
	add("round", w.round)
	add("round again", w.round)
	add("foreign", w.foreign)
	for _, f := range []fault{conflicts, loses, applies, fails, doubts, overtakes} {
		name := "a write " + string(f)
		w.with[name] = rapid.IntRange(0, 3).Draw(t, "with "+name) > 1
	}
	actions["a contact writes"] = func(t *rapid.T) { w.perform(t, w.drawWriting(t, w.tenants[0])) }
	return actions
}

// draw draws a command; where there is nothing yet that it could be about, a contact writes.
func (w *world) draw(t *rapid.T, name string, tn *tenant) *op {
	switch {
	case slices.Contains(onConversations, name) && len(tn.conversations) == 0, name == "duplicate" && len(tn.arrived) == 0,
		name == "key again" && len(tn.keyed) == 0:
		name = "contact writes"
	}
	return draws[name](w, t, tn)
}

func (w *world) drawTenant(t *rapid.T) *tenant {
	if rapid.IntRange(0, 6).Draw(t, "tenant") == 6 {
		return w.tenants[1]
	}
	return w.tenants[0]
}

// drawBox draws a process, and what happens to the writes that a command will make through it.
func (w *world) drawBox(t *rapid.T) *process { return w.boxes[rapid.IntRange(0, 1).Draw(t, "process")] }

// drawFaults draws what happens to the writes of a command.
func (w *world) drawFaults(t *rapid.T, repeat bool) (faults []fault) {
	all := []fault{conflicts, loses, applies, overtakes, fails}
	if repeat {
		all = append(all, doubts)
	}
	for len(faults) < 3 {
		i := rapid.IntRange(0, 12).Draw(t, "fault")
		if i == 0 || i > len(all) || !w.with["a write "+string(all[i-1])] || all[i-1] == overtakes && slices.Contains(faults, overtakes) {
			break
		}
		if faults = append(faults, all[i-1]); all[i-1] == fails || all[i-1] == doubts {
			break
		}
	}
	return faults
}

// pick draws one of a list.
func pick[V any](t *rapid.T, label string, of []V) V {
	return of[rapid.IntRange(0, len(of)-1).Draw(t, label)]
}

// once is true in one of n cases.
func once(t *rapid.T, n int, label string) bool { return rapid.IntRange(0, n-1).Draw(t, label) == n-1 }

// Contacts.

// people are who writes. Their addresses are the same on every network; Kim has two.
var people = [][]string{{"kim", "kim.2"}, {"lee"}, {"mo"}}

func (w *world) drawAccountID(t *rapid.T, tn *tenant) channel.AccountID {
	return pick(t, "account", tn.known)
}

// network is the network of an account that is or was connected, and its name.
func (tn *tenant) nameOf(id channel.AccountID) channel.AccountKey {
	return tn.names[slices.Index(tn.known, id)]
}

func drawPerson(t *rapid.T, n channel.Network) channel.Person {
	who := rapid.IntRange(0, len(people)-1).Draw(t, "person")
	ids := slices.Clone(people[who])
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
	p := channel.Person{Name: people[who][0]}
	for _, id := range ids {
		p.Addresses = append(p.Addresses, channel.Address{Network: n, ID: id})
	}
	if once(t, 8, "tells more") {
		p.Name = pick(t, "name", []string{"", p.Name + " II"})
		p.Attributes = map[string]string{"language": pick(t, "language", []string{"de", "fr"})}
	}
	return p
}

var texts = []string{"Hello", "Where is my parcel?", "Grüß Gott", "❤️", ""}

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
	id := w.drawAccountID(t, tn)
	key := tn.nameOf(id)
	in := channel.Inbound{Account: key, Event: event, ExternalID: tn.drawNewID(t, id), From: drawPerson(t, key.Network), Kind: drawKind(t, key.Network),
		Text: pick(t, "text", texts)}
	in.Paid = in.Kind == channel.AdComment
	if in.Text == "" {
		in.Attach = []channel.Attached{{ID: "attached", Kind: "image"}}
	}
	if key.Network == channel.WebChat || in.Kind.Visibility() == channel.Public {
		in.Thread = pick(t, "thread", []string{"", "", "post"})
	}
	if once(t, 3, "network tells the time") {
		in.Time = w.drawTime(t)
	}
	if once(t, 4, "answers a message") {
		in.ReplyTo = tn.drawID(t, id)
	}
	if key.Network == channel.Facebook && in.Kind == channel.DirectMessage && once(t, 4, "after an ad") {
		in.Opener = channel.ByAd
	}
	return in
}

// drawTime draws a time that a network tells: mostly earlier than now, sometimes by a window's length.
func (w *world) drawTime(t *rapid.T) time.Time {
	ago := pick(t, "ago", []time.Duration{0, time.Second, time.Hour, 24*time.Hour - time.Microsecond, 24 * time.Hour, 6 * 24 * time.Hour, -time.Hour})
	return w.now().Add(-ago)
}

// now is the time as it is stored.
func (w *world) now() time.Time { return w.clock.Now().UTC().Truncate(time.Microsecond) }

// drawNewID draws an external id that no message on the account has; it may be one that something was told about already.
func (tn *tenant) drawNewID(t *rapid.T, account channel.AccountID) string {
	i := rapid.IntRange(1, 9).Draw(t, "external id")
	for ; ; i++ {
		id := fmt.Sprintf("m%d", i)
		if a := tn.arrivals[arrivalName{account, id}]; a == nil || a.message == nil {
			return id
		}
	}
}

// drawID draws an external id that messages on the account have or may have later.
func (tn *tenant) drawID(t *rapid.T, account channel.AccountID) string {
	var ids []string
	for _, c := range tn.conversations {
		for _, m := range c.messages {
			if m.Account == account && m.ExternalID != "" {
				ids = append(ids, m.ExternalID)
			}
		}
	}
	if len(ids) > 0 && !once(t, 4, "has not come") {
		return ids[len(ids)-1-rapid.IntRange(0, len(ids)-1).Draw(t, "which")]
	}
	return fmt.Sprintf("%s%d", pick(t, "whose", []string{"m", "sent-"}), rapid.IntRange(1, 9).Draw(t, "which"))
}

// arriving is the command of something that arrives.
func (w *world) arriving(tn *tenant, in channel.Inbound) *op {
	o := &op{tenant: tn, repeat: in.Event == channel.MessageEvent || in.Event == channel.EchoEvent}
	answered := tn.arrivals[arrivalName{tn.known[slices.Index(tn.names, in.Account)], in.ReplyTo}]
	o.loose = len(in.From.Attributes) > 0 || in.ReplyTo != "" && (answered == nil || answered.message == nil)
	o.words = fmt.Sprintf("%s on account %d: %s", in.Event, slices.Index(tn.names, in.Account), describe(in))
	o.ask = func(ctx context.Context, box *inbox.Inbox) answer {
		r, err := box.Receive(ctx, in)
		return answer{received: r, err: err}
	}
	o.must = func(got answer) (answer, []string) {
		want, refused := tn.receive(in, got.received)
		return answer{received: want}, refused
	}
	return o
}

func describe(in channel.Inbound) string {
	s := fmt.Sprintf("%s from %s by %d addresses, %s%s %q, thread %q", in.ExternalID, who(in), len(in.From.Addresses), in.Kind, in.Opener, in.Text, in.Thread)
	if in.About != "" {
		s = fmt.Sprintf("about %s, %q%s%s, taken back: %t", in.About, in.Text, in.Reaction, in.Receipt, in.Removed)
	}
	if in.ReplyTo != "" {
		s += ", answers " + in.ReplyTo
	}
	if !in.Time.IsZero() {
		s += ", at " + in.Time.Format(time.RFC3339Nano)
	}
	return s
}

func (w *world) drawWriting(t *rapid.T, tn *tenant) *op {
	in := w.drawInbound(t, tn, channel.MessageEvent)
	tn.arrived = append(tn.arrived, in)
	return w.arriving(tn, in)
}

// drawGoingOn draws a message on a thread that there is.
func (w *world) drawGoingOn(t *rapid.T, tn *tenant) *op {
	c := pick(t, "conversation", tn.conversations)
	in := w.drawInbound(t, tn, channel.MessageEvent)
	in.Account = tn.nameOf(c.Account)
	in.Thread, in.Kind = c.thread.key, ourKind(c.Network, c.Visibility)
	in.From = channel.Person{Name: c.thread.identity.contact.name, Addresses: []channel.Address{c.thread.identity.address}}
	in.ExternalID = tn.drawNewID(t, c.Account)
	tn.arrived = append(tn.arrived, in)
	return w.arriving(tn, in)
}

// drawDuplicate draws something that came before: the same, or the same id with other content.
func (w *world) drawDuplicate(t *rapid.T, tn *tenant) *op {
	in := pick(t, "which", tn.arrived)
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
	return w.arriving(tn, in)
}

func (w *world) drawEcho(t *rapid.T, tn *tenant) *op {
	in := w.drawInbound(t, tn, channel.EchoEvent)
	in.Opener = ""
	if once(t, 3, "of ours") {
		in.ExternalID = tn.drawID(t, tn.known[slices.Index(tn.names, in.Account)])
	}
	tn.arrived = append(tn.arrived, in)
	return w.arriving(tn, in)
}

// drawEvent draws an edit, a deletion, a reaction or a receipt.
func (w *world) drawEvent(t *rapid.T, tn *tenant) *op {
	id := w.drawAccountID(t, tn)
	in := channel.Inbound{Account: tn.nameOf(id), About: tn.drawID(t, id)}
	in.Event = pick(t, "event", []channel.Event{channel.ReceiptEvent, channel.ReceiptEvent, channel.EditEvent, channel.EditEvent, channel.ReactionEvent,
		channel.ReactionEvent, channel.DeleteEvent})
	switch in.Event {
	case channel.ReceiptEvent:
		in.Receipt = pick(t, "receipt", []channel.Receipt{channel.Delivered, channel.Read, channel.Failed})
	case channel.EditEvent:
		in.Text = pick(t, "text", []string{"A", "B", "Hello"})
	case channel.ReactionEvent:
		in.Reaction, in.Removed = "👍", rapid.Bool().Draw(t, "taken back")
		in.From = channel.Person{Addresses: []channel.Address{{Network: in.Account.Network, ID: pick(t, "by", []string{"kim", "lee"})}}}
	}
	if rapid.Bool().Draw(t, "network tells the time") {
		in.Time = time.Date(2026, 3, 2, 9, rapid.IntRange(0, 3).Draw(t, "minute"), 0, 0, time.UTC)
	}
	return w.arriving(tn, in)
}

// The desk.

// drawConversation draws one, at times one that does not exist.
func (tn *tenant) drawConversation(t *rapid.T) inbox.ConversationID {
	if once(t, 30, "no such conversation") {
		return inbox.ConversationID{UUID: named("no conversation")}
	}
	return tn.conversations[len(tn.conversations)-1-rapid.IntRange(0, len(tn.conversations)-1).Draw(t, "conversation")].ID
}

// desk is a command at somebody's desk.
type desk struct {
	asked
	options []inbox.CommandOption
	c       *bookConversation // nil: does not exist
}

func (w *world) drawDesk(t *rapid.T, tn *tenant) desk {
	return w.drawDeskOn(t, tn, tn.drawConversation(t))
}

// drawDeskOn draws who asks, and whether only at a revision or under a key.
func (w *world) drawDeskOn(t *rapid.T, tn *tenant, id inbox.ConversationID) desk {
	d := desk{asked: asked{conversation: id, by: pick(t, "actor", actors)}, c: tn.conversation(id)}
	if once(t, 4, "if") && d.c != nil {
		revision := d.c.Revision - int64(pick(t, "behind", []int{0, 0, 1, -1}))
		d.revision = &revision
		d.options = append(d.options, inbox.If(revision))
	}
	if once(t, 4, "under a key") {
		d.key = pick(t, "key", []string{"k1", "k2", "k3"})
		d.options = append(d.options, inbox.Key(d.key))
	}
	return d
}

// at makes the command of what is asked for at a desk.
func (w *world) at(tn *tenant, d desk, words string, ask func(context.Context, *inbox.Desk) (inbox.Result, error),
	must func(a asked, got inbox.Result) (inbox.Result, []string),
) *op {
	revision := ""
	if d.revision != nil {
		revision = fmt.Sprintf(" if at revision %d", *d.revision)
	}
	number := "that does not exist"
	if d.c != nil {
		number = fmt.Sprint(slices.Index(tn.conversations, d.c))
	}
	o := &op{tenant: tn, target: d.conversation, repeat: d.key != ""}
	o.words = fmt.Sprintf("%s %s: %s on conversation %s%s", d.by.Kind, d.by.Name, words, number, revision)
	d.request = o.words
	if d.key != "" {
		o.words += " under key " + d.key
	}
	o.ask = func(ctx context.Context, box *inbox.Inbox) answer {
		r, err := ask(ctx, box.As(d.by))
		return answer{result: r, err: err}
	}
	o.must = func(got answer) (answer, []string) {
		want, refused := must(d.asked, got.result)
		return answer{result: want}, refused
	}
	if d.key != "" && !slices.Contains(tn.keyed, o) {
		tn.keyed = append(tn.keyed, o)
	}
	return o
}

// plain is at for commands that the model decides on the conversation alone.
func (w *world) plain(tn *tenant, d desk, words string, ask func(context.Context, *inbox.Desk) (inbox.Result, error),
	must func(*bookConversation) decided,
) *op {
	return w.at(tn, d, words, ask, func(a asked, _ inbox.Result) (inbox.Result, []string) { return tn.on(a, must) })
}

// drawKeyAgain draws a command that was given before, under its key.
func (w *world) drawKeyAgain(t *rapid.T, tn *tenant) *op {
	return pick(t, "which", tn.keyed)
}

func (w *world) drawSetPending(t *rapid.T, tn *tenant) *op {
	d := w.drawDesk(t, tn)
	return w.plain(tn, d, "set pending", func(ctx context.Context, desk *inbox.Desk) (inbox.Result, error) {
		return desk.SetPending(ctx, d.conversation, d.options...)
	}, tn.setPending)
}

func (w *world) drawSetNew(t *rapid.T, tn *tenant) *op {
	d := w.drawDesk(t, tn)
	return w.plain(tn, d, "set new", func(ctx context.Context, desk *inbox.Desk) (inbox.Result, error) {
		return desk.SetNew(ctx, d.conversation, d.options...)
	}, tn.setNew)
}

func drawResolution(t *rapid.T) (r inbox.Resolve) {
	if once(t, 2, "with a reason") {
		r.Reason = pick(t, "reason", []inbox.ReasonID{solved, solved, old, noReason})
		r.Comment = pick(t, "comment", []string{"", "done"})
	}
	return r
}

func (w *world) drawResolve(t *rapid.T, tn *tenant) *op {
	d, r := w.drawDesk(t, tn), drawResolution(t)
	return w.plain(tn, d, fmt.Sprintf("resolve (reason %s %q)", r.Reason, r.Comment), func(ctx context.Context, desk *inbox.Desk) (inbox.Result, error) {
		return desk.Resolve(ctx, d.conversation, r, d.options...)
	}, func(c *bookConversation) decided { return tn.resolves(c, d.by, r) })
}

func (w *world) drawAssign(t *rapid.T, tn *tenant) *op {
	d := w.drawDesk(t, tn)
	var to inbox.Assignee
	switch rapid.IntRange(0, 3).Draw(t, "to") {
	case 1:
		to.Team = pick(t, "team", []queue.TeamID{team, team, noTeam})
	case 2:
		to.Agent = pick(t, "agent", []inbox.Actor{ann, ben, zoe}).Agent
	case 3:
		to = inbox.Assignee{Agent: pick(t, "agent", []inbox.Actor{ann, ben}).Agent, Team: team}
	}
	words := fmt.Sprintf("assign to agent %s and team %s", to.Agent, to.Team)
	return w.plain(tn, d, words, func(ctx context.Context, desk *inbox.Desk) (inbox.Result, error) {
		if to == (inbox.Assignee{}) {
			return desk.Unassign(ctx, d.conversation, d.options...)
		}
		return desk.Assign(ctx, d.conversation, to, d.options...)
	}, func(c *bookConversation) decided { return tn.assigns(c, d.by, to) })
}

func (w *world) drawTopic(t *rapid.T, tn *tenant) *op {
	d := w.drawDesk(t, tn)
	topic := pick(t, "topic", []inbox.TopicID{delay, price, delay, price, noTopic})
	if once(t, 3, "take away") {
		return w.plain(tn, d, fmt.Sprintf("remove topic %s", topic), func(ctx context.Context, desk *inbox.Desk) (inbox.Result, error) {
			return desk.RemoveTopic(ctx, d.conversation, topic, d.options...)
		}, func(c *bookConversation) decided { return tn.removesTopic(c, topic) })
	}
	return w.plain(tn, d, fmt.Sprintf("add topic %s", topic), func(ctx context.Context, desk *inbox.Desk) (inbox.Result, error) {
		return desk.AddTopic(ctx, d.conversation, topic, d.options...)
	}, func(c *bookConversation) decided { return tn.addsTopic(c, topic) })
}

func (w *world) drawMarkRead(t *rapid.T, tn *tenant) *op {
	d := w.drawDesk(t, tn)
	return w.plain(tn, d, "mark read", func(ctx context.Context, desk *inbox.Desk) (inbox.Result, error) {
		return desk.MarkRead(ctx, d.conversation, d.options...)
	}, tn.marksRead)
}

func (w *world) drawHold(t *rapid.T, tn *tenant) *op {
	d := w.drawDesk(t, tn)
	if d.by.Agent == ben.Agent {
		d.by = bot
	}
	if once(t, 3, "release") {
		return w.plain(tn, d, "release", func(ctx context.Context, desk *inbox.Desk) (inbox.Result, error) {
			return desk.Release(ctx, d.conversation, d.options...)
		}, func(c *bookConversation) decided { return tn.releases(c, d.by) })
	}
	during := pick(t, "during", []time.Duration{time.Minute, time.Hour, 24 * time.Hour})
	return w.plain(tn, d, fmt.Sprintf("hold for %s", during), func(ctx context.Context, desk *inbox.Desk) (inbox.Result, error) {
		return desk.Hold(ctx, d.conversation, during, d.options...)
	}, func(c *bookConversation) decided { return tn.holds(c, d.by, during) })
}

func (w *world) drawNote(t *rapid.T, tn *tenant) *op {
	d := w.drawDesk(t, tn)
	text := pick(t, "text", []string{"Angry", "Calm"})
	if d.c == nil || len(d.c.notes) == 0 || once(t, 3, "another") {
		about := tn.drawMessage(t, d.c)
		return w.at(tn, d, fmt.Sprintf("add note %q about %s", text, about), func(ctx context.Context, desk *inbox.Desk) (inbox.Result, error) {
			return desk.AddNote(ctx, d.conversation, about, text, d.options...)
		}, func(a asked, got inbox.Result) (inbox.Result, []string) {
			return tn.on(a, func(c *bookConversation) decided { return tn.addsNote(c, d.by, about, text, got) })
		})
	}
	note := pick(t, "note", d.c.notes).ID
	if once(t, 3, "delete") {
		return w.plain(tn, d, fmt.Sprintf("delete note %s", note), func(ctx context.Context, desk *inbox.Desk) (inbox.Result, error) {
			return desk.DeleteNote(ctx, d.conversation, note, d.options...)
		}, func(c *bookConversation) decided { return tn.deletesNote(c, d.by, note) })
	}
	return w.plain(tn, d, fmt.Sprintf("edit note %s to %q", note, text), func(ctx context.Context, desk *inbox.Desk) (inbox.Result, error) {
		return desk.EditNote(ctx, d.conversation, note, text, d.options...)
	}, func(c *bookConversation) decided { return tn.editsNote(c, d.by, note, text) })
}

// drawMessage draws a message: mostly none, or one of the conversation, at times one of another.
func (tn *tenant) drawMessage(t *rapid.T, c *bookConversation) inbox.MessageID {
	switch i := rapid.IntRange(0, 5).Draw(t, "message"); {
	case i < 3 || c == nil:
		return inbox.MessageID{}
	case i == 5:
		c = pick(t, "of conversation", tn.conversations)
	}
	if len(c.messages) == 0 {
		return inbox.MessageID{}
	}
	m := c.messages[len(c.messages)-1-rapid.IntRange(0, len(c.messages)-1).Draw(t, "which")]
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
	}
	r.Resolve = drawResolution(t)
	return r
}

func words(r inbox.Reply) string {
	s := fmt.Sprintf("%q", r.Text)
	if r.Template != nil {
		s = "a template"
	}
	return fmt.Sprintf("%s tag %q private %t, then %s (reason %s %q), answers %s from account %s", s, r.Tag, r.Private, r.Then, r.Resolve.Reason,
		r.Resolve.Comment, r.Answers, r.Account)
}

func (w *world) drawReply(t *rapid.T, tn *tenant) *op {
	d, r := w.drawDesk(t, tn), drawText(t)
	r.Answers = tn.drawMessage(t, d.c)
	r.Private = once(t, 6, "in private") || d.c != nil && d.c.Visibility == channel.Public && once(t, 3, "in private")
	if once(t, 6, "from another account") {
		r.Account = w.drawAccountID(t, tn)
	}
	return w.at(tn, d, "reply "+words(r), func(ctx context.Context, desk *inbox.Desk) (inbox.Result, error) {
		return desk.Reply(ctx, d.conversation, r, d.options...)
	}, func(a asked, got inbox.Result) (inbox.Result, []string) {
		return tn.on(a, func(c *bookConversation) decided { return tn.replies(c, d.by, r, got) })
	})
}

func (w *world) drawStart(t *rapid.T, tn *tenant) *op {
	s := inbox.Start{Account: w.drawAccountID(t, tn), Reply: drawText(t)}
	n := tn.nameOf(s.Account).Network
	s.To, s.Kind = drawPerson(t, n), drawKind(t, n)
	s.Thread = pick(t, "thread", []string{"", "", "post"})
	d := w.drawDeskOn(t, tn, inbox.ConversationID{})
	text := fmt.Sprintf("start %s with %v on account %s, thread %q, %s", s.Kind, s.To.Addresses, s.Account, s.Thread, words(s.Reply))
	return w.at(tn, d, text, func(ctx context.Context, desk *inbox.Desk) (inbox.Result, error) {
		return desk.Start(ctx, s, d.options...)
	}, func(a asked, got inbox.Result) (inbox.Result, []string) {
		c, decide := tn.starts(a.by, s, got)
		return tn.command(a, c, decide)
	})
}

// foreign lets one tenant ask for what is another's.
func (w *world) foreign(t *rapid.T) {
	tn, other := w.tenants[0], w.tenants[1]
	o := w.draw(t, pick(t, "command", onConversations), tn)
	if o.repeat || o.target == (inbox.ConversationID{}) || tn.conversation(o.target) == nil {
		return
	}
	t.Logf("tenant %s asks for what is of tenant %s: %s", other.name, tn.name, o.words)
	got := o.ask(t.Context(), w.drawBox(t).For(other.Tenant))
	if why := refusal(got.err); why != "no such conversation" && why != "no such agent" {
		t.Fatalf("the rule: nothing of another tenant is ever read or changed, and a foreign id is answered as a random one\n"+
			"tenant %s asked tenant %s's conversation: got %q, want %q", other.name, tn.name, why, "no such conversation")
	}
	w.compare(t, tn, o.target)
}

// Settings.

// changeAccount changes how an account treats what comes through it, pauses it, resumes it, or connects it again.
func (w *world) changeAccount(t *rapid.T) {
	tn := w.drawTenant(t)
	id := w.drawAccountID(t, tn)
	a, connected := tn.accounts[id]
	box := w.drawBox(t)
	system := box.For(tn.Tenant).As(inbox.System)
	var err error
	var saved inbox.Account
	switch how := pick(t, "how", []string{"change", "pause", "resume", "connect"}); {
	case how == "change" || how == "connect":
		key := tn.nameOf(id)
		if !connected && tn.accountNamed(key) == nil && how == "connect" && once(t, 2, "under a new id") {
			id = channel.AccountID{UUID: w.ids.next()}
			tn.known, tn.names = append(tn.known, id), append(tn.names, key)
		}
		a = w.drawAccount(t, inbox.Account{Account: channel.Account{ID: id, AccountKey: key}, Paused: a.Paused})
		t.Logf("account %d is set up: after a reply %s, no auto-assignment %t, reopen within %s, granted %v, resolving needs %+v", slices.Index(tn.known, id),
			a.AfterReply, a.NoAutoAssign, a.ReopenWithin, a.Features, a.Require)
		if taken := tn.accountNamed(key); taken != nil && taken.ID != id {
			if _, err = system.SaveAccount(t.Context(), a); refusal(err) != "taken: account" {
				t.Fatalf("the rule: the network's name for an account belongs to one account\ngot %v", err)
			}
			return
		}
		saved, err = system.SaveAccount(t.Context(), a)
	case how == "pause":
		a.Paused = true
		t.Logf("account %d is paused", slices.Index(tn.known, id))
		saved, err = system.PauseAccount(t.Context(), id)
	default:
		a.Paused = false
		t.Logf("account %d goes on", slices.Index(tn.known, id))
		saved, err = system.ResumeAccount(t.Context(), id)
	}
	if a.ID == (channel.AccountID{}) {
		if refusal(err) != "no such account" {
			t.Fatalf("the rule: an account that is not connected cannot be paused or resumed\ngot %v", err)
		}
		return
	}
	saved.Version, a.Version = 0, 0
	if err != nil || !equal(saved, a) {
		t.Fatalf("the rule: an account can be set up, paused and resumed at any time, from any process\ngot error %v\n%s", err,
			differences("the account", reflect.ValueOf(saved), reflect.ValueOf(a), nil))
	}
	if before, was := tn.accounts[id]; !was || !equal(before, a) {
		tn.settings++
	}
	tn.accounts[id] = a
}

// again calls do until no write fails any more: what was interrupted goes on when it is called again.
func again(p *process, do func() error) error {
	err := do()
	if fired := p.store.calm(); slices.Contains(fired, fails) {
		if why := refusal(err); why != "the store is down" && why != "nobody knows" {
			return fmt.Errorf("a write failed, but the answer is %w", err)
		}
		return do()
	}
	return err
}

// removeAccount disconnects an account and keeps or resolves what is open on it.
func (w *world) removeAccount(t *rapid.T) {
	tn := w.drawTenant(t)
	if !once(t, 3, "really") {
		return
	}
	id := w.drawAccountID(t, tn)
	open := pick(t, "open ones", []inbox.Open{inbox.KeepOpen, inbox.ResolveOpen})
	r := drawResolution(t)
	box := w.drawBox(t)
	box.store.commits = slices.DeleteFunc(w.drawFaults(t, false), func(f fault) bool { return f == overtakes })
	t.Logf("account %d is removed, open conversations: %s (reason %s)", slices.Index(tn.known, id), open, r.Reason)
	err := again(box, func() error { return box.For(tn.Tenant).As(inbox.System).RemoveAccount(t.Context(), id, open, r) })
	if r.Reason.UUID != uuid.Nil && !tn.reasons[r.Reason] {
		if refusal(err) != "no such reason" {
			t.Fatalf("the rule: a reason that is not offered cannot be chosen\ngot %v", err)
		}
		return
	}
	if err != nil {
		t.Fatalf("the rule: an account can be removed, and again\ngot %v", err)
	}
	if _, connected := tn.accounts[id]; connected {
		tn.settings++
	}
	delete(tn.accounts, id)
	tn.now = w.now()
	for _, c := range tn.conversations {
		if c.Account == id && isOpen(c) && open == inbox.ResolveOpen {
			tn.resolve(c, r)
			tn.end()
			w.compare(t, tn, c.ID)
		}
	}
}

// deleteTopic removes a topic, also from the conversations that have it, or makes it known again.
func (w *world) deleteTopic(t *rapid.T) {
	tn := w.drawTenant(t)
	topic := pick(t, "topic", []inbox.TopicID{delay, price})
	box := w.drawBox(t)
	box.store.commits = slices.DeleteFunc(w.drawFaults(t, false), func(f fault) bool { return f == overtakes })
	system := box.For(tn.Tenant).As(inbox.System)
	if !tn.topics[topic] {
		t.Logf("topic %s is there again", topic)
		if err := again(box, func() error {
			_, err := system.SaveTopic(t.Context(), inbox.Topic{ID: topic, Name: topic.String()})
			return err
		}); err != nil {
			t.Fatalf("the rule: a topic that was deleted can be saved again\ngot %v", err)
		}
		tn.topics[topic] = true
		tn.settings++
		return
	}
	t.Logf("topic %s is deleted", topic)
	if err := again(box, func() error { return system.DeleteTopic(t.Context(), topic) }); err != nil {
		t.Fatalf("the rule: a topic can be deleted\ngot %v", err)
	}
	tn.now = w.now()
	delete(tn.topics, topic)
	tn.settings++
	for _, c := range tn.conversations {
		if i := slices.Index(c.Topics, topic); i >= 0 {
			c.Topics = slices.Delete(slices.Clone(c.Topics), i, i+1)
			tn.fact(c, inbox.TopicRemoved)
			tn.end()
			w.compare(t, tn, c.ID)
		}
	}
}

// The clock.

// moveClock moves the clock: by nothing, by a microsecond, by days, back, or to the edge of something that happens at a time.
func (w *world) moveClock(t *rapid.T) {
	by := pick(t, "by", []time.Duration{time.Minute, time.Second, 5 * time.Minute, time.Hour, 23 * time.Hour, 24 * time.Hour, 7 * 24 * time.Hour, 0,
		time.Microsecond, 300 * time.Nanosecond, -time.Second, -time.Hour, -24 * time.Hour, -1})
	if by == -1 {
		at := pick(t, "edge", append(w.edges(), w.now())).Add(pick(t, "beside", []time.Duration{0, -time.Microsecond, time.Microsecond}))
		by = at.Sub(w.clock.Now())
	}
	w.clock.add(by)
	t.Logf("it is %s", w.now().Format(time.RFC3339Nano))
}

// edges are the times at which something happens: a window ends, work that waits is due, a conversation can no longer be reopened.
func (w *world) edges() (at []time.Time) {
	for _, tn := range w.tenants {
		for _, d := range tn.dues {
			at = append(at, d.ready())
		}
		for _, c := range tn.conversations {
			if !c.Window.Ends.IsZero() {
				at = append(at, c.Window.Ends, c.Window.Opened.Add(7*24*time.Hour))
			}
			if within := tn.account(c).ReopenWithin; within > 0 && c.State == inbox.StateResolved {
				at = append(at, c.Resolved.Add(within))
			}
			if c.Hold.Bot != "" {
				at = append(at, c.Hold.Until)
			}
		}
	}
	return at
}
