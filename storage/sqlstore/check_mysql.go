package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"strconv"
	"strings"
)

// mysqlSettings are the settings of a MySQL or MariaDB server and session that are asked for, and the statement that reads them.
var mysqlSettings = []struct {
	name, ask, want, do string
	good                func(s settings, have string) bool
}{
	{
		name: "the database", ask: "SELECT coalesce(DATABASE(), 'none')", want: "one", do: "name a database in the DSN, after the slash",
		good: func(_ settings, have string) bool { return have != "none" },
	},
	{
		name: "sql_mode", ask: "SELECT @@sql_mode", want: "STRICT_TRANS_TABLES among others",
		do: "set it for the server, or add sql_mode=%27STRICT_TRANS_TABLES%27 to the DSN: without it what is too long is cut",
		good: func(_ settings, have string) bool {
			return strings.Contains(have, "STRICT_TRANS_TABLES") || strings.Contains(have, "STRICT_ALL")
		},
	},
	{
		name: "character_set_connection", ask: "SELECT @@character_set_connection", want: "utf8mb4", do: "add charset=utf8mb4 to the DSN",
		good: func(_ settings, have string) bool { return have == "utf8mb4" },
	},
	{
		name: "max_allowed_packet", ask: "SELECT @@max_allowed_packet", want: "16777216 or more", do: "set it for the server",
		good: func(_ settings, have string) bool {
			n, err := strconv.ParseInt(have, 10, 64)
			return err == nil && n >= 16<<20
		},
	},
	{
		name: "innodb_flush_log_at_trx_commit", ask: "SELECT @@innodb_flush_log_at_trx_commit", want: "1",
		do:   "set it to 1 for the server, or accept by WithNormalSynchronous that the last commits may be lost",
		good: func(s settings, have string) bool { return have == "1" || s.normal },
	},
	{
		name: "read_only", ask: "SELECT @@read_only", want: "0", do: "open the primary server",
		good: func(_ settings, have string) bool { return have == "0" },
	},
	{
		name: "binlog_format", ask: "SELECT CASE WHEN @@log_bin THEN @@binlog_format ELSE 'none' END", want: "ROW or MIXED",
		do:   "set it for the server: the store writes at READ COMMITTED, of which a log of statements is no copy",
		good: func(_ settings, have string) bool { return have != "STATEMENT" },
	},
}

func (s settings) checkMySQL(ctx context.Context, conn *sql.Conn) error {
	have, err := s.version(ctx, conn, "SELECT CONCAT(@@version, '')")
	if err != nil {
		return err
	}
	number, _, maria := strings.Cut(have, "-MariaDB")
	number, _, _ = strings.Cut(number, "-")
	if least := [3]int{8, 0, 0}; maria && !notBefore(number, [3]int{10, 6, 0}) || !maria && !notBefore(number, least) {
		return &SetupError{
			What: "the version of the server", Have: have, Want: "MariaDB 10.6 or newer, or MySQL 8.0 or newer",
			Do: "the store writes with JSON_TABLE and SKIP LOCKED, which older ones do not have",
		}
	}
	for _, p := range mysqlSettings {
		var have string
		if err := conn.QueryRowContext(ctx, p.ask).Scan(&have); err != nil {
			return s.classes.Wrap("read "+p.name, err)
		}
		if !p.good(s, have) {
			return &SetupError{What: p.name, Have: cmp.Or(have, "empty"), Want: p.want, Do: p.do}
		}
	}
	return s.checkSchema(ctx, conn)
}
