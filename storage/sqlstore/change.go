package sqlstore

import (
	"bytes"
	"slices"
	"strings"

	"github.com/deskwright/deskwright/inbox"
	"github.com/google/uuid"
)

// On a server all changes of a batch are written by one statement, part by part. The parts that guard come first, in this order: a
// change that one of them refuses is left out of those that follow. What can be refused because of other processes comes before what
// cannot, so that mostly nothing has been written of a change by then; where something has, the statement fails as a whole.
const (
	movedConversations = iota
	fencedPuts
	fencedEnds
	newIdentities
	movedIdentities
	newArrivals
	movedArrivals
	newThreads
	movedThreads
	newContacts
	movedContacts
	newConversations
	newDocuments
	movedDocuments
	newKeys
	putMessages
	putNotes
	putDues
	removedDues
	addedEntries
	addedTotals
	parts
)

// partOf says what each part writes to.
var partOf = [parts]struct {
	table   *table
	stamped bool   // the row keeps the stamp of the batch
	moves   bool   // a row that is at the version before
	fenced  bool   // a row that has been claimed as often as its fence says
	ends    bool   // the row is removed
	unless  string // what must not be there, beside
}{
	movedConversations: {table: &placedConversations, stamped: true, moves: true},
	fencedPuts:         {table: &fencedDues, moves: true, fenced: true},
	fencedEnds:         {table: &fencedDues, moves: true, fenced: true, ends: true},
	newIdentities:      {table: &identities},
	movedIdentities:    {table: &identities, moves: true, unless: heldAddress},
	newArrivals:        {table: &arrivals},
	movedArrivals:      {table: &arrivals, moves: true},
	newThreads:         {table: &threads},
	movedThreads:       {table: &threads, moves: true},
	newContacts:        {table: &contacts, stamped: true},
	movedContacts:      {table: &contacts, stamped: true, moves: true},
	newConversations:   {table: &placedConversations, stamped: true},
	newDocuments:       {table: &documents, stamped: true},
	movedDocuments:     {table: &documents, stamped: true, moves: true, unless: heldAccount},
	newKeys:            {table: &keys},
	putMessages:        {table: &messages},
	putNotes:           {table: &notes},
	putDues:            {table: &dues},
	removedDues:        {table: &dues},
	addedEntries:       {table: &sealedEntries},
	addedTotals:        {table: &totals},
}

// What a row gives up cannot be taken by another row of the same statement.
const (
	heldAddress = "SELECT FROM deskwright_identity o WHERE o.tenant = r.tenant AND o.address = r.address AND o.network = r.network AND o.id <> r.id"

	heldAccount = "SELECT FROM deskwright_document o WHERE o.network = r.network AND o.external_id = r.external_id" +
		" AND (o.network <> '' OR o.external_id <> '') AND (o.tenant, o.id, o.kind) <> (r.tenant, r.id, r.kind)"
)

// columnsOf are the columns of the rows of each part.
var columnsOf = func() (all [parts][]string) {
	for i := range all {
		all[i] = append(append([]string{"ch", "later"}, strings.Split(partOf[i].table.columns, ", ")...), "tenant")
	}
	return all
}()

// writing is the rows of changes, sheet by sheet.
type writing struct{ sheets [parts]sheet }

// guardKey is what two changes of one statement must not both have, and a change not twice.
type guardKey struct {
	table  *table
	tenant uuid.UUID
	id     uuid.UUID
	text   string
}

// alone reports whether a change shares a statement with no other one: it may give up what another one takes.
func alone(ch *inbox.Change) bool {
	moves := func(version int64) bool { return version != 1 }
	return len(ch.Documents) > 0 || ch.Contact != nil && moves(ch.Contact.Version) || ch.Thread != nil && moves(ch.Thread.Version) ||
		slices.ContainsFunc(ch.Identities, func(who inbox.Identity) bool { return moves(who.Version) })
}

// guardKeys lists what a change writes.
func guardKeys(ch *inbox.Change) []guardKey {
	all := make([]guardKey, 0, 8)
	add := func(t *table, id uuid.UUID, text string) { all = append(all, guardKey{t, ch.Tenant.UUID, id, text}) }
	if c := ch.Conversation; c != nil {
		add(&conversations, c.ID.UUID, "")
		add(&threads, c.Thread.UUID, "open")
	}
	if ch.Thread != nil {
		add(&threads, ch.Thread.ID.UUID, "")
	}
	if ch.Contact != nil {
		add(&contacts, ch.Contact.ID.UUID, "")
	}
	for i := range ch.Identities {
		add(&identities, ch.Identities[i].ID.UUID, "")
	}
	for i := range ch.Arrivals {
		add(&arrivals, ch.Arrivals[i].Account.UUID, ch.Arrivals[i].ExternalID)
	}
	for i := range ch.Documents {
		add(&documents, ch.Documents[i].ID, string(ch.Documents[i].Kind))
	}
	for i := range ch.Keys {
		add(&keys, uuid.Nil, ch.Keys[i].Key)
	}
	for i := range ch.Messages {
		add(&messages, ch.Messages[i].ID.UUID, "")
	}
	for i := range ch.Notes {
		add(&notes, ch.Notes[i].ID.UUID, "")
	}
	for i := range ch.Dues {
		add(&dues, ch.Dues[i].Ref, string(ch.Dues[i].Kind))
	}
	return all
}

