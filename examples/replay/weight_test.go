package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage/memory"
)

// weighed is what a replay took of memory.
type weighed struct {
	rows, messages, entries int64
	took                    time.Duration
	store                   int64 // bytes that the memory store has at the end
	beside                  int64 // bytes beside it, when everything has been read and done
}

// weigh replays the rows that in holds. It must not run beside other tests.
func weigh(t testing.TB, format string, workers int, in io.Reader, rows int64) weighed {
	t.Helper()
	o := options{}
	if err := o.find(format, "memory"); err != nil {
		t.Fatal(err)
	}
	store, before := memory.New(), heap()
	got := play(t, o.format, store, workers, in, rows)
	after := heap()
	got.store, got.beside = after-before, got.beside-after
	box, err := inbox.New(store)
	if err != nil {
		t.Fatal(err)
	}
	report, err := box.Verify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got.entries = report.Entries
	return got
}

// play is a replay; beside is the whole heap, once so many rows are done and everything is read. The last line of in must have its
// end, or it is read too late to be waited for.
func play(t testing.TB, f format, store inbox.Store, workers int, in io.Reader, rows int64) weighed {
	t.Helper()
	var errs bytes.Buffer
	var got weighed
	var paused time.Duration
	started := time.Now()
	crew, err := newCrew(t.Context(), store, f.name, workers, newConsole(&errs))
	if err != nil {
		t.Fatal(err)
	}
	read := io.MultiReader(in, atEOF(func() {
		for crew.rows.Load() < rows && crew.ctx.Err() == nil {
			runtime.Gosched()
		}
		pausing := time.Now()
		got.beside = heap()
		paused = time.Since(pausing)
	}))
	r := f.begin()
	if err := r.open(read, crew.console.bad); err != nil {
		t.Fatal(err)
	}
	if err := crew.finish(r.play(crew.ctx, crew)); err != nil || errs.Len() > 0 {
		t.Fatalf("%v\n%s", err, &errs)
	}
	got.took, got.rows, got.messages = time.Since(started)-paused, crew.rows.Load(), crew.messages.Load()
	return got
}

// atEOF is an empty reader that lets somebody know when it is read.
type atEOF func()

func (f atEOF) Read([]byte) (int, error) {
	f()
	return 0, io.EOF
}

// heap returns how many bytes are in use.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // what pools keep is let go by the second
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// manyIncidents writes n incidents of seven rows, by two hundred people, with much in a column that nobody reads.
func manyIncidents(t testing.TB, n int) io.Reader {
	in, out := io.Pipe()
	location := strings.Repeat("x", 10_000)
	go func() {
		_, err := fmt.Fprintln(out, strings.Join(incidentHeader, ","))
		for i := 0; i < n && err == nil; i++ {
			for row, state := range []string{"New", "Active", "Awaiting Vendor", "Active", "Resolved", "Active", "Closed"} {
				_, err = fmt.Fprintf(out, "%d,%s,true,%d,%d,29/2/2016 1%d:00,Phone,%s,%d\n", i, state, i%50, i%200, row, location, (i+row%2)%200)
			}
		}
		out.CloseWithError(err)
	}()
	t.Cleanup(func() { _ = in.Close() })
	return in
}

// Neither the program nor, through it, the store holds on to rows.
func TestIncidentsNeedNoMoreMemoryForALongerFile(t *testing.T) {
	for _, n := range []int64{200, 600} {
		got := weigh(t, "incidents", 2, manyIncidents(t, int(n)), 7*n)
		each := got.store / n
		t.Logf("%d bytes an incident in the store, %d beside it", each, got.beside)
		if got.rows != 7*n || each < 1000 || each > 20_000 {
			t.Errorf("%d rows, %d bytes each of %d incidents in the store", got.rows, each, n)
		}
		if got.beside > 500_000 {
			t.Errorf("%d bytes beside the store while %d incidents are replayed", got.beside, n)
		}
	}
}

