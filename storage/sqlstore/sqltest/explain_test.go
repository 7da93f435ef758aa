package sqltest_test

import (
	"database/sql"
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// explain asks SQLite how it goes about a query. A step is what is looked up, by which index and by which of its columns, such as
// "m message_place(tenant, conversation, seq)"; the index of the primary key is called key. "scan" is what is read from one end to the
// other, "sort" what is put in order.
func explain(t *testing.T, db *sql.DB, q query) (steps []string, indexes []string) {
	t.Helper()
	rows, err := db.Query("EXPLAIN QUERY PLAN "+q.text, q.args...)
	if err != nil {
		t.Fatalf("%s: %v", q.text, err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		if used := usedIndex.FindStringSubmatch(detail); used != nil {
			indexes = append(indexes, used[1])
		}
		steps = append(steps, step(detail))
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%s: %v", q.text, err)
	}
	return steps, indexes
}

var (
	usedIndex = regexp.MustCompile(`USING (?:COVERING )?INDEX (\w+)`)
	lookUp    = regexp.MustCompile(` USING (?:(?:COVERING )?INDEX (?:sqlite_autoindex_\w+|(\w+))|(?:INTEGER )?PRIMARY KEY)(?: \((.*)\))?`)
	compared  = regexp.MustCompile(`=\?|(.)(?:\?|\((?:\?,)*\?\))`)
	shorter   = strings.NewReplacer("deskwright_", "", " LEFT-JOIN", "", "USE TEMP B-TREE FOR ", "sort: ", "SEARCH ", "", "SCAN ", "scan: ")
)

// step shortens a line of SQLite's plan.
func step(detail string) string {
	if parts := lookUp.FindStringSubmatch(detail); parts != nil {
		if parts[1] == "" {
			parts[1] = "key"
		}
		columns := compared.ReplaceAllString(strings.ReplaceAll(parts[2], " AND ", ", "), "$1")
		detail = strings.Replace(detail, parts[0], fmt.Sprintf(" %s(%s)", parts[1], columns), 1)
	}
	return shorter.Replace(detail)
}
