package sqltest_test

import (
	"database/sql"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage/memory"
	"github.com/deskwright/deskwright/storage/sqlstore"
	"github.com/deskwright/deskwright/storage/storagetest"
	"github.com/go-sql-driver/mysql"
	"github.com/google/uuid"
	_ "github.com/jackc/pgx/v5/stdlib"
)

// server is a database server that runs, and how a database on it is opened.
type server struct {
	name     string
	dialect  sqlstore.Dialect
	driver   string
	variable string                               // of the environment, which says where it is
	address  func(server, database string) string // of a database on it; empty: of the server
	drop     string
}

var servers = []server{
	{
		name: "postgres", dialect: sqlstore.Postgres, driver: "pgx", variable: "DESKWRIGHT_POSTGRES",
		address: func(server, database string) string {
			if database == "" {
				return server
			}
			return strings.Replace(server, "/postgres?", "/"+database+"?", 1)
		},
		drop: "DROP DATABASE %s WITH (FORCE)",
	},
	{
		name: "mysql", dialect: sqlstore.MySQL, driver: "mysql", variable: "DESKWRIGHT_MYSQL",
		address: func(server, database string) string { return server + database + "?clientFoundRows=true" },
		drop:    "DROP DATABASE %s",
	},
}

func init() { _ = mysql.SetLogger(&mysql.NopLogger{}) } // what it would say, errors say too

// eachServer runs a test on PostgreSQL and on MariaDB.
func eachServer(t *testing.T, test func(*testing.T, server)) {
	t.Helper()
	for _, s := range servers {
		t.Run(s.name, func(t *testing.T) { test(t, s) })
	}
}

var databases atomic.Int64

// database makes a database and returns its address. Without a server the test is skipped.
func (s server) database(t testing.TB) string {
	t.Helper()
	at := os.Getenv(s.variable)
	if at == "" {
		if os.Getenv("DESKWRIGHT_SERVERS") == "required" {
			t.Fatal(s.variable, "is not set")
		}
		t.Skip(s.variable, "is not set: scripts/servers starts the servers")
	}
	admin := s.open(t, s.address(at, ""))
	name := fmt.Sprintf("deskwright_%d_%d", os.Getpid(), databases.Add(1))
	do(t, admin, "CREATE DATABASE "+name)
	t.Cleanup(func() { do(t, admin, fmt.Sprintf(s.drop, name)) })
	return s.address(at, name)
}

func (s server) open(t testing.TB, address string) *sql.DB {
	t.Helper()
	db, err := sql.Open(s.driver, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func (s server) migrated(t testing.TB) *sql.DB {
	t.Helper()
	db := s.open(t, s.database(t))
	s.migrate(t, db)
	return db
}

func (s server) migrate(t testing.TB, db *sql.DB, options ...sqlstore.Option) {
	t.Helper()
	if err := sqlstore.Migrate(t.Context(), db, s.dialect, options...); err != nil {
		t.Fatal(err)
	}
}

func (s server) over(t testing.TB, db *sql.DB, options ...sqlstore.Option) *sqlstore.Store {
	t.Helper()
	store, err := sqlstore.New(db, s.dialect, options...)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func (s server) store(t *testing.T) inbox.Store { t.Helper(); return s.over(t, s.migrated(t)) }

func TestServerStore(t *testing.T) {
	eachServer(t, func(t *testing.T, s server) { storagetest.Run(t, s.store) })
}

func TestServerScenario(t *testing.T) {
	eachServer(t, func(t *testing.T, s server) { storagetest.Scenario(t, s.store) })
}

// Whatever happens to an inbox, a server answers every call as memory does and has the same in the end.
func TestServersAnswerAsMemory(t *testing.T) {
	eachServer(t, func(t *testing.T, s server) {
		pair := storagetest.NewPair(t, memory.New(), s.store(t))
		storagetest.Randomly(t, pair)
		storagetest.Scenario(t, func(*testing.T) inbox.Store { return pair })
		pair.Compare()
	})
}

// Many changes of a tenant's totals are added up while others go on changing them.
func TestTotalsAreAddedUpWhileTheyChange(t *testing.T) {
	eachServer(t, func(t *testing.T, s server) {
		db := s.migrated(t)
		store, tenant, account := s.over(t, db), inbox.TenantNamed("busy"), channel.AccountID{UUID: uuid.UUID{7}}
		const changes, writers = 200, 4
		var all sync.WaitGroup
		for range writers {
			all.Go(func() {
				for range changes {
					ch := inbox.Change{Tenant: tenant, Totals: []inbox.TotalsDelta{{Account: account, Totals: inbox.Totals{New: 2, Pending: -1}}}}
					if err := store.Commit(t.Context(), ch)[0]; err != nil {
						t.Error(err)
					}
					if _, err := store.Totals(t.Context(), tenant); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		for range 2 {
			got, err := store.Totals(t.Context(), tenant)
			if want := (inbox.Totals{New: 2 * changes * writers, Pending: -changes * writers}); err != nil || got[account] != want {
				t.Errorf("got %v and error %v, want %v", got[account], err, want)
			}
		}
		if n := column(t, db, "SELECT CONCAT(count(*), '') FROM deskwright_total")[0]; len(n) > 3 {
			t.Errorf("%s rows are left", n)
		}
	})
}
