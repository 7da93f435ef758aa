package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestMain is also the program itself, for the tests that run it. They leave no file in this folder: the example names its own in
// the working directory.
func TestMain(m *testing.M) {
	if os.Getenv("QUICKSTART") != "" {
		main()
		return
	}
	dir := must(os.MkdirTemp("", "quickstart-test-"))
	must(dir, os.Chdir(dir))
	code := m.Run()
	must(dir, os.RemoveAll(dir))
	os.Exit(code)
}

func TestASecondRunOnTheFileDoesNothingTwice(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "an inbox? 100%.db")
	first, err := quickstart("-db", file)
	if err != nil || !strings.HasPrefix(first, "The inbox is kept in "+file+"\nKim writes: new ") || !strings.Contains(first, "Sent: 1") {
		t.Fatalf("%v\n%s", err, first)
	}
	second, err := quickstart("-db", file)
	if err != nil || strings.Count(second, "duplicate") != 2 || !strings.Contains(second, "Sent: 0") {
		t.Errorf("%v\n%s", err, second)
	}
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
	if timeline(first) != timeline(second) {
		t.Errorf("the timelines differ:\n%s\n%s", first, second)
	}
}

func TestEveryStoreShowsTheSame(t *testing.T) {
	t.Parallel()
	kept, err := quickstart("-db", filepath.Join(t.TempDir(), "inbox.db"))
	if err != nil {
		t.Fatalf("%v\n%s", err, kept)
	}
	forgotten, err := quickstart("-store", "memory")
	if err != nil || timeline(forgotten) != timeline(kept) || timeline(kept) == "" {
		t.Errorf("%v\n%s\n%s", err, forgotten, kept)
	}
}

func TestWhatCannotBeOpenedIsSaid(t *testing.T) {
	t.Parallel()
	for said, args := range map[string][]string{
		`-store must be sqlite or memory, not "paper"`: {"-store", "paper"},
		"unable to open database file":                 {"-db", filepath.Join(t.TempDir(), "none", "inbox.db")},
	} {
		if out, err := quickstart(args...); err == nil || !strings.Contains(out, said) {
			t.Errorf("%v: %v, %q, want %q", args, err, out, said)
		}
	}
}

// timeline is what a run prints about what there is, and not about what it does.
func timeline(out string) string {
	_, timeline, _ := strings.Cut(out, "Timeline")
	return timeline
}

// quickstart runs the program and returns what it prints.
func quickstart(args ...string) (string, error) {
	cmd := exec.Command(must(os.Executable()), args...)
	cmd.Env = append(os.Environ(), "QUICKSTART=run")
	out, err := cmd.CombinedOutput()
	return string(out), err
}
