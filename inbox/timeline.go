package inbox

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/deskwright/deskwright/audit"
	"github.com/google/uuid"
)

// Timeline iterates over what happened in a conversation that is in sight, oldest first: messages and notes as they are now and,
// WithTrail, the log entries of its audit trail. Their sequence numbers rise; those in between belong to what is not shown.
// Entries about messages and notes carry no content of their own: what is shown is what the message or note still holds.
func (d *Desk) Timeline(ctx context.Context, id ConversationID, options ...ReadOption) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		r := read(options)
		snap, err := d.see(ctx, id)
		if err == nil && r.limit < 0 {
			err = &InputError{Field: "limit", Problem: "is negative"}
		}
		var set *settings
		if err == nil {
			set, err = d.box.settingsAt(ctx, snap.Epoch)
		}
		for err == nil {
			n := page
			if r.limit > 0 {
				n = min(page, r.limit)
			}
			var items []Item
			if items, err = d.box.timelinePage(ctx, id, r.seq, n, r.trail); err != nil {
				break
			}
			for i := range items {
				items[i].show(set)
				if !yield(items[i], nil) {
					return
				}
			}
			if r.limit -= len(items); len(items) < n || r.limit == 0 {
				return
			}
			r.seq = items[len(items)-1].Seq
		}
		yield(Item{}, err)
	}
}

// timelinePage reads one page and lets the copies of answered messages follow their originals.
func (b *Inbox) timelinePage(ctx context.Context, id ConversationID, after int64, limit int, trail bool) ([]Item, error) {
	items, err := b.store.Timeline(ctx, b.tenant, id, after, limit, trail)
	if err != nil {
		return nil, err
	}
	status := map[MessageID]Status{}
	var ask []MessageID
	for _, it := range items {
		if it.Message != nil && it.Message.Answers.Message.UUID != uuid.Nil {
			ask = append(ask, it.Message.Answers.Message)
		}
	}
	if len(ask) == 0 {
		return items, nil
	}
	originals, err := b.store.Messages(ctx, b.tenant, ask...)
	if err != nil {
		return nil, err
	}
	for i := range originals {
		status[originals[i].ID] = originals[i].Status()
	}
	for _, it := range items {
		if it.Message != nil {
			it.Message.Answers.follow(status)
		}
	}
	return items, nil
}

// follow makes the copy show what its original shows. An original that is no longer stored counts as erased.
func (a *Answer) follow(status map[MessageID]Status) {
	if a.Message.UUID == uuid.Nil {
		return
	}
	now, stored := status[a.Message]
	if !stored {
		now = Erased
	}
	if a.Status = now; now != Stands {
		a.Text = ""
	}
}

// show fits an item for people: content is only what its message or note still holds, and a line says it in words.
func (i *Item) show(set *settings) {
	i.line = i.say(set)
	switch i.Entry.Action {
	case MessageReceived, MessageWritten, MessageEchoed, MessageEdited, MessageConflict, NoteAdded, NoteEdited:
		i.Entry.Data = nil
	}
}

// String says in one line what happened.
func (i Item) String() string { return i.line }

func (i *Item) say(set *settings) string {
	who := i.Entry.Actor.Name
	if who == "" {
		who = i.Entry.Actor.Kind.String()
	}
	switch {
	case i.Message != nil:
		return i.Message.line()
	case i.Note != nil:
		return i.Note.line()
	}
	f, err := decodeFact(i.Entry)
	if err != nil {
		return fmt.Sprintf("%s by %s", i.Entry.Action, who)
	}
	return fmt.Sprintf("%s by %s", phrase(f, set), who)
}

// line says who wrote what.
func (m *Message) line() string {
	who := m.Author.Name
	if who == "" {
		who = m.Author.Kind.String()
	}
	text := m.Text
	if s := m.Status(); s == Deleted || s == Erased {
		text = "(" + string(s) + ")"
	}
	if n := len(m.Attach); n > 0 {
		text = strings.TrimSpace(fmt.Sprintf("%s [%d attached]", text, n))
	}
	return who + ": " + text
}

func (n *Note) line() string {
	text := n.Text
	if !n.Deleted.IsZero() {
		text = "(deleted)"
	}
	return "note by " + n.Author.Name + ": " + text
}

// phrase says what a fact of the trail is.
func phrase(f fact, set *settings) string {
	switch f := f.(type) {
	case *conversationStarted:
		return "started as " + f.State.String()
	case *stateChanged:
		text := "set to " + f.To.String()
		if f.To == StateResolved {
			text = "resolved"
		}
		if reason := set.name(ReasonDocument, f.Reason.UUID); reason != "" {
			text += " (" + reason + ")"
		}
		return text
	case *assigneeChanged:
		return assignment(f, set)
	case *topicAdded:
		return "topic " + set.name(TopicDocument, f.Topic.UUID) + " added"
	case *topicRemoved:
		return "topic " + set.name(TopicDocument, f.Topic.UUID) + " removed"
	}
	return strings.ReplaceAll(string(f.spec().action), ".", " ")
}

func assignment(f *assigneeChanged, set *settings) string {
	if f.Agent.UUID == uuid.Nil && f.Team.UUID == uuid.Nil {
		return "unassigned"
	}
	var to []string
	if f.Agent.UUID != uuid.Nil {
		to = append(to, orID(set.name(AgentDocument, f.Agent.UUID), f.Agent.UUID))
	}
	if f.Team.UUID != uuid.Nil {
		to = append(to, "team "+orID(set.name(TeamDocument, f.Team.UUID), f.Team.UUID))
	}
	text := "assigned to " + strings.Join(to, " and ")
	if f.Auto {
		text = "auto-" + text
	}
	return text
}

func orID(name string, id uuid.UUID) string {
	if name == "" {
		return id.String()
	}
	return name
}

// Feed iterates over the log of the tenant after a position: every entry once, in order, without gaps, as far as there are any
// now. The position of the last one seen is where the next call goes on.
func (b *Inbox) Feed(ctx context.Context, after int64) iter.Seq2[audit.Entry, error] {
	return func(yield func(audit.Entry, error) bool) {
		for {
			entries, err := b.store.Feed(ctx, b.tenant, after, page)
			if err != nil {
				yield(audit.Entry{}, err)
				return
			}
			for _, e := range entries {
				if !yield(e, nil) {
					return
				}
				after = e.Position
			}
			if len(entries) < page {
				return
			}
		}
	}
}
