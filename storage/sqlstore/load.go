package sqlstore

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage"
	"github.com/google/uuid"
)

// Load implements inbox.Loader. Calls that come while others are under way go together in the next transaction, where each snapshot
// takes a few look-ups by key.
func (s *Store) Load(ctx context.Context, snaps ...*inbox.Snapshot) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, snap := range snaps {
		if err := known(snap.Ref.Tenant); err != nil {
			return err
		}
	}
	if len(snaps) == 0 {
		return nil
	}
	if s.joined != nil {
		return s.loadEach(ctx, &loads{snaps: snaps})
	}
	own := &loads{snaps: snaps}
	done, err := s.loads.do(ctx, own, own.apart)
	switch {
	case err != nil:
		return err
	case !done.done: // who led the batch did not come back
		return fmt.Errorf("sqlstore: load: %w", storage.ErrBusy)
	case done != own:
		for i := range snaps {
			*snaps[i] = *done.snaps[i]
		}
	}
	return done.err
}

// loads is the snapshots of one call, and its answer.
type loads struct {
	snaps []*inbox.Snapshot
	err   error
	done  bool
}

// apart is the call with snapshots of its own.
func (l *loads) apart() *loads {
	snaps, each := make([]inbox.Snapshot, len(l.snaps)), make([]*inbox.Snapshot, len(l.snaps))
	for i := range snaps {
		snaps[i].Ref, each[i] = l.snaps[i].Ref, &snaps[i]
		snaps[i].Ref.Arrival.Addresses = slices.Clone(snaps[i].Ref.Arrival.Addresses)
	}
	return &loads{snaps: each}
}

// loadAll fills the snapshots of several calls in one transaction. Where that fails each has one of its own.
func (s *Store) loadAll(ctx context.Context, calls []*loads) {
	load := s.loadEach
	if s.settings.dialect.server {
		load = s.findAll
	}
	err := load(ctx, calls...)
	for _, c := range calls {
		if c.err = err; err != nil && len(calls) > 1 {
			c.err = load(ctx, c)
		}
		c.done = true
	}
}

func (s *Store) loadEach(ctx context.Context, calls ...*loads) error {
	return s.read(ctx, "load", func(t *tx) error {
		var met *inbox.Snapshot
		for _, c := range calls {
			for _, snap := range c.snaps {
				*snap = inbox.Snapshot{Ref: snap.Ref, Identities: snap.Identities[:0], Messages: snap.Messages[:0]}
				l := loading{tx: t, tenant: &snap.Ref.Tenant.UUID, to: snap, met: met}
				if err := l.load(); err != nil {
					return err
				}
				met = l.met
			}
		}
		return nil
	})
}

// loading is a snapshot that is being filled.
type loading struct {
	*tx
	tenant     *uuid.UUID
	to         *inbox.Snapshot
	own, about *inbox.Message  // nil: none
	met        *inbox.Snapshot // the last one that was met; nil: none
	first      inbox.Contact   // of the first known address
}

// load answers the ref that stands in the snapshot.
func (l *loading) load() error {
	for _, step := range []func(*loading) error{(*loading).arrive, (*loading).enter, (*loading).addMessages, (*loading).addNamed} {
		if err := step(l); err != nil {
			return err
		}
	}
	return nil
}

// selectArrivedEpoch is selectArrival with the epoch, which there is with and without an arrival.
var selectArrivedEpoch = "SELECT t.epoch, " + arrivals.of("a") + " FROM (SELECT 1) one LEFT JOIN deskwright_tenant t ON t.tenant = ? " +
	"LEFT JOIN deskwright_arrival a ON a.tenant = ? AND a.account = ? AND a.external_id = ?"

