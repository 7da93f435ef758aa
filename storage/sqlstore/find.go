package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/inbox"
	"github.com/google/uuid"
)

// On a server all snapshots of one sort are filled by one statement: those by conversation, and those by an arrival from one address.
// Other refs, and those that turn out to want more, are rare and take a look-up for each of their parts.

// sort is what the statement for a ref depends on.
type sort struct {
	arrives bool // by an arrival from one address; else by conversation
	wants   [wanted]bool
}

// What a ref may want beside.
const (
	wantsExternal = iota
	wantsMessage
	wantsAsked
	wantsNote
	wantsDocument
	wantsKey
	wantsCause
	wanted
)

// sortOf says how a ref is found; not ok: part by part.
func sortOf(ref *inbox.Ref) (s sort, ok bool) {
	at := &ref.Arrival
	s.arrives = ref.Conversation.UUID == uuid.Nil
	s.wants = [wanted]bool{at.ExternalID != "", ref.Message.UUID != uuid.Nil, ref.Asked, ref.Note.UUID != uuid.Nil,
		ref.Document.ID != uuid.Nil, ref.Key != "", ref.Cause != uuid.Nil}
	return s, at.About == "" && (!s.arrives || len(at.Addresses) == 1)
}

// found is what one statement fills.
type found struct {
	sort  sort
	snaps []*inbox.Snapshot
}

// findAll fills the snapshots of calls. Those of one call are from one state.
func (s *Store) findAll(ctx context.Context, calls ...*loads) error {
	var all []found
	var rest []*loads
	for _, c := range calls {
		sort, ok := sortOf(&c.snaps[0].Ref)
		for _, snap := range c.snaps[1:] {
			other, also := sortOf(&snap.Ref)
			ok = ok && also && other == sort
		}
		if !ok {
			rest = append(rest, c)
			continue
		}
		i := slices.IndexFunc(all, func(f found) bool { return f.sort == sort })
		if i < 0 {
			i, all = len(all), append(all, found{sort: sort})
		}
		all[i].snaps = append(all[i].snaps, c.snaps...)
	}
	for i := range all {
		more, err := s.find(ctx, &all[i])
		if err != nil {
			return err
		}
		if len(more) > 0 {
			rest = append(rest, &loads{snaps: more})
		}
	}
	if len(rest) == 0 {
		return nil
	}
	return s.loadEach(ctx, rest...)
}

// find fills snapshots of one sort and returns those that want more.
func (s *Store) find(ctx context.Context, f *found) (more []*inbox.Snapshot, err error) {
	text, args, err := f.statement(s)
	if err != nil {
		return nil, err
	}
	err = s.readOne(ctx, "load", func(t *tx) error {
		return t.rows(text, func(rows *sql.Rows) error {
			wants, err := f.scan(t, rows)
			if wants != nil {
				more = append(more, wants)
			}
			return err
		}, args...)
	})
	return more, err
}

// parameters are the columns of the refs of a sort, and what they hold.
func (f *found) parameters() (columns []string, bind func(*inbox.Ref) []any) {
	columns = []string{"tenant"}
	if f.sort.arrives {
		columns = append(columns, "account", "network", "address", "visibility", "key")
	} else {
		columns = append(columns, "conversation")
	}
	for want, more := range [wanted][]string{wantsExternal: {"external_id"}, wantsMessage: {"message"}, wantsNote: {"note"},
		wantsDocument: {"document", "kind"}, wantsKey: {"command"}, wantsCause: {"cause", "seq"}} {
		if f.sort.wants[want] {
			columns = append(columns, more...)
		}
	}
	if f.sort.wants[wantsExternal] && !f.sort.arrives {
		columns = append(columns, "account")
	}
	return columns, func(ref *inbox.Ref) []any {
		values := map[string]any{
			"tenant": ref.Tenant.UUID[:], "account": ref.Arrival.Account.UUID[:], "visibility": string(ref.Arrival.Visibility),
			"key": ref.Arrival.Thread, "conversation": ref.Conversation.UUID[:], "external_id": ref.Arrival.ExternalID,
			"message": ref.Message.UUID[:], "note": ref.Note.UUID[:], "document": ref.Document.ID[:], "kind": string(ref.Document.Kind),
			"command": ref.Key, "cause": ref.Cause[:], "seq": ref.Seq,
		}
		if f.sort.arrives {
			values["network"], values["address"] = string(ref.Arrival.Addresses[0].Network), ref.Arrival.Addresses[0].ID
		}
		bound := make([]any, len(columns))
		for i, column := range columns {
			bound[i] = values[column]
		}
		return bound
	}
}

