package contact_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/deskwright/deskwright/contact"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// An automation guesses the language; the agent knows better, and is not overruled by the next guess.
func ExampleSource() {
	language := contact.Attribute{Value: "nl", Source: contact.Automation}
	for _, next := range []contact.Attribute{
		{Value: "de", Source: contact.Agent},
		{Value: "en", Source: contact.Automation},
	} {
		if next.Source.Replaces(language.Source) {
			language = next
		}
	}
	fmt.Println(language.Value, "from the", language.Source)
	// Output: de from the agent
}

func TestReplaces(t *testing.T) {
	said := map[contact.Source]bool{contact.Agent: true, contact.CRM: true, contact.Automation: false, contact.Network: false}
	for next, strong := range said {
		for have, kept := range said {
			if got, want := next.Replaces(have), strong || !kept; got != want {
				t.Errorf("%s in place of %s: %t", next, have, got)
			}
		}
		if !next.Replaces("") {
			t.Errorf("%s does not take the place of nothing", next)
		}
		if contact.Source("").Replaces(next) {
			t.Errorf("a value from nowhere takes the place of one from %s", next)
		}
	}
}

func TestContactJSON(t *testing.T) {
	id := uuid.MustParse("019abc00-0000-7000-8000-000000000001")
	want := contact.Contact{
		ID:   contact.ID{UUID: id},
		Name: "Ana",
		Attributes: map[string]contact.Attribute{
			"vip": {Value: "yes", Source: contact.CRM, Time: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)},
		},
	}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]any
	if err := json.Unmarshal(text, &members); err != nil || members["id"] != id.String() {
		t.Errorf("the id is not text in %s (%v)", text, err)
	}
	var got contact.Contact
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
