package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage"
	"github.com/google/uuid"
)

// On a server every batch adds rows of its own to the totals, so that no two wait for each other. Who reads them adds them up and, when
// there are many, puts their sum in their place.

// many is how many rows of a tenant's totals are left as they are.
const many = 256

// sumTotals returns the sums of the totals of a tenant.
func (s *Store) sumTotals(ctx context.Context, tenant inbox.Tenant) (map[channel.AccountID]inbox.Totals, error) {
	out := map[channel.AccountID]inbox.Totals{}
	statement, added := sumTotals, 0
	if s.settings.dialect == MySQL {
		statement = strings.ReplaceAll(sumTotals, "int8", "SIGNED")
	}
	err := s.readOne(ctx, "totals", func(t *tx) error {
		return t.rows(statement, func(rows *sql.Rows) error {
			var account channel.AccountID
			var sum inbox.Totals
			var n int
			err := rows.Scan(&account.UUID, &sum.New, &sum.Pending, &n)
			out[account], added = sum, added+n
			return err
		}, tenant.UUID[:])
	})
	if err == nil && s.joined == nil && added > many+len(out) {
		if err = s.fold(ctx, &tenant.UUID); errors.Is(err, storage.ErrBusy) {
			err = nil // somebody else is at it
		}
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

const foldTotals = "WITH gone AS (DELETE FROM deskwright_total WHERE tenant = ? RETURNING tenant, account, new, pending)" +
	" INSERT INTO deskwright_total (tenant, account, batch, new, pending)" +
	" SELECT tenant, account, ?, sum(new), sum(pending) FROM gone GROUP BY tenant, account"

// fold puts the sums in the place of the rows that are there. Rows that others add meanwhile are left as they are.
func (s *Store) fold(ctx context.Context, tenant *uuid.UUID) error {
	batch, err := uuid.NewV7()
	if err != nil {
		return err
	}
	if s.settings.dialect == Postgres {
		return s.readOne(ctx, "fold totals", func(t *tx) error {
			_, err := t.exec(foldTotals, tenant[:], batch[:])
			return err
		})
	}
	return s.within(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted}, "fold totals", func(t *tx) error {
		return t.fold(tenant, &batch)
	})
}

const (
	selectAdded = "SELECT account, batch, new, pending FROM deskwright_total WHERE tenant = ? LIMIT 10000 FOR UPDATE"
	insertSum   = "INSERT INTO deskwright_total (tenant, account, batch, new, pending) VALUES (?, ?, ?, ?, ?)"
)

var (
	addedColumns = []string{"account", "batch"}
	deleteAdded  = "DELETE t FROM " + jsonTable(addedColumns) + " JOIN deskwright_total t ON t.tenant = ? AND t.account = UNHEX(r.account) AND " +
		"t.batch = UNHEX(r.batch)"
)

// fold is what PostgreSQL does in one statement.
func (t *tx) fold(tenant, batch *uuid.UUID) error {
	gone := sheet{columns: addedColumns}
	sums := map[uuid.UUID]inbox.Totals{}
	err := t.rows(selectAdded, func(rows *sql.Rows) error {
		var account, batch uuid.UUID
		var added inbox.Totals
		err := rows.Scan(&account, &batch, &added.New, &added.Pending)
		gone.cells, gone.n = append(gone.cells, account[:], batch[:]), gone.n+1
		sum := sums[account]
		sums[account] = inbox.Totals{New: sum.New + added.New, Pending: sum.Pending + added.Pending}
		return err
	}, tenant[:])
	if err != nil {
		return err
	}
	text, err := gone.json()
	if err != nil {
		return err
	}
	if _, err := t.exec(deleteAdded, text, tenant[:]); err != nil {
		return err
	}
	for account, sum := range sums {
		if _, err := t.exec(insertSum, tenant[:], account[:], batch[:], sum.New, sum.Pending); err != nil {
			return err
		}
	}
	return nil
}
