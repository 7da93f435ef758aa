package sqltest_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/deskwright/deskwright/storage"
	"github.com/deskwright/deskwright/storage/sqlstore/internal/sqlerror"
)

// serverError is how one error of a server is provoked, and what it means to a read and to what commits by itself.
type serverError struct {
	name            string
	code            string // that the driver shows; more with | between; "": none
	read, committed error
	provoke         func(*testing.T, *place) error
}

// place is a schema of its own on a server, where t has one row with 1 in every column and one with 2.
type place struct {
	*sql.DB
	name string // of the schema
	addr string // of the server
	open func(*testing.T, way) *sql.DB
}

// way is how a place is reached: the zero value is the usual one.
type way struct {
	addr string
	user string // whose password is "secret"
}

// session is one connection to it, so that statements share a transaction.
type session struct {
	*sql.Conn
	ctx context.Context
}

func (s session) Exec(statement string, args ...any) (sql.Result, error) {
	return s.ExecContext(s.ctx, statement, args...)
}

// first scans the first row of a query.
func (s session) first(t *testing.T, query string, into any) {
	t.Helper()
	if err := s.QueryRowContext(s.ctx, query).Scan(into); err != nil {
		t.Fatal(err)
	}
}

// session is a connection of its own.
func (p *place) session(t *testing.T) session { t.Helper(); return sessionOf(t, p.DB) }

func sessionOf(t *testing.T, db *sql.DB) session {
	t.Helper()
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return session{conn, t.Context()}
}

// in provokes with the last of some statements, on one connection.
func in(statements ...string) func(*testing.T, *place) error {
	return func(t *testing.T, p *place) error {
		t.Helper()
		db := p.session(t)
		do(t, db, statements[:len(statements)-1]...)
		return last(db, statements[len(statements)-1])
	}
}

// bound provokes with a value.
func bound(statement string, value any) func(*testing.T, *place) error {
	return func(t *testing.T, p *place) error {
		t.Helper()
		_, err := p.Exec(statement, value)
		return err
	}
}

// against provokes with the last of some statements of one connection while another has run its own and goes on holding their locks.
func against(other string, statements ...string) func(*testing.T, *place) error {
	return func(t *testing.T, p *place) error {
		t.Helper()
		do(t, p.session(t), strings.Split(other, "; ")...)
		return in(statements...)(t, p)
	}
}

// deadlock makes two transactions wait for each other and returns the error of the one that was chosen.
func deadlock(begin string) func(*testing.T, *place) error {
	return func(t *testing.T, p *place) error {
		t.Helper()
		one, two := p.session(t), p.session(t)
		do(t, one, begin, "UPDATE t SET n = 10 WHERE id = 1")
		do(t, two, begin, "UPDATE t SET n = 20 WHERE id = 2")
		errs := make(chan error, 2)
		end := func(db session, statement string) {
			err := last(db, statement)
			_, _ = db.Exec("ROLLBACK")
			errs <- err
		}
		go end(one, "UPDATE t SET n = 10 WHERE id = 2")
		go end(two, "UPDATE t SET n = 20 WHERE id = 1")
		return errors.Join(<-errs, <-errs)
	}
}

// stopped runs a statement on a connection, which somebody else kills as soon as it runs.
func stopped(self, kill, running, statement string) func(*testing.T, *place) error {
	return func(t *testing.T, p *place) error {
		t.Helper()
		conn := p.session(t)
		var id int
		conn.first(t, self, &id)
		done := make(chan error, 1)
		go func() { done <- last(conn, statement) }()
		until(t, p, strings.ReplaceAll(running, "?", strconv.Itoa(id)))
		do(t, p, strings.ReplaceAll(kill, "?", strconv.Itoa(id)))
		return <-done
	}
}

// until waits until a query counts more than none.
func until(t *testing.T, p *place, query string) {
	t.Helper()
	for n := 0; n == 0; {
		if err := p.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
			t.Fatal(err)
		}
	}
}

