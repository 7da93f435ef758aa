package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"strconv"
	"strings"
)

// Check says whether a store can work on this handle: nil, a *SetupError that says what to do, or what went wrong when it was
// asked. It asks a connection of the pool and a new one, because a PRAGMA that was executed on the handle holds for one connection
// only; it writes nothing.
func Check(ctx context.Context, db *sql.DB, d Dialect, options ...Option) error {
	s, err := settle(d, options)
	if err != nil {
		return err
	}
	return s.check(ctx, db)
}

func (s settings) check(ctx context.Context, db *sql.DB) error {
	err := s.checkTwice(ctx, db)
	if pooled := s.pooled(err); pooled != nil {
		return pooled
	}
	return err
}

func (s settings) checkTwice(ctx context.Context, db *sql.DB) error {
	for range 2 {
		conn, err := db.Conn(ctx)
		if err != nil {
			return s.classes.Wrap("connect", err)
		}
		err = s.checkConn(ctx, conn)
		conn.Raw(func(any) error { return driver.ErrBadConn }) // the pool drops it and opens another
		conn.Close()
		if err != nil {
			return err
		}
	}
	if s.dialect == Postgres && db.Stats().MaxOpenConnections != 1 {
		return s.checkPooler(ctx, db)
	}
	return nil
}

func (s settings) checkConn(ctx context.Context, conn *sql.Conn) error {
	switch s.dialect {
	case Postgres:
		return s.checkPostgres(ctx, conn)
	case MySQL:
		return s.checkMySQL(ctx, conn)
	}
	if err := s.checkVersion(ctx, conn); err != nil {
		return err
	}
	for _, p := range pragmas {
		var have string
		if err := conn.QueryRowContext(ctx, "PRAGMA "+p.name).Scan(&have); err != nil {
			return s.classes.Wrap("read "+p.name, err)
		}
		if name, ok := p.names[have]; ok {
			have = name
		}
		if p.good(s, have) {
			continue
		}
		if p.name == "journal_mode" && have == "memory" {
			return &SetupError{What: p.name, Have: have, Want: p.want, Do: inMemory}
		}
		return &SetupError{What: p.name, Have: have, Want: p.want, Do: dsn}
	}
	return s.checkSchema(ctx, conn)
}

const dsn = "open the file with these parameters after its name: " +
	"with modernc.org/sqlite " +
	"_pragma=journal_mode(wal)&_pragma=synchronous(full)&_pragma=busy_timeout(5000)&_pragma=foreign_keys(1), " +
	"with github.com/mattn/go-sqlite3 " +
	"_journal_mode=WAL&_synchronous=FULL&_busy_timeout=5000&_foreign_keys=1"

const inMemory = "a database in memory cannot be shared by connections as a file is: name a file, or use storage/memory"

// pragmas are the settings that are asked for, with the names of their values where SQLite answers with a number.
var pragmas = []struct {
	name, want string
	names      map[string]string
	good       func(s settings, have string) bool
}{
	{
		name: "journal_mode", want: "wal",
		good: func(_ settings, have string) bool { return have == "wal" },
	},
	{
		name: "synchronous", want: "full or extra",
		names: map[string]string{"0": "off", "1": "normal", "2": "full", "3": "extra"},
		good: func(s settings, have string) bool {
			return have == "full" || have == "extra" || have == "normal" && s.normal
		},
	},
	{
		name: "foreign_keys", want: "on",
		names: map[string]string{"0": "off", "1": "on"},
		good:  func(_ settings, have string) bool { return have == "on" },
	},
	{
		name: "busy_timeout", want: "5000 or more",
		good: func(_ settings, have string) bool {
			ms, err := strconv.Atoi(have)
			return err == nil && ms >= 5000
		},
	},
}

// least is the version of SQLite from which on two connections cannot damage a file in WAL mode, and no text the memory.
var least = [3]int{3, 53, 2}

func (s settings) checkVersion(ctx context.Context, conn *sql.Conn) error {
	have, err := s.version(ctx, conn, "SELECT sqlite_version()")
	if err != nil {
		return err
	}
	if notBefore(have, least) {
		return nil
	}
	return &SetupError{
		What: "the version of SQLite", Have: have, Want: "3.53.2 or newer",
		Do: "before it, two connections may damage the file: build with modernc.org/sqlite v1.62.0, or with " +
			"github.com/mattn/go-sqlite3 v1.14.53, or newer",
	}
}

// version asks a question that only a database of the dialect understands.
func (s settings) version(ctx context.Context, conn *sql.Conn, ask string) (string, error) {
	var have string
	err := conn.QueryRowContext(ctx, ask).Scan(&have)
	if err == nil || s.pooled(err) != nil || !s.classes.Refused(err) {
		return have, s.classes.Wrap("ask for the version", err)
	}
	return "", &SetupError{
		What: "the database", Have: "another one", Want: s.dialect.name,
		Do: "name the dialect of the database that the handle leads to",
	}
}

func notBefore(version string, oldest [3]int) bool {
	parts := strings.Split(version, ".")
	for i, least := range oldest {
		if i >= len(parts) {
			return false
		}
		part, err := strconv.Atoi(parts[i])
		if err != nil || part != least {
			return err == nil && part > least
		}
	}
	return true
}

func (s settings) checkSchema(ctx context.Context, conn *sql.Conn) error {
	set, err := s.migrations()
	if err != nil {
		return err
	}
	version, err := set.Applied(ctx, conn)
	if err != nil {
		return setup(s.classes.Wrap("read what was migrated", err))
	}
	if version >= set.Newest() {
		return nil
	}
	have := "never migrated"
	if version > 0 {
		have = fmt.Sprintf("at version %d", version)
	}
	return &SetupError{
		What: fmt.Sprintf("the schema with the prefix %q", s.prefix), Have: have, Want: fmt.Sprintf("version %d", set.Newest()),
		Do: "call sqlstore.Migrate once before, or run the files of sqlstore.Migrations",
	}
}
