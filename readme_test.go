package deskwright_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The code in the README is that of the examples, so that it compiles as it stands and does what it says.
func TestTheProgramOfTheReadmeIsAnExample(t *testing.T) {
	example, output, _ := strings.Cut(text(t, "examples/quickstart/example_test.go"), "\t// Output:\n")
	_, rest, _ := strings.Cut(output, "}\n")
	program := strings.NewReplacer("package main_test\n", "package main\n", "func Example() {", "func main() {").Replace(example + "}\n" + rest)
	tried, _, _ := strings.Cut(text(t, "README.md"), embedIt)
	shown := pieces(tried)
	if len(shown) != 1 {
		t.Fatalf("README.md shows %d pieces of code to try, want one program", len(shown))
	}
	if diff := cmp.Diff(program, shown[0]); diff != "" {
		t.Errorf("examples/quickstart/example_test.go (-) and README.md (+): %s", diff)
	}
}

func TestWhatTheReadmeEmbedsIsOfTheExample(t *testing.T) {
	files, err := filepath.Glob("examples/embed/*.go")
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	for _, file := range files {
		code.WriteString("\n" + text(t, file))
	}
	_, embedded, _ := strings.Cut(text(t, "README.md"), embedIt)
	shown := pieces(embedded)
	if len(shown) == 0 {
		t.Error("README.md shows nothing of examples/embed")
	}
	for _, piece := range shown {
		if !strings.Contains(code.String(), "\n"+piece) {
			t.Errorf("this is in README.md, and not in examples/embed:\n%s", piece)
		}
	}
}

const embedIt = "\n## Embed it\n"

// pieces are the pieces of Go in a text.
func pieces(text string) []string {
	pieces := strings.Split(text, "```go\n")[1:]
	for i := range pieces {
		pieces[i], _, _ = strings.Cut(pieces[i], "```")
	}
	return pieces
}

func text(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
