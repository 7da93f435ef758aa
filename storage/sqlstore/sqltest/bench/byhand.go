package main

import (
	"context"
	"database/sql"
	"strconv"
	"time"

	"github.com/google/uuid"
)

// byHand is the same work as somebody writes it for a product of one's own: prepared statements and no more tables than needed. No
// version guards it, nothing is chained, nobody is asked.
type byHand struct {
	db *sql.DB

	findContact, addContact, findOpen, addConversation, touch, addMessage, addLog, addOutbox *sql.Stmt
}

const handmade = `
CREATE TABLE contact (id BLOB PRIMARY KEY, tenant BLOB NOT NULL, network TEXT NOT NULL, address TEXT NOT NULL, name TEXT NOT NULL,
	created INTEGER NOT NULL) WITHOUT ROWID;
CREATE UNIQUE INDEX contact_address ON contact (tenant, network, address);
CREATE TABLE conversation (id BLOB PRIMARY KEY, tenant BLOB NOT NULL, account BLOB NOT NULL, contact BLOB NOT NULL, state TEXT NOT NULL,
	agent BLOB, created INTEGER NOT NULL, waiting_since INTEGER, last_at INTEGER NOT NULL, preview TEXT NOT NULL, messages INTEGER NOT NULL,
	unread INTEGER NOT NULL) WITHOUT ROWID;
CREATE UNIQUE INDEX conversation_open ON conversation (tenant, contact, account) WHERE state <> 'resolved';
CREATE INDEX conversation_queue ON conversation (tenant, state, last_at, id);
CREATE TABLE message (id BLOB PRIMARY KEY, tenant BLOB NOT NULL, conversation BLOB NOT NULL, account BLOB NOT NULL, external_id TEXT NOT NULL,
	direction TEXT NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL, sent INTEGER NOT NULL, received INTEGER NOT NULL) WITHOUT ROWID;
CREATE UNIQUE INDEX message_external ON message (tenant, account, external_id);
CREATE INDEX message_conversation ON message (conversation, id);
CREATE TABLE log (id INTEGER PRIMARY KEY, tenant BLOB NOT NULL, conversation BLOB NOT NULL, at INTEGER NOT NULL, actor TEXT NOT NULL,
	action TEXT NOT NULL, data TEXT NOT NULL);
CREATE INDEX log_conversation ON log (conversation, id);
CREATE TABLE outbox (id INTEGER PRIMARY KEY, tenant BLOB NOT NULL, topic TEXT NOT NULL, data TEXT NOT NULL, at INTEGER NOT NULL);
`

var (
	handTenant  = uuid.NewSHA1(uuid.Nil, []byte("tenant"))
	handAccount = uuid.NewSHA1(uuid.Nil, []byte("account"))
)

// byHand returns a database with the contacts, each of which has written once.
func (b *bench) byHand(ctx context.Context, name string, contacts int) (*byHand, error) {
	db, err := b.open(name, "full")
	if err != nil {
		return nil, err
	}
	if _, err := db.ExecContext(ctx, handmade); err != nil {
		return nil, err
	}
	h := &byHand{db: db}
	for text, stmt := range map[string]**sql.Stmt{
		"SELECT id FROM contact WHERE tenant = ? AND network = ? AND address = ?":                              &h.findContact,
		"INSERT INTO contact VALUES (?, ?, ?, ?, ?, ?)":                                                        &h.addContact,
		"SELECT id FROM conversation WHERE tenant = ? AND contact = ? AND account = ? AND state <> 'resolved'": &h.findOpen,
		"INSERT INTO conversation VALUES (?, ?, ?, ?, 'new', NULL, ?, ?, ?, ?, 1, 1)":                          &h.addConversation,
		"INSERT INTO message VALUES (?, ?, ?, ?, ?, 'in', 'chat', ?, ?, ?)":                                    &h.addMessage,
		"INSERT INTO log (tenant, conversation, at, actor, action, data) VALUES (?, ?, ?, 'contact', ?, ?)":    &h.addLog,
		"INSERT INTO outbox (tenant, topic, data, at) VALUES (?, 'message', ?, ?)":                             &h.addOutbox,
		"UPDATE conversation SET state = 'new', waiting_since = coalesce(waiting_since, ?), last_at = ?, preview = ?, messages = messages + 1, " +
			"unread = unread + 1 WHERE id = ?": &h.touch,
	} {
		if *stmt, err = db.PrepareContext(ctx, text); err != nil {
			return nil, err
		}
	}
	for done := 0; done < contacts; {
		if err := h.batch(ctx, min(1000, contacts-done), func() (int, int) { done++; return done - 1, -done }); err != nil {
			return nil, err
		}
	}
	return h, nil
}

// batch writes messages in one transaction.
func (h *byHand) batch(ctx context.Context, n int, next func() (contact, n int)) error {
	tx, err := h.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	t := h.on(ctx, tx)
	for range n {
		if err := t.write(ctx, next); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// on is the statements on one transaction.
func (h *byHand) on(ctx context.Context, tx *sql.Tx) *byHand {
	s := func(stmt *sql.Stmt) *sql.Stmt { return tx.StmtContext(ctx, stmt) }
	return &byHand{h.db, s(h.findContact), s(h.addContact), s(h.findOpen), s(h.addConversation), s(h.touch), s(h.addMessage), s(h.addLog), s(h.addOutbox)}
}

// write writes one message: contact and conversation where they are new, message, log, outbox.
func (h *byHand) write(ctx context.Context, next func() (contact, n int)) error {
	who, n := next()
	if n%20 == 0 {
		who = n + 1_000_000
	}
	now := time.Now().UnixMicro()
	address := "c" + strconv.Itoa(who)
	var contact, conversation []byte
	err := h.findContact.QueryRowContext(ctx, handTenant[:], "webchat", address).Scan(&contact)
	if err == sql.ErrNoRows {
		contact = id()
		_, err = h.addContact.ExecContext(ctx, contact, handTenant[:], "webchat", address, "Kim", now)
	}
	if err != nil {
		return err
	}
	action := "message"
	err = h.findOpen.QueryRowContext(ctx, handTenant[:], contact, handAccount[:]).Scan(&conversation)
	switch err {
	case nil:
		_, err = h.touch.ExecContext(ctx, now, now, text[:100], conversation)
	case sql.ErrNoRows:
		conversation, action = id(), "conversation"
		_, err = h.addConversation.ExecContext(ctx, conversation, handTenant[:], handAccount[:], contact, now, now, now, text[:100])
	}
	if err != nil {
		return err
	}
	message := id()
	data := `{"conversation":"` + uuid.UUID(conversation).String() + `","message":"` + uuid.UUID(message).String() + `","text":"` + text + `"}`
	if _, err := h.addMessage.ExecContext(ctx, message, handTenant[:], conversation, handAccount[:], "m"+strconv.Itoa(n), text, now, now); err != nil {
		return err
	}
	if _, err := h.addLog.ExecContext(ctx, handTenant[:], conversation, now, action, data); err != nil {
		return err
	}
	_, err = h.addOutbox.ExecContext(ctx, handTenant[:], data, now)
	return err
}

func id() []byte {
	id := uuid.Must(uuid.NewV7())
	return id[:]
}
