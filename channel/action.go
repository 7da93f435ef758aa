package channel

// Action is something that can be done with a message or its author on a network.
type Action string

const (
	Reply        Action = "reply"
	PrivateReply Action = "private_reply" // answer a public message in private
	Like         Action = "like"
	React        Action = "react"
	QuotePost    Action = "quote"
	Repost       Action = "repost"
	Hide         Action = "hide"
	Delete       Action = "delete"
	Edit         Action = "edit"
	Follow       Action = "follow"
	Block        Action = "block"
	Start        Action = "start" // write first
)

// Author is what kind of author acts: some networks let people do what they refuse to programs.
type Author string

const (
	Human     Author = "human"
	Automated Author = "automated" // bots, automations, the system
)
