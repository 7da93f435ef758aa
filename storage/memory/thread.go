package memory

import "github.com/deskwright/deskwright/inbox"

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
		row = new(inbox.Thread)
		t.threads[th.ID] = row
	} else if row.ThreadKey != th.ThreadKey {
		delete(t.threadKeys, row.ThreadKey)
	}
	*row = *th
	t.threadKeys[row.ThreadKey] = row
}
