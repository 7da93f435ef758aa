package inbox_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"pgregory.net/rapid"
)

const (
	day  = 24 * time.Hour
	week = 7 * day
)

// onNetwork connects an account of a network with everything granted and lets contacts write to it.
func (s *stage) onNetwork(n channel.Network) *stage {
	s.t.Helper()
	s.Account = s.SaveAccount(inbox.Account{Account: channel.Account{AccountKey: channel.AccountKey{Network: n, ExternalID: "windowed"},
		Features: []channel.Feature{channel.TelegramBusiness, channel.HumanAgent}}})
	return s
}

// direct is a direct message.
func direct(id string, at time.Time) channel.Inbound {
	return channel.Inbound{ExternalID: id, From: known("kim"), Kind: channel.DirectMessage, Text: "Hello?", Time: at}
}

func TestAContactsPrivateMessageOpensTheWindow(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		network channel.Network
		kind    channel.Kind
		opener  channel.Opener
		want    time.Duration
	}{
		{channel.WhatsApp, channel.DirectMessage, "", day},
		{channel.WhatsApp, channel.DirectMessage, channel.ByAd, day},
		{channel.Facebook, channel.DirectMessage, channel.ByMessage, day},
		{channel.Facebook, channel.DirectMessage, channel.ByAd, week},
		{channel.Instagram, channel.StoryReply, "", day},
		{channel.Instagram, channel.DirectMessage, channel.ByAd, week},
		{channel.Telegram, channel.DirectMessage, "", day},
		{channel.Facebook, channel.Comment, "", 0},
		{channel.Facebook, channel.AdComment, channel.ByAd, 0},
		{channel.Instagram, channel.Mention, "", 0},
		{channel.SMS, channel.DirectMessage, "", 0},
		{channel.Email, channel.EmailMessage, "", 0},
		{channel.WebChat, channel.ChatMessage, "", 0},
	} {
		what := fmt.Sprintf("%s, %s, %q", c.network, c.kind, c.opener)
		s := newStage(t).onNetwork(c.network)
		in := channel.Inbound{ExternalID: "1", From: known("kim"), Kind: c.kind, Opener: c.opener, Text: "Hello?", Time: curtain.Add(-time.Minute)}
		var wanted channel.Window
		if c.want > 0 {
			wanted = channel.Window{Opened: in.Time, Ends: in.Time.Add(c.want), Opener: channel.ByMessage}
			if c.opener != "" {
				wanted.Opener = c.opener
			}
		}
		want(t, what, s.Header(s.Receive(in).Conversation).Window, wanted)
	}
}

func TestAWindowRunsFromTheEarlierOfTheNetworksTimeAndOurs(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct{ told, want time.Time }{
		"the network's is earlier":   {curtain.Add(-time.Hour), curtain.Add(-time.Hour)},
		"the same":                   {curtain, curtain},
		"the network's is later":     {curtain.Add(time.Hour), curtain},
		"the network tells no time":  {time.Time{}, curtain},
		"older than the window long": {curtain.Add(-30 * day), curtain.Add(-30 * day)},
	} {
		s := newStage(t).onNetwork(channel.WhatsApp)
		h := s.Header(s.Receive(direct("1", c.told)).Conversation)
		want(t, what, h.Window, channel.Window{Opened: c.want, Ends: c.want.Add(day), Opener: channel.ByMessage})
	}
}

func TestAWindowIsOnlyEverExtended(t *testing.T) {
	t.Parallel()
	s := newStage(t).onNetwork(channel.Facebook)
	ad := direct("1", curtain)
	ad.Opener = channel.ByAd
	c := s.Receive(ad).Conversation
	byAd := channel.Window{Opened: curtain, Ends: curtain.Add(week), Opener: channel.ByAd}
	want(t, "after the ad", s.Header(c).Window, byAd)

	s.at(curtain.Add(day))
	s.Receive(direct("2", curtain.Add(day)))
	byAd.Opened = curtain.Add(day)
	want(t, "a message within", s.Header(c).Window, byAd)

	s.Receive(direct("3", curtain.Add(-5*day)))
	want(t, "a late old message", s.Header(c).Window, byAd)

	s.at(curtain.Add(week))
	s.Receive(direct("4", curtain.Add(week-time.Hour)))
	want(t, "a message at the end", s.Header(c).Window, channel.Window{Opened: curtain.Add(week - time.Hour), Ends: curtain.Add(week + 23*time.Hour), Opener: channel.ByMessage})
}

func TestNothingOfOursAndNothingAboutAMessageOpensAWindow(t *testing.T) {
	t.Parallel()
	s := newStage(t).onNetwork(channel.WhatsApp)
	echo := direct("1", curtain)
	echo.Event = channel.EchoEvent
	c := s.Receive(echo).Conversation
	want(t, "after an echo", s.Header(c).Window, channel.Window{})
	s.Receive(direct("2", curtain))
	window := s.Header(c).Window
	s.at(curtain.Add(time.Hour))
	echo.ExternalID, echo.Time = "3", curtain.Add(time.Hour)
	s.Receive(echo)
	ours := s.AgentReplies("Ann", c, "Yes?").Message
	s.Tick()
	s.Receive(receipt(s.message(ours).ExternalID, channel.Read, 3600))
	s.Receive(edit("2", "Hello!", 3600))
	s.Receive(reaction("2", "kim", "👍", 3600))
	again := direct("2", curtain.Add(time.Hour))
	s.Receive(again)
	want(t, "window", s.Header(c).Window, window)
}

func TestAWindowClosesAtItsLastInstant(t *testing.T) {
	t.Parallel()
	s := newStage(t).onNetwork(channel.WhatsApp)
	c := s.Receive(direct("1", curtain.Add(-time.Hour))).Conversation
	ends := curtain.Add(-time.Hour).Add(day)
	s.at(ends.Add(-time.Microsecond))
	s.AgentReplies("Ann", c, "Just in time.")
	s.at(ends)
	s.leavesNoTrace("at the end", func() {
		_, err := s.Desk("Ann").Reply(t.Context(), c, inbox.Reply{Text: "Too late."})
		e := wantErr[*channel.WindowClosedError](t, "at the end", err)
		want(t, "ended", e.Ended, ends)
	})
	s.Receive(direct("2", time.Time{}))
	s.AgentReplies("Ann", c, "Open again.")
}

// What a window is does not depend on the order in which the messages were told, as long as none comes before its time.
func TestAWindowIsTheSameInWhateverOrderMessagesCome(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		var messages []channel.Inbound
		var ends, opened time.Time
		for i := range rapid.IntRange(1, 5).Draw(rt, "messages") {
			in := direct(fmt.Sprint("m", i), curtain.Add(-time.Duration(rapid.IntRange(0, 200).Draw(rt, "hours"))*time.Hour))
			length := day
			if rapid.Bool().Draw(rt, "ad") {
				in.Opener, length = channel.ByAd, week
			}
			if in.Time.Add(length).After(ends) {
				ends = in.Time.Add(length)
			}
			if in.Time.After(opened) {
				opened = in.Time
			}
			messages = append(messages, in)
		}
		s := newStage(t).onNetwork(channel.Facebook)
		var c inbox.ConversationID
		for _, in := range rapid.Permutation(messages).Draw(rt, "order") {
			c = s.Receive(in).Conversation
		}
		if w := s.Header(c).Window; !w.Ends.Equal(ends) || !w.Opened.Equal(opened) {
			rt.Fatalf("the window is %+v, want it opened at %s until %s", w, opened, ends)
		}
	})
}
