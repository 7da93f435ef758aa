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

// rules are the sentences that the fields of a conversation are held to.
var rules = map[string]string{
	"Version":       "a conversation's version grows by one with every change, and by none without",
	"Revision":      "a conversation's revision grows by one with every command that leaves a trail, and with no other",
	"State":         "the state follows the table: New when somebody must look, Pending when the contact must answer, Resolved when it has ended",
	"Since":         "since is when it entered its state",
	"Assignee":      "a person's first reply assigns a conversation that no agent has, resolving ends the assignment, nothing else changes it",
	"Topics":        "topics stand in the order they were added, each once; deleted ones are gone",
	"Reason":        "the reason is the last resolve's",
	"Comment":       "the comment is the last resolve's",
	"Hold":          "a bot's hold ends by release, by a person's reply and by resolving",
	"Changed":       "changed is when the last command left a trail",
	"Resolved":      "resolved is when it was last resolved",
	"WaitingSince":  "waiting since is when the oldest contact message was received that no reply has answered; resolving clears it",
	"AnsweredBy":    "the first reply of a person, here or elsewhere, answers the contact who waits, unless it fails",
	"AnsweredAgain": "the newest reply after the one that answers stands by for it, and takes its place should it fail",
	"Due":           "due is waiting since and 5 days, else the last change and 5 days; resolved conversations have none",
	"Window":        "only private messages of the contact open the window: from the earlier of the network's time and the time received",
	"Asked":         "asked is the contact's newest message",
	"Last":          "last is the message that was stored last, as it reads now",
	"Newest":        "newest is when the last message since the last resolve was stored",
	"Count":         "all messages count; unread are the contact's since somebody of ours read or wrote",
	"Linked":        "a conversation that follows one that was resolved too long ago names it",
	"Delivery":      "a delivery goes forward and never back: queued, sending, unknown, sent, failed, delivered, read",
	"Reactions":     "a reaction is as last told, in whatever order it is told",
	"Text":          "of edits the newest counts, and a deletion is final, in whatever order they are told",
	"Edited":        "edited is the time of the newest edit",
	"Deleted":       "a deletion is final",
	"Answers":       "an answer carries a copy of what it answers, which follows what becomes of the original",
	"PrivateReply":  "a comment has one private reply",
	"ExternalID":    "an account and an external id have one message",
	"Outcome":       "the same account and external id have one effect; what is told early is kept; what changes nothing is ignored",
	"Conversation":  "what somebody writes goes to the thread's open conversation, else to the one that it had last",
	"Contact":       "an address belongs to one contact, who has all the addresses that come with it for the first time",
	"Repeated":      "the same key gives the same answer",
}

// differences says, field by field, what is not as it must be, and which rule that breaks.
func differences(what string, got, want reflect.Value, leave ...string) (wrong string) {
	for i := range got.NumField() {
		field := got.Type().Field(i)
		if !field.IsExported() || slices.Contains(leave, field.Name) || equal(got.Field(i).Interface(), want.Field(i).Interface()) {
			continue
		}
		rule := rules[field.Name]
		if rule == "" {
			rule = field.Name + " is as what happened before has left it"
		}
		wrong += fmt.Sprintf("the rule: %s\n%s: %s is %+v, want %+v\n", rule, what, field.Name, got.Field(i).Interface(), want.Field(i).Interface())
	}
	return wrong
}

// equal reports whether two values say the same: nil is as good as empty, and instants are compared, not how they are written down.
func equal(a, b any) bool { return reflect.DeepEqual(a, b) || cmp.Equal(a, b, cmpopts.EquateEmpty()) }

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
	wrong := differences(what, reflect.ValueOf(h.Conversation), reflect.ValueOf(c.Conversation), "Thread", "Identity", "Chain")
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
		wrong += fmt.Sprintf("the rule: a conversation's contact is who has the address that its thread began with, named as last told\n"+
			"%s: got %s %q, want %s %q\n", what, h.Contact.ID, h.Contact.Name, contact.id, contact.name)
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
		return fmt.Sprintf("the rule: account, identity, visibility and key make one thread, and an address one identity\n"+
			"%s stands on thread %s of identity %s, want %s of %s\n", what, h.Thread, h.Identity, th.id, th.identity.id)
	}
	return ""
}

const (
	storeDown   = "the store is down"
	nobodyKnows = "nobody knows"
)

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
		return otherOpen
	case errors.As(err, &held):
		return heldByBot
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
		return nobodyKnows
	case errors.Is(err, errDown):
		return storeDown
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
