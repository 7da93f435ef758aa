package memory

import "time"

// micro returns t as stores keep it: in UTC, without what is finer than a microsecond.
func micro(t time.Time) time.Time {
	t = t.UTC()
	return t.Add(-time.Duration(t.Nanosecond() % 1000))
}
