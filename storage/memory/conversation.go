package memory

import (
	"slices"

	"github.com/deskwright/deskwright/inbox"
)

// conversation is a conversation with its log.
type conversation struct {
	inbox.Conversation
	log subject
}

// isOpen reports whether a conversation takes the one open place of its thread.
func isOpen(c *inbox.Conversation) bool {
	return c.State == inbox.StateNew || c.State == inbox.StatePending
}

func (t *tenant) checkConversation(c *inbox.Conversation) error {
	if c == nil {
		return nil
	}
	var have int64
	old := t.conversations[c.ID]
	if old != nil {
		have = old.Version
	}
	if err := guard("conversation", have, c.Version); err != nil {
		return err
	}
	if !isOpen(c) || old != nil && isOpen(&old.Conversation) && old.Thread == c.Thread {
		return nil
	}
	if holder := t.open[c.Thread]; holder != nil && holder.ID != c.ID {
		return conflict("another conversation of the thread is open")
	}
	return nil
}

func (t *tenant) putConversation(c *inbox.Conversation) {
	row := t.conversations[c.ID]
	if row == nil {
		row = new(conversation)
		t.conversations[c.ID] = row
		t.scan = append(t.scan, row)
		t.adopt(c.ID, row)
	} else if isOpen(&row.Conversation) && (!isOpen(c) || row.Thread != c.Thread) {
		t.setOpen(row.Thread, nil)
	}
	if isOpen(c) && (!isOpen(&row.Conversation) || row.Thread != c.Thread) {
		t.setOpen(c.Thread, row)
	}
	copyConversation(&row.Conversation, c)
	trimConversation(&row.Conversation)
}

// setOpen says which conversation of a thread is open; nil: none.
func (t *tenant) setOpen(id inbox.ThreadID, c *conversation) {
	if th := t.threads[id]; th != nil {
		th.open = c
	}
	if c == nil {
		delete(t.open, id)
		return
	}
	t.open[id] = c
}

func copyConversation(to, from *inbox.Conversation) {
	*to = *from
	to.Topics = slices.Clone(from.Topics)
}

func trimConversation(c *inbox.Conversation) {
	c.Since = micro(c.Since)
	c.Hold.Until = micro(c.Hold.Until)
	c.Created = micro(c.Created)
	c.Changed = micro(c.Changed)
	c.Resolved = micro(c.Resolved)
	c.WaitingSince = micro(c.WaitingSince)
	c.Due = micro(c.Due)
	c.Window.Opened = micro(c.Window.Opened)
	c.Window.Ends = micro(c.Window.Ends)
	c.Last.At = micro(c.Last.At)
	c.Newest = micro(c.Newest)
}
