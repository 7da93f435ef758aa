package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// table reads a CSV file with a header, row by row. Rows that are no rows are reported and passed over.
type table struct {
	csv    *csv.Reader
	lines  *lines
	names  []string
	where  []int // of the names, in the file's rows
	fields []string
	bad    func(line int, err error)
}

// row is what a table has read.
type row struct {
	line   int      // its first
	fields []string // in the order of the columns asked for; reused by the next row, and pieces of one string
}

// readHeader begins a table. A file without the columns is a *usageError.
func readHeader(in io.Reader, columns []string, bad func(int, error)) (*table, error) {
	l := newLines(in)
	t := &table{csv: csv.NewReader(l), lines: l, names: columns, fields: make([]string, len(columns)), bad: bad}
	t.csv.ReuseRecord = true
	header, err := t.csv.Read()
	switch {
	case errors.Is(err, io.EOF):
		return nil, usagef("the file is empty: it has no header")
	case problem(err) != nil:
		return nil, usagef("the header cannot be read: %v", problem(err))
	case err != nil:
		return nil, fmt.Errorf("reading the header: %w", err)
	}
	l.read()
	header[0] = strings.TrimPrefix(header[0], "\uFEFF")
	for _, name := range columns {
		at := slices.Index(header, name)
		if at < 0 {
			return nil, usagef("the file has no column %s: is it of this format?", name)
		}
		t.where = append(t.where, at)
	}
	return t, nil
}

// next returns the next row that is one, or io.EOF.
func (t *table) next() (row, error) {
	for {
		record, err := t.csv.Read()
		line := t.lines.first
		switch p := problem(err); {
		case p == nil && err != nil:
			return row{}, err
		case p == nil:
			t.lines.read()
			for i, at := range t.where {
				t.fields[i] = record[at]
			}
			return row{line, t.fields}, nil
		case errors.Is(p, csv.ErrFieldCount):
			t.lines.read()
			t.bad(line, fmt.Errorf("the row has %d fields", len(record)))
		default:
			t.lines.skip()
			t.bad(line, p)
		}
	}
}

// problem returns what is wrong with a row without the csv.Reader's own count of lines; nil if it is not the row.
func problem(err error) error {
	if p, ok := errors.AsType[*csv.ParseError](err); ok {
		return p.Err
	}
	return nil
}

// column returns a value that names something, checked as the inbox will.
func (t *table) column(r row, i int) (string, error) {
	value := r.fields[i]
	if err := nameable(t.names[i], value); err != nil {
		return "", err
	}
	return value, nil
}

// nameable checks a value that names something.
func nameable(field, value string) error {
	switch {
	case value == "":
		return fmt.Errorf("%s is empty", field)
	case len(value) > 255:
		return fmt.Errorf("%s is longer than 255 bytes", field)
	case !utf8.ValidString(value) || strings.IndexByte(value, 0) >= 0:
		return fmt.Errorf("%s is not text", field)
	}
	return nil
}
