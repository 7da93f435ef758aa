package memory

import (
	"slices"

	"github.com/deskwright/deskwright/inbox"
)

// thread is a thread with its open conversation, nil if there is none.
type thread struct {
	inbox.Thread
	open *conversation
}

func (t *tenant) checkThread(th *inbox.Thread) error {
	if th == nil {
		return nil
	}
	var have int64
	if old := t.threads[th.ID]; old != nil {
		have = old.Version
	}
	if err := guard("thread", have, th.Version); err != nil {
		return err
	}
	if holder := t.threadKeys[th.ThreadKey]; holder != nil && holder.ID != th.ID {
		return conflict("key of a thread")
	}
	return nil
}

func (t *tenant) putThread(th *inbox.Thread) {
	row := t.threads[th.ID]
	if row == nil {
		row = &thread{open: t.open[th.ID]}
		t.threads[th.ID] = row
	} else if row.ThreadKey != th.ThreadKey {
		delete(t.threadKeys, row.ThreadKey)
		if who := t.identities[row.Identity]; who != nil {
			who.threads = slices.DeleteFunc(who.threads, func(known *thread) bool { return known == row })
		}
	}
	row.Thread = *th
	t.threadKeys[row.ThreadKey] = row
	who := t.identities[row.Identity]
	if t.ownerless = t.ownerless || who == nil; who != nil && !slices.Contains(who.threads, row) {
		who.threads = append(who.threads, row)
	}
}

// threadOf finds the thread of an identity. Those that were there before the identity are not among its own.
func (t *tenant) threadOf(who *identity, ref *inbox.ArrivalRef) *thread {
	for _, th := range who.threads {
		if th.Account == ref.Account && th.Visibility == ref.Visibility && th.Key == ref.Thread {
			return th
		}
	}
	if who.late {
		return t.threadKeys[inbox.ThreadKey{Account: ref.Account, Identity: who.ID, Visibility: ref.Visibility, Key: ref.Thread}]
	}
	return nil
}
