package storagetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// perform lets a command be given while things go wrong, and compares what comes of it with what must.
func (w *world) perform(t *rapid.T, o *op) {
	i := rapid.IntRange(0, 1).Draw(t, "process")
	box, other := w.boxes[i], w.boxes[1-i]
	faults := w.drawFaults(t, o.repeat)
	var first *op // what another process does first
	var firstGot answer
	var firstAt time.Time
	if slices.Contains(faults, overtakes) {
		first = w.drawFirst(t, o)
		later := pick(t, "later by", []time.Duration{0, 0, time.Second})
		box.store.overtake = func() {
			w.clock.add(later)
			firstAt = w.now()
			firstGot = first.ask(t.Context(), other.For(first.tenant.Tenant))
		}
	}
	t.Logf("tenant %s, process %d, writes %v: %s", o.tenant.name, i, faults, o.words)
	now := w.now()
	box.store.commits = slices.Clone(faults)
	if len(faults) == 1 && faults[0] == fails && once(t, 3, "at the first read") {
		box.store.commits, box.store.loads = nil, 1
	}
	got := o.ask(t.Context(), box.For(o.tenant.Tenant))
	passed := box.store.passed
	fired := box.store.calm()
	holdFirst := func() {
		t.Logf("  another process came first, at %s: %s", firstAt.Format(time.RFC3339Nano), first.words)
		first.tenant.now = firstAt
		w.hold(t, first, firstGot)
	}
	overtaken := !firstAt.IsZero()
	// A command that only leaves its key answers what was so before the other one wrote.
	only := passed && got.received == (inbox.Received{}) && !got.result.Changed && firstGot.err == nil
	if overtaken && !only {
		holdFirst()
	}
	o.tenant.now = now
	w.holdWith(t, o, box, got, fired)
	if overtaken && only {
		holdFirst()
	}
	w.compareTouched(t, o.tenant, o, first)
}

// drawFirst draws what another process does first: the same, or something else of the same tenant.
func (w *world) drawFirst(t *rapid.T, o *op) *op {
	if o.loose || once(t, 3, "the same") {
		return o
	}
	first := w.draw(t, pick(t, "first", append([]string{"contact writes", "echo", "event"}, onConversations...)), o.tenant)
	if first.loose {
		return o
	}
	return first
}

// holdWith is hold for a command some of whose writes may have failed.
func (w *world) holdWith(t *rapid.T, o *op, box *process, got answer, fired []fault) {
	switch {
	case slices.Contains(fired, fails):
		if why := refusal(got.err); why != "the store is down" && (why != "nobody knows" || len(fired) == 1) {
			t.Fatalf("the rule: a command whose write failed says so\n%s\ngot %s", o.words, orDone(why))
		}
	case slices.Contains(fired, doubts) && got.err != nil:
		w.repeat(t, o, box)
	default:
		if slices.Contains(fired, applies) {
			got.result.Repeated = false // it may have met its own key
		}
		w.hold(t, o, got)
	}
}

// compareTouched compares the conversations that commands were about.
func (w *world) compareTouched(t *rapid.T, tn *tenant, ops ...*op) {
	seen := map[inbox.ConversationID]bool{{}: true}
	for _, o := range ops {
		if o == nil {
			continue
		}
		for _, id := range []inbox.ConversationID{o.target, o.led} {
			if !seen[id] {
				w.compare(t, tn, id)
			}
			seen[id] = true
		}
	}
}

// repeat gives a command again whose answer was lost for good: it has been carried out once.
func (w *world) repeat(t *rapid.T, o *op, box *process) {
	t.Logf("  nobody knows what became of it; it is given again")
	got := o.ask(t.Context(), box.For(o.tenant.Tenant))
	if _, refused := o.must(got); len(refused) > 0 || got.err != nil {
		t.Fatalf("the rule: a command whose answer was lost can be given again\ngot error %v; it could have been refused because of %q", got.err, refused)
	}
	second, _ := o.must(got)
	w.same(t, o, got, second)
}

// hold compares an answer with what the model says.
func (w *world) hold(t *rapid.T, o *op, got answer) {
	want, refused := o.must(got)
	if len(refused) > 0 {
		if why := refusal(got.err); !slices.Contains(refused, why) {
			t.Fatalf("the rule: what stands against a command refuses it\n%s\ngot  %s\nwant one of %q", o.words, orDone(why), refused)
		}
		return
	}
	if got.err != nil {
		t.Fatalf("the rule: a command that nothing stands against is carried out\n%s\ngot error %v", o.words, got.err)
	}
	w.same(t, o, got, want)
}

