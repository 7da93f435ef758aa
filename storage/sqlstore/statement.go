package sqlstore

import (
	"fmt"
	"strconv"
	"strings"
)

// The statement that writes a batch to PostgreSQL, of which only the parts are there that have rows:
//
//	WITH r0 AS (the rows of a part),
//	     w0 AS (UPDATE or INSERT what guards ... RETURNING what passed),
//	     l0 AS (the changes that lost: their rows are in r0 and not in w0),
//	     r1 AS ..., w1 AS (... of the changes that are not in l0), l1 AS (l0 and who lost now), ...
//	     rN AS ..., wN AS (INSERT what is guarded, of the changes that are not in the last l)
//	SELECT the changes in the last l
//
// Its first two parameters are the id and the stamp of the batch. The rows come as one array for each column; those of a lone change
// as values, which are planned and bound faster.
type statement struct {
	strings.Builder
	w     *writing
	lone  bool
	bound int    // parameters so far
	lost  string // the last l; empty: nothing guards
}

// statementOf says the statement for the parts that have rows.
func statementOf(w *writing, lone bool) string {
	s := statement{w: w, lone: lone, bound: 2}
	s.WriteString("WITH batch AS (SELECT $1::bytea AS id, $2::int8 AS stamp)")
	for i := range w.sheets {
		if w.sheets[i].n == 0 {
			continue
		}
		s.rows(i)
		switch {
		case i <= newKeys:
			s.guard(i)
		case i == removedDues:
			s.cte(i, "DELETE FROM deskwright_due t USING "+s.row(i)+" WHERE t.tenant = r.tenant AND t.kind = r.kind AND t.ref = r.ref"+s.unlost(" AND "))
		case i == addedEntries:
			s.entries(i)
		case i == addedTotals:
			s.cte(i, "INSERT INTO deskwright_total (tenant, account, batch, new, pending) SELECT r.tenant, r.account, $1::bytea, sum(r.new), "+
				"sum(r.pending) FROM "+s.row(i)+s.unlost(" WHERE ")+" GROUP BY r.tenant, r.account")
		default:
			s.upsert(i)
		}
	}
	s.epochs()
	if s.lost == "" {
		return s.String() + " SELECT 0, 0 WHERE false"
	}
	// Where rows of a change were written before another one was refused, this fails, and with it everything.
	return s.String() + " SELECT ch, 1 / (1 - later) FROM " + s.lost
}

func (s *statement) cte(part int, text string) { fmt.Fprintf(s, ", w%d AS (%s)", part, text) }

func (s *statement) row(part int) string { return "r" + strconv.Itoa(part) + " r" }

// unlost leaves out the changes that have lost.
func (s *statement) unlost(glue string) string {
	if s.lost == "" {
		return ""
	}
	return glue + "r.ch NOT IN (SELECT ch FROM " + s.lost + ")"
}

// rows says where the rows of a part come from. n is their order.
func (s *statement) rows(part int) {
	columns := columnsOf[part]
	names := strings.Join(columns, ", ") + ", n"
	if s.lone {
		fmt.Fprintf(s, ", r%d (%s) AS (VALUES ", part, names)
		for i := range s.w.sheets[part].n {
			if i > 0 {
				s.WriteString(", ")
			}
			s.WriteString("(")
			for _, column := range columns {
				s.bound++
				fmt.Fprintf(s, "$%d::%s, ", s.bound, kindOf(column))
			}
			fmt.Fprintf(s, "%d)", i)
		}
		s.WriteString(")")
		return
	}
	fmt.Fprintf(s, ", r%d AS (SELECT * FROM unnest(", part)
	for i, column := range columns {
		if i > 0 {
			s.WriteString(", ")
		}
		s.bound++
		fmt.Fprintf(s, "$%d::%s[]", s.bound, kindOf(column))
	}
	fmt.Fprintf(s, ") WITH ORDINALITY AS r (%s))", names)
}

