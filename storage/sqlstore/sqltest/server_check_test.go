package sqltest_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/deskwright/deskwright/storage/sqlstore"
	"github.com/deskwright/deskwright/storage/storagetest"
)

// wants fails unless New refuses a handle and says what is wrong and what to do.
func wants(t *testing.T, err error, what string) {
	t.Helper()
	setup, ok := errors.AsType[*sqlstore.SetupError](err)
	if !ok || setup.What != what || setup.Have == "" || setup.Want == "" || setup.Do == "" {
		t.Errorf("got %v, want a SetupError about %s", err, what)
	}
}

func TestAServerThatWasNeverMigratedIsRefused(t *testing.T) {
	eachServer(t, func(t *testing.T, s server) {
		_, err := sqlstore.New(s.open(t, s.database(t)), s.dialect)
		wants(t, err, `the schema with the prefix "deskwright_"`)
		_, err = sqlstore.New(s.migrated(t), s.dialect, sqlstore.WithPrefix("other_"))
		wants(t, err, `the schema with the prefix "other_"`)
	})
}

func TestADatabaseOfAnotherKindThanItsDialectIsRefused(t *testing.T) {
	for _, b := range backends() {
		for _, d := range []sqlstore.Dialect{sqlstore.SQLite, sqlstore.Postgres, sqlstore.MySQL} {
			t.Run(b.name+" as "+d.String(), func(t *testing.T) {
				if d == b.dialect {
					t.Skip("it is of that kind")
				}
				_, err := sqlstore.New(b.migrated(t), d)
				wants(t, err, "the database")
			})
		}
	}
}

// Settings that would lose or change what is written, each as a session has them that is told so when it is opened.
func TestASettingThatLosesSomethingIsRefused(t *testing.T) {
	for _, c := range []struct {
		server           server
		name, with, what string
	}{
		{servers[0], "commits that may be lost", "&synchronous_commit=off", "synchronous_commit"},
		{servers[0], "a session that may not write", "&default_transaction_read_only=on", "transaction_read_only"},
		{servers[0], "backslashes that mean something", "&standard_conforming_strings=off", "standard_conforming_strings"},
		{servers[1], "values that are cut", "&sql_mode=%27%27", "sql_mode"},
		{servers[1], "texts of another kind", "&charset=latin1", "character_set_connection"},
	} {
		t.Run(c.server.name+" with "+c.name, func(t *testing.T) {
			address := c.server.database(t)
			c.server.migrate(t, c.server.open(t, address))
			_, err := sqlstore.New(c.server.open(t, address+c.with), c.server.dialect)
			wants(t, err, c.what)
		})
	}
}

func TestCommitsThatMayBeLostAreTakenIfTheHostSaysSo(t *testing.T) {
	address := servers[0].database(t)
	servers[0].migrate(t, servers[0].open(t, address))
	_, err := sqlstore.New(servers[0].open(t, address+"&synchronous_commit=off"), sqlstore.Postgres, sqlstore.WithNormalSynchronous())
	if err != nil {
		t.Error(err)
	}
}

// Behind a pooler each transaction has another connection.
func TestPostgresWorksThroughAPooler(t *testing.T) {
	pooler := named(t, "DESKWRIGHT_PGBOUNCER")
	s := servers[0]
	direct := s.database(t)
	_, name, _ := strings.Cut(direct[len("postgres://"):], "/")
	name, _, _ = strings.Cut(name, "?")
	through := s.address(pooler, name)
	s.migrate(t, s.open(t, through+"&default_query_exec_mode=exec"))
	_, err := sqlstore.New(s.open(t, through), sqlstore.Postgres)
	wants(t, err, "a prepared statement")
	store := s.over(t, s.open(t, through+"&default_query_exec_mode=exec"))
	storagetest.Randomly(t, store)
}
