package sqltest_test

import (
	"database/sql"
	"testing"

	"github.com/deskwright/deskwright/storage/sqlstore"
)

// backend is a database of any kind, for what holds on all of them.
type backend struct {
	name     string
	dialect  sqlstore.Dialect
	migrated func(testing.TB) *sql.DB
	migrate  func(testing.TB, *sql.DB, ...sqlstore.Option)
	over     func(testing.TB, *sql.DB, ...sqlstore.Option) *sqlstore.Store
}

func backends() (all []backend) {
	for _, e := range engines {
		all = append(all, e.backend())
	}
	for _, s := range servers {
		all = append(all, backend{s.name, s.dialect, s.migrated, s.migrate, s.over})
	}
	return all
}

func (e engine) backend() backend {
	return backend{e.name, sqlstore.SQLite, e.fast().migrated, migrate, over}
}

// eachBackend runs a test with both drivers for SQLite and on both servers.
func eachBackend(t *testing.T, test func(*testing.T, backend)) {
	t.Helper()
	for _, b := range backends() {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			test(t, b)
		})
	}
}