// arrive reads the epoch, and what is known under the external ids of the ref.
func (l *loading) arrive() error {
	ref, to := &l.to.Ref.Arrival, l.to
	epoch := (*number)(&to.Epoch)
	var err error
	if ref.ExternalID == "" {
		_, err = l.row(selectEpoch, append(l.dest[:0], epoch), l.tenant[:])
	} else {
		dest := scanArrival(append(l.dest[:0], epoch), &to.Arrival)
		_, err = l.row(selectArrivedEpoch, dest, l.tenant[:], l.tenant[:], ref.Account.UUID[:], ref.ExternalID)
	}
	if err != nil {
		return err
	}
	if l.own, err = l.stored(&to.Arrival); err != nil || ref.About == "" {
		return err
	}
	if err := l.arrived(l.tenant, &ref.Account, ref.About, &to.About); err != nil {
		return err
	}
	l.about, err = l.stored(&to.About)
	return err
}

// stored reads the message of an arrival; nil: there is none.
func (l *loading) stored(a *inbox.Arrival) (*inbox.Message, error) {
	if a.Message.UUID == uuid.Nil {
		return nil, nil
	}
	m := new(inbox.Message)
	found, err := l.message(l.tenant, &a.Message, m)
	if err != nil || !found {
		return nil, err
	}
	return m, nil
}

// enter finds the conversation, and what is around it.
func (l *loading) enter() error {
	ref, to := &l.to.Ref, l.to
	if ref.Conversation.UUID != uuid.Nil {
		var who inbox.Identity
		if err := l.conversation(&ref.Conversation, &who); err != nil || who.Version == 0 {
			return err
		}
		to.Identities = append(to.Identities, who)
		return nil
	}
	via := l.own
	if via == nil && ref.Arrival.ExternalID == "" {
		via = l.about
	}
	if via == nil && len(ref.Arrival.Addresses) == 1 {
		return l.meet(&ref.Arrival.Addresses[0])
	}
	if err := l.recognise(); err != nil {
		return err
	}
	if via != nil {
		if err := l.conversation(&via.Conversation, new(inbox.Identity)); err != nil || to.Conversation.Version != 0 {
			return err
		}
	}
	return l.find(via == nil)
}

var selectSurrounded = "SELECT " + conversations.of("c") + ", " + threads.of("t") + ", o.id, " + identities.of("i") + ", " + contacts.of("p") +
	" FROM deskwright_conversation c" +
	" LEFT JOIN deskwright_thread t ON t.tenant = c.tenant AND t.id = c.thread" +
	" LEFT JOIN deskwright_conversation o ON o.tenant = t.tenant AND o.thread = t.id AND o.state IN (1, 2)" +
	" LEFT JOIN deskwright_identity i ON i.tenant = c.tenant AND i.id = c.identity" +
	" LEFT JOIN deskwright_contact p ON p.tenant = i.tenant AND p.id = i.contact" +
	" WHERE c.tenant = ? AND c.id = ?"

// conversation reads a conversation with its thread, the open one, its identity and contact.
func (l *loading) conversation(id *inbox.ConversationID, who *inbox.Identity) error {
	to := l.to
	dest := append(scanThread(scanConversation(l.dest[:0], &to.Conversation), &to.Thread), &to.Open.UUID)
	dest = scanContact(scanIdentity(dest, who), &to.Contact)
	_, err := l.row(selectSurrounded, dest, l.tenant[:], id.UUID[:])
	return err
}

var selectIdentity = "SELECT " + identities.of("i") + ", " + contacts.of("p") + " FROM deskwright_identity i" +
	" LEFT JOIN deskwright_contact p ON p.tenant = i.tenant AND p.id = i.contact" +
	" WHERE i.tenant = ? AND i.address = ? AND i.network = ?"

// recognise reads the identities with the addresses named.
func (l *loading) recognise() error {
	for i := range l.to.Ref.Arrival.Addresses {
		if err := l.identity(&l.to.Ref.Arrival.Addresses[i]); err != nil {
			return err
		}
	}
	return nil
}

