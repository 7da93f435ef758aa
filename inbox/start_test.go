package inbox_test

import (
	"sync"
	"testing"
	"time"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/google/go-cmp/cmp"
)

// start is Desk.Start without its answer, for commands that are refused.
func (o *office) start(d *inbox.Desk, s inbox.Start) func() error {
	return func() error { _, err := d.Start(o.ctx(), s); return err }
}

// hello is a Start to a contact of that name.
func (o *office) hello(to string) inbox.Start {
	return inbox.Start{Account: o.Account.ID, To: o.Person(to), Reply: inbox.Reply{Text: "Your parcel is late."}}
}

func TestStartingWhereNothingIsBeginsAConversationThatIsPending(t *testing.T) {
	for _, by := range workers {
		t.Run(by.Kind.String(), func(t *testing.T) {
			o := newOffice(t)
			o.Desk("Ann")
			o.Clock.Add(time.Minute)
			wantLog := "contact.created identity.added conversation.started message.written"
			assignee := inbox.Assignee{}
			lines := []string{"started as pending by " + by.Name, by.Name + ": Your parcel is late."}
			if by == workers[0] {
				wantLog += " assignee.changed"
				assignee.Agent = by.Agent
				lines = append(lines, "auto-assigned to Ann by Ann")
			}
			var r inbox.Result
			if got := o.logged(func() { r = o.did(o.Box.As(by).Start(o.ctx(), o.hello("Kim"))) }); got != wantLog {
				t.Errorf("logged %q, want %q", got, wantLog)
			}
			want(t, "the result", r, inbox.Result{Conversation: r.Conversation, Revision: 1, State: inbox.StatePending, Assignee: assignee,
				Message: r.Message, Changed: true})
			o.WantTimeline(r.Conversation, lines...)
			h := o.Header(r.Conversation)
			if h.State != inbox.StatePending || h.Contact.Name != "Kim" || h.Account != o.Account.ID || h.Visibility != channel.Private ||
				!h.WaitingSince.IsZero() || !h.Due.Equal(o.Clock.Now().Add(5*24*time.Hour)) {
				t.Errorf("the header is %+v", h)
			}
			o.Tick()
			if s := o.Channel.Sendings()[0]; s.To[0].ID != "Kim" || s.Kind != channel.ChatMessage || s.Text != "Your parcel is late." {
				t.Errorf("it was sent as %+v", s)
			}
			o.WantLogHolds()
		})
	}
}

func TestTheContactsAnswerToAStartComesBackToWhoStarted(t *testing.T) {
	o := newOffice(t)
	r := o.did(o.Desk("Ann").Start(o.ctx(), o.hello("Kim")))
	if got := o.ContactWrites("Kim", "How late?"); got.Conversation != r.Conversation || got.State != inbox.StateNew {
		t.Errorf("it went to %+v", got)
	}
	o.WantAgent(r.Conversation, "Ann")
}

func TestStartingOnAResolvedConversationReturnsItToPending(t *testing.T) {
	o := newOffice(t)
	id := o.in(inbox.StateResolved)
	ann := o.Desk("Ann")
	if got := o.logged(func() { o.did(ann.Start(o.ctx(), o.hello("Kim 1"))) }); got != "state.changed message.written assignee.changed" {
		t.Errorf("logged %q", got)
	}
	o.WantTimeline(id, "started as new by contact", "Kim 1: Where is my parcel?", "resolved by system", "set to pending by Ann",
		"Ann: Your parcel is late.", "auto-assigned to Ann by Ann")
	o.WantState(id, inbox.StatePending)
}

func TestStartingWhereAConversationIsOpenIsAReplyToIt(t *testing.T) {
	o := newOffice(t)
	o.change(func(a *inbox.Account) { a.AfterReply = inbox.StateNew })
	ann := o.Desk("Ann")
	for _, s := range []inbox.State{inbox.StateNew, inbox.StatePending} {
		id := o.in(s)
		r := o.did(ann.Start(o.ctx(), o.hello(o.Header(id).Contact.Name)))
		if r.Conversation != id || r.State != inbox.StateNew {
			t.Errorf("on one that is %s: %+v", s, r)
		}
		o.WantAgent(id, "Ann")
	}
}

