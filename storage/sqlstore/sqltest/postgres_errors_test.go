package sqltest_test

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/deskwright/deskwright/storage"
	"github.com/deskwright/deskwright/storage/sqlstore/internal/sqlerror"
)

// newPostgresPlace makes a database for a test.
func newPostgresPlace(t *testing.T) *place {
	t.Helper()
	at, err := url.Parse(named(t, "DESKWRIGHT_POSTGRES"))
	if err != nil {
		t.Fatal(err)
	}
	admin := openAt(t, "pgx", at.String())
	p := &place{name: placeName(), addr: at.Host}
	do(t, admin, "CREATE SCHEMA "+p.name)
	t.Cleanup(func() { do(t, admin, "DROP SCHEMA "+p.name+" CASCADE") })
	p.open = func(t *testing.T, by way) *sql.DB {
		t.Helper()
		to, query := *at, at.Query()
		to.Host = cmp.Or(by.addr, at.Host)
		if by.user != "" {
			to.User = url.UserPassword(by.user, "secret")
		}
		query.Set("search_path", p.name)
		to.RawQuery = query.Encode()
		return openAt(t, "pgx", to.String())
	}
	p.DB = p.open(t, way{})
	do(t, p, `CREATE TABLE t (
		id BIGINT PRIMARY KEY, u BIGINT UNIQUE DEFERRABLE INITIALLY IMMEDIATE, n INTEGER NOT NULL CHECK (n > 0), small SMALLINT,
		short VARCHAR(3), long TEXT UNIQUE, at TIMESTAMPTZ, raw JSONB, parent BIGINT REFERENCES t)`,
		"INSERT INTO t (id, u, n, small) VALUES (1, 1, 1, 1), (2, 2, 2, 2)")
	return p
}

func postgresKilled(statement string) func(*testing.T, *place) error {
	return stopped("SELECT pg_backend_pid()", "SELECT pg_terminate_backend(?)",
		"SELECT count(*) FROM pg_stat_activity WHERE pid = ? AND wait_event = 'PgSleep'", statement)
}

// serializable makes two transactions that cannot have been one after the other, and returns the error of the last statement.
func serializable(atCommit bool) func(*testing.T, *place) error {
	return func(t *testing.T, p *place) error {
		t.Helper()
		one, two := p.session(t), p.session(t)
		for i, db := range []session{one, two} {
			do(t, db, "BEGIN ISOLATION LEVEL SERIALIZABLE")
			var sum int
			db.first(t, "SELECT sum(n) FROM t", &sum)
			if atCommit {
				do(t, db, fmt.Sprintf("INSERT INTO t (id, n) VALUES (%d, %d)", 10+i, sum))
			}
		}
		if atCommit {
			do(t, one, "COMMIT")
			return last(two, "COMMIT")
		}
		do(t, one, "UPDATE t SET n = 3 WHERE id = 1", "COMMIT")
		return last(two, "UPDATE t SET n = 4 WHERE id = 1")
	}
}

// as runs a statement as a role of its own that has some rights.
func as(rights, statement string) func(*testing.T, *place) error {
	return func(t *testing.T, p *place) error {
		t.Helper()
		role := placeName()
		do(t, p, "CREATE ROLE "+role+" PASSWORD 'secret' "+rights, "GRANT USAGE ON SCHEMA "+p.name+" TO "+role)
		t.Cleanup(func() { do(t, p, "DROP OWNED BY "+role, "DROP ROLE "+role) })
		return last(p.open(t, way{user: role}), statement)
	}
}

// idle returns the error of a transaction that did nothing for too long.
func idle(t *testing.T, p *place) error {
	db := p.session(t)
	var id int
	db.first(t, "SELECT pg_backend_pid()", &id)
	do(t, db, "SET idle_in_transaction_session_timeout = '1ms'", "BEGIN")
	until(t, p, fmt.Sprintf("SELECT count(*) FROM (SELECT 1) AS one WHERE NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = %d)", id))
	return last(db, "SELECT 1")
}

