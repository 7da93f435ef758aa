package deskwright_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The code in the README is an Example, so that it compiles as it stands and does what it says.
func TestTheProgramOfTheReadmeIsAnExample(t *testing.T) {
	example, output, _ := strings.Cut(text(t, "examples/quickstart/example_test.go"), "\t// Output:\n")
	_, rest, _ := strings.Cut(output, "}\n")
	program := strings.NewReplacer("package main_test\n", "package main\n", "func Example() {", "func main() {").Replace(example + "}\n" + rest)
	blocks := strings.Split(text(t, "README.md"), "```go\n")[1:]
	if len(blocks) != 1 {
		t.Fatalf("README.md shows %d pieces of code, want one program", len(blocks))
	}
	code, _, _ := strings.Cut(blocks[0], "```")
	if diff := cmp.Diff(program, code); diff != "" {
		t.Errorf("examples/quickstart/example_test.go (-) and README.md (+): %s", diff)
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
