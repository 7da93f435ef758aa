package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/deskwright/deskwright/storage/memory"
	"github.com/google/go-cmp/cmp"
)

// starLine is a line of a star file. Each event is "second who text": u is the user's, w the wizard's own and s a suggestion that
// the wizard picked; any other is an event that is skipped. The dialogue is complete if the last one is "!".
func starLine(t testing.TB, id int, user, wizard string, events ...string) string {
	t.Helper()
	level := "DisconnectDuringDialogue"
	all := []map[string]any{}
	for _, text := range events {
		if text == "!" {
			level = "Complete"
			continue
		}
		var second int
		var who string
		if _, err := fmt.Sscan(text, &second, &who); err != nil {
			t.Fatal(err)
		}
		e := map[string]any{"UnixTime": 1589375000 + second}
		switch who {
		case "u":
			e["Agent"], e["Action"] = "User", "utter"
		case "w":
			e["Agent"], e["Action"] = "Wizard", "utter"
		case "s":
			e["Agent"], e["Action"] = "Wizard", "pick_suggestion"
		case "q": // has no time
			e = map[string]any{"Agent": "KnowledgeBase", "Action": "return_item", "Item": map[string]any{"Text": 1}}
		default:
			e["Agent"], e["Action"] = "User", who
		}
		_, said, _ := strings.Cut(text, who)
		if said = strings.TrimPrefix(said, " "); who != "q" {
			e["Text"] = said
		}
		all = append(all, e)
	}
	line, err := json.Marshal(map[string]any{"FORMAT-VERSION": 7, "DialogueID": id, "AnonymizedUserWorkerID": user, "AnonymizedWizardWorkerID": wizard,
		"CompletionLevel": level, "Events": all, "Scenario": map[string]any{"Domains": []string{"bank"}}})
	if err != nil {
		t.Fatal(err)
	}
	return string(line) + "\n"
}

// chats is a small recording with everything in it that is not bad.
func chats(t *testing.T) string {
	t.Helper()
	return starLine(t, 1, "kim", "ann", "0 instruct Be rude.", "5 u Hello!", "7 w Hi.", "8 u I \"need\"\nhelp", "9 q", "30 s Sure.", "40 complete", "!") +
		starLine(t, 2, "lee", "bob", "0 w Anyone?", "1 s Hello?", "2 u Yes", "9 w Good.") +
		starLine(t, 3, "kim", "bob", "0 u Me again") +
		starLine(t, 4, "eva", "cyd", "0 w Anyone?", "!") +
		starLine(t, 5, "eva", "cyd", "!") +
		starLine(t, 6, "ann", "kim", "0 u Nobody answers", "!")
}

func TestDialoguesAreReplayed(t *testing.T) {
	for _, c := range []struct {
		name   string
		events []string
		want   totals
		said   string
	}{
		{"nothing", nil, totals{"received": 0, "conversations": 0, "contacts": 0, "agents": 0, "audit_entries": 0}, ""},
		{"complete, but nothing was received", []string{"0 w Hi", "!"}, totals{"unsolicited": 1, "resolved": 0, "conversations": 0, "agents": 0}, ""},
		{"the contact writes", []string{"0 u Hi"}, totals{"received": 1, "new": 1, "conversations": 1, "contacts": 1, "agents": 0},
			"started as new by contact; kim: Hi"},
		{"whatever the wizard says is a reply", []string{"0 u Hi", "1 w Ho", "2 s Hu"}, totals{"received": 1, "replied": 2, "pending": 1, "agents": 1},
			"started as new by contact; kim: Hi; ann: Ho; auto-assigned to ann by ann; set to pending by ann; ann: Hu"},
		{"before the contact writes it is nothing", []string{"0 w Ho", "1 s Ho", "2 u Hi", "3 w Hu"}, totals{"received": 1, "replied": 1, "unsolicited": 2},
			"started as new by contact; kim: Hi; ann: Hu; auto-assigned to ann by ann; set to pending by ann"},
		{"other events are skipped", []string{"0 instruct Go", "1 u Hi", "2 request_suggestions Ho", "2 q", "3 complete"}, totals{"received": 1, "replied": 0, "new": 1},
			"started as new by contact; kim: Hi"},
		{"complete, and nobody answered", []string{"0 u Hi", "!"}, totals{"received": 1, "new": 0, "resolved": 1, "agents": 1},
			"started as new by contact; kim: Hi; resolved by ann"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			text := starLine(t, 7, "kim", "ann", c.events...)
			got, r := replayed(t, "star", text)
			c.want["dialogues"], c.want["bad_rows"], c.want["audit_verified"] = 1, 0, true
			got.expect(t, c.want)
			if r.code != 0 || r.stderr != "" {
				t.Errorf("status %d\n%s", r.code, r.stderr)
			}
			store := memory.New()
			into(t, store, "star", text)
			if told := strings.Join(said(timelines(t, store)["kim on star"]), "; "); told != c.said {
				t.Errorf("the timeline says %q, want %q", told, c.said)
			}
		})
	}
}

