package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/storage/memory"
	"github.com/google/go-cmp/cmp"
)

var twcsHeader = []string{"tweet_id", "author_id", "inbound", "created_at", "text", "response_tweet_id", "in_response_to_tweet_id"}

// tweetAt is a row; seconds count from a fixed time.
func tweetAt(second int, id, author, text, answers, parent string) []string {
	inbound := "True"
	if strings.ToLower(author) != author { // brands are written with a capital here
		inbound = "False"
	}
	at := time.Date(2017, 10, 31, 22, 0, 0, 0, time.UTC).Add(time.Duration(second) * time.Second)
	return []string{id, author, inbound, at.Format(time.RubyDate), text, answers, parent}
}

func twcsOf(t *testing.T, rows ...[]string) string {
	t.Helper()
	return csvOf(t, append([][]string{twcsHeader}, rows...)...)
}

func TestTweetsGoWhereTheyBelong(t *testing.T) {
	acme := tweetAt(900, "900", "Acme", "@nn hello", "", "") // makes Acme a brand; unsolicited itself
	bolt := tweetAt(901, "901", "Bolt", "@nn hello", "", "")
	for _, c := range []struct {
		name string
		rows [][]string
		want totals
	}{
		{"the author of a row with inbound False is a brand", [][]string{acme, bolt},
			totals{"rows": 2, "accounts": 2, "unsolicited": 2, "conversations": 0, "contacts": 0, "audit_entries": 4}},
		{"a mention addresses a brand", [][]string{acme, tweetAt(1, "1", "ann", "hi @Acme", "", "")},
			totals{"received": 1, "unaddressed": 0, "conversations": 1, "contacts": 1, "new": 1}},
		{"whatever the case", [][]string{acme, tweetAt(1, "1", "ann", "hi @aCmE!", "", "")},
			totals{"received": 1, "unaddressed": 0}},
		{"the first mention that names a brand counts", [][]string{acme, bolt, tweetAt(1, "1", "ann", "@bob @Bolt @Acme", "", ""), tweetAt(2, "2", "Bolt", "@ann yes", "", "1")},
			totals{"received": 1, "replied": 1, "unsolicited": 2}},
		{"a longer name is another name", [][]string{acme, tweetAt(1, "1", "ann", "hi @Acmeee and @Acme_", "", "")},
			totals{"received": 0, "unaddressed": 1, "conversations": 0}},
		{"no mention: the first answer that is a brand's", [][]string{acme,
			tweetAt(1, "1", "ann", "hi", "99,3,2,4", ""),
			tweetAt(2, "2", "Acme", "yes", "", "1"), tweetAt(4, "4", "Bolt", "yes", "", "1"), tweetAt(3, "3", "bob", "no", "", "1")},
			totals{"received": 2, "replied": 1, "unsolicited": 2, "accounts": 2, "conversations": 2}},
		{"answers of a brand that are not in the file are nobody's", [][]string{acme, tweetAt(1, "1", "ann", "hi", "77,78", "")},
			totals{"received": 0, "unaddressed": 1}},
		{"the parent comes before a mention", [][]string{acme, bolt,
			tweetAt(1, "1", "ann", "hi @Acme", "", ""), tweetAt(2, "2", "ann", "and @Bolt too", "", "1")},
			totals{"received": 2, "conversations": 1}},
		{"a brand's row is a parent on its account", [][]string{acme, bolt,
			tweetAt(1, "1", "Acme", "news!", "", ""), tweetAt(2, "2", "ann", "nice, @Bolt", "", "1")},
			totals{"received": 1, "unsolicited": 3, "conversations": 1}},
		{"a chain of parents leads to an account", [][]string{
			tweetAt(1, "1", "Acme", "news!", "", ""), tweetAt(2, "2", "ann", "nice", "", "1"), tweetAt(3, "3", "bob", "not nice", "", "2"), tweetAt(4, "4", "ann", "nice!", "", "3")},
			totals{"received": 3, "conversations": 2, "contacts": 2, "longest_conversation": 2}},
		{"a parent without an account passes on to the mention", [][]string{acme,
			tweetAt(1, "1", "ann", "hello", "", ""), tweetAt(2, "2", "bob", "@acme look", "", "1")},
			totals{"received": 1, "unaddressed": 1}},
		{"a parent that is not in the file passes on", [][]string{acme, tweetAt(2, "2", "bob", "@acme look", "", "4711")},
			totals{"received": 1, "unaddressed": 0}},
		{"a parent that comes later in time is a parent", [][]string{acme,
			tweetAt(1, "1", "ann", "hello", "", "2"), tweetAt(2, "2", "bob", "@acme look", "", "")},
			totals{"received": 2, "unaddressed": 0}},
		{"parents that go round are none", [][]string{acme,
			tweetAt(1, "1", "ann", "a", "", "2"), tweetAt(2, "2", "ann", "@acme b", "", "3"), tweetAt(3, "3", "ann", "c", "", "1"), tweetAt(4, "4", "ann", "d", "", "4")},
			totals{"received": 1, "unaddressed": 3}},
		{"one person on two accounts is one contact with two conversations", [][]string{acme, bolt,
			tweetAt(1, "1", "ann", "@acme", "", ""), tweetAt(2, "2", "ann", "@bolt", "", "")},
			totals{"received": 2, "contacts": 1, "conversations": 2}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, r := replayed(t, "twcs", twcsOf(t, c.rows...))
			got.expect(t, c.want)
			got.expect(t, totals{"rows": len(c.rows), "bad_rows": 0, "duplicates": 0, "audit_verified": true})
			if r.code != 0 || r.stderr != "" {
				t.Errorf("status %d\n%s", r.code, r.stderr)
			}
		})
	}
}

