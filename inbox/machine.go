package inbox

import (
	"fmt"
	"iter"
	"slices"
	"strings"
)

// Trigger is what moves a conversation.
type Trigger uint8

const (
	ContactWrites     Trigger = iota // the contact's message arrives
	AgentStarts                      // somebody of ours writes first
	AnsweredElsewhere                // an answer was given in the network's own app
	AgentReplies                     // a person answers
	BotReplies                       // a bot or an automation answers
	AgentSetsPending
	AgentSetsNew
	AgentAssigns // to an agent, a team or nobody
	Resolves     // a person, a bot, an automation or the system
	BoomerangDue
	DeliveryFails // for good
	triggers
)

var triggerTexts = [triggers]string{"contact writes", "start", "answered elsewhere", "reply", "reply by a bot", "set pending", "set new", "assign",
	"resolve", "boomerang due", "delivery failed"}

func (t Trigger) String() string {
	if t < triggers {
		return triggerTexts[t]
	}
	return fmt.Sprintf("trigger(%d)", uint8(t))
}

// Transition is one row of the state table: what Trigger does to a conversation that is From.
type Transition struct {
	From    State
	Trigger Trigger
	To      State
	May     []State // the other states that the reply itself, or the account's AfterReply, may name
}

// transitions is the state table. A pair without a row is a *TransitionError.
var transitions = []Transition{
	{From: StateNone, Trigger: ContactWrites, To: StateNew},
	{From: StateNone, Trigger: AgentStarts, To: StatePending},
	{From: StateNone, Trigger: AnsweredElsewhere, To: StatePending},

	{From: StateNew, Trigger: ContactWrites, To: StateNew},
	{From: StateNew, Trigger: AgentReplies, To: StatePending, May: []State{StateNew, StateResolved}},
	{From: StateNew, Trigger: BotReplies, To: StateNew, May: []State{StatePending, StateResolved}},
	{From: StateNew, Trigger: AnsweredElsewhere, To: StatePending, May: []State{StateNew, StateResolved}},
	{From: StateNew, Trigger: AgentSetsPending, To: StatePending},
	{From: StateNew, Trigger: AgentSetsNew, To: StateNew},
	{From: StateNew, Trigger: AgentAssigns, To: StateNew},
	{From: StateNew, Trigger: Resolves, To: StateResolved},
	{From: StateNew, Trigger: BoomerangDue, To: StateNew},
	{From: StateNew, Trigger: DeliveryFails, To: StateNew},

	{From: StatePending, Trigger: ContactWrites, To: StateNew},
	{From: StatePending, Trigger: AgentReplies, To: StatePending, May: []State{StateNew, StateResolved}},
	{From: StatePending, Trigger: BotReplies, To: StatePending, May: []State{StateNew, StateResolved}},
	{From: StatePending, Trigger: AnsweredElsewhere, To: StatePending, May: []State{StateNew, StateResolved}},
	{From: StatePending, Trigger: AgentSetsPending, To: StatePending},
	{From: StatePending, Trigger: AgentSetsNew, To: StateNew},
	{From: StatePending, Trigger: AgentAssigns, To: StatePending},
	{From: StatePending, Trigger: Resolves, To: StateResolved},
	{From: StatePending, Trigger: BoomerangDue, To: StateNew},
	{From: StatePending, Trigger: DeliveryFails, To: StateNew},

	{From: StateResolved, Trigger: ContactWrites, To: StateNew},
	{From: StateResolved, Trigger: AgentStarts, To: StatePending},
	{From: StateResolved, Trigger: AgentReplies, To: StateResolved, May: []State{StatePending}},
	{From: StateResolved, Trigger: BotReplies, To: StateResolved, May: []State{StateNew, StatePending}},
	{From: StateResolved, Trigger: AnsweredElsewhere, To: StateResolved},
	{From: StateResolved, Trigger: AgentSetsNew, To: StateNew},
	{From: StateResolved, Trigger: Resolves, To: StateResolved},
	{From: StateResolved, Trigger: BoomerangDue, To: StateNew},
	{From: StateResolved, Trigger: DeliveryFails, To: StateNew},
}

// moves answers the table by state and trigger: row number plus one.
var moves = func() (m [StateResolved + 1][triggers]uint8) {
	for i, t := range transitions {
		m[t.From][t.Trigger] = uint8(i + 1)
	}
	return m
}()

// Transitions iterates over the rows of the state table, in a fixed order.
func Transitions() iter.Seq[Transition] {
	return func(yield func(Transition) bool) {
		for _, t := range transitions {
			t.May = slices.Clone(t.May)
			if !yield(t) {
				return
			}
		}
	}
}

// NextState returns where a trigger leads from a state, or a *TransitionError where the table has no row.
func NextState(from State, t Trigger) (State, error) {
	if from <= StateResolved && t < triggers {
		if row := moves[from][t]; row > 0 {
			return transitions[row-1].To, nil
		}
	}
	return from, &TransitionError{From: from, Trigger: t}
}

// nextStateNamed is NextState for triggers that may name where they lead; StateNone names nothing.
func nextStateNamed(from State, t Trigger, named State) (State, error) {
	to, err := NextState(from, t)
	if err != nil || named == StateNone || named == to {
		return to, err
	}
	if !slices.Contains(transitions[moves[from][t]-1].May, named) {
		return from, &InputError{Field: "state", Problem: fmt.Sprintf("cannot become %s by a %s to a conversation that is %s", named, t, from)}
	}
	return named, nil
}

// StateDiagram draws the state table as a Mermaid diagram.
func StateDiagram() string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n")
	name := func(s State) string {
		if s == StateNone {
			return "[*]"
		}
		return strings.ToUpper(s.String()[:1]) + s.String()[1:]
	}
	for _, t := range transitions {
		fmt.Fprintf(&b, "    %s --> %s: %s\n", name(t.From), name(t.To), t.Trigger)
	}
	return b.String()
}
