package inbox_test

import (
	"errors"
	"fmt"
	"strings"

	"github.com/deskwright/deskwright/inbox"
)

// Everything that can happen to a resolved conversation.
func ExampleTransitions() {
	for t := range inbox.Transitions() {
		if t.From == inbox.StateResolved {
			fmt.Println(t.Trigger, "->", t.To, t.May)
		}
	}
	// Output:
	// contact writes -> new []
	// start -> pending []
	// reply -> resolved [pending]
	// reply by a bot -> resolved [new pending]
	// answered elsewhere -> resolved []
	// set new -> new []
	// resolve -> resolved []
	// boomerang due -> new []
	// delivery failed -> new []
}

func ExampleNextState() {
	fmt.Println(inbox.NextState(inbox.StatePending, inbox.ContactWrites))

	_, err := inbox.NextState(inbox.StateResolved, inbox.AgentSetsPending)
	if e, ok := errors.AsType[*inbox.TransitionError](err); ok {
		fmt.Println(e.From, "and", e.Trigger, "do not go together")
	}
	// Output:
	// new <nil>
	// resolved and set pending do not go together
}

// The diagram of the documentation is drawn from the table itself.
func ExampleStateDiagram() {
	lines := strings.SplitAfter(inbox.StateDiagram(), "\n")
	fmt.Print(strings.Join(lines[:4], ""))
	// Output:
	// stateDiagram-v2
	//     [*] --> New: contact writes
	//     [*] --> Pending: start
	//     [*] --> Pending: answered elsewhere
}
