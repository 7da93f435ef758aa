package sqlstore

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"time"

	"github.com/deskwright/deskwright/audit"
	"github.com/google/uuid"
)

// An id that is part of a key is bound as its bytes. Any other one is bound by optional. Both are scanned by uuid.UUID itself, which
// leaves the value as it is where there is none.

// optional is an id of which the zero one is stored as NULL.
func optional(id *uuid.UUID) any {
	if *id == uuid.Nil {
		return nil
	}
	return id[:]
}

// micros is a time as it is stored: microseconds, what is finer is cut off. The zero time is NULL.
func micros(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

// instant scans a time.
type instant time.Time

// Scan implements sql.Scanner.
func (i *instant) Scan(src any) error {
	switch n := src.(type) {
	case nil:
		*i = instant{}
	case int64:
		*i = instant(time.UnixMicro(n).UTC())
	default:
		return fmt.Errorf("a time is stored as %T", src)
	}
	return nil
}

// micro returns t as it comes back from the database.
func micro(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return time.UnixMicro(t.UnixMicro()).UTC()
}

// digest scans a hash.
type digest [32]byte

// Scan implements sql.Scanner.
func (d *digest) Scan(src any) error {
	b, ok := src.([]byte)
	if src != nil && (!ok || len(b) != len(d)) {
		return fmt.Errorf("a hash is stored as %T of %d bytes", src, len(b))
	}
	copy(d[:], b)
	return nil
}

// content scans bytes of which empty ones and none are two things.
type content []byte

// Scan implements sql.Scanner.
func (c *content) Scan(src any) error {
	switch b := src.(type) {
	case nil:
		*c = nil
	case []byte:
		*c = append(make(content, 0, len(b)), b...)
	default:
		return fmt.Errorf("content is stored as %T", src)
	}
	return nil
}

// object is a value that is kept as JSON. Where there is none, what it scans into stays as it is.
type object struct{ v any }

// Value implements driver.Valuer.
func (o object) Value() (driver.Value, error) {
	text, err := json.Marshal(o.v)
	return string(text), err
}

// Scan implements sql.Scanner.
func (o object) Scan(src any) error {
	switch text := src.(type) {
	case nil:
		return nil
	case string:
		return json.Unmarshal([]byte(text), o.v)
	case []byte:
		return json.Unmarshal(text, o.v)
	}
	return fmt.Errorf("JSON is stored as %T", src)
}

// list is a list as JSON; one without elements is NULL.
func list[T any](all []T) any {
	if len(all) == 0 {
		return nil
	}
	return object{all}
}

// What a row is joined to may be missing, so text, number, short and flag scan NULL as the zero value.

type text string

// Scan implements sql.Scanner.
func (t *text) Scan(src any) error {
	switch s := src.(type) {
	case nil:
		*t = ""
	case string:
		*t = text(s)
	case []byte:
		*t = text(s)
	default:
		return fmt.Errorf("a text is stored as %T", src)
	}
	return nil
}

type number int64

// Scan implements sql.Scanner.
func (n *number) Scan(src any) error {
	i, ok := src.(int64)
	if src != nil && !ok {
		return fmt.Errorf("a number is stored as %T", src)
	}
	*n = number(i)
	return nil
}

type short uint8

// Scan implements sql.Scanner.
func (n *short) Scan(src any) error {
	i, ok := src.(int64)
	if src != nil && (!ok || i < 0 || i > 255) {
		return fmt.Errorf("a small number is stored as %T %v", src, src)
	}
	*n = short(i)
	return nil
}

type flag bool

// Scan implements sql.Scanner.
func (f *flag) Scan(src any) error {
	switch b := src.(type) {
	case nil:
		*f = false
	case int64:
		*f = b != 0
	case bool:
		*f = flag(b)
	default:
		return fmt.Errorf("yes or no is stored as %T", src)
	}
	return nil
}

// bindFlag is yes or no as a number.
func bindFlag(b bool) any {
	if b {
		return int64(1)
	}
	return int64(0)
}

func bindChain(to []any, c *audit.Chain) []any { return append(to, c.Seq, c.Hash[:], c.Key[:]) }

func scanChain(to []any, c *audit.Chain) []any {
	return append(to, (*number)(&c.Seq), (*digest)(&c.Hash), (*uuid.UUID)(&c.Key))
}

func bindActor(to []any, a *audit.Actor) []any { return append(to, int64(a.Kind), a.ID, a.Name) }

func scanActor(to []any, a *audit.Actor) []any {
	return append(to, (*short)(&a.Kind), (*text)(&a.ID), (*text)(&a.Name))
}
