package sqlstore

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage"
	"github.com/google/uuid"
)

var documents = table{"document", 2, "kind, id, version, deleted, network, external_id, body, chain_seq, chain_hash, chain_key"}

var insertDocument, updateDocument = documents.insert(), documents.update()

const selectOther = "SELECT 1 FROM deskwright_document WHERE network = ? AND external_id = ? AND (network <> '' OR external_id <> '') " +
	"AND (tenant <> ? OR id <> ? OR kind <> ?)"

// checkAccounts is checkAddresses for channel accounts.
func (t *tx) checkAccounts(tenant *uuid.UUID, all []inbox.Document) error {
	for i := range all {
		d := &all[i]
		held, err := t.row(selectOther, []any{new(int64)}, string(d.Account.Network), d.Account.ExternalID, tenant[:], d.ID[:], string(d.Kind))
		if err != nil {
			return err
		}
		if held {
			return conflict("channel account")
		}
	}
	return nil
}

func (t *tx) putDocuments(tenant *uuid.UUID, all []inbox.Document) error {
	if len(all) > 1 {
		if err := t.checkAccounts(tenant, all); err != nil {
			return err
		}
	}
	for i := range all {
		d := &all[i]
		for j := range i {
			if all[j].DocumentKey == d.DocumentKey {
				return conflict("settings document twice in one change")
			}
		}
		args := append(bindDocument(t.args[:0], d), tenant[:])
		if err := t.guarded("settings document", insertDocument, updateDocument, 2, d.Version, args); err != nil {
			return err
		}
	}
	return nil
}

func bindDocument(to []any, d *inbox.Document) []any {
	to = append(to, string(d.Kind), d.ID[:], d.Version, bindFlag(d.Deleted), string(d.Account.Network), d.Account.ExternalID, d.Body)
	return bindChain(to, &d.Chain)
}

func scanDocument(to []any, d *inbox.Document) []any {
	to = append(to, (*text)(&d.Kind), &d.ID, (*number)(&d.Version), (*flag)(&d.Deleted), (*text)(&d.Account.Network),
		(*text)(&d.Account.ExternalID), (*content)(&d.Body))
	return scanChain(to, &d.Chain)
}

var selectDocument = "SELECT " + documents.of("d") + " FROM deskwright_document d WHERE d.tenant = ? AND d.id = ? AND d.kind = ?"

func (t *tx) document(tenant *uuid.UUID, key *inbox.DocumentKey, to *inbox.Document) error {
	_, err := t.row(selectDocument, scanDocument(t.dest[:0], to), tenant[:], key.ID[:], string(key.Kind))
	return err
}

const selectEpoch = "SELECT epoch FROM deskwright_tenant WHERE tenant = ?"

var selectDocuments = "SELECT " + documents.of("d") + " FROM deskwright_document d WHERE d.tenant = ? ORDER BY d.id, d.kind"

// Documents implements inbox.Cabinet.
func (s *Store) Documents(ctx context.Context, tenant inbox.Tenant) (epoch int64, docs []inbox.Document, err error) {
	if err := admit(ctx, tenant); err != nil {
		return 0, nil, err
	}
	err = s.read(ctx, "documents", func(t *tx) error {
		if _, err := t.row(selectEpoch, []any{&epoch}, tenant.UUID[:]); err != nil {
			return err
		}
		return t.rows(selectDocuments, func(rows *sql.Rows) error {
			var d inbox.Document
			err := t.scan(rows, scanDocument(t.dest[:0], &d))
			docs = append(docs, d)
			return err
		}, tenant.UUID[:])
	})
	if err != nil {
		return 0, nil, err
	}
	return epoch, docs, nil
}

const selectOwner = "SELECT tenant, id FROM deskwright_document WHERE network = ? AND external_id = ? AND (network <> '' OR external_id <> '')"

// Owner implements inbox.Cabinet.
func (s *Store) Owner(ctx context.Context, key channel.AccountKey) (tenant inbox.Tenant, id channel.AccountID, err error) {
	if err := ctx.Err(); err != nil {
		return tenant, id, err
	}
	found := false
	err = s.read(ctx, "owner", func(t *tx) error {
		found, err = t.row(selectOwner, []any{&tenant.UUID, &id.UUID}, string(key.Network), key.ExternalID)
		return err
	})
	if err == nil && !found {
		err = fmt.Errorf("sqlstore: channel account: %w", storage.ErrNotFound)
	}
	return tenant, id, err
}
