package main

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"math"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"
)

// What follows counts a recording anew, with maps and without the library. It shares nothing with the program but the rules.

func records(t *testing.T, in io.Reader) []map[string]string {
	t.Helper()
	rows, err := csv.NewReader(in).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var all []map[string]string
	for _, row := range rows[1:] {
		record := map[string]string{}
		for i, name := range rows[0] {
			record[name] = row[i]
		}
		all = append(all, record)
	}
	return all
}

func when(t *testing.T, layout, text string) time.Time {
	t.Helper()
	at, err := time.Parse(layout, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// talked is one contact's talk with one brand.
type talked struct {
	messages       int
	waits          bool // for the brand
	resolved       bool
	began, replied time.Time
}

func recountTwcs(t *testing.T, in io.Reader) totals {
	t.Helper()
	rows := records(t, in)
	at := func(r map[string]string) time.Time { return when(t, "Mon Jan _2 15:04:05 -0700 2006", r["created_at"]) }
	sort.Slice(rows, func(i, j int) bool {
		if a, b := at(rows[i]), at(rows[j]); !a.Equal(b) {
			return a.Before(b)
		}
		a, _ := strconv.Atoi(rows[i]["tweet_id"])
		b, _ := strconv.Atoi(rows[j]["tweet_id"])
		return a < b
	})
	byID, brands := map[string]map[string]string{}, map[string]string{}
	for _, r := range rows {
		byID[r["tweet_id"]] = r
		if r["inbound"] == "False" {
			brands[strings.ToLower(r["author_id"])] = r["author_id"]
		}
	}
	goesTo := addresses(byID, brands)

	talks := map[[2]string]*talked{}
	people := map[string]bool{}
	count := totals{"rows": len(rows), "received": 0, "replied": 0, "unaddressed": 0, "unsolicited": 0}
	add := func(name string) { count[name] = count[name].(int) + 1 }
	for _, r := range rows {
		if r["inbound"] == "True" {
			brand := goesTo(r["tweet_id"])
			if brand == "" {
				add("unaddressed")
				continue
			}
			talk := talks[[2]string{brand, r["author_id"]}]
			if talk == nil {
				talk = &talked{began: at(r)}
				talks[[2]string{brand, r["author_id"]}] = talk
			}
			people[r["author_id"]] = true
			talk.messages++
			talk.waits = true
			add("received")
			continue
		}
		question := byID[r["in_response_to_tweet_id"]]
		talk := talks[[2]string{r["author_id"], question["author_id"]}]
		if question["inbound"] != "True" || talk == nil {
			add("unsolicited")
			continue
		}
		talk.messages++
		talk.waits = false
		if talk.replied.IsZero() {
			talk.replied = at(r)
		}
		add("replied")
	}
	count["contacts"], count["accounts"], count["conversations"] = len(people), len(brands), len(talks)
	return sumUp(count, talks)
}

// addresses returns which brand a contact's row goes to.
func addresses(byID map[string]map[string]string, brands map[string]string) func(id string) string {
	round := func(id string) bool { // whether it is among its own parents
		at := byID[id]
		for range byID {
			if at = byID[at["in_response_to_tweet_id"]]; at["inbound"] != "True" {
				return false
			}
			if at["tweet_id"] == id {
				return true
			}
		}
		return false
	}
	var goesTo func(id string) string
	goesTo = func(id string) string {
		r := byID[id]
		if r == nil {
			return ""
		}
		if r["inbound"] == "False" {
			return r["author_id"]
		}
		if parent := r["in_response_to_tweet_id"]; parent != "" && !round(id) {
			if brand := goesTo(parent); brand != "" {
				return brand
			}
		}
		for _, name := range regexp.MustCompile("@[A-Za-z0-9_]+").FindAllString(r["text"], -1) {
			if brand := brands[strings.ToLower(name[1:])]; brand != "" {
				return brand
			}
		}
		for _, id := range strings.Split(r["response_tweet_id"], ",") {
			if answer := byID[id]; answer != nil && answer["inbound"] == "False" {
				return answer["author_id"]
			}
		}
		return ""
	}
	return goesTo
}

func sumUp(count totals, talks map[[2]string]*talked) totals {
	longest, waiting, resolved := 0, 0, 0
	var seconds []float64
	for _, talk := range talks {
		longest = max(longest, talk.messages)
		switch {
		case talk.resolved:
			resolved++
		case talk.waits:
			waiting++
		}
		if !talk.replied.IsZero() {
			seconds = append(seconds, talk.replied.Sub(talk.began).Seconds())
		}
	}
	slices.Sort(seconds)
	rank := func(percent float64) float64 {
		if len(seconds) == 0 {
			return 0
		}
		return seconds[int(math.Ceil(percent/100*float64(len(seconds))))-1]
	}
	count["new"], count["pending"], count["resolved"] = waiting, len(talks)-waiting-resolved, resolved
	count["longest_conversation"] = longest
	count["first_response_seconds"] = map[string]any{"count": float64(len(seconds)), "p50": rank(50), "p90": rank(90)}
	return count
}

func recountIncidents(t *testing.T, in io.Reader) totals {
	t.Helper()
	rows := records(t, in)
	count := totals{"rows": len(rows), "received": 0, "pended": 0, "returned": 0, "resolved": 0, "reopened": 0, "assigned": 0, "skipped": 0,
		"final_New": 0, "final_Pending": 0, "final_Resolved": 0, "final_assigned": 0}
	add := func(name string) { count[name] = count[name].(int) + 1 }
	callers := map[string]bool{}
	number, state, has := "", "", "?"
	end := func() {
		if number == "" {
			return
		}
		add("final_" + state)
		if has != "?" {
			add("final_assigned")
		}
	}
	for _, r := range rows {
		when(t, "2/1/2006 15:04", r["sys_updated_at"])
		if r["number"] != number {
			end()
			number, state, has = r["number"], "New", "?"
			callers[r["caller_id"]] = true
			add("received")
		}
		to := map[string]string{"New": "New", "Active": "New", "Awaiting User Info": "Pending", "Awaiting Vendor": "Pending", "Awaiting Problem": "Pending",
			"Awaiting Evidence": "Pending", "Resolved": "Resolved", "Closed": "Resolved"}[r["incident_state"]]
		if to == "" {
			add("skipped")
			continue
		}
		for _, did := range map[string][]string{"New>Pending": {"pended"}, "New>Resolved": {"resolved"}, "Pending>New": {"returned"}, "Pending>Resolved": {"resolved"},
			"Resolved>New": {"reopened"}, "Resolved>Pending": {"reopened", "pended"}}[state+">"+to] {
			add(did)
		}
		state = to
		if state == "Resolved" {
			has = "?"
		} else if who := r["assigned_to"]; who != "?" && who != has {
			has = who
			add("assigned")
		}
	}
	end()
	count["conversations"], count["contacts"] = count["received"], len(callers)
	for _, state := range []string{"New", "Pending", "Resolved"} {
		count["final_"+strings.ToLower(state)] = count["final_"+state]
		delete(count, "final_"+state)
	}
	return count
}

func recountStar(t *testing.T, in io.Reader) totals {
	t.Helper()
	count := totals{"dialogues": 0, "received": 0, "replied": 0, "unsolicited": 0}
	add := func(name string) { count[name] = count[name].(int) + 1 }
	talks, users, wizards := map[[2]string]*talked{}, map[any]bool{}, map[any]bool{}
	for all := json.NewDecoder(in); all.More(); add("dialogues") {
		var r map[string]any
		if err := all.Decode(&r); err != nil {
			t.Fatal(err)
		}
		var talk *talked
		for _, e := range r["Events"].([]any) {
			e := e.(map[string]any)
			seconds, _ := e["UnixTime"].(float64)
			at := time.Unix(int64(seconds), 0)
			byWizard := e["Agent"] == "Wizard" && (e["Action"] == "utter" || e["Action"] == "pick_suggestion")
			switch {
			case e["Agent"] == "User" && e["Action"] == "utter":
				if talk == nil {
					talk = &talked{began: at}
				}
				talk.waits = true
				users[r["AnonymizedUserWorkerID"]] = true
				add("received")
			case byWizard && talk == nil:
				add("unsolicited")
			case byWizard:
				if talk.replied.IsZero() {
					talk.replied = at
				}
				talk.waits = false
				wizards[r["AnonymizedWizardWorkerID"]] = true
				add("replied")
			}
		}
		if talk == nil {
			continue
		}
		if talks[[2]string{strconv.Itoa(len(talks))}] = talk; r["CompletionLevel"] == "Complete" {
			talk.resolved = true
			wizards[r["AnonymizedWizardWorkerID"]] = true
		}
	}
	count["contacts"], count["agents"], count["conversations"] = len(users), len(wizards), len(talks)
	sumUp(count, talks)
	delete(count, "longest_conversation")
	return count
}
