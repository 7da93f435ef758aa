package sqlstore

import (
	"regexp"

	"github.com/deskwright/deskwright/storage/sqlstore/internal/sqlerror"
)

// prefix is what the tables are named with, and what statements are written with.
const prefix = "deskwright_"

// Option changes what is usual.
type Option func(*settings)

// settings is what the options say.
type settings struct {
	dialect Dialect
	prefix  string
	normal  bool // synchronous=NORMAL will do
	classes sqlerror.Classes
}

// WithPrefix names the tables otherwise than with "deskwright_" in front, so that they can stand beside others. A prefix has small
// letters, digits and underscores, begins with a letter, and has at most 20 characters; another is answered with a *SetupError.
// Whoever opens the tables must name the prefix that they were migrated with.
func WithPrefix(prefix string) Option { return func(s *settings) { s.prefix = prefix } }

// WithNormalSynchronous accepts a handle with synchronous=NORMAL. Commits are faster then, and no longer durable: when the machine
// loses its power, the last of them may be gone, although their callers were told that they were written: messages that a network
// will not deliver again, and replies that were sent. The file stays whole, and the end of the program alone loses nothing.
func WithNormalSynchronous() Option { return func(s *settings) { s.normal = true } }

// WithErrorCode reads the codes of a driver that shows them in a way of its own. It is not needed for modernc.org/sqlite and
// github.com/mattn/go-sqlite3. The code is SQLite's extended result code as a decimal number ("2067"); not ok: the error has none.
func WithErrorCode(read func(error) (code string, ok bool)) Option {
	return func(s *settings) { s.classes.Code = read }
}

var prefixes = regexp.MustCompile(`^[a-z][a-z0-9_]{0,19}$`)

// settle applies the options and says what is wrong with them.
func settle(d Dialect, options []Option) (settings, error) {
	s := settings{dialect: d, prefix: prefix, classes: sqlerror.Classes{Dialect: d.codes}}
	for _, option := range options {
		option(&s)
	}
	switch {
	case d == Dialect{}:
		return settings{}, &SetupError{What: "the dialect", Have: "none", Want: "one of this package's", Do: "name sqlstore.SQLite"}
	case !prefixes.MatchString(s.prefix):
		return settings{}, &SetupError{
			What: "the prefix of the tables", Have: s.prefix, Want: "a name", Do: "take 1 to 20 of a-z, 0-9 and _, a letter first",
		}
	}
	return s, nil
}
