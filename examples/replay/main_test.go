package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/deskwright/deskwright/audit"
	"github.com/google/go-cmp/cmp"
)

// talk is a small recording with everything in it that is not bad.
func talk(t *testing.T) string {
	t.Helper()
	return twcsOf(t,
		tweetAt(1, "1", "ann", "@acme help\nplease, \"now\"", "2", ""), tweetAt(2, "2", "Acme", "sure", "", "1"),
		tweetAt(3, "3", "bob", "@bolt help", "4", ""), tweetAt(4, "4", "Bolt", "no", "", "3"), tweetAt(5, "5", "bob", "why?", "", "4"),
		tweetAt(6, "6", "cyd", "hello", "", ""), tweetAt(7, "7", "Bolt", "ads", "", ""), tweetAt(8, "8", "ann", "@bolt and you?", "", ""))
}

// work is the same of incidents.
func work(t *testing.T) string {
	t.Helper()
	var rows [][]string
	for n := range 9 {
		for i, state := range []string{"New", "Awaiting Vendor", "Active", "Resolved", "Awaiting Vendor", "Closed"}[:n%7%6+1] {
			row := changeAt(fmt.Sprintf("1%d:00", i), state, "eva", []string{"?", "ann", "bob"}[(n+i)%3])
			row[0], row[3] = fmt.Sprint(n), fmt.Sprint(n%4)
			rows = append(rows, row)
		}
	}
	return incidentsOf(t, rows...)
}

func TestTheSummaryIsTheSameForAnyNumberOfWorkers(t *testing.T) {
	for format, text := range map[string]string{"twcs": talk(t), "incidents": work(t), "star": chats(t)} {
		_, one := replayed(t, format, text, "-workers", "1")
		if one.code != 0 {
			t.Fatalf("%s: status %d\n%s", format, one.code, one.stderr)
		}
		for _, n := range []string{"2", "7"} {
			_, many := replayed(t, format, text, "-workers", n)
			if diff := cmp.Diff(one, many, cmp.AllowUnexported(ran{})); diff != "" {
				t.Errorf("%s with %s workers: %s", format, n, diff)
			}
		}
	}
}

func TestReplayingAgainChangesNothing(t *testing.T) {
	for _, c := range []struct {
		format, text string
		duplicates   []string // totals that duplicates adds up to
	}{
		{"twcs", talk(t), []string{"received", "replied"}},
		{"incidents", work(t), []string{"received"}},
		{"star", chats(t), []string{"received", "replied"}},
	} {
		once, _ := replayed(t, c.format, c.text)
		for _, workers := range []string{"1", "2", "7"} {
			again, r := replayed(t, c.format, c.text, "-times", "2", "-workers", workers)
			want := 0.0
			for _, name := range c.duplicates {
				want += once[name].(float64)
			}
			if again["duplicates"] != want || want == 0 || once["duplicates"] != 0.0 || r.code != 0 {
				t.Errorf("%s: %v duplicates, then %v, want %v; status %d", c.format, once["duplicates"], again["duplicates"], want, r.code)
			}
			again["duplicates"] = once["duplicates"]
			if diff := cmp.Diff(once, again); diff != "" {
				t.Errorf("%s: %s", c.format, diff)
			}
		}
	}
}

func TestBadRowsAreCountedEveryTime(t *testing.T) {
	t.Parallel()
	got, r := replayed(t, "twcs", talk(t)+"x,ann,True,,,,\n", "-times", "3")
	got.expect(t, totals{"rows": 8, "bad_rows": 1})
	if n := strings.Count(r.stderr, "replay: line 11: tweet_id "); n != 3 || r.code != 1 {
		t.Errorf("status %d\n%s", r.code, r.stderr)
	}
}

func TestFilesMayBePlainOrGzippedOrStandardInput(t *testing.T) {
	t.Parallel()
	plain := talk(t)
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, plain); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	_, want := replayed(t, "twcs", plain)
	for name, got := range map[string]ran{
		"plain file":             ranWith(t, "", "-format", "twcs", "-json", "-in", written(t, plain)),
		"gzipped file":           ranWith(t, "", "-format", "twcs", "-json", "-in", written(t, b.String())),
		"gzipped standard input": ranWith(t, b.String(), "-format", "twcs", "-json", "-in", "-"),
		"bytes before a header":  ranWith(t, "\uFEFF"+plain, "-format", "twcs", "-json", "-in", "-"),
		"ends of lines":          ranWith(t, strings.ReplaceAll(plain, "\n", "\r\n"), "-format", "twcs", "-json", "-in", "-"),
	} {
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(ran{})); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	again := ranWith(t, b.String(), "-format", "twcs", "-json", "-in", "-", "-times", "2")
	if again.code != 0 || again.totals(t)["duplicates"] != 5.0+1 {
		t.Errorf("gzipped standard input, twice: %+v", again)
	}
}

