package sqlerror

// Is reports whether an error has a code, as its driver shows it.
func (c Classes) Is(err error, code string) bool {
	have, ok := c.code(err)
	return ok && have == code
}

// Refused reports whether a database has answered with an error that has no meaning here: it has not understood what was asked.
func (c Classes) Refused(err error) bool {
	found := c.classOf(err)
	return found == other || found == refused
}
