package main

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/queue"
)

// user is a row of the helpdesk's users: those who work here, and customers.
type user struct{ id, name, role, phone string }

// actor is the user in the inbox. The role goes with it, so that access need not look it up in the middle of a transaction.
func (u user) actor() inbox.Actor {
	return inbox.Person(queue.AgentNamed("users/"+u.id), u.name).As(inbox.Role(u.role))
}

// rights are what the helpdesk's own roles may do in the inbox. Who has none of these roles may nothing.
var rights = map[inbox.Role][]inbox.Permission{
	"lead":    inbox.Permissions(),
	"agent":   {inbox.MayManage, inbox.MayReplyPrivate, inbox.MayReplyPublic},
	"trainee": {inbox.MayManage},
}

// access answers what the inbox asks about users.
type access struct{}

func (access) May(_ context.Context, a inbox.Actor, p inbox.Permission, _ inbox.Object) (bool, error) {
	return slices.Contains(rights[a.Role], p), nil
}

func (access) Sight(_ context.Context, _ inbox.Tenant, a inbox.Actor) (inbox.Sight, error) {
	_, works := rights[a.Role]
	return inbox.Sight{All: works}, nil
}

// recognise says who of the users has the address. A stranger stays who the network says it is.
func (h *helpdesk) recognise(ctx context.Context, p *channel.Person) error {
	if len(p.Addresses) == 0 {
		return nil
	}
	var u user
	err := h.db.QueryRowContext(ctx, h.sql("SELECT id, name FROM users WHERE phone = ?"), p.Addresses[0].ID).Scan(&u.id, &u.name)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	p.Name, p.Attributes = u.name, map[string]string{"user": u.id}
	return err
}

// saveUser makes or changes a user; who works here is an agent of the inbox too.
func (h *helpdesk) saveUser(ctx context.Context, u user) error {
	return h.transact(ctx, func(tx *sql.Tx, box *inbox.Inbox) error {
		found, err := h.exec(ctx, tx, "UPDATE users SET name = ?, role = ?, phone = ? WHERE id = ?", u.name, u.role, u.phone, u.id)
		if err == nil && found == 0 {
			_, err = h.exec(ctx, tx, "INSERT INTO users (name, role, phone, id) VALUES (?, ?, ?, ?)", u.name, u.role, u.phone, u.id)
		}
		if _, works := rights[inbox.Role(u.role)]; err == nil && works {
			_, err = box.As(inbox.System).SaveAgent(ctx, inbox.Agent{Agent: queue.Agent{ID: u.actor().Agent, Name: u.name}})
		}
		return err
	})
}

// user finds who has signed in.
func (h *helpdesk) user(ctx context.Context, id string) (user, error) {
	u := user{id: id}
	row := h.db.QueryRowContext(ctx, h.sql("SELECT name, role, phone FROM users WHERE id = ?"), id)
	return u, row.Scan(&u.name, &u.role, &u.phone)
}