func TestTheSummaryOfDialogues(t *testing.T) {
	t.Parallel()
	_, r := replayed(t, "star", chats(t))
	want := `{"dialogues":6,"received":5,"replied":3,"unsolicited":3,"contacts":3,"agents":3,"conversations":4,"new":1,"pending":1,"resolved":2,` +
		`"first_response_seconds":{"count":2,"p50":2,"p90":7},"duplicates":0,"bad_rows":0,"audit_entries":30,"audit_verified":true}` + "\n"
	if r.stdout != want {
		t.Errorf("got  %swant %s", r.stdout, want)
	}
}

func TestAnEventHappensAtItsTime(t *testing.T) {
	t.Parallel()
	store := memory.New()
	into(t, store, "star", starLine(t, 7, "kim", "ann", "0 u Hi", "50 w Ho", "20 u Hu", "40 q", "60 complete", "!"))
	var times []string
	for _, item := range timelines(t, store)["kim on star"] {
		times = append(times, item.Entry.Time.Format("15:04:05 ")+item.String())
	}
	want := []string{"13:03:20 started as new by contact", "13:03:20 kim: Hi", "13:04:10 ann: Ho", "13:04:10 auto-assigned to ann by ann",
		"13:04:10 set to pending by ann", "13:03:40 set to new by contact", "13:03:40 kim: Hu", "13:04:20 resolved by ann"}
	if diff := cmp.Diff(want, times); diff != "" {
		t.Error(diff)
	}
}

func TestBadDialogues(t *testing.T) {
	good := func(id int) string { return starLine(t, id, "kim", "ann", "0 u Hi", "1 w Ho", "!") }
	instead := func(old, by string) string { return strings.Replace(good(2), old, by, 1) }
	for _, c := range []struct{ name, line, stderr string }{
		{"no JSON", "Hi\n", "the line is not JSON: invalid character 'H' looking for beginning of value"},
		{"cut off", good(2)[:50] + "\n", "the line is not JSON: unexpected end of JSON input"},
		{"two on a line", strings.TrimSpace(good(2)) + good(3), "the line is not JSON: invalid character '{' after top-level value"},
		{"a list", "[1]\n", "the line is no object but a JSON array"},
		{"null", "null\n", "DialogueID is missing"},
		{"no id", instead(`"DialogueID"`, `"ID"`), "DialogueID is missing"},
		{"an id that is no number", instead(`"DialogueID":2`, `"DialogueID":"two"`), "DialogueID cannot be a JSON string"},
		{"no user", instead(`"kim"`, `""`), "AnonymizedUserWorkerID is empty"},
		{"no wizard", instead(`"AnonymizedWizardWorkerID"`, `"Wizard"`), "AnonymizedWizardWorkerID is empty"},
		{"a long name", instead(`"ann"`, `"`+strings.Repeat("a", 256)+`"`), "AnonymizedWizardWorkerID is longer than 255 bytes"},
		{"no events", instead(`"Events"`, `"Event"`), "the list of Events is missing"},
		{"a text that is none", instead(`"Text":"Ho"`, `"Text":1`), "Events.Text cannot be a JSON number"},
		{"no time", instead(`,"UnixTime":1589375001`, ``), "event 2: UnixTime is missing"},
		{"a time in words", instead(`1589375001`, `"soon"`), "Events.UnixTime cannot be a JSON string"},
		{"a time too late", instead(`1589375001`, `9223372036854775807`), "event 2: UnixTime is no time between the years 1 and 9998"},
		{"too long", good(2)[:3] + strings.Repeat(" ", 3*widest) + good(2)[3:], "the line is longer than 1048576 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, r := replayed(t, "star", good(1)+c.line+good(4), "-times", "2")
			got.expect(t, totals{"dialogues": 2, "received": 2, "replied": 2, "resolved": 2, "conversations": 2, "duplicates": 4, "bad_rows": 1, "audit_verified": true})
			if want := strings.Repeat("replay: line 2: "+c.stderr+"\n", 2); r.code != 1 || r.stderr != want {
				t.Errorf("status %d, %q, want %q", r.code, r.stderr, want)
			}
		})
	}
}

