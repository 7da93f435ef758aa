package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage/memory"
	"github.com/google/go-cmp/cmp"
)

func TestASecondRunOnTheFileAddsNothing(t *testing.T) {
	for format, text := range map[string]string{"twcs": talk(t), "incidents": work(t), "star": chats(t)} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			sameInAFile(t, format, text)
		})
	}
}

// The whole recording takes minutes where every commit waits for the disk.
func TestTheFirstIncidentsOfTheCorpusInAFile(t *testing.T) {
	t.Parallel()
	lines := bytes.SplitAfterN(unpacked(t, corpus(t, "incidents/incidents.csv.gz")), []byte("\n"), 2002)
	sameInAFile(t, "incidents", string(bytes.Join(lines[:2001], nil)))
}

// sameInAFile replays into a file, and again in a run of its own: with the totals that replaying into memory has.
func sameInAFile(t *testing.T, format, text string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "an inbox? 100%.db")
	for run, times := range []string{"1", "2"} {
		want, _ := replayed(t, format, text, "-times", times)
		got, r := replayed(t, format, text, "-workers", []string{"7", "2"}[run], "-store", "sqlite:"+file)
		if diff := cmp.Diff(want, got); diff != "" || r.code != 0 || r.stderr != "" {
			t.Errorf("run %s: status %d, memory (-) and file (+): %s\n%s", times, r.code, diff, r.stderr)
		}
	}
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
}

func TestAStoreThatCannotBeOpenedIsWrongUsage(t *testing.T) {
	t.Parallel()
	dir, rows := t.TempDir(), written(t, talk(t))
	nowhere, readOnly := filepath.Join(dir, "none", "inbox.db"), filepath.Join(dir, "read-only.db")
	if err := os.WriteFile(readOnly, nil, 0o400); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, file, stderr string }{
		{"in no folder", nowhere, "open " + nowhere + ": no such file or directory"},
		{"a folder", dir, "open " + dir + ": is a directory"},
		{"not a database", rows, rows + ": sqlstore: connect: file is not a database (26)"},
		{"read-only", readOnly, "open " + readOnly + ": permission denied"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.file == readOnly && os.Geteuid() == 0 {
				t.Skip("root may write every file")
			}
			r := ranWith(t, "", "-format", "twcs", "-in", rows, "-store", "sqlite:"+c.file)
			if r.code != exitUsage || r.stdout != "" || r.stderr != "replay: -store: "+c.stderr+"\n" {
				t.Errorf("status %d, %q, want %d and %q; printed %q", r.code, r.stderr, exitUsage, c.stderr, r.stdout)
			}
		})
	}
}

func TestTheStoreIsClosedAlsoWhenTheReplayBreaksOff(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "inbox.db")
	long := strings.Repeat(work(t), 100) // more than is read ahead
	cut := io.MultiReader(strings.NewReader(long), iotest.ErrReader(errors.New("the wire is cut")))
	var out, errs bytes.Buffer
	code := run(t.Context(), []string{"-format", "incidents", "-in", "-", "-store", "sqlite:" + file}, cut, &out, &errs)
	if code != exitBad || out.Len() > 0 || !strings.Contains(errs.String(), "the wire is cut") {
		t.Errorf("status %d, %q, printed %q", code, &errs, &out)
	}
	left, err := filepath.Glob(file + "*") // closing a database moves its log into it
	if diff := cmp.Diff([]string{file}, left); diff != "" || err != nil {
		t.Errorf("%v, left behind: %s", err, diff)
	}
	if _, r := replayed(t, "incidents", work(t), "-store", "sqlite:"+file); r.code != 0 {
		t.Errorf("the run after it: %+v", r)
	}
}

func TestAStoreThatCannotBeClosedLeavesNoSummary(t *testing.T) {
	t.Parallel()
	o := options{in: written(t, talk(t)), workers: 1, times: 1}
	if err := o.find("twcs", "memory"); err != nil {
		t.Fatal(err)
	}
	gone := errors.New("the disk is gone")
	o.store = func(context.Context) (inbox.Store, func() error, error) {
		return memory.New(), func() error { return gone }, nil
	}
	var out, errs bytes.Buffer
	clean, err := replay(t.Context(), o, nil, &out, newConsole(&errs))
	if clean || !errors.Is(err, gone) || out.Len() > 0 {
		t.Errorf("clean %t, %v, printed %q", clean, err, &out)
	}
}
