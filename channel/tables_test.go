package channel

import (
	"slices"
	"testing"
)

// The tables name only kinds that exist, none of them twice, and give a window only to private messages that can be answered.
func TestTablesAreSound(t *testing.T) {
	for network, rows := range matrix {
		checkRows(t, network, rows)
	}
	checkRows(t, "custom", custom)
	if covered := len(custom[0].kinds) + len(custom[1].kinds); covered != len(kinds) {
		t.Errorf("networks that are not in the table have %d of %d kinds", covered, len(kinds))
	}

	type act struct {
		Network
		Kind
		Opener
	}
	seen := map[act]bool{}
	for _, o := range openings {
		for _, kind := range o.kinds {
			if kind.Visibility() != Private {
				t.Errorf("%s %s: a window for a public message", o.network, kind)
			}
			if !slices.ContainsFunc(matrix[o.network], func(r row) bool { return slices.Contains(r.kinds, kind) && r.can[Reply] != nil }) {
				t.Errorf("%s %s: a window for messages that nobody can answer", o.network, kind)
			}
			for _, opener := range o.acts {
				if a := (act{o.network, kind, opener}); seen[a] {
					t.Errorf("%v opens two windows", a)
				} else {
					seen[a] = true
				}
			}
		}
	}
	for network := range late {
		if !slices.ContainsFunc(openings, func(o opening) bool { return o.network == network }) {
			t.Errorf("%s accepts something outside a window it does not have", network)
		}
	}
}

func checkRows(t *testing.T, network Network, rows []row) {
	seen := map[Kind]bool{}
	for _, r := range rows {
		for _, kind := range r.kinds {
			if kind.Visibility() == "" || seen[kind] {
				t.Errorf("%s: %q does not exist or stands there twice", network, kind)
			}
			seen[kind] = true
		}
		for action, condition := range r.can {
			if condition == nil || !slices.Contains(actions, action) {
				t.Errorf("%s %v: %s has no condition or is missing from the actions", network, r.kinds, action)
			}
		}
	}
}

// The tests that go through all networks and kinds go through all that there are.
func TestTablesHoldWhatTheTestsGoThrough(t *testing.T) {
	if len(matrix) != 9 || len(kinds) != 12 || len(shared) != 6 {
		t.Errorf("the other tests know 9 networks, 12 kinds and 6 networks that share addresses; there are %d, %d and %d",
			len(matrix), len(kinds), len(shared))
	}
}
