package sqlerror

import "strconv"

// mysqlCodes is what the numbers of the errors of MySQL and MariaDB mean.
var mysqlCodes = map[string]meaning{
	"1020": busy, // CHECKREAD: it changed since the snapshot was taken
	"1037": busy, // OUTOFMEMORY
	"1040": busy, // CON_COUNT_ERROR: too many connections, nothing was sent yet
	"1041": busy, // OUT_OF_RESOURCES
	"1042": busy, // BAD_HOST_ERROR: nothing was sent yet
	"1043": busy, // HANDSHAKE_ERROR: nothing was sent yet
	"1135": busy, // CANT_CREATE_THREAD: nothing was sent yet
	"1203": busy, // TOO_MANY_USER_CONNECTIONS: nothing was sent yet
	"1205": busy, // LOCK_WAIT_TIMEOUT
	"1206": busy, // LOCK_TABLE_FULL
	"1213": busy, // LOCK_DEADLOCK, and a cluster where another node was faster
	"1226": busy, // USER_LIMIT_REACHED
	"1412": busy, // TABLE_DEF_CHANGED: the snapshot is older than the table
	"1615": busy, // NEED_REPREPARE
	"1637": busy, // TOO_MANY_CONCURRENT_TRXS
	"1689": busy, // LOCK_ABORTED
	"3015": busy, // ENGINE_OUT_OF_MEMORY
	"3572": busy, // LOCK_NOWAIT

	"1047": lost, // UNKNOWN_COM_ERROR: a node that is not in its cluster
	"1053": lost, // SERVER_SHUTDOWN
	"1077": lost, // NORMAL_SHUTDOWN
	"1080": lost, // FORCING_CLOSE
	"1152": lost, // ABORTING_CONNECTION
	"1158": lost, // NET_READ_ERROR
	"1159": lost, // NET_READ_INTERRUPTED
	"1160": lost, // NET_ERROR_ON_WRITE
	"1161": lost, // NET_WRITE_INTERRUPTED
	"1184": lost, // NEW_ABORTING_CONNECTION
	"1317": lost, // QUERY_INTERRUPTED: the connection stays, but a kill may meet the end of a commit
	"1927": lost, // CONNECTION_KILLED
	"1969": lost, // STATEMENT_TIMEOUT, as 1317
	"2006": lost, // what clients and proxies call a server that is gone
	"2013": lost, // and one that goes
	"3024": lost, // QUERY_TIMEOUT, as 1317
	"3169": lost, // SESSION_WAS_KILLED

	"1062": conflict, // DUP_ENTRY
	"1586": conflict, // DUP_ENTRY_WITH_KEY_NAME

	"1048": invalid, // BAD_NULL_ERROR
	"1153": invalid, // NET_PACKET_TOO_LARGE
	"1264": invalid, // WARN_DATA_OUT_OF_RANGE
	"1265": invalid, // WARN_DATA_TRUNCATED
	"1292": invalid, // TRUNCATED_WRONG_VALUE
	"1300": invalid, // INVALID_CHARACTER_STRING
	"1366": invalid, // TRUNCATED_WRONG_VALUE_FOR_FIELD
	"1406": invalid, // DATA_TOO_LONG
	"1441": invalid, // DATETIME_FUNCTION_OVERFLOW
	"1690": invalid, // DATA_OUT_OF_RANGE
	"1977": invalid, // CANNOT_CONVERT_CHARACTER
	"3140": invalid, // INVALID_JSON_TEXT
	"3819": invalid, // CHECK_CONSTRAINT_VIOLATED
	"3854": invalid, // CANNOT_CONVERT_STRING
	"4025": invalid, // CONSTRAINT_FAILED

	"1021": full, // DISK_FULL
	"1114": full, // RECORD_FILE_FULL
	"1142": full, // TABLEACCESS_DENIED_ERROR
	"1143": full, // COLUMNACCESS_DENIED_ERROR
	"1290": full, // OPTION_PREVENTS_STATEMENT: read_only
	"1792": full, // CANT_EXECUTE_IN_READ_ONLY_TRANSACTION
	"1836": full, // READ_ONLY_MODE
	"1874": full, // INNODB_READ_ONLY

	"1026": broken, // ERROR_ON_WRITE
	"1030": broken, // GET_ERRNO: what the storage engine has no other number for
	"1180": broken, // ERROR_DURING_COMMIT

	"1105": other, // UNKNOWN_ERROR: proxies say it of anything
}

// mysqlCode reads a code where github.com/go-sql-driver/mysql has it.
func mysqlCode(err error) (string, bool) { return number(err, "Number") }

func mysql(code string) meaning {
	if found, ok := mysqlCodes[code]; ok {
		return found
	}
	if _, err := strconv.ParseUint(code, 10, 16); err != nil {
		return other
	}
	return refused
}
