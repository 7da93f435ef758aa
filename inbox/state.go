package inbox

import "fmt"

// State is which of the three queues a conversation is in.
type State uint8

const (
	StateNone     State = iota // there is no conversation yet
	StateNew                   // somebody must look at it
	StatePending               // it waits for the contact
	StateResolved              // it has ended
)

var stateTexts = [...]string{"none", "new", "pending", "resolved"}

// String returns "new", "pending" or "resolved"; "none" for StateNone.
func (s State) String() string {
	if int(s) < len(stateTexts) {
		return stateTexts[s]
	}
	return fmt.Sprintf("state(%d)", uint8(s))
}

// MarshalText writes what String returns.
func (s State) MarshalText() ([]byte, error) {
	if int(s) >= len(stateTexts) {
		return nil, &InputError{Field: "state", Problem: "does not exist"}
	}
	return []byte(stateTexts[s]), nil
}

// UnmarshalText reads "new", "pending", "resolved" or "none".
func (s *State) UnmarshalText(b []byte) error {
	for i, text := range stateTexts {
		if text == string(b) {
			*s = State(i)
			return nil
		}
	}
	return &InputError{Field: "state", Problem: "must be new, pending or resolved"}
}
