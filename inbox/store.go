package inbox

import (
	"context"
	"time"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/contact"
	"github.com/google/uuid"
)

// Store is everything a backend must provide. storagetest.Run holds an implementation to every sentence below; the sentences
// have tests of the same name there. Methods may be added before version 1.
//
// For all methods:
//   - They may be called from many goroutines at once.
//   - Values passed in and handed out are the caller's: the store keeps no reference to their slices and maps.
//   - A call with the zero tenant is refused with storage.ErrInvalid.
//   - Nothing of another tenant is ever read, changed or counted; a foreign id is answered as a random one, also in a row.
//   - Times keep microseconds, what is finer is cut off, and are UTC; the zero time stays zero. The store never asks the clock.
//   - Identifiers are compared byte for byte: case, trailing spaces and unusual characters count.
//   - A context that has ended before the call: nothing happens and its error is returned. One that ends during it: nothing or
//     everything.
//   - A limit is the most that is returned; below 1 nothing is.
//   - How many changes, refs and ids a call names is not limited.
//   - After a failed call the store is usable.
type Store interface {
	Loader
	Committer
	Lister
	Cabinet
	Agenda
	Log
}

// Loader reads what commands decide on.
type Loader interface {
	// Load fills every snapshot with what its Ref names, all from one consistent state. What does not exist has version 0 and is
	// no error. Whatever else stood in a snapshot is gone; the room of its Identities and Messages is used again, and no other.
	Load(context.Context, ...*Snapshot) error
}

// Committer writes what commands decided.
type Committer interface {
	// Commit answers every change with nil or an error, in order. Each change is written whole or not at all. A change whose
	// guards do not hold gets storage.ErrConflict, leaves nothing behind and harms no other change of the call; so does one
	// that would break a unique key. Two changes of one call that were decided on one version of a row: the first may pass, the
	// second conflicts. A row stands in a change once. A log entry or due row of another tenant than the change's is refused with
	// storage.ErrInvalid. A change may carry anything alone, in any order, and whether what a row refers to exists is not asked.
	//
	// Guards: a row in the change carries the version it will have; the stored row must be at that version less one (1: there
	// must be none). A due row with a Fence must be there and have been claimed that often: whoever was too slow finishes nothing
	// that somebody else has claimed since. Unique keys: an identity's address; a thread's ThreadKey; a thread's open conversation (New or Pending);
	// an arrival's account and external id; a settings document's kind and id; a channel account's network and external id,
	// over all tenants; a command key; an entry's subject and sequence number. A key that was given up can be taken, but not by
	// the change that gives it up.
	//
	// Entries get dense positions in their tenant, in the order given and whatever position they come with, in the same step: a
	// reader of the feed never misses one that becomes visible late.
	Commit(ctx context.Context, changes ...Change) []error
}

// Lister answers what pages show.
type Lister interface {
	// List returns one page of the conversations that match, in the query's order. The order is total; a page continues
	// exactly after the place it was asked to continue from, whatever has been inserted meanwhile.
	List(context.Context, Tenant, Query) ([]Listed, error)

	// Timeline returns the items of a conversation after a sequence number, oldest first: the log entries that stored a message
	// or a note, whatever their class, each with that message or note as it is now; with trail also the other entries of
	// audit.ClassTrail. Other entries of audit.ClassDetail are never shown. A message or note that is put elsewhere leaves the
	// entry that it had; one without an entry is in no timeline.
	Timeline(ctx context.Context, tenant Tenant, id ConversationID, after int64, limit int, trail bool) ([]Item, error)

	// Messages returns the messages with these ids that exist, each once, in any order.
	Messages(ctx context.Context, tenant Tenant, ids ...MessageID) ([]Message, error)

	// Notes is Messages for notes.
	Notes(ctx context.Context, tenant Tenant, ids ...NoteID) ([]Note, error)

	// Totals returns how many conversations of each account are New and Pending. Accounts without either may be absent.
	Totals(context.Context, Tenant) (map[channel.AccountID]Totals, error)
}

// Cabinet keeps the settings.
type Cabinet interface {
	// Documents returns all settings documents of a tenant, deleted ones included, and the epoch they are of. The epoch grows by
	// one with every change that carries documents; a tenant without documents is at 0.
	Documents(context.Context, Tenant) (epoch int64, docs []Document, err error)

	// Owner returns the tenant and id of the channel account that a network knows by this key, over all tenants, or
	// storage.ErrNotFound.
	Owner(context.Context, channel.AccountKey) (Tenant, channel.AccountID, error)
}

// Agenda keeps what waits.
type Agenda interface {
	// Claim takes up to limit rows, over all tenants, that are due at now and not leased beyond it, and leases them until until.
	// A row can be claimed from the later of its At and its Leased, and the one that could be claimed first comes first, so that a
	// row that nobody gets done does not hold up the others. Two claimants never get the same row; when a lease has run out the
	// row is offered again.
	Claim(ctx context.Context, now, until time.Time, limit int) ([]Due, error)

	// Next returns when the earliest row, over all tenants, can be claimed; zero: there is none.
	Next(context.Context) (time.Time, error)
}

// Log reads the audit log.
type Log interface {
	// Feed returns entries of a tenant after a position, in order of position, without gaps.
	Feed(ctx context.Context, tenant Tenant, after int64, limit int) ([]audit.Entry, error)

	// Batches returns the batches of a tenant that begin after a position, in order.
	Batches(ctx context.Context, tenant Tenant, after int64, limit int) ([]audit.Batch, error)

	// Head returns where the log of a tenant ends.
	Head(context.Context, Tenant) (audit.Head, error)

	// Chains returns the chains kept in the rows of these subjects; a subject without a row is absent. A settings document without
	// entries (its chain is at 0) counts as no row: it hides none of another kind that has its id.
	Chains(ctx context.Context, tenant Tenant, subjects ...audit.Subject) (map[audit.Subject]audit.Chain, error)
}

