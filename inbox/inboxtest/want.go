package inboxtest

import (
	"slices"

	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/queue"
	"github.com/google/uuid"
)

// WantState asserts in which queue the conversation is.
func (h *Harness) WantState(id inbox.ConversationID, want inbox.State) {
	h.t.Helper()
	if got := h.Header(id).State; got != want {
		h.wrong(id, "state", got, want)
	}
}

// WantAgent asserts to which agent the conversation is assigned; the empty name is nobody.
func (h *Harness) WantAgent(id inbox.ConversationID, want string) {
	h.t.Helper()
	got, wanted := h.Header(id).Assignee.Agent, queue.AgentID{}
	if want != "" {
		wanted = queue.AgentNamed(want)
	}
	if got != wanted {
		name := h.Header(id).AgentName
		if name == "" && got.UUID != uuid.Nil {
			name = got.String()
		}
		h.wrong(id, "assigned agent", "\""+name+"\"", "\""+want+"\"")
	}
}

// WantTimeline asserts the lines of the timeline with its audit trail.
func (h *Harness) WantTimeline(id inbox.ConversationID, want ...string) {
	h.t.Helper()
	if got := h.Timeline(id); !slices.Equal(got, want) {
		h.t.Errorf("timeline differs\n got: %q\nwant: %q", got, want)
	}
}

// WantSent asserts the texts that the channel was asked to send so far, in order.
func (h *Harness) WantSent(want ...string) {
	h.t.Helper()
	var got []string
	for _, s := range h.Channel.Sendings() {
		got = append(got, s.Text)
	}
	if !slices.Equal(got, want) {
		h.t.Errorf("sent %q, want %q", got, want)
	}
}

// WantLogHolds asserts that the audit log verifies.
func (h *Harness) WantLogHolds() {
	h.t.Helper()
	if _, err := h.Box.Verify(h.ctx()); err != nil {
		h.t.Errorf("the log does not hold: %v", err)
	}
}
