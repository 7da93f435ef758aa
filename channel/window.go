package channel

import (
	"fmt"
	"strings"
	"time"
)

// Opener is the act of a contact that opens or refreshes a messaging window.
type Opener string

const (
	ByMessage  Opener = "message"  // also the zero value's meaning
	ByAd       Opener = "ad"       // the first message after a click on an ad that leads to a chat
	ByPostback Opener = "postback" // a tap on a button that the network offers in the chat
	ByReaction Opener = "reaction"
	ByCall     Opener = "call"
)

// Window is until when a network lets us answer a contact freely. The zero Window has never been opened; on a network without
// windows it stays so and means nothing. [WindowFor] makes one of an act of the contact.
type Window struct {
	Opened time.Time `json:"opened,omitzero"`  // the contact's latest act that counts
	Ends   time.Time `json:"ends,omitzero"`    // exactly; the latest end that any act has brought
	Opener Opener    `json:"opener,omitempty"` // which act brought that end
}

// Open reports whether the window is open at now. It closes at Ends, not after it.
func (w Window) Open(now time.Time) bool { return now.Before(w.Ends) }

// Extend returns the window after a further act, which opened next: the later end wins, and the later act counts. So a message
// that is delivered late never shortens a window or moves it back, and the order in which acts are told makes no difference.
func (w Window) Extend(next Window) Window {
	if next.Ends.After(w.Ends) {
		w.Ends, w.Opener = next.Ends, next.Opener
	}
	if next.Opened.After(w.Opened) {
		w.Opened = next.Opened
	}
	return w
}

// WindowClosedError says that a network's messaging window does not let this message out, and what still would.
type WindowClosedError struct {
	Network Network
	Ended   time.Time // when the window ended; zero: it was never opened
	Allowed []Allowance
}

// Allowance is something that a network still accepts outside its window.
type Allowance struct {
	Tag      Tag       // send it with this tag ...
	Template bool      // ... or as an approved template
	Until    time.Time // zero: no end
}

// Error names the end and what is still allowed.
func (e *WindowClosedError) Error() string {
	var b strings.Builder
	if e.Ended.IsZero() {
		fmt.Fprintf(&b, "channel: the messaging window of %s was never opened", e.Network)
	} else {
		fmt.Fprintf(&b, "channel: the messaging window of %s ended at %s", e.Network, e.Ended.Format(time.RFC3339))
	}
	for i, a := range e.Allowed {
		b.WriteString([]string{"; allowed: ", ", "}[min(i, 1)])
		if a.Template {
			b.WriteString("a template")
		} else {
			fmt.Fprintf(&b, "tag %s", a.Tag)
		}
		if !a.Until.IsZero() {
			fmt.Fprintf(&b, " until %s", a.Until.Format(time.RFC3339))
		}
	}
	return b.String()
}

// NotAllowedError says that a network does not offer an action for messages of a kind, or not for this one, and why.
type NotAllowedError struct {
	Network Network
	Kind    Kind
	Action  Action
	Why     string
}

// Error says what is not allowed, and why.
func (e *NotAllowedError) Error() string {
	return fmt.Sprintf("channel: %s does not allow %s on %s: %s", e.Network, e.Action, e.Kind, e.Why)
}
