// Package deskwright_test holds what the packages of this module promise about each other: who imports whom, who may ask the
// time, and what a program that uses them compiles. A rule is a name and the reason for it, which a failure repeats.
package deskwright_test

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

const module = "github.com/deskwright/deskwright"

// leaves import nothing of ours.
var leaves = map[string]string{
	"audit":     "a log that proves what happened must not depend on what it is about",
	"boomerang": "when a conversation comes back follows from its setting and a time",
	"channel":   "what a network allows does not depend on who answers or where it is kept",
	"queue":     "who gets the next conversation follows from the facts that it is handed",
	"sla":       "a deadline follows from a policy, a calendar and a time",
	"storage":   "everybody names its errors and pages, so it can name nobody",
}

// arrows are the imports of ours that there may be: "a > b" lets package a import b, "a/ > b" every package below a. "leaves"
// stands for each leaf, "below" for every package that is not at the top. What lies below one folder may import each other.
var arrows = map[string]string{
	"contact > channel": "an identity is a name on a network",

	"inbox > audit":     "every fact is an entry of the log",
	"inbox > boomerang": "a conversation comes back at its time",
	"inbox > channel":   "messages come and go through it",
	"inbox > contact":   "a conversation is with somebody",
	"inbox > queue":     "it decides who gets a conversation",
	"inbox > sla":       "it decides by when",
	"inbox > storage":   "the ports speak in its errors and pages",

	"below > leaves": "values and pure rules are there for all",

	"inbox/ > contact":             "what wraps the engine speaks of what the engine speaks of",
	"inbox/ > channel/channeltest": "the harness records what would have been sent",

	"storage/ > contact": "contacts are kept",
	"storage/ > inbox":   "a store implements the port that the engine declares",
}

// drawn are packages that rules name before they are built; every other name in a rule must exist.
var drawn = []string{"boomerang", "sla"}

// timeless packages are handed the time.
var timeless = map[string]string{
	"audit":            "entries carry the time of the command that wrote them",
	"boomerang":        "a rule takes now, so that a test can choose it",
	"channel":          "a rule takes now, so that a test can choose it",
	"contact":          "a rule takes now, so that a test can choose it",
	"queue":            "a rule takes now, so that a test can choose it",
	"sla":              "a rule takes now, so that a test can choose it",
	"storage":          "it only names things",
	"storage/memory":   "all times come from the engine's clock, leases too",
	"storage/sqlstore": "all times come from the engine's clock, leases too",
}

// compiled are the modules that a program with the engine and our stores is built from, beside the standard library.
var compiled = map[string]string{
	module:                      "ours",
	"github.com/google/uuid":    "ids",
	"github.com/robfig/cron/v3": "boomerang reads cron texts with it",
	"golang.org/x/sync":         "errgroup",
}

// forTests are the modules that the root go.mod requires besides.
var forTests = map[string]string{
	"github.com/benbjohnson/clock": "a clock that tests set",
	"github.com/google/go-cmp":     "differences that can be read",
	"pgregory.net/rapid":           "properties",
}

// keptOut is what nobody compiles who only uses our packages.
var keptOut = map[string]string{
	"github.com/benbjohnson/clock":   "it is not maintained; the engine's own Clock is satisfied by it",
	"github.com/go-sql-driver/mysql": "the host opens its database",
	"github.com/jackc/pgx":           "the host opens its database",
	"github.com/lib/pq":              "the host opens its database",
	"github.com/mattn/go-sqlite3":    "the host opens its database",
	"github.com/ncruces/go-sqlite3":  "the host opens its database",
	"modernc.org/sqlite":             "the host opens its database",
}

// nameless are names that say nothing about what is inside, so that anything ends up there.
var nameless = []string{"common", "helpers", "models", "types", "util"}

func TestImportsFollowTheArrows(t *testing.T) {
	for _, p := range packages(t) {
		if p.path == "examples" || strings.HasPrefix(p.path, "examples/") {
			continue // they show how all of it goes together
		}
		for _, our := range p.ours() {
			if reason, leaf := leaves[p.path]; leaf {
				t.Errorf("%s imports %s, but is a leaf: %s", p.path, our, reason)
			} else if !mayImport(p.path, our) {
				t.Errorf("%s imports %s, and no arrow runs that way", p.path, our)
			}
		}
	}
}

