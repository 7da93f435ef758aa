package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

func TestABrokenRowCostsItsLine(t *testing.T) {
	const stray, bare = `extraneous or missing " in quoted-field`, `bare " in non-quoted-field`
	long := strings.Repeat("x", 70_000)
	for _, c := range []struct {
		name, text string
		rows, bad  []string
	}{
		{"all well", "1,a\n2,b\n", []string{"2: 1 a", "3: 2 b"}, nil},
		{"no last line end", "1,a\n2,b", []string{"2: 1 a", "3: 2 b"}, nil},
		{"empty lines are passed over", "\n1,a\n\r\n\n2,b\n\n", []string{"3: 1 a", "6: 2 b"}, nil},
		{"a row of several lines", "1,\"a\n\nb\"\n2,c\n", []string{"2: 1 a\n\nb", "5: 2 c"}, nil},
		{"other field counts", "1\n2,b\n3,c,d\n\"x\ny\"\n4,e\n", []string{"3: 2 b", "7: 4 e"}, []string{"2: the row has 1 fields", "4: the row has 3 fields", "5: the row has 1 fields"}},
		{"bare quote", "1,a\"b\n2,b\n", []string{"3: 2 b"}, []string{"2: " + bare}},
		{"text behind a quote", "1,\"a\"b\n2,b\n", []string{"3: 2 b"}, []string{"2: " + stray}},
		{"a quote that never ends", "1,\"a\n2,b\n3,c\n", []string{"3: 2 b", "4: 3 c"}, []string{"2: " + stray}},
		{"in the last line", "1,a\n2,\"b", []string{"2: 1 a"}, []string{"3: " + stray}},
		{"two of them, the second ends the first", "1,\"a\n2,b\n3,\"c\n4,d\n", []string{"3: 2 b", "5: 4 d"}, []string{"2: " + stray, "4: " + stray}},
		{"a good one behind it", "1,\"a\n2,\"b\nb\"\n3,c\n", []string{"3: 2 b\nb", "5: 3 c"}, []string{"2: " + stray}},
		{"long lines", "1," + long + "\n2,\"" + long + "\"\n3,\"" + long + "\n4,d\n", []string{"2: 1 " + long, "3: 2 " + long, "5: 4 d"}, []string{"4: " + stray}},
		{"a quote that ends too far away", "1,\"a\n" + strings.Repeat("2,b\n", 20_000) + "3,c\"\n", nil, nil},
	} {
		for how, through := range map[string]func(io.Reader) io.Reader{
			"at once": func(r io.Reader) io.Reader { return r }, "byte by byte": iotest.OneByteReader, "with its end": iotest.DataErrReader,
		} {
			var rows, bad []string
			table, err := readHeader(through(strings.NewReader("n,text\n"+c.text)), []string{"n", "text"}, func(line int, err error) {
				bad = append(bad, fmt.Sprintf("%d: %v", line, err))
			})
			if err != nil {
				t.Fatal(err)
			}
			for {
				r, err := table.next()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				rows = append(rows, fmt.Sprintf("%d: %s", r.line, strings.Join(r.fields, " ")))
			}
			if c.rows == nil { // too many to write down
				if len(rows) != 20_000 || rows[0] != "3: 2 b" || len(bad) != 2 || bad[1] != "20003: "+bare {
					t.Errorf("%s, %s: %d rows, bad: %q", c.name, how, len(rows), bad)
				}
				continue
			}
			if diff := cmp.Diff(c.rows, rows) + cmp.Diff(c.bad, bad); diff != "" {
				t.Errorf("%s, %s: %s", c.name, how, diff)
			}
		}
	}
}

func TestColumnsAreFoundByTheirNames(t *testing.T) {
	table, err := readHeader(strings.NewReader("c,b,a\n3,2,1\n"), []string{"a", "c"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if r, err := table.next(); err != nil || r.fields[0] != "1" || r.fields[1] != "3" {
		t.Errorf("%v, %v", r, err)
	}
}

func FuzzNoLineIsLost(f *testing.F) {
	f.Add("1,a\n2,\"b\nc\"\n3,\"d\n")
	f.Add("\r\n\"\"\n,\n")
	f.Fuzz(func(t *testing.T, text string) {
		bad := 0
		table, err := readHeader(strings.NewReader("n,text\n"+text+"\nlast,row\n"), []string{"n", "text"}, func(int, error) { bad++ })
		if err != nil {
			t.Fatal(err)
		}
		var last string
		line := 1
		for {
			r, err := table.next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if r.line <= line {
				t.Fatalf("line %d comes after line %d", r.line, line)
			}
			line, last = r.line, strings.Join(r.fields, ",")
		}
		if !strings.HasSuffix(last, "last,row") && !strings.Contains(text, `"`) {
			t.Errorf("the last row is %q, %d are bad", last, bad)
		}
	})
}
