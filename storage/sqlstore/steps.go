package sqlstore

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage"
	"github.com/google/uuid"
)

// On MySQL a batch is a transaction of one statement for each part that has rows, in the order of the parts. The rows of a statement
// come as one JSON array of arrays, in which bytes, and texts that are kept as bytes, are in hex.

// hexed are the columns of texts that are bytes where they are in keys.
const hexed = " network address visibility key external_id kind subject_kind command "

// jsonKind is how a column comes as JSON, and how it is read from there.
func jsonKind(column string) (kind, read string) {
	switch {
	case strings.Contains(hexed, " "+column+" "):
		return "VARCHAR(1024)", "UNHEX(r.%s)"
	case strings.Contains(" result body data ", " "+column+" "):
		return "LONGTEXT", "UNHEX(r.%s)"
	case kindOf(column) == "bytea":
		return "VARCHAR(64)", "UNHEX(r.%s)"
	case kindOf(column) == "text":
		return "LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", "r.%s"
	}
	return "BIGINT", "r.%s"
}

// jsonTable says rows that are bound as JSON as a table r.
func jsonTable(columns []string) string {
	var b strings.Builder
	b.WriteString("JSON_TABLE(?, '$[*]' COLUMNS (n FOR ORDINALITY")
	for i, column := range columns {
		kind, _ := jsonKind(column)
		fmt.Fprintf(&b, ", %s %s PATH '$[%d]'", column, kind, i)
	}
	b.WriteString(")) r")
	return b.String()
}

// readJSON reads columns of r.
func readJSON(columns []string) []string {
	out := make([]string, len(columns))
	for i, column := range columns {
		_, read := jsonKind(column)
		out[i] = fmt.Sprintf(read, column)
	}
	return out
}

// json is the rows of a sheet.
func (s *sheet) json() (string, error) {
	rows := make([][]any, s.n)
	width := len(s.columns)
	for i := range rows {
		rows[i] = s.cells[i*width : (i+1)*width]
		for j, cell := range rows[i] {
			switch v := cell.(type) {
			case []byte:
				if v != nil {
					rows[i][j] = hex.EncodeToString(v)
				}
			case string:
				if strings.Contains(hexed, " "+s.columns[j]+" ") {
					rows[i][j] = hex.EncodeToString([]byte(v))
				}
			case object:
				text, err := v.Value()
				if err != nil {
					return "", err
				}
				rows[i][j] = text
			}
		}
	}
	text, err := json.Marshal(rows)
	return string(text), err
}

// step is the statement of one part, and what finds the changes that have lost by it.
type step struct{ write, lost, taken string }

// steps are the statements of the parts.
var steps = func() (all [parts]step) {
	for i := range all {
		all[i] = stepOf(i)
	}
	return all
}()

func stepOf(part int) step {
	p := partOf[part]
	columns := columnsOf[part]
	rows, name := jsonTable(columns), prefix+p.table.name
	own := append(strings.Split(p.table.columns, ", "), "tenant")
	key, rest := p.table.split()
	same := "t.tenant = UNHEX(r.tenant)"
	for i, value := range readJSON(key) {
		same += " AND t." + key[i] + " = " + value
	}
	switch {
	case p.moves:
		where := same + " AND t.version + 1 = r.version"
		if p.fenced {
			where, rest = same+" AND t.tries = r.fence", rest[:len(rest)-1]
		}
		set := make([]string, len(rest))
		for i, value := range readJSON(rest) {
			set[i] = "t." + rest[i] + " = " + value
		}
		if p.stamped {
			set, where = append(set, "t.stamp = ?"), where+" AND t.stamp < ?"
		}
		write := "UPDATE " + rows + " JOIN " + name + " t ON " + where + " SET " + strings.Join(set, ", ")
		if p.ends {
			write = "DELETE t FROM " + rows + " JOIN " + name + " t ON " + where
		}
		return step{
			write: write,
			lost:  "SELECT r.ch FROM " + rows + " LEFT JOIN " + name + " t ON " + where + " WHERE t.tenant IS NULL",
			taken: takenBy(part, rows),
		}
	case part == removedDues:
		return step{write: "DELETE t FROM " + rows + " JOIN " + name + " t ON " + same}
	case part == addedTotals:
		return step{write: "INSERT INTO " + name + " (tenant, account, batch, new, pending) SELECT UNHEX(r.tenant), UNHEX(r.account), ?, " +
			"sum(r.new), sum(r.pending) FROM " + rows + " GROUP BY r.tenant, r.account"}
	}
	values := readJSON(own)
	if p.stamped {
		own, values = append(own, "stamp"), append(values, "?")
	}
	if part == addedEntries {
		own, values = append(own, "batch", "place"), append(values, "?", "r.later")
	}
	write := "INSERT INTO " + name + " (" + strings.Join(own, ", ") + ") SELECT " + strings.Join(values, ", ") + " FROM " + rows
	if part > newKeys && part != addedEntries {
		set := make([]string, len(rest))
		for i, column := range rest {
			set[i] = column + " = VALUES(" + column + ")"
		}
		write += " ON DUPLICATE KEY UPDATE " + strings.Join(set, ", ")
	}
	return step{write: write}
}

