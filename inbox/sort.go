package inbox

import (
	"bytes"
	"time"
)

// Sort is an order of conversations. Every order is total: equal times are ordered by id.
type Sort string

const (
	Newest         Sort = "newest"          // the newest message first; also the zero value's meaning
	Oldest         Sort = "oldest"          // the oldest newest message first
	LongestWaiting Sort = "longest_waiting" // by WaitingSince; those that do not wait come last
	Deadline       Sort = "deadline"        // by Due; those without come last
)

// never is later than every time that is stored.
var never = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)

// Place returns where the conversation stands in the order.
func (s Sort) Place(c *Conversation) Place {
	at := c.Last.At
	switch s {
	case LongestWaiting:
		if at = c.WaitingSince; c.AnsweredBy != (MessageID{}) {
			at = time.Time{} // answered: it keeps the time, but nobody waits
		}
	case Deadline:
		at = c.Due
	default:
		if at.IsZero() {
			at = c.Created
		}
	}
	if at.IsZero() {
		at = never
	}
	return Place{At: at, ID: c.ID}
}

// Compare orders two places as the sort does.
func (s Sort) Compare(a, b Place) int {
	c := a.At.Compare(b.At)
	if c == 0 {
		c = bytes.Compare(a.ID.UUID[:], b.ID.UUID[:])
	}
	if s == Newest || s == "" {
		return -c
	}
	return c
}
