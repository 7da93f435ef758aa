package inbox

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/channel"
	"github.com/google/uuid"
)

// Reply is what somebody writes to a contact.
type Reply struct {
	Text     string             `json:"text,omitempty"`
	Attach   []channel.Attached `json:"attach,omitempty"`
	Template *channel.Template  `json:"template,omitempty"` // an approved text, instead of Text
	Account  channel.AccountID  `json:"account,omitzero"`   // from which account; zero: the one the contact wrote to
	Answers  MessageID          `json:"answers,omitzero"`   // which message it answers; zero: none, in public the contact's newest
	Private  bool               `json:"private,omitempty"`  // answers a public message in private
	Tag      channel.Tag        `json:"tag,omitempty"`      // the network's permission to write outside its window
	Then     State              `json:"then,omitzero"`      // where it leads; zero: as the account says
	Resolve  Resolve            `json:"resolve,omitzero"`   // the reason, where it leads to Resolved
}

// Reply writes to the contact. The message is queued with the command and sent by Run or Tick.
//
// A person's reply to a conversation that no agent has assigns it to that person, and leads to where the account says (Pending
// unless set otherwise); a bot's changes nothing unless Then says so. Where the network does not let it out, the error is a
// *channel.WindowClosedError or a *channel.NotAllowedError and nothing is written.
func (d *Desk) Reply(ctx context.Context, id ConversationID, r Reply, options ...CommandOption) (Result, error) {
	w, err := r.check()
	if err != nil {
		return Result{}, err
	}
	c := d.on("reply", id, r, func(x *decision) error { return x.reply(w, channel.Reply) })
	c.ref.Message = r.Answers
	c.ref.Asked = r.Answers.UUID == uuid.Nil
	c.needs = func(s *Snapshot) ([]need, error) { return w.needs(s.object()), d.sender(ctx, w) }
	return d.do(ctx, c, options)
}

// Start is what somebody writes first.
type Start struct {
	Account channel.AccountID `json:"account"`
	To      channel.Person    `json:"to"`               // at least one address, the first one of the account's network
	Kind    channel.Kind      `json:"kind,omitempty"`   // empty: what is private on the network
	Thread  string            `json:"thread,omitempty"` // as in channel.Inbound
	Reply   `json:"reply"`
}

// Start writes to somebody first: it begins a conversation that is Pending, or returns the thread's resolved one to Pending.
// Where the thread has an open conversation, starting is a reply to it. The network's rules decide whether it may.
func (d *Desk) Start(ctx context.Context, s Start, options ...CommandOption) (Result, error) {
	w, err := s.Reply.check()
	if err != nil {
		return Result{}, err
	}
	c := &command{name: "start", request: s, actor: d.actor, ref: Ref{Message: s.Answers, Asked: s.Answers.UUID == uuid.Nil}}
	network, err := d.networkOf(ctx, s.Account)
	if err != nil { // unless it was done, and its key is asked for
		c.decide = func(*decision) error { return err }
		return d.do(ctx, c, options)
	}
	if s.Kind == "" {
		s.Kind = channel.ReplyKind(network, channel.Private)
	}
	a := arrival{in: channel.Inbound{Account: channel.AccountKey{Network: network}, Event: channel.EchoEvent, From: s.To, Kind: s.Kind,
		Thread: s.Thread, ExternalID: "-"}, account: s.Account}
	if err := a.check(); err != nil {
		return Result{}, err
	}
	if a.in.From.Addresses[0].Network != network {
		return Result{}, &InputError{Field: "to", Problem: "does not begin with an address of the account's network"}
	}
	ref := a.ref()
	ref.ExternalID = ""
	c.ref.Arrival = ref
	c.needs = func(snap *Snapshot) ([]need, error) {
		o := snap.object()
		o.Account, o.Visibility = s.Account, ref.Visibility
		if err := d.inSight(ctx, s.Account); err != nil {
			return nil, err
		}
		return w.needs(o), d.sender(ctx, w)
	}
	c.decide = func(x *decision) error { return x.start(a, w) }
	return d.do(ctx, c, options)
}

// networkOf returns the network of a connected account that the actor sees.
func (d *Desk) networkOf(ctx context.Context, id channel.AccountID) (channel.Network, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	a, err := d.box.account(ctx, id)
	if err != nil {
		return "", err
	}
	return a.Network, d.inSight(ctx, id)
}

// sender refuses to write from an account that the actor does not see.
func (d *Desk) sender(ctx context.Context, r Reply) error {
	if r.Account.UUID == uuid.Nil {
		return nil
	}
	return d.inSight(ctx, r.Account)
}

