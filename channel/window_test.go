package channel_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	. "github.com/deskwright/deskwright/channel"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var openers = []Opener{"", ByMessage, ByAd, ByPostback, ByReaction, ByCall, "wave"}

// lengths is the table of windows, said a second time.
var lengths = map[Network]map[Kind]map[Opener]time.Duration{
	Facebook: {DirectMessage: {"": day, ByMessage: day, ByPostback: day, ByReaction: day, ByAd: week}},
	Instagram: {
		DirectMessage: {"": day, ByMessage: day, ByPostback: day, ByAd: week},
		StoryMention:  {"": day, ByMessage: day, ByPostback: day},
		StoryReply:    {"": day, ByMessage: day, ByPostback: day},
	},
	WhatsApp: {DirectMessage: {"": day, ByMessage: day, ByPostback: day, ByAd: day, ByCall: day}},
	Telegram: {DirectMessage: {"": day, ByMessage: day}},
}

func TestWindowFor(t *testing.T) {
	for _, network := range networks {
		account := Account{AccountKey: AccountKey{Network: network}, Features: features}
		for _, kind := range kinds {
			for _, opener := range openers {
				var want Window
				if length := lengths[network][kind][opener]; length != 0 {
					want = Window{Opened: noon, Ends: noon.Add(length), Opener: opener}
					if opener == "" {
						want.Opener = ByMessage
					}
				}
				if got := WindowFor(account, kind, opener, noon); got != want {
					t.Errorf("%s %s %q: %v, want %v", network, kind, opener, got, want)
				}
			}
		}
	}
	bot := Account{AccountKey: AccountKey{Network: Telegram}}
	if got := WindowFor(bot, DirectMessage, ByMessage, noon); got != (Window{}) {
		t.Errorf("a bot has the window %v", got)
	}
}

func TestWindowOpen(t *testing.T) {
	w := Window{Opened: noon, Ends: noon.Add(day)}
	for _, c := range []struct {
		now  time.Time
		want bool
	}{
		{noon, true},
		{noon.Add(day - tick), true},
		{noon.Add(day), false},
		{noon.Add(day + tick), false},
		{noon.Add(day - tick).In(time.FixedZone("", -7*3600)), true},
	} {
		if got := w.Open(c.now); got != c.want {
			t.Errorf("at %v: %t", c.now, got)
		}
	}
	if (Window{}).Open(noon) {
		t.Error("open without having been opened")
	}
}

func TestWindowExtend(t *testing.T) {
	const hour = time.Hour
	facebook := Account{AccountKey: AccountKey{Network: Facebook}}
	window := func(opened, ends time.Duration, opener Opener) Window {
		return Window{noon.Add(opened), noon.Add(ends), opener}
	}
	act := func(opener Opener, after time.Duration) Window {
		return WindowFor(facebook, DirectMessage, opener, noon.Add(after))
	}
	for _, c := range []struct {
		name    string
		w, next Window
		want    Window
	}{
		{"the first act", Window{}, act(ByMessage, 0), window(0, day, ByMessage)},
		{"an act that opens nothing", act(ByMessage, 0), Window{}, window(0, day, ByMessage)},
		{"a later act", act(ByMessage, 0), act(ByReaction, hour), window(hour, hour+day, ByReaction)},
		{"a message that comes late", act(ByMessage, hour), act(ByMessage, 0), window(hour, hour+day, ByMessage)},
		{"a message in the long window of an ad", act(ByAd, 0), act(ByMessage, day), window(day, week, ByAd)},
		{"the ad that comes late", act(ByMessage, day), act(ByAd, 0), window(day, week, ByAd)},
		{"a message on its last day", act(ByAd, 0), act(ByMessage, 6*day+hour), window(6*day+hour, week+hour, ByMessage)},
	} {
		if got := c.w.Extend(c.next); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// A window only ever extends, whatever comes in which order.
func TestWindowsOnlyExtend(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		acts := rapid.SliceOfN(windows(accounts().Draw(t, "account")), 1, 6).Draw(t, "acts")
		var w Window
		for _, next := range acts {
			was := w
			w = w.Extend(next)
			if w.Ends.Before(was.Ends) || w.Opened.Before(was.Opened) || w.Ends.Before(next.Ends) {
				t.Fatalf("%v became %v by %v", was, w, next)
			}
			if w.Extend(next) != w || w.Extend(was) != w || w.Extend(w) != w {
				t.Fatalf("%v is not the same when told again", w)
			}
		}
		if !slices.ContainsFunc(acts, func(a Window) bool { return a.Ends.Equal(w.Ends) && a.Opener == w.Opener }) {
			t.Fatalf("%v ends with none of %v", w, acts)
		}
		var other Window
		for _, next := range rapid.Permutation(acts).Draw(t, "order") {
			other = other.Extend(next)
		}
		if !other.Ends.Equal(w.Ends) || !other.Opened.Equal(w.Opened) {
			t.Fatalf("%v in one order, %v in another", w, other)
		}
	})
}

func TestWindowJSON(t *testing.T) {
	for _, c := range []struct {
		w    Window
		want string
	}{
		{Window{}, `{}`},
		{Window{noon, noon.Add(day), ByCall}, `{"opened":"2026-11-25T12:00:00Z","ends":"2026-11-26T12:00:00Z","opener":"call"}`},
	} {
		text, err := json.Marshal(c.w)
		if err != nil || string(text) != c.want {
			t.Errorf("%s, %v, want %s", text, err, c.want)
		}
		var back Window
		if err := json.Unmarshal(text, &back); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(c.w, back); diff != "" {
			t.Error(diff)
		}
	}
}
