package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
)

// postgresSettings are the settings of a PostgreSQL server and session that are asked for.
var postgresSettings = []struct {
	name, want, do string
	good           func(s settings, have string) bool
}{
	{
		name: "server_version_num", want: "150000 or more", do: "the store is for PostgreSQL from 15 on",
		good: func(_ settings, have string) bool { return len(have) > 6 || have >= "150000" },
	},
	{
		name: "server_encoding", want: "UTF8", do: "make the database with ENCODING 'UTF8'",
		good: func(_ settings, have string) bool { return have == "UTF8" },
	},
	{
		name: "standard_conforming_strings", want: "on", do: "set it on for the database or the user",
		good: func(_ settings, have string) bool { return have == "on" },
	},
	{
		name: "synchronous_commit", want: "on",
		do: "set it on for the database or the user, or accept by WithNormalSynchronous that the last commits may be lost",
		good: func(s settings, have string) bool {
			return slices.Contains([]string{"on", "remote_apply", "remote_write", "local"}, have) || s.normal
		},
	},
	{
		name: "transaction_read_only", want: "off", do: "open the primary server, with a user who may write",
		good: func(_ settings, have string) bool { return have == "off" },
	},
}

func (s settings) checkPostgres(ctx context.Context, conn *sql.Conn) error {
	if _, err := s.version(ctx, conn, "SELECT current_setting('server_version_num')"); err != nil {
		return err
	}
	for _, p := range postgresSettings {
		var have string
		if err := conn.QueryRowContext(ctx, "SELECT current_setting($1::text)", p.name).Scan(&have); err != nil {
			return s.classes.Wrap("read "+p.name, err)
		}
		if !p.good(s, have) {
			return &SetupError{What: p.name, Have: have, Want: p.want, Do: p.do}
		}
	}
	if err := s.checkArrays(ctx, conn); err != nil {
		return err
	}
	return s.checkSchema(ctx, conn)
}

// pooled says what an error means that a prepared statement is not there, or there already; nil: it says something else.
func (s settings) pooled(err error) error {
	if s.dialect != Postgres || !s.classes.Is(err, "26000") && !s.classes.Is(err, "42P05") {
		return nil
	}
	return &SetupError{
		What: "a prepared statement", Have: "another connection's, as behind a pooler", Want: "its own, or none",
		Do: "add default_query_exec_mode=exec to the URL, so that github.com/jackc/pgx/v5 keeps none",
	}
}

// checkPooler tries whether a statement that the driver keeps for a connection is there again after another connection has been at
// work: behind a pooler that gives each transaction another connection of the server it is not.
func (s settings) checkPooler(ctx context.Context, db *sql.DB) error {
	ask := func(on interface {
		QueryRowContext(context.Context, string, ...any) *sql.Row
	}) error {
		var have int64
		return on.QueryRowContext(ctx, "SELECT $1::int8 AS deskwright", 1).Scan(&have)
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return s.classes.Wrap("connect", err)
	}
	defer conn.Close()
	if err := ask(conn); err != nil {
		return s.classes.Wrap("ask", err)
	}
	other, err := db.BeginTx(ctx, nil)
	if err != nil {
		return s.classes.Wrap("begin", err)
	}
	defer func() { _ = other.Rollback() }()
	if _, err := other.ExecContext(ctx, "SELECT 1"); err != nil {
		return s.classes.Wrap("ask", err)
	}
	return s.classes.Wrap("ask", ask(conn))
}

// checkArrays tries whether the driver binds slices as arrays.
func (s settings) checkArrays(ctx context.Context, conn *sql.Conn) error {
	var have string
	one, zero := int64(1), []byte(nil)
	err := conn.QueryRowContext(ctx, "SELECT concat_ws(',', ($1::text[])[2], ($2::int8[])[1], ($3::int8[])[2] IS NULL, octet_length(($4::bytea[])[1]), "+
		"($4::bytea[])[2] IS NULL)", []string{"a", "b"}, []int64{7}, []*int64{&one, nil}, [][]byte{{0, 255, 1}, zero}).Scan(&have)
	if err == nil && have == "b,7,t,3,t" {
		return nil
	}
	if err == nil {
		err = fmt.Errorf("it came back as %q", have)
	}
	return &SetupError{
		What: "a slice that is bound", Have: err.Error(), Want: "an array",
		Do: "open the database with the database/sql driver of github.com/jackc/pgx/v5/stdlib; behind a pooler that gives each transaction " +
			"another connection, with default_query_exec_mode=exec in its URL",
	}
}
