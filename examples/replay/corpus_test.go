package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unsafe"

	"github.com/deskwright/deskwright/storage/memory"
	"github.com/google/go-cmp/cmp"
)

// corpus returns where a recording is, or skips the test.
func corpus(t testing.TB, name string) string {
	t.Helper()
	dir := os.Getenv("INBOX_CORPUS")
	if dir == "" {
		t.Skip("INBOX_CORPUS is not set: there are no recorded conversations to replay")
	}
	return filepath.Join(dir, "data", filepath.FromSlash(name))
}

// agree compares a summary with the recount of the same rows.
func agree(t *testing.T, got, want totals) {
	t.Helper()
	for name, value := range want {
		if n, ok := value.(int); ok {
			want[name] = float64(n)
		}
	}
	got = maps.Clone(got)
	if got["audit_verified"] != true || got["bad_rows"] != 0.0 {
		t.Errorf("%v", got)
	}
	for _, name := range []string{"duplicates", "bad_rows", "audit_entries", "audit_verified"} {
		delete(got, name)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("counted by hand (-) and replayed (+): %s", diff)
	}
}

func TestTwcsCorpus(t *testing.T) {
	t.Parallel()
	path := corpus(t, "twcs/twcs.csv")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := recountTwcs(t, bytes.NewReader(text))
	checkCorpus(t, "twcs", path, want, want["received"].(int)+want["replied"].(int))
}

func TestIncidentsCorpus(t *testing.T) {
	t.Parallel()
	path := corpus(t, "incidents/incidents.csv.gz")
	want := recountIncidents(t, bytes.NewReader(unpacked(t, path)))
	checkCorpus(t, "incidents", path, want, want["received"].(int))
}

func TestStarCorpus(t *testing.T) {
	t.Parallel()
	path := corpus(t, "star/star.jsonl.gz")
	want := recountStar(t, bytes.NewReader(unpacked(t, path)))
	checkCorpus(t, "star", path, want, want["received"].(int)+want["replied"].(int))
}

