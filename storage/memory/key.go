package memory

import (
	"bytes"

	"github.com/deskwright/deskwright/inbox"
)

func (t *tenant) checkKeys(keys []inbox.KeyRecord) error {
	for i := range keys {
		if t.keys[keys[i].Key] != nil {
			return conflict("command key")
		}
		for j := range i {
			if keys[j].Key == keys[i].Key {
				return conflict("command key twice in one change")
			}
		}
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