func TestTheSummaryIsTheLastLine(t *testing.T) {
	t.Parallel()
	r := ranWith(t, talk(t), "-format", "twcs", "-in", "-", "-json")
	want := `{"rows":8,"received":4,"replied":2,"unaddressed":1,"unsolicited":1,"contacts":2,"accounts":2,"conversations":3,"new":2,"pending":1,` +
		`"resolved":0,"longest_conversation":3,"first_response_seconds":{"count":2,"p50":1,"p90":1},"duplicates":0,"bad_rows":0,"audit_entries":22,"audit_verified":true}` + "\n"
	if r.stdout != want || !json.Valid([]byte(r.stdout)) {
		t.Errorf("got  %swant %s", r.stdout, want)
	}
	people := ranWith(t, talk(t), "-format", "twcs", "-in", "-").stdout
	for _, line := range []string{"rows                    8\n", "first_response_seconds  2, half within 1, 90% within 1\n", "audit_verified          true\n", "8 rows, 6 messages in "} {
		if !strings.Contains(people, line) {
			t.Errorf("there is no %q in\n%s", line, people)
		}
	}
}

func TestWrongUsage(t *testing.T) {
	good := written(t, talk(t))
	for _, c := range []struct{ args, stderr string }{
		{"", "-in is missing"},
		{"-in " + good, "-format must be twcs or incidents or star"},
		{"-format morse -in " + good, "-format must be twcs or incidents or star"},
		{"-format twcs", "-in is missing"},
		{"-format twcs -in " + good + " -store paper", "-store must be memory or sqlite:FILE"},
		{"-format twcs -in " + good + " -store memory:here", "-store must be memory or sqlite:FILE"},
		{"-format twcs -in " + good + " -store memory:", "-store must be memory or sqlite:FILE"},
		{"-format twcs -in " + good + " -store sqlite", "-store must be memory or sqlite:FILE"},
		{"-format twcs -in " + good + " -store sqlite:", "-store must be memory or sqlite:FILE"},
		{"-format twcs -in " + good + " -store paper:here", "-store must be memory or sqlite:FILE"},
		{"-format twcs -in " + good + " -workers 0", "-workers must be 1 or more"},
		{"-format twcs -in " + good + " -workers many", `invalid value "many" for flag -workers: parse error`},
		{"-format twcs -in " + good + " -times 0", "-times must be 1 or more"},
		{"-format twcs -in " + good + " -fast", "flag provided but not defined: -fast"},
		{"-format twcs -in " + good + " more", `"more" is one argument too many`},
		{"-format twcs -in " + good + ".none", "open " + good + ".none: no such file or directory"},
		{"-format twcs -in " + filepath.Dir(good), "read " + filepath.Dir(good) + ": is a directory"},
		{"-format incidents -in " + good, "the file has no column number: is it of this format?"},
		{"-format twcs -in -", "the file is empty: it has no header"},
		{"-format twcs -in " + written(t, "\x1f\x8bno"), "looks gzipped but is not: unexpected EOF"},
		{"-format twcs -in " + written(t, "tweet_id,\"author\"_id\n"), `the header cannot be read: extraneous or missing " in quoted-field`},
	} {
		r := ranWith(t, "", strings.Fields(c.args)...)
		if r.code != exitUsage || r.stdout != "" || !strings.HasPrefix(r.stderr, "replay: ") || !strings.HasSuffix(r.stderr, c.stderr+"\n") {
			t.Errorf("%s: status %d, %q, want %d and %q; printed %q", c.args, r.code, r.stderr, exitUsage, c.stderr, r.stdout)
		}
	}
	if r := ranWith(t, "", "-h"); r.code != 0 || !strings.Contains(r.stderr, "-workers") {
		t.Errorf("-h: status %d, %q", r.code, r.stderr)
	}
}

func TestAReplayThatBreaksOffLeavesNoSummary(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, strings.Repeat(talk(t), 50)); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	cut := ranWith(t, b.String()[:b.Len()-10], "-format", "twcs", "-in", "-")
	if cut.code != exitBad || cut.stdout != "" || !strings.Contains(cut.stderr, "replay: reading: unexpected EOF\n") {
		t.Errorf("%+v", cut)
	}

	broken := io.MultiReader(strings.NewReader(work(t)), iotest.ErrReader(errors.New("the wire is cut")))
	for _, times := range []string{"1", "2"} {
		var out, errs bytes.Buffer
		code := run(t.Context(), []string{"-format", "incidents", "-in", "-", "-times", times}, broken, &out, &errs)
		if code != exitBad || out.Len() > 0 || !strings.Contains(errs.String(), "the wire is cut") {
			t.Errorf("status %d, %q, printed %q", code, &errs, &out)
		}
	}
}

func TestStandardInputLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	replayed(t, "twcs", talk(t), "-times", "2")
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("%v %v", left, err)
	}
}

func TestABrokenLogIsNoFailureToReadIt(t *testing.T) {
	hole, gone := fmt.Errorf("verify: %w", &audit.BrokenError{}), errors.New("the store is gone")
	for _, c := range []struct{ err, found, failed error }{{nil, nil, nil}, {hole, hole, nil}, {gone, nil, gone}} {
		if found, failed := broken(c.err); found != c.found || failed != c.failed {
			t.Errorf("%v: found %v, failed %v", c.err, found, failed)
		}
	}
}