func TestAStartLeadsToPendingUnlessItSaysSoItself(t *testing.T) {
	o := newOffice(t)
	o.change(func(a *inbox.Account) { a.AfterReply = inbox.StateNew })
	for then, wanted := range map[inbox.State]inbox.State{
		inbox.StateNone: inbox.StatePending, inbox.StateNew: inbox.StateNew, inbox.StatePending: inbox.StatePending,
		inbox.StateResolved: inbox.StateResolved,
	} {
		for _, by := range workers {
			s := o.hello("Kim " + then.String() + by.Name)
			s.Then = then
			if r := o.did(o.Box.As(by).Start(o.ctx(), s)); r.State != wanted || o.Header(r.Conversation).State != wanted {
				t.Errorf("Then %s by %s led to %s", then, by.Kind, r.State)
			}
		}
	}
	s := o.hello("Kim")
	s.Then = 9
	refused[*inbox.InputError](o, "a state that does not exist", o.start(o.Desk("Ann"), s))
}

func TestOneStartsInTheThreadThatOneNames(t *testing.T) {
	o := newOffice(t)
	ann := o.Desk("Ann")
	first := o.did(ann.Start(o.ctx(), o.hello("Kim")))
	s := o.hello("Kim")
	s.Thread = "order 7"
	second := o.did(ann.Start(o.ctx(), s))
	if first.Conversation == second.Conversation {
		t.Error("two threads have one conversation")
	}
	if again := o.did(ann.Start(o.ctx(), s)); again.Conversation != second.Conversation {
		t.Error("one thread has two conversations")
	}
	o.Tick()
	threads := map[string]int{}
	for _, s := range o.Channel.Sendings() {
		threads[s.Thread]++
	}
	want(t, "the threads of what was sent", threads, map[string]int{"": 1, "order 7": 2})
	if a, b := o.Header(first.Conversation).Contact.ID, o.Header(second.Conversation).Contact.ID; a != b {
		t.Error("two threads of one person have two contacts")
	}
}

func TestAContactIsNamedByWhoWritesNotByWhoWritesToIt(t *testing.T) {
	o := newOffice(t)
	id := o.in(inbox.StateResolved)
	s := o.hello("Kim 1")
	s.To.Name = "Mx Kim"
	s.To.Attributes = map[string]string{"city": "Gent"}
	s.To.Addresses = append(s.To.Addresses, channel.Address{ID: "Kim at work"})
	o.did(o.Desk("Ann").Start(o.ctx(), s))
	if c := o.Header(id).Contact; c.Name != "Kim 1" || len(c.Attributes) != 0 {
		t.Errorf("the contact is %+v", c)
	}
	if got := o.ContactWrites("Kim at work", "Hello"); got.Contact != o.Header(id).Contact.ID {
		t.Error("the other address belongs to another contact")
	}
}

func TestTheNetworkSaysWhetherOneMayWriteFirst(t *testing.T) {
	o := newOffice(t)
	ann := o.Desk("Ann")
	connect := func(n channel.Network, f ...channel.Feature) inbox.Account {
		return o.SaveAccount(inbox.Account{Account: channel.Account{
			AccountKey: channel.AccountKey{Network: n, ExternalID: string(n)}, Features: f}})
	}
	template := &channel.Template{Name: "late", Language: "en"}

	o.Account = connect(channel.WhatsApp)
	closed := refused[*channel.WindowClosedError](o, "WhatsApp, whose window was never opened", o.start(ann, o.hello("Kim")))
	if closed == nil || !closed.Ended.IsZero() || closed.Network != channel.WhatsApp {
		t.Errorf("the error is %+v", closed)
	}
	id := o.in(inbox.StateResolved)
	o.did(ann.Start(o.ctx(), o.hello("Kim 1")))
	o.WantState(id, inbox.StatePending)
	o.Resolves("Ann", id)
	o.Clock.Add(24 * time.Hour)
	refused[*channel.WindowClosedError](o, "WhatsApp, a day after the contact wrote", o.start(ann, o.hello("Kim 1")))
	o.WantState(id, inbox.StateResolved)

	o.Account = connect(channel.Facebook)
	s := o.hello("Kim")
	s.Reply = inbox.Reply{Template: template}
	o.did(ann.Start(o.ctx(), s))

	o.Account = connect(channel.Telegram)
	refused[*channel.NotAllowedError](o, "a bot on Telegram", o.start(ann, o.hello("Kim")))
	o.Account = connect(channel.LinkedIn)
	refused[*channel.NotAllowedError](o, "LinkedIn", o.start(ann, o.hello("Kim")))
	o.Account = connect(channel.X)
	s = o.hello("Kim")
	s.Kind = channel.Mention
	refused[*channel.NotAllowedError](o, "in public", o.start(ann, s))
	s.Kind = channel.DirectMessage
	o.did(ann.Start(o.ctx(), s))
	o.Account = connect("pigeon")
	o.did(ann.Start(o.ctx(), o.hello("Kim")))
}

