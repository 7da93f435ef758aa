package channel

import (
	"fmt"
	"slices"
	"time"
)

// row says what can be done with messages of some kinds. Windows come on top.
type row struct {
	kinds []Kind
	can   can
}

// can has the actions that are offered, each on a condition.
type can map[Action]condition

// condition says why what is asked for may not be done, in words; empty: it may.
type condition func(Question) (why string)

// actions are those that the table has, in the order of [Permitted].
var actions = []Action{Reply, PrivateReply, Start}

// matrix is the table of what can be done. A kind without a row does not occur on that network.
var matrix = map[Network][]row{
	Facebook: {
		// "Object Comments" (Graph API v26.0), 2026-11-22; "Private Replies" (Messenger Platform), 2026-04-16. Comments on a live
		// video come as ordinary ones.
		{[]Kind{Post, Comment, AdComment}, can{Reply: freely, PrivateReply: onceWithinWeek}},

		// "Send a Message" (Messenger Platform), 2026-05-05.
		{[]Kind{DirectMessage}, can{Reply: freely, Start: freely}},
	},
	Instagram: {
		// "Comment Moderation" (Instagram Platform), 2026-11-22; "Send a Private Reply to a Commenter" (same), 2026-06-30.
		{[]Kind{Comment, AdComment}, can{Reply: freely, PrivateReply: onceWithinWeek}},

		// "Private Replies" (Instagram Messaging), 2026-07-02: only while the broadcast lasts, and its end is known to the network
		// alone; a week is no more than an outer bound. That there is no public answer is common knowledge, not checked again.
		{[]Kind{LiveComment}, can{
			Reply:        never("comments on a broadcast can only be answered in private"),
			PrivateReply: onceWithinWeek,
		}},

		// "IG User Mentions" (Instagram Platform), common knowledge, not checked again.
		{[]Kind{Mention}, can{Reply: freely}},

		// "Send a Message" (Messenger Platform), 2026-05-05. A mention in a story and an answer to one are direct messages.
		{[]Kind{DirectMessage, StoryMention, StoryReply}, can{Reply: freely, Start: freely}},
	},
	WhatsApp: {
		// "Send messages" (WhatsApp Cloud API), 2026-05-21.
		{[]Kind{DirectMessage}, can{Reply: freely, Start: freely}},
	},
	X: {
		// "Changelog" (X API), entry of 2026-02-23.
		{[]Kind{Mention, PublicReply, Quote}, can{Reply: whenSummoned}},

		// "Manage Direct Messages" (X API), 2026-08-22. From whom people take messages is a setting of theirs.
		{[]Kind{DirectMessage}, can{Reply: freely, Start: freely}},
	},
	Telegram: {
		// "Telegram Bot API" 10.1, 2026-06-11. That bots cannot write first is common knowledge, not checked again.
		{[]Kind{DirectMessage}, can{Reply: freely, Start: notByBots}},
	},
	SMS: {
		// "Messages resource" (Twilio), 2026-11-22.
		{[]Kind{DirectMessage}, can{Reply: freely, Start: freely}},
	},
	LinkedIn: {
		// "Comments API" (LinkedIn), 2026-11-22.
		{[]Kind{Comment}, can{Reply: freely}},

		// "Messages API" (LinkedIn), 2026-11-22: for approved partners; a message follows an act of the member's own and is never
		// automatic.
		{[]Kind{DirectMessage}, can{
			Reply: byPeople,
			Start: never("a message must follow an act of the member's own"),
		}},
	},

	// Mail and a page of one's own have no vendor's rules.
	Email:   {{[]Kind{EmailMessage}, can{Reply: freely, Start: freely}}},
	WebChat: {{[]Kind{ChatMessage}, can{Reply: freely, Start: freely}}},
}

// custom holds for every network that is not in the table: it is for the adapter to say what such a network refuses.
var custom = []row{
	{[]Kind{Post, Comment, AdComment, LiveComment, Mention, PublicReply, Quote}, can{Reply: freely}},
	{[]Kind{DirectMessage, ChatMessage, EmailMessage, StoryMention, StoryReply}, can{Reply: freely, Start: freely}},
}

// forbidden finds the condition of what is asked for and applies it; empty: it may be done, as far as windows let it.
func forbidden(q Question) (why string) {
	rows, known := matrix[q.Account.Network]
	if !known {
		rows = custom
	}
	kind := q.Message.Kind
	at := slices.IndexFunc(rows, func(r row) bool { return slices.Contains(r.kinds, kind) })
	switch {
	case !slices.Contains(actions, q.Action):
		return "the table has no such action"
	case kind.Visibility() == "":
		return "there is no such kind of message"
	case at < 0:
		return "the network has no such messages"
	}
	condition, offered := rows[at].can[q.Action]
	if !offered {
		return missing(q.Action, kind)
	}
	return condition(q)
}

// missing says why an action is not offered.
func missing(action Action, kind Kind) string {
	switch {
	case action == PrivateReply && kind.Visibility() == Private:
		return "it is private already"
	case action == Start && kind.Visibility() == Public:
		return "one writes first in private"
	}
	return "the network does not offer it"
}

func freely(Question) string { return "" }

func never(why string) condition { return func(Question) string { return why } }

func byPeople(q Question) string {
	if q.Author != Human {
		return "only people may answer, never a program"
	}
	return ""
}

func notByBots(q Question) string {
	if !q.Account.Has(TelegramBusiness) {
		return "a bot cannot write first"
	}
	return ""
}

// whenSummoned: others' posts can be answered only if they mention or quote the account. Our own ones belong to us.
func whenSummoned(q Question) string {
	if q.Account.Plan == Enterprise || q.Message.Summoned || q.Message.Direction == Outgoing {
		return ""
	}
	return "on the account's plan only posts that mention or quote it can be answered"
}

// onceWithinWeek: one private reply, less than 7 days after the message.
func onceWithinWeek(q Question) string {
	ends := q.Message.At.Add(week)
	switch {
	case q.Message.Direction == Outgoing:
		return "it is our own message"
	case q.Message.Answered:
		return "it has had its one private reply"
	case !q.Now.Before(ends):
		return fmt.Sprintf("it could have a private reply for 7 days, until %s", ends.Format(time.RFC3339))
	}
	return ""
}
