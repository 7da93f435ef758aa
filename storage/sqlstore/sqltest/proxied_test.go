package sqltest_test

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
)

// proxied returns a database with an empty table, and the same through a proxy.
func (s server) proxied(t *testing.T) (direct, through *sql.DB, p *proxy) {
	t.Helper()
	address := s.database(t)
	p, by := s.through(t, address)
	direct = s.open(t, address)
	do(t, direct, "CREATE TABLE kept (n integer PRIMARY KEY)")
	return direct, s.open(t, by), p
}

// rows counts what is kept.
func rows(t *testing.T, db *sql.DB) (n int) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM kept").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestAProxyCutsBetweenACommitAndItsAnswer(t *testing.T) {
	eachServer(t, func(t *testing.T, s server) {
		for how, c := range cutWrites {
			t.Run(how, func(t *testing.T) {
				t.Parallel()
				direct, through, p := s.proxied(t)
				if err := c.write(t.Context(), through, 1); err != nil {
					t.Fatalf("a write through a proxy that does nothing: %v", err)
				}
				p.set(fault{cut: c.cut})
				if err := c.write(t.Context(), through, 2); err == nil {
					t.Error("a write whose answer is cut off: got no error")
				}
				if got := rows(t, direct); got != 2 || p.cut() != 1 {
					t.Errorf("after a write was cut off: got %d rows and %d cuts, want 2 and one", got, p.cut())
				}
				p.set(fault{})
				if err := c.write(t.Context(), through, 3); err != nil {
					t.Errorf("a write when nothing is cut any more: %v", err)
				}
			})
		}
	})
}

// cutWrites write a row, each in a way of its own, and are cut at what commits it.
var cutWrites = map[string]struct {
	write func(ctx context.Context, db *sql.DB, n int) error
	cut   func(statement string) bool
}{
	"a transaction": {func(ctx context.Context, db *sql.DB, n int) error {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer tx.Rollback()
		if _, err := tx.ExecContext(ctx, "INSERT INTO kept (n) VALUES ("+strconv.Itoa(n)+")"); err != nil {
			return err
		}
		return tx.Commit()
	}, commits},
	"a commit that is written otherwise": {func(ctx context.Context, db *sql.DB, n int) error {
		return onOne(ctx, db, "BEGIN", "INSERT INTO kept (n) VALUES ("+strconv.Itoa(n)+")", " Commit ;")
	}, commits},
	"a commit that was prepared": {func(ctx context.Context, db *sql.DB, n int) error {
		conn, err := db.Conn(ctx)
		if err != nil {
			return err
		}
		defer conn.Close()
		prepared, err := conn.PrepareContext(ctx, "commit")
		if err != nil {
			return err
		}
		defer prepared.Close()
		for _, query := range []string{"BEGIN", "INSERT INTO kept (n) VALUES (" + strconv.Itoa(n) + ")"} {
			if _, err := conn.ExecContext(ctx, query); err != nil {
				return err
			}
		}
		_, err = prepared.ExecContext(ctx)
		return err
	}, commits},
	// On one connection: pgx says of a statement without arguments that it is safe to give it again when the connection ends before
	// its answer, and the pool would.
	"a statement": {func(ctx context.Context, db *sql.DB, n int) error {
		return onOne(ctx, db, "INSERT INTO kept (n) VALUES ("+strconv.Itoa(n)+")")
	}, inserts},
	"a statement with an argument": {func(ctx context.Context, db *sql.DB, n int) error {
		_, err := db.ExecContext(ctx, "INSERT INTO kept (n) VALUES ("+placeholder(db)+")", n)
		return err
	}, inserts},
	"a statement with rows": {func(ctx context.Context, db *sql.DB, n int) error {
		return db.QueryRowContext(ctx, "INSERT INTO kept (n) VALUES ("+strconv.Itoa(n)+") RETURNING n").Scan(&n)
	}, inserts},
	"a statement with an argument and rows": {func(ctx context.Context, db *sql.DB, n int) error {
		return db.QueryRowContext(ctx, "INSERT INTO kept (n) VALUES ("+placeholder(db)+") RETURNING n", n).Scan(&n)
	}, inserts},
}

// placeholder is how the first argument is named.
func placeholder(db *sql.DB) string {
	if _, maria := db.Driver().(*mysql.MySQLDriver); maria {
		return "?"
	}
	return "$1"
}

func inserts(statement string) bool { return strings.HasPrefix(statement, "INSERT") }

// onOne runs statements on one connection.
func onOne(ctx context.Context, db *sql.DB, statements ...string) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	for _, statement := range statements {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

func TestACallIntoABlackHoleEndsWithItsContext(t *testing.T) {
	eachServer(t, func(t *testing.T, s server) {
		_, through, p := s.proxied(t)
		for _, connected := range []bool{false, true} {
			if connected {
				do(t, through, "INSERT INTO kept (n) VALUES (1)")
			}
			p.set(fault{hole: true})
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			if _, err := through.ExecContext(ctx, "SELECT 1"); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("a call into the hole, connected %t: got error %v, want the end of its context", connected, err)
			}
			p.set(fault{})
		}
		if got := rows(t, through); got != 1 {
			t.Errorf("after the hole: got %d rows, want one", got)
		}
	})
}

func TestAProxyDelaysWhatIsAsked(t *testing.T) {
	eachServer(t, func(t *testing.T, s server) {
		_, through, p := s.proxied(t)
		do(t, through, "SELECT 1")
		const delay = 50 * time.Millisecond
		p.set(fault{delay: delay})
		began := time.Now()
		do(t, through, "SELECT 1")
		if got := time.Since(began); got < delay {
			t.Errorf("got an answer after %v, want at least %v", got, delay)
		}
	})
}
