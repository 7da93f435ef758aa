package inbox_test

import (
	"encoding/json"
	"fmt"
	"log"
	"time"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/queue"
)

// What waits for me or for nobody, on WhatsApp or in public, for two days or more.
func ExampleFilter() {
	var f inbox.Filter
	err := json.Unmarshal([]byte(`{
		"states": ["new"],
		"assignees": ["me", "nobody"],
		"older_than": "48h",
		"any": [{"networks": ["whatsapp"]}, {"visibilities": ["public"]}]
	}`), &f)
	if err != nil {
		log.Fatal(err)
	}

	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	ann := queue.AgentNamed("ann")
	bound := f.Bound(ann, now)
	c := inbox.Conversation{
		State:    inbox.StateNew,
		Network:  channel.WhatsApp,
		Assignee: inbox.Assignee{Agent: ann},
		Newest:   now.Add(-50 * time.Hour),
	}
	fmt.Println(bound.Matches(&c))
	c.Assignee.Agent = queue.AgentNamed("ben")
	fmt.Println(bound.Matches(&c))

	body, err := json.Marshal(f)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(body))
	// Output:
	// true
	// false
	// {"states":["new"],"assignees":["me","nobody"],"older_than":"48h0m0s","any":[{"networks":["whatsapp"]},{"visibilities":["public"]}]}
}

func ExampleFilter_none() {
	c := inbox.Conversation{State: inbox.StateNew}
	anyState, noState := inbox.Filter{}, inbox.Filter{States: []inbox.State{}}
	fmt.Println(anyState.Matches(&c), noState.Matches(&c))
	// Output: true false
}
