package deskwright_test

import (
	"os"
	"strings"
	"testing"
)

// The code in the README is the quickstart's, so that it compiles and does what it says.
func TestTheCodeOfTheReadmeIsTheQuickstarts(t *testing.T) {
	readme, program := text(t, "README.md"), text(t, "examples/quickstart/main.go")
	blocks := 0
	for block := range strings.SplitSeq(readme, "```go\n") {
		code, _, found := strings.Cut(block, "```")
		if blocks++; blocks == 1 || !found {
			continue
		}
		for line := range strings.Lines(code) {
			if !strings.Contains(program, strings.TrimSpace(line)) {
				t.Errorf("README.md shows a line that examples/quickstart/main.go does not have: %s", line)
			}
		}
	}
	if blocks < 2 {
		t.Error("README.md shows no code")
	}
}

func text(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
