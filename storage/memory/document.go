package memory

import (
	"bytes"
	"context"
	"fmt"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage"
)

// Documents implements inbox.Cabinet.
func (s *Store) Documents(ctx context.Context, id inbox.Tenant) (int64, []inbox.Document, error) {
	if err := admit(ctx, id); err != nil {
		return 0, nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	t := s.of(id)
	docs := make([]inbox.Document, 0, len(t.documents))
	for _, d := range t.documents {
		docs = append(docs, copyDocument(d))
	}
	return t.epoch, docs, nil
}

// Owner implements inbox.Cabinet.
func (s *Store) Owner(ctx context.Context, key channel.AccountKey) (inbox.Tenant, channel.AccountID, error) {
	if err := ctx.Err(); err != nil {
		return inbox.Tenant{}, channel.AccountID{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	o, ok := s.owners[key]
	if !ok {
		return inbox.Tenant{}, channel.AccountID{}, fmt.Errorf("memory: channel account: %w", storage.ErrNotFound)
	}
	return o.tenant, channel.AccountID{UUID: o.document.ID}, nil
}

func (s *Store) checkDocuments(t *tenant, id inbox.Tenant, docs []inbox.Document) error {
	for i := range docs {
		d := &docs[i]
		var have int64
		if old := t.documents[d.DocumentKey]; old != nil {
			have = old.Version
		}
		if err := guard("settings document", have, d.Version); err != nil {
			return err
		}
		if o, taken := s.owners[d.Account]; taken && o != (owner{id, d.DocumentKey}) {
			return conflict("channel account")
		}
		for j := range i {
			if docs[j].DocumentKey == d.DocumentKey || docs[j].Account == d.Account && d.Account != (channel.AccountKey{}) {
				return conflict("settings document twice in one change")
			}
		}
	}
	return nil
}

func (s *Store) putDocuments(t *tenant, id inbox.Tenant, docs []inbox.Document) {
	if len(docs) == 0 {
		return
	}
	t.epoch++
	for i := range docs {
		d := &docs[i]
		row := t.documents[d.DocumentKey]
		if row == nil {
			row = new(inbox.Document)
			t.documents[d.DocumentKey] = row
		} else if row.Account != d.Account {
			delete(s.owners, row.Account)
		}
		*row = copyDocument(d)
		if row.Chain.Seq > 0 {
			t.settings[d.ID] = row
		}
		if row.Account != (channel.AccountKey{}) {
			s.owners[row.Account] = owner{id, row.DocumentKey}
		}
	}
}

func copyDocument(d *inbox.Document) inbox.Document {
	out := *d
	out.Body = bytes.Clone(d.Body)
	return out
}
