package inbox_test

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/queue"
	"github.com/google/go-cmp/cmp"
)

// reply is Desk.Reply without its answer, for commands that are refused.
func (o *office) reply(d *inbox.Desk, id inbox.ConversationID, r inbox.Reply) func() error {
	return func() error { _, err := d.Reply(o.ctx(), id, r); return err }
}

// last returns the newest message of a conversation.
func (o *office) last(id inbox.ConversationID) inbox.Message {
	o.t.Helper()
	all := o.Messages(id)
	return all[len(all)-1]
}

func TestAReplyIsQueuedAndShownAsItWasWritten(t *testing.T) {
	o := newOffice(t)
	ann, id := o.Desk("Ann"), o.in(inbox.StateNew)
	o.Clock.Add(time.Minute)
	attached := []channel.Attached{{Kind: "image", Name: "map.png", URL: "https://example.com/map.png"}}
	r := o.did(ann.Reply(o.ctx(), id, inbox.Reply{Text: "Look.", Attach: attached}))
	now := o.Clock.Now().UTC()
	wanted := inbox.Message{
		ID: r.Message, Conversation: id, Account: o.Account.ID, Direction: channel.Outgoing, Kind: channel.ChatMessage, Visibility: channel.Private,
		Author: audit.Actor{Kind: audit.ActorPerson, ID: queue.AgentNamed("Ann").String(), Name: "Ann"}, Text: "Look.", Attach: attached,
		Time: now, Received: now, Delivery: inbox.Delivery{State: inbox.Queued, Changed: now},
	}
	got := o.last(id)
	wanted.Seq = got.Seq
	want(t, "the message", got, wanted)
	want(t, "the last message of the header", o.Header(id).Last, inbox.Last{Message: r.Message, Direction: channel.Outgoing,
		Kind: channel.ChatMessage, At: now, Preview: "Look."})
	next, err := o.store.Next(o.ctx())
	if err != nil || !next.Equal(now) {
		t.Errorf("it waits for %s, %v; want now", next, err)
	}
	o.WantTimeline(id, "started as new by contact", "Kim 1: Where is my parcel?", "Ann: Look. [1 attached]", "auto-assigned to Ann by Ann",
		"set to pending by Ann")
}

func TestAReplysTextIsNormalised(t *testing.T) {
	o := newOffice(t)
	id := o.in(inbox.StateNew)
	for text, wanted := range map[string]string{
		"a\x00b": "ab", "a\xffb": "a\uFFFDb", "a\xed\xa0\x80b": "a\uFFFDb", "é ": "é ",
		strings.Repeat("x", channel.MaxText): strings.Repeat("x", channel.MaxText),
	} {
		o.did(o.Desk("Ann").Reply(o.ctx(), id, inbox.Reply{Text: text}))
		if got := o.last(id).Text; got != wanted {
			t.Errorf("%.20q became %.20q, want %.20q", text, got, wanted)
		}
	}
	o.did(o.Desk("Ann").Reply(o.ctx(), id, inbox.Reply{Attach: []channel.Attached{{Kind: "i\x00", Name: "a\xff", Type: "t\x00", URL: "u"}}}))
	want(t, "what is attached", o.last(id).Attach, []channel.Attached{{Kind: "i", Name: "a\uFFFD", Type: "t", URL: "u"}})
	signed := "https://example.com/map.png?signature=" + strings.Repeat("x", 4000)
	o.did(o.Desk("Ann").Reply(o.ctx(), id, inbox.Reply{Attach: []channel.Attached{{URL: signed}}}))

	o.Account = o.Connect(channel.Facebook, "page")
	id = o.in(inbox.StateNew)
	o.did(o.Desk("Ann").Reply(o.ctx(), id, inbox.Reply{Template: &channel.Template{Name: "parcel", Language: "e\x00n", Values: map[string]string{"1": "\xff"}}}))
	want(t, "the template", o.last(id).Template, &channel.Template{Name: "parcel", Language: "en", Values: map[string]string{"1": "\uFFFD"}})
}

