package inbox

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/contact"
	"github.com/google/uuid"
)

// Outcome is what became of something that arrived.
type Outcome string

const (
	OutcomeNew       Outcome = "new"       // it began a conversation
	OutcomeAppended  Outcome = "appended"  // it went to the thread's conversation
	OutcomeReopened  Outcome = "reopened"  // it returned a resolved conversation to New
	OutcomeLinked    Outcome = "linked"    // it began a conversation that follows a resolved one of the thread
	OutcomeUpdated   Outcome = "updated"   // an edit, deletion, reaction or receipt changed a message
	OutcomeEarly     Outcome = "early"     // it is about a message that has not come yet, and is kept for it
	OutcomeDuplicate Outcome = "duplicate" // its id has come before; nothing happened, except that other content is logged once
	OutcomeIgnored   Outcome = "ignored"   // it changes nothing
)

// Received says what became of something that arrived.
type Received struct {
	Outcome      Outcome        `json:"outcome"`
	Conversation ConversationID `json:"conversation,omitzero"` // zero for OutcomeEarly
	Message      MessageID      `json:"message,omitzero"`      // that arrived, came before, or was changed; zero for OutcomeEarly
	Contact      contact.ID     `json:"contact,omitzero"`      // whose conversation it is; zero for OutcomeEarly
	State        State          `json:"state,omitzero"`        // of the conversation now
}

// Receive takes in what an adapter reports. It finds or makes the contact, the thread and the conversation, stores the message
// and says what happened. The same account and external id, however often and from however many goroutines, have one effect.
//
// An account that is not connected is a storage.ErrNotFound. What no store could keep as it is (identifiers, times) is an
// *InputError. When Receive returns nil the effect is durable, as far as the store is.
func (b *Inbox) Receive(ctx context.Context, in channel.Inbound) (Received, error) {
	if err := ctx.Err(); err != nil {
		return Received{}, err
	}
	p := b.paper()
	defer b.used(p)
	a, c := &p.arrival, &p.command
	*a = arrival{in: in}
	if err := a.check(); err != nil {
		return Received{}, err
	}
	for {
		account, err := b.accountOf(ctx, in.Account)
		if err != nil {
			return Received{}, err
		}
		before := a.account
		a.account = account.ID
		*c = command{name: "receive", ref: Ref{Arrival: a.ref()}, decide: a.decide}
		_, err = b.runOn(ctx, p, c)
		switch {
		case err == nil:
			return a.out, nil
		case isMissing(err) && account.ID != before: // the settings at hand were old, and are no more: look again
		default:
			return Received{}, fmt.Errorf("receive: %w", err)
		}
	}
}

// accountOf finds a connected account by what the network calls it.
func (b *Inbox) accountOf(ctx context.Context, key channel.AccountKey) (*Account, error) {
	if s := b.cached(); s != nil {
		if a := s.byKey[key]; a != nil {
			return a, nil
		}
	}
	tenant, _, err := b.store.Owner(ctx, key)
	if err != nil || tenant != b.tenant {
		if err == nil || isMissing(err) {
			err = &MissingError{What: "account"}
		}
		return nil, err
	}
	s, err := b.readSettings(ctx)
	if err != nil {
		return nil, err
	}
	if a := s.byKey[key]; a != nil {
		return a, nil
	}
	return nil, &MissingError{What: "account"}
}

// TenantOf returns whose a channel account is, for webhooks that serve many tenants; storage.ErrNotFound if it is nobody's.
func (b *Inbox) TenantOf(ctx context.Context, key channel.AccountKey) (Tenant, error) {
	t, _, err := b.store.Owner(ctx, key)
	if isMissing(err) {
		err = &MissingError{What: "account"}
	}
	return t, err
}

// arrival is one thing that arrives.
type arrival struct {
	in      channel.Inbound
	account channel.AccountID
	cut     bool
	out     Received
}

// check normalises text and refuses what could not be stored as it is.
func (a *arrival) check() error {
	in := &a.in
	if in.Event == "" {
		in.Event = channel.MessageEvent
	}
	if err := storable("time", in.Time); err != nil {
		return err
	}
	in.Time = instant(in.Time)
	for _, id := range []struct{ field, value string }{{"account", string(in.Account.Network)}, {"account", in.Account.ExternalID},
		{"external id", in.ExternalID}, {"about", in.About}, {"reply to", in.ReplyTo}, {"thread", in.Thread}, {"reaction", in.Reaction}} {
		if err := identifier(id.field, id.value, true); err != nil {
			return err
		}
	}
	in.Text, a.cut = received(in.Text)
	if in.Permalink = cleaned(in.Permalink); len(in.Permalink) > maxURL {
		in.Permalink = "" // a part of it would lead elsewhere
	}
	in.Problem, _ = shortened(cleaned(in.Problem), maxProblem)
	if err := a.checkPerson(); err != nil {
		return err
	}
	if len(in.Attach) > maxAttached {
		in.Attach, a.cut = in.Attach[:maxAttached], true
	}
	in.Attach = cleanedAttachments(in.Attach)
	return a.checkEvent()
}

