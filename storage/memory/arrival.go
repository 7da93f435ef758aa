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

// arrival is an arrival without its key. There is one for every message, and few have more than that.
type arrival struct {
	version int64
	message inbox.MessageID
	content inbox.Fingerprint
	more    *moreArrived // nil: nothing
}

type moreArrived struct {
	conflicting []inbox.Fingerprint
	early       []inbox.EarlyEvent
}

func (t *tenant) checkArrivals(arrivals []inbox.Arrival) error {
	for i := range arrivals {
		a := &arrivals[i]
		if err := guard("arrival", t.arrivals[keyOf(a)].version, a.Version); err != nil {
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
	row := arrival{version: a.Version, message: a.Message, content: a.Content}
	if len(a.Conflicting) > 0 || len(a.Early) > 0 {
		row.more = &moreArrived{conflicting: slices.Clone(a.Conflicting), early: copyEarly(a.Early)}
		for i := range row.more.early {
			row.more.early[i].Time = micro(row.more.early[i].Time)
		}
	}
	t.arrivals[keyOf(a)] = row
}

// arrived hands out what is known under a network's id of a message, and returns the message.
func (t *tenant) arrived(key arrivalKey, to *inbox.Arrival) *inbox.Message {
	if key.externalID == "" {
		return nil
	}
	row, known := t.arrivals[key]
	if !known {
		return nil
	}
	*to = inbox.Arrival{Account: key.account, ExternalID: key.externalID, Version: row.version, Message: row.message, Content: row.content}
	if row.more != nil {
		to.Conflicting, to.Early = slices.Clone(row.more.conflicting), copyEarly(row.more.early)
	}
	return t.messages[row.message]
}

func copyEarly(from []inbox.EarlyEvent) []inbox.EarlyEvent {
	to := slices.Clone(from)
	for i := range to {
		to[i].Attach = slices.Clone(to[i].Attach)
	}
	return to
}