func orDone(why string) string {
	if why == "" {
		return "it was carried out"
	}
	return fmt.Sprintf("%q", why)
}

func (w *world) same(t *rapid.T, o *op, got, want answer) {
	var wrong string
	if got.received != want.received {
		wrong += differences("what Receive answers", reflect.ValueOf(got.received), reflect.ValueOf(want.received), nil)
	}
	if got.result != want.result {
		wrong += differences("what the command answers", reflect.ValueOf(got.result), reflect.ValueOf(want.result), nil)
	}
	if wrong != "" {
		t.Fatalf("%s\n%s", o.words, wrong)
	}
	if o.led = want.result.Conversation; o.led.UUID == uuid.Nil {
		o.led = want.received.Conversation
	}
}

// rules are the sentences that the fields of a conversation are held to.
var rules = map[string]string{
	"Version":      "a conversation's version grows by one with every change, and by none without",
	"Revision":     "a conversation's revision grows by one with every command that leaves a trail, and with no other",
	"State":        "the state follows the table: New when somebody must look, Pending when the contact must answer, Resolved when it has ended",
	"Since":        "since is when it entered its state",
	"Assignee":     "a person's first reply assigns a conversation that no agent has, resolving ends the assignment, nothing else changes it",
	"Topics":       "topics stand in the order they were added, each once; deleted ones are gone",
	"Reason":       "the reason is the last resolve's",
	"Comment":      "the comment is the last resolve's",
	"Hold":         "a bot's hold ends by release, by a person's reply and by resolving",
	"Changed":      "changed is when the last command left a trail",
	"Resolved":     "resolved is when it was last resolved",
	"WaitingSince": "waiting since is when the oldest contact message was received that no reply has answered; resolving clears it",
	"AnsweredBy":   "the first reply of a person, here or elsewhere, answers the contact who waits, unless it fails",
	"Due":          "due is waiting since and 5 days, else the last change and 5 days; resolved conversations have none",
	"Window":       "only private messages of the contact open the window: from the earlier of the network's time and the time received",
	"Asked":        "asked is the contact's newest message",
	"Last":         "last is the message that was stored last, as it reads now",
	"Newest":       "newest is when the last message since the last resolve was stored",
	"Count":        "all messages count; unread are the contact's since somebody of ours read or wrote",
	"Linked":       "a conversation that follows one that was resolved too long ago names it",
	"Delivery":     "a delivery goes forward and never back: queued, sending, unknown, sent, failed, delivered, read",
	"Reactions":    "a reaction is as last told, in whatever order it is told",
	"Text":         "of edits the newest counts, and a deletion is final, in whatever order they are told",
	"Edited":       "edited is the time of the newest edit",
	"Deleted":      "a deletion is final",
	"Answers":      "an answer carries a copy of what it answers, which follows what becomes of the original",
	"PrivateReply": "a comment has one private reply",
	"ExternalID":   "an account and an external id have one message",
	"Outcome":      "the same account and external id have one effect; what is told early is kept; what changes nothing is ignored",
	"Repeated":     "the same key gives the same answer",
}

// differences says, field by field, what is not as it must be, and which rule that breaks.
func differences(what string, got, want reflect.Value, leave []string) (wrong string) {
	for i := range got.NumField() {
		name := got.Type().Field(i).Name
		if !got.Type().Field(i).IsExported() || slices.Contains(leave, name) || equal(got.Field(i).Interface(), want.Field(i).Interface()) {
			continue
		}
		rule := rules[name]
		if rule == "" {
			rule = name + " is as the commands before have left it"
		}
		wrong += fmt.Sprintf("the rule: %s\n%s: %s is %+v, want %+v\n", rule, what, name, got.Field(i).Interface(), want.Field(i).Interface())
	}
	return wrong
}

func equal(a, b any) bool { return cmp.Equal(a, b, cmpopts.EquateEmpty()) }

// compare reads a conversation through the next process and compares it with the model.
func (w *world) compare(t *rapid.T, tn *tenant, id inbox.ConversationID) {
	c := tn.conversation(id)
	w.boxes[0], w.boxes[1] = w.boxes[1], w.boxes[0]
	h, err := w.boxes[0].For(tn.Tenant).As(inbox.System).Header(t.Context(), id)
	if c == nil {
		if refusal(err) != "no such conversation" {
			t.Fatalf("the rule: what does not exist is not found\ngot %+v, %v", h.Conversation, err)
		}
		return
	}
	if err != nil {
		t.Fatalf("a conversation cannot be read: %v", err)
	}
	w.compareHeader(t, tn, c, &h)
}

