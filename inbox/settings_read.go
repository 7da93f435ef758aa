package inbox

import (
	"bytes"
	"cmp"
	"context"
	"slices"

	"github.com/google/uuid"
)

// Settings are read as they are now, by everybody: no permission is needed, and of accounts those in sight are returned. Deleted ones
// are left out. They are in order of their names, byte by byte, then of their ids. What is returned is the caller's: it may be
// changed and saved, and its version sees to it that nobody else's change is lost.

// Accounts returns the connected accounts that are in sight.
func (d *Desk) Accounts(ctx context.Context) ([]Account, error) {
	set, err := d.settled(ctx)
	if err != nil {
		return nil, err
	}
	sight := Sight{All: true}
	if !d.trusted {
		if sight, err = d.box.sight(ctx, d.actor); err != nil {
			return nil, err
		}
	}
	all := make([]Account, 0, len(set.accounts))
	for id, a := range set.accounts {
		if sight.Sees(id) {
			copied := *a
			copied.Features, copied.Require = slices.Clone(a.Features), slices.Clone(a.Require)
			all = append(all, copied)
		}
	}
	slices.SortFunc(all, func(a, b Account) int { return byName(a.Name, b.Name, a.ID.UUID, b.ID.UUID) })
	return all, nil
}

// Topics returns what conversations can be about.
func (d *Desk) Topics(ctx context.Context) ([]Topic, error) {
	set, err := d.settled(ctx)
	if err != nil {
		return nil, err
	}
	all := values(set.topics)
	slices.SortFunc(all, func(a, b Topic) int { return byName(a.Name, b.Name, a.ID.UUID, b.ID.UUID) })
	return all, nil
}

// Reasons returns the resolve reasons, disabled ones too.
func (d *Desk) Reasons(ctx context.Context) ([]Reason, error) {
	set, err := d.settled(ctx)
	if err != nil {
		return nil, err
	}
	all := values(set.reasons)
	slices.SortFunc(all, func(a, b Reason) int { return byName(a.Name, b.Name, a.ID.UUID, b.ID.UUID) })
	return all, nil
}

// Teams returns the teams. Their members are as they were saved: the agents of some may have been deleted since.
func (d *Desk) Teams(ctx context.Context) ([]Team, error) {
	set, err := d.settled(ctx)
	if err != nil {
		return nil, err
	}
	all := values(set.teams)
	for i := range all {
		all[i].Members = slices.Clone(all[i].Members)
	}
	slices.SortFunc(all, func(a, b Team) int { return byName(a.Name, b.Name, a.ID.UUID, b.ID.UUID) })
	return all, nil
}

// Agents returns who is known to work in the inbox.
func (d *Desk) Agents(ctx context.Context) ([]Agent, error) {
	set, err := d.settled(ctx)
	if err != nil {
		return nil, err
	}
	all := values(set.agents)
	slices.SortFunc(all, func(a, b Agent) int { return byName(a.Name, b.Name, a.ID.UUID, b.ID.UUID) })
	return all, nil
}

// settled returns the settings as they are now, to an actor that makes sense.
func (d *Desk) settled(ctx context.Context) (*settings, error) {
	if err := d.actor.valid(); err != nil {
		return nil, err
	}
	return d.box.fresh(ctx)
}

// values returns what is in a map, in no order.
func values[K comparable, V any](in map[K]*V) []V {
	all := make([]V, 0, len(in))
	for _, v := range in {
		all = append(all, *v)
	}
	return all
}

func byName(a, b string, x, y uuid.UUID) int {
	return cmp.Or(cmp.Compare(a, b), bytes.Compare(x[:], y[:]))
}