func TestWhatCanNeverBeSentIsRefused(t *testing.T) {
	o := newOffice(t)
	id := o.in(inbox.StateNew)
	template := &channel.Template{Name: "parcel"}
	for what, c := range map[string]struct {
		reply inbox.Reply
		field string
	}{
		"nothing":                      {inbox.Reply{}, "text"},
		"nothing but NUL":              {inbox.Reply{Text: "\x00"}, "text"},
		"one byte more than MaxText":   {inbox.Reply{Text: strings.Repeat("x", channel.MaxText+1)}, "text"},
		"10 MB":                        {inbox.Reply{Text: strings.Repeat("x", 10<<20)}, "text"},
		"a template beside a text":     {inbox.Reply{Text: "Hello", Template: template}, "template"},
		"an attachment that is none":   {inbox.Reply{Text: "Hello", Attach: []channel.Attached{{Kind: "image"}}}, "attachment"},
		"an attachment's id with NUL":  {inbox.Reply{Text: "Hello", Attach: []channel.Attached{{ID: "a\x00"}}}, "attachment"},
		"an attachment's URL of 10 MB": {inbox.Reply{Attach: []channel.Attached{{URL: strings.Repeat("x", 10<<20)}}}, "attachment"},
		"an attachment's name of 1 KB": {inbox.Reply{Attach: []channel.Attached{{URL: "u", Name: strings.Repeat("x", 1<<10)}}}, "attachment"},
		"a template without a name":    {inbox.Reply{Template: &channel.Template{}}, "template"},
		"a template of 10 MB":          {inbox.Reply{Template: &channel.Template{Name: "t", Values: map[string]string{"1": strings.Repeat("x", 10<<20)}}}, "template"},
		"a state that does not exist":  {inbox.Reply{Text: "Hello", Then: 9}, "state"},
		"private without what is open": {inbox.Reply{Text: "Hello", Private: true}, "private"},
	} {
		err := refused[*inbox.InputError](o, what, o.reply(o.Desk("Ann"), id, c.reply))
		if err != nil && err.Field != c.field {
			t.Errorf("%s: the error is about %s", what, err.Field)
		}
	}
}

func TestAReplyLeadsWhereTheAccountSaysOrWhereItSaysItself(t *testing.T) {
	const n, p, r, none, bad = inbox.StateNew, inbox.StatePending, inbox.StateResolved, inbox.StateNone, inbox.State(9)
	o := newOffice(t)
	for _, c := range []struct {
		after, then inbox.State
		person, bot [3]inbox.State // from New, Pending and Resolved; bad: refused
	}{
		{none, none, [3]inbox.State{p, p, r}, [3]inbox.State{n, p, r}},
		{n, none, [3]inbox.State{n, n, r}, [3]inbox.State{n, p, r}},
		{p, none, [3]inbox.State{p, p, r}, [3]inbox.State{n, p, r}},
		{r, none, [3]inbox.State{r, r, r}, [3]inbox.State{n, p, r}},
		{none, n, [3]inbox.State{n, n, bad}, [3]inbox.State{n, n, n}},
		{none, p, [3]inbox.State{p, p, p}, [3]inbox.State{p, p, p}},
		{none, r, [3]inbox.State{r, r, r}, [3]inbox.State{r, r, r}},
		{r, n, [3]inbox.State{n, n, bad}, [3]inbox.State{n, n, n}},
		{n, p, [3]inbox.State{p, p, p}, [3]inbox.State{p, p, p}},
	} {
		o.change(func(a *inbox.Account) { a.AfterReply = c.after })
		for i, from := range everyState {
			for _, by := range []struct {
				actor inbox.Actor
				to    inbox.State
			}{{workers[0], c.person[i]}, {workers[1], c.bot[i]}, {workers[2], c.bot[i]}, {workers[3], c.bot[i]}} {
				what := fmt.Sprintf("AfterReply %s, Then %s, by %s, from %s", c.after, c.then, by.actor.Kind, from)
				id := o.in(from)
				reply := inbox.Reply{Text: "On its way.", Then: c.then}
				if by.to == bad {
					if err := refused[*inbox.InputError](o, what, o.reply(o.Box.As(by.actor), id, reply)); err != nil && err.Field != "state" {
						t.Errorf("%s: the error is about %s", what, err.Field)
					}
					continue
				}
				if res := o.did(o.Box.As(by.actor).Reply(o.ctx(), id, reply)); res.State != by.to || o.Header(id).State != by.to {
					t.Errorf("%s: led to %s, want %s", what, res.State, by.to)
				}
			}
		}
	}
}

