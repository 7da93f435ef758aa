package sqltest_test

import (
	"database/sql"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// explain asks SQLite how it goes about a query. A step is what is looked up, by which index and by which of its columns, such as
// "m message_place(tenant, conversation, seq)"; the index of the primary key is called key. What is read from one end to the other
// is "scan" of it, and what is put in order is "sort".
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
		if used := index.FindStringSubmatch(detail); used != nil {
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
	index   = regexp.MustCompile(`USING (?:COVERING )?INDEX (\w+)`)
	by      = regexp.MustCompile(` USING (?:(?:COVERING )?INDEX (?:sqlite_autoindex_\w+|(\w+))|(?:INTEGER )?PRIMARY KEY)(?: \((.*)\))?`)
	value   = regexp.MustCompile(`=\?|(.)(?:\?|\((?:\?,)*\?\))`)
	shorter = strings.NewReplacer("deskwright_", "", " LEFT-JOIN", "", "USE TEMP B-TREE FOR ", "sort: ", "SEARCH ", "", "SCAN ", "scan: ")
)

// step shortens a line of SQLite's plan.
func step(detail string) string {
	if parts := by.FindStringSubmatch(detail); parts != nil {
		if parts[1] == "" {
			parts[1] = "key"
		}
		columns := value.ReplaceAllString(strings.ReplaceAll(parts[2], " AND ", ", "), "$1")
		detail = strings.Replace(detail, parts[0], fmt.Sprintf(" %s(%s)", parts[1], columns), 1)
	}
	return shorter.Replace(detail)
}

// indexesOf returns the indexes of a database, but for those of primary keys.
func indexesOf(t *testing.T, db *sql.DB) []string {
	t.Helper()
	rows, err := db.Query("SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	return names
}
