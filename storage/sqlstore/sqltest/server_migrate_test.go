package sqltest_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/deskwright/deskwright/storage/sqlstore"
)

// migrateAsTold is a process that migrates a server, and dies after so many statements.
func (s server) migrateAsTold(t *testing.T, address string) {
	w := wrapped{engine: engine{name: s.driver}, file: address, after: dies()}
	ready(t)
	s.migrate(t, w.mustOpen(t))
}

// layout writes down all columns and indexes of the tables, and what was migrated.
func (s server) layout(t *testing.T, db *sql.DB) string {
	t.Helper()
	schema := map[string]string{"postgres": "current_schema()", "mysql": "DATABASE()"}[s.name]
	indexes := map[string]string{
		"postgres": "SELECT indexdef FROM pg_indexes WHERE schemaname = current_schema() ORDER BY indexdef",
		"mysql": "SELECT CONCAT_WS(' ', table_name, index_name, seq_in_index, column_name, non_unique) FROM information_schema.statistics " +
			"WHERE table_schema = DATABASE() ORDER BY table_name, index_name, seq_in_index",
	}[s.name]
	all := column(t, db, "SELECT CONCAT_WS(' ', table_name, column_name, data_type, is_nullable) FROM information_schema.columns WHERE table_schema = "+
		schema+" ORDER BY table_name, ordinal_position")
	all = append(append(all, column(t, db, indexes)...), column(t, db, "SELECT CONCAT_WS(' ', version, name, checksum) FROM deskwright_migration")...)
	return strings.Join(all, "\n")
}

func TestEightProcessesMigrateAServerAtOnce(t *testing.T) {
	eachServer(t, func(t *testing.T, s server) {
		if address := os.Getenv(childFile); address != "" {
			s.migrateAsTold(t, address)
			return
		}
		want := s.layout(t, s.migrated(t))
		address := s.database(t)
		together(t, address, func(err error) bool { return err == nil }, make([]string, 8)...)
		db := s.open(t, address)
		if got := s.layout(t, db); got != want {
			t.Errorf("eight processes made\n%s\nwant\n%s", got, want)
		}
		s.over(t, db)
	})
}

func TestMigrateOfAServerKilledAfterAnyStatementIsRunAgain(t *testing.T) {
	eachServer(t, func(t *testing.T, s server) {
		if address := os.Getenv(childFile); address != "" {
			s.migrateAsTold(t, address)
			return
		}
		want := s.layout(t, s.migrated(t))
		step, kills := 1, 0
		if testing.Short() {
			step = 7
		}
		for ended := false; !ended; {
			address := s.database(t)
			begin, wait := start(t, address, strconv.Itoa(1+kills*step))
			begin()
			switch out, err := wait(); {
			case err == nil:
				ended = true
			case killed(err):
				kills++
			default:
				t.Fatalf("killed after %d: %v\n%s", 1+kills*step, err, out)
			}
			db := s.open(t, address)
			_, _ = db.Exec("UPDATE deskwright_migrating SET until = 0") // as if its time was over
			s.migrate(t, db)
			if got := s.layout(t, db); got != want {
				t.Fatalf("killed after %d and run again:\n%s\nwant:\n%s", 1+kills*step, got, want)
			}
		}
		if least := 20 / step; kills < least {
			t.Errorf("killed %d times, want %d or more", kills, least)
		}
	})
}

// A process that migrates holds a lease, and who waits for it does so as long as its context lasts.
func TestMigrateOfAServerWaitsForTheLeaseAsLongAsItMay(t *testing.T) {
	eachServer(t, func(t *testing.T, s server) {
		db := s.open(t, s.database(t))
		s.migrate(t, db)
		do(t, db, "DELETE FROM deskwright_migration", "UPDATE deskwright_migrating SET holder = 'somebody', until = "+fmt.Sprint(int64(1)<<60))
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		if err := sqlstore.Migrate(ctx, db, s.dialect); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("while somebody else has the lease: got error %v", err)
		}
	})
}
