package queue_test

import (
	"fmt"
	"slices"

	"github.com/deskwright/deskwright/queue"
)

// A group of the host's users becomes a team. Its ids follow from the host's own names, so that nobody has to keep them.
func ExampleTeamNamed() {
	night := queue.Team{ID: queue.TeamNamed("night"), Name: "Night shift"}
	for _, user := range []string{"users/17", "users/18"} {
		night.Members = append(night.Members, queue.AgentNamed(user))
	}

	fmt.Println(night.ID == queue.TeamNamed("night"))
	fmt.Println(slices.Contains(night.Members, queue.AgentNamed("users/18")), slices.Contains(night.Members, queue.AgentNamed("users/19")))
	// Output:
	// true
	// true false
}
