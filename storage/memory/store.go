package memory

import (
	"context"
	"fmt"
	"sync"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage"
	"github.com/google/uuid"
)

var _ inbox.Store = (*Store)(nil)

// Store is an inbox.Store in memory. Make one with New. It must not be copied.
type Store struct {
	mu       sync.RWMutex
	tenants  map[inbox.Tenant]*tenant
	owners   map[channel.AccountKey]owner
	agenda   agenda
	unsealed []*tenant // have entries of the commit under way that have no position yet
	none     tenant    // what a tenant looks like of whom nothing is stored; never written to
}

// owner is the settings document that holds a channel account.
type owner struct {
	tenant   inbox.Tenant
	document inbox.DocumentKey
}

// New returns an empty store.
func New() *Store {
	return &Store{
		tenants: map[inbox.Tenant]*tenant{},
		owners:  map[channel.AccountKey]owner{},
	}
}

// of returns what is stored of a tenant, for reading.
func (s *Store) of(id inbox.Tenant) *tenant {
	if t := s.tenants[id]; t != nil {
		return t
	}
	return &s.none
}

// admit is what every call begins with that is about one tenant.
func admit(ctx context.Context, id inbox.Tenant) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return known(id)
}

// known refuses the zero tenant.
func known(id inbox.Tenant) error {
	if id.UUID == uuid.Nil {
		return fmt.Errorf("memory: the zero tenant: %w", storage.ErrInvalid)
	}
	return nil
}

// conflict says what could not be written.
func conflict(what string) error {
	return fmt.Errorf("memory: %s: %w", what, storage.ErrConflict)
}
