package sqlstore

import (
	"slices"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/google/uuid"
)

var arrivals = table{"arrival", 2, "account, external_id, version, message, content, conflicting, early"}

var insertArrival, updateArrival = arrivals.insert(), arrivals.update()

func (t *tx) putArrivals(tenant *uuid.UUID, all []inbox.Arrival) error {
	for i := range all {
		a := &all[i]
		for j := range i {
			if all[j].Account == a.Account && all[j].ExternalID == a.ExternalID {
				return conflict("arrival twice in one change")
			}
		}
		args := append(bindArrival(t.args[:0], a), tenant[:])
		if err := t.guarded("arrival", insertArrival, updateArrival, 2, a.Version, args); err != nil {
			return err
		}
	}
	return nil
}

func bindArrival(to []any, a *inbox.Arrival) []any {
	return append(to, a.Account.UUID[:], a.ExternalID, a.Version, optional(&a.Message.UUID), a.Content[:], list(a.Conflicting),
		list(trimEarly(a.Early)))
}

func trimEarly(all []inbox.EarlyEvent) []inbox.EarlyEvent {
	all = slices.Clone(all)
	for i := range all {
		all[i].Time = micro(all[i].Time)
	}
	return all
}

func scanArrival(to []any, a *inbox.Arrival) []any {
	return append(to, &a.Account.UUID, (*text)(&a.ExternalID), (*number)(&a.Version), &a.Message.UUID, (*uuid.UUID)(&a.Content),
		object{&a.Conflicting}, object{&a.Early})
}

var selectArrival = "SELECT " + arrivals.of("a") + " FROM deskwright_arrival a WHERE a.tenant = ? AND a.account = ? AND a.external_id = ?"

// arrived reads what is known under a network's id of a message.
func (t *tx) arrived(tenant *uuid.UUID, account *channel.AccountID, externalID string, to *inbox.Arrival) error {
	if externalID == "" {
		return nil
	}
	_, err := t.row(selectArrival, scanArrival(t.dest[:0], to), tenant[:], account.UUID[:], externalID)
	return err
}
