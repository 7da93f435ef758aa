package inbox

import (
	"time"

	"github.com/deskwright/deskwright/channel"
)

// Arrival is what is known under a network's id of a message. It outlives the message's content, so that the same id never comes
// in twice.
type Arrival struct {
	Account     channel.AccountID
	ExternalID  string
	Version     int64
	Message     MessageID // zero: only events about it have come so far
	Content     Fingerprint
	Conflicting []Fingerprint // other contents that have come under the id, each logged once
	Early       []EarlyEvent  // what came before the message itself
}

// Fingerprint tells contents apart: kind, sender, text and attachments of a message.
type Fingerprint [16]byte

// EarlyEvent is an edit, deletion, reaction or receipt that came before the message it is about.
type EarlyEvent struct {
	Event    channel.Event      `json:"event"`
	Time     time.Time          `json:"time"`
	Text     string             `json:"text,omitempty"`
	Cut      bool               `json:"cut,omitempty"`
	Attach   []channel.Attached `json:"attach,omitempty"`
	By       string             `json:"by,omitempty"`
	Reaction string             `json:"reaction,omitempty"`
	Removed  bool               `json:"removed,omitempty"`
	Receipt  channel.Receipt    `json:"receipt,omitempty"`
	Problem  string             `json:"problem,omitempty"`
}