// refusing is an address where nobody listens.
func refusing(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// wire is a way to a server that can be cut.
type wire struct {
	net.Listener
	mu    sync.Mutex
	ends  []net.Conn
	heard func([]byte) bool // sees what is sent to the server; true: cut
}

// newWire leads to a server until what is sent makes heard say that it is enough.
func newWire(t *testing.T, to string, heard func([]byte) bool) *wire {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{Listener: listener, heard: heard}
	t.Cleanup(func() { listener.Close(); w.cut() })
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", to)
			if err != nil {
				near.Close()
				continue
			}
			w.mu.Lock()
			w.ends = append(w.ends, near, far)
			w.mu.Unlock()
			go io.Copy(near, far)
			go io.Copy(far, io.TeeReader(near, w))
		}
	}()
	return w
}

// Write sees what goes to the server.
func (w *wire) Write(sent []byte) (int, error) {
	if w.heard(sent) {
		w.cut()
	}
	return len(sent), nil
}

func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, end := range w.ends {
		end.Close()
	}
}

// cutAt provokes with the last of some statements, whose words on their way to the server are the end of the connection.
func cutAt(words string, statements ...string) func(*testing.T, *place) error {
	return func(t *testing.T, p *place) error {
		t.Helper()
		w := newWire(t, p.addr, func(sent []byte) bool { return strings.Contains(string(sent), words) })
		db := sessionOf(t, p.open(t, way{addr: w.Addr().String()}))
		do(t, db, statements[:len(statements)-1]...)
		return last(db, statements[len(statements)-1])
	}
}

// sleeping returns the error of a statement that takes longer than its context.
func sleeping(statement string) func(*testing.T, *place) error {
	return func(t *testing.T, p *place) error {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, err := p.ExecContext(ctx, statement)
		return err
	}
}

// elsewhere provokes by an address that is made for it.
func elsewhere(address func(*testing.T) string) func(*testing.T, *place) error {
	return func(t *testing.T, p *place) error {
		t.Helper()
		return last(p.open(t, way{addr: address(t)}), "SELECT 1")
	}
}

func closedHandle(t *testing.T, p *place) error {
	t.Helper()
	db := p.open(t, way{})
	db.Close()
	return last(db, "SELECT 1")
}

// anywhere are the errors that are provoked in the same way on both servers.
var anywhere = []serverError{
	{"a server that is not there", "", storage.ErrBusy, storage.ErrBusy, elsewhere(refusing)},
	{"a connection that is cut under a statement", "", storage.ErrBusy, storage.ErrUnknown,
		cutAt("UPDATE", "UPDATE t SET n = 3")},
	{"a connection that is cut within a transaction", "", storage.ErrBusy, storage.ErrUnknown,
		cutAt("n = 4", "BEGIN", "UPDATE t SET n = 3", "UPDATE t SET n = 4")},
	{"a connection that is cut under a commit", "", storage.ErrBusy, storage.ErrUnknown,
		cutAt("COMMIT", "BEGIN", "UPDATE t SET n = 3", "COMMIT")},
	{"a closed handle", "", storage.ErrClosed, storage.ErrClosed, closedHandle},
}

func (e serverError) run(t *testing.T, dialect sqlerror.Dialect, p *place) {
	t.Helper()
	classes, err := sqlerror.Classes{Dialect: dialect}.For(t.Context(), p.DB)
	if err != nil {
		t.Fatal(err)
	}
	err = e.provoke(t, p)
	means(t, classes.Wrap("do it", err), err, e.read)
	means(t, classes.Committing("do it", err), err, e.committed)
	if code := codeOf(err); !strings.Contains("|"+e.code+"|", "|"+code+"|") {
		t.Errorf("%v has the code %q, want %q", err, code, e.code)
	}
}

func codeOf(err error) string {
	if state := (*pgconn.PgError)(nil); errors.As(err, &state) {
		return state.Code
	}
	if number := (*mysql.MySQLError)(nil); errors.As(err, &number) {
		return strconv.Itoa(int(number.Number))
	}
	return ""
}

// both is an error that is two.
type both [2]error

func (b both) Error() string   { return fmt.Sprint(b[0], " and ", b[1]) }
func (b both) Unwrap() []error { return b[:] }

func openAt(t *testing.T, driver, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// placeName is a name that nobody else has. MariaDB lets anybody write to what begins with "test".
func placeName() string { return "place_" + strings.ReplaceAll(uuid.NewString(), "-", "") }
