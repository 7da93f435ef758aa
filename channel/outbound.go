package channel

// Tag is a network's permission to send something outside its messaging window.
type Tag string

// HumanAgentTag is Meta's send tag for answers written by people, up to 7 days after the contact's message.
const HumanAgentTag Tag = "HUMAN_AGENT"

// Template is a message text that the network has approved beforehand.
type Template struct {
	Name     string            `json:"name"`
	Language string            `json:"language"`
	Values   map[string]string `json:"values,omitempty"`
}

// Sending is one message on its way to a network.
type Sending struct {
	Account   Account
	Key       string    // stays the same however often this message is tried: the id of the message
	To        []Address // the same person's: the one that the conversation was begun with
	Thread    string    // as in Inbound
	Kind      Kind
	Text      string
	Attach    []Attached
	ReplyTo   string // the network's id of the message that this one answers; empty: none
	PrivateTo bool   // answers the public message ReplyTo in private
	Tag       Tag
	Template  *Template
}

// Sent is what the network said when it took a message.
type Sent struct {
	ExternalID string // the network's id of the message; empty if it tells none
}