func TestAReplyThatResolvesNeedsWhatResolvingNeeds(t *testing.T) {
	o := newOffice(t)
	solved, ann := o.reason("Solved"), o.Desk("Ann")
	require := []inbox.Requirement{{Resolver: inbox.ByPerson, Reason: true}}
	for what, c := range map[string]struct {
		account inbox.Account
		reply   inbox.Reply
	}{
		"where the reply says so":   {inbox.Account{Require: require}, inbox.Reply{Text: "Bye.", Then: inbox.StateResolved}},
		"where the account says so": {inbox.Account{Require: require, AfterReply: inbox.StateResolved}, inbox.Reply{Text: "Bye."}},
	} {
		o.change(func(a *inbox.Account) { a.Require, a.AfterReply = c.account.Require, c.account.AfterReply })
		id := o.in(inbox.StateNew)
		wants(o, what, &inbox.ResolveError{Reason: true}, o.reply(ann, id, c.reply))
		c.reply.Resolve = inbox.Resolve{Reason: inbox.ReasonID{UUID: random()}}
		wants(o, what, &inbox.MissingError{What: "reason"}, o.reply(ann, id, c.reply))
		c.reply.Resolve = inbox.Resolve{Reason: solved, Comment: "At last."}
		o.did(ann.Reply(o.ctx(), id, c.reply))
		h := o.Header(id)
		if h.State != inbox.StateResolved || h.ReasonName != "Solved" || h.Comment != "At last." || h.Assignee != (inbox.Assignee{}) {
			t.Errorf("%s: it is %s because of %q, %q, and of %v", what, h.State, h.ReasonName, h.Comment, h.Assignee)
		}
	}
}

func TestAPersonsReplyToAConversationThatNoAgentHasAssignsIt(t *testing.T) {
	o := newOffice(t)
	ann, bob, night := queue.AgentNamed("Ann"), queue.AgentNamed("Bob"), o.team("Night")
	o.Desk("Ann")
	o.Desk("Bob")
	for _, c := range []struct {
		what   string
		change func(*inbox.Account)
		state  inbox.State
		by     inbox.Actor
		has    inbox.Assignee
		gets   inbox.Assignee
	}{
		{what: "nobody's", by: workers[0], gets: inbox.Assignee{Agent: ann}},
		{what: "a team's, which stays", by: workers[0], has: inbox.Assignee{Team: night}, gets: inbox.Assignee{Agent: ann, Team: night}},
		{what: "another agent's", by: workers[0], has: inbox.Assignee{Agent: bob}, gets: inbox.Assignee{Agent: bob}},
		{what: "a Pending one", state: inbox.StatePending, by: workers[0], gets: inbox.Assignee{Agent: ann}},
		{what: "a resolved one", state: inbox.StateResolved, by: workers[0]},
		{what: "by a bot", by: workers[1]},
		{what: "by an automation", by: workers[2]},
		{what: "by the system", by: workers[3]},
		{what: "where the account says no", change: func(a *inbox.Account) { a.NoAutoAssign = true }, by: workers[0]},
	} {
		t.Run(c.what, func(t *testing.T) {
			o.t = t
			if c.change != nil {
				o.change(c.change)
			}
			id := o.in(max(c.state, inbox.StateNew))
			if c.has != (inbox.Assignee{}) {
				o.did(o.system().Assign(o.ctx(), id, c.has))
			}
			r := o.did(o.Box.As(c.by).Reply(o.ctx(), id, inbox.Reply{Text: "On its way."}))
			want(t, "the assignee in the result", r.Assignee, c.gets)
			want(t, "the assignee", o.Header(id).Assignee, c.gets)
			lines := strings.Join(o.Timeline(id), "\n")
			if auto := strings.Contains(lines, "auto-assigned to Ann"); auto != (c.gets.Agent == ann) {
				t.Errorf("the timeline says:\n%s", lines)
			}
		})
	}
}

