package channel_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/deskwright/deskwright/channel"
)

// A contact wrote on Messenger on Monday at nine. On Wednesday an ordinary answer is too late, but not every answer.
func ExamplePermits() {
	page := channel.Account{
		AccountKey: channel.AccountKey{Network: channel.Facebook, ExternalID: "1012"},
		Features:   []channel.Feature{channel.HumanAgent},
	}
	monday := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	question := channel.Question{
		Account: page,
		Author:  channel.Human,
		Action:  channel.Reply,
		Message: channel.Target{Kind: channel.DirectMessage, Direction: channel.Incoming, At: monday},
		Window:  channel.WindowFor(page, channel.DirectMessage, channel.ByMessage, monday),
		Now:     monday.Add(48 * time.Hour),
	}

	err := channel.Permits(question)
	fmt.Println(err)

	var closed *channel.WindowClosedError
	if errors.As(err, &closed) {
		question.Tag = closed.Allowed[0].Tag
		fmt.Println("with the tag:", channel.Permits(question))
	}

	question.Author = channel.Automated
	fmt.Println("by a bot:", channel.Permits(question))
	// Output:
	// channel: the messaging window of facebook ended at 2026-11-24T09:00:00Z; allowed: tag HUMAN_AGENT until 2026-11-30T09:00:00Z, a template
	// with the tag: <nil>
	// by a bot: channel: facebook does not allow reply on direct_message: the send tag HUMAN_AGENT is for people, not for programs
}

// Which buttons does a page draw under a comment on Instagram that has had its private reply?
func ExamplePermitted() {
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	verdicts := channel.Permitted(channel.Question{
		Account: channel.Account{AccountKey: channel.AccountKey{Network: channel.Instagram, ExternalID: "1784"}},
		Author:  channel.Human,
		Message: channel.Target{Kind: channel.Comment, Direction: channel.Incoming, At: now.Add(-time.Hour), Answered: true},
		Now:     now,
	})
	for _, v := range verdicts {
		var not *channel.NotAllowedError
		if errors.As(v.Err, &not) {
			fmt.Printf("%s: no, %s\n", v.Action, not.Why)
		} else {
			fmt.Printf("%s: yes\n", v.Action)
		}
	}
	// Output:
	// reply: yes
	// private_reply: no, it has had its one private reply
	// start: no, one writes first in private
}

// A message opens the window for 24 hours, a call in the evening moves its end, and a message that is delivered late changes
// nothing.
func ExampleWindow() {
	number := channel.Account{AccountKey: channel.AccountKey{Network: channel.WhatsApp, ExternalID: "1055"}}
	noon := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

	window := channel.WindowFor(number, channel.DirectMessage, channel.ByMessage, noon)
	fmt.Println(window.Ends, window.Opener)

	window = window.Extend(channel.WindowFor(number, channel.DirectMessage, channel.ByCall, noon.Add(7*time.Hour)))
	window = window.Extend(channel.WindowFor(number, channel.DirectMessage, channel.ByMessage, noon.Add(-time.Hour)))
	fmt.Println(window.Ends, window.Opener)

	fmt.Println(window.Open(window.Ends.Add(-time.Microsecond)), window.Open(window.Ends))
	// Output:
	// 2026-11-26 12:00:00 +0000 UTC message
	// 2026-11-26 19:00:00 +0000 UTC call
	// true false
}
