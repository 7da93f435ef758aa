package sqlerror

var postgresCodes = map[string]meaning{
	"40001": busy, "40P01": busy, "55P03": busy, "57P01": lost, "57P02": lost, "57P03": lost,
	"23505": conflict, "22001": invalid, "22003": invalid, "22021": invalid, "22P02": invalid, "22P05": invalid, "23502": invalid,
	"53100": full, "25006": full, "42501": full,
}