// cleanedAttachments returns a copy with all text as every store keeps it.
func cleanedAttachments(all []channel.Attached) []channel.Attached {
	all = slices.Clone(all)
	for i := range all {
		at := &all[i]
		at.ID, at.Kind, at.Name, at.Type, at.URL = cleaned(at.ID), cleaned(at.Kind), cleaned(at.Name), cleaned(at.Type), cleaned(at.URL)
	}
	return all
}

func (a *arrival) checkPerson() error {
	from := &a.in.From
	if len(from.Addresses) > maxAddresses {
		return &InputError{Field: "from", Problem: fmt.Sprintf("has more than %d addresses", maxAddresses)}
	}
	from.Addresses = slices.Clone(from.Addresses)
	for i := range from.Addresses {
		if from.Addresses[i].Network == "" {
			from.Addresses[i].Network = a.in.Account.Network
		}
		if err := identifier("from", string(from.Addresses[i].Network), true); err != nil {
			return err
		}
		if err := identifier("from", from.Addresses[i].ID, false); err != nil {
			return err
		}
		if slices.Contains(from.Addresses[:i], from.Addresses[i]) {
			return &InputError{Field: "from", Problem: "names an address twice"}
		}
	}
	from.Name, _ = shortened(cleaned(from.Name), maxIdentifier)
	if len(from.Attributes) > maxAttributes {
		return &InputError{Field: "attribute", Problem: fmt.Sprintf("comes with more than %d others", maxAttributes-1)}
	}
	for alias, value := range from.Attributes {
		if err := identifier("attribute", alias, false); err != nil {
			return err
		}
		if len(value) > channel.MaxText {
			return &InputError{Field: "attribute", Problem: "is longer than channel.MaxText"}
		}
	}
	return nil
}

func (a *arrival) checkEvent() error {
	in := &a.in
	switch in.Event {
	case channel.MessageEvent, channel.EchoEvent:
		if in.Kind.Visibility() == "" {
			return &InputError{Field: "kind", Problem: "does not exist"}
		}
		if len(in.From.Addresses) == 0 {
			return &InputError{Field: "from", Problem: "has no address"}
		}
		return identifier("external id", in.ExternalID, false)
	case channel.EditEvent, channel.DeleteEvent:
		return identifier("about", in.About, false)
	case channel.ReactionEvent:
		if len(in.From.Addresses) == 0 {
			return &InputError{Field: "from", Problem: "has no address"}
		}
		if in.Reaction == "" {
			return &InputError{Field: "reaction", Problem: "is empty"}
		}
		return identifier("about", in.About, false)
	case channel.ReceiptEvent:
		if receiptState[in.Receipt] == "" {
			return &InputError{Field: "receipt", Problem: "does not exist"}
		}
		return identifier("about", in.About, false)
	}
	return &InputError{Field: "event", Problem: "does not exist"}
}

// carries reports whether the arrival is a message, not something about one.
func (a *arrival) carries() bool {
	return a.in.Event == channel.MessageEvent || a.in.Event == channel.EchoEvent
}

// ref says what the decision needs to see.
func (a *arrival) ref() ArrivalRef {
	if !a.carries() {
		ref := ArrivalRef{Account: a.account, About: a.in.About}
		if a.in.Event == channel.ReactionEvent { // whose it is decides what it does
			ref.Addresses = a.in.From.Addresses
		}
		return ref
	}
	return ArrivalRef{Account: a.account, ExternalID: a.in.ExternalID, About: a.in.ReplyTo, Addresses: a.in.From.Addresses,
		Visibility: a.in.Kind.Visibility(), Thread: a.in.Thread}
}

