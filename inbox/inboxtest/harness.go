package inboxtest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/channel/channeltest"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/queue"
)

// Clock is a clock that the test moves. The mock clocks of well-known packages satisfy it as they are.
type Clock interface {
	inbox.Clock
	Add(time.Duration)
}

// Harness is an inbox under test. Its steps fail the test when the inbox refuses them; what is meant to be refused is asked of Box
// directly. It is used by one goroutine at a time.
type Harness struct {
	Box     *inbox.Inbox
	Clock   Clock
	Channel *channeltest.Recorder
	Account inbox.Account // the channel account that contacts write to; Connect makes another

	t       testing.TB
	arrived int
	agents  map[string]bool
}

// New sets an inbox up over the store. Contacts write to a web chat account; messages to it, and to accounts that Connect makes,
// go to the recorder. A nil recorder means a new one.
func New(t testing.TB, store inbox.Store, clock Clock, recorder *channeltest.Recorder, options ...inbox.Option) *Harness {
	t.Helper()
	if recorder == nil {
		recorder = &channeltest.Recorder{}
	}
	all := []inbox.Option{inbox.WithClock(clock)}
	for _, n := range []channel.Network{channel.Facebook, channel.Instagram, channel.WhatsApp, channel.X, channel.Telegram, channel.SMS,
		channel.LinkedIn, channel.Email, channel.WebChat} {
		all = append(all, inbox.WithAdapter(n, recorder))
	}
	box, err := inbox.New(store, append(all, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	h := &Harness{Box: box, Clock: clock, Channel: recorder, t: t, agents: map[string]bool{}}
	h.Account = h.Connect(channel.WebChat, "shop")
	return h
}

// Connect connects an account of a network. Set Account to it to let contacts write to it.
func (h *Harness) Connect(n channel.Network, externalID string) inbox.Account {
	h.t.Helper()
	return h.SaveAccount(inbox.Account{Account: channel.Account{
		AccountKey: channel.AccountKey{Network: n, ExternalID: externalID}, Name: externalID}})
}

// SaveAccount connects or changes an account.
func (h *Harness) SaveAccount(a inbox.Account) inbox.Account {
	h.t.Helper()
	saved, err := h.Box.As(inbox.System).SaveAccount(h.ctx(), a)
	h.must("save account", err)
	return saved
}

// Desk returns the desk of an agent of that name, who is made known to the inbox first.
func (h *Harness) Desk(agent string) *inbox.Desk {
	h.t.Helper()
	id := queue.AgentNamed(agent)
	if !h.agents[agent] {
		_, err := h.Box.As(inbox.System).SaveAgent(h.ctx(), inbox.Agent{Agent: queue.Agent{ID: id, Name: agent}})
		h.must("save agent", err)
		h.agents[agent] = true
	}
	return h.Box.As(inbox.Person(id, agent))
}

// ContactWrites lets a contact of that name write to Account in private.
func (h *Harness) ContactWrites(contact, text string) inbox.Received {
	h.t.Helper()
	return h.Receive(channel.Inbound{From: h.Person(contact), Kind: channel.ReplyKind(h.Account.Network, channel.Private), Text: text})
}

// Person is the contact of that name, as an adapter names one.
func (h *Harness) Person(contact string) channel.Person {
	return channel.Person{Name: contact, Addresses: []channel.Address{{Network: h.Account.Network, ID: contact}}}
}

// Receive lets something arrive. The account, where none is named, is Account; messages without an external id get one.
func (h *Harness) Receive(in channel.Inbound) inbox.Received {
	h.t.Helper()
	if in.Account == (channel.AccountKey{}) {
		in.Account = h.Account.AccountKey
	}
	if in.ExternalID == "" && (in.Event == "" || in.Event == channel.MessageEvent || in.Event == channel.EchoEvent) {
		h.arrived++
		in.ExternalID = fmt.Sprintf("in-%d", h.arrived)
	}
	r, err := h.Box.Receive(h.ctx(), in)
	h.must("receive", err)
	return r
}

// AgentReplies lets an agent of that name reply.
func (h *Harness) AgentReplies(agent string, id inbox.ConversationID, text string) inbox.Result {
	h.t.Helper()
	r, err := h.Desk(agent).Reply(h.ctx(), id, inbox.Reply{Text: text})
	h.must("reply", err)
	return r
}

// Resolves lets an agent of that name resolve the conversation.
func (h *Harness) Resolves(agent string, id inbox.ConversationID) inbox.Result {
	h.t.Helper()
	r, err := h.Desk(agent).Resolve(h.ctx(), id, inbox.Resolve{})
	h.must("resolve", err)
	return r
}

// Advance moves the clock and does the work that has become due.
func (h *Harness) Advance(d time.Duration) {
	h.t.Helper()
	h.Clock.Add(d)
	h.Tick()
}

// Tick does the work that is due.
func (h *Harness) Tick() {
	h.t.Helper()
	_, err := h.Box.Tick(h.ctx())
	h.must("tick", err)
}

// Header returns what a page shows of the conversation.
func (h *Harness) Header(id inbox.ConversationID) inbox.Header {
	h.t.Helper()
	header, err := h.Box.As(inbox.System).Header(h.ctx(), id)
	h.must("header", err)
	return header
}

// Timeline returns the conversation's timeline with its audit trail, a line each.
func (h *Harness) Timeline(id inbox.ConversationID) []string {
	h.t.Helper()
	var lines []string
	for item, err := range h.Box.As(inbox.System).Timeline(h.ctx(), id, inbox.WithTrail()) {
		h.must("timeline", err)
		lines = append(lines, item.String())
	}
	return lines
}

// Messages returns the conversation's messages as they are now, oldest first.
func (h *Harness) Messages(id inbox.ConversationID) []inbox.Message {
	h.t.Helper()
	var all []inbox.Message
	for item, err := range h.Box.As(inbox.System).Timeline(h.ctx(), id) {
		h.must("timeline", err)
		if item.Message != nil {
			all = append(all, *item.Message)
		}
	}
	return all
}

func (h *Harness) ctx() context.Context { return h.t.Context() }

func (h *Harness) must(what string, err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatalf("%s: %v", what, err)
	}
}

// wrong reports a failed assertion with the conversation's timeline.
func (h *Harness) wrong(id inbox.ConversationID, what string, got, want any) {
	h.t.Helper()
	h.t.Errorf("%s is %v, want %v; the timeline:\n    %s", what, got, want, strings.Join(h.Timeline(id), "\n    "))
}