func TestAPersonsReplyMarksReadAndAnswersTheContactAndABotsDoesNot(t *testing.T) {
	o := newOffice(t)
	for _, by := range workers {
		id := o.in(inbox.StateNew)
		since := o.Clock.Now()
		o.Clock.Add(time.Minute)
		r := o.did(o.Box.As(by).Reply(o.ctx(), id, inbox.Reply{Text: "On its way."}))
		h, unread, answered := o.Header(id), int64(1), inbox.MessageID{}
		if by.Kind == audit.ActorPerson {
			unread, answered = 0, r.Message
		}
		if h.Count.Unread != unread || h.AnsweredBy != answered || !h.WaitingSince.Equal(since) || h.Count.Messages != 2 {
			t.Errorf("by %s: %+v, answered by %s, waiting since %s", by.Kind, h.Count, h.AnsweredBy, h.WaitingSince)
		}
	}
}

func TestABotMayNotReplyWhileAnotherHoldsAndAPersonsReplyEndsTheHold(t *testing.T) {
	o := newOffice(t)
	robo, other := o.Box.As(workers[1]), o.Box.As(inbox.Bot(queue.AgentNamed("Other"), "Other"))
	id := o.in(inbox.StateNew)
	o.did(robo.Hold(o.ctx(), id, time.Hour))
	held := &inbox.HeldError{Bot: workers[1].Agent.String(), Until: o.Clock.Now().Add(time.Hour).UTC()}
	hello := inbox.Reply{Text: "Hello."}
	for _, d := range []*inbox.Desk{other, o.Box.As(workers[2]), o.system()} {
		wants(o, d.Actor().Name, held, o.reply(d, id, hello))
	}
	o.did(robo.Reply(o.ctx(), id, hello))
	if o.Header(id).Hold.Bot == "" {
		t.Error("the bot's own reply ended its hold")
	}
	ann := o.Desk("Ann")
	if got := o.logged(func() { o.did(ann.Reply(o.ctx(), id, hello)) }); !strings.Contains(got, "message.written bot.released") {
		t.Errorf("a person's reply logged %q", got)
	}
	if h := o.Header(id).Hold; h != (inbox.Hold{}) {
		t.Errorf("it is still held: %+v", h)
	}
	o.did(other.Reply(o.ctx(), id, hello))

	o.did(robo.Hold(o.ctx(), id, time.Hour))
	o.Clock.Add(time.Hour)
	o.did(other.Reply(o.ctx(), id, hello))
}

