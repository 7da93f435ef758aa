package memory

import "time"

// micro returns t as stores keep it: in UTC, without what is finer than a microsecond.
func micro(t time.Time) time.Time {
	t = t.UTC()
	if finer := t.Nanosecond() % 1000; finer != 0 {
		t = t.Add(-time.Duration(finer))
	}
	return t
}
