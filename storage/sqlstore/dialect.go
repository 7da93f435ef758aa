package sqlstore

// Dialect is the SQL that a database speaks.
type Dialect struct{ name string }

// SQLite is SQLite from version 3.37 on.
var SQLite = Dialect{name: "sqlite"}
