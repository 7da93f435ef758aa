package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestMain is also the program itself, for the tests that run it.
func TestMain(m *testing.M) {
	if os.Getenv("EMBED") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func Example() {
	dir := must(os.MkdirTemp("", "embed-test-"))
	defer os.RemoveAll(dir)
	run(context.Background(), "sqlite:"+filepath.Join(dir, "helpdesk.db"))
	// Output:
	// New: Kim Larsen, who is user kim. The ticket is open, 0 minutes.
	// Tom answers: reply: inbox: not permitted: reply_private
	// Ann closes: no time is booked on the ticket
	// Of both nothing is left: it is new. The ticket is open, 0 minutes.
	// Ann answers: <nil>
	// Ann closes: <nil>
	// The ticket is closed, 10 minutes.
	//    started as new by contact
	//    Kim Larsen: My parcel has not come.
	//    Ann: It comes today.
	//    auto-assigned to Ann by Ann
	//    set to pending by Ann
	//    resolved by Ann
	// Sent to 15550199: It comes today.
}

func TestASecondRunOnTheFileDoesNothingTwice(t *testing.T) {
	t.Parallel()
	store := "sqlite:" + filepath.Join(t.TempDir(), "a helpdesk? 100%.db")
	first, err := embed("-store", store)
	_, end, found := strings.Cut(first, "Ann closes: <nil>\n")
	end, sent, _ := strings.Cut(end, "Sent to")
	if err != nil || !found || sent == "" {
		t.Fatalf("%v\n%s", err, first)
	}
	if second, err := embed("-store", store); err != nil || second != end {
		t.Errorf("the second run: %v\n%s\nwant\n%s", err, second, end)
	}
}

func TestWhatCannotBeOpenedIsSaid(t *testing.T) {
	t.Parallel()
	for store, said := range map[string]string{
		"paper":   `-store must be sqlite:FILE, not "paper"`,
		"":        `-store must be sqlite:FILE, not ""`,
		"sqlite:": "-store sqlite: names no file",
		"sqlite:" + filepath.Join(t.TempDir(), "none", "helpdesk.db"): "unable to open database file",
	} {
		if out, err := embed("-store", store); err == nil || !strings.Contains(out, said) {
			t.Errorf("%q: %v, %q, want %q", store, err, out, said)
		}
	}
}

// embed runs the program and returns what it prints.
func embed(args ...string) (string, error) {
	cmd := exec.Command(must(os.Executable()), args...)
	cmd.Env = append(os.Environ(), "EMBED=run")
	out, err := cmd.CombinedOutput()
	return string(out), err
}
