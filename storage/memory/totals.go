package memory

import (
	"context"
	"maps"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
)

// Totals implements inbox.Lister.
func (s *Store) Totals(ctx context.Context, id inbox.Tenant) (map[channel.AccountID]inbox.Totals, error) {
	if err := admit(ctx, id); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := maps.Clone(s.of(id).totals)
	if out == nil {
		out = map[channel.AccountID]inbox.Totals{}
	}
	return out, nil
}

func (t *tenant) addTotals(deltas []inbox.TotalsDelta) {
	for _, d := range deltas {
		sum := t.totals[d.Account]
		sum.New += d.New
		sum.Pending += d.Pending
		t.totals[d.Account] = sum
	}
}
