package sqltest_test

import (
	"fmt"
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
	for table, exprs := range fillings {
		var names, values []string
		columns, err := db.Query("SELECT name FROM pragma_table_info(?)", "deskwright_"+table)
		if err != nil {
			t.Fatal(err)
		}
		for columns.Next() {
			var name string
			if err := columns.Scan(&name); err != nil {
				t.Fatal(err)
			}
			value := name
			if expr, ok := exprs[name]; ok {
				value = expr
			} else if name == "tenant" {
				value = "iif(n % 2, tenant, " + blob("n / 100") + ")"
			}
			names, values = append(names, name), append(values, value)
		}
		do(t, db, fmt.Sprintf(`WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < %d)
			INSERT INTO deskwright_%s (%s) SELECT %s FROM numbers, (SELECT * FROM deskwright_%[2]s LIMIT 1)`,
			rows, table, strings.Join(names, ", "), strings.Join(values, ", ")))
	}
}
