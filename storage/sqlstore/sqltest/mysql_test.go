package sqltest_test

import (
	"database/sql"
	"fmt"
	"os"
	"testing"

	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage/sqlstore"
	"github.com/deskwright/deskwright/storage/storagetest"
	_ "github.com/go-sql-driver/mysql"
)

func myStore(t testing.TB) inbox.Store {
	t.Helper()
	dsn := os.Getenv("MYDSN")
	if dsn == "" {
		t.Skip("MYDSN unset")
	}
	name := fmt.Sprintf("s%d_%d", os.Getpid(), schemas.Add(1))
	admin, err := sql.Open("mysql", fmt.Sprintf(dsn, ""))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := admin.Exec("CREATE DATABASE " + name); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("mysql", fmt.Sprintf(dsn, name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		db.Close()
		admin.Exec("DROP DATABASE " + name)
		admin.Close()
	})
	if err := sqlstore.Migrate(t.Context(), db, sqlstore.MySQL); err != nil {
		t.Fatal(err)
	}
	store, err := sqlstore.New(db, sqlstore.MySQL)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func TestMySQL(t *testing.T) {
	storagetest.Run(t, func(t *testing.T) inbox.Store { return myStore(t) })
}

func TestMySQLScenario(t *testing.T) {
	storagetest.Scenario(t, func(t *testing.T) inbox.Store { return myStore(t) })
}
