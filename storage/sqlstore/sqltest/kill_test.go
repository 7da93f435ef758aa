package sqltest_test

import (
	"database/sql/driver"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/deskwright/deskwright/inbox"
)

// A process dies while it carries out every command there is, each in a file of its own and each at its k-th point: before a
// statement that writes, before a COMMIT, or after one. What is found afterwards is what the commits before that point have left,
// all of it and no more, and the command can be given again.
func TestACommandIsDoneOrNotWheneverItsProcessIsKilled(t *testing.T) {
	eachEngine(t, func(t *testing.T, e engine) {
		e = e.fast() // a killed process loses nothing that the machine has
		if folder := os.Getenv(childFile); folder != "" {
			die(t, e, folder)
			return
		}
		before := prepared(t)
		courses, most := courses(t), 0
		for _, c := range courses {
			most = max(most, len(c.at))
		}
		step, points := 1, 0
		if e.sampled() {
			step = 3
		}
		for k := 1; k <= most; k += step {
			folder := t.TempDir()
			for name, c := range courses {
				if k <= len(c.at) {
					copied(t, before, filepath.Join(folder, name))
				}
			}
			begin, wait := start(t, folder, strconv.Itoa(k))
			begin()
			if out, err := wait(); !killed(err) {
				t.Fatalf("the process that dies at point %d: %v\n%s", k, err, out)
			}
			for name, c := range courses {
				if k <= len(c.at) {
					points++
					afterwards(t, e, filepath.Join(folder, name), fmt.Sprintf("%s, killed at point %d of %d", name, k, len(c.at)), name, c, c.at[k-1])
				}
			}
		}
		t.Logf("%d commands, %d points", len(commands), points)
	})
}

// course is what becomes of a file while a command is carried out.
type course struct {
	states []string // as each commit leaves it; the first: before
	at     []int    // which of them the file is in, at each point
}

// points calls at whenever the process might die; committed: right after a commit.
func (w *wrapped) points(at func(n int, committed bool)) {
	n := 0
	w.before = func(query string, _ []driver.NamedValue) {
		if writes(query) {
			n++
			at(n, false)
		}
	}
	w.after = func(query string) {
		if query == commit {
			n++
			at(n, true)
		}
	}
}

// several are the commands that are more than one commit, each of which is all or nothing.
var several = map[string]int{
	"DeleteTopic":   3, // the topic, and the two conversations that have it
	"RemoveAccount": 3, // the account, and its two open conversations
	"Tick":          3, // the claim, and a delivery's begin and end
}

// courses returns the course of every command. It is the same with every driver and in every copy of the scene.
func courses(t *testing.T) map[string]course {
	t.Helper()
	followed.Lock()
	defer followed.Unlock()
	if followed.courses == nil {
		before, all := prepared(t), map[string]course{}
		for name := range commands {
			all[name] = follow(t, before, name)
		}
		followed.courses = all
	}
	return followed.courses
}

var followed struct {
	sync.Mutex
	courses map[string]course
}

// follow carries out a command on a copy of a file.
func follow(t *testing.T, before, name string) course {
	t.Helper()
	file := newFile(t)
	copied(t, before, file)
	look := quick.open(t, file)
	defer look.Close()
	c := course{states: []string{inventory(t, look)}}
	w := wrapped{engine: quick, file: file}
	w.points(func(_ int, committed bool) {
		if committed {
			c.states = append(c.states, inventory(t, look))
		}
		c.at = append(c.at, len(c.states)-1)
	})
	db := w.mustOpen(t)
	defer db.Close()
	store := over(t, db)
	s, err := at(t.Context(), store, 1000)
	if err == nil {
		err = commands[name](s)
	}
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if got, want := len(c.states)-1, max(1, several[name]); got != want || len(c.at) < 4*got {
		t.Fatalf("%s: got %d commits and %d points, want %d and some more", name, got, len(c.at), want)
	}
	for i := range c.states[1:] {
		if c.states[i] == c.states[i+1] {
			t.Fatalf("%s: commit %d changes nothing", name, i+1)
		}
	}
	sound(t, name, db, store)
	return c
}

// die carries out the commands that the files in a folder are named after. The one that comes to its point last ends the process.
func die(t *testing.T, e engine, folder string) {
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	k, err := strconv.Atoi(os.Getenv(childTask))
	if err != nil {
		t.Fatal(err)
	}
	ready(t)
	var others atomic.Int64
	others.Store(int64(len(files)))
	ended := make(chan string)
	for _, f := range files {
		w := wrapped{engine: e, file: filepath.Join(folder, f.Name())}
		w.points(func(n int, _ bool) {
			if n != k {
				return
			}
			if others.Add(-1) == 0 {
				syscall.Kill(syscall.Getpid(), syscall.SIGKILL)
			}
			select {} // until the others are there
		})
		store := over(t, w.mustOpen(t))
		go func() {
			s, err := at(t.Context(), store, 1000)
			if err == nil {
				err = commands[f.Name()](s)
			}
			ended <- fmt.Sprintf("%s has ended before: %v", f.Name(), err)
		}()
	}
	t.Fatal(<-ended)
}

// afterwards looks at a file that a killed process has left, and gives the command again.
func afterwards(t *testing.T, e engine, file, when, name string, c course, state int) {
	t.Helper()
	if !left(t, file, when, c.states[state]) {
		return
	}
	db := e.unsynced(t, file)
	goesOn(t, when, name, over(t, db))
	db.Close()
	ends(t, file, when, c)
}

// left reports whether a file has what is wanted in it, and whether that is sound.
func left(t *testing.T, file, when, want string) bool {
	t.Helper()
	look := quick.unsynced(t, file)
	defer look.Close()
	got := inventory(t, look)
	if got != want {
		t.Errorf("%s: not as wanted:\n%s", when, firstDifference(got, want))
	}
	sound(t, when, look, over(t, look))
	return got == want
}

// goesOn gives a command again, which must be carried out now.
func goesOn(t *testing.T, when, name string, store inbox.Store) {
	t.Helper()
	s, err := at(t.Context(), store, 1000)
	if err == nil {
		err = commands[name](s)
	}
	if err != nil {
		t.Errorf("%s, and given again: %v", when, err)
	}
}

// ends looks at a file in which a command was given again: it was done once. Where there was something left to do its ids are others.
func ends(t *testing.T, file, when string, c course) {
	t.Helper()
	look := quick.unsynced(t, file)
	defer look.Close()
	if got, want := inventory(t, look), c.states[len(c.states)-1]; len(c.states) == 2 && got != want {
		t.Errorf("%s, and given again: not what it leaves at once:\n%s", when, firstDifference(got, want))
	}
	sound(t, when+", and given again", look, over(t, look))
}
