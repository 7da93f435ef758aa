package sqlstore

import (
	"database/sql/driver"
	"fmt"
	"strings"
)

// sheet is rows of one table that one statement writes. Each row begins with the number of the change that it is of, and whether rows
// of that change were written before it.
type sheet struct {
	columns []string
	cells   []any
	n       int // rows
}

// column returns what a column holds as an array that is bound at once: NULL, where there is any, makes it one of pointers.
func (s *sheet) column(i int) (any, error) {
	width := len(s.columns)
	switch kindOf(s.columns[i]) {
	case "bytea":
		return s.bytes(i, width)
	case "text":
		return cellsOf(s, i, width, func(cell any) (string, error) {
			if o, ok := cell.(driver.Valuer); ok {
				v, err := o.Value()
				if err != nil {
					return "", err
				}
				cell = v
			}
			return as[string](cell)
		})
	}
	return cellsOf(s, i, width, as[int64])
}

func (s *sheet) bytes(i, width int) (any, error) {
	out := make([][]byte, s.n)
	for row := range out {
		if cell := s.cells[row*width+i]; cell != nil {
			b, err := as[[]byte](cell)
			if err != nil {
				return nil, err
			}
			out[row] = b
		}
	}
	return out, nil
}

func cellsOf[T any](s *sheet, i, width int, value func(any) (T, error)) (any, error) {
	out := make([]T, s.n)
	nulls := false
	for row := range out {
		cell := s.cells[row*width+i]
		if cell == nil {
			nulls = true
			continue
		}
		var err error
		if out[row], err = value(cell); err != nil {
			return nil, err
		}
	}
	if !nulls {
		return out, nil
	}
	pointers := make([]*T, s.n)
	for row := range pointers {
		if s.cells[row*width+i] != nil {
			pointers[row] = &out[row]
		}
	}
	return pointers, nil
}

func as[T any](cell any) (T, error) {
	v, ok := cell.(T)
	if !ok {
		return v, fmt.Errorf("sqlstore: %T is bound where a %T is kept", cell, v)
	}
	return v, nil
}

// kindOf is what a column holds.
func kindOf(column string) string {
	if kind, ok := kinds[column]; ok {
		return kind
	}
	return "int8"
}

// kinds is what columns hold that do not hold numbers.
var kinds = func() map[string]string {
	all := map[string]string{}
	for kind, columns := range map[string]string{
		"bytea": "tenant id contact account identity conversation message thread content linked agent team reason answered_by answered_again " +
			"asked last_message private_reply chain_hash chain_key hash result body ref subject cause data commitment note document batch",
		"text": "name attributes network address visibility key external_id conflicting early topics comment hold_bot window_opener " +
			"last_direction last_kind last_preview direction kind author_id author_name text attach permalink answers tag template " +
			"reactions delivery_state delivery_problem subject_kind actor_id actor_name action command",
	} {
		for _, column := range strings.Fields(columns) {
			all[column] = kind
		}
	}
	return all
}()