// takenBy asks for a row that has what one that moves wants.
func takenBy(part int, rows string) string {
	switch part {
	case movedIdentities:
		return "SELECT 1 FROM " + rows + " JOIN deskwright_identity o ON o.tenant = UNHEX(r.tenant) AND o.address = UNHEX(r.address)" +
			" AND o.network = UNHEX(r.network) AND o.id <> UNHEX(r.id) LIMIT 1"
	case movedDocuments:
		return "SELECT 1 FROM " + rows + " JOIN deskwright_document o ON o.network = UNHEX(r.network) AND o.external_id = UNHEX(r.external_id)" +
			" AND (o.network <> '' OR o.external_id <> '')" +
			" AND (o.tenant <> UNHEX(r.tenant) OR o.id <> UNHEX(r.id) OR o.kind <> UNHEX(r.kind)) LIMIT 1"
	}
	return ""
}

// lostError ends a transaction in which changes have lost, and asks who.
type lostError struct {
	ask  string
	args []any
}

func (e *lostError) Error() string { return "sqlstore: a row has changed" }

// putSteps writes changes in one transaction. Where some have lost it has written nothing.
func (s *Store) putSteps(ctx context.Context, changes []*inbox.Change, stamp int64) (lost []int, err error) {
	batch, err := uuid.NewV7()
	if err != nil {
		return nil, err
	}
	w := writingOf(changes)
	batches := placed(w, changes)
	err = s.within(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted}, "commit", func(t *tx) error {
		for part := range w.sheets {
			if w.sheets[part].n == 0 {
				continue
			}
			if err := t.step(part, &w.sheets[part], batch[:], stamp); err != nil {
				return err
			}
		}
		return t.addBatches(batches, batch[:], stamp, changes)
	})
	if l, ok := err.(*lostError); ok {
		return s.losers(ctx, l)
	}
	return nil, err
}

// losers asks who lost, after nothing was written. Where nobody would lose any more it is as if others had been at it.
func (s *Store) losers(ctx context.Context, l *lostError) (lost []int, err error) {
	err = s.readOne(ctx, "commit", func(t *tx) error {
		return t.rows(l.ask, func(rows *sql.Rows) error {
			var ch int
			err := rows.Scan(&ch)
			lost = append(lost, ch)
			return err
		}, l.args...)
	})
	if err == nil && len(lost) == 0 {
		err = fmt.Errorf("sqlstore: commit: %w", storage.ErrBusy)
	}
	return lost, err
}

// placed gives the entries their places in the batches of their tenants.
func placed(w *writing, changes []*inbox.Change) map[uuid.UUID][]audit.Entry {
	batches := map[uuid.UUID][]audit.Entry{}
	rows, row := &w.sheets[addedEntries], 0
	for _, ch := range changes {
		for i := range ch.Entries {
			rows.cells[row*len(rows.columns)+1] = int64(len(batches[ch.Tenant.UUID])) // in place of later, which is of no use here
			batches[ch.Tenant.UUID] = append(batches[ch.Tenant.UUID], ch.Entries[i])
			row++
		}
	}
	return batches
}

// step writes one part.
func (t *tx) step(part int, rows *sheet, batch []byte, stamp int64) error {
	text, err := rows.json()
	if err != nil {
		return err
	}
	p, step := partOf[part], &steps[part]
	if step.taken != "" {
		if found, err := t.row(step.taken, []any{new(int64)}, text); err != nil || found {
			if found {
				err = conflict("a unique key")
			}
			return err
		}
	}
	args := []any{text}
	switch {
	case p.moves && p.stamped:
		args = []any{text, stamp, stamp}
	case p.stamped:
		args = []any{stamp, text}
	case part == addedEntries || part == addedTotals:
		args = []any{batch, text}
	}
	n, err := t.exec(step.write, args...)
	if err != nil || !p.moves || n == int64(rows.n) {
		return err
	}
	lost := &lostError{step.lost, []any{text}}
	if p.stamped {
		lost.args = append(lost.args, stamp)
	}
	return lost
}

const (
	addBatch = "INSERT INTO deskwright_batch (tenant, batch, stamp, count, root) VALUES (?, ?, ?, ?, ?)"
	addEpoch = "INSERT INTO deskwright_tenant (tenant, epoch) VALUES (?, 1) ON DUPLICATE KEY UPDATE epoch = epoch + 1"
)

// addBatches adds a batch for each tenant, and counts the changes with settings documents.
func (t *tx) addBatches(batches map[uuid.UUID][]audit.Entry, batch []byte, stamp int64, changes []*inbox.Change) error {
	for tenant, entries := range batches {
		root := audit.RootOf(entries)
		if _, err := t.exec(addBatch, tenant[:], batch, stamp, int64(len(entries)), root[:]); err != nil {
			return err
		}
	}
	for _, ch := range changes {
		if len(ch.Documents) > 0 {
			if _, err := t.exec(addEpoch, ch.Tenant.UUID[:]); err != nil {
				return err
			}
		}
	}
	return nil
}
