package channel

// Network is where a message comes from. A network that is not among the constants is allowed: an adapter may bring its own
// name, in lower case.
type Network string

const (
	Facebook  Network = "facebook" // a Page: posts, comments and Messenger
	Instagram Network = "instagram"
	WhatsApp  Network = "whatsapp"
	X         Network = "x"
	Telegram  Network = "telegram"
	SMS       Network = "sms"
	LinkedIn  Network = "linkedin"
	Email     Network = "email"
	WebChat   Network = "webchat"
)

// shared holds the networks whose addresses are the same for all accounts, with what an address is there.
var shared = map[Network]bool{
	WhatsApp: true, // a phone number, or a user id that is the same for all numbers of one business
	X:        true, // a user id
	Telegram: true, // a user id
	SMS:      true, // a phone number
	LinkedIn: true, // a member's or an organisation's URN
	Email:    true,
	// Facebook and Instagram give a person another id for every Page or professional account; a web chat's visitor is its own.
}

// SharesAddresses reports whether an [Address] of the network names the same person whichever account is used. Where it does not,
// a contact can be answered only from the account it wrote to. An unknown network shares none.
func (n Network) SharesAddresses() bool { return shared[n] }

// Visibility says who can read a message: everybody who sees the post, or only the two sides.
type Visibility string

const (
	Public  Visibility = "public"
	Private Visibility = "private"
)

// Kind is what sort of message it is. Its [Kind.Visibility] belongs to it.
type Kind string

const (
	DirectMessage Kind = "direct_message" // Messenger, Instagram, WhatsApp, X, Telegram, SMS
	ChatMessage   Kind = "chat_message"   // web chat
	EmailMessage  Kind = "email"
	StoryMention  Kind = "story_mention"
	StoryReply    Kind = "story_reply"
	Post          Kind = "post" // a visitor's post on a Page
	Comment       Kind = "comment"
	AdComment     Kind = "ad_comment" // under an ad, dark posts included
	LiveComment   Kind = "live_comment"
	Mention       Kind = "mention"
	PublicReply   Kind = "reply" // an answer to one of our posts
	Quote         Kind = "quote"
)

// kinds holds the visibility of every kind.
var kinds = map[Kind]Visibility{
	DirectMessage: Private, ChatMessage: Private, EmailMessage: Private, StoryMention: Private, StoryReply: Private,
	Post: Public, Comment: Public, AdComment: Public, LiveComment: Public, Mention: Public, PublicReply: Public, Quote: Public,
}

// Visibility of messages of kind k; empty for a kind that does not exist.
func (k Kind) Visibility() Visibility { return kinds[k] }

// Direction of a message, seen from the inbox.
type Direction string

const (
	Incoming Direction = "inbound"  // the contact wrote it
	Outgoing Direction = "outbound" // we wrote it, here or in the network's own app
)

// ReplyKind returns what kind of message an answer is on a network.
func ReplyKind(n Network, v Visibility) Kind {
	switch {
	case n == Email:
		return EmailMessage
	case n == WebChat:
		return ChatMessage
	case v == Private:
		return DirectMessage
	case n == X:
		return PublicReply
	}
	return Comment
}
