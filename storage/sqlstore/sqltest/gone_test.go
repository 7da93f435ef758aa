package sqltest_test

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"testing"

	"github.com/deskwright/deskwright/storage"
	"github.com/deskwright/deskwright/storage/sqlstore"
)

// refusal reports an error that is not as wanted.
func refusal(t *testing.T, when string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: got %v, want %v", when, got, want)
	}
}

func TestOnAClosedHandleEverythingIsClosed(t *testing.T) {
	eachEngine(t, func(t *testing.T, e engine) {
		e = e.patient()
		file, before := prepared(t), courses(t)["Reply"].states[0]
		db := e.open(t, file)
		s, err := at(t.Context(), over(t, db), 1000)
		if err != nil {
			t.Fatal(err)
		}
		db.Close()
		for name, command := range commands {
			refusal(t, name, command(s), storage.ErrClosed)
		}
		_, err = s.ann.Header(t.Context(), s.id("Kim"))
		refusal(t, "Header", err, storage.ErrClosed)
		_, err = s.box.Verify(t.Context())
		refusal(t, "Verify", err, storage.ErrClosed)
		left(t, file, "when all were refused", before)
	})
}

// Who is at it when the handle is closed is told so, or has done what it was told.
func TestAHandleThatIsClosedWhileSomebodyWritesLosesNothing(t *testing.T) {
	eachEngine(t, func(t *testing.T, e engine) {
		e = e.patient()
		file := deskFile(t)
		for round := range 5 {
			db := e.open(t, file)
			w, err := newWriters(over(t, db), fmt.Sprint(round))
			if err != nil {
				t.Fatal(err)
			}
			ended := w.begin(8, func() bool { return false })
			w.goOn(t, ended)
			db.Close()
			err = <-ended // when all have been told
			for _, one := range err.(interface{ Unwrap() []error }).Unwrap() {
				refusal(t, "while it was closed", one, storage.ErrClosed)
			}
			holds(t, file, w.soFar())
		}
	})
}

func TestOnAReadOnlyFileReadsGoOn(t *testing.T) {
	for _, way := range []struct {
		name string
		open func(t *testing.T, e engine, file string, shut *atomic.Bool) *sql.DB
		ends bool
	}{
		{"query_only", func(t *testing.T, e engine, file string, shut *atomic.Bool) *sql.DB {
			return wrapped{engine: e, file: file, begin: func() string { return fmt.Sprintf("PRAGMA query_only = %t", shut.Load()) }}.mustOpen(t)
		}, true},
		{"mode=ro", func(t *testing.T, e engine, file string, _ *atomic.Bool) *sql.DB {
			return engine{e.name, "mode=ro&" + e.params}.open(t, file)
		}, false},
	} {
		t.Run(way.name, func(t *testing.T) {
			eachEngine(t, func(t *testing.T, e engine) {
				e = e.patient()
				file, courses := prepared(t), courses(t)
				shut := new(atomic.Bool)
				shut.Store(true)
				db := way.open(t, e, file, shut)
				defer db.Close()
				store := over(t, db)
				s, err := at(t.Context(), store, 1000)
				if err != nil {
					t.Fatal(err)
				}
				before := inventory(t, db)
				for name, command := range commands {
					refusal(t, name, command(s), storage.ErrReadOnly)
				}
				if got := inventory(t, db); got != before {
					t.Errorf("something was written:\n%s", firstDifference(got, before))
				}
				sound(t, "when all were refused", db, store)
				if way.ends {
					shut.Store(false)
					goesOn(t, "when it may be written to", "Reply", store)
					db.Close()
					ends(t, file, "when it may be written to", courses["Reply"])
				}
			})
		})
	}
}

// SQLite does not notice when a file that it has open is deleted. What a new connection finds is an empty file: no table is there,
// which is no error that passes, and none that is told apart.
func TestADeletedFileIsAnErrorOfItsOwnKind(t *testing.T) {
	eachEngine(t, func(t *testing.T, e engine) {
		e = e.patient()
		file := prepared(t)
		kept := file + " kept"
		copied(t, file, kept)
		db := e.open(t, file)
		store := over(t, db)
		s, err := at(t.Context(), store, 1000)
		if err != nil {
			t.Fatal(err)
		}
		db.SetMaxIdleConns(0)
		for _, each := range []string{file, file + "-wal", file + "-shm"} {
			if err := os.Remove(each); err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
		}
		for name, command := range commands {
			err := command(s)
			if err == nil {
				t.Errorf("%s: it was carried out, nowhere", name)
			}
			for _, sentinel := range sentinels {
				if errors.Is(err, sentinel) {
					t.Errorf("%s: %v is %q", name, err, sentinel)
				}
			}
		}
		_, err = sqlstore.New(db, sqlstore.SQLite, sqlstore.WithNormalSynchronous())
		if _, ok := errors.AsType[*sqlstore.SetupError](err); !ok {
			t.Errorf("a new store: got %v, want to be told to migrate", err)
		}
		if err := os.Rename(kept, file); err != nil {
			t.Fatal(err)
		}
		if err := commands["Reply"](s); err != nil {
			t.Errorf("when the file is back: %v", err)
		}
		sound(t, "when the file is back", db, store)
	})
}

// A connection that is open goes on with a file that has no name any more.
func TestADeletedFileIsThereForWhoHasItOpen(t *testing.T) {
	eachEngine(t, func(t *testing.T, e engine) {
		e = e.patient()
		file := prepared(t)
		db := single(t, e, file)
		store := over(t, db)
		s, err := at(t.Context(), store, 1000)
		if err != nil {
			t.Fatal(err)
		}
		for _, each := range []string{file, file + "-wal", file + "-shm"} {
			if err := os.Remove(each); err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
		}
		if err := commands["Reply"](s); err != nil {
			t.Error(err)
		}
		sound(t, "a file without a name", db, store)
	})
}
