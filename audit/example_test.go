package audit_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/deskwright/deskwright/audit"
	"github.com/google/uuid"
)

// A store seals two entries, and somebody changes one of them later.
func Example() {
	tenant := uuid.MustParse("0198d0c5-0000-7000-8000-000000000001")
	conversation := audit.Subject{
		Kind: audit.SubjectConversation,
		ID:   uuid.MustParse("0198d0c5-0000-7000-8000-000000000002"),
	}
	fact := func(action audit.Action, by audit.Actor, data string) audit.Entry {
		return audit.Entry{
			Tenant: tenant, Subject: conversation, Time: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC),
			Actor: by, Action: action, Class: audit.ClassTrail, Data: []byte(data),
		}
	}

	// The chain lies in the conversation's row, with a random key; the head in a row of the tenant.
	chain := audit.Chain{Key: [16]byte([]byte("sixteen bytes !!"))}
	head := audit.Head{Tenant: tenant}
	entries := []audit.Entry{
		fact("message.received", audit.Actor{Kind: audit.ActorContact, ID: "7"}, `{"text":"Where is my parcel?"}`),
		fact("conversation.resolved", audit.Actor{Kind: audit.ActorPerson, ID: "3", Name: "Ada"}, `{"reason":"delivered"}`),
	}
	for i := range entries {
		chain.Append(&entries[i])
	}
	batch := head.Seal(entries)

	verify := func() error {
		v := audit.NewVerifier(tenant)
		v.Content(func(audit.Subject) (audit.Chain, bool) { return chain, true })
		return errors.Join(v.Batch(batch, entries), v.Chain(conversation, chain), v.Done(head))
	}
	fmt.Println("as written:", verify())

	entries[1].Actor.Name = "Mallory"
	if broken, ok := errors.AsType[*audit.BrokenError](verify()); ok {
		fmt.Printf("afterwards: position %d: %s\n", broken.Position, broken.Problem)
	}
	// Output:
	// as written: <nil>
	// afterwards: position 2: the entry's hash does not cover it and the one before it
}