func mayImport(from, to string) bool {
	froms, tos := []string{from}, []string{to}
	if top, _, below := strings.Cut(from, "/"); below {
		if to == top || strings.HasPrefix(to, top+"/") {
			return true
		}
		froms = append(froms, top+"/", "below")
	}
	if _, leaf := leaves[to]; leaf {
		tos = append(tos, "leaves")
	}
	for _, from := range froms {
		for _, to := range tos {
			if _, ok := arrows[from+" > "+to]; ok {
				return true
			}
		}
	}
	return false
}

func TestRulesNamePackagesThatExist(t *testing.T) {
	names := slices.Concat(slices.Collect(maps.Keys(leaves)), slices.Collect(maps.Keys(timeless)))
	for arrow := range arrows {
		from, to, _ := strings.Cut(arrow, " > ")
		names = append(names, strings.TrimSuffix(from, "/"), to)
	}
	known := append([]string{"leaves", "below"}, drawn...)
	for _, p := range packages(t) {
		known = append(known, p.path)
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			t.Errorf("a rule names %q, which is no package: misspelt, or gone?", name)
		}
	}
}

func TestNobodyCompilesADriverOrTheMockClock(t *testing.T) {
	for _, p := range packages(t) {
		for _, imported := range p.imports() {
			for name, reason := range keptOut {
				if !p.nested && within(imported, name) {
					t.Errorf("%s imports %s outside its tests: %s", p.path, imported, reason)
				}
			}
		}
	}
}

func TestOnlyBoomerangParsesCron(t *testing.T) {
	for _, p := range packages(t) {
		for _, imported := range p.imports() {
			if within(imported, "github.com/robfig/cron") && p.path != "boomerang" {
				t.Errorf("%s imports %s: it panics on some texts, and the guard is in boomerang", p.path, imported)
			}
		}
	}
}

func TestOnlyTheEngineAsksTheTime(t *testing.T) {
	for _, p := range packages(t) {
		reason, rule := timeless[p.path]
		for name, file := range p.files {
			switch {
			case rule:
			case p.path == "inbox" && name != "clock.go":
				reason = "the engine asks the time through the Clock in clock.go"
			default:
				continue
			}
			for _, call := range timeAsked(file) {
				t.Errorf("%s/%s uses %s: %s", p.path, name, call, reason)
			}
		}
	}
}

// timeAsked finds what reads the machine's clock, called or handed on.
func timeAsked(file *ast.File) []string {
	var found []string
	name := "time"
	for _, spec := range file.Imports {
		if spec.Path.Value == `"time"` && spec.Name != nil {
			name = spec.Name.Name
		}
	}
	if name == "." {
		return []string{`import . "time"`}
	}
	ast.Inspect(file, func(node ast.Node) bool {
		if call, ok := node.(*ast.SelectorExpr); ok {
			from, ok := call.X.(*ast.Ident)
			if ok && from.Name == name && slices.Contains([]string{"Now", "Since", "Until"}, call.Sel.Name) {
				found = append(found, "time."+call.Sel.Name)
			}
		}
		return true
	})
	return found
}

func TestAProgramCompilesFewModules(t *testing.T) {
	var program []string
	for _, p := range packages(t) {
		if slices.Contains([]string{"inbox", "storage/memory", "storage/sqlstore"}, p.path) {
			program = append(program, module+"/"+p.path)
		}
	}
	if len(program) == 0 {
		t.Fatal("neither the engine nor a store is there")
	}
	list := goCommand(t, append([]string{"list", "-deps", "-json=ImportPath,Module"}, program...)...)
	told := make(map[string]bool)
	for decoder := json.NewDecoder(bytes.NewReader(list)); ; {
		var dep struct {
			ImportPath string
			Module     struct{ Path string } // empty in the standard library
		}
		if err := decoder.Decode(&dep); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if from := dep.Module.Path; from != "" && compiled[from] == "" && !told[from] {
			told[from] = true
			t.Errorf("a program with the engine and a store compiles %s, of module %s", dep.ImportPath, from)
		}
	}
}

