package sqltest_test

import (
	"bytes"
	"database/sql/driver"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/contact"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/queue"
	"github.com/deskwright/deskwright/storage"
	"github.com/deskwright/deskwright/storage/sqlstore"
	"github.com/google/uuid"
)

// query is a statement as the driver gets it, and what is bound to it.
type query struct {
	text string
	args []any
}

// queries gathers what comes to a driver, each statement with each of its arguments once.
type queries struct {
	mu   sync.Mutex
	all  []query
	seen map[string]bool
}

func (q *queries) saw(text string, args []driver.NamedValue) {
	if text == commit {
		return
	}
	one := query{text: text, args: make([]any, len(args))}
	for i, arg := range args {
		one.args[i] = arg.Value
		if b, ok := arg.Value.([]byte); ok {
			one.args[i] = bytes.Clone(b)
		}
	}
	key := fmt.Sprint(text, one.args)
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.seen == nil {
		q.seen = map[string]bool{}
	}
	if !q.seen[key] {
		q.seen[key] = true
		q.all = append(q.all, one)
	}
}

// everyQuery calls a store so that it gives every query that it has, and returns them with the file that they were given to. Every
// table has rows then.
func everyQuery(t *testing.T) (all []query, file string) {
	t.Helper()
	var seen queries
	file = newMigrated(t, engines[1])
	db := wrapped{engine: engines[1].fast(), file: file, before: seen.saw}.mustOpen(t)
	c := caller{T: t, store: over(t, db), tenant: inbox.TenantNamed("plans")}
	c.begin()
	c.goOn()
	c.load()
	c.read()
	c.work()
	c.list()
	tx, err := db.BeginTx(t.Context(), nil)
	c.works(err)
	c.store = c.store.Join(tx)
	c.goOn()
	c.load()
	c.works(tx.Rollback())
	c.works(db.Close()) // what stands beside the file goes into it
	return seen.all, file
}

// caller calls a store for one tenant, which has a talk in every state, with an agent and without.
type caller struct {
	*testing.T
	store  *sqlstore.Store
	tenant inbox.Tenant
	talks  []inbox.Change // as they were committed last
}

