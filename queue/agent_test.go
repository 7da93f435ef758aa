package queue_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/deskwright/deskwright/queue"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// The host's own name for a user is all that is needed to find the agent again.
func ExampleAgentNamed() {
	ana := queue.AgentNamed("users/17")
	fmt.Println(ana)
	fmt.Println(ana == queue.AgentNamed("users/17"), ana == queue.AgentNamed("users/18"))
	// Output:
	// 8c81cdf2-9565-576e-89f6-aaaacd18b43f
	// true false
}

// Ids are stored: they must never come out differently.
func TestNamesKeepTheirIDs(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{queue.AgentNamed("users/17").String(), "8c81cdf2-9565-576e-89f6-aaaacd18b43f"},
		{queue.AgentNamed("").String(), "df925de4-f60c-52b6-8132-ac02082aba27"},
		{queue.TeamNamed("night").String(), "43081299-cd93-5731-ab3d-fb0e63179543"},
	} {
		if c.got != c.want {
			t.Errorf("%s, want %s", c.got, c.want)
		}
	}
}

func TestDifferentNamesDifferentIDs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.String().Draw(t, "a"), rapid.String().Draw(t, "b")
		if (queue.AgentNamed(a) == queue.AgentNamed(b)) != (a == b) || (queue.TeamNamed(a) == queue.TeamNamed(b)) != (a == b) {
			t.Fatalf("%q and %q", a, b)
		}
		if queue.AgentNamed(a).UUID == queue.TeamNamed(a).UUID {
			t.Fatalf("agent and team %q have one id", a)
		}
	})
}

func TestTeamJSON(t *testing.T) {
	want := queue.Team{ID: queue.TeamNamed("night"), Name: "Night", Members: []queue.AgentID{queue.AgentNamed("17")}}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got queue.Team
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: %s", text, diff)
	}
}