// Nothing of what follows in it happens, and the other dialogues go on.
func TestADialogueEndsWhereTheInboxRefusesIt(t *testing.T) {
	t.Parallel()
	text := starLine(t, 1, "kim", "ann", "0 u Hi", "1 w ", "2 u Hu", "!") + starLine(t, 2, "kim", "ann", "0 u Hi")
	got, r := replayed(t, "star", text)
	got.expect(t, totals{"dialogues": 1, "received": 2, "replied": 0, "new": 2, "resolved": 0, "bad_rows": 1})
	if r.code != 1 || !strings.HasPrefix(r.stderr, "replay: line 1: event 2: ") || !strings.Contains(r.stderr, "text is empty") {
		t.Errorf("status %d, %q", r.code, r.stderr)
	}
}

func TestADialogueThatComesAgain(t *testing.T) {
	first := starLine(t, 1, "kim", "ann", "0 u Hi", "1 w Ho", "2 u Hu", "!")
	for _, c := range []struct {
		name, again string
		want        totals
	}{
		{"repeats the first", first, totals{"dialogues": 2, "received": 4, "replied": 2, "duplicates": 3, "conversations": 1, "resolved": 1, "bad_rows": 0}},
		{"goes on where the first ended", starLine(t, 1, "kim", "ann", "0 u Hi", "1 w Ho", "2 u Hu", "3 w He", "4 u Ha", "!"),
			totals{"dialogues": 2, "received": 5, "replied": 3, "duplicates": 3, "conversations": 1, "resolved": 1, "bad_rows": 0}},
		{"reopens it and does not end", starLine(t, 1, "kim", "ann", "0 u Hi", "1 w Ho", "2 u Hu", "3 u Ha"),
			totals{"dialogues": 2, "received": 5, "replied": 2, "duplicates": 3, "conversations": 1, "new": 1, "resolved": 0, "bad_rows": 0}},
		{"is bad where a reply is another", starLine(t, 1, "kim", "ann", "0 u Hi", "1 w He", "2 u Ha"),
			totals{"dialogues": 1, "received": 3, "replied": 1, "duplicates": 1, "conversations": 1, "resolved": 1, "bad_rows": 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			once, _ := replayed(t, "star", first+c.again)
			once.expect(t, c.want)
			twice, _ := replayed(t, "star", first+c.again, "-times", "2")
			once["duplicates"] = once["received"].(float64) + once["replied"].(float64)
			if diff := cmp.Diff(once, twice); diff != "" {
				t.Errorf("once (-) and twice (+): %s", diff)
			}
		})
	}
}

func TestLinesOfJSON(t *testing.T) {
	for name, through := range map[string]func(io.Reader) io.Reader{
		"at once": func(r io.Reader) io.Reader { return r }, "byte by byte": iotest.OneByteReader, "with its end": iotest.DataErrReader,
	} {
		widestLine := strings.Repeat("x", widest-1)
		in := "\uFEFF1\n\n \r\n2\r\n" + widestLine + "\n" + widestLine + "x\n6\n" + strings.Repeat("y", 2*widest) + "\n\n8"
		var got []string
		lines := newJSONLines(through(strings.NewReader(in)), func(line int, err error) { got = append(got, fmt.Sprintf("%d: %v", line, err)) })
		for {
			text, err := lines.next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, fmt.Sprintf("%d: %.3s", lines.line, text))
		}
		const tooLong = "the line is longer than 1048576 bytes"
		if diff := cmp.Diff([]string{"1: 1", "4: 2", "5: xxx", "6: " + tooLong, "7: 6", "8: " + tooLong, "10: 8"}, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
