package inbox_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage"
)

const (
	none     = inbox.StateNone
	isNew    = inbox.StateNew
	pending  = inbox.StatePending
	resolved = inbox.StateResolved
)

// triggers are all there are.
var triggers = []inbox.Trigger{inbox.ContactWrites, inbox.AgentStarts, inbox.AnsweredElsewhere, inbox.AgentReplies, inbox.BotReplies,
	inbox.AgentSetsPending, inbox.AgentSetsNew, inbox.AgentAssigns, inbox.Resolves, inbox.BoomerangDue, inbox.DeliveryFails}

// leads is where a trigger leads, and where it may be told to lead instead.
type leads struct {
	to  inbox.State
	may []inbox.State
}

func to(s inbox.State, may ...inbox.State) leads { return leads{s, may} }

// stateTable is the state table, said a second time.
var stateTable = map[inbox.State]map[inbox.Trigger]leads{
	none: {
		inbox.ContactWrites:     to(isNew),
		inbox.AgentStarts:       to(pending),
		inbox.AnsweredElsewhere: to(pending),
	},
	isNew: {
		inbox.ContactWrites:     to(isNew),
		inbox.AgentReplies:      to(pending, isNew, resolved),
		inbox.AnsweredElsewhere: to(pending, isNew, resolved),
		inbox.BotReplies:        to(isNew, pending, resolved),
		inbox.AgentSetsPending:  to(pending),
		inbox.AgentSetsNew:      to(isNew),
		inbox.AgentAssigns:      to(isNew),
		inbox.Resolves:          to(resolved),
		inbox.BoomerangDue:      to(isNew),
		inbox.DeliveryFails:     to(isNew),
	},
	pending: {
		inbox.ContactWrites:     to(isNew),
		inbox.AgentReplies:      to(pending, isNew, resolved),
		inbox.AnsweredElsewhere: to(pending, isNew, resolved),
		inbox.BotReplies:        to(pending, isNew, resolved),
		inbox.AgentSetsPending:  to(pending),
		inbox.AgentSetsNew:      to(isNew),
		inbox.AgentAssigns:      to(pending),
		inbox.Resolves:          to(resolved),
		inbox.BoomerangDue:      to(isNew),
		inbox.DeliveryFails:     to(isNew),
	},
	resolved: {
		inbox.ContactWrites:     to(isNew),
		inbox.AgentStarts:       to(pending),
		inbox.AgentReplies:      to(resolved, pending),
		inbox.BotReplies:        to(resolved, isNew, pending),
		inbox.AnsweredElsewhere: to(resolved),
		inbox.AgentSetsNew:      to(isNew),
		inbox.Resolves:          to(resolved),
		inbox.BoomerangDue:      to(isNew),
		inbox.DeliveryFails:     to(isNew),
	},
}

func TestEveryStateAndTriggerLeadsWhereTheTableSays(t *testing.T) {
	t.Parallel()
	for _, from := range states {
		for _, trigger := range triggers {
			what := fmt.Sprintf("%s, %s", from, trigger)
			got, err := inbox.NextState(from, trigger)
			row, known := stateTable[from][trigger]
			if known {
				if err != nil || got != row.to {
					t.Errorf("%s: leads to %s, %v; want %s", what, got, err, row.to)
				}
				continue
			}
			e := wantErr[*inbox.TransitionError](t, what, err)
			want(t, what, *e, inbox.TransitionError{From: from, Trigger: trigger})
			want(t, what+" stays where it is", got, from)
		}
	}
}

func TestThereIsNoTriggerThatTheTableDoesNotKnow(t *testing.T) {
	t.Parallel()
	for i, trigger := range triggers {
		want(t, "number of "+trigger.String(), int(trigger), i)
	}
	next := inbox.Trigger(len(triggers))
	want(t, "text of no trigger", next.String(), fmt.Sprintf("trigger(%d)", len(triggers)))
	for _, from := range append(slices.Clone(states), 4, 255) {
		for _, trigger := range []inbox.Trigger{next, 255} {
			_, err := inbox.NextState(from, trigger)
			wantErr[*inbox.TransitionError](t, fmt.Sprint(from, trigger), err)
		}
	}
	_, err := inbox.NextState(4, inbox.ContactWrites)
	wantErr[*inbox.TransitionError](t, "no state", err)
}

func TestTriggersHaveTextsOfTheirOwn(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, trigger := range triggers {
		text := trigger.String()
		if text == "" || seen[text] {
			t.Errorf("trigger %d is called %q", trigger, text)
		}
		seen[text] = true
	}
}

func TestATransitionErrorSaysWhatDoesNotApplyToWhat(t *testing.T) {
	t.Parallel()
	_, err := inbox.NextState(resolved, inbox.AgentSetsPending)
	want(t, "text", err.Error(), "inbox: set pending does not apply to a conversation that is resolved")
}

func TestTransitionsGivesEveryRowOnce(t *testing.T) {
	t.Parallel()
	got := map[inbox.State]map[inbox.Trigger]leads{}
	for row := range inbox.Transitions() {
		if got[row.From] == nil {
			got[row.From] = map[inbox.Trigger]leads{}
		}
		if _, twice := got[row.From][row.Trigger]; twice {
			t.Errorf("%s, %s has two rows", row.From, row.Trigger)
		}
		got[row.From][row.Trigger] = leads{row.To, row.May}
	}
	for _, from := range states {
		for _, trigger := range triggers {
			g, w := got[from][trigger], stateTable[from][trigger]
			slices.Sort(g.may)
			slices.Sort(w.may)
			if g.to != w.to || !slices.Equal(g.may, w.may) {
				t.Errorf("%s, %s: leads to %s or %v, want %s or %v", from, trigger, g.to, g.may, w.to, w.may)
			}
		}
	}
}

