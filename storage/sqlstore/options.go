package sqlstore

// prefix is what the names of tables and indexes begin with, in the texts of statements too.
const prefix = "deskwright_"

// Option changes how a Store works.
type Option func(*settings)

type settings struct{ prefix string }

// WithPrefix sets what the names of tables and indexes begin with. Without it they begin with "deskwright_".
func WithPrefix(prefix string) Option {
	return func(s *settings) { s.prefix = prefix }
}
