package memory

import (
	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/contact"
	"github.com/deskwright/deskwright/inbox"
	"github.com/google/uuid"
)

// tenant is everything that is stored of one tenant. A row stays at its address once it is there and is overwritten in place, so
// the indexes below keep pointers.
type tenant struct {
	contacts      map[contact.ID]*inbox.Contact
	identities    map[contact.IdentityID]*identity
	addresses     map[channel.Address]*identity
	threads       map[inbox.ThreadID]*thread
	threadKeys    map[inbox.ThreadKey]*thread
	ownerless     bool // there are threads whose identity was not there before them
	conversations map[inbox.ConversationID]*conversation
	scan          []*conversation // the same ones, for List
	open          map[inbox.ThreadID]*conversation
	arrivals      map[arrivalKey]arrival
	messages      map[inbox.MessageID]*inbox.Message
	rows          slab[inbox.Message]
	notes         map[inbox.NoteID]*inbox.Note
	documents     map[inbox.DocumentKey]*inbox.Document
	settings      map[uuid.UUID]*inbox.Document // the same ones, for the log
	epoch         int64
	keys          map[string]*inbox.KeyRecord
	dues          map[dueKey]*due
	totals        map[channel.AccountID]inbox.Totals

	subjects map[audit.Subject]*subject // but those of conversations, which lie in their rows
	log      pages[audit.Entry]         // by position less one
	contents room
	batches  pages[audit.Batch]
	head     audit.Head
}

func newTenant(id inbox.Tenant) *tenant {
	return &tenant{
		contacts:      map[contact.ID]*inbox.Contact{},
		identities:    map[contact.IdentityID]*identity{},
		addresses:     map[channel.Address]*identity{},
		threads:       map[inbox.ThreadID]*thread{},
		threadKeys:    map[inbox.ThreadKey]*thread{},
		conversations: map[inbox.ConversationID]*conversation{},
		open:          map[inbox.ThreadID]*conversation{},
		arrivals:      map[arrivalKey]arrival{},
		messages:      map[inbox.MessageID]*inbox.Message{},
		notes:         map[inbox.NoteID]*inbox.Note{},
		documents:     map[inbox.DocumentKey]*inbox.Document{},
		settings:      map[uuid.UUID]*inbox.Document{},
		keys:          map[string]*inbox.KeyRecord{},
		dues:          map[dueKey]*due{},
		totals:        map[channel.AccountID]inbox.Totals{},
		subjects:      map[audit.Subject]*subject{},
		head:          audit.Head{Tenant: id.UUID},
	}
}
