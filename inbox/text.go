package inbox

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/deskwright/deskwright/channel"
)

// The longest texts of their kinds, in bytes.
const (
	maxIdentifier = 512
	maxProblem    = 1 << 10
	maxURL        = 8 << 10 // signed ones are long
)

// The most of their kinds.
const (
	maxAttached   = 100  // attachments of a message
	maxAttributes = 100  // attributes that one arrival may tell
	maxReactions  = 1000 // reactions that a message keeps, those that were taken back included
)

// cleaned returns text as every store keeps it: valid UTF-8 without NUL. Bytes that are not UTF-8, lone surrogates among them,
// become U+FFFD.
func cleaned(text string) string {
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "\uFFFD")
	}
	if strings.IndexByte(text, 0) >= 0 {
		text = strings.ReplaceAll(text, "\x00", "")
	}
	return text
}

// shortened cuts text at the last whole character within max bytes and reports whether it had to.
func shortened(text string, max int) (string, bool) {
	if len(text) <= max {
		return text, false
	}
	for max > 0 && !utf8.RuneStart(text[max]) {
		max--
	}
	return text[:max], true
}

// received is the text of an inbound message: cleaned, and cut where it is too long.
func received(text string) (string, bool) { return shortened(cleaned(text), channel.MaxText) }

// written is the text of something people write: cleaned, and refused where it is empty or too long.
func written(field, text string) (string, error) {
	text = cleaned(text)
	switch {
	case strings.TrimSpace(text) == "":
		return "", &InputError{Field: field, Problem: "is empty"}
	case len(text) > channel.MaxText:
		return "", &InputError{Field: field, Problem: "is longer than channel.MaxText"}
	}
	return text, nil
}

// preview is what lists show of a text.
func preview(text string) string {
	short, _ := shortened(text, 120)
	return short
}

// identifier refuses what would have to be changed before it could be stored.
func identifier(field, id string, optional bool) error {
	switch {
	case id == "" && !optional:
		return &InputError{Field: field, Problem: "is empty"}
	case len(id) > maxIdentifier:
		return &InputError{Field: field, Problem: "is longer than 512 bytes"}
	case !utf8.ValidString(id):
		return &InputError{Field: field, Problem: "is not valid UTF-8"}
	case strings.IndexByte(id, 0) >= 0:
		return &InputError{Field: field, Problem: "contains NUL"}
	}
	return nil
}

// storable refuses times that not every store can keep. The zero time is one.
func storable(field string, t time.Time) error {
	if y := t.UTC().Year(); y < 1 || y > 9998 {
		return &InputError{Field: field, Problem: "is not in the years 1 to 9998"}
	}
	return nil
}
