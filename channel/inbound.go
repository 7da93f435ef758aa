package channel

import "time"

// Event is what an [Inbound] tells.
type Event string

const (
	MessageEvent  Event = "message"  // the contact wrote
	EchoEvent     Event = "echo"     // somebody answered the contact in the network's own app
	EditEvent     Event = "edit"     // the text of About was changed by its author
	DeleteEvent   Event = "delete"   // About was taken back by its author or removed by the network
	ReactionEvent Event = "reaction" // From put or took back a reaction on About
	ReceiptEvent  Event = "receipt"  // what became of About, one of our own messages
)

// MaxText is the longest text of a message in bytes. A longer inbound text is cut there and marked; a longer outbound one is
// refused.
const MaxText = 256 << 10

// Inbound is one thing that an adapter reports about an account. Identifiers are taken byte for byte: they must be valid UTF-8
// without NUL and at most 512 bytes long. Text may be anything; it is normalised when it is received.
type Inbound struct {
	Account    AccountKey
	Event      Event      // empty: MessageEvent
	ExternalID string     // the network's id of the message; required for messages and echoes, ignored otherwise
	About      string     // the network's id of the message that an edit, deletion, reaction or receipt is about
	ReplyTo    string     // the network's id of the message that this one answers
	From       Person     // the contact: who wrote a message, to whom an echo was sent, who reacted
	Thread     string     // what separates this contact's conversations on the account: a post, an e-mail thread, a ticket; usually empty
	Kind       Kind       // of a message or echo
	Text       string     // of a message, echo or edit
	Attach     []Attached // of a message, echo or edit
	Permalink  string     // of a public message
	Paid       bool       // it stands under an ad
	Summoned   bool       // X: the post mentions or quotes the account
	Opener     Opener     // which act of the contact a message was; empty: writing it
	Time       time.Time  // the network's own time of the event; zero: not told
	Reaction   string     // of a reaction: the emoji or the network's name for it
	Removed    bool       // of a reaction: it was taken back
	Receipt    Receipt    // of a receipt
	Problem    string     // of a receipt with Failed: the network's code or reason
}

// Person is the contact as an adapter sees it. Addresses are the same person's, the most stable one first; at least one is needed
// for messages and echoes. An empty network of an address means the account's.
type Person struct {
	Addresses  []Address
	Name       string
	Attributes map[string]string // what the network tells about the person, by alias
}

// Attached is one attachment by reference. The library stores what it is and where it is, not its bytes.
type Attached struct {
	ID   string `json:"id,omitempty"`   // the network's id of it
	Kind string `json:"kind"`           // image, video, audio, file, sticker, location, or the network's own word
	Name string `json:"name,omitempty"` // file name
	Type string `json:"type,omitempty"` // media type
	URL  string `json:"url,omitempty"`
	Size int64  `json:"size,omitempty"` // bytes; 0: not told
}

// Receipt is what a network says became of a message of ours.
type Receipt string

const (
	Delivered Receipt = "delivered"
	Read      Receipt = "read"
	Failed    Receipt = "failed"
)