func (l *loading) identity(address *channel.Address) error {
	var who inbox.Identity
	var contact inbox.Contact
	found, err := l.row(selectIdentity, scanContact(scanIdentity(l.dest[:0], &who), &contact), l.tenant[:], address.ID, string(address.Network))
	if err != nil || !found || slices.ContainsFunc(l.to.Identities, func(i inbox.Identity) bool { return i.ID == who.ID }) {
		return err
	}
	if len(l.to.Identities) == 0 {
		l.first = contact
	}
	l.to.Identities = append(l.to.Identities, who)
	return nil
}

var selectThread = "SELECT " + threads.of("t") + ", o.id, " + conversations.of("c") + " FROM deskwright_thread t" +
	" LEFT JOIN deskwright_conversation o ON o.tenant = t.tenant AND o.thread = t.id AND o.state IN (1, 2)" +
	" LEFT JOIN deskwright_conversation c ON c.tenant = t.tenant AND c.id = coalesce(o.id, t.conversation)" +
	" WHERE t.tenant = ? AND t.identity = ? AND t.account = ? AND t.visibility = ? AND t.key = ?"

// find finds the thread that the arrival names and, if asked to, the conversation by it: the open one, else the newest.
func (l *loading) find(conversation bool) error {
	ref, to := &l.to.Ref.Arrival, l.to
	to.Contact = l.first
	for i := range to.Identities {
		var c inbox.Conversation
		dest := scanConversation(append(scanThread(l.dest[:0], &to.Thread), &to.Open.UUID), &c)
		found, err := l.row(selectThread, dest, l.tenant[:], to.Identities[i].ID.UUID[:], ref.Account.UUID[:], string(ref.Visibility), ref.Thread)
		if err != nil {
			return err
		}
		if !found {
			continue
		}
		if !conversation {
			return nil
		}
		return l.take(&c)
	}
	return nil
}

// take puts the conversation of the thread in place. Where its thread or contact are others, it comes with those.
func (l *loading) take(c *inbox.Conversation) error {
	to := l.to
	if c.Version == 0 {
		return nil
	}
	if c.Thread == to.Thread.ID && c.Identity == to.Identities[0].ID {
		to.Conversation = *c
		return nil
	}
	to.Thread, to.Open, to.Contact = inbox.Thread{}, inbox.ConversationID{}, inbox.Contact{}
	return l.conversation(&c.ID, new(inbox.Identity))
}

// selectMet is selectIdentity, and selectThread for the identity, in one.
var selectMet = "SELECT " + identities.of("i") + ", " + contacts.of("p") + ", " + threads.of("t") + ", o.id, " + conversations.of("c") +
	" FROM deskwright_identity i" +
	" LEFT JOIN deskwright_contact p ON p.tenant = i.tenant AND p.id = i.contact" +
	" LEFT JOIN deskwright_thread t ON t.tenant = i.tenant AND t.identity = i.id AND t.account = ? AND t.visibility = ? AND t.key = ?" +
	" LEFT JOIN deskwright_conversation o ON o.tenant = t.tenant AND o.thread = t.id AND o.state IN (1, 2)" +
	" LEFT JOIN deskwright_conversation c ON c.tenant = t.tenant AND c.id = coalesce(o.id, t.conversation)" +
	" WHERE i.tenant = ? AND i.address = ? AND i.network = ?"

// meet finds everything by the only address that the arrival names. Of several messages of one contact, which mostly come together,
// only the first one asks.
func (l *loading) meet(address *channel.Address) error {
	ref, to := &l.to.Ref.Arrival, l.to
	if l.met != nil && l.meets(&l.met.Ref) {
		to.Identities = append(to.Identities, l.met.Identities...)
		to.Contact, to.Thread, to.Open, to.Conversation = l.met.Contact, l.met.Thread, l.met.Open, l.met.Conversation
		to.Contact.Attributes, to.Conversation.Topics = maps.Clone(to.Contact.Attributes), slices.Clone(to.Conversation.Topics)
		return nil
	}
	l.met = to
	var who inbox.Identity
	var c inbox.Conversation
	dest := scanContact(scanIdentity(l.dest[:0], &who), &to.Contact)
	dest = scanConversation(append(scanThread(dest, &to.Thread), &to.Open.UUID), &c)
	found, err := l.row(selectMet, dest, ref.Account.UUID[:], string(ref.Visibility), ref.Thread, l.tenant[:], address.ID, string(address.Network))
	if err != nil || !found {
		return err
	}
	to.Identities = append(to.Identities, who)
	return l.take(&c)
}

