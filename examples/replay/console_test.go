package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func TestBar(t *testing.T) {
	for _, c := range []struct {
		rows, expected, read, size int64
		want                       string
	}{
		{0, 10, 0, 0, "[                                        ]   0% 0 rows"},
		{5, 10, 100, 100, "[====================                    ]  50% 5 rows"},
		{10, 10, 100, 100, "[========================================] 100% 10 rows"},
		{11, 10, 100, 100, "[========================================] 100% 11 rows"},
		{7, 0, 25, 100, "[==========                              ]  25% 7 rows"},
		{7, 0, 25, 0, "7 rows"},
	} {
		if got := bar(c.rows, c.expected, c.read, c.size); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

func TestThereIsABarOnTerminalsOnly(t *testing.T) {
	var b bytes.Buffer
	c := newConsole(&b)
	c.follow(&crew{}, &input{})()
	c.bad(3, errors.New("no"))
	if b.String() != "replay: line 3: no\n" || c.count() != 1 {
		t.Errorf("%q", &b)
	}
	b.Reset()
	c.terminal = true
	c.follow(&crew{}, &input{})()
	c.say("no")
	if got := b.String(); !strings.HasSuffix(got, "\r\x1b[Kreplay: no\n") {
		t.Errorf("%q", got)
	}
}
