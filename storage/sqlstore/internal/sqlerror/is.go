package sqlerror

// Is reports whether an error has a code, as its driver shows it.
func (c Classes) Is(err error, code string) bool {
	have, ok := c.code(err)
	return ok && have == code
}