func TestAReplyGoesOutFromTheAccountItNames(t *testing.T) {
	o := newOffice(t)
	chat, ann := o.Account, o.Desk("Ann")
	first, second, x := o.Connect(channel.SMS, "1"), o.Connect(channel.SMS, "2"), o.Connect(channel.X, "3")
	atChat := o.in(inbox.StateNew)
	o.Account = first
	id := o.in(inbox.StateNew)

	for _, from := range []channel.AccountID{{}, first.ID, second.ID} {
		o.did(ann.Reply(o.ctx(), id, inbox.Reply{Text: "On its way.", Account: from}))
		wanted := from
		if from == (channel.AccountID{}) {
			wanted = first.ID
		}
		if got := o.last(id).Account; got != wanted {
			t.Errorf("named %s, goes out from %s", from, got)
		}
	}
	o.Tick()
	for i, wanted := range []inbox.Account{first, first, second} {
		if got := o.Channel.Sendings()[i]; got.Account.ID != wanted.ID || got.To[0].ID != "Kim 2" {
			t.Errorf("message %d was sent from %s to %v", i, got.Account.ExternalID, got.To)
		}
	}

	unknown := inbox.Reply{Text: "Hello.", Account: channel.AccountID{UUID: random()}}
	wants(o, "an unknown account", &inbox.MissingError{What: "account"}, o.reply(ann, id, unknown))
	for what, c := range map[string]struct {
		id   inbox.ConversationID
		from channel.AccountID
	}{
		"an account of another network":                       {id, x.ID},
		"an account of a network that does not share its ids": {atChat, o.Connect(channel.WebChat, "second shop").ID},
		"an account of yet another network":                   {atChat, second.ID},
	} {
		err := refused[*inbox.InputError](o, what, o.reply(ann, c.id, inbox.Reply{Text: "Hello.", Account: c.from}))
		if err != nil && err.Field != "account" {
			t.Errorf("%s: the error is about %s", what, err.Field)
		}
	}
	if err := o.system().RemoveAccount(o.ctx(), first.ID, inbox.KeepOpen, inbox.Resolve{}); err != nil {
		t.Fatal(err)
	}
	wants(o, "the account was removed", &inbox.MissingError{What: "account"}, o.reply(ann, id, inbox.Reply{Text: "Hello."}))
	o.did(ann.Reply(o.ctx(), id, inbox.Reply{Text: "From here, then.", Account: second.ID}))
	o.did(ann.Reply(o.ctx(), atChat, inbox.Reply{Text: "Hello.", Account: chat.ID}))
}

func TestTheWindowIsThatOfTheAccountThatTheContactWroteTo(t *testing.T) {
	o := newOffice(t)
	ann, other := o.Desk("Ann"), o.Connect(channel.WhatsApp, "2")
	o.Account = o.Connect(channel.WhatsApp, "1")
	id := o.in(inbox.StateNew)
	err := refused[*channel.WindowClosedError](o, "from another number", o.reply(ann, id, inbox.Reply{Text: "Hello.", Account: other.ID}))
	if err != nil && !err.Ended.IsZero() {
		t.Errorf("the other number's window ended at %s", err.Ended)
	}
	o.did(ann.Reply(o.ctx(), id, inbox.Reply{Template: &channel.Template{Name: "parcel", Language: "en"}, Account: other.ID}))
	o.did(ann.Reply(o.ctx(), id, inbox.Reply{Text: "Hello."}))
}

// comments sets up a Page, where contacts comment; comment lets one do so.
func comments(t *testing.T) (o *office, comment func(text string) inbox.Received) {
	o = newOffice(t)
	o.Account = o.Connect(channel.Facebook, "page")
	return o, func(text string) inbox.Received {
		return o.Receive(channel.Inbound{From: o.Person("Kim"), Kind: channel.Comment, Text: text})
	}
}