func (c *caller) works(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

// id returns the id of something in a talk.
func id(what string, talk int) uuid.UUID {
	return uuid.NewSHA1(uuid.Nil, fmt.Appendf(nil, "%s %d", what, talk))
}

var (
	began   = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	account = channel.AccountID{UUID: id("account", 0)}
	agent   = queue.AgentID{UUID: id("agent", 0)}
	team    = queue.TeamID{UUID: id("team", 0)}
	topic   = inbox.TopicID{UUID: id("topic", 0)}
	reason  = inbox.ReasonID{UUID: id("reason", 0)}
)

// talk is a change with a row of every kind.
func (c *caller) talk(n int, state inbox.State, assignee inbox.Assignee) inbox.Change {
	address := channel.Address{Network: channel.WhatsApp, ID: fmt.Sprint(n)}
	who := inbox.Contact{Contact: contact.Contact{ID: contact.ID{UUID: id("contact", n)}, Name: "Ada"}, Version: 1}
	identity := contact.Identity{ID: contact.IdentityID{UUID: id("identity", n)}, Contact: who.ID, Address: address}
	conversation := inbox.Conversation{
		ID: inbox.ConversationID{UUID: id("conversation", n)}, Version: 1, Thread: inbox.ThreadID{UUID: id("thread", n)}, Account: account,
		Network: address.Network, Visibility: channel.Private, Identity: identity.ID, State: state, Assignee: assignee,
		Topics: []inbox.TopicID{topic}, Reason: reason, Created: began, Asked: inbox.MessageID{UUID: id("message", n)},
		Last: inbox.Last{Kind: channel.DirectMessage, At: began}, WaitingSince: began, Due: began,
	}
	thread := inbox.Thread{ID: conversation.Thread, Version: 1, Conversation: conversation.ID}
	thread.ThreadKey = inbox.ThreadKey{Account: account, Identity: identity.ID, Visibility: channel.Private}
	document := inbox.Document{DocumentKey: inbox.DocumentKey{Kind: inbox.AccountDocument, ID: id("document", n)}, Version: 1}
	document.Account = channel.AccountKey{Network: channel.WhatsApp, ExternalID: fmt.Sprint(n)}
	subject := audit.Subject{Kind: audit.SubjectConversation, ID: conversation.ID.UUID}
	entry := audit.Entry{Tenant: c.tenant.UUID, Subject: subject, Time: began, Action: "message.received", Cause: id("cause", n)}
	conversation.Chain.Append(&entry)
	return inbox.Change{
		Tenant: c.tenant, Contact: &who, Identities: []inbox.Identity{{Identity: identity, Version: 1}}, Thread: &thread,
		Conversation: &conversation, Documents: []inbox.Document{document}, Keys: []inbox.KeyRecord{{Key: fmt.Sprint(n)}},
		Arrivals: []inbox.Arrival{{Account: account, ExternalID: fmt.Sprint(n), Version: 1, Message: conversation.Asked}},
		Messages: []inbox.Message{{ID: conversation.Asked, Conversation: conversation.ID, Account: account, Seq: 1}},
		Notes:    []inbox.Note{{ID: inbox.NoteID{UUID: id("note", n)}, Conversation: conversation.ID, Seq: 1}},
		Dues:     []inbox.Due{{Tenant: c.tenant, Kind: inbox.DeliveryDue, Ref: id("message", n), At: began}},
		Totals:   []inbox.TotalsDelta{{Account: account, Totals: inbox.Totals{New: 1}}},
		Entries:  []audit.Entry{entry},
	}
}

// begin stores all talks.
func (c *caller) begin() {
	for _, state := range []inbox.State{inbox.StateNew, inbox.StatePending, inbox.StateResolved, inbox.StateNone} {
		for _, assignee := range []inbox.Assignee{{}, {Agent: agent, Team: team}} {
			c.talks = append(c.talks, c.talk(len(c.talks), state, assignee))
		}
	}
	for _, err := range c.store.Commit(c.Context(), c.talks...) {
		c.works(err)
	}
}

// goOn changes every row of the talks, and commits another change with them that loses.
func (c *caller) goOn() {
	lost := c.talk(0, inbox.StateNew, inbox.Assignee{})
	for i := range c.talks {
		ch := &c.talks[i]
		ch.Contact.Version++
		ch.Identities[0].Version++
		ch.Thread.Version++
		ch.Conversation.Version++
		if i%2 == 0 { // it stays in its state
			ch.Conversation.Changed = began
		}
		ch.Documents[0].Version++
		ch.Arrivals[0].Version++
		ch.Conversation.Chain.Append(&ch.Entries[0])
		ch.Keys = nil
	}
	for i, err := range c.store.Commit(c.Context(), append(c.talks, lost)...) {
		if i == len(c.talks) {
			means(c.T, err, storage.ErrConflict, storage.ErrConflict)
			continue
		}
		c.works(err)
	}
	c.talks[0].Conversation.Version++
	done := inbox.Due{Tenant: c.tenant, Kind: inbox.DeliveryDue, Ref: id("message", 0)}
	c.works(c.store.Commit(c.Context(), inbox.Change{Tenant: c.tenant, Conversation: c.talks[0].Conversation, Dues: []inbox.Due{done}})[0])
	several := inbox.Change{Tenant: c.tenant}
	for i := range 2 {
		who, document := &c.talks[i].Identities[0], &c.talks[i].Documents[0]
		who.Version++
		document.Version++
		several.Identities, several.Documents = append(several.Identities, *who), append(several.Documents, *document)
	}
	c.works(c.store.Commit(c.Context(), several)[0])
}

// load names everything that a ref can name.
func (c *caller) load() {
	named := inbox.Ref{
		Conversation: c.talks[0].Conversation.ID, Message: c.talks[0].Messages[0].ID, Asked: true, Note: c.talks[0].Notes[0].ID,
		Document: c.talks[0].Documents[0].DocumentKey, Key: "0", Cause: id("cause", 0),
	}
	setting := inbox.Ref{Document: named.Document, Cause: id("cause", 0)}
	stored := inbox.Ref{Arrival: inbox.ArrivalRef{Account: account, ExternalID: "0"}}
	about := inbox.Ref{Arrival: inbox.ArrivalRef{Account: account, About: "0"}}
	thread := inbox.Ref{Arrival: inbox.ArrivalRef{
		Account: account, ExternalID: "none", Visibility: channel.Private, Addresses: []channel.Address{{Network: channel.WhatsApp, ID: "0"}},
	}}
	two := thread
	two.Arrival.Addresses = append(two.Arrival.Addresses, channel.Address{Network: channel.WhatsApp, ID: "nobody's"})
	for _, ref := range []inbox.Ref{named, setting, stored, about, thread, two} {
		ref.Tenant = c.tenant
		c.works(c.store.Load(c.Context(), &inbox.Snapshot{Ref: ref}))
	}
}

// read asks what is not a list.
func (c *caller) read() {
	talk := c.talks[0]
	for _, trail := range []bool{false, true} {
		_, err := c.store.Timeline(c.Context(), c.tenant, talk.Conversation.ID, 0, 50, trail)
		c.works(err)
	}
	_, err := c.store.Messages(c.Context(), c.tenant, talk.Messages[0].ID)
	c.works(err)
	_, err = c.store.Notes(c.Context(), c.tenant, talk.Notes[0].ID)
	c.works(err)
	_, err = c.store.Totals(c.Context(), c.tenant)
	c.works(err)
	_, _, err = c.store.Documents(c.Context(), c.tenant)
	c.works(err)
	_, _, err = c.store.Owner(c.Context(), talk.Documents[0].Account)
	c.works(err)
	_, err = c.store.Feed(c.Context(), c.tenant, 1, 50)
	c.works(err)
	_, err = c.store.Batches(c.Context(), c.tenant, 1, 50)
	c.works(err)
	_, err = c.store.Head(c.Context(), c.tenant)
	c.works(err)
	var subjects []audit.Subject
	for _, kind := range []audit.SubjectKind{audit.SubjectConversation, audit.SubjectContact, audit.SubjectSetting} {
		subjects = append(subjects, audit.Subject{Kind: kind, ID: talk.Conversation.ID.UUID})
	}
	_, err = c.store.Chains(c.Context(), c.tenant, subjects...)
	c.works(err)
}

// work claims what waits.
func (c *caller) work() {
	_, err := c.store.Next(c.Context())
	c.works(err)
	_, err = c.store.Claim(c.Context(), began.Add(time.Hour), began.Add(2*time.Hour), 50)
	c.works(err)
}

// parts are what a filter can be made of, one by one and all at once.
func parts() []inbox.Filter {
	paid, age := false, inbox.Age(time.Minute)
	many := []inbox.Who{inbox.Me}
	for n := range 20 {
		many = append(many, inbox.Is(queue.AgentID{UUID: id("agent", n)}))
	}
	everything := inbox.Filter{
		States: []inbox.State{inbox.StateNew}, Accounts: []channel.AccountID{account}, Networks: []channel.Network{channel.WhatsApp},
		Visibilities: []channel.Visibility{channel.Private}, Kinds: []channel.Kind{channel.DirectMessage}, Paid: &paid, Assignees: many,
		Teams: []queue.TeamID{team}, Topics: []inbox.TopicID{topic}, Reasons: []inbox.ReasonID{reason}, OlderThan: &age,
	}
	return []inbox.Filter{
		{},
		{States: []inbox.State{inbox.StatePending, inbox.StateNew}},
		{Accounts: []channel.AccountID{account, {UUID: id("account", 1)}}},
		{Networks: []channel.Network{channel.WhatsApp}},
		{Visibilities: []channel.Visibility{channel.Private}},
		{Kinds: []channel.Kind{channel.DirectMessage, channel.Comment}},
		{Paid: &paid},
		{Assignees: []inbox.Who{inbox.Me}},
		{Assignees: []inbox.Who{inbox.Nobody}},
		{Assignees: []inbox.Who{inbox.Nobody, inbox.Me}},
		{Assignees: many},
		{Teams: []queue.TeamID{team}},
		{Teams: []queue.TeamID{{}, team}},
		{Topics: []inbox.TopicID{topic, {}}},
		{Reasons: []inbox.ReasonID{reason}},
		{Reasons: []inbox.ReasonID{reason, {}}},
		{OlderThan: &age},
		{NewerThan: &age},
		{Any: []inbox.Filter{{Assignees: []inbox.Who{inbox.Me}}, {Accounts: []channel.AccountID{account}}}},
		everything,
		{Not: &inbox.Filter{Paid: &paid, Accounts: []channel.AccountID{{UUID: id("account", 1)}}}},
	}
}

// list asks for pages of every part in every order, of everybody's talks and of one agent's: the first page, the one after it and,
// since there is one row on a page, those that a page of another state bounds.
func (c *caller) list() {
	mine := inbox.Filter{Assignees: []inbox.Who{inbox.Me}}
	for _, part := range parts() {
		for _, f := range []inbox.Filter{part, {All: []inbox.Filter{part, mine}}} {
			for _, sort := range []inbox.Sort{inbox.Newest, inbox.Oldest, inbox.LongestWaiting, inbox.Deadline} {
				q := inbox.Query{Filter: f.Bound(agent, began.Add(time.Hour)), Sort: sort, Limit: 1}
				for range 2 {
					page, err := c.store.List(c.Context(), c.tenant, q)
					c.works(err)
					if len(page) > 0 {
						q.After = sort.Place(&page[0].Conversation)
					}
				}
			}
		}
	}
}
