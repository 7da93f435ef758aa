package sqlerror

import "strconv"

// sqliteCodes is what SQLite's result codes mean. A code stands for its extended ones too, unless they are named: what breaks a
// constraint is a conflict only where it is a duplicate.
var sqliteCodes = map[int]meaning{
	5:  busy, // BUSY
	6:  busy, // LOCKED
	15: busy, // PROTOCOL: the race for the locks of the log was lost too often
	17: busy, // SCHEMA: it changed in between

	1555: conflict, // CONSTRAINT_PRIMARYKEY
	2067: conflict, // CONSTRAINT_UNIQUE
	2579: conflict, // CONSTRAINT_ROWID

	18:   invalid, // TOOBIG
	20:   invalid, // MISMATCH
	25:   invalid, // RANGE
	275:  invalid, // CONSTRAINT_CHECK
	1299: invalid, // CONSTRAINT_NOTNULL
	3091: invalid, // CONSTRAINT_DATATYPE

	8:  full, // READONLY
	13: full, // FULL
	14: full, // CANTOPEN

	778:  broken, // IOERR_WRITE
	1034: broken, // IOERR_FSYNC
	1290: broken, // IOERR_DIR_FSYNC
	1546: broken, // IOERR_TRUNCATE
	4618: broken, // IOERR_SHMOPEN
	4874: broken, // IOERR_SHMSIZE
}

// sqliteCode reads a code where modernc.org/sqlite has it, in a method, or github.com/mattn/go-sqlite3, in a field.
func sqliteCode(err error) (string, bool) {
	if shows, ok := err.(interface{ Code() int }); ok {
		return strconv.Itoa(shows.Code()), true
	}
	return number(err, "ExtendedCode", "Code")
}

func sqlite(code string) meaning {
	number, err := strconv.Atoi(code)
	if err != nil {
		return other
	}
	if found, ok := sqliteCodes[number]; ok {
		return found
	}
	return sqliteCodes[number&0xff]
}
