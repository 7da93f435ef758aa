package sqltest_test

import (
	"fmt"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/deskwright/deskwright/storage"
)

// A file may have no page more, then one, then two, until a command finds room. Until then it is refused, leaves nothing behind and
// keeps nobody from reading; once there is room it is carried out.
func TestACommandThatFindsNoRoomIsRefusedWhole(t *testing.T) {
	eachEngine(t, func(t *testing.T, e engine) {
		e = e.patient()
		before, courses := prepared(t), courses(t)
		needy, refused := 0, 0
		for name := range commands {
			room := 0
			for !fits(t, e, before, name, courses[name], room) {
				refused++
				if room++; e.sampled() {
					room += 2
				}
				if room > 200 {
					t.Fatalf("%s: never finds enough room", name)
				}
			}
			if room > 0 {
				needy++
			}
		}
		if needy < len(commands)/2 {
			t.Errorf("only %d of %d commands need room", needy, len(commands))
		}
		t.Logf("%d of %d commands were refused, %d times in all", needy, len(commands), refused)
	})
}

// fits reports whether a command finds room in a copy of a file that may grow by so many pages.
func fits(t *testing.T, e engine, before, name string, c course, room int) bool {
	t.Helper()
	file := newFile(t)
	copied(t, before, file)
	var most atomic.Int64
	limit := func() string { return fmt.Sprintf("PRAGMA synchronous = off; PRAGMA max_page_count = %d", most.Load()) }
	db := wrapped{engine: e, file: file, begin: limit}.mustOpen(t)
	db.SetMaxOpenConns(1)
	defer db.Close()
	pages, err := strconv.ParseInt(column(t, db, "PRAGMA page_count")[0], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	most.Store(pages + int64(room))
	store := over(t, db)
	s, err := at(t.Context(), store, 1000)
	if err != nil {
		t.Fatal(err)
	}
	if err = commands[name](s); err == nil {
		return true
	}
	when := fmt.Sprintf("%s, with room for %d pages", name, room)
	refusal(t, when, err, storage.ErrReadOnly)
	if got := inventory(t, db); !slices.Contains(c.states[:len(c.states)-1], got) {
		t.Errorf("%s: something was left behind:\n%s", when, firstDifference(got, c.states[0]))
	}
	if _, err := s.box.Verify(t.Context()); err != nil {
		t.Errorf("%s: reads do not go on: %v", when, err)
	}
	most.Store(1 << 30)
	goesOn(t, when, name, store)
	db.Close()
	ends(t, file, when, c)
	return false
}
