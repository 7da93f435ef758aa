package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/deskwright/deskwright/audit"
)

// summary is what a replay came to, in the order in which it is printed.
type summary []total

type total struct {
	name  string
	value any
}

// MarshalJSON writes the totals as one object that keeps their order.
func (s summary) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, t := range s {
		value, err := json.Marshal(t.value)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%q:%s", t.name, value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// outcome is one replay, done.
type outcome struct {
	summary  summary
	bad      int64
	broken   error // why the log does not verify; nil: it does
	rows     int64
	messages int64
	took     time.Duration
}

// broken tells a log that does not hold from one that could not be read.
func broken(err error) (found, failed error) {
	if _, ok := errors.AsType[*audit.BrokenError](err); ok {
		return err, nil
	}
	return nil, err
}

// print writes the summary for people or, as one line, for programs.
func (o outcome) print(to io.Writer, asJSON bool) error {
	if asJSON {
		line, err := json.Marshal(o.summary)
		if err == nil {
			_, err = fmt.Fprintf(to, "%s\n", line)
		}
		return err
	}
	var b bytes.Buffer
	for _, t := range o.summary {
		fmt.Fprintf(&b, "%-24s%v\n", t.name, t.value)
	}
	seconds := o.took.Seconds()
	fmt.Fprintf(&b, "\n%d rows, %d messages in %.2f s: %.0f rows, %.0f messages a second\n",
		o.rows, o.messages, seconds, float64(o.rows)/seconds, float64(o.messages)/seconds)
	_, err := b.WriteTo(to)
	return err
}
