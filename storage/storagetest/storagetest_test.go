package storagetest_test

import (
	"testing"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage/memory"
	"github.com/deskwright/deskwright/storage/storagetest"
	"github.com/google/uuid"
)

// A store of one's own is tested in a test of its own. This one is memory's.
func ExampleRun() {
	var t *testing.T // the argument of TestStore
	storagetest.Run(t, func(*testing.T) inbox.Store { return memory.New() })
}

// Two stores with the same rows have the same dump, and every kind of row that a dump can find makes a difference.
func TestDump(t *testing.T) {
	tenant := inbox.TenantNamed("dump")
	base := func() inbox.Change {
		c := &inbox.Conversation{ID: inbox.ConversationID{UUID: uuid.UUID{1}}, Version: 1, State: inbox.StateNew}
		return inbox.Change{Tenant: tenant, Conversation: c}
	}
	dump := func(ch inbox.Change) string {
		store := memory.New()
		if err := store.Commit(t.Context(), base(), ch)[1]; err != nil {
			t.Fatal(err)
		}
		return storagetest.Dump(t, store, tenant)
	}
	plain := dump(inbox.Change{Tenant: tenant})
	if again := dump(inbox.Change{Tenant: tenant}); again != plain {
		t.Errorf("the same rows: got\n%s and then\n%s", plain, again)
	}
	e := audit.Entry{Tenant: tenant.UUID, Subject: audit.Subject{Kind: audit.SubjectConversation, ID: uuid.UUID{1}}, Class: audit.ClassTrail}
	new(audit.Chain).Append(&e)
	detail := e
	detail.Class = audit.ClassDetail
	m := inbox.Message{ID: inbox.MessageID{UUID: uuid.UUID{2}}, Conversation: inbox.ConversationID{UUID: uuid.UUID{1}}, Seq: 1}
	for what, ch := range map[string]inbox.Change{
		"a document":     {Documents: []inbox.Document{{DocumentKey: inbox.DocumentKey{ID: uuid.UUID{3}}, Version: 1}}},
		"totals":         {Totals: []inbox.TotalsDelta{{Account: channel.AccountID{UUID: uuid.UUID{4}}, Totals: inbox.Totals{New: 1}}}},
		"a thread":       {Thread: &inbox.Thread{Version: 1}},
		"an entry":       {Entries: []audit.Entry{e}},
		"a detail entry": {Entries: []audit.Entry{detail}},
		"a message":      {Entries: []audit.Entry{e}, Messages: []inbox.Message{m}},
		"a conversation": {Conversation: &inbox.Conversation{ID: inbox.ConversationID{UUID: uuid.UUID{5}}, Version: 1}},
	} {
		ch.Tenant = tenant
		if dump(ch) == plain {
			t.Errorf("%s makes no difference to the dump", what)
		}
	}
	if other := storagetest.Dump(t, memory.New(), tenant); other == plain {
		t.Errorf("an empty store has the dump of one with a conversation:\n%s", other)
	}
}
