package sqlstore

import (
	"github.com/deskwright/deskwright/inbox"
	"github.com/google/uuid"
)

const insertKey = "INSERT INTO deskwright_command (tenant, key, hash, result, time) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"

func (t *tx) putKeys(tenant *uuid.UUID, all []inbox.KeyRecord) error {
	for i := range all {
		k := &all[i]
		n, err := t.exec(insertKey, tenant[:], k.Key, k.Hash[:], k.Result, micros(k.Time))
		if err != nil {
			return err
		}
		if n != 1 {
			return conflict("command key")
		}
	}
	return nil
}

const selectKey = "SELECT key, hash, result, time FROM deskwright_command WHERE tenant = ? AND key = ?"

func (t *tx) key(tenant *uuid.UUID, key string, to *inbox.KeyRecord) error {
	dest := append(t.dest[:0], (*text)(&to.Key), (*digest)(&to.Hash), (*content)(&to.Result), (*instant)(&to.Time))
	_, err := t.row(selectKey, dest, tenant[:], key)
	return err
}
