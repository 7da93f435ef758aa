package sqlerror_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/deskwright/deskwright/storage"
	"github.com/deskwright/deskwright/storage/sqlstore/internal/sqlerror"
)

// Errors of the shapes that the drivers of servers have: what is no code in them looks like one.
type (
	postgresError struct {
		Severity, SeverityUnlocalized, Code string
		Position                            int32
		Line                                int32
	}
	mysqlError struct {
		Number   uint16
		SQLState [5]byte
		Message  string
	}
)

func (e *postgresError) Error() string    { return e.Severity + " " + e.Code }
func (e *postgresError) SQLState() string { return e.Code }
func (e *mysqlError) Error() string       { return fmt.Sprint(e.Number, e.Message) }

func ofPostgres(code string) error {
	return &postgresError{Severity: "FEHLER", SeverityUnlocalized: "ERROR", Code: code, Position: 23505, Line: 40001}
}

func ofMySQL(number uint16) error {
	return &mysqlError{Number: number, SQLState: [5]byte([]byte("23505")), Message: "Duplicate entry (1062)"}
}

// fates are what an error means to a read, and to what commits; nil: none of ours.
type fates struct{ read, committed error }

var (
	retried   = fates{storage.ErrBusy, storage.ErrBusy}
	unknown   = fates{storage.ErrBusy, storage.ErrUnknown}
	taken     = fates{storage.ErrConflict, storage.ErrConflict}
	senseless = fates{storage.ErrInvalid, storage.ErrInvalid}
	refused   = fates{storage.ErrReadOnly, storage.ErrReadOnly}
	halfway   = fates{storage.ErrReadOnly, storage.ErrUnknown}
	failed    = fates{}
	obscure   = fates{nil, storage.ErrUnknown}
)

func TestErrorsOfPostgreSQLMeanWhatTheirStatesSay(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		fates
		codes []string
	}{
		{retried, []string{"40001", "40P01", "55P03", "53200", "53300", "57014", "57P03"}},
		{unknown, []string{"08000", "08003", "08006", "08007", "08P01", "57P01", "57P02", "57P04", "57P05", "25P03", "40003"}},
		{taken, []string{"23505"}},
		{senseless, []string{
			"22001", "22003", "22007", "22008", "22021", "22030", "22032", "22P02", "22P03", "22P05", "23502", "23514", "54000",
		}},
		{refused, []string{"25006", "42501", "53100"}},
		{failed, []string{
			"23000", "23503", "23P01", "40000", "40002", "42P01", "42601", "42P07", "42710", "25P02", "26000", "0A000", "22012", "2BP01",
			"53400", "55006", "57000", "58030", "28P01", "3D000", "XX000", "P0001", "99999",
		}},
		{obscure, []string{"", "2350", "235055", "23505 "}},
	} {
		for _, code := range test.codes {
			sorted(t, sqlerror.Postgres, ofPostgres(code), test.read, test.committed)
			sorted(t, sqlerror.Postgres, fmt.Errorf("traced: %w", ofPostgres(code)), test.read, test.committed)
		}
	}
	sorted(t, sqlerror.Postgres, ofMySQL(1062), nil, storage.ErrUnknown)
	sorted(t, sqlerror.Postgres, withMethod{2067}, nil, storage.ErrUnknown)
}

func TestAServerThatPanickedMayHaveCommitted(t *testing.T) {
	t.Parallel()
	for _, err := range []error{
		&postgresError{Severity: "PANIK", SeverityUnlocalized: "PANIC", Code: "53100"},
		&postgresError{Severity: "PANIC", Code: "XX000"},
	} {
		sorted(t, sqlerror.Postgres, err, storage.ErrBusy, storage.ErrUnknown)
	}
}

func TestErrorsOfMySQLMeanWhatTheirNumbersSay(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		fates
		numbers []uint16
	}{
		{retried, []uint16{
			1020, 1037, 1040, 1041, 1042, 1043, 1135, 1203, 1205, 1206, 1213, 1226, 1412, 1615, 1637, 1689, 3015, 3572,
		}},
		{unknown, []uint16{
			1047, 1053, 1077, 1080, 1152, 1158, 1159, 1160, 1161, 1184, 1317, 1927, 1969, 2006, 2013, 3024, 3169,
		}},
		{taken, []uint16{1062, 1586}},
		{senseless, []uint16{
			1048, 1153, 1264, 1265, 1292, 1300, 1366, 1406, 1441, 1690, 1977, 3140, 3819, 3854, 4025,
		}},
		{refused, []uint16{1021, 1114, 1142, 1143, 1290, 1792, 1836, 1874}},
		{halfway, []uint16{1026, 1030, 1180}},
		{failed, []uint16{1022, 1044, 1045, 1049, 1050, 1061, 1064, 1146, 1169, 1216, 1364, 1451, 1452, 1761, 1859, 4019, 65535}},
		{obscure, []uint16{0, 1105}},
	} {
		for _, number := range test.numbers {
			sorted(t, sqlerror.MySQL, ofMySQL(number), test.read, test.committed)
			sorted(t, sqlerror.MySQL, fmt.Errorf("traced: %w", ofMySQL(number)), test.read, test.committed)
		}
	}
	sorted(t, sqlerror.MySQL, ofPostgres("23505"), nil, storage.ErrUnknown)
	sorted(t, sqlerror.MySQL, withMethod{1062}, nil, storage.ErrUnknown)
}

func TestTheHostReadsTheCodesOfADriverForAServer(t *testing.T) {
	t.Parallel()
	ours := errors.New("ours")
	for _, test := range []struct {
		dialect sqlerror.Dialect
		code    string
		want    error
	}{
		{sqlerror.Postgres, "23505", storage.ErrConflict},
		{sqlerror.Postgres, "1062", nil},
		{sqlerror.MySQL, "1062", storage.ErrConflict},
		{sqlerror.MySQL, "23505", nil},
		{sqlerror.MySQL, "duplicate", nil},
	} {
		classes := sqlerror.Classes{Dialect: test.dialect, Code: func(error) (string, bool) { return test.code, true }}
		means(t, test.code, classes.Wrap("read", ours), ours, test.want)
	}
}
