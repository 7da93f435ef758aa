package inbox

import (
	"context"
	"time"
)

// Clock is where the engine learns the time. The mock clocks of well-known packages satisfy it as they are.
type Clock interface {
	Now() time.Time
	After(time.Duration) <-chan time.Time
}

// systemClock is the clock of the machine.
type systemClock struct{}

func (systemClock) Now() time.Time                         { return time.Now() }
func (systemClock) After(d time.Duration) <-chan time.Time { return time.After(d) }

// instant returns t as it is stored: UTC, to the microsecond.
func instant(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// wait pauses for d or until ctx ends.
func wait(ctx context.Context, c Clock, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-c.After(d):
		return nil
	}
}
