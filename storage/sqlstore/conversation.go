package sqlstore

import (
	"github.com/deskwright/deskwright/inbox"
	"github.com/google/uuid"
)

const conversationColumns = "id, version, revision, thread, account, network, visibility, identity, linked, state, since, agent, team, " +
	"topics, reason, comment, hold_bot, hold_until, created, changed, resolved, waiting_since, answered_by, answered_again, due, " +
	"window_opened, window_ends, window_opener, asked, last_message, last_direction, last_kind, last_paid, last_at, last_preview, newest, " +
	"count_messages, count_unread, chain_seq, chain_hash, chain_key"

// conversations are read without the places in orders, which follow from the rest.
var conversations = table{"conversation", 1, conversationColumns}

var placedConversations = table{"conversation", 1, conversationColumns + ", newest_at, waiting_at, due_at"}

var insertConversation, updateConversation = placedConversations.insert(), placedConversations.update()

// A conversation mostly stays in its queue and in the order of those who wait: of its five indexes it then moves in one or two.
var updateUnmovedConversation, unmovedOrder = placedConversations.updateUnmoved("thread", "state", "agent", "waiting_at", "due_at")

func (t *tx) putConversation(tenant *uuid.UUID, c *inbox.Conversation) error {
	args := append(bindConversation(t.args[:0], c), tenant[:])
	if c.Version > 1 && c.Since.Before(c.Changed) { // it has not come into another state just now
		if done, err := t.unmoved(args, c.Version); done || err != nil {
			return err
		}
	}
	return t.guarded("conversation", insertConversation, updateConversation, 1, c.Version, args)
}

// bindConversation binds a conversation with its places.
func bindConversation(to []any, c *inbox.Conversation) []any {
	to = append(to, c.ID.UUID[:], c.Version, c.Revision, c.Thread.UUID[:], c.Account.UUID[:], string(c.Network),
		string(c.Visibility), optional(&c.Identity.UUID), optional(&c.Linked.UUID), int64(c.State), micros(c.Since),
		optional(&c.Assignee.Agent.UUID), optional(&c.Assignee.Team.UUID), list(c.Topics), optional(&c.Reason.UUID), c.Comment,
		c.Hold.Bot, micros(c.Hold.Until), micros(c.Created), micros(c.Changed), micros(c.Resolved), micros(c.WaitingSince),
		optional(&c.AnsweredBy.UUID), optional(&c.AnsweredAgain.UUID), micros(c.Due),
		micros(c.Window.Opened), micros(c.Window.Ends), string(c.Window.Opener),
		optional(&c.Asked.UUID), optional(&c.Last.Message.UUID), string(c.Last.Direction), string(c.Last.Kind), bindFlag(c.Last.Paid),
		micros(c.Last.At), c.Last.Preview, micros(c.Newest), c.Count.Messages, c.Count.Unread)
	return append(bindChain(to, &c.Chain), inbox.Newest.Place(c).At.UnixMicro(), inbox.LongestWaiting.Place(c).At.UnixMicro(),
		inbox.Deadline.Place(c).At.UnixMicro())
}

// unmoved updates the conversation that is bound, unless it moves.
func (t *tx) unmoved(args []any, version int64) (bool, error) {
	all := len(args)
	for _, i := range unmovedOrder {
		args = append(args, args[i])
	}
	n, err := t.exec(updateUnmovedConversation, append(args, version-1)[all:]...)
	return n == 1, err
}

func scanConversation(to []any, c *inbox.Conversation) []any {
	to = append(to, &c.ID.UUID, (*number)(&c.Version), (*number)(&c.Revision), &c.Thread.UUID, &c.Account.UUID, (*text)(&c.Network),
		(*text)(&c.Visibility), &c.Identity.UUID, &c.Linked.UUID, (*short)(&c.State), (*instant)(&c.Since),
		&c.Assignee.Agent.UUID, &c.Assignee.Team.UUID, object{&c.Topics}, &c.Reason.UUID, (*text)(&c.Comment),
		(*text)(&c.Hold.Bot), (*instant)(&c.Hold.Until), (*instant)(&c.Created), (*instant)(&c.Changed), (*instant)(&c.Resolved),
		(*instant)(&c.WaitingSince), &c.AnsweredBy.UUID, &c.AnsweredAgain.UUID, (*instant)(&c.Due),
		(*instant)(&c.Window.Opened), (*instant)(&c.Window.Ends), (*text)(&c.Window.Opener), &c.Asked.UUID, &c.Last.Message.UUID, (*text)(&c.Last.Direction), (*text)(&c.Last.Kind),
		(*flag)(&c.Last.Paid), (*instant)(&c.Last.At), (*text)(&c.Last.Preview), (*instant)(&c.Newest), (*number)(&c.Count.Messages),
		(*number)(&c.Count.Unread))
	return scanChain(to, &c.Chain)
}
