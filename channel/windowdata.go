package channel

import (
	"slices"
	"time"
)

const (
	day  = 24 * time.Hour
	week = 7 * day
)

// opening is a row of the table of windows: on messages of these kinds, these acts of a contact open a window of this length.
type opening struct {
	network Network
	kinds   []Kind
	acts    []Opener
	feature Feature // only on accounts that have it; empty: on all
	length  time.Duration
}

// openings is the table of windows. What is not in it opens none.
var openings = []opening{
	// "Messenger Platform and IG Messaging API policy", 2026-09-28. Its full list of acts was not to be had; reactions are from an
	// earlier edition of that page.
	{Facebook, []Kind{DirectMessage}, []Opener{ByMessage, ByPostback, ByReaction}, "", day},

	// The same page, 2026-09-28: up to 7 days from the first message after an ad. The network does not tell which length it
	// grants, so this is the longest one; an adapter that is not sure reports an ordinary message.
	{Facebook, []Kind{DirectMessage}, []Opener{ByAd}, "", week},

	// The same page, 2026-09-28, which covers both networks. A mention in a story and an answer to one are direct messages.
	{Instagram, []Kind{DirectMessage, StoryMention, StoryReply}, []Opener{ByMessage, ByPostback}, "", day},

	// The same page, 2026-09-28.
	{Instagram, []Kind{DirectMessage}, []Opener{ByAd}, "", week},

	// "Send messages" (WhatsApp Cloud API), 2026-05-21. A tapped button is a message. The longer term after an ad is about prices
	// ("Pricing on WhatsApp: non-template messages", 2026-09-11), not about what may be sent.
	{WhatsApp, []Kind{DirectMessage}, []Opener{ByMessage, ByPostback, ByAd, ByCall}, "", day},

	// "Telegram Bot API" 10.1, BusinessBotRights.can_reply, 2026-06-11.
	{Telegram, []Kind{DirectMessage}, []Opener{ByMessage}, TelegramBusiness, day},
}

// lateness is what a network accepts outside its window.
type lateness struct {
	tag      Tag           // a send tag, used by people; empty: none
	feature  Feature       // that the account needs for the tag
	length   time.Duration // how long after the contact's act the tag is good
	template bool          // approved templates, at any time
}

// late is the table of what is accepted outside a window, and of what tags and templates exist at all.
var late = map[Network]lateness{
	// The tag: "Messenger Platform and IG Messaging API policy", 2026-09-28. That programs may not use it, and nobody inside the
	// window, is how integrators read that page, 2026-09. The other tags were withdrawn on 2026-04-27.
	// Templates: "Utility messages" (Messenger Platform), 2026-03-13.
	Facebook: {tag: HumanAgentTag, feature: HumanAgent, length: week, template: true},

	// The same policy page, 2026-09-28. Utility messages are not offered here.
	Instagram: {tag: HumanAgentTag, feature: HumanAgent, length: week},

	// "Send messages" (WhatsApp Cloud API), 2026-05-21.
	WhatsApp: {template: true},
}

// WindowFor returns the window that a contact's act opens at the instant at on a message of the kind: how long it is depends on
// the act. It is the zero Window where that act opens none, and on networks and kinds without windows: public messages, e-mail,
// web chat, SMS, direct messages on X and LinkedIn, Telegram bots, and networks that are not among the constants.
func WindowFor(account Account, kind Kind, opener Opener, at time.Time) Window {
	if opener == "" {
		opener = ByMessage
	}
	for _, o := range openings {
		if o.covers(account, kind) && slices.Contains(o.acts, opener) {
			return Window{Opened: at, Ends: at.Add(o.length), Opener: opener}
		}
	}
	return Window{}
}

func (o opening) covers(account Account, kind Kind) bool {
	return o.network == account.Network && slices.Contains(o.kinds, kind) && (o.feature == "" || account.Has(o.feature))
}

// windowed reports whether messages of the kind go out through a window at all.
func windowed(account Account, kind Kind) bool {
	return slices.ContainsFunc(openings, func(o opening) bool { return o.covers(account, kind) })
}