func TestBrandsAnswer(t *testing.T) {
	ann := tweetAt(1, "1", "ann", "@Acme help", "", "")
	for _, c := range []struct {
		name string
		rows [][]string // beside news of Acme and Bolt, which are unsolicited
		want totals
	}{
		{"a reply makes it Pending", [][]string{ann, tweetAt(2, "2", "Acme", "sure", "", "1")},
			totals{"replied": 1, "unsolicited": 2, "new": 0, "pending": 1, "longest_conversation": 2}},
		{"another message makes it New", [][]string{ann, tweetAt(2, "2", "Acme", "sure", "", "1"), tweetAt(3, "3", "ann", "thanks", "", "2")},
			totals{"replied": 1, "unsolicited": 2, "new": 1, "pending": 0, "longest_conversation": 3}},
		{"an answer to nothing is unsolicited", [][]string{ann, tweetAt(2, "2", "Acme", "ads", "", "")},
			totals{"replied": 0, "unsolicited": 3, "new": 1}},
		{"an answer to what is not in the file is unsolicited", [][]string{ann, tweetAt(2, "2", "Acme", "sure", "", "77")},
			totals{"replied": 0, "unsolicited": 3}},
		{"an answer to itself is unsolicited", [][]string{ann, tweetAt(2, "2", "Acme", "sure", "", "1"), tweetAt(3, "3", "Acme", "one more", "", "2")},
			totals{"replied": 1, "unsolicited": 3}},
		{"an answer to a brand is unsolicited, also where it has written as a contact", [][]string{set(2, "True")(tweetAt(1, "1", "Bolt", "@acme help", "", "")),
			tweetAt(2, "2", "Bolt", "news", "", ""), tweetAt(3, "3", "Acme", "nice", "", "2")},
			totals{"received": 1, "replied": 0, "unsolicited": 4, "new": 1}},
		{"an answer before the thread is there is unsolicited", [][]string{ann, tweetAt(0, "2", "Acme", "sure", "", "1")},
			totals{"replied": 0, "unsolicited": 3, "new": 1}},
		{"an answer to somebody who never wrote to the brand is unsolicited", [][]string{ann, tweetAt(2, "2", "Bolt", "we are better", "", "1")},
			totals{"replied": 0, "unsolicited": 3, "conversations": 1}},
		{"an answer to what was said to another brand goes to the own thread", [][]string{tweetAt(0, "3", "ann", "@Bolt ping", "", ""), ann,
			tweetAt(2, "2", "Bolt", "here", "", "1")},
			totals{"replied": 1, "unsolicited": 2, "conversations": 2, "new": 1, "pending": 1}},
		{"an answer to what was addressed to nobody too", [][]string{tweetAt(0, "3", "ann", "@Bolt ping", "", ""), tweetAt(1, "4", "ann", "hello?", "", ""),
			tweetAt(2, "2", "Bolt", "here", "", "4")},
			totals{"replied": 1, "unaddressed": 1, "unsolicited": 2, "conversations": 1, "pending": 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			rows := append(c.rows, tweetAt(900, "900", "Acme", "news", "", ""), tweetAt(901, "901", "Bolt", "news", "", ""))
			got, _ := replayed(t, "twcs", twcsOf(t, rows...))
			got.expect(t, c.want)
			got.expect(t, totals{"rows": len(rows), "bad_rows": 0, "resolved": 0, "accounts": 2})
		})
	}
}