func (w *world) compareHeader(t *rapid.T, tn *tenant, c *bookConversation, h *inbox.Header) {
	what := fmt.Sprintf("conversation %d of tenant %s", slices.Index(tn.conversations, c), tn.name)
	wrong := differences(what, reflect.ValueOf(h.Conversation), reflect.ValueOf(c.Conversation), []string{"Thread", "Identity", "Chain"})
	if h.Chain.Seq != c.log.entries() {
		wrong += fmt.Sprintf("the rule: every fact leaves exactly one entry, and where nothing changes there is none\n%s has %d entries, want %d: %v\n",
			what, h.Chain.Seq, c.log.entries(), c.log.commands)
	}
	wrong += tn.place(what, c, h)
	contact := c.thread.identity.contact
	if contact.id.UUID == uuid.Nil {
		contact.id.UUID = tn.adopt(h.Contact.ID.UUID)
	}
	if h.Contact.ID != contact.id || h.Contact.Name != contact.name {
		wrong += fmt.Sprintf("the rule: a conversation's contact is who has the address that its thread began with, named as last told\n%s: got %s %q, want %s %q\n",
			what, h.Contact.ID, h.Contact.Name, contact.id, contact.name)
	}
	for alias, value := range contact.attributes {
		if h.Contact.Attributes[alias].Value != value {
			wrong += fmt.Sprintf("the rule: what a network tells about a contact is kept\n%s: %s is %q, want %q\n", what, alias,
				h.Contact.Attributes[alias].Value, value)
		}
	}
	if wrong != "" {
		t.Fatalf("%s", wrong)
	}
}

// place compares where a conversation stands: all of one thread have its id, all of one address that address's.
func (tn *tenant) place(what string, c *bookConversation, h *inbox.Header) string {
	th := c.thread
	if th.id.UUID == uuid.Nil {
		th.id.UUID = tn.adopt(h.Thread.UUID)
	}
	if th.identity.id.UUID == uuid.Nil {
		th.identity.id.UUID = tn.adopt(h.Identity.UUID)
	}
	if h.Thread != th.id || h.Identity != th.identity.id {
		return fmt.Sprintf("the rule: account, identity, visibility and key make one thread, and an address one identity\n%s stands on thread %s of identity %s, want %s of %s\n",
			what, h.Thread, h.Identity, th.id, th.identity.id)
	}
	return ""
}

// refusal is an error in the model's words; empty: there is none.
func refusal(err error) string {
	var (
		conflict   *inbox.ConflictError
		key        *inbox.KeyError
		transition *inbox.TransitionError
		resolve    *inbox.ResolveError
		open       *inbox.OpenError
		held       *inbox.HeldError
		permission *inbox.PermissionError
		taken      *inbox.TakenError
		window     *channel.WindowClosedError
		network    *channel.NotAllowedError
		missing    *inbox.MissingError
		input      *inbox.InputError
	)
	switch {
	case err == nil:
		return ""
	case errors.As(err, &conflict):
		return "stale revision"
	case errors.As(err, &key):
		return "key of another request"
	case errors.As(err, &transition):
		return noRow
	case errors.As(err, &resolve):
		return needs(resolve.Reason, resolve.Topic)
	case errors.As(err, &open):
		return "another conversation of the thread is open"
	case errors.As(err, &held):
		return "held by another bot"
	case errors.As(err, &permission):
		return "not permitted: " + string(permission.Permission)
	case errors.As(err, &taken):
		return "taken: " + taken.What
	case errors.As(err, &window):
		return closedWindow(window)
	case errors.As(err, &network):
		return "not allowed by the network"
	case errors.As(err, &missing) && errors.Is(err, storage.ErrNotFound):
		return "no such " + missing.What
	case errors.As(err, &input) && errors.Is(err, storage.ErrInvalid):
		return "input: " + input.Field
	case errors.Is(err, storage.ErrUnknown):
		return "nobody knows"
	case errors.Is(err, errDown):
		return "the store is down"
	case errors.Is(err, context.Canceled):
		return "stopped"
	}
	return err.Error()
}

func closedWindow(e *channel.WindowClosedError) string {
	var tag time.Time
	template := false
	for _, a := range e.Allowed {
		if a.Template {
			template = true
		} else {
			tag = a.Until
		}
	}
	return windowEnded(e.Ended, tag, template)
}
