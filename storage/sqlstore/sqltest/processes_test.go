package sqltest_test

import (
	"context"
	"errors"
	"os"
	"strconv"
	"testing"

	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage"
	"github.com/deskwright/deskwright/storage/storagetest"
)

// passes reports whether what failed is worth another try, as it is for a host: many were at it, or the server took too long.
func passes(err error) bool {
	for _, known := range []error{storage.ErrBusy, storage.ErrUnknown, storage.ErrConflict, context.DeadlineExceeded} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}

// Four processes of eight writers do all they can to few conversations on one server. No lasting error reaches any of them; every
// effect that one of them was told of is there once, and no other.
func TestFourProcessesOnAServerLoseNothing(t *testing.T) {
	eachServer(t, func(t *testing.T, s server) {
		if address := os.Getenv(childFile); address != "" {
			writeAsTold(t, s.over(t, s.open(t, address)), passes)
			return
		}
		during := "10s"
		if testing.Short() {
			during = "2s"
		}
		address := s.deskDatabase(t)
		want := told(t, together(t, address, func(err error) bool { return err == nil }, during, during, during, during))
		store := s.over(t, s.open(t, address))
		swept(t, store)
		once(t, store, want)
		t.Logf("%d effects, %d entries", len(want), head(t, store))
	})
}

// Four processes die in the middle of all that their writers do, one after the other, and are started again. Whatever one of them was
// told of is there.
func TestProcessesThatAreKilledOnAServerLoseNothingThatTheyWereToldOf(t *testing.T) {
	eachServer(t, func(t *testing.T, s server) {
		if address := os.Getenv(childFile); address != "" {
			writeAsTold(t, s.over(t, s.open(t, address)), passes)
			return
		}
		address := s.deskDatabase(t)
		store := s.over(t, s.open(t, address))
		rounds := 4
		if testing.Short() {
			rounds = 2
		}
		for round := range rounds {
			var tasks []string
			for process := range 4 {
				tasks = append(tasks, strconv.Itoa(20+40*process+7*round))
			}
			outs := together(t, address, killed, tasks...)
			swept(t, store)
			has(t, store, told(t, outs))
		}
	})
}

// deskDatabase returns the address of a database with an account and two agents.
func (s server) deskDatabase(t *testing.T) string {
	t.Helper()
	address := s.database(t)
	db := s.open(t, address)
	s.migrate(t, db)
	if err := staff(t, s.over(t, db)); err != nil {
		t.Fatal(err)
	}
	return address
}

// swept fails unless what is in a store keeps every rule.
func swept(t *testing.T, store inbox.Store) {
	t.Helper()
	if err := storagetest.Sweep(t.Context(), store, inbox.DefaultTenant); err != nil {
		t.Error(err)
	}
}
