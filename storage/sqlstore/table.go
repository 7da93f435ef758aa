package sqlstore

import (
	"slices"
	"strings"
)

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

// updateUnmoved is update for a row that keeps its values in some columns: the indexes that hold those are left alone. Where it has
// others it writes nothing. order says where in a row bound for insert each of its values stands; the version comes last.
func (t table) updateUnmoved(kept ...string) (statement string, order []int) {
	key, rest := t.split()
	var set []string
	for i, column := range rest {
		if !slices.Contains(kept, column) {
			set, order = append(set, column+" = ?"), append(order, t.keys+i)
		}
	}
	where := []string{"tenant = ?"}
	order = append(order, t.keys+len(rest))
	for i, column := range key {
		where, order = append(where, column+" = ?"), append(order, i)
	}
	for _, column := range kept {
		where, order = append(where, column+" IS ?"), append(order, t.keys+slices.Index(rest, column))
	}
	return "UPDATE " + prefix + t.name + " SET " + strings.Join(set, ", ") + " WHERE " + strings.Join(where, " AND ") + " AND version = ?", order
}

func (t table) values() string {
	marks := strings.Repeat("?, ", strings.Count(t.columns, ", ")+1)
	return "INSERT INTO " + prefix + t.name + " (" + t.columns + ", tenant) VALUES (" + marks + "?)"
}

func (t table) split() (key, rest []string) {
	all := strings.Split(t.columns, ", ")
	return all[:t.keys:t.keys], all[t.keys:]
}
