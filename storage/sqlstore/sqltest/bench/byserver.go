package main

import (
	"context"
	"database/sql"
	"strconv"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"
)

// handmadeServer is byHand on a server, where many write at once.
type handmadeServer struct {
	db *sql.DB

	whole, findContact, addContact, findOpen, addConversation, touch, addMessage, addLog, addOutbox string
}

const handmadeTables = `
CREATE TABLE contact (id UUID PRIMARY KEY, tenant UUID NOT NULL, network TEXT NOT NULL, address TEXT NOT NULL, name TEXT NOT NULL,
	created TIMESTAMPTZ NOT NULL);
CREATE UNIQUE INDEX contact_address ON contact (tenant, network, address);
CREATE TABLE conversation (id UUID PRIMARY KEY, tenant UUID NOT NULL, account UUID NOT NULL, contact UUID NOT NULL REFERENCES contact,
	state TEXT NOT NULL, agent UUID, created TIMESTAMPTZ NOT NULL, waiting_since TIMESTAMPTZ, last_at TIMESTAMPTZ NOT NULL, preview TEXT NOT NULL,
	messages BIGINT NOT NULL, unread BIGINT NOT NULL);
CREATE UNIQUE INDEX conversation_open ON conversation (tenant, contact, account) WHERE state <> 'resolved';
CREATE INDEX conversation_queue ON conversation (tenant, state, last_at, id);
CREATE TABLE message (id UUID PRIMARY KEY, tenant UUID NOT NULL, conversation UUID NOT NULL REFERENCES conversation, account UUID NOT NULL,
	external_id TEXT NOT NULL, direction TEXT NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL, sent TIMESTAMPTZ NOT NULL,
	received TIMESTAMPTZ NOT NULL);
CREATE UNIQUE INDEX message_external ON message (tenant, account, external_id);
CREATE INDEX message_conversation ON message (conversation, id);
CREATE TABLE log (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tenant UUID NOT NULL, conversation UUID NOT NULL REFERENCES conversation,
	at TIMESTAMPTZ NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL, data TEXT NOT NULL);
CREATE INDEX log_conversation ON log (conversation, id);
CREATE TABLE outbox (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tenant UUID NOT NULL, topic TEXT NOT NULL, data TEXT NOT NULL,
	at TIMESTAMPTZ NOT NULL);
`

// handmadeWhole is all of it by one statement.
const handmadeWhole = `
WITH found AS (SELECT id FROM contact WHERE tenant = $1 AND network = 'webchat' AND address = $2),
made AS (INSERT INTO contact SELECT $3, $1, 'webchat', $2, 'Kim', $4 WHERE NOT EXISTS (SELECT FROM found) RETURNING id),
who AS (SELECT id FROM found UNION ALL SELECT id FROM made),
touched AS (UPDATE conversation c SET state = 'new', waiting_since = coalesce(waiting_since, $4), last_at = $4, preview = $5,
	messages = messages + 1, unread = unread + 1 FROM who
	WHERE c.tenant = $1 AND c.contact = who.id AND c.account = $6 AND c.state <> 'resolved' RETURNING c.id),
opened AS (INSERT INTO conversation SELECT $7, $1, $6, who.id, 'new', NULL, $4, $4, $4, $5, 1, 1 FROM who
	WHERE NOT EXISTS (SELECT FROM touched) RETURNING id),
talk AS (SELECT id FROM touched UNION ALL SELECT id FROM opened),
said AS (INSERT INTO message SELECT $8, $1, id, $6, $9, 'in', 'chat', $10, $4, $4 FROM talk),
logged AS (INSERT INTO log (tenant, conversation, at, actor, action, data) SELECT $1, id, $4, 'contact', 'message', $11 FROM talk)
INSERT INTO outbox (tenant, topic, data, at) VALUES ($1, 'message', $11, $4)`