func TestTransitionsHandsOutCopiesAndEndsWhenAsked(t *testing.T) {
	t.Parallel()
	var first []inbox.Transition
	for row := range inbox.Transitions() {
		first = append(first, row)
		for i := range row.May {
			row.May[i] = 99
		}
	}
	rows := 0
	for row := range inbox.Transitions() {
		if slices.Contains(row.May, 99) {
			t.Fatalf("the table was changed from outside: %+v", row)
		}
		if rows++; rows == 3 {
			break
		}
	}
	want(t, "rows until the loop ended", rows, 3)
	for i, row := range slices.Collect(inbox.Transitions()) {
		if row.From != first[i].From || row.Trigger != first[i].Trigger {
			t.Fatalf("row %d is another one the second time", i)
		}
	}
}

// What a reply says for itself, and what an account says of replies, must be among what the row allows.
func TestAReplyMayNameOnlyTheStatesOfItsRow(t *testing.T) {
	t.Parallel()
	for _, from := range states {
		for _, trigger := range triggers {
			for _, named := range states {
				what := fmt.Sprintf("%s, %s, named %s", from, trigger, named)
				got, err := inbox.NextStateNamed(from, trigger, named)
				row, known := stateTable[from][trigger]
				switch {
				case !known:
					wantErr[*inbox.TransitionError](t, what, err)
				case named == none || named == row.to:
					if err != nil || got != row.to {
						t.Errorf("%s: %s, %v; want %s", what, got, err, row.to)
					}
				case slices.Contains(row.may, named):
					if err != nil || got != named {
						t.Errorf("%s: %s, %v; want %[4]s", what, got, err, named)
					}
				default:
					wantErr[*inbox.InputError](t, what, err)
					wantIs(t, what, err, storage.ErrInvalid)
				}
			}
		}
	}
}

func TestATriggerThatLeadsToThePresentStateIsNoTransition(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ann := s.Desk("Ann")
	c := s.ContactWrites("Kim", "Hello?").Conversation
	same := func(what string, do func() (inbox.Result, error)) {
		t.Helper()
		s.leavesNoTrace(what, func() {
			if r, err := do(); err != nil || r.Changed {
				t.Errorf("%s: changed %t, %v", what, r.Changed, err)
			}
		})
	}
	same("set new on New", func() (inbox.Result, error) { return ann.SetNew(t.Context(), c) })
	s.leaves("set pending on New", func() { _, _ = ann.SetPending(t.Context(), c) }, inbox.StateChanged)
	same("set pending on Pending", func() (inbox.Result, error) { return ann.SetPending(t.Context(), c) })
	s.leaves("resolve on Pending", func() { _, _ = ann.Resolve(t.Context(), c, inbox.Resolve{}) }, inbox.StateChanged)
	same("resolve on Resolved", func() (inbox.Result, error) { return ann.Resolve(t.Context(), c, inbox.Resolve{Comment: "again"}) })

	s.leavesNoTrace("a trigger without a row", func() {
		_, err := ann.SetPending(t.Context(), c)
		e := wantErr[*inbox.TransitionError](t, "set pending on Resolved", err)
		want(t, "error", *e, inbox.TransitionError{From: resolved, Trigger: inbox.AgentSetsPending})
	})
}

func TestATransitionAllocatesNothing(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() {
		for from := range stateTable {
			if _, err := inbox.NextState(from, inbox.ContactWrites); err != nil {
				t.Fatal(err)
			}
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestTheDiagramShowsEveryRow(t *testing.T) {
	t.Parallel()
	names := map[inbox.State]string{none: "[*]", isNew: "New", pending: "Pending", resolved: "Resolved"}
	lines := strings.Split(strings.TrimSuffix(inbox.StateDiagram(), "\n"), "\n")
	want(t, "first line", lines[0], "stateDiagram-v2")
	arrows := lines[1:]
	for from, row := range stateTable {
		for trigger, l := range row {
			arrow := fmt.Sprintf("    %s --> %s: %s", names[from], names[l.to], trigger)
			i := slices.Index(arrows, arrow)
			if i < 0 {
				t.Errorf("no arrow %q", arrow)
				continue
			}
			arrows = slices.Delete(arrows, i, i+1)
		}
	}
	if len(arrows) > 0 {
		t.Errorf("arrows without a row: %q", arrows)
	}
}

func TestTheDiagramInTheDocsIsTheTable(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"doc.go", filepath.Join("..", "README.md")} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Errorf("the diagram is to stand in %s: %v", file, err)
			continue
		}
		if diagram, ok := diagramIn(string(text)); !ok {
			t.Errorf("%s has no diagram: no line says stateDiagram-v2", file)
		} else if drawn := diagramOf(inbox.StateDiagram()); !slices.Equal(diagram, drawn) {
			t.Errorf("the diagram of %s is not the table: it has\n%s\nwant\n%s", file, strings.Join(diagram, "\n"), strings.Join(drawn, "\n"))
		}
	}
}

// diagramIn returns the lines of the diagram that stands in a file, without what they are set in.
func diagramIn(text string) ([]string, bool) {
	lines := diagramOf(text)
	i := slices.Index(lines, "stateDiagram-v2")
	if i < 0 {
		return nil, false
	}
	end := i + 1
	for end < len(lines) && strings.Contains(lines[end], "-->") {
		end++
	}
	return lines[i:end], true
}

// diagramOf returns lines without comment marks and indentation.
func diagramOf(text string) []string {
	var lines []string
	for line := range strings.Lines(strings.TrimSpace(text)) {
		lines = append(lines, strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "//")))
	}
	return lines
}