// unpacked returns what a gzipped file holds.
func unpacked(t testing.TB, path string) []byte {
	t.Helper()
	packed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// checkCorpus replays with seven workers, and again onto the same store with one.
func checkCorpus(t *testing.T, format, path string, want totals, messages int) {
	t.Helper()
	var errs bytes.Buffer
	store := memory.New()
	var summaries []totals
	for _, workers := range []int{7, 1} {
		o := options{workers: workers}
		if err := o.find(format, "memory"); err != nil {
			t.Fatal(err)
		}
		got, err := once(t.Context(), o, store, &file{path: path}, newConsole(&errs))
		if err != nil || errs.Len() > 0 {
			t.Fatalf("%v\n%s", err, &errs)
		}
		summaries = append(summaries, got.totals(t))
		agree(t, summaries[len(summaries)-1], want)
	}
	summaries[0].expect(t, totals{"duplicates": 0})
	summaries[1].expect(t, totals{"duplicates": messages, "audit_entries": int(summaries[0]["audit_entries"].(float64))})
}

func TestATweetTakesSome200Bytes(t *testing.T) {
	f, err := os.Open(corpus(t, "twcs/twcs.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p := &twcs{}
	bad := func(line int, err error) { t.Errorf("line %d: %v", line, err) }
	err = p.open(f, bad)
	for err == nil {
		var r row
		if r, err = p.table.next(); err == nil {
			err = p.add(p.table, r)
		}
	}
	if err != io.EOF {
		t.Fatal(err)
	}
	p.sort(bad)
	bytes := cap(p.all)*int(unsafe.Sizeof(tweet{})) + cap(p.order)*4 + len(p.all)*int(unsafe.Sizeof(p.messages[0]))
	for _, block := range p.texts.blocks {
		bytes += cap(block)
	}
	if each := bytes / len(p.all); each > 220 {
		t.Errorf("%d bytes a row", each)
	} else {
		t.Logf("%d bytes a row", each)
	}
}

func TestRandomRecordings(t *testing.T) {
	for seed := range uint64(100) {
		random := rand.New(rand.NewPCG(seed, 1))
		text := randomTweets(t, random)
		want := recountTwcs(t, strings.NewReader(text))
		for _, workers := range []string{"1", "2", "7"} {
			got, _ := replayed(t, "twcs", text, "-workers", workers)
			if agree(t, got, want); t.Failed() {
				t.Fatalf("seed %d, %s workers:\n%s", seed, workers, text)
			}
		}
		text = randomIncidents(t, random)
		want = recountIncidents(t, strings.NewReader(text))
		for _, workers := range []string{"1", "2", "7"} {
			got, _ := replayed(t, "incidents", text, "-workers", workers, "-times", "2")
			if agree(t, got, want); t.Failed() {
				t.Fatalf("seed %d, %s workers:\n%s", seed, workers, text)
			}
		}
		text = randomDialogues(t, random)
		want = recountStar(t, strings.NewReader(text))
		for _, workers := range []string{"1", "2", "7"} {
			got, _ := replayed(t, "star", text, "-workers", workers, "-times", "2")
			if agree(t, got, want); t.Failed() {
				t.Fatalf("seed %d, %s workers:\n%s", seed, workers, text)
			}
		}
	}
}

// randomTweets have parents and answers that may come later or be missing, and that may go round.
func randomTweets(t *testing.T, random *rand.Rand) string {
	t.Helper()
	one := func(of ...string) string { return of[random.IntN(len(of))] }
	n := 5 + random.IntN(30)
	var rows [][]string
	for id := range n {
		other := func() string { return fmt.Sprint(1 + random.IntN(n+2)) }
		author := one("ann", "bob", "cyd", "Acme", "Bolt")
		parent := ""
		if random.IntN(4) > 0 {
			parent = other()
		}
		answers := strings.Join([]string{other(), other()}[:random.IntN(3)], ",")
		text := one("", "@ACME ", "@bolt @acme", "@ann @Bolt_", "a@boltb") + one("hi", "ho\nhu", `"hm"`)
		row := tweetAt(random.IntN(n), fmt.Sprint(id+1), author, text, answers, parent)
		if random.IntN(10) == 0 {
			row[2] = "True" // a brand may write as a contact
		}
		rows = append(rows, row)
	}
	random.Shuffle(n, func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	return twcsOf(t, rows...)
}

func randomIncidents(t *testing.T, random *rand.Rand) string {
	t.Helper()
	one := func(of ...string) string { return of[random.IntN(len(of))] }
	var rows [][]string
	for number := range 1 + random.IntN(15) {
		for range 1 + random.IntN(8) {
			state := one("New", "Active", "Awaiting User Info", "Awaiting Vendor", "Awaiting Problem", "Resolved", "Closed", "-100")
			row := changeAt(fmt.Sprintf("%d:30", random.IntN(24)), state, one("ann", "bob", "eva"), one("?", "ann", "bob"))
			row[0], row[3], row[6] = fmt.Sprint(number), one("?", "kim", "lee"), one("Phone", "Email")
			rows = append(rows, row)
		}
	}
	return incidentsOf(t, rows...)
}

func randomDialogues(t *testing.T, random *rand.Rand) string {
	t.Helper()
	one := func(of ...string) string { return of[random.IntN(len(of))] }
	var lines strings.Builder
	for id := range 1 + random.IntN(15) {
		var events []string
		for range random.IntN(8) {
			events = append(events, fmt.Sprint(random.IntN(100), " ", one("u", "w", "s", "q", "instruct", "complete"), " hm"))
		}
		if random.IntN(2) == 0 {
			events = append(events, "!")
		}
		lines.WriteString(starLine(t, id, one("kim", "lee", "ann"), one("ann", "bob"), events...))
	}
	return lines.String()
}