// statement says the statement and binds the refs.
func (f *found) statement(s *Store) (text string, args []any, err error) {
	columns, bind := f.parameters()
	refs := sheet{columns: columns, n: len(f.snaps)}
	for _, snap := range f.snaps {
		refs.cells = append(refs.cells, bind(&snap.Ref)...)
	}
	lone := len(f.snaps) == 1 && s.settings.dialect != MySQL
	switch {
	case s.settings.dialect == MySQL:
		text, err := refs.json()
		if err != nil {
			return "", nil, err
		}
		args = []any{text}
	case lone:
		args = refs.cells
	default:
		for i := range columns {
			column, err := refs.column(i)
			if err != nil {
				return "", nil, err
			}
			args = append(args, column)
		}
	}
	shape := findShape{f.sort, lone}
	if said, ok := s.shapes.Load(shape); ok {
		return said.(string), args, nil
	}
	if s.settings.dialect == MySQL {
		text = f.jsonText(columns)
	} else {
		text = f.text(columns, lone)
	}
	s.shapes.Store(shape, text)
	return text, args, nil
}

type findShape struct {
	sort sort
	lone bool
}

// text says the statement. Each look-up is one row by its key: whatever the database knows of its tables, it goes by their indexes.
func (f *found) text(columns []string, lone bool) string {
	var b strings.Builder
	b.WriteString("SELECT r.n, t.epoch, " + f.selected() + " FROM ")
	kinds := make([]string, len(columns))
	for i, column := range columns {
		kinds[i] = fmt.Sprintf("$%d::%s", i+1, kindOf(column))
	}
	if lone {
		b.WriteString("(VALUES (" + strings.Join(kinds, ", ") + ", 1)) AS r (" + strings.Join(columns, ", ") + ", n)")
	} else {
		b.WriteString("unnest(" + strings.Join(kinds, "[], ") + "[]) WITH ORDINALITY AS r (" + strings.Join(columns, ", ") + ", n)")
	}
	f.looks(func(as, table, where string) {
		fmt.Fprintf(&b, " LEFT JOIN LATERAL (SELECT * FROM deskwright_%s x WHERE x.tenant = r.tenant AND %s LIMIT 1) %s ON true", table, where, as)
	})
	return b.String()
}

// jsonText is text for MySQL, which has no LATERAL, and which plans a statement each time it runs.
func (f *found) jsonText(columns []string) string {
	var b strings.Builder
	rows := "(SELECT r.n, " + strings.Join(aliased(readJSON(columns), columns), ", ") + " FROM " + jsonTable(columns) + ") r"
	b.WriteString("SELECT r.n, t.epoch, " + f.selected() + " FROM " + rows)
	f.looks(func(as, table, where string) {
		where = strings.ReplaceAll(where, "x.", as+".")
		where = strings.ReplaceAll(where, "o.thread = th.id AND o.state IN (1, 2)", "o.open_thread = th.id")
		fmt.Fprintf(&b, " LEFT JOIN deskwright_%s %s ON %s.tenant = r.tenant AND %s", table, as, as, where)
	})
	return b.String()
}

func aliased(values, names []string) []string {
	for i := range values {
		values[i] += " AS " + names[i]
	}
	return values
}

// looks says the look-ups, where x is the table that is looked into.
func (f *found) looks(look func(as, table, where string)) {
	look("t", "tenant", "true")
	if f.sort.wants[wantsExternal] {
		look("a", "arrival", "x.account = r.account AND x.external_id = r.external_id")
	}
	const open = "x.thread = th.id AND x.state IN (1, 2)"
	if f.sort.arrives {
		look("i", "identity", "x.address = r.address AND x.network = r.network")
		look("p", "contact", "x.id = i.contact")
		look("th", "thread", "x.identity = i.id AND x.account = r.account AND x.visibility = r.visibility AND x.key = r.key")
		look("o", "conversation", open)
		look("c", "conversation", "x.id = coalesce(o.id, th.conversation)")
	} else {
		look("c", "conversation", "x.id = r.conversation")
		look("th", "thread", "x.id = c.thread")
		look("o", "conversation", open)
		look("i", "identity", "x.id = c.identity")
		look("p", "contact", "x.id = i.contact")
	}
	for _, want := range []struct {
		want             int
		as, table, where string
	}{
		{wantsMessage, "m", "message", "x.id = r.message AND x.conversation = c.id"},
		{wantsAsked, "q", "message", "x.id = c.asked"},
		{wantsNote, "nt", "note", "x.id = r.note AND x.conversation = c.id"},
		{wantsDocument, "d", "document", "x.id = r.document AND x.kind = r.kind"},
		{wantsKey, "k", "command", "x.key = r.command"},
	} {
		if f.sort.wants[want.want] {
			look(want.as, want.table, want.where)
		}
	}
}

