package sqlerror

// postgresCodes is what the SQLSTATEs of PostgreSQL mean. Two characters stand for their class, of which the named ones are
// exceptions.
var postgresCodes = map[string]meaning{
	"40001": busy, // serialization_failure
	"40P01": busy, // deadlock_detected
	"53200": busy, // out_of_memory, or of room for locks
	"53300": busy, // too_many_connections: nothing was sent yet
	"55P03": busy, // lock_not_available
	"57014": busy, // query_canceled: statement_timeout or somebody else, for our own context says that it ended
	"57P03": busy, // cannot_connect_now: nothing was sent yet

	"08":    lost, // connection_exception
	"25P03": lost, // idle_in_transaction_session_timeout
	"40003": lost, // statement_completion_unknown
	"57P01": lost, // admin_shutdown: it may come while a commit that is done waits for a replica
	"57P02": lost, // crash_shutdown
	"57P04": lost, // database_dropped
	"57P05": lost, // idle_session_timeout

	"23505": conflict, // unique_violation

	"22001": invalid, // string_data_right_truncation
	"22003": invalid, // numeric_value_out_of_range
	"22007": invalid, // invalid_datetime_format
	"22008": invalid, // datetime_field_overflow
	"22021": invalid, // character_not_in_repertoire
	"22030": invalid, // duplicate_json_object_key_value
	"22032": invalid, // invalid_json_text
	"22P02": invalid, // invalid_text_representation
	"22P03": invalid, // invalid_binary_representation
	"22P05": invalid, // untranslatable_character
	"23502": invalid, // not_null_violation
	"23514": invalid, // check_violation
	"54000": invalid, // program_limit_exceeded: a key that no page of an index can hold

	"25006": full, // read_only_sql_transaction, a standby too
	"42501": full, // insufficient_privilege
	"53100": full, // disk_full
}

// postgresCode reads a code where pgx and lib/pq have it. A panic takes the server down whatever its code is, and may do so between
// the writing of a commit and the answer.
func postgresCode(err error) (string, bool) {
	shows, ok := err.(interface{ SQLState() string })
	if !ok {
		return "", false
	}
	for _, name := range []string{"SeverityUnlocalized", "Severity"} {
		if severity := field(err, name); severity.IsValid() && severity.String() == "PANIC" {
			return "57P02", true
		}
	}
	return shows.SQLState(), true
}

func postgres(code string) meaning {
	if len(code) != 5 {
		return other
	}
	if found, ok := postgresCodes[code]; ok {
		return found
	}
	if found, ok := postgresCodes[code[:2]]; ok {
		return found
	}
	return refused
}