func TestAnAnswerRefersToWhatItAnswersOnItsThread(t *testing.T) {
	t.Parallel()
	store := memory.New()
	into(t, store, "twcs", twcsOf(t,
		tweetAt(1, "1", "ann", "@Acme one", "", ""),
		tweetAt(2, "2", "ann", "@Acme two", "", ""),
		tweetAt(3, "3", "ann", "@Bolt three", "", ""),
		tweetAt(4, "4", "Acme", "to one", "", "1"),
		tweetAt(5, "5", "Acme", "to three", "", "3"), // of another thread: as good as no reference, so the network's rule holds
		tweetAt(6, "6", "Acme", "to seven", "", "7"), // still to come
		tweetAt(7, "7", "ann", "@Acme seven", "", ""),
		tweetAt(8, "8", "Bolt", "to three", "", "3"),
	))
	got := map[string]string{}
	for _, items := range timelines(t, store) {
		for _, item := range items {
			if m := item.Message; m != nil && m.Direction == channel.Outgoing {
				got[m.Author.Name+" "+m.Text] = m.Answers.Text
			}
		}
	}
	want := map[string]string{"Acme to one": "@Acme one", "Acme to three": "@Acme two", "Acme to seven": "@Acme two", "Bolt to three": "@Bolt three"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTweetsAreReplayedInTheOrderOfTheirTimeAndNumber(t *testing.T) {
	t.Parallel()
	store := memory.New()
	into(t, store, "twcs", twcsOf(t,
		tweetAt(5, "100", "Acme", "fifth", "", "9"),
		tweetAt(4, "1", "ann", "fourth", "", "100"),
		tweetAt(3, "10", "ann", "@acme third", "", ""),
		tweetAt(3, "9", "ann", "@acme second", "", ""),
		tweetAt(1, "20", "ann", "@acme first", "", ""),
	))
	want := map[string][]string{"ann on Acme": {
		"started as new by contact", "ann: @acme first", "ann: @acme second", "ann: @acme third", "ann: fourth",
		"Acme: fifth", "auto-assigned to Acme by Acme", "set to pending by Acme",
	}}
	got := map[string][]string{}
	for name, items := range timelines(t, store) {
		got[name] = said(items)
		for _, item := range items {
			if m := item.Message; m != nil && (!m.Time.Equal(m.Received) || m.Time.Year() != 2017 || m.Visibility != channel.Public) {
				t.Errorf("%s: %s at %s, received at %s, %s", name, item, m.Time, m.Received, m.Visibility)
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestFirstResponses(t *testing.T) {
	t.Parallel()
	var rows [][]string
	for i, wait := range []int{40, 10, 30, 20} { // of four contacts; a fifth gets no answer
		who := string(rune('a' + i))
		id := func(n int) string { return fmt.Sprint(100*(i+1) + n) }
		rows = append(rows,
			tweetAt(i, id(1), who, "@acme hi", "", ""),
			tweetAt(i+1, id(2), who, "hello?", "", id(1)),
			tweetAt(i+wait, id(3), "Acme", "yes", "", id(2)),
			tweetAt(i+wait+500, id(4), "Acme", "still there?", "", id(2)),
		)
	}
	rows = append(rows, tweetAt(0, "1000", "e", "@acme hi", "", ""))
	got, _ := replayed(t, "twcs", twcsOf(t, rows...))
	want := map[string]any{"count": 4.0, "p50": 20.0, "p90": 40.0}
	if diff := cmp.Diff(want, got["first_response_seconds"]); diff != "" {
		t.Error(diff)
	}
	none, _ := replayed(t, "twcs", twcsOf(t))
	if diff := cmp.Diff(map[string]any{"count": 0.0, "p50": 0.0, "p90": 0.0}, none["first_response_seconds"]); diff != "" {
		t.Error(diff)
	}
}

func TestATweetThatStandsTwiceIsADuplicate(t *testing.T) {
	t.Parallel()
	ann, acme := tweetAt(1, "1", "ann", "@Acme help", "2", ""), tweetAt(2, "2", "Acme", "sure", "", "1")
	got, _ := replayed(t, "twcs", twcsOf(t, ann, acme, ann, acme))
	got.expect(t, totals{"rows": 4, "received": 2, "replied": 2, "duplicates": 2, "bad_rows": 0, "longest_conversation": 2})

	got, r := replayed(t, "twcs", twcsOf(t, ann, acme, tweetAt(3, "1", "bob", "@Acme help", "", ""), tweetAt(2, "2", "Acme", "other words", "", "1")))
	got.expect(t, totals{"rows": 2, "received": 1, "replied": 1, "duplicates": 0, "bad_rows": 2})
	if want := "replay: line 4: tweet_id 1 stands in line 2 with other content\nreplay: line 5: tweet_id 2 stands in line 3 with other content\n"; r.code != 1 || r.stderr != want {
		t.Errorf("status %d, %q", r.code, r.stderr)
	}
}

func TestBadTweets(t *testing.T) {
	good := tweetAt(1, "1", "ann", "@Acme help", "2", "")
	for _, c := range []struct {
		name   string
		spoil  func([]string) []string
		stderr string
	}{
		{"id that is no number", set(0, "x1"), "tweet_id is not a number above 0"},
		{"id 0", set(0, "0"), "tweet_id is not a number above 0"},
		{"negative id", set(0, "-1"), "tweet_id is not a number above 0"},
		{"no id", set(0, ""), "tweet_id is not a number above 0"},
		{"no author", set(1, ""), "author_id is empty"},
		{"author with NUL", set(1, "a\x00n"), "author_id is not text"},
		{"author that is not UTF-8", set(1, "a\xffn"), "author_id is not text"},
		{"endless author", set(1, strings.Repeat("a", 256)), "author_id is longer than 255 bytes"},
		{"other bool", set(2, "yes"), "inbound is neither True nor False"},
		{"other time", set(3, "2017-10-31 22:00:00"), "created_at is not a time such as Tue Oct 31 22:10:47 +0000 2017"},
		{"year 0", set(3, "Tue Oct 31 22:10:47 +0000 0000"), "created_at is not a time such as Tue Oct 31 22:10:47 +0000 2017"},
		{"answer that is no number", set(5, "3,,4"), "response_tweet_id is not a number above 0"},
		{"parent that is no number", set(6, "3.0"), "in_response_to_tweet_id is not a number above 0"},
		{"too few fields", func(r []string) []string { return r[:6] }, "the row has 6 fields"},
		{"too many fields", func(r []string) []string { return append(r, "x") }, "the row has 8 fields"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			bad := c.spoil(tweetAt(5, "5", "ann", "two\nlines", "", ""))
			got, r := replayed(t, "twcs", twcsOf(t, good, bad, tweetAt(2, "2", "Acme", "sure", "", "1")))
			got.expect(t, totals{"rows": 2, "received": 1, "replied": 1, "unaddressed": 0, "bad_rows": 1, "audit_verified": true})
			if want := "replay: line 3: " + c.stderr + "\n"; r.code != 1 || r.stderr != want {
				t.Errorf("status %d, %q, want %q", r.code, r.stderr, want)
			}
		})
	}
}

// set returns a change of one field.
func set(field int, value string) func([]string) []string {
	return func(row []string) []string {
		row[field] = value
		return row
	}
}

func TestATweetThatTheInboxRefusesIsBad(t *testing.T) {
	t.Parallel()
	got, r := replayed(t, "twcs", twcsOf(t, tweetAt(1, "1", "ann", "@Acme help", "", ""), tweetAt(2, "2", "Acme", "", "", "1"), tweetAt(3, "3", "ann", "", "", "1")))
	got.expect(t, totals{"rows": 2, "received": 2, "replied": 0, "unsolicited": 0, "bad_rows": 1, "new": 1})
	if !strings.HasPrefix(r.stderr, "replay: line 3: ") || !strings.Contains(r.stderr, "text is empty") || r.code != 1 {
		t.Errorf("status %d, %q", r.code, r.stderr)
	}
}
