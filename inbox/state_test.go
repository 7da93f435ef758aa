package inbox_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage"
)

var states = []inbox.State{inbox.StateNone, inbox.StateNew, inbox.StatePending, inbox.StateResolved}

func TestStatesHaveTextForms(t *testing.T) {
	t.Parallel()
	for s, text := range map[inbox.State]string{
		inbox.StateNone: "none", inbox.StateNew: "new", inbox.StatePending: "pending", inbox.StateResolved: "resolved",
	} {
		want(t, "string", s.String(), text)
		b, err := json.Marshal(map[inbox.State]inbox.State{s: s})
		if err != nil {
			t.Fatal(err)
		}
		want(t, "JSON", string(b), fmt.Sprintf(`{%q:%[1]q}`, text))
		var back map[inbox.State]inbox.State
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatal(err)
		}
		want(t, "read back", back, map[inbox.State]inbox.State{s: s})
	}
}

func TestAStateThatDoesNotExistHasNoTextFormToWrite(t *testing.T) {
	t.Parallel()
	s := inbox.State(4)
	want(t, "string", s.String(), "state(4)")
	_, err := s.MarshalText()
	e := wantErr[*inbox.InputError](t, "state 4", err)
	want(t, "field", e.Field, "state")
}

func TestATextThatIsNoStateIsRefusedAndChangesNothing(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "New", "NEW", "new ", "open", "state(1)", "1", "none\x00"} {
		s := inbox.StatePending
		err := s.UnmarshalText([]byte(text))
		wantErr[*inbox.InputError](t, text, err)
		wantIs(t, text, err, storage.ErrInvalid)
		want(t, "state after "+text, s, inbox.StatePending)

		body, _ := json.Marshal(text)
		wantErr[*inbox.InputError](t, text, json.Unmarshal(body, &s))
	}
}
