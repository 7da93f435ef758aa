package sqlerror

import (
	"reflect"
	"strconv"
)

// code finds the code in an error or in what it wraps.
func (c Classes) code(err error) (string, bool) {
	if c.Code != nil {
		if code, ok := c.Code(err); ok {
			return code, true
		}
	}
	for err != nil {
		if code, ok := shown(err); ok {
			return code, true
		}
		switch wraps := err.(type) {
		case interface{ Unwrap() error }:
			err = wraps.Unwrap()
		case interface{ Unwrap() []error }:
			for _, each := range wraps.Unwrap() {
				if code, ok := (Classes{}).code(each); ok {
					return code, true
				}
			}
			return "", false
		default:
			return "", false
		}
	}
	return "", false
}

// shown reads the code that an error itself shows: by a method, as modernc.org/sqlite and the drivers of PostgreSQL do, or in a
// field, as github.com/mattn/go-sqlite3 and the drivers of MySQL do.
func shown(err error) (string, bool) {
	switch shows := err.(type) {
	case interface{ SQLState() string }:
		return shows.SQLState(), true
	case interface{ Code() int }:
		return strconv.Itoa(shows.Code()), true
	}
	value := reflect.Indirect(reflect.ValueOf(err))
	if value.Kind() != reflect.Struct {
		return "", false
	}
	for _, name := range []string{"ExtendedCode", "Code", "Number"} {
		at, ok := value.Type().FieldByName(name)
		if !ok || len(at.Index) > 1 {
			continue
		}
		switch field := value.FieldByIndex(at.Index); {
		case field.CanInt() && field.Int() != 0:
			return strconv.FormatInt(field.Int(), 10), true
		case field.CanUint() && field.Uint() != 0:
			return strconv.FormatUint(field.Uint(), 10), true
		}
	}
	return "", false
}