// manyDialogues writes n dialogues of seven messages, by two hundred people, with much that nobody reads.
func manyDialogues(t testing.TB, n int) io.Reader {
	in, out := io.Pipe()
	ignored := "9 instruct " + strings.Repeat("x", 10_000)
	go func() {
		var err error
		for i := 0; i < n && err == nil; i++ {
			_, err = io.WriteString(out, starLine(t, i, fmt.Sprint(i%50), fmt.Sprint(i%200), "1 u Hi", "2 s Ho", "3 u Hi", ignored, "4 w Ho", "5 u Hi", "6 s Ho", "7 u Hi", "!"))
		}
		out.CloseWithError(err)
	}()
	t.Cleanup(func() { _ = in.Close() })
	return in
}

// The reader's room for one line, 1 MiB, is in the figure.
func TestDialoguesNeedNoMoreMemoryForALongerFile(t *testing.T) {
	for _, n := range []int64{200, 1000} {
		got := weigh(t, "star", 2, manyDialogues(t, int(n)), n)
		each := got.store / n
		t.Logf("%d bytes a dialogue in the store, %d beside it", each, got.beside)
		if got.rows != n || got.messages != 7*n || each < 5000 || each > 50_000 {
			t.Errorf("%d rows, %d messages, %d bytes each of %d dialogues in the store", got.rows, got.messages, each, n)
		}
		if got.beside > widest+500_000 {
			t.Errorf("%d bytes beside the store while %d dialogues are replayed", got.beside, n)
		}
	}
}

func BenchmarkTwcs(b *testing.B) {
	text, err := os.ReadFile(corpus(b, "twcs/twcs.csv"))
	if err != nil {
		b.Fatal(err)
	}
	benchmark(b, "twcs", 0, func() io.Reader { return bytes.NewReader(text) })
}

// BenchmarkIncidents replays the recording, and the recording with all incidents once more under other numbers.
func BenchmarkIncidents(b *testing.B) {
	text := unpacked(b, corpus(b, "incidents/incidents.csv.gz"))
	_, rows, _ := bytes.Cut(text, []byte("\n"))
	var again []byte
	for line := range bytes.Lines(rows) {
		again = append(append(again, "again-"...), line...)
	}
	once := int64(bytes.Count(rows, []byte("\n")))
	b.Run("once", func(b *testing.B) {
		benchmark(b, "incidents", once, func() io.Reader { return bytes.NewReader(text) })
	})
	b.Run("twice as long", func(b *testing.B) {
		benchmark(b, "incidents", 2*once, func() io.Reader { return io.MultiReader(bytes.NewReader(text), bytes.NewReader(again)) })
	})
}

func BenchmarkStar(b *testing.B) {
	text := unpacked(b, corpus(b, "star/star.jsonl.gz"))
	benchmark(b, "star", int64(bytes.Count(text, []byte("\n"))), func() io.Reader { return bytes.NewReader(text) })
}

// benchmark replays with one worker. The rates are without the summary; rows are those that are done before everything is read.
func benchmark(b *testing.B, format string, rows int64, in func() io.Reader) {
	var sum weighed
	for b.Loop() {
		got := weigh(b, format, 1, in(), rows)
		sum.rows += got.rows
		sum.messages += got.messages
		sum.took += got.took
		sum.store, sum.beside, sum.entries = got.store, got.beside, got.entries
	}
	b.ReportMetric(float64(sum.rows)/sum.took.Seconds(), "rows/s")
	b.ReportMetric(float64(sum.messages)/sum.took.Seconds(), "messages/s")
	b.ReportMetric(float64(sum.store)*float64(b.N)/float64(sum.messages), "store-B/message")
	b.ReportMetric(float64(sum.store)/float64(sum.entries), "store-B/entry")
	if rows > 0 {
		b.ReportMetric(float64(sum.beside), "beside-B")
	}
}
