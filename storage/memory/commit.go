package memory

import (
	"context"

	"github.com/deskwright/deskwright/inbox"
)

// Commit implements inbox.Committer. The entries of all changes of one call are one batch for each tenant.
func (s *Store) Commit(ctx context.Context, changes ...inbox.Change) []error {
	errs := make([]error, len(changes))
	if err := ctx.Err(); err != nil {
		for i := range errs {
			errs[i] = err
		}
		return errs
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range changes {
		errs[i] = s.commit(&changes[i])
	}
	s.seal()
	return errs
}

// commit writes one change. Everything that can refuse it is asked before anything is written.
func (s *Store) commit(ch *inbox.Change) error {
	if err := known(ch.Tenant); err != nil {
		return err
	}
	t := s.of(ch.Tenant)
	if err := s.check(t, ch); err != nil {
		return err
	}
	if t == &s.none {
		t = newTenant(ch.Tenant)
		s.tenants[ch.Tenant] = t
	}
	s.apply(t, ch)
	return nil
}

// check asks all guards and unique keys of a change.
func (s *Store) check(t *tenant, ch *inbox.Change) error {
	if err := t.checkContact(ch.Contact); err != nil {
		return err
	}
	if err := t.checkIdentities(ch.Identities); err != nil {
		return err
	}
	if err := t.checkThread(ch.Thread); err != nil {
		return err
	}
	if err := t.checkConversation(ch.Conversation); err != nil {
		return err
	}
	if err := t.checkArrivals(ch.Arrivals); err != nil {
		return err
	}
	if err := s.checkDocuments(t, ch.Tenant, ch.Documents); err != nil {
		return err
	}
	if err := t.checkKeys(ch.Keys); err != nil {
		return err
	}
	if err := t.checkDues(ch.Tenant, ch.Dues); err != nil {
		return err
	}
	return t.checkEntries(ch.Tenant, ch.Entries)
}

// apply writes a change that passed check. It cannot fail.
func (s *Store) apply(t *tenant, ch *inbox.Change) {
	if ch.Contact != nil {
		t.putContact(ch.Contact)
	}
	for i := range ch.Identities {
		t.putIdentity(&ch.Identities[i])
	}
	if ch.Thread != nil {
		t.putThread(ch.Thread)
	}
	if ch.Conversation != nil {
		t.putConversation(ch.Conversation)
	}
	for i := range ch.Arrivals {
		t.putArrival(&ch.Arrivals[i])
	}
	s.putDocuments(t, ch.Tenant, ch.Documents)
	for i := range ch.Keys {
		t.putKey(&ch.Keys[i])
	}
	for i := range ch.Messages {
		t.putMessage(&ch.Messages[i])
	}
	for i := range ch.Notes {
		t.putNote(&ch.Notes[i])
	}
	for i := range ch.Dues {
		s.putDue(t, &ch.Dues[i])
	}
	t.addTotals(ch.Totals)
	s.appendEntries(t, ch.Entries)
}

// guard compares the version that a row has with the one that it will have.
func guard(what string, have, next int64) error {
	if next != have+1 {
		return conflict(what)
	}
	return nil
}
