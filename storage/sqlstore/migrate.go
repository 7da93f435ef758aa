package sqlstore

import (
	"context"
	"database/sql"
	"io/fs"

	"github.com/deskwright/deskwright/storage/sqlstore/internal/migration"
)

// Migrate brings the tables up to date, and makes them where there are none. Nothing else in this package does. It may be called
// at every start, by any number of processes at once, and again after it was killed. While others write it waits as long as ctx
// lets it, so give that a deadline. It changes no setting of the database and does not analyse it.
//
// A schema that is one version newer than this library is left as it is, because the library works on it; one that is newer still,
// or an applied migration that is not ours, is answered with a *SetupError.
func Migrate(ctx context.Context, db *sql.DB, d Dialect, options ...Option) error {
	s, err := settle(d, options)
	if err != nil {
		return err
	}
	set, err := s.migrations()
	if err != nil {
		return err
	}
	return setup(set.Run(ctx, db, s.classes))
}

// Migrations returns the files that Migrate runs, in the format of goose, for those who run their migrations with a tool of their
// own. The files write down themselves that they were applied, so Migrate and New know about it. What an option gets wrong is
// answered when a file is opened.
func Migrations(d Dialect, options ...Option) fs.FS {
	s, err := settle(d, options)
	if err != nil {
		return unopened{err}
	}
	set, err := s.migrations()
	if err != nil {
		return unopened{err}
	}
	files, err := set.FS()
	if err != nil {
		return unopened{err}
	}
	return files
}

func (s settings) migrations() (migration.Set, error) {
	files, err := s.dialect.files()
	if err != nil {
		return migration.Set{}, err
	}
	return migration.Read(files, s.dialect.ledger, s.prefix)
}

// unopened is files that cannot be opened, and why.
type unopened struct{ err error }

func (u unopened) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: u.err}
}
