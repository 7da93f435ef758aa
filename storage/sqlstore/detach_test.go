package sqlstore

import (
	"reflect"
	"testing"
	"time"

	"github.com/deskwright/deskwright/inbox"
)

func TestADetachedChangeSharesNothingWithItsCallers(t *testing.T) {
	var given inbox.Change
	fill(reflect.ValueOf(&given).Elem())
	detached := given
	detach(&detached)
	if !reflect.DeepEqual(given, detached) {
		t.Error("it is another change")
	}
	apart(t, "change", reflect.ValueOf(given), reflect.ValueOf(detached))
}

// fill puts something into everything that can be shared.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.Zero(v.Type().Key()), reflect.Zero(v.Type().Elem()))
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				fill(v.Field(i))
			}
		}
	}
}

func apart(t *testing.T, what string, a, b reflect.Value) {
	switch a.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		if a.Pointer() == b.Pointer() {
			t.Errorf("%s is shared", what)
		}
	}
	switch a.Kind() {
	case reflect.Pointer:
		apart(t, what, a.Elem(), b.Elem())
	case reflect.Slice:
		apart(t, what+"[0]", a.Index(0), b.Index(0))
	case reflect.Struct:
		if a.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range a.NumField() {
			apart(t, what+"."+a.Type().Field(i).Name, a.Field(i), b.Field(i))
		}
	}
}