// Ref says what a command needs to see. Zero parts ask for nothing.
type Ref struct {
	Tenant Tenant

	// Conversation enters by conversation; Arrival enters by what a network names. Where both are given the conversation is the
	// one named, and Arrival only answers for its external ids.
	Conversation ConversationID
	Arrival      ArrivalRef

	Message  MessageID   // a message of the conversation; one of another is not found
	Asked    bool        // the contact's newest message in the conversation, too
	Note     NoteID      // a note of the conversation; one of another is not found
	Document DocumentKey // a settings document
	Key      string      // the command key

	// Cause asks whether entries of that cause stand in the log of the conversation, or of the document, after Seq.
	Cause uuid.UUID
	Seq   int64
}

// ArrivalRef finds a conversation by what a network names.
type ArrivalRef struct {
	Account    channel.AccountID
	ExternalID string // of the message that arrives; empty: none
	About      string // the external id of the message that it answers or is about; empty: none
	Addresses  []channel.Address
	Visibility channel.Visibility
	Thread     string
}

// Snapshot is what a Ref found. It is consistent in itself.
type Snapshot struct {
	Ref   Ref
	Epoch int64 // of the tenant's settings

	// Conversation: the one named; else that of the message already stored under the arrival's external id; else, for an
	// arrival that is about a message and names no external id, that message's; else the open one of the thread; else the
	// newest of the thread. The thread is that of the first known address that has one. A message that is stored without its
	// conversation finds none.
	Conversation Conversation
	Open         ConversationID // the open conversation of the same thread; zero: none, or the thread does not exist
	Thread       Thread         // of the conversation, or the one that the arrival names
	Contact      Contact        // of the conversation's identity; without one, of the first known address
	Identities   []Identity     // by arrival: of the addresses that are known, in the order named, each once; else the conversation's

	Arrival  Arrival   // under the arrival's external id
	About    Arrival   // under the arrival's About
	Messages []Message // those the ref names and finds: Ref.Message, the newest asked for, the arrival's own, About's; each once
	Notes    []Note    // Ref.Note
	Document Document  // Ref.Document
	Key      KeyRecord // Ref.Key
	Stands   bool      // Ref.Cause stands in the log
}

// Contact is a contact as it is stored.
type Contact struct {
	contact.Contact
	Version int64
	Chain   audit.Chain
}

// Identity is an identity as it is stored.
type Identity struct {
	contact.Identity
	Version int64
}

// Change is everything one command writes, together.
type Change struct {
	Tenant Tenant

	// Guarded rows: each carries the version it will have.
	Contact      *Contact
	Identities   []Identity
	Thread       *Thread
	Conversation *Conversation
	Arrivals     []Arrival
	Documents    []Document
	Keys         []KeyRecord // insert only

	// Written under the guard of the rows above: put in place by id.
	Messages []Message
	Notes    []Note
	Dues     []Due // one without a time is removed

	Totals  []TotalsDelta
	Entries []audit.Entry
}

// DocumentKind is what sort of thing a settings document is about.
type DocumentKind string

const (
	AccountDocument DocumentKind = "account"
	TopicDocument   DocumentKind = "topic"
	ReasonDocument  DocumentKind = "reason"
	TeamDocument    DocumentKind = "team"
	AgentDocument   DocumentKind = "agent"
)

// DocumentKey names a settings document. No two that have log entries share an id in one tenant: the log knows a setting by its id
// alone.
type DocumentKey struct {
	Kind DocumentKind
	ID   uuid.UUID
}

// Document is one settings document. A deleted one keeps its last body.
type Document struct {
	DocumentKey
	Version int64
	Deleted bool
	Account channel.AccountKey // of an account that is connected; empty otherwise. The unique key
	Body    []byte             // JSON
	Chain   audit.Chain
}

// KeyRecord is what is kept of a command under its key.
type KeyRecord struct {
	Key    string
	Hash   [32]byte // of the request
	Result []byte   // the answer, as JSON
	Time   time.Time
}

// DueKind is what sort of work waits.
type DueKind string

// DeliveryDue is a message that waits to be sent. Its Ref is the message's id.
const DeliveryDue DueKind = "delivery"

// Due is work that waits for its time. Its key is tenant, kind and ref.
type Due struct {
	Tenant       Tenant
	Kind         DueKind
	Ref          uuid.UUID
	Conversation ConversationID
	At           time.Time
	Leased       time.Time // until when somebody works on it; zero: nobody does
	Tries        int64     // how often it was claimed
	Fence        int64     // of a row to write: the Tries that the stored row must have; zero: any. It is not stored
}

// Totals is how many conversations of an account are in the open states.
type Totals struct {
	New     int64 `json:"new,string"`
	Pending int64 `json:"pending,string"`
}

// TotalsDelta changes the Totals of an account.
type TotalsDelta struct {
	Account channel.AccountID
	Totals
}

// Query asks for a page of conversations.
type Query struct {
	Filter Filter // bound
	Sort   Sort
	After  Place // continue after this place; zero: from the beginning
	Limit  int
}

// Place is where a conversation stands in an order.
type Place struct {
	At time.Time
	ID ConversationID
}

// Listed is a conversation with what its header shows of the contact.
type Listed struct {
	Conversation Conversation
	Contact      contact.Contact
}

// Item is one line of a timeline.
type Item struct {
	Seq     int64       `json:"seq,string"`
	Entry   audit.Entry `json:"entry"`
	Message *Message    `json:"message,omitempty"` // the message that this entry stored, as it is now
	Note    *Note       `json:"note,omitempty"`    // the note that this entry stored, as it is now

	line string // what String says
}
