package sqlstore

import (
	"embed"
	"io/fs"
)

// Dialect is the kind of database that a handle leads to. There are only those that this package names; the zero value is none
// and is refused.
type Dialect struct {
	name string
	dir  string // of the migrations
}

var (
	// SQLite is SQLite from 3.53.2 on, in a file. Check says what is asked of the handle.
	SQLite = Dialect{"SQLite", "migrations/sqlite"}

	// Postgres is PostgreSQL from 15 on, through the database/sql driver of github.com/jackc/pgx.
	Postgres = Dialect{"PostgreSQL", "migrations/postgres"}
)

// String returns the name of the database.
func (d Dialect) String() string { return d.name }

//go:embed migrations/*/*.sql
var migrations embed.FS

func (d Dialect) files() (fs.FS, error) { return fs.Sub(migrations, d.dir) }
