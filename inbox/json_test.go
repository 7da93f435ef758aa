package inbox_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"
)

func TestWhatADeskReturnsHasAJSONFormWithoutSecrets(t *testing.T) {
	o := newOffice(t)
	id := o.in(inbox.StateNew)
	ann := o.Desk("Ann")
	o.did(ann.AddTopic(o.ctx(), id, o.topic("Parcels")))
	o.did(o.Box.As(workers[1]).Hold(o.ctx(), id, time.Minute))
	message := o.writes(id, "On its way.")
	o.did(ann.AddNote(o.ctx(), id, message, "Called the depot."))
	snap := inbox.Snapshot{Ref: inbox.Ref{Tenant: o.Box.Tenant(), Conversation: id}}
	o.works(o.store.Load(o.ctx(), &snap))
	secret := snap.Conversation.Chain.Key

	header := o.Header(id)
	if header.Chain.Key != [16]byte{} || secret == [16]byte{} {
		t.Errorf("a desk returned the key of a chain")
	}
	var listed []inbox.Header
	for h, err := range ann.Conversations(o.ctx(), inbox.Filter{}, inbox.Newest) {
		o.works(err)
		if h.Chain.Key != [16]byte{} {
			t.Errorf("a list returned the key of a chain")
		}
		listed = append(listed, h)
	}
	counts, err := ann.Counts(o.ctx())
	o.works(err)
	var items []inbox.Item
	for item, err := range ann.Timeline(o.ctx(), id, inbox.WithTrail()) {
		o.works(err)
		items = append(items, item)
	}
	received := o.Receive(channel.Inbound{From: o.Person("Kim 1"), Kind: channel.ChatMessage, Text: "Thanks"})
	for what, value := range map[string]any{"header": header, "list": listed, "counts": counts, "timeline": items, "received": received,
		"result": o.did(ann.SetPending(o.ctx(), id)), "conversation": snap.Conversation} {
		text, err := json.Marshal(value)
		o.works(err)
		for _, name := range namesIn(t, text) {
			if strings.ContainsFunc(name, unicode.IsUpper) || strings.Contains(name, "chain") || name == "key" {
				t.Errorf("the %s has a member %q", what, name)
			}
		}
		if hidden, _ := json.Marshal(secret); bytes.Contains(text, hidden) {
			t.Errorf("the %s tells the key of a chain", what)
		}
	}
	back := comesBack(t, header)
	if diff := cmp.Diff(header, back, cmpopts.IgnoreFields(inbox.Conversation{}, "Version", "Chain"), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("a header comes back otherwise (-went +came):\n%s", diff)
	}
	if diff := cmp.Diff(counts, comesBack(t, counts)); diff != "" {
		t.Errorf("counts come back otherwise (-went +came):\n%s", diff)
	}
}

// namesIn returns the names of all members in a JSON text that are no ids.
func namesIn(t *testing.T, text []byte) (names []string) {
	t.Helper()
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		t.Fatal(err)
	}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			for name, e := range v {
				if uuid.Validate(name) != nil {
					names = append(names, name)
				}
				walk(e)
			}
		}
	}
	walk(value)
	return names
}

func comesBack[T any](t *testing.T, value T) (back T) {
	t.Helper()
	text, err := json.Marshal(value)
	if err == nil {
		err = json.Unmarshal(text, &back)
	}
	if err != nil {
		t.Fatal(err)
	}
	return back
}
