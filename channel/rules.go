package channel

import (
	"fmt"
	"slices"
	"time"
)

// Target is what the rules need to know about the message that is acted on. The zero Target stands for no message: somebody
// writes first, or answers in a private conversation without naming one of its messages.
type Target struct {
	Kind      Kind // empty: what [ReplyKind] says for private ones
	Direction Direction
	At        time.Time // the earlier of the network's time and the time it was received
	Summoned  bool      // X: the post mentions or quotes the account
	Answered  bool      // it already has its one private reply
}

// Question is one thing somebody wants to do.
type Question struct {
	Account  Account
	Author   Author // anything but Human counts as a program
	Action   Action
	Message  Target
	Window   Window // of the conversation
	Tag      Tag    // the send tag to be used; empty: none
	Template bool   // it is an approved template
	Now      time.Time
}

// Permits answers a question: nil if the network lets it be done at that instant. Otherwise the error is a [*WindowClosedError],
// which names the window's end and everything that would still be let out, or a [*NotAllowedError], which says why not.
//
// It knows [Reply], [PrivateReply] and [Start]; other actions are not allowed. A window applies to private messages, and there to
// replies and to writing first alike. A send tag is for the time after the window, for people, on accounts that have been granted
// it; a template goes out at any time where the network has templates. On a network that is not among the constants one may
// reply, and write first in private. The network itself has the last word: what Permits lets out may still be refused.
func Permits(q Question) error {
	if q.Message.Kind == "" {
		q.Message.Kind = ReplyKind(q.Account.Network, Private)
	}
	why := forbidden(q)
	if why == "" {
		why = unfit(q)
	}
	if why != "" {
		return &NotAllowedError{Network: q.Account.Network, Kind: q.Message.Kind, Action: q.Action, Why: why}
	}
	if q.Template || q.Window.Open(q.Now) || !windowed(q.Account, q.Message.Kind) {
		return nil
	}
	still := allowances(q)
	if q.Tag != "" && slices.ContainsFunc(still, func(a Allowance) bool { return a.Tag == q.Tag }) {
		return nil
	}
	return &WindowClosedError{Network: q.Account.Network, Ended: q.Window.Ends, Allowed: still}
}

// Verdict is the answer to one of several questions.
type Verdict struct {
	Action Action
	Err    error // as of Permits; nil: it may be done
}

// Permitted asks about every action that the rules know, always in the same order, in place of the question's own: what may be
// done with this message now, and why not the rest.
func Permitted(q Question) []Verdict {
	verdicts := make([]Verdict, len(actions))
	for i, action := range actions {
		q.Action = action
		verdicts[i] = Verdict{action, Permits(q)}
	}
	return verdicts
}

// unfit says why a message may not carry its send tag or be a template, in words; empty: it may.
func unfit(q Question) (why string) {
	switch {
	case q.Tag == "" && !q.Template:
		return ""
	case q.Message.Kind.Visibility() == Public:
		return "only messages of a private conversation carry a send tag or are templates"
	case q.Tag != "" && q.Template:
		return "a message carries a send tag or is a template, not both"
	case q.Template && !late[q.Account.Network].template:
		return "the network has no templates"
	case q.Template:
		return ""
	}
	if why := untaggable(q, q.Tag); why != "" {
		return why
	}
	if q.Window.Open(q.Now) {
		return fmt.Sprintf("the send tag %s is for the time after the window, which is open", q.Tag)
	}
	return ""
}

// untaggable says why the author may not use the tag on the account, whenever it is; empty: it may.
func untaggable(q Question, tag Tag) (why string) {
	l := late[q.Account.Network]
	switch {
	case tag != l.tag:
		return fmt.Sprintf("the network has no send tag %s", tag)
	case q.Author != Human:
		return fmt.Sprintf("the send tag %s is for people, not for programs", tag)
	case !q.Account.Has(l.feature):
		return fmt.Sprintf("the account has not been granted the send tag %s", tag)
	}
	return ""
}

// allowances are what would be let out after the window: a tag as long as it is good, and templates.
func allowances(q Question) []Allowance {
	l := late[q.Account.Network]
	var still []Allowance
	until := q.Window.Opened.Add(l.length)
	if l.tag != "" && untaggable(q, l.tag) == "" && q.Now.Before(until) {
		still = append(still, Allowance{Tag: l.tag, Until: until})
	}
	if l.template {
		still = append(still, Allowance{Template: true})
	}
	return still
}
