package migration

import (
	"context"
	"database/sql"
	"fmt"
)

// ledger returns the statements by which a file writes down that it was applied, before and after its Up, and takes it back,
// before and after its Down. The table comes and goes with the first file. Times are in microseconds.
func (f file) ledger(d Database) (opens, done, undone, ends string) {
	if f.version == 1 {
		opens = d.ledger + "\n"
		ends = "\n\nDROP TABLE deskwright_migration;\n"
	}
	done = fmt.Sprintf(`

INSERT INTO deskwright_migration (version, name, checksum, applied)
VALUES (%d, '%s', '%s', %s);
`, f.version, f.name, f.checksum, d.now)
	undone = fmt.Sprintf("DELETE FROM deskwright_migration WHERE version = %d;\n\n", f.version)
	return opens, done, undone, ends
}

// ChangedError says that a migration that was applied is not the one that this library has.
type ChangedError struct {
	Version       int
	Applied, Ours string // the migration's name and checksum
}

func (e *ChangedError) Error() string {
	return fmt.Sprintf("migration %d was applied as %q, and is %q", e.Version, e.Applied, e.Ours)
}

// NewerError says that the schema is newer than this library by more than one version.
type NewerError struct{ Version, Ours int }

func (e *NewerError) Error() string {
	return fmt.Sprintf("the schema is at version %d, and the newest known is %d", e.Version, e.Ours)
}

// Newest returns the version that the set leads to.
func (s Set) Newest() int { return len(s.files) }

// Applied returns the version that the schema is at, 0 when it was never migrated: one more than Newest is the most that is no
// error, because a program works on its own schema and on the next.
func (s Set) Applied(ctx context.Context, conn *sql.Conn) (int, error) {
	table := s.prefix + "migration"
	var there int
	err := conn.QueryRowContext(ctx, s.database.there, table).Scan(&there)
	if err != nil || there == 0 {
		return 0, err
	}
	rows, err := conn.QueryContext(ctx, "SELECT version, name, checksum FROM "+table+" ORDER BY version")
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	version := 0
	var changed error
	for rows.Next() {
		var name, checksum string
		before := version
		if err := rows.Scan(&version, &name, &checksum); err != nil {
			return 0, err
		}
		if changed == nil {
			changed = s.compare(before+1, version, name, checksum)
		}
	}
	switch err := rows.Err(); {
	case err != nil:
		return 0, err
	case version > s.Newest()+1:
		return version, &NewerError{Version: version, Ours: s.Newest()}
	}
	return version, changed
}

// compare holds a row to the file that it tells of.
func (s Set) compare(want, version int, name, checksum string) error {
	switch {
	case version != want:
		return &ChangedError{Version: want, Ours: s.at(want)}
	case version > s.Newest():
		return nil
	}
	if applied := name + " " + checksum; applied != s.at(version) {
		return &ChangedError{Version: version, Applied: applied, Ours: s.at(version)}
	}
	return nil
}

func (s Set) at(version int) string {
	if version > s.Newest() {
		return ""
	}
	return s.files[version-1].name + " " + s.files[version-1].checksum
}
