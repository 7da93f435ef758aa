package sqlstore

import (
	"context"
	"slices"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/google/uuid"
)

var messages = table{"message", 1, "id, conversation, seq, account, external_id, direction, kind, visibility, author_kind, author_id, " +
	"author_name, text, cut, attach, permalink, paid, summoned, time, received, edited, deleted, masked, erased, answers, " +
	"private_reply, tag, template, reactions, delivery_state, delivery_changed, delivery_problem"}

var upsertMessage = messages.upsert()

func (t *tx) putMessages(tenant *uuid.UUID, all []inbox.Message) error {
	for i := range all {
		if _, err := t.exec(upsertMessage, append(bindMessage(t.args[:0], &all[i]), tenant[:])...); err != nil {
			return err
		}
	}
	return nil
}

func bindMessage(to []any, m *inbox.Message) []any {
	to = append(to, m.ID.UUID[:], m.Conversation.UUID[:], m.Seq, optional(&m.Account.UUID), m.ExternalID,
		string(m.Direction), string(m.Kind), string(m.Visibility))
	return append(bindActor(to, &m.Author), m.Text, bindFlag(m.Cut), list(m.Attach), m.Permalink, bindFlag(m.Paid),
		bindFlag(m.Summoned), micros(m.Time), micros(m.Received), micros(m.Edited), micros(m.Deleted), micros(m.Masked),
		micros(m.Erased), answer(&m.Answers), optional(&m.PrivateReply.UUID), string(m.Tag), template(m.Template),
		list(trimReactions(m.Reactions)), string(m.Delivery.State), micros(m.Delivery.Changed), m.Delivery.Problem)
}

func template(t *channel.Template) any {
	if t == nil {
		return nil
	}
	return object{t}
}

func answer(a *inbox.Answer) any {
	if *a == (inbox.Answer{}) {
		return nil
	}
	return object{a}
}

func trimReactions(all []inbox.Reaction) []inbox.Reaction {
	all = slices.Clone(all)
	for i := range all {
		all[i].Time = micro(all[i].Time)
	}
	return all
}

func scanMessage(to []any, m *inbox.Message) []any {
	to = append(to, &m.ID.UUID, &m.Conversation.UUID, (*number)(&m.Seq), &m.Account.UUID, (*text)(&m.ExternalID),
		(*text)(&m.Direction), (*text)(&m.Kind), (*text)(&m.Visibility))
	return append(scanActor(to, &m.Author), (*text)(&m.Text), (*flag)(&m.Cut), object{&m.Attach}, (*text)(&m.Permalink), (*flag)(&m.Paid),
		(*flag)(&m.Summoned), (*instant)(&m.Time), (*instant)(&m.Received), (*instant)(&m.Edited), (*instant)(&m.Deleted),
		(*instant)(&m.Masked), (*instant)(&m.Erased), object{&m.Answers}, &m.PrivateReply.UUID, (*text)(&m.Tag), object{&m.Template},
		object{&m.Reactions}, (*text)(&m.Delivery.State), (*instant)(&m.Delivery.Changed), (*text)(&m.Delivery.Problem))
}

var selectMessage = "SELECT " + messages.of("m") + " FROM deskwright_message m WHERE m.tenant = ? AND m.id = ?"

// message reads a message and reports whether it is there.
func (t *tx) message(tenant *uuid.UUID, id *inbox.MessageID, to *inbox.Message) (bool, error) {
	return t.row(selectMessage, scanMessage(t.dest[:0], to), tenant[:], id.UUID[:])
}

// Messages implements inbox.Lister.
func (s *Store) Messages(ctx context.Context, tenant inbox.Tenant, ids ...inbox.MessageID) ([]inbox.Message, error) {
	if err := admit(ctx, tenant); err != nil {
		return nil, err
	}
	return pick(ctx, s, "messages", ids, func(t *tx, id *inbox.MessageID, to *inbox.Message) (bool, error) {
		return t.message(&tenant.UUID, id, to)
	})
}

// pick returns the rows with these ids that exist, each once.
func pick[K comparable, R any](ctx context.Context, s *Store, op string, ids []K, look func(*tx, *K, *R) (bool, error)) ([]R, error) {
	var out []R
	if len(ids) == 0 {
		return out, nil
	}
	err := s.read(ctx, op, func(t *tx) error {
		seen := make(map[K]struct{}, len(ids))
		for i := range ids {
			if _, twice := seen[ids[i]]; twice {
				continue
			}
			seen[ids[i]] = struct{}{}
			var row R
			found, err := look(t, &ids[i], &row)
			if err != nil {
				return err
			}
			if found {
				out = append(out, row)
			}
		}
		return nil
	})
	return out, err
}
