package audit

import (
	"encoding/hex"
	"fmt"
)

// Hash is a SHA-256 value of the log: of an entry, of a batch, of a tenant's log so far, or a commitment. The
// zero Hash stands where there is nothing yet.
//
// Its text form is 64 hexadecimal digits, written in lower case.
type Hash [32]byte

// IsZero reports whether h is the zero Hash.
func (h Hash) IsZero() bool { return h == Hash{} }

// String returns the text form of h.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// MarshalText returns the text form of h and never an error.
func (h Hash) MarshalText() ([]byte, error) {
	return hex.AppendEncode(make([]byte, 0, hex.EncodedLen(len(h))), h[:]), nil
}

// UnmarshalText sets h to what a text form says. Anything but 64 hexadecimal digits is an error and leaves h as
// it was.
func (h *Hash) UnmarshalText(text []byte) error {
	if len(text) != hex.EncodedLen(len(h)) {
		return fmt.Errorf("audit: a hash has %d hexadecimal digits, not %d", hex.EncodedLen(len(h)), len(text))
	}
	var read Hash
	if _, err := hex.Decode(read[:], text); err != nil {
		return fmt.Errorf("audit: not a hash: %w", err)
	}
	*h = read
	return nil
}
