package sqlstore

import (
	"embed"
	"io/fs"

	"github.com/deskwright/deskwright/storage/sqlstore/internal/migration"
	"github.com/deskwright/deskwright/storage/sqlstore/internal/sqlerror"
)

// Dialect is the kind of database that a handle leads to. There are only those that this package names; the zero value is none
// and is refused.
type Dialect struct {
	name     string
	dir      string // of the migrations
	server   bool   // many write at once, and the log is sealed after they have committed
	codes    sqlerror.Dialect
	ledger   migration.Database
	numbered bool // a parameter is written $1, and the driver keeps the statements that it has prepared
	quoted   bool // key is a word of its own
}

var (
	// SQLite is SQLite from 3.53.2 on, in a file. Check says what is asked of the handle.
	SQLite = Dialect{name: "SQLite", dir: "migrations/sqlite", ledger: migration.SQLite}

	// Postgres is PostgreSQL from 15 on, through github.com/jackc/pgx/v5/stdlib: slices are bound as arrays.
	Postgres = Dialect{name: "PostgreSQL", dir: "migrations/postgres", codes: sqlerror.Postgres, ledger: migration.Postgres, server: true, numbered: true}

	// MySQL is MariaDB from 10.6 on, and MySQL from 8.0 on, through github.com/go-sql-driver/mysql.
	MySQL = Dialect{name: "MySQL", dir: "migrations/mysql", codes: sqlerror.MySQL, ledger: migration.MySQL, server: true, quoted: true}
)

// String returns the name of the database.
func (d Dialect) String() string { return d.name }

//go:embed migrations/*/*.sql
var migrations embed.FS

func (d Dialect) files() (fs.FS, error) { return fs.Sub(migrations, d.dir) }