// meets reports whether another arrival is of the same contact on the same thread.
func (l *loading) meets(other *inbox.Ref) bool {
	a, b := &l.to.Ref.Arrival, &other.Arrival
	return l.to.Ref.Tenant == other.Tenant && a.Account == b.Account && a.Visibility == b.Visibility && a.Thread == b.Thread &&
		a.Addresses[0] == b.Addresses[0]
}

// addMessages hands out the messages that the ref names.
func (l *loading) addMessages() error {
	ref, to := &l.to.Ref, l.to
	if ref.Message.UUID != uuid.Nil {
		if err := l.addMessage(&ref.Message, true); err != nil {
			return err
		}
	}
	if ref.Asked && to.Conversation.Asked.UUID != uuid.Nil {
		if err := l.addMessage(&to.Conversation.Asked, false); err != nil {
			return err
		}
	}
	for _, m := range []*inbox.Message{l.own, l.about} {
		if m != nil && !l.has(m.ID) {
			to.Messages = append(to.Messages, *m)
		}
	}
	return nil
}

// addMessage adds a message by id. One that must be of the conversation and is not is left out.
func (l *loading) addMessage(id *inbox.MessageID, ofConversation bool) error {
	if l.has(*id) {
		return nil
	}
	l.to.Messages = append(l.to.Messages, inbox.Message{})
	last := len(l.to.Messages) - 1
	m := &l.to.Messages[last]
	found, err := l.message(l.tenant, id, m)
	if err != nil || !found || ofConversation && m.Conversation != l.to.Conversation.ID {
		l.to.Messages = l.to.Messages[:last]
	}
	return err
}

func (l *loading) has(id inbox.MessageID) bool {
	return slices.ContainsFunc(l.to.Messages, func(have inbox.Message) bool { return have.ID == id })
}

const selectCause = "SELECT 1 FROM deskwright_entry WHERE tenant = ? AND subject = ? AND seq > ? AND subject_kind = ? AND cause = ? LIMIT 1"

// addNamed hands out what else the ref names.
func (l *loading) addNamed() error {
	ref, to := &l.to.Ref, l.to
	if ref.Note.UUID != uuid.Nil {
		var n inbox.Note
		found, err := l.note(l.tenant, &ref.Note, &n)
		if err != nil {
			return err
		}
		if found && n.Conversation == to.Conversation.ID {
			to.Notes = []inbox.Note{n}
		}
	}
	if ref.Document.ID != uuid.Nil {
		if err := l.document(l.tenant, &ref.Document, &to.Document); err != nil {
			return err
		}
	}
	if ref.Key != "" {
		if err := l.key(l.tenant, ref.Key, &to.Key); err != nil {
			return err
		}
	}
	if ref.Cause == uuid.Nil {
		return nil
	}
	return l.stands()
}

// stands asks whether the cause stands in the log of the conversation or of the document.
func (l *loading) stands() error {
	ref, to := &l.to.Ref, l.to
	for _, subject := range []audit.Subject{
		{Kind: audit.SubjectConversation, ID: to.Conversation.ID.UUID}, {Kind: audit.SubjectSetting, ID: ref.Document.ID},
	} {
		if to.Stands || subject.ID == uuid.Nil {
			continue
		}
		var err error
		if to.Stands, err = l.row(selectCause, []any{new(int64)}, l.tenant[:], subject.ID[:], ref.Seq, string(subject.Kind), ref.Cause[:]); err != nil {
			return err
		}
	}
	return nil
}
