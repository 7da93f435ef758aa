package sqltest_test

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// fillings is what differs between the rows with which a table is filled, by column: an expression over the number n. Everything else
// is copied from a row that is there.
var fillings = map[string]map[string]string{
	"tenant":   {"tenant": blob("n")},
	"contact":  {"id": blob("n")},
	"identity": {"id": blob("n"), "contact": blob("n"), "address": "'a' || n"},
	"thread":   {"id": blob("n"), "identity": blob("n"), "conversation": blob("n")},
	"conversation": {
		"id": blob("n"), "thread": blob("n"), "identity": blob("n"), "state": "min(n / 2 % 30 + 1, 3)",
		"account":   "iif(n / 2 % 5, " + blob("n / 2 % 20") + ", account)",
		"agent":     fmt.Sprintf("iif(n / 2 %% 3, iif(n / 2 %% 7, %s, x'%x'), NULL)", blob("n / 2 % 50"), agent.UUID[:]),
		"newest_at": "newest_at + n", "due_at": "due_at + n",
		"waiting_at": "iif(n / 2 % 2, waiting_at + n, 253402300799000000)",
	},
	"arrival":  {"external_id": "'m' || n", "message": blob("n")},
	"message":  {"id": blob("n"), "conversation": blob("n / 10"), "seq": "n % 10 + 1"},
	"note":     {"id": blob("n"), "conversation": blob("n / 10"), "seq": "n % 10 + 1"},
	"document": {"id": blob("n"), "external_id": "'d' || n"},
	"command":  {"key": "'c' || n"},
	"due":      {"ref": blob("n"), "ready": "ready + n"},
	"total":    {"account": blob("n")},
	"entry":    {"position": "n + 1000", "subject": blob("n / 10"), "seq": "n % 10 + 1"},
	"batch":    {"first": "n + 1000"},
}

// blob is an id for every number.
func blob(n string) string { return "CAST(printf('%016d', " + n + ") AS BLOB)" }

// fill adds rows to every table: every second one is of the tenant that is there, the others are of many tenants.
func fill(t *testing.T, file string, rows int) {
	t.Helper()
	db := engines[1].with("WAL", "OFF", "FULL", "OFF").open(t, file)
	for _, table := range texts(t, db, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'deskwright_migration'") {
		own, known := fillings[strings.TrimPrefix(table, "deskwright_")]
		if !known {
			t.Fatalf("nothing says how %s is filled", table)
		}
		columns := texts(t, db, "SELECT name FROM pragma_table_info(?)", table)
		values := slices.Clone(columns)
		for i, column := range columns {
			switch value, differs := own[column]; {
			case differs:
				values[i] = value
			case column == "tenant":
				values[i] = "iif(n % 2, tenant, " + blob("n / 100") + ")"
			}
		}
		do(t, db, fmt.Sprintf(`WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < %d)
			INSERT INTO %s (%s) SELECT %s FROM numbers, (SELECT * FROM %[2]s LIMIT 1)`,
			rows, table, strings.Join(columns, ", "), strings.Join(values, ", ")))
	}
}

// texts returns the one column of a query.
func texts(t *testing.T, db *sql.DB, query string, args ...any) (all []string) {
	t.Helper()
	rows, err := db.Query(query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		all = append(all, text)
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return all
}
