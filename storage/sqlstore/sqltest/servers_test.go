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
	speaks   func() protocol                      // of one connection
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
		speaks: newPostgresProtocol,
		drop:   "DROP DATABASE %s WITH (FORCE)",
	},
	{
		name: "mysql", dialect: sqlstore.MySQL, driver: "mysql", variable: "DESKWRIGHT_MYSQL",
		address: func(server, database string) string {
			at, err := mysql.ParseDSN(server)
			if err != nil {
				return server // which to open says
			}
			at.DBName, at.ClientFoundRows = database, true
			return at.FormatDSN()
		},
		speaks: newMySQLProtocol,
		drop:   "DROP DATABASE %s",
	},
}

func init() { _ = mysql.SetLogger(&mysql.NopLogger{}) } // what it would say, errors say too

// eachServer runs a test on PostgreSQL and on MariaDB.
func eachServer(t *testing.T, test func(*testing.T, server)) {
	t.Helper()
	for _, s := range servers {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			test(t, s)
		})
	}
}

var databases atomic.Int64

// database makes a database and returns its address. Without a server the test is skipped.
func (s server) database(t testing.TB) string {
	t.Helper()
	s.mustRun(t)
	name := s.create(t)
	t.Cleanup(func() { do(t, s.open(t, s.address(os.Getenv(s.variable), "")), fmt.Sprintf(s.drop, name)) })
	return s.address(os.Getenv(s.variable), name)
}

// mustRun skips a test where the server is not to be had.
func (s server) mustRun(t testing.TB) {
	t.Helper()
	named(t, s.variable)
}

// named returns where a variable says that a server is.
func named(t testing.TB, variable string) string {
	t.Helper()
	at := os.Getenv(variable)
	if at == "" {
		absent(t, variable+" is not set")
	}
	return at
}

// absent ends a test that has no server. It is skipped, or fails where servers are required.
func absent(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("DESKWRIGHT_SERVERS") == "required" {
		t.Fatal(what + ", and servers are required")
	}
	t.Skip(what + ": scripts/servers starts the servers")
}

// create makes a database and returns its name.
func (s server) create(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("deskwright_%d_%d", os.Getpid(), databases.Add(1))
	do(t, s.open(t, s.address(os.Getenv(s.variable), "")), "CREATE DATABASE "+name)
	return name
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

// migrated returns a database with the tables in it, and nothing in them. Making one takes a server long, so one that a test is done
// with is emptied for the next.
func (s server) migrated(t testing.TB) *sql.DB {
	t.Helper()
	s.mustRun(t)
	emptied.Lock()
	free := emptied.names[s.name]
	name := ""
	if len(free) > 0 {
		name, emptied.names[s.name] = free[len(free)-1], free[:len(free)-1]
	}
	emptied.Unlock()
	if name == "" {
		name = s.create(t)
		s.migrate(t, s.open(t, s.address(os.Getenv(s.variable), name)))
	}
	t.Cleanup(func() { s.empty(t, name) })
	return s.open(t, s.address(os.Getenv(s.variable), name))
}

// emptied are the databases that wait for a test, by server.
var emptied = struct {
	sync.Mutex
	names map[string][]string
}{names: map[string][]string{}}

// empty removes what a test has left: all rows of ours, but for what was migrated, and all other tables.
func (s server) empty(t testing.TB, name string) {
	t.Helper()
	db, err := sql.Open(s.driver, s.address(os.Getenv(s.variable), name))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query("SELECT table_name FROM information_schema.tables WHERE table_schema IN ('public', '" + name + "')")
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for rows.Next() {
		var table string
		if err := rows.Scan(&table); err != nil {
			t.Fatal(err)
		}
		all = append(all, table)
	}
	rows.Close()
	for _, table := range all {
		switch {
		case table == "deskwright_migration":
		case strings.HasPrefix(table, "deskwright_"):
			do(t, db, "DELETE FROM "+table)
		default:
			do(t, db, "DROP TABLE "+table)
		}
	}
	emptied.Lock()
	defer emptied.Unlock()
	emptied.names[s.name] = append(emptied.names[s.name], name)
}

// TestMain drops the databases that were made for several tests.
func TestMain(m *testing.M) {
	code := m.Run()
	for _, s := range servers {
		for _, name := range emptied.names[s.name] {
			if db, err := sql.Open(s.driver, s.address(os.Getenv(s.variable), "")); err == nil {
				_, _ = db.Exec(fmt.Sprintf(s.drop, name))
				db.Close()
			}
		}
	}
	os.Exit(code)
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

// Whatever is written, a server answers every call as memory does and has the same in the end.
func TestServersAnswerAsMemory(t *testing.T) {
	eachServer(t, func(t *testing.T, s server) {
		pair := storagetest.NewPair(t, memory.New(), s.store(t))
		storagetest.Randomly(t, pair)
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