func TestAStartNamesAnAccountThatIsConnectedAndSomebodyWhoCanBeReached(t *testing.T) {
	o := newOffice(t)
	ann := o.Desk("Ann")
	gone := o.Connect(channel.WebChat, "gone")
	if err := o.system().RemoveAccount(o.ctx(), gone.ID, inbox.KeepOpen, inbox.Resolve{}); err != nil {
		t.Fatal(err)
	}
	for what, id := range map[string]channel.AccountID{"a random": {UUID: random()}, "no": {}, "a removed": gone.ID} {
		s := o.hello("Kim")
		s.Account = id
		wants(o, what+" account", &inbox.MissingError{What: "account"}, o.start(ann, s))
	}
	for what, c := range map[string]struct {
		spoil func(*inbox.Start)
		field string
	}{
		"nobody":                      {func(s *inbox.Start) { s.To = channel.Person{} }, "from"},
		"an empty address":            {func(s *inbox.Start) { s.To.Addresses[0].ID = "" }, "from"},
		"an address with NUL":         {func(s *inbox.Start) { s.To.Addresses[0].ID = "a\x00" }, "from"},
		"an address twice":            {func(s *inbox.Start) { s.To.Addresses = append(s.To.Addresses, s.To.Addresses[0]) }, "from"},
		"a thread with NUL":           {func(s *inbox.Start) { s.Thread = "\x00" }, "thread"},
		"a kind that does not exist":  {func(s *inbox.Start) { s.Kind = "smoke" }, "kind"},
		"no text":                     {func(s *inbox.Start) { s.Text = "" }, "text"},
		"privately what is not there": {func(s *inbox.Start) { s.Private = true }, "private"},
	} {
		s := o.hello("Kim")
		c.spoil(&s)
		if err := refused[*inbox.InputError](o, what, o.start(ann, s)); err != nil && err.Field != c.field {
			t.Errorf("%s: the error is about %s", what, err.Field)
		}
	}
	s := o.hello("Kim")
	s.Answers = inbox.MessageID{UUID: random()}
	wants(o, "an answer to a message that is not there", &inbox.MissingError{What: "message"}, o.start(ann, s))
}

func TestManyStartsAtOnceToOnePersonAreOneConversation(t *testing.T) {
	o := newOffice(t)
	ann := o.Desk("Ann")
	var mu sync.Mutex
	conversations := map[inbox.ConversationID]bool{}
	const many = 16
	inParallel(many, func(int) {
		r, err := ann.Start(o.ctx(), o.hello("Kim"))
		if err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		conversations[r.Conversation] = true
	})
	if len(conversations) != 1 {
		t.Fatalf("%d conversations", len(conversations))
	}
	for id := range conversations {
		if n := len(o.Messages(id)); n != many {
			t.Errorf("%d messages", n)
		}
	}
	if diff := cmp.Diff(inbox.Totals{Pending: 1}, o.keeps().Totals[o.Account.ID]); diff != "" {
		t.Error(diff)
	}
	o.WantLogHolds()
}

func TestTheAccountAReplyNamesIsPartOfAStartUnderAKey(t *testing.T) {
	o := newOffice(t)
	o.Account = o.Connect(channel.SMS, "7")
	from := o.Connect(channel.SMS, "8").ID
	s := o.hello("Kim")
	o.did(o.Desk("Ann").Start(o.ctx(), s, inbox.Key("k")))
	s.Reply.Account = from
	refused[*inbox.KeyError](o, "from another account", func() error { _, err := o.Desk("Ann").Start(o.ctx(), s, inbox.Key("k")); return err })
}

func TestStartingNeedsAnAddressOfTheAccountsNetwork(t *testing.T) {
	o := newOffice(t)
	s := o.hello("Kim")
	s.To.Addresses = []channel.Address{{Network: channel.Email, ID: "kim@example.com"}}
	refused[*inbox.InputError](o, "to an e-mail address", o.start(o.Desk("Ann"), s))
	s.To.Addresses = append([]channel.Address{{ID: "kim"}}, s.To.Addresses...)
	o.works(o.start(o.Desk("Ann"), s)())
}

func TestWhoStartsMakesTheContact(t *testing.T) {
	o := newOffice(t)
	ann := o.Desk("Ann")
	from := o.position()
	o.works(o.start(ann, o.hello("Kim"))())
	for _, e := range o.entries(from) {
		if e.Actor.Name != "Ann" {
			t.Errorf("%s is by %+v", e.Action, e.Actor)
		}
	}
	from = o.position()
	o.Receive(channel.Inbound{Event: channel.EchoEvent, From: o.Person("Lee"), Kind: channel.ChatMessage, Text: "Hello."})
	for _, e := range o.entries(from) {
		if e.Actor.Kind != audit.ActorElsewhere {
			t.Errorf("%s is by %+v", e.Action, e.Actor)
		}
	}
}
