package memory

import (
	"slices"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
)

// arrivalKey is under what an arrival is found.
type arrivalKey struct {
	account    channel.AccountID
	externalID string
}

func keyOf(a *inbox.Arrival) arrivalKey { return arrivalKey{a.Account, a.ExternalID} }

func (t *tenant) checkArrivals(arrivals []inbox.Arrival) error {
	for i := range arrivals {
		a := &arrivals[i]
		var have int64
		if old := t.arrivals[keyOf(a)]; old != nil {
			have = old.Version
		}
		if err := guard("arrival", have, a.Version); err != nil {
			return err
		}
		for j := range i {
			if keyOf(&arrivals[j]) == keyOf(a) {
				return conflict("arrival twice in one change")
			}
		}
	}
	return nil
}

func (t *tenant) putArrival(a *inbox.Arrival) {
	row := t.arrivals[keyOf(a)]
	if row == nil {
		row = new(inbox.Arrival)
		t.arrivals[keyOf(a)] = row
	}
	copyArrival(row, a)
	for i := range row.Early {
		row.Early[i].Time = micro(row.Early[i].Time)
	}
}

func copyArrival(to, from *inbox.Arrival) {
	*to = *from
	to.Conflicting = slices.Clone(from.Conflicting)
	to.Early = slices.Clone(from.Early)
	for i := range to.Early {
		to.Early[i].Attach = slices.Clone(to.Early[i].Attach)
	}
}
