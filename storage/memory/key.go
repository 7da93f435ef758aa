package memory

import (
	"bytes"

	"github.com/deskwright/deskwright/inbox"
)

func (t *tenant) checkKey(k *inbox.KeyRecord) error {
	if k != nil && t.keys[k.Key] != nil {
		return conflict("command key")
	}
	return nil
}

func (t *tenant) putKey(k *inbox.KeyRecord) {
	row := copyKey(k)
	row.Time = micro(row.Time)
	t.keys[row.Key] = &row
}

func copyKey(k *inbox.KeyRecord) inbox.KeyRecord {
	out := *k
	out.Result = bytes.Clone(k.Result)
	return out
}