// guard writes a part that may be refused, and says which changes it refused.
func (s *statement) guard(part int) {
	p := partOf[part]
	key, rest := p.table.split()
	name := prefix + p.table.name
	was := ""
	if s.lost != "" {
		was = "SELECT ch, later FROM " + s.lost + " UNION ALL "
	}
	passed := ""
	if p.moves {
		where := "t.tenant = r.tenant AND t.version + 1 = r.version"
		if p.fenced {
			where, rest = "t.tenant = r.tenant AND t.tries = r.fence", rest[:len(rest)-1]
		}
		set := make([]string, 0, len(rest)+1)
		for _, column := range rest {
			set = append(set, column+" = r."+column)
		}
		for _, column := range key {
			where += " AND t." + column + " = r." + column
		}
		if p.stamped {
			set, where = append(set, "stamp = $2"), where+" AND t.stamp < $2"
		}
		if p.unless != "" {
			where += " AND NOT EXISTS (" + p.unless + ")"
		}
		write := "UPDATE " + name + " t SET " + strings.Join(set, ", ") + " FROM "
		if p.ends {
			write = "DELETE FROM " + name + " t USING "
		}
		s.cte(part, write+s.row(part)+" WHERE "+where+s.unlost(" AND ")+" RETURNING r.n")
		passed = "r.n NOT IN (SELECT n FROM w" + strconv.Itoa(part) + ")"
	} else {
		columns, values := p.table.columns+", tenant", "r."+strings.ReplaceAll(p.table.columns, ", ", ", r.")+", r.tenant"
		if p.stamped {
			columns, values = columns+", stamp", values+", $2"
		}
		s.cte(part, "INSERT INTO "+name+" ("+columns+") SELECT "+values+" FROM "+s.row(part)+s.unlost(" WHERE ")+
			" ON CONFLICT DO NOTHING RETURNING tenant, "+strings.Join(key, ", "))
		passed = fmt.Sprintf("NOT EXISTS (SELECT FROM w%d w WHERE w.tenant = r.tenant", part)
		for _, column := range key {
			passed += " AND w." + column + " = r." + column
		}
		passed += ")"
	}
	fmt.Fprintf(s, ", l%d AS (%sSELECT r.ch, r.later FROM %s WHERE %s%s)", part, was, s.row(part), passed, s.unlost(" AND "))
	s.lost = "l" + strconv.Itoa(part)
}

// upsert puts rows in place.
func (s *statement) upsert(part int) {
	t := partOf[part].table
	key, rest := t.split()
	set := make([]string, len(rest))
	for i, column := range rest {
		set[i] = column + " = excluded." + column
	}
	s.cte(part, "INSERT INTO "+prefix+t.name+" ("+t.columns+", tenant) SELECT r."+strings.ReplaceAll(t.columns, ", ", ", r.")+", r.tenant FROM "+
		s.row(part)+s.unlost(" WHERE ")+" ON CONFLICT (tenant, "+strings.Join(key, ", ")+") DO UPDATE SET "+strings.Join(set, ", "))
}

// entries adds the log entries, and the batch of each tenant with the root over what was added.
func (s *statement) entries(part int) {
	columns := sealedEntries.columns
	fmt.Fprintf(s, ", e AS (SELECT r.*, row_number() OVER (PARTITION BY r.tenant ORDER BY r.n) - 1 AS place FROM %s%s)", s.row(part), s.unlost(" WHERE "))
	s.cte(part, "INSERT INTO deskwright_entry (batch, place, "+columns+", tenant) SELECT $1, e.place, e."+
		strings.ReplaceAll(columns, ", ", ", e.")+", e.tenant FROM e")
	s.WriteString(`, b AS (INSERT INTO deskwright_batch (tenant, batch, stamp, count, root) SELECT tenant, $1, $2, count(*), ` +
		`sha256('\x02'::bytea || string_agg(hash, ''::bytea ORDER BY n)) FROM e GROUP BY tenant)`)
}

// epochs counts the changes with settings documents.
func (s *statement) epochs() {
	var from []string
	for _, part := range []int{newDocuments, movedDocuments} {
		if s.w.sheets[part].n > 0 {
			from = append(from, "SELECT r.tenant, r.ch FROM "+s.row(part)+s.unlost(" WHERE "))
		}
	}
	if len(from) > 0 {
		s.WriteString(", epochs AS (INSERT INTO deskwright_tenant AS t (tenant, epoch) SELECT tenant, count(DISTINCT ch) FROM (" +
			strings.Join(from, " UNION ALL ") + ") c GROUP BY tenant ON CONFLICT (tenant) DO UPDATE SET epoch = t.epoch + excluded.epoch)")
	}
}
