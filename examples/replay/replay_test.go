package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/deskwright/deskwright/inbox"
)

// totals is a summary as a program reads it.
type totals map[string]any

// ran is what a run of the program left.
type ran struct {
	code           int
	stdout, stderr string
}

// ranWith runs the program.
func ranWith(t *testing.T, stdin string, args ...string) ran {
	t.Helper()
	var out, errs bytes.Buffer
	code := run(t.Context(), args, strings.NewReader(stdin), &out, &errs)
	return ran{code, out.String(), errs.String()}
}

// replayed runs the program on standard input and returns its summary.
func replayed(t *testing.T, format, stdin string, args ...string) (totals, ran) {
	t.Helper()
	r := ranWith(t, stdin, append([]string{"-format", format, "-in", "-", "-json"}, args...)...)
	return r.totals(t), r
}

// totals reads the last line of standard output.
func (r ran) totals(t *testing.T) totals {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(r.stdout, "\n"), "\n")
	var s totals
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &s); err != nil {
		t.Fatalf("the last line of %q is not a summary: %v\n%s", r.stdout, err, r.stderr)
	}
	return s
}

// expect compares some totals.
func (s totals) expect(t *testing.T, want totals) {
	t.Helper()
	for name, value := range want {
		if n, ok := value.(int); ok {
			value = float64(n)
		}
		if s[name] != value {
			t.Errorf("%s is %v, want %v", name, s[name], value)
		}
	}
}

// csvOf writes rows as CSV.
func csvOf(t *testing.T, rows ...[]string) string {
	t.Helper()
	var b bytes.Buffer
	if err := csv.NewWriter(&b).WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// written puts text into a file.
func written(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rows.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// into replays into a store that the test can look at.
func into(t *testing.T, store inbox.Store, format, text string) outcome {
	t.Helper()
	var errs bytes.Buffer
	o := options{workers: 2}
	if err := o.find(format, "memory"); err != nil {
		t.Fatal(err)
	}
	got, err := once(t.Context(), o, store, &file{path: written(t, text)}, newConsole(&errs))
	if err != nil || errs.Len() > 0 {
		t.Fatalf("%v\n%s", err, &errs)
	}
	return got
}

// timelines are the lines of every conversation with its trail, by contact and account.
func timelines(t *testing.T, store inbox.Store) map[string][]inbox.Item {
	t.Helper()
	box, err := inbox.New(store)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]inbox.Item{}
	desk := box.As(inbox.System)
	for h, err := range desk.Conversations(t.Context(), inbox.Filter{}, inbox.Oldest) {
		if err != nil {
			t.Fatal(err)
		}
		for item, err := range desk.Timeline(t.Context(), h.ID, inbox.WithTrail()) {
			if err != nil {
				t.Fatal(err)
			}
			name := h.Contact.Name + " on " + h.AccountName
			all[name] = append(all[name], item)
		}
	}
	return all
}

// said are the items as people read them.
func said(items []inbox.Item) []string {
	var lines []string
	for _, item := range items {
		lines = append(lines, item.String())
	}
	return lines
}

// value is a total by its name.
func (s summary) value(name string) any {
	for _, t := range s {
		if t.name == name {
			return t.value
		}
	}
	return nil
}

// totals is the summary as a program reads it.
func (o outcome) totals(t *testing.T) totals {
	t.Helper()
	var b bytes.Buffer
	if err := o.print(&b, true); err != nil {
		t.Fatal(err)
	}
	return ran{stdout: b.String()}.totals(t)
}