// fingerprint tells this content from others under the same id.
func (a *arrival) fingerprint() Fingerprint {
	in := &a.in
	b := make([]byte, 0, 256)
	add := func(s string) {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	add(string(in.Kind))
	add(in.From.Addresses[0].ID)
	add(in.Text)
	for i := range in.Attach {
		add(in.Attach[i].ID)
	}
	sum := sha256.Sum256(b)
	return Fingerprint(sum[:16])
}

// decide says what becomes of the arrival.
func (a *arrival) decide(d *decision) error {
	a.out = Received{}
	if d.set.accounts[a.account] == nil {
		return &MissingError{What: "account"}
	}
	var err error
	switch {
	case !a.carries():
		err = a.decideEvent(d)
	case d.snap.Arrival.Message.UUID != uuid.Nil:
		a.decideDuplicate(d)
	default:
		err = a.decideMessage(d)
	}
	if err == nil && a.out.Outcome != OutcomeEarly {
		a.out.Conversation, a.out.State, a.out.Contact = d.snap.Conversation.ID, d.snap.Conversation.State, d.snap.Contact.ID
	}
	return err
}

// maxConflicts is how many different contents under one id are logged.
const maxConflicts = 100

// decideDuplicate answers an id that has come before. Other content is logged, once each, and not merged. What networks make of
// our own messages in their echoes is not compared.
func (a *arrival) decideDuplicate(d *decision) {
	stored := d.snap.Arrival
	a.out.Outcome, a.out.Message = OutcomeDuplicate, stored.Message
	content := a.fingerprint()
	if stored.Content == (Fingerprint{}) || content == stored.Content || slices.Contains(stored.Conflicting, content) ||
		len(stored.Conflicting) == maxConflicts {
		return
	}
	d.by = byContact(d.snap.Contact.ID)
	if a.in.Event == channel.EchoEvent {
		d.by = elsewhere
	}
	d.record(&messageConflict{Message: stored.Message, ExternalID: a.in.ExternalID, Content: content, Text: a.in.Text})
	stored.Conflicting = append(slices.Clip(stored.Conflicting), content)
	stored.Version++
	d.change.Arrivals = append(d.change.Arrivals, stored)
}

// elsewhere is the actor of what is done in the networks' own apps.
var elsewhere = audit.Actor{Kind: audit.ActorElsewhere}

// decideMessage stores a message that has not come before.
func (a *arrival) decideMessage(d *decision) error {
	echo := a.in.Event == channel.EchoEvent
	trigger := ContactWrites
	if echo {
		d.by, trigger = elsewhere, AnsweredElsewhere
	}
	d.person(a.in.From, !echo)
	d.thread(a.account, a.in.Kind.Visibility(), a.in.Thread)
	outcome, err := d.reach(a.account, trigger)
	if err != nil {
		return err
	}
	id := MessageID{d.tape.id(messageSlot)}
	d.recordOf(id, a.stored(d, id))
	if echo && outcome != OutcomeNew {
		if err := d.answeredElsewhere(); err != nil {
			return err
		}
	}
	a.out.Outcome, a.out.Message = outcome, id

	kept := d.snap.Arrival
	kept.Account, kept.ExternalID = a.account, a.in.ExternalID
	kept.Message, kept.Content, kept.Version = id, a.fingerprint(), kept.Version+1
	early := kept.Early
	kept.Early = nil
	for _, e := range early {
		if _, err := d.event(id, e, true); err != nil {
			return err
		}
	}
	d.change.Arrivals = append(d.change.Arrivals, kept)
	return nil
}

// answeredElsewhere moves the conversation as an answer in the network's own app does. Nobody is there to name what resolving
// may require: without it the conversation waits for the contact.
func (d *decision) answeredElsewhere() error {
	err := d.replyMoves(AnsweredElsewhere, StateNone, Resolve{})
	if _, missing := errors.AsType[*ResolveError](err); missing {
		return d.replyMoves(AnsweredElsewhere, StatePending, Resolve{})
	}
	return err
}

// stored is the fact of the message that arrives.
func (a *arrival) stored(d *decision, id MessageID) *messageStored {
	in := &a.in
	m := Message{
		ID: id, Conversation: d.snap.Conversation.ID, Account: a.account, ExternalID: in.ExternalID,
		Direction: channel.Incoming, Kind: in.Kind, Visibility: in.Kind.Visibility(),
		Author: audit.Actor{Kind: audit.ActorContact, ID: in.From.Addresses[0].ID, Name: in.From.Name},
		Text:   in.Text, Cut: a.cut, Attach: in.Attach, Permalink: in.Permalink, Paid: in.Paid, Summoned: in.Summoned,
		Time: in.Time, Received: d.now,
	}
	if m.Time.IsZero() {
		m.Time = d.now
	}
	if about := d.snap.message(d.snap.About.Message); about != nil && in.ReplyTo != "" {
		m.Answers = answering(about)
	}
	f := &d.paper.stored
	*f = messageStored{Message: m}
	if in.Event == channel.EchoEvent {
		f.Direction, f.Author, f.Stops = channel.Outgoing, elsewhere, true
		return f
	}
	if acc := d.set.accounts[a.account]; acc != nil && m.Visibility == channel.Private {
		f.Window = channel.WindowFor(acc.Account, m.Kind, in.Opener, earlier(m.Time, d.now))
	}
	return f
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// answering is the reference to a message and the copy of what it says now.
func answering(m *Message) Answer {
	if m.Status() != Stands {
		return Answer{Message: m.ID, Author: m.Author}
	}
	text, _ := shortened(m.Text, 1000)
	return Answer{Message: m.ID, Author: m.Author, Text: text}
}
