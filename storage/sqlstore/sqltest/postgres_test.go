package sqltest_test

import (
	"database/sql"
	"fmt"
	"os"
	"sync/atomic"
	"testing"

	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage/sqlstore"
	"github.com/deskwright/deskwright/storage/storagetest"
	_ "github.com/jackc/pgx/v5/stdlib"
)

var schemas atomic.Int64

func pgStore(t testing.TB) inbox.Store {
	t.Helper()
	url := os.Getenv("PGURL")
	if url == "" {
		t.Skip("PGURL unset")
	}
	name := fmt.Sprintf("s%d_%d", os.Getpid(), schemas.Add(1))
	admin, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := admin.Exec("CREATE SCHEMA " + name); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("pgx", url+"&search_path="+name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		db.Close()
		admin.Exec("DROP SCHEMA " + name + " CASCADE")
		admin.Close()
	})
	if err := sqlstore.Migrate(t.Context(), db, sqlstore.Postgres); err != nil {
		t.Fatal(err)
	}
	store, err := sqlstore.New(db, sqlstore.Postgres)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func TestPostgres(t *testing.T) {
	storagetest.Run(t, func(t *testing.T) inbox.Store { return pgStore(t) })
}

func TestPostgresScenario(t *testing.T) {
	storagetest.Scenario(t, func(t *testing.T) inbox.Store { return pgStore(t) })
}
