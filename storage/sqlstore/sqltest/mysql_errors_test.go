package sqltest_test

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"

	"github.com/deskwright/deskwright/storage"
	"github.com/deskwright/deskwright/storage/sqlstore/internal/sqlerror"
)

// newMySQLPlace makes a database for a test.
func newMySQLPlace(t *testing.T) *place {
	t.Helper()
	at, err := mysql.ParseDSN(named(t, "DESKWRIGHT_MYSQL"))
	if err != nil {
		t.Fatal(err)
	}
	admin := openAt(t, "mysql", at.FormatDSN())
	p := &place{name: placeName(), addr: at.Addr}
	do(t, admin, "CREATE DATABASE "+p.name+" CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
	t.Cleanup(func() { do(t, admin, "DROP DATABASE "+p.name) })
	p.open = func(t *testing.T, by way) *sql.DB {
		t.Helper()
		to := at.Clone()
		to.DBName, to.Logger, to.Addr = p.name, &mysql.NopLogger{}, cmp.Or(by.addr, at.Addr)
		if by.user != "" {
			to.User, to.Passwd = by.user, "secret"
		}
		return openAt(t, "mysql", to.FormatDSN())
	}
	p.DB = p.open(t, way{})
	do(t, p, `CREATE TABLE t (
		id BIGINT PRIMARY KEY, u BIGINT UNIQUE, n INTEGER NOT NULL CHECK (n > 0), small SMALLINT, big BIGINT UNSIGNED,
		short VARCHAR(3), long_ VARCHAR(700) UNIQUE, at DATETIME(6), parent BIGINT REFERENCES t (id)) ENGINE=InnoDB`,
		"INSERT INTO t (id, u, n, small, big) VALUES (1, 1, 1, 1, 1), (2, 2, 2, 2, 2)")
	return p
}

// mysqlKilled kills a statement as soon as it runs, or the connection with it.
func mysqlKilled(kill string) func(*testing.T, *place) error {
	return stopped("SELECT connection_id()", kill+" ?",
		"SELECT count(*) FROM information_schema.processlist WHERE id = ? AND info LIKE 'SELECT count%seq%' AND state = 'Sending data'",
		"SELECT count(*) FROM seq_1_to_1000000000 AS a, seq_1_to_1000000000 AS b")
}

// user runs a statement as a user of its own that has some rights.
func user(limits, rights, statement string) func(*testing.T, *place) error {
	return func(t *testing.T, p *place) error {
		t.Helper()
		name := placeName()
		for _, host := range []string{"%", "localhost"} { // where nobody has a name, localhost comes first
			who := "'" + name + "'@'" + host + "'"
			do(t, p, "CREATE USER "+who+" IDENTIFIED BY 'secret' "+limits, "GRANT "+rights+" ON "+p.name+".* TO "+who)
			t.Cleanup(func() { do(t, p, "DROP USER "+who) })
		}
		db := p.open(t, way{user: name})
		sessionOf(t, db)
		return last(db, statement)
	}
}

// snapshot returns the error of a statement in a transaction whose snapshot is older than what another one did.
func snapshot(begin, other, statement string) func(*testing.T, *place) error {
	return func(t *testing.T, p *place) error {
		t.Helper()
		db := p.session(t)
		do(t, db, strings.Split(begin, "; ")...)
		do(t, p, other)
		return last(db, statement)
	}
}

// TestErrorsOfMySQLAreToldApart provokes each error on a server.
func TestErrorsOfMySQLAreToldApart(t *testing.T) {
	t.Parallel()
	for _, test := range append([]serverError{
		{"a unique value twice", "1062", storage.ErrConflict, storage.ErrConflict, in("INSERT INTO t (id, u, n) VALUES (3, 1, 1)")},
		{"a primary key twice", "1062", storage.ErrConflict, storage.ErrConflict, in("INSERT INTO t (id, n) VALUES (1, 1)")},

		{"two transactions that wait for each other", "1213", storage.ErrBusy, storage.ErrBusy, deadlock("BEGIN")},
		{"a lock that somebody holds", "1205", storage.ErrBusy, storage.ErrBusy,
			against("BEGIN; UPDATE t SET n = 3", "SET innodb_lock_wait_timeout = 1", "UPDATE t SET n = 4")},
		{"a lock that is not waited for", "1205|3572", storage.ErrBusy, storage.ErrBusy,
			against("BEGIN; UPDATE t SET n = 3", "SELECT n FROM t FOR UPDATE NOWAIT")},
		{"a row that changed since the snapshot", "1020", storage.ErrBusy, storage.ErrBusy, snapshot(
			"SET innodb_snapshot_isolation = 1; SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ; "+
				"START TRANSACTION WITH CONSISTENT SNAPSHOT", "UPDATE t SET n = 3 WHERE id = 1", "UPDATE t SET n = 4 WHERE id = 1")},
		{"a table that changed since the snapshot", "1412", storage.ErrBusy, storage.ErrBusy, snapshot(
			"SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ; START TRANSACTION WITH CONSISTENT SNAPSHOT",
			"ALTER TABLE t ADD more INTEGER, ALGORITHM=COPY", "SELECT * FROM t")},
		{"too many connections of a user", "1226|1203", storage.ErrBusy, storage.ErrBusy,
			user("WITH MAX_USER_CONNECTIONS 1", "SELECT", "SELECT 1")},

		{"a statement that takes too long", "1969", storage.ErrBusy, storage.ErrUnknown,
			in("SET max_statement_time = 0.01", "SELECT sleep(60) FROM t")},
		{"a statement that somebody stops", "1317", storage.ErrBusy, storage.ErrUnknown, mysqlKilled("KILL QUERY")},
		{"a connection that somebody ends", "1927|", storage.ErrBusy, storage.ErrUnknown, mysqlKilled("KILL")},
		{"a connection that was ended before the statement", "1927|", storage.ErrBusy, storage.ErrUnknown,
			func(t *testing.T, p *place) error {
				db := p.session(t)
				var id int
				db.first(t, "SELECT connection_id()", &id)
				do(t, db, "BEGIN")
				do(t, p, fmt.Sprintf("KILL %d", id))
				until(t, p, fmt.Sprintf("SELECT count(*) FROM (SELECT 1) AS one WHERE NOT EXISTS "+
					"(SELECT 1 FROM information_schema.processlist WHERE id = %d)", id))
				return last(db, "COMMIT")
			}},

		{"nothing where something must be", "1048", storage.ErrInvalid, storage.ErrInvalid, in("INSERT INTO t (id, n) VALUES (3, NULL)")},
		{"a value out of bounds", "4025|3819", storage.ErrInvalid, storage.ErrInvalid, in("INSERT INTO t (id, n) VALUES (3, 0)")},
		{"bytes that are no text", "1366", storage.ErrInvalid, storage.ErrInvalid, bound("UPDATE t SET long_ = ? WHERE id = 1", "a\xffb")},
		{"bytes that are no text in a statement", "1300", storage.ErrInvalid, storage.ErrInvalid,
			in("UPDATE t SET long_ = _utf8mb4 X'61ff62' WHERE id = 1")},
		{"a text that is too long", "1406", storage.ErrInvalid, storage.ErrInvalid, bound("UPDATE t SET short = ?", "four")},
		{"a number that is too large", "1264", storage.ErrInvalid, storage.ErrInvalid, bound("UPDATE t SET small = ?", 40000)},
		{"a number below nothing", "1690", storage.ErrInvalid, storage.ErrInvalid, in("UPDATE t SET big = big - 3")},
		{"a text that is no number", "1366", storage.ErrInvalid, storage.ErrInvalid, bound("UPDATE t SET small = ?", "one")},
		{"a text that begins as a number", "1265", storage.ErrInvalid, storage.ErrInvalid, bound("UPDATE t SET small = ?", "1st")},
		{"a text that is no time", "1292", storage.ErrInvalid, storage.ErrInvalid, bound("UPDATE t SET at = ?", "soon")},

		{"a transaction that may only read", "1792", storage.ErrReadOnly, storage.ErrReadOnly,
			in("START TRANSACTION READ ONLY", "UPDATE t SET n = 3")},
		{"a user that may not write", "1142", storage.ErrReadOnly, storage.ErrReadOnly, user("", "SELECT", "UPDATE t SET n = 3")},
		{"no room", "1114", storage.ErrReadOnly, storage.ErrReadOnly, in(
			"SET max_heap_table_size = 16384", "CREATE TEMPORARY TABLE full (raw CHAR(250)) ENGINE=MEMORY",
			"INSERT INTO full SELECT repeat('x', 250) FROM seq_1_to_10000")},

		{"a parent that is not there", "1452", nil, nil, in("UPDATE t SET parent = 99")},
		{"a column without a default", "1364", nil, nil, in("INSERT INTO t (id) VALUES (3)")},
		{"no such table", "1146", nil, nil, in("INSERT INTO nowhere VALUES (1)")},
		{"a table that is there", "1050", nil, nil, in("CREATE TABLE t (id INTEGER)")},
		{"no statement", "1064", nil, nil, in("Duplicate entry")},
		{"somebody who objects", "1644", nil, nil, in("SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'Duplicate entry (1062)'")},
		{"an unknown user", "1045", nil, nil, func(t *testing.T, p *place) error {
			return last(p.open(t, way{user: "nobody"}), "SELECT 1")
		}},

		{"a context that ends meanwhile", "", context.DeadlineExceeded, both{storage.ErrUnknown, context.DeadlineExceeded},
			sleeping("DO sleep(60)")},
	}, anywhere...) {
		t.Run(strings.ReplaceAll(test.name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			test.run(t, sqlerror.MySQL, newMySQLPlace(t))
		})
	}
}