// inSight refuses accounts that the actor does not see.
func (d *Desk) inSight(ctx context.Context, id channel.AccountID) error {
	sight, err := d.box.sight(ctx, d.actor)
	if err == nil && !sight.Sees(id) {
		err = &MissingError{What: "account"}
	}
	return err
}

// account finds a connected account by its id.
func (b *Inbox) account(ctx context.Context, id channel.AccountID) (*Account, error) {
	s := b.cached()
	if s == nil || s.accounts[id] == nil {
		var err error
		if s, err = b.readSettings(ctx); err != nil {
			return nil, err
		}
	}
	if a := s.accounts[id]; a != nil {
		return a, nil
	}
	return nil, &MissingError{What: "account"}
}

// start decides a Start.
func (x *decision) start(a arrival, w Reply) error {
	if x.set.accounts[a.account] == nil {
		return &MissingError{What: "account"}
	}
	if c := &x.snap.Conversation; c.Version > 0 && c.State != StateResolved {
		return x.reply(w, channel.Reply)
	}
	x.person(a.in.From, false)
	x.thread(a.account, a.in.Kind.Visibility(), a.in.Thread)
	if _, err := x.reach(a.account, AgentStarts); err != nil {
		return err
	}
	return x.reply(w, channel.Start)
}

// check normalises what is written and refuses what can never be sent.
func (r Reply) check() (Reply, error) {
	r.Text = cleaned(r.Text)
	if len(r.Text) > channel.MaxText {
		return r, &InputError{Field: "text", Problem: "is longer than channel.MaxText"}
	}
	if strings.TrimSpace(r.Text) == "" && len(r.Attach) == 0 && r.Template == nil {
		return r, &InputError{Field: "text", Problem: "is empty"}
	}
	if len(r.Attach) > maxAttached {
		return r, &InputError{Field: "attachment", Problem: fmt.Sprintf("is one of more than %d", maxAttached)}
	}
	if err := identifier("tag", string(r.Tag), true); err != nil {
		return r, err
	}
	if err := r.Resolve.check(); err != nil {
		return r, err
	}
	if r.Template != nil && r.Text != "" {
		return r, &InputError{Field: "template", Problem: "stands beside a text: a message is one or the other"}
	}
	for _, a := range r.Attach {
		if err := attachable(a); err != nil {
			return r, err
		}
	}
	r.Attach = cleanedAttachments(r.Attach)
	if r.Template != nil {
		t, err := filled(*r.Template)
		if err != nil {
			return r, err
		}
		r.Template = &t
	}
	return r, nil
}

// attachable refuses attachments that are none, or that no store should keep.
func attachable(a channel.Attached) error {
	switch {
	case a.ID == "" && a.URL == "":
		return &InputError{Field: "attachment", Problem: "has neither id nor URL"}
	case len(a.URL) > maxURL:
		return &InputError{Field: "attachment", Problem: "has a URL of more than 8,192 bytes"}
	case max(len(a.Kind), len(a.Name), len(a.Type)) > maxIdentifier:
		return &InputError{Field: "attachment", Problem: "has a kind, name or type of more than 512 bytes"}
	}
	return identifier("attachment", a.ID, true)
}

// filled normalises a template and refuses one that can never be sent.
func filled(t channel.Template) (channel.Template, error) {
	size := 0
	clean := channel.Template{Name: t.Name, Language: cleaned(t.Language)}
	for name, value := range t.Values {
		if clean.Values == nil {
			clean.Values = map[string]string{}
		}
		clean.Values[cleaned(name)] = cleaned(value)
		size += len(name) + len(value)
	}
	if size+len(t.Language) > channel.MaxText {
		return t, &InputError{Field: "template", Problem: "is longer than channel.MaxText"}
	}
	return clean, identifier("template", t.Name, false)
}

// needs returns the permission to write, in public or in private, from the account that it goes out from.
func (r Reply) needs(o Object) []need {
	p := MayReplyPublic
	if r.Private || o.Visibility == channel.Private {
		p = MayReplyPrivate
	}
	from := o
	if r.Account.UUID != uuid.Nil {
		from.Account = r.Account
	}
	needs := []need{{p, from}}
	if r.Then == StateResolved {
		needs = append(needs, need{MayManage, o})
	}
	return needs
}

// reply decides what somebody writes. as is Reply, or Start where nobody wrote before.
func (x *decision) reply(r Reply, as channel.Action) error {
	acc, err := x.from(r)
	if err != nil {
		return err
	}
	about, err := x.answered(r)
	if err != nil {
		return err
	}
	if err := x.permitted(r, as, acc, about); err != nil {
		return err
	}
	if err := x.free(); err != nil && x.actor.Kind != audit.ActorPerson {
		return err
	}
	x.write(r, acc, about)
	return x.afterReply(r, as)
}