func TestAnAnswerCarriesAReferenceToWhatItAnswersAndACopy(t *testing.T) {
	o, comment := comments(t)
	ann := o.Desk("Ann")
	kim := audit.Actor{Kind: audit.ActorContact, ID: "Kim", Name: "Kim"}
	first := comment("Where is my parcel?")
	newest := comment("Hello? " + strings.Repeat("é", 600))
	id := first.Conversation

	o.did(ann.Reply(o.ctx(), id, inbox.Reply{Text: "On its way.", Answers: first.Message}))
	want(t, "an answer to the message named", o.last(id).Answers, inbox.Answer{Message: first.Message, Author: kim, Text: "Where is my parcel?"})
	o.did(ann.Reply(o.ctx(), id, inbox.Reply{Text: "On its way!"}))
	want(t, "an answer in public that names none, with as many whole characters as the copy holds", o.last(id).Answers,
		inbox.Answer{Message: newest.Message, Author: kim, Text: "Hello? " + strings.Repeat("é", 496)})
	o.Tick()
	for i, wanted := range []string{"in-1", "in-2"} {
		if got := o.Channel.Sendings()[i].ReplyTo; got != wanted {
			t.Errorf("message %d was sent as an answer to %q, want %q", i, got, wanted)
		}
	}
	dm := o.ContactWrites("Kim", "In private now.")
	o.did(ann.Reply(o.ctx(), dm.Conversation, inbox.Reply{Text: "Yes?"}))
	want(t, "an answer in private that names none", o.last(dm.Conversation).Answers, inbox.Answer{})

	for what, answers := range map[string]inbox.MessageID{"another conversation's": dm.Message, "a random": {UUID: random()}} {
		wants(o, what+" message", &inbox.MissingError{What: "message"}, o.reply(ann, id, inbox.Reply{Text: "On its way.", Answers: answers}))
	}
}

func TestTheCopyInAnAnswerIsShownAsItsOriginalIsNow(t *testing.T) {
	o := newOffice(t)
	ann := o.Desk("Ann")
	for status, take := range map[inbox.Status]func(*inbox.Message){
		inbox.Stands:  func(*inbox.Message) {},
		inbox.Masked:  func(m *inbox.Message) { m.Masked, m.Text = o.Clock.Now(), "*****" },
		inbox.Erased:  func(m *inbox.Message) { m.Erased, m.Text = o.Clock.Now(), "" },
		inbox.Deleted: nil, // as the network tells it
	} {
		asked := o.ContactWrites("Kim", "My number is 4711.")
		id := asked.Conversation
		answer := inbox.Reply{Text: "Thank you.", Answers: asked.Message}
		o.did(ann.Reply(o.ctx(), id, answer))
		original := o.message(asked.Message)
		if take == nil {
			o.Receive(channel.Inbound{Event: channel.DeleteEvent, About: original.ExternalID})
		} else {
			take(&original)
			o.put(original)
		}
		wanted := inbox.Answer{Message: asked.Message, Author: original.Author, Status: status}
		if status == inbox.Stands {
			wanted.Text = "My number is 4711."
		}
		want(t, fmt.Sprintf("an answer to what is now %q", status), o.last(id).Answers, wanted)

		later := o.message(o.did(ann.Reply(o.ctx(), id, answer)).Message)
		if later.Answers.Text != wanted.Text {
			t.Errorf("an answer to what is %q already keeps a copy of it: %q", status, later.Answers.Text)
		}
	}
}

// put makes a stored message what it will be when masking and erasing exist.
func (o *office) put(m inbox.Message) {
	o.t.Helper()
	found := inbox.Snapshot{Ref: inbox.Ref{Tenant: o.Box.Tenant(), Conversation: m.Conversation}}
	o.works(o.store.Store.Load(o.ctx(), &found))
	c := found.Conversation
	c.Version++
	o.works(o.store.Store.Commit(o.ctx(), inbox.Change{Tenant: o.Box.Tenant(), Conversation: &c, Messages: []inbox.Message{m}})[0])
}