// TestErrorsOfPostgreSQLAreToldApart provokes each error on a server.
func TestErrorsOfPostgreSQLAreToldApart(t *testing.T) {
	t.Parallel()
	for _, test := range append([]serverError{
		{"a unique value twice", "23505", storage.ErrConflict, storage.ErrConflict, in("INSERT INTO t (id, u, n) VALUES (3, 1, 1)")},
		{"a primary key twice", "23505", storage.ErrConflict, storage.ErrConflict, in("INSERT INTO t (id, n) VALUES (1, 1)")},
		{"a unique value twice at the commit", "23505", storage.ErrConflict, storage.ErrConflict,
			in("BEGIN", "SET CONSTRAINTS ALL DEFERRED", "INSERT INTO t (id, u, n) VALUES (3, 1, 1)", "COMMIT")},

		{"two transactions that wait for each other", "40P01", storage.ErrBusy, storage.ErrBusy, deadlock("BEGIN")},
		{"a row that changed since the snapshot", "40001", storage.ErrBusy, storage.ErrBusy, serializable(false)},
		{"what is not serializable at the commit", "40001", storage.ErrBusy, storage.ErrBusy, serializable(true)},
		{"a lock that somebody holds", "55P03", storage.ErrBusy, storage.ErrBusy,
			against("BEGIN; UPDATE t SET n = 3", "SET lock_timeout = '10ms'", "UPDATE t SET n = 4")},
		{"a lock that is not waited for", "55P03", storage.ErrBusy, storage.ErrBusy,
			against("BEGIN; UPDATE t SET n = 3", "SELECT n FROM t FOR UPDATE NOWAIT")},
		{"a statement that takes too long", "57014", storage.ErrBusy, storage.ErrBusy,
			in("SET statement_timeout = '10ms'", "SELECT pg_sleep(60)")},
		{"a statement that somebody stops", "57014", storage.ErrBusy, storage.ErrBusy,
			stopped("SELECT pg_backend_pid()", "SELECT pg_cancel_backend(?)",
				"SELECT count(*) FROM pg_stat_activity WHERE pid = ? AND wait_event = 'PgSleep'", "SELECT pg_sleep(60)")},
		{"too many connections", "53300", storage.ErrBusy, storage.ErrBusy, as("LOGIN CONNECTION LIMIT 0", "SELECT 1")},

		{"a backend that is ended", "57P01", storage.ErrBusy, storage.ErrUnknown, postgresKilled("SELECT pg_sleep(60)")},
		{"a transaction that was idle for too long", "25P03", storage.ErrBusy, storage.ErrUnknown, idle},

		{"nothing where something must be", "23502", storage.ErrInvalid, storage.ErrInvalid, in("INSERT INTO t (id) VALUES (3)")},
		{"a value out of bounds", "23514", storage.ErrInvalid, storage.ErrInvalid, in("INSERT INTO t (id, n) VALUES (3, 0)")},
		{"a zero byte", "22021", storage.ErrInvalid, storage.ErrInvalid, bound("UPDATE t SET long = $1 WHERE id = 1", "a\x00b")},
		{"bytes that are no text", "22021", storage.ErrInvalid, storage.ErrInvalid, bound("UPDATE t SET long = $1 WHERE id = 1", "a\xffb")},
		{"a text that is too long", "22001", storage.ErrInvalid, storage.ErrInvalid, bound("UPDATE t SET short = $1", "four")},
		{"a number that is too large", "22003", storage.ErrInvalid, storage.ErrInvalid, in("UPDATE t SET small = 40000")},
		{"a text that is no number", "22P02", storage.ErrInvalid, storage.ErrInvalid,
			bound("UPDATE t SET small = $1::text::smallint", "one")},
		{"a text that is no JSON", "22P02", storage.ErrInvalid, storage.ErrInvalid, bound("UPDATE t SET raw = $1::text::jsonb", "{")},
		{"a zero byte in JSON", "22P05", storage.ErrInvalid, storage.ErrInvalid, bound("UPDATE t SET raw = $1::text::jsonb", `"\u0000"`)},
		{"a text that is no time", "22007", storage.ErrInvalid, storage.ErrInvalid,
			bound("UPDATE t SET at = $1::text::timestamptz", "soon")},
		{"a day that is not in the calendar", "22008", storage.ErrInvalid, storage.ErrInvalid,
			bound("UPDATE t SET at = $1::text::timestamptz", "2026-02-30")},
		{"a key that no index can hold", "54000", storage.ErrInvalid, storage.ErrInvalid,
			in("UPDATE t SET long = (SELECT string_agg(md5(n::text), '') FROM generate_series(1, 300) AS n) WHERE id = 1")},

		{"a transaction that may only read", "25006", storage.ErrReadOnly, storage.ErrReadOnly,
			in("BEGIN READ ONLY", "UPDATE t SET n = 3")},
		{"a session that may only read", "25006", storage.ErrReadOnly, storage.ErrReadOnly,
			in("SET default_transaction_read_only = on", "UPDATE t SET n = 3")},
		{"a role that may not write", "42501", storage.ErrReadOnly, storage.ErrReadOnly, as("LOGIN", "UPDATE t SET n = 3")},

		{"a parent that is not there", "23503", nil, nil, in("UPDATE t SET parent = 99")},
		{"no such table", "42P01", nil, nil, in("INSERT INTO nowhere VALUES (1)")},
		{"a table that is there", "42P07", nil, nil, in("CREATE TABLE t (id INTEGER)")},
		{"no statement", "42601", nil, nil, in("duplicate key value violates unique constraint")},
		{"a trigger that objects", "P0001", nil, nil, in("DO $$ BEGIN RAISE EXCEPTION 'duplicate key (SQLSTATE 23505)'; END $$")},
		{"a division by nothing", "22012", nil, nil, in("SELECT 1 / 0")},
		{"a statement in a transaction that failed", "25P02", nil, nil, func(t *testing.T, p *place) error {
			return last(p.session(t), "BEGIN", "INSERT INTO t (id, n) VALUES (1, 1)", "SELECT 1")
		}},
		{"a role that may not log in", "28000", nil, nil, as("NOLOGIN", "SELECT 1")},
		{"a number that no parameter holds", "", nil, storage.ErrUnknown, bound("UPDATE t SET small = $1", 40000)},

		{"a context that ends meanwhile", "", context.DeadlineExceeded, both{storage.ErrUnknown, context.DeadlineExceeded},
			sleeping("SELECT pg_sleep(60)")},
	}, anywhere...) {
		t.Run(strings.ReplaceAll(test.name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			test.run(t, sqlerror.Postgres, newPostgresPlace(t))
		})
	}
}
