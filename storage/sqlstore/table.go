package sqlstore

import "strings"

// table makes the statements that name all columns of a table. A row is bound in the order of the columns, its tenant last; its
// key comes first.
type table struct {
	name    string
	keys    int    // how many columns are the key, beside the tenant
	columns string // separated by ", "
}

// of lists the columns as those of an alias.
func (t table) of(alias string) string {
	return alias + "." + strings.ReplaceAll(t.columns, ", ", ", "+alias+".")
}

// insert writes a row that is not there yet. Where there is one, or a unique key is taken, it writes nothing.
func (t table) insert() string { return t.values() + " ON CONFLICT DO NOTHING" }

// upsert puts a row in place.
func (t table) upsert() string {
	key, rest := t.split()
	for i, column := range rest {
		rest[i] = column + " = excluded." + column
	}
	return t.values() + " ON CONFLICT (tenant, " + strings.Join(key, ", ") + ") DO UPDATE SET " + strings.Join(rest, ", ")
}

// update writes a row that is at a version. Where a unique key is taken it writes nothing. The key and the version come last.
func (t table) update() string {
	key, rest := t.split()
	return "UPDATE OR IGNORE " + prefix + t.name + " SET " + strings.Join(rest, " = ?, ") + " = ? WHERE tenant = ? AND " +
		strings.Join(key, " = ? AND ") + " = ? AND version = ?"
}

func (t table) values() string {
	marks := strings.Repeat("?, ", strings.Count(t.columns, ", ")+1)
	return "INSERT INTO " + prefix + t.name + " (" + t.columns + ", tenant) VALUES (" + marks + "?)"
}

func (t table) split() (key, rest []string) {
	all := strings.Split(t.columns, ", ")
	return all[:t.keys:t.keys], all[t.keys:]
}