func (s *server) handmade(ctx context.Context) (*handmadeServer, error) {
	db, err := s.database(ctx, "hand", 64)
	if err != nil {
		return nil, err
	}
	if _, err := db.ExecContext(ctx, handmadeTables); err != nil {
		return nil, err
	}
	h := &handmadeServer{
		db: db, whole: handmadeWhole,
		findContact:     "SELECT id FROM contact WHERE tenant = $1 AND network = 'webchat' AND address = $2",
		addContact:      "INSERT INTO contact VALUES ($1, $2, 'webchat', $3, 'Kim', $4)",
		findOpen:        "SELECT id FROM conversation WHERE tenant = $1 AND contact = $2 AND account = $3 AND state <> 'resolved' FOR UPDATE",
		addConversation: "INSERT INTO conversation VALUES ($1, $2, $3, $4, 'new', NULL, $5, $5, $5, $6, 1, 1)",
		touch: "UPDATE conversation SET state = 'new', waiting_since = coalesce(waiting_since, $1), last_at = $1, preview = $2, " +
			"messages = messages + 1, unread = unread + 1 WHERE id = $3",
		addMessage: "INSERT INTO message VALUES ($1, $2, $3, $4, $5, 'in', 'chat', $6, $7, $7)",
		addLog:     "INSERT INTO log (tenant, conversation, at, actor, action, data) VALUES ($1, $2, $3, 'contact', 'message', $4)",
		addOutbox:  "INSERT INTO outbox (tenant, topic, data, at) VALUES ($1, 'message', $2, $3)",
	}
	var group errgroup.Group
	group.SetLimit(64)
	for i := range s.contacts {
		group.Go(func() error { return h.atOnce(ctx, i, -20*i-1) })
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	_, err = db.ExecContext(ctx, "VACUUM ANALYZE")
	return h, err
}

// handmadeData is what the log and the outbox tell.
func handmadeData(message uuid.UUID) string {
	return `{"message":"` + message.String() + `","text":"` + text + `"}`
}

func (h *handmadeServer) atOnce(ctx context.Context, contact, n int) error {
	if n%20 == 0 {
		contact = n + 1_000_000
	}
	message := newID()
	_, err := h.db.ExecContext(ctx, h.whole, handTenant, "c"+strconv.Itoa(contact), newID(), time.Now(), text[:100], handAccount, newID(),
		message, "m"+strconv.Itoa(n), text, handmadeData(message))
	return err
}

func (h *handmadeServer) stepByStep(ctx context.Context, contact, n int) error {
	if n%20 == 0 {
		contact = n + 1_000_000
	}
	tx, err := h.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	now, address := time.Now(), "c"+strconv.Itoa(contact)
	var who, talk uuid.UUID
	switch err := tx.QueryRowContext(ctx, h.findContact, handTenant, address).Scan(&who); err {
	case nil:
	case sql.ErrNoRows:
		who = newID()
		if _, err := tx.ExecContext(ctx, h.addContact, who, handTenant, address, now); err != nil {
			return err
		}
	default:
		return err
	}
	switch err := tx.QueryRowContext(ctx, h.findOpen, handTenant, who, handAccount).Scan(&talk); err {
	case nil:
		_, err = tx.ExecContext(ctx, h.touch, now, text[:100], talk)
		if err != nil {
			return err
		}
	case sql.ErrNoRows:
		talk = newID()
		if _, err := tx.ExecContext(ctx, h.addConversation, talk, handTenant, handAccount, who, now, text[:100]); err != nil {
			return err
		}
	default:
		return err
	}
	message := newID()
	if _, err := tx.ExecContext(ctx, h.addMessage, message, handTenant, talk, handAccount, "m"+strconv.Itoa(n), text, now); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, h.addLog, handTenant, talk, now, handmadeData(message)); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, h.addOutbox, handTenant, handmadeData(message), now); err != nil {
		return err
	}
	return tx.Commit()
}

func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }
