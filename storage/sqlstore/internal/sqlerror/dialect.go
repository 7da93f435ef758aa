package sqlerror

// Dialect is the kind of database whose codes an error has. The zero value is SQLite.
type Dialect int

// The dialects.
const (
	SQLite Dialect = iota
	Postgres
	MySQL // and MariaDB
)

// dialects is how the drivers of each dialect show a code, and what it means.
var dialects = [...]struct {
	shown   func(error) (code string, ok bool)
	meaning func(code string) meaning
}{
	SQLite:   {sqliteCode, sqlite},
	Postgres: {postgresCode, postgres},
	MySQL:    {mysqlCode, mysql},
}

// shown reads the code that an error itself shows.
func (d Dialect) shown(err error) (string, bool) { return dialects[d].shown(err) }

func (d Dialect) meaning(code string) meaning { return dialects[d].meaning(code) }
