package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/deskwright/deskwright/storage/memory"
	"github.com/google/go-cmp/cmp"
)

// The columns stand in another order than the program wants them, among others that it does not.
var incidentHeader = []string{"number", "incident_state", "active", "caller_id", "sys_updated_by", "sys_updated_at", "contact_type", "location", "assigned_to"}

// changeAt is a row of the incident "7" unless of says another; minutes count from midnight.
func changeAt(clock, state, by, to string) []string {
	return []string{"7", state, "true", "kim", by, "29/2/2016 " + clock, "Phone", "?", to}
}

func incidentsOf(t *testing.T, rows ...[]string) string {
	t.Helper()
	return csvOf(t, append([][]string{incidentHeader}, rows...)...)
}

// nothing is what a summary says of an incident that its contact began and nobody touched.
var untouched = totals{"received": 1, "pended": 0, "returned": 0, "resolved": 0, "reopened": 0, "assigned": 0, "skipped": 0, "conversations": 1,
	"contacts": 1, "final_new": 1, "final_pending": 0, "final_resolved": 0, "final_assigned": 0, "duplicates": 0, "bad_rows": 0, "audit_verified": true}

func TestIncidentsGoThroughTheirStates(t *testing.T) {
	for _, c := range []struct {
		name string
		rows []string // state and assignee
		want totals   // beside untouched
		said string   // what the timeline says after the contact's message
	}{
		{"New and Active are New", []string{"New", "Active", "New"}, totals{}, ""},
		{"the first row is applied too", []string{"Resolved"}, totals{"resolved": 1, "final_new": 0, "final_resolved": 1}, "resolved"},
		{"Closed is Resolved", []string{"Closed", "Resolved"}, totals{"resolved": 1, "final_new": 0, "final_resolved": 1}, "resolved"},
		{"whatever is awaited is Pending", []string{"Awaiting User Info", "Awaiting Vendor", "Awaiting Problem", "Awaiting Evidence"},
			totals{"pended": 1, "final_new": 0, "final_pending": 1}, "set to pending"},
		{"from Pending to New it returns", []string{"Awaiting Vendor", "Active"}, totals{"pended": 1, "returned": 1}, "set to pending; set to new"},
		{"from Pending to Resolved", []string{"Awaiting Vendor", "Closed"}, totals{"pended": 1, "resolved": 1, "final_new": 0, "final_resolved": 1},
			"set to pending; resolved"},
		{"from Resolved to New it is reopened", []string{"Resolved", "Active"}, totals{"resolved": 1, "reopened": 1}, "resolved; set to new"},
		{"from Resolved to Pending it is reopened first", []string{"Resolved", "Awaiting User Info"},
			totals{"resolved": 1, "reopened": 1, "pended": 1, "final_new": 0, "final_pending": 1}, "resolved; set to new; set to pending"},
		{"a state that is not known is skipped with its assignee", []string{"-100 ann", "Active", "new ann", "On Hold"}, totals{"skipped": 3}, ""},
		{"it is assigned", []string{"New ann"}, totals{"assigned": 1, "final_assigned": 1}, "assigned to ann"},
		{"not again to whom it is", []string{"New ann", "Active ann", "Awaiting Vendor ann", "Active ann"},
			totals{"assigned": 1, "pended": 1, "returned": 1, "final_assigned": 1}, "assigned to ann; set to pending; set to new"},
		{"to another", []string{"New ann", "Active bob", "Active ann"}, totals{"assigned": 3, "final_assigned": 1},
			"assigned to ann; assigned to bob; assigned to ann"},
		{"nobody takes it away", []string{"New ann", "Active ?"}, totals{"assigned": 1, "final_assigned": 1}, "assigned to ann"},
		{"a resolved one is nobody's", []string{"New ann", "Resolved bob", "Closed bob"}, totals{"assigned": 1, "resolved": 1, "final_new": 0, "final_resolved": 1},
			"assigned to ann; resolved"},
		{"a reopened one is nobody's until it is assigned again", []string{"New ann", "Resolved ann", "Active ?", "Active ann"},
			totals{"assigned": 2, "resolved": 1, "reopened": 1, "final_assigned": 1}, "assigned to ann; resolved; set to new; assigned to ann"},
		{"the state comes before the assignee", []string{"Awaiting Vendor ann"}, totals{"pended": 1, "assigned": 1, "final_new": 0, "final_pending": 1, "final_assigned": 1},
			"set to pending; assigned to ann"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var rows [][]string
			for _, r := range c.rows {
				state, to := r, "?"
				if i := strings.LastIndexByte(r, ' '); strings.HasSuffix(r, " ann") || strings.HasSuffix(r, " bob") || strings.HasSuffix(r, " ?") {
					state, to = r[:i], r[i+1:]
				}
				rows = append(rows, changeAt("10:00", state, "eva", to))
			}
			text := incidentsOf(t, rows...)
			got, r := replayed(t, "incidents", text)
			want := totals{"rows": len(rows)}
			for _, from := range []totals{untouched, c.want} {
				for name, value := range from {
					want[name] = value
				}
			}
			got.expect(t, want)
			if r.code != 0 || r.stderr != "" {
				t.Errorf("status %d\n%s", r.code, r.stderr)
			}

			store := memory.New()
			into(t, store, "incidents", text)
			lines := said(timelines(t, store)["kim on Phone"])[2:]
			if told := strings.ReplaceAll(strings.Join(lines, "; "), " by eva", ""); told != c.said {
				t.Errorf("the timeline says %q, want %q", told, c.said)
			}
		})
	}
}

