package sqlstore

import (
	"context"
	"database/sql"
	"slices"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/inbox"
	"github.com/google/uuid"
)

var (
	selectTimeline       = "SELECT " + entries.of("e") + timelineOf
	selectSealedTimeline = "SELECT coalesce((SELECT b.first + e.place FROM deskwright_batch b WHERE b.tenant = e.tenant AND b.batch = e.batch), 0), " +
		sealedEntries.of("e") + timelineOf
)

var timelineOf = ", " + messages.of("m") + ", " + notes.of("n") + " FROM deskwright_entry e" +
	" LEFT JOIN deskwright_message m ON m.tenant = e.tenant AND m.conversation = e.subject AND m.seq = e.seq" +
	" LEFT JOIN deskwright_note n ON n.tenant = e.tenant AND n.conversation = e.subject AND n.seq = e.seq" +
	" WHERE e.tenant = ? AND e.subject = ? AND e.seq > ? AND e.subject_kind = ?" +
	" AND (m.id IS NOT NULL OR n.id IS NOT NULL OR e.class = ?)" +
	" ORDER BY e.seq LIMIT ?"

// Timeline implements inbox.Lister.
func (s *Store) Timeline(ctx context.Context, tenant inbox.Tenant, id inbox.ConversationID, after int64, limit int,
	trail bool) (out []inbox.Item, err error) {
	if err := admit(ctx, tenant); err != nil || limit < 1 {
		return nil, err
	}
	class := int64(-1) // no entry has it
	if trail {
		class = int64(audit.ClassTrail)
	}
	statement := selectTimeline
	if s.settings.dialect.server {
		statement = selectSealedTimeline
	}
	items := func(t *tx) error {
		out = nil
		return t.rows(statement, func(rows *sql.Rows) error {
			item, err := t.item(rows)
			item.Entry.Tenant = tenant.UUID
			out = append(out, item)
			return err
		}, tenant.UUID[:], id.UUID[:], after, string(audit.SubjectConversation), class, int64(limit))
	}
	if err = s.readOne(ctx, "timeline", items); err == nil && slices.ContainsFunc(out, unplaced) {
		err = s.readSealed(ctx, tenant, "timeline", items)
	}
	return out, err
}

// unplaced reports whether the entry of an item has no position yet.
func unplaced(i inbox.Item) bool { return i.Entry.Position == 0 }

// item reads one line of a timeline.
func (t *tx) item(rows *sql.Rows) (inbox.Item, error) {
	var item inbox.Item
	var m inbox.Message
	var n inbox.Note
	dest := scanNote(scanMessage(scanEntry(t.dest[:0], &item.Entry), &m), &n)
	err := t.scan(rows, dest)
	item.Seq = item.Entry.Seq
	if m.ID.UUID != uuid.Nil {
		item.Message = &m
	}
	if n.ID.UUID != uuid.Nil {
		item.Note = &n
	}
	return item, err
}