func TestAPublicMessageHasOnePrivateReplyWithinSevenDays(t *testing.T) {
	o, comment := comments(t)
	ann := o.Desk("Ann")
	first, second := comment("Where is my parcel?"), comment("Hello?")
	id := first.Conversation
	private := inbox.Reply{Text: "Your number, please?", Private: true}

	r := o.did(ann.Reply(o.ctx(), id, private))
	m := o.message(r.Message)
	if m.Visibility != channel.Private || m.Kind != channel.DirectMessage || m.Conversation != id || m.Answers.Message != second.Message {
		t.Errorf("it is a %s %s that answers %s", m.Visibility, m.Kind, m.Answers.Message)
	}
	if got := o.message(second.Message).PrivateReply; got != r.Message {
		t.Errorf("the comment has the private reply %s, want %s", got, r.Message)
	}
	o.Tick()
	if s := o.Channel.Sendings()[0]; !s.PrivateTo || s.ReplyTo != "in-2" || s.Kind != channel.DirectMessage {
		t.Errorf("it was sent as %+v", s)
	}
	o.WantState(id, inbox.StatePending)
	notAllowed := func(what string, r inbox.Reply) {
		t.Helper()
		if err := refused[*channel.NotAllowedError](o, what, o.reply(ann, id, r)); err != nil && err.Action != channel.PrivateReply {
			t.Errorf("%s: the error is about %s", what, err.Action)
		}
	}
	notAllowed("a second private reply", private)
	private.Answers = second.Message
	notAllowed("a second private reply that names the comment", private)

	private.Answers = first.Message
	o.Clock.Add(7*24*time.Hour - time.Microsecond)
	late := comment("Still there?")
	o.Clock.Add(time.Microsecond)
	notAllowed("a private reply after 7 days", private)
	private.Answers = late.Message
	o.Clock.Add(7*24*time.Hour - 2*time.Microsecond)
	o.did(ann.Reply(o.ctx(), id, private))

	dm := o.ContactWrites("Kim", "In private now.")
	private.Answers = dm.Message
	refused[*channel.NotAllowedError](o, "a private reply in private", o.reply(ann, dm.Conversation, private))
}

func TestOfManyPrivateRepliesAtOnceOneIsSent(t *testing.T) {
	o, comment := comments(t)
	ann, id := o.Desk("Ann"), comment("Where is my parcel?").Conversation
	var sent atomic.Int64
	inParallel(16, func(int) {
		_, err := ann.Reply(o.ctx(), id, inbox.Reply{Text: "Your number, please?", Private: true})
		if _, no := errors.AsType[*channel.NotAllowedError](err); err == nil {
			sent.Add(1)
		} else if !no {
			t.Error(err)
		}
	})
	if n := len(o.Messages(id)) - 1; sent.Load() != 1 || n != 1 {
		t.Errorf("%d were written, %d are stored", sent.Load(), n)
	}
}

func TestAReplyOutsideTheWindowIsRefusedWithItsEndAndWhatIsStillAllowed(t *testing.T) {
	o := newOffice(t)
	o.Account = o.SaveAccount(inbox.Account{Account: channel.Account{
		AccountKey: channel.AccountKey{Network: channel.Facebook, ExternalID: "page"}, Features: []channel.Feature{channel.HumanAgent}}})
	ann, robo := o.Desk("Ann"), o.Box.As(workers[1])
	opened := o.Clock.Now().UTC().Add(-time.Hour) // the network's time, which is earlier than ours
	id := o.Receive(channel.Inbound{From: o.Person("Kim"), Kind: channel.DirectMessage, Text: "Where is my parcel?", Time: opened}).Conversation
	ended, week := opened.Add(24*time.Hour), opened.Add(7*24*time.Hour)
	plain := inbox.Reply{Text: "On its way."}
	tagged := inbox.Reply{Text: "On its way.", Tag: channel.HumanAgentTag}
	template := inbox.Reply{Template: &channel.Template{Name: "parcel", Language: "en"}}
	byTemplate := channel.Allowance{Template: true}

	o.mock.Set(ended.Add(-time.Microsecond))
	o.did(ann.Reply(o.ctx(), id, plain))
	refused[*channel.NotAllowedError](o, "the tag while the window is open", o.reply(ann, id, tagged))

	o.mock.Set(ended)
	closed := &channel.WindowClosedError{Network: channel.Facebook, Ended: ended,
		Allowed: []channel.Allowance{{Tag: channel.HumanAgentTag, Until: week}, byTemplate}}
	wants(o, "at the 24th hour", closed, o.reply(ann, id, plain))
	closed.Allowed = []channel.Allowance{byTemplate}
	wants(o, "a bot at the 24th hour", closed, o.reply(robo, id, plain))
	refused[*channel.NotAllowedError](o, "the tag by a bot", o.reply(robo, id, tagged))
	o.did(ann.Reply(o.ctx(), id, tagged))
	if got := o.last(id).Tag; got != channel.HumanAgentTag {
		t.Errorf("the message has the tag %q", got)
	}
	o.did(robo.Reply(o.ctx(), id, template))
	want(t, "the template", o.last(id).Template, template.Template)

	o.mock.Set(week)
	wants(o, "the tag after 7 days", closed, o.reply(ann, id, tagged))
	o.did(ann.Reply(o.ctx(), id, template))
	o.ContactWrites("Kim", "Hello?")
	o.did(ann.Reply(o.ctx(), id, plain))
}