func TestGoModRequiresFewModules(t *testing.T) {
	var mod struct{ Require []struct{ Path string } }
	if err := json.Unmarshal(goCommand(t, "mod", "edit", "-json"), &mod); err != nil {
		t.Fatal(err)
	}
	for _, required := range mod.Require {
		if compiled[required.Path] == "" && forTests[required.Path] == "" {
			t.Errorf("go.mod requires %s: what needs it is a module of its own", required.Path)
		}
	}
}

func TestEveryPackageIntroducesItselfOnce(t *testing.T) {
	for _, p := range packages(t) {
		var comments []string
		for _, file := range p.files {
			if file.Doc != nil {
				comments = append(comments, file.Doc.Text())
			}
		}
		switch {
		case len(comments) != 1:
			t.Errorf("%s has %d package comments, want one", p.path, len(comments))
		case p.name != "main" && !strings.HasPrefix(comments[0], "Package "+p.name+" "):
			t.Errorf("the comment of %s begins %.30q, want %q", p.path, comments[0], "Package "+p.name+" ")
		}
	}
}

func TestPackagesHaveNamesThatSaySomething(t *testing.T) {
	for _, p := range packages(t) {
		for _, name := range append(strings.Split(p.path, "/"), p.name) {
			if slices.Contains(nameless, name) {
				t.Errorf("%s is called %s: name it for what it does", p.path, name)
				break
			}
		}
	}
}

// pack is a folder with Go files; those of tests are left out.
type pack struct {
	path   string // from the root, "." for the root itself
	name   string
	nested bool // in a module of its own
	files  map[string]*ast.File
}

func (p pack) imports() []string {
	var imports []string
	for _, file := range p.files {
		for _, spec := range file.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value)
			imports = append(imports, imported)
		}
	}
	slices.Sort(imports)
	return slices.Compact(imports)
}

// ours returns the packages of ours that p imports, named from the root.
func (p pack) ours() []string {
	var ours []string
	for _, imported := range p.imports() {
		if within(imported, module) {
			ours = append(ours, path.Clean("."+strings.TrimPrefix(imported, module)))
		}
	}
	return ours
}

func within(name, prefix string) bool { return name == prefix || strings.HasPrefix(name, prefix+"/") }

// packages reads every package of the repository, whatever machine it is for.
func packages(t *testing.T) []pack {
	t.Helper()
	all, err := read()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

var read = sync.OnceValues(func() ([]pack, error) {
	var all []pack
	var modules []string
	err := filepath.WalkDir(".", func(dir string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil || !entry.IsDir():
			return err
		case dir != "." && (strings.ContainsAny(entry.Name()[:1], "._") || entry.Name() == "testdata"):
			return fs.SkipDir
		}
		p := pack{path: filepath.ToSlash(dir)}
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil && dir != "." {
			modules = append(modules, p.path)
		}
		p.nested = slices.ContainsFunc(modules, func(m string) bool { return within(p.path, m) })
		if p.name, p.files, err = parse(dir); p.name != "" {
			all = append(all, p)
		}
		return err
	})
	return all, err
})

func parse(dir string) (name string, files map[string]*ast.File, err error) {
	sources, err := filepath.Glob(filepath.Join(dir, "[^._]*.go"))
	files = make(map[string]*ast.File)
	for _, source := range sources {
		text, err := os.ReadFile(source)
		if err != nil {
			return "", nil, err
		}
		if strings.HasSuffix(source, "_test.go") || bytes.HasPrefix(text, []byte("//go:build ignore")) {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), source, text, parser.ParseComments)
		if err != nil {
			return "", nil, err
		}
		name, files[filepath.Base(source)] = file.Name.Name, file
	}
	return name, files, err
}

// goCommand runs go on this module alone, as its users have it.
func goCommand(t *testing.T, args ...string) []byte {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Env = append(os.Environ(), "GOWORK=off")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, &stderr)
	}
	return out
}
