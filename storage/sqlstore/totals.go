package sqlstore

import (
	"context"
	"database/sql"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/google/uuid"
)

const addTotal = "INSERT INTO deskwright_total (tenant, account, new, pending) VALUES (?, ?, ?, ?) " +
	"ON CONFLICT (tenant, account) DO UPDATE SET new = new + excluded.new, pending = pending + excluded.pending"

var totals = table{"total", 1, "account, new, pending"}

func (t *tx) addTotals(tenant *uuid.UUID, deltas []inbox.TotalsDelta) error {
	for i := range deltas {
		d := &deltas[i]
		if _, err := t.exec(addTotal, tenant[:], d.Account.UUID[:], d.New, d.Pending); err != nil {
			return err
		}
	}
	return nil
}

const (
	selectTotals = "SELECT account, new, pending FROM deskwright_total WHERE tenant = ?"
	sumTotals    = "SELECT account, CAST(sum(new) AS int8), CAST(sum(pending) AS int8), count(*) FROM deskwright_total WHERE tenant = ? GROUP BY account"
)

// Totals implements inbox.Lister.
func (s *Store) Totals(ctx context.Context, tenant inbox.Tenant) (map[channel.AccountID]inbox.Totals, error) {
	if err := admit(ctx, tenant); err != nil {
		return nil, err
	}
	if s.settings.dialect.server {
		return s.sumTotals(ctx, tenant)
	}
	out := map[channel.AccountID]inbox.Totals{}
	err := s.read(ctx, "totals", func(t *tx) error {
		return t.rows(selectTotals, func(rows *sql.Rows) error {
			var account channel.AccountID
			var sum inbox.Totals
			err := rows.Scan(&account.UUID, &sum.New, &sum.Pending)
			out[account] = sum
			return err
		}, tenant.UUID[:])
	})
	return out, err
}