func TestAReplyInPublicHasNoWindow(t *testing.T) {
	o, comment := comments(t)
	id := comment("Where is my parcel?").Conversation
	o.Clock.Add(365 * 24 * time.Hour)
	o.did(o.Desk("Ann").Reply(o.ctx(), id, inbox.Reply{Text: "On its way."}))
}

func TestAReplyToAResolvedConversationReopensNothingByItself(t *testing.T) {
	o := newOffice(t)
	id := o.in(inbox.StateResolved)
	before := o.Header(id)
	o.Clock.Add(time.Minute)
	r := o.did(o.Desk("Ann").Reply(o.ctx(), id, inbox.Reply{Text: "By the way..."}))
	after := o.Header(id)
	if r.State != inbox.StateResolved || !after.Due.IsZero() || !after.WaitingSince.IsZero() || !after.Since.Equal(before.Since) {
		t.Errorf("it is %s since %s, due %s", after.State, after.Since, after.Due)
	}
	if diff := cmp.Diff(after.Last.Message, r.Message); diff != "" || !after.Newest.Equal(o.Clock.Now()) {
		t.Errorf("its last message is %s of %s", after.Last.Message, after.Newest)
	}
}

func TestAReplyUnderAnAdIsPaidToo(t *testing.T) {
	o := newOffice(t)
	o.Account = o.Connect(channel.Facebook, "7")
	id := o.Receive(channel.Inbound{From: o.Person("Kim"), Kind: channel.AdComment, Text: "How much?", Thread: "post", Paid: true}).Conversation
	if o.writes(id, "Nothing."); !o.Header(id).Last.Paid {
		t.Error("the last message is organic")
	}
	if o.did(o.Desk("Ann").Reply(o.ctx(), id, inbox.Reply{Text: "In private.", Private: true})); o.Header(id).Last.Paid {
		t.Error("a private message is paid")
	}
}

func TestAPublicReplyDoesNotAnswerWhatWasTakenBack(t *testing.T) {
	o := newOffice(t)
	o.Account = o.Connect(channel.Facebook, "7")
	r := o.Receive(channel.Inbound{ExternalID: "c", From: o.Person("Kim"), Kind: channel.Comment, Text: "How much?", Thread: "post"})
	next := o.Receive(channel.Inbound{ExternalID: "d", From: o.Person("Kim"), Kind: channel.Comment, Text: "Hello?", Thread: "post"})
	o.Receive(deletion("d", 1))
	ann := o.Desk("Ann")
	reply := func(answers inbox.MessageID) func() error {
		return func() error {
			_, err := ann.Reply(o.ctx(), r.Conversation, inbox.Reply{Text: "Nothing.", Answers: answers})
			return err
		}
	}
	want(t, "conversation", next.Conversation, r.Conversation)
	refused[*inbox.InputError](o, "by default", reply(inbox.MessageID{}))
	o.works(reply(r.Message)())
}
