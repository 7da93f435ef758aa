package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
)

// receive is what the network's webhook calls. A conversation that begins has a ticket from its first message on.
func (h *helpdesk) receive(ctx context.Context, in channel.Inbound) (arrived inbox.Received, err error) {
	if err := h.recognise(ctx, &in.From); err != nil {
		return arrived, err
	}
	err = h.transact(ctx, func(tx *sql.Tx, box *inbox.Inbox) error {
		if arrived, err = box.Receive(ctx, in); err != nil {
			return err
		}
		switch id := arrived.Conversation.String(); arrived.Outcome {
		case inbox.OutcomeNew, inbox.OutcomeLinked:
			_, err = h.exec(ctx, tx, "INSERT INTO tickets (conversation, status, minutes) VALUES (?, 'open', 0)", id)
		case inbox.OutcomeReopened:
			_, err = h.exec(ctx, tx, "UPDATE tickets SET status = 'open' WHERE conversation = ?", id)
		}
		return err
	})
	return arrived, err
}

// answer writes to the customer and books the time it took.
func (h *helpdesk) answer(ctx context.Context, u user, id inbox.ConversationID, text string, minutes int) error {
	return h.transact(ctx, func(tx *sql.Tx, box *inbox.Inbox) error {
		_, err := h.exec(ctx, tx, "UPDATE tickets SET minutes = minutes + ? WHERE conversation = ?", minutes, id.String())
		if err != nil {
			return err
		}
		_, err = box.As(u.actor()).Reply(ctx, id, inbox.Reply{Text: text})
		return err
	})
}

// errNoTime is the helpdesk's own rule: work that nobody booked is not done.
var errNoTime = errors.New("no time is booked on the ticket")

// close resolves the conversation with its ticket.
func (h *helpdesk) close(ctx context.Context, u user, id inbox.ConversationID) error {
	return h.transact(ctx, func(tx *sql.Tx, box *inbox.Inbox) error {
		if _, err := box.As(u.actor()).Resolve(ctx, id, inbox.Resolve{}); err != nil {
			return err
		}
		closed, err := h.exec(ctx, tx, "UPDATE tickets SET status = 'closed' WHERE conversation = ? AND minutes > 0", id.String())
		if err == nil && closed == 0 {
			err = errNoTime // and the conversation is not resolved
		}
		return err
	})
}

// ticket says how things stand.
func (h *helpdesk) ticket(ctx context.Context, id inbox.ConversationID) (string, error) {
	var status string
	var minutes int
	row := h.db.QueryRowContext(ctx, h.sql("SELECT status, minutes FROM tickets WHERE conversation = ?"), id.String())
	err := row.Scan(&status, &minutes)
	return fmt.Sprintf("The ticket is %s, %d minutes.", status, minutes), err
}
