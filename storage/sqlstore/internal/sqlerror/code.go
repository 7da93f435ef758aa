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
	return c.Dialect.code(err)
}

func (d Dialect) code(err error) (string, bool) {
	for err != nil {
		if code, ok := d.shown(err); ok {
			return code, true
		}
		switch wraps := err.(type) {
		case interface{ Unwrap() error }:
			err = wraps.Unwrap()
		case interface{ Unwrap() []error }:
			for _, each := range wraps.Unwrap() {
				if code, ok := d.code(each); ok {
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

// number reads the first of some fields of an error that has a number in it.
func number(err error, names ...string) (string, bool) {
	for _, name := range names {
		switch field := field(err, name); {
		case !field.IsValid():
		case field.CanInt() && field.Int() != 0:
			return strconv.FormatInt(field.Int(), 10), true
		case field.CanUint() && field.Uint() != 0:
			return strconv.FormatUint(field.Uint(), 10), true
		}
	}
	return "", false
}

// field is a field of an error's own, not of what it embeds; the zero Value: it has none of that name.
func field(err error, name string) reflect.Value {
	value := reflect.Indirect(reflect.ValueOf(err))
	if value.Kind() != reflect.Struct {
		return reflect.Value{}
	}
	at, ok := value.Type().FieldByName(name)
	if !ok || len(at.Index) > 1 {
		return reflect.Value{}
	}
	return value.FieldByIndex(at.Index)
}
