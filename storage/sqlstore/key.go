package sqlstore

import (
	"github.com/deskwright/deskwright/inbox"
	"github.com/google/uuid"
)

var keys = table{"command", 1, "key, hash, result, time"}

var insertKey = keys.insert()

func (t *tx) putKeys(tenant *uuid.UUID, all []inbox.KeyRecord) error {
	for i := range all {
		n, err := t.exec(insertKey, append(bindKey(t.args[:0], &all[i]), tenant[:])...)
		if err != nil {
			return err
		}
		if n != 1 {
			return conflict("command key")
		}
	}
	return nil
}

func bindKey(to []any, k *inbox.KeyRecord) []any {
	return append(to, k.Key, k.Hash[:], k.Result, micros(k.Time))
}

func scanKey(to []any, k *inbox.KeyRecord) []any {
	return append(to, (*text)(&k.Key), (*digest)(&k.Hash), (*content)(&k.Result), (*instant)(&k.Time))
}

var selectKey = "SELECT " + keys.of("k") + " FROM deskwright_command k WHERE k.tenant = ? AND k.key = ?"

func (t *tx) key(tenant *uuid.UUID, key string, to *inbox.KeyRecord) error {
	_, err := t.row(selectKey, scanKey(t.dest[:0], to), tenant[:], key)
	return err
}