// from returns the account that a reply goes out from.
func (x *decision) from(r Reply) (Account, error) {
	own := x.account()
	if r.Account.UUID == uuid.Nil || r.Account == own.ID {
		if x.set.accounts[own.ID] == nil {
			return own, &MissingError{What: "account"}
		}
		return own, nil
	}
	other := x.set.accounts[r.Account]
	switch {
	case other == nil:
		return own, &MissingError{What: "account"}
	case other.Network != own.Network || !own.Network.SharesAddresses():
		return own, &InputError{Field: "account", Problem: "does not reach the contact by the identity of this conversation"}
	}
	return *other, nil
}

// answered returns the message that a reply answers, nil if none.
func (x *decision) answered(r Reply) (*Message, error) {
	c := &x.snap.Conversation
	if r.Answers.UUID == uuid.Nil {
		if c.Visibility == channel.Public {
			return x.newest()
		}
		return nil, nil
	}
	m := x.snap.message(r.Answers)
	if m == nil || m.Conversation != c.ID {
		return nil, &MissingError{What: "message"}
	}
	return m, nil
}

// newest returns the contact's newest message, nil if there is none. Nobody can answer one in public that is gone.
func (x *decision) newest() (*Message, error) {
	m := x.snap.message(x.snap.Conversation.Asked)
	if m != nil && (m.Status() == Deleted || m.Status() == Erased) {
		return nil, &InputError{Field: "answers", Problem: "is missing, and the contact's newest message was taken back"}
	}
	return m, nil
}

// permitted asks the network's rules.
func (x *decision) permitted(r Reply, as channel.Action, acc Account, about *Message) error {
	q := channel.Question{Account: acc.Account, Author: x.actor.author(), Action: as, Window: x.window(acc.ID), Tag: r.Tag,
		Template: r.Template != nil, Now: x.now}
	if about != nil {
		q.Message = channel.Target{Kind: about.Kind, Direction: about.Direction, At: earlier(about.Time, about.Received),
			Summoned: about.Summoned, Answered: about.PrivateReply.UUID != uuid.Nil}
	} else {
		q.Message.Kind = channel.ReplyKind(acc.Network, x.snap.Conversation.Visibility)
	}
	if r.Private {
		q.Action = channel.PrivateReply
		if about == nil {
			return &InputError{Field: "private", Problem: "needs a public message to answer"}
		}
	}
	return channel.Permits(q)
}

// window returns the messaging window for what goes out from an account: the contact has opened that of the one it wrote to.
func (x *decision) window(account channel.AccountID) channel.Window {
	if account != x.snap.Conversation.Account {
		return channel.Window{}
	}
	return x.snap.Conversation.Window
}

// write queues the message and lets the conversation know.
func (x *decision) write(r Reply, acc Account, about *Message) {
	c := &x.snap.Conversation
	id := MessageID{x.tape.id(messageSlot)}
	v := c.Visibility
	if r.Private {
		v = channel.Private
	}
	f := &x.paper.stored
	*f = messageStored{
		Message: Message{
			ID: id, Conversation: c.ID, Account: acc.ID, Direction: channel.Outgoing, Kind: channel.ReplyKind(acc.Network, v), Visibility: v,
			Author: x.by, Text: r.Text, Attach: slices.Clone(r.Attach), Template: r.Template, Tag: r.Tag, Time: x.now, Received: x.now,
			Delivery: Delivery{State: Queued, Changed: x.now},
		},
		Stops: x.actor.Kind == audit.ActorPerson,
	}
	if about != nil {
		f.Answers, f.Paid = answering(about), about.Paid && v == channel.Public
		if r.Private {
			f.PrivateTo = about.ID
			x.dirty = append(x.dirty, about.ID)
		}
	}
	x.recordOf(id, f)
	x.change.Dues = append(x.change.Dues, Due{Tenant: x.change.Tenant, Kind: DeliveryDue, Ref: id.UUID, Conversation: c.ID, At: x.now})
	x.result.Message = id
}

// afterReply assigns, releases and moves the conversation as a reply does.
func (x *decision) afterReply(r Reply, as channel.Action) error {
	c := &x.snap.Conversation
	trigger := BotReplies
	if x.actor.Kind == audit.ActorPerson {
		trigger = AgentReplies
		if c.Hold != (Hold{}) {
			x.record(&botReleased{})
		}
		if c.State != StateResolved && c.Assignee.Agent.UUID == uuid.Nil && !x.account().NoAutoAssign {
			x.record(&assigneeChanged{Agent: x.actor.Agent, Team: c.Assignee.Team, Auto: true})
		}
	}
	if as == channel.Start && r.Then == StateNone {
		return nil // it is where starting led
	}
	return x.replyMoves(trigger, r.Then, r.Resolve)
}