func TestAnIncidentIsAThreadOfItsCaller(t *testing.T) {
	t.Parallel()
	of := func(number, caller, account string, row []string) []string {
		row[0], row[3], row[6] = number, caller, account
		return row
	}
	store := memory.New()
	into(t, store, "incidents", incidentsOf(t,
		of("1", "kim", "Phone", changeAt("10:00", "New", "eva", "?")),
		of("1", "lee", "Email", changeAt("10:01", "Active", "eva", "?")), // the caller and the account are those of the first row
		of("2", "?", "Phone", changeAt("09:00", "New", "eva", "?")),
		of("3", "kim", "Email", changeAt("10:00", "New", "eva", "?")),
		of("4", "kim", "Phone", changeAt("10:00", "Resolved", "eva", "?")),
		of("5", "?", "Phone", changeAt("09:00", "New", "eva", "?")),
	))
	got := map[string][]string{}
	for name, items := range timelines(t, store) {
		for _, item := range items {
			if item.Message != nil {
				got[name] = append(got[name], item.Message.Text)
			}
		}
	}
	for _, texts := range got {
		slices.Sort(texts)
	}
	want := map[string][]string{"kim on Phone": {"Incident 1", "Incident 4"}, "? on Phone": {"Incident 2", "Incident 5"}, "kim on Email": {"Incident 3"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	onPhone := into(t, store, "incidents", incidentsOf(t, of("5", "?", "Phone", changeAt("09:00", "New", "eva", "?"))))
	if n := onPhone.summary.value("conversations"); n != int64(4) {
		t.Errorf("%v conversations on Phone, want 4: what the file has no account of is not counted", n)
	}
}

func TestTimesMayGoBackWithinAnIncident(t *testing.T) {
	t.Parallel()
	store := memory.New()
	into(t, store, "incidents", incidentsOf(t,
		changeAt("10:00", "New", "eva", "?"), changeAt("11:30", "Resolved", "eva", "?"), changeAt("09:15", "Active", "bob", "ann")))
	var times []string
	for _, item := range timelines(t, store)["kim on Phone"] {
		times = append(times, item.Entry.Time.Format("2/1/2006 15:04 ")+item.String())
	}
	want := []string{"29/2/2016 10:00 started as new by contact", "29/2/2016 10:00 kim: Incident 7", "29/2/2016 11:30 resolved by eva",
		"29/2/2016 09:15 set to new by bob", "29/2/2016 09:15 assigned to ann by bob"}
	if diff := cmp.Diff(want, times); diff != "" {
		t.Error(diff)
	}
}

func TestBadChanges(t *testing.T) {
	for _, c := range []struct {
		name   string
		spoil  func([]string) []string
		stderr string
	}{
		{"no number", set(0, ""), "number is empty"},
		{"no state", set(1, ""), "incident_state is empty"},
		{"no caller", set(3, ""), "caller_id is empty"},
		{"nobody did it", set(4, ""), "sys_updated_by is empty"},
		{"other time", set(5, "2016-02-29 10:00"), "sys_updated_at is not a time such as 29/2/2016 01:16"},
		{"a day that is none", set(5, "30/2/2016 10:00"), "sys_updated_at is not a time such as 29/2/2016 01:16"},
		{"year 0", set(5, "29/2/0000 10:00"), "sys_updated_at is not a time such as 29/2/2016 01:16"},
		{"no account", set(6, ""), "contact_type is empty"},
		{"no assignee", set(8, ""), "assigned_to is empty"},
		{"too few fields", func(r []string) []string { return r[:3] }, "the row has 3 fields"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			bad := c.spoil(changeAt("10:05", "Awaiting Vendor", "eva", "ann"))
			got, r := replayed(t, "incidents", incidentsOf(t, changeAt("10:00", "New", "eva", "?"), bad, changeAt("10:10", "Resolved", "eva", "?")))
			got.expect(t, totals{"rows": 2, "received": 1, "pended": 0, "assigned": 0, "resolved": 1, "bad_rows": 1, "audit_verified": true})
			if want := "replay: line 3: " + c.stderr + "\n"; r.code != 1 || r.stderr != want {
				t.Errorf("status %d, %q, want %q", r.code, r.stderr, want)
			}
		})
	}
}

func TestWhenTheFirstRowIsBadTheIncidentBeginsWithTheNext(t *testing.T) {
	t.Parallel()
	got, _ := replayed(t, "incidents", incidentsOf(t, set(5, "soon")(changeAt("", "New", "eva", "?")), changeAt("10:00", "Active", "eva", "ann")))
	got.expect(t, totals{"rows": 1, "received": 1, "assigned": 1, "bad_rows": 1})
}

// An incident whose rows do not stand together is begun again, and what the inbox then refuses is bad: nothing breaks off.
func TestIncidentsThatAreNotGrouped(t *testing.T) {
	t.Parallel()
	other := changeAt("10:00", "New", "eva", "?")
	other[0] = "8"
	got, r := replayed(t, "incidents", incidentsOf(t, changeAt("10:00", "Resolved", "eva", "?"), other, changeAt("11:00", "Awaiting Vendor", "eva", "?")), "-workers", "1")
	got.expect(t, totals{"rows": 2, "received": 3, "duplicates": 1, "bad_rows": 1, "conversations": 2, "final_resolved": 1, "final_new": 1})
	if !strings.HasPrefix(r.stderr, "replay: line 4: ") || r.code != 1 {
		t.Errorf("status %d, %q", r.code, r.stderr)
	}
}
