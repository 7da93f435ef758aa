package sqltest_test

import (
	"database/sql/driver"
	"slices"
	"strings"
	"testing"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
)

// A state that a filter cannot mean may have very many rows, and an agent few: a list reads no row for nothing. The accounts that
// somebody sees stand around the filter that was asked for.
func TestAListReadsOnlyWhatItsFilterCanMean(t *testing.T) {
	open := inbox.Filter{States: []inbox.State{inbox.StateNew, inbox.StatePending}}
	done := inbox.Filter{States: []inbox.State{inbox.StateResolved}}
	mine := inbox.Filter{Assignees: []inbox.Who{inbox.Me}}
	seen := inbox.Filter{Accounts: []channel.AccountID{account}}
	for _, test := range []struct {
		name    string
		filter  inbox.Filter
		states  []inbox.State
		byAgent bool
	}{
		{"any", inbox.Filter{}, []inbox.State{inbox.StateNew, inbox.StatePending, inbox.StateResolved, inbox.StateNone}, false},
		{"open", open, []inbox.State{inbox.StateNew, inbox.StatePending}, false},
		{"open, of those seen", inbox.Filter{All: []inbox.Filter{seen, open}}, []inbox.State{inbox.StateNew, inbox.StatePending}, false},
		{"open and done", inbox.Filter{All: []inbox.Filter{open, done}}, nil, false},
		{"open or done", inbox.Filter{Any: []inbox.Filter{done, open}},
			[]inbox.State{inbox.StateNew, inbox.StatePending, inbox.StateResolved}, false},
		{"not open", inbox.Filter{Not: &open},
			[]inbox.State{inbox.StateNew, inbox.StatePending, inbox.StateResolved, inbox.StateNone}, false},
		{"mine and open, of those seen", inbox.Filter{All: []inbox.Filter{seen, {All: []inbox.Filter{mine, open}}}},
			[]inbox.State{inbox.StateNew, inbox.StatePending}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			var states []inbox.State
			byAgent := false
			db := wrapped{engine: engines[1].fast(), file: newMigrated(t, engines[1]), before: func(query string, args []driver.NamedValue) {
				if strings.Contains(query, "c.state = ?") {
					states = append(states, inbox.State(args[1].Value.(int64)))
					byAgent = byAgent || strings.Contains(query, "c.agent = ?")
				}
			}}.mustOpen(t)
			q := inbox.Query{Filter: test.filter.Bound(agent, began), Limit: 5}
			if _, err := over(t, db).List(t.Context(), inbox.TenantNamed("list"), q); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(states, test.states) || byAgent != test.byAgent {
				t.Errorf("got the states %v, by agent %t, want %v and %t", states, byAgent, test.states, test.byAgent)
			}
		})
	}
}
