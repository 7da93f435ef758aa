package main

import "time"

// clock is an inbox.Clock that stands where it was set. It belongs to one worker and must not be used by two goroutines at once.
type clock struct{ now time.Time }

func (c *clock) set(t time.Time) { c.now = t }

// Now returns the time that was set.
func (c *clock) Now() time.Time { return c.now }

// After returns a channel on which the time after d already lies: nobody here waits for recorded time.
func (c *clock) After(d time.Duration) <-chan time.Time {
	passed := make(chan time.Time, 1)
	passed <- c.now.Add(d)
	return passed
}