// writingOf is the rows of changes. Their conversations are in the order in which everybody locks them.
func writingOf(changes []*inbox.Change) *writing {
	w := new(writing)
	of := make([]guards, len(changes))
	order := make([]int, len(changes))
	for i, ch := range changes {
		order[i], of[i] = i, guards{w: w, n: int64(i), tenant: ch.Tenant.UUID[:]}
	}
	slices.SortFunc(order, func(x, y int) int { return compareRows(changes[x], changes[y]) })
	for _, i := range order {
		if c := changes[i].Conversation; c != nil && c.Version != 1 {
			of[i].row(movedConversations, func(to []any) []any { return bindConversation(to, c) })
		}
	}
	for i, ch := range changes {
		of[i].add(ch)
	}
	return w
}

// add adds the other rows of a change.
func (g *guards) add(ch *inbox.Change) {
	g.addFenced(ch.Dues)
	for i := range ch.Identities {
		who := &ch.Identities[i]
		g.guarded(newIdentities, who.Version, len(ch.Identities), func(to []any) []any { return bindIdentity(to, who) })
	}
	for i := range ch.Arrivals {
		a := &ch.Arrivals[i]
		g.guarded(newArrivals, a.Version, len(ch.Arrivals), func(to []any) []any { return bindArrival(to, a) })
	}
	if ch.Thread != nil {
		g.guarded(newThreads, ch.Thread.Version, 1, func(to []any) []any { return bindThread(to, ch.Thread) })
	}
	if ch.Contact != nil {
		g.guarded(newContacts, ch.Contact.Version, 1, func(to []any) []any { return bindContact(to, ch.Contact) })
	}
	if c := ch.Conversation; c != nil && c.Version == 1 {
		g.row(newConversations, func(to []any) []any { return bindConversation(to, c) })
	}
	for i := range ch.Documents {
		d := &ch.Documents[i]
		g.guarded(newDocuments, d.Version, len(ch.Documents), func(to []any) []any { return bindDocument(to, d) })
	}
	for i := range ch.Keys {
		k := &ch.Keys[i]
		g.guarded(newKeys, 1, len(ch.Keys), func(to []any) []any { return bindKey(to, k) })
	}
	g.addRest(ch)
}

// addFenced adds the due rows that guard.
func (g *guards) addFenced(all []inbox.Due) {
	fenced := 0
	for i := range all {
		if all[i].Fence != 0 {
			fenced++
		}
	}
	for i := range all {
		d := &all[i]
		if d.Fence == 0 {
			continue
		}
		part := fencedPuts
		if d.At.IsZero() {
			part = fencedEnds
		}
		if fenced > 1 {
			g.rows++
		}
		g.row(part, func(to []any) []any { return append(bindDue(to, d), d.Fence) })
	}
}

// addRest adds what the rows before guard.
func (g *guards) addRest(ch *inbox.Change) {
	for i := range ch.Messages {
		g.row(putMessages, func(to []any) []any { return bindMessage(to, &ch.Messages[i]) })
	}
	for i := range ch.Notes {
		g.row(putNotes, func(to []any) []any { return bindNote(to, &ch.Notes[i]) })
	}
	for i := range ch.Dues {
		if ch.Dues[i].Fence != 0 {
			continue
		}
		part := putDues
		if ch.Dues[i].At.IsZero() {
			part = removedDues
		}
		g.row(part, func(to []any) []any { return bindDue(to, &ch.Dues[i]) })
	}
	for i := range ch.Entries {
		g.row(addedEntries, func(to []any) []any { return bindEntry(to, &ch.Entries[i]) })
	}
	for i := range ch.Totals {
		d := &ch.Totals[i]
		g.row(addedTotals, func(to []any) []any { return append(to, d.Account.UUID[:], d.New, d.Pending) })
	}
}

// guards adds the rows of one change.
type guards struct {
	w      *writing
	n      int64
	tenant []byte
	rows   int64 // that guard, so far
}

// guarded adds a row that is new, or that moves: the part for those follows the one for new ones. Of several rows of one kind none is
// the first: where one is refused, others may have been written.
func (g *guards) guarded(part int, version int64, of int, bind func([]any) []any) {
	if of > 1 {
		g.rows++
	}
	if version != 1 {
		part++
	}
	g.row(part, bind)
}

func (g *guards) row(part int, bind func([]any) []any) {
	s := &g.w.sheets[part]
	s.columns = columnsOf[part]
	s.cells = append(bind(append(s.cells, g.n, min(g.rows, 1))), g.tenant)
	s.n++
	g.rows++
}

// compareRows puts changes in the order in which their conversations are locked.
func compareRows(a, b *inbox.Change) int {
	key := func(ch *inbox.Change) (id uuid.UUID) {
		if ch.Conversation != nil {
			id = ch.Conversation.ID.UUID
		}
		return id
	}
	x, y := key(a), key(b)
	return bytes.Compare(x[:], y[:])
}
