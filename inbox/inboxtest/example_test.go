package inboxtest_test

import (
	"testing"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/inbox/inboxtest"
	"github.com/deskwright/deskwright/storage/memory"
)

func Example() {
	test := func(t *testing.T) {
		h := inboxtest.New(t, memory.New(), clock.NewMock(), nil)
		c := h.ContactWrites("Kim", "Where is my parcel?").Conversation
		h.WantState(c, inbox.StateNew)
		h.AgentReplies("Ann", c, "On its way.")
		h.WantState(c, inbox.StatePending)
		h.WantAgent(c, "Ann")
		h.Advance(time.Minute)
		h.WantSent("On its way.")
	}
	_ = test // a test of yours
}

func TestAConversationIsPlayedFromTheFirstMessageToTheEnd(t *testing.T) {
	h := inboxtest.New(t, memory.New(), clock.NewMock(), nil)
	c := h.ContactWrites("Kim", "Where is my parcel?").Conversation
	h.WantState(c, inbox.StateNew)
	h.WantAgent(c, "")
	h.AgentReplies("Ann", c, "On its way.")
	h.WantState(c, inbox.StatePending)
	h.WantAgent(c, "Ann")
	h.Advance(time.Minute)
	h.WantSent("On its way.")
	h.ContactWrites("Kim", "It is here, thank you.")
	h.WantState(c, inbox.StateNew)
	h.WantAgent(c, "Ann")
	h.Resolves("Ann", c)
	h.WantState(c, inbox.StateResolved)
	h.WantAgent(c, "")
	h.WantTimeline(c,
		"started as new by contact",
		"Kim: Where is my parcel?",
		"Ann: On its way.",
		"auto-assigned to Ann by Ann",
		"set to pending by Ann",
		"set to new by contact",
		"Kim: It is here, thank you.",
		"resolved by Ann",
	)
	h.WantLogHolds()
}