// selected lists what the statement returns, in the order of scan.
func (f *found) selected() string {
	all := []string{conversations.of("c"), "c.stamp", threads.of("th"), "o.id", identities.of("i"), contacts.of("p"), "p.stamp"}
	for want, columns := range [wanted]string{
		arrivals.of("a"), messages.of("m"), messages.of("q"), notes.of("nt"), documents.of("d") + ", d.stamp", keys.of("k"), f.cause(),
	} {
		if f.sort.wants[want] {
			all = append(all, columns)
		}
	}
	return strings.Join(all, ", ")
}

// cause asks whether the cause stands in the log of the conversation, or of the document.
func (f *found) cause() string {
	stands := func(subject string, kind audit.SubjectKind) string {
		return "EXISTS (SELECT 1 FROM deskwright_entry x WHERE x.tenant = r.tenant AND x.subject = " + subject + " AND x.seq > r.seq" +
			" AND x.subject_kind = '" + string(kind) + "' AND x.cause = r.cause)"
	}
	if f.sort.wants[wantsDocument] {
		return "(" + stands("c.id", audit.SubjectConversation) + " OR " + stands("r.document", audit.SubjectSetting) + ")"
	}
	return stands("c.id", audit.SubjectConversation)
}

// scan fills the snapshot of a row. It returns it where it wants more.
func (f *found) scan(t *tx, rows *sql.Rows) (more *inbox.Snapshot, err error) {
	// The place of the snapshot is not known before it is scanned, so it is scanned apart.
	var to inbox.Snapshot
	var n int
	var who inbox.Identity
	var message, asked inbox.Message
	var note inbox.Note
	var stamp [3]int64
	dest := append(scanConversation(append(t.dest[:0], &n, (*number)(&to.Epoch)), &to.Conversation), (*number)(&stamp[0]))
	dest = append(scanThread(dest, &to.Thread), &to.Open.UUID)
	dest = append(scanContact(scanIdentity(dest, &who), &to.Contact), (*number)(&stamp[1]))
	for want, scan := range [wanted]func([]any) []any{
		func(dest []any) []any { return scanArrival(dest, &to.Arrival) },
		func(dest []any) []any { return scanMessage(dest, &message) },
		func(dest []any) []any { return scanMessage(dest, &asked) },
		func(dest []any) []any { return scanNote(dest, &note) },
		func(dest []any) []any { return append(scanDocument(dest, &to.Document), (*number)(&stamp[2])) },
		func(dest []any) []any { return scanKey(dest, &to.Key) },
		func(dest []any) []any { return append(dest, &to.Stands) },
	} {
		if f.sort.wants[want] {
			dest = scan(dest)
		}
	}
	if err := t.scan(rows, dest); err != nil {
		return nil, err
	}
	for _, s := range stamp {
		t.stamps.seen(s)
	}
	snap := f.snaps[n-1]
	to.Ref, to.Identities, to.Messages = snap.Ref, snap.Identities[:0], snap.Messages[:0]
	if who.Version != 0 {
		to.Identities = append(to.Identities, who)
	}
	for _, m := range []*inbox.Message{&message, &asked} {
		if m.ID.UUID != uuid.Nil && (len(to.Messages) == 0 || to.Messages[0].ID != m.ID) {
			to.Messages = append(to.Messages, *m)
		}
	}
	if note.ID.UUID != uuid.Nil {
		to.Notes = []inbox.Note{note}
	}
	*snap = to
	if f.wantsMore(snap) {
		return snap, nil
	}
	return nil, nil
}

// wantsMore reports whether a message is stored under the arrival's external id, or whether the conversation of the thread has gone to
// another thread or contact.
func (f *found) wantsMore(s *inbox.Snapshot) bool {
	c := &s.Conversation
	return s.Arrival.Message.UUID != uuid.Nil ||
		f.sort.arrives && c.Version != 0 && (c.Thread != s.Thread.ID || c.Identity != s.Identities[0].ID)
}
