package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/queue"
	"github.com/google/uuid"
)

// scene is an office with one of everything that a command may name.
type scene struct {
	*office
	door *doorman

	fresh, waiting, mine, bobs inbox.ConversationID // private: New and nobody's, Pending, Ann's, Bob's
	comment, texted            inbox.ConversationID // in public; on an account that shares its addresses
	held                       inbox.ConversationID // by the bot
	message                    inbox.MessageID      // of fresh
	note, bobsNote             inbox.NoteID         // on fresh, Ann's and Bob's
	topic, other               inbox.TopicID        // fresh is about the first; nothing is about the other
	reason                     inbox.ReasonID
	team                       queue.TeamID
	ann, bob                   queue.AgentID
	sms, sms2, paused, page    inbox.Account
}

func newScene(t *testing.T, options ...inbox.Option) *scene {
	t.Helper()
	door := &doorman{}
	return newOffice(t, append([]inbox.Option{inbox.WithAccess(door)}, options...)...).scene(door, "")
}

// neighbour returns the scene of another tenant in the same store.
func (s *scene) neighbour() *scene {
	s.t.Helper()
	h, stage := *s.Harness, *s.stage
	h.Box = s.Box.For(inbox.TenantNamed("next door"))
	h.Account = h.Connect(channel.WebChat, "their shop")
	stage.Harness = &h
	return (&office{stage: &stage}).scene(s.door, "their ")
}

// scene sets one up. All names begin with a prefix.
func (o *office) scene(door *doorman, prefix string) *scene {
	o.t.Helper()
	s := &scene{office: o, door: door}
	ctx, sys, chat := s.ctx(), s.system(), s.Account
	s.ann, s.bob = s.agent(prefix+"Ann"), s.agent(prefix+"Bob")
	s.topic, s.other = s.office.topic(prefix+"Parcels"), s.office.topic(prefix+"Bills")
	s.reason, s.team = s.office.reason(prefix+"Solved"), s.office.team(prefix+"Night")
	s.sms, s.sms2 = s.Connect(channel.SMS, prefix+"1"), s.Connect(channel.SMS, prefix+"2")
	s.paused = s.Connect(channel.WebChat, prefix+"paused")
	var err error
	s.paused, err = sys.PauseAccount(ctx, s.paused.ID)
	s.works(err)
	s.fresh, s.waiting, s.mine, s.bobs, s.held = s.in(inbox.StateNew), s.in(inbox.StatePending), s.in(inbox.StateNew), s.in(inbox.StateNew),
		s.in(inbox.StateNew)
	s.Account = s.sms
	s.texted = s.in(inbox.StateNew)
	s.page = s.Connect(channel.Facebook, prefix+"page")
	s.Account = s.page
	s.comment = s.Receive(channel.Inbound{From: s.Person("Kim"), Kind: channel.Comment, Text: "Where is my parcel?"}).Conversation
	s.Account = chat
	s.message = s.last(s.fresh).ID
	s.did(sys.Assign(ctx, s.mine, inbox.Assignee{Agent: s.ann}))
	s.did(sys.Assign(ctx, s.bobs, inbox.Assignee{Agent: s.bob}))
	s.did(sys.AddTopic(ctx, s.fresh, s.topic))
	s.did(s.Box.As(workers[1]).Hold(ctx, s.held, time.Hour))
	s.note = s.did(s.Box.As(inbox.Person(s.ann, "Ann")).AddNote(ctx, s.fresh, inbox.MessageID{}, "Careful.")).Note
	s.bobsNote = s.did(s.Box.As(inbox.Person(s.bob, "Bob")).AddNote(ctx, s.fresh, inbox.MessageID{}, "Really.")).Note
	door.asked, door.seen = nil, 0
	return s
}

// ask is one question to the host.
type ask struct {
	Permission inbox.Permission
	Object     inbox.Object
}

// doorman is an Access that remembers what it was asked. It allows everything but one permission, and shows everything or what it
// is told.
type doorman struct {
	mu    sync.Mutex
	asked []ask
	seen  int // how often Sight was called

	no       inbox.Permission
	err      error // instead of an answer to May
	blind    error // instead of an answer to Sight
	closed   bool  // Sight is of open only
	open     []channel.AccountID
	nothing  bool  // everything is denied
	stranger error // what was wrong with a question
}

func (d *doorman) May(_ context.Context, a inbox.Actor, p inbox.Permission, o inbox.Object) (bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked = append(d.asked, ask{p, o})
	if a.Kind == audit.ActorSystem {
		d.stranger = fmt.Errorf("asked whether the system may %s", p)
	}
	return p != d.no && !d.nothing, d.err
}

func (d *doorman) Sight(_ context.Context, t inbox.Tenant, a inbox.Actor) (inbox.Sight, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.seen++
	if a.Kind == audit.ActorSystem || t.UUID == uuid.Nil {
		d.stranger = fmt.Errorf("asked what %s sees of %s", a.Kind, t)
	}
	return inbox.Sight{All: !d.closed, Accounts: d.open}, d.blind
}

// on is what is asked about a conversation.
func (s *scene) on(id inbox.ConversationID) inbox.Object {
	s.t.Helper()
	h := s.Header(id)
	return inbox.Object{Tenant: s.Box.Tenant(), Account: h.Account, Visibility: h.Visibility, Conversation: id, Contact: h.Contact.ID}
}

// manage is what most commands on a conversation ask.
func (s *scene) manage(id inbox.ConversationID) []ask { return []ask{{inbox.MayManage, s.on(id)}} }

// take is what changing the assignment of another's conversation asks.
func (s *scene) take(id inbox.ConversationID) []ask {
	return append(s.manage(id), ask{inbox.MayTakeOver, s.on(id)})
}

// edit is what changing a note asks.
func (s *scene) asksOfNote(id inbox.NoteID, permissions ...inbox.Permission) (asks []ask) {
	o := s.on(s.fresh)
	o.Note = id
	for _, p := range permissions {
		asks = append(asks, ask{p, o})
	}
	return asks
}

// settings is what a command on a settings document asks; a zero id stands for one that is made.
func (s *scene) settings(kind inbox.DocumentKind, id uuid.UUID) []ask {
	return []ask{{inbox.MaySettings, inbox.Object{Tenant: s.Box.Tenant(), Document: inbox.DocumentKey{Kind: kind, ID: id}}}}
}

// call is one way to call one command.
type call struct {
	name string // the method of Desk, and what is special
	do   func(*scene, *inbox.Desk, ...inbox.CommandOption) (any, error)
	asks func(*scene) []ask
}

// method is the name of the method of Desk.
func (c call) method() string { return strings.Fields(c.name)[0] }

// desk returns the desk of the one who gives the command: Ann, or where people may not, a bot.
func (c call) desk(s *scene) *inbox.Desk {
	if m := c.method(); m == "Hold" || m == "Release" {
		return s.Box.As(workers[1])
	}
	return s.Box.As(workers[0])
}

// commands is every command of a Desk, with everything optional that needs a permission of its own.
var commands = []call{
	{"SetPending", func(s *scene, d *inbox.Desk, o ...inbox.CommandOption) (any, error) {
		return d.SetPending(s.ctx(), s.fresh, o...)
	},
		func(s *scene) []ask { return s.manage(s.fresh) }},
	{"SetNew", func(s *scene, d *inbox.Desk, o ...inbox.CommandOption) (any, error) {
		return d.SetNew(s.ctx(), s.waiting, o...)
	},
		func(s *scene) []ask { return s.manage(s.waiting) }},
	{"Resolve", func(s *scene, d *inbox.Desk, o ...inbox.CommandOption) (any, error) {
		return d.Resolve(s.ctx(), s.fresh, inbox.Resolve{Reason: s.reason, Comment: "Done."}, o...)
	}, func(s *scene) []ask { return s.manage(s.fresh) }},

	{"Assign", func(s *scene, d *inbox.Desk, o ...inbox.CommandOption) (any, error) {
		return d.Assign(s.ctx(), s.fresh, inbox.Assignee{Agent: queue.AgentNamed("Bob"), Team: s.team}, o...)
	}, func(s *scene) []ask { return s.manage(s.fresh) }},
	{"Assign what is one's own", func(s *scene, d *inbox.Desk, o ...inbox.CommandOption) (any, error) {
		return d.Assign(s.ctx(), s.mine, inbox.Assignee{Agent: queue.AgentNamed("Bob")}, o...)
	}, func(s *scene) []ask { return s.manage(s.mine) }},
	{"Assign what is another's", func(s *scene, d *inbox.Desk, o ...inbox.CommandOption) (any, error) {
		return d.Assign(s.ctx(), s.bobs, inbox.Assignee{Agent: queue.AgentNamed("Ann")}, o...)
	}, func(s *scene) []ask { return s.take(s.bobs) }},
	{"Assign a team to what is another's", func(s *scene, d *inbox.Desk, o ...inbox.CommandOption) (any, error) {
		return d.Assign(s.ctx(), s.bobs, inbox.Assignee{Team: s.team}, o...)
	}, func(s *scene) []ask { return s.manage(s.bobs) }},
	{"Assign another's to whom it is", func(s *scene, d *inbox.Desk, o ...inbox.CommandOption) (any, error) {
		return d.Assign(s.ctx(), s.bobs, inbox.Assignee{Agent: queue.AgentNamed("Bob"), Team: s.team}, o...)
	}, func(s *scene) []ask { return s.manage(s.bobs) }},
	{"Unassign", func(s *scene, d *inbox.Desk, o ...inbox.CommandOption) (any, error) {
		return d.Unassign(s.ctx(), s.mine, o...)
	},
		func(s *scene) []ask { return s.manage(s.mine) }},
	{"Unassign what is another's", func(s *scene, d *inbox.Desk, o ...inbox.CommandOption) (any, error) {
		return d.Unassign(s.ctx(), s.bobs, o...)
	}, func(s *scene) []ask { return s.take(s.bobs) }},

	{"AddTopic", func(s *scene, d *inbox.Desk, o ...inbox.CommandOption) (any, error) {
		return d.AddTopic(s.ctx(), s.fresh, s.other, o...)
	}, func(s *scene) []ask { return s.manage(s.fresh) }},
	{"RemoveTopic", func(s *scene, d *inbox.Desk, o ...inbox.CommandOption) (any, error) {
		return d.RemoveTopic(s.ctx(), s.fresh, s.topic, o...)
	}, func(s *scene) []ask { return s.manage(s.fresh) }},
	{"MarkRead", func(s *scene, d *inbox.Desk, o ...inbox.CommandOption) (any, error) {
		return d.MarkRead(s.ctx(), s.fresh, o...)
	},
		func(s *scene) []ask { return s.manage(s.fresh) }},
	{"Hold", func(s *scene, d *inbox.Desk, o ...inbox.CommandOption) (any, error) {
		return d.Hold(s.ctx(), s.fresh, time.Hour, o...)
	}, func(s *scene) []ask { return s.manage(s.fresh) }},
	{"Release", func(s *scene, d *inbox.Desk, o ...inbox.CommandOption) (any, error) {
		return d.Release(s.ctx(), s.held, o...)
	},
		func(s *scene) []ask { return s.manage(s.held) }},

	{"AddNote", func(s *scene, d *inbox.Desk, o ...inbox.CommandOption) (any, error) {
		return d.AddNote(s.ctx(), s.fresh, inbox.MessageID{}, "Careful.", o...)
	}, func(s *scene) []ask { return s.manage(s.fresh) }},
	{"AddNote on a message", func(s *scene, d *inbox.Desk, o ...inbox.CommandOption) (any, error) {
		return d.AddNote(s.ctx(), s.fresh, s.message, "Careful.", o...)
	}, func(s *scene) []ask {
		asks := s.manage(s.fresh)
		asks[0].Object.Message = s.message
		return asks
	}},
	{"EditNote", func(s *scene, d *inbox.Desk, o ...inbox.CommandOption) (any, error) {
		return d.EditNote(s.ctx(), s.fresh, s.note, "Careful!", o...)
	}, func(s *scene) []ask { return s.asksOfNote(s.note, inbox.MayManage) }},
	{"EditNote of another", func(s *scene, d *inbox.Desk, o ...inbox.CommandOption) (any, error) {
		return d.EditNote(s.ctx(), s.fresh, s.bobsNote, "Careful!", o...)
	}, func(s *scene) []ask { return s.asksOfNote(s.bobsNote, inbox.MayManage, inbox.MayOthersNotes) }},
	{"DeleteNote", func(s *scene, d *inbox.Desk, o ...inbox.CommandOption) (any, error) {
		return d.DeleteNote(s.ctx(), s.fresh, s.note, o...)
	}, func(s *scene) []ask { return s.asksOfNote(s.note, inbox.MayManage) }},
	{"DeleteNote of another", func(s *scene, d *inbox.Desk, o ...inbox.CommandOption) (any, error) {
		return d.DeleteNote(s.ctx(), s.fresh, s.bobsNote, o...)
	}, func(s *scene) []ask { return s.asksOfNote(s.bobsNote, inbox.MayManage, inbox.MayOthersNotes) }},

	{"Reply", func(s *scene, d *inbox.Desk, o ...inbox.CommandOption) (any, error) {
		return d.Reply(s.ctx(), s.fresh, inbox.Reply{Text: "Hello.", Then: inbox.StateNew}, o...)
	}, func(s *scene) []ask { return []ask{{inbox.MayReplyPrivate, s.on(s.fresh)}} }},
	{"Reply in public", func(s *scene, d *inbox.Desk, o ...inbox.CommandOption) (any, error) {
		return d.Reply(s.ctx(), s.comment, inbox.Reply{Text: "Hello."}, o...)
	}, func(s *scene) []ask { return []ask{{inbox.MayReplyPublic, s.on(s.comment)}} }},
	{"Reply in private to a comment", func(s *scene, d *inbox.Desk, o ...inbox.CommandOption) (any, error) {
		return d.Reply(s.ctx(), s.comment, inbox.Reply{Text: "Hello.", Private: true}, o...)
	}, func(s *scene) []ask { return []ask{{inbox.MayReplyPrivate, s.on(s.comment)}} }},
	{"Reply that resolves", func(s *scene, d *inbox.Desk, o ...inbox.CommandOption) (any, error) {
		return d.Reply(s.ctx(), s.fresh, inbox.Reply{Text: "Bye.", Then: inbox.StateResolved, Resolve: inbox.Resolve{Reason: s.reason}}, o...)
	}, func(s *scene) []ask {
		return append([]ask{{inbox.MayReplyPrivate, s.on(s.fresh)}}, s.manage(s.fresh)...)
	}},
	{"Reply that answers a message", func(s *scene, d *inbox.Desk, o ...inbox.CommandOption) (any, error) {
		return d.Reply(s.ctx(), s.fresh, inbox.Reply{Text: "Hello.", Answers: s.message}, o...)
	}, func(s *scene) []ask {
		about := s.on(s.fresh)
		about.Message = s.message
		return []ask{{inbox.MayReplyPrivate, about}}
	}},
	{"Reply from another account", func(s *scene, d *inbox.Desk, o ...inbox.CommandOption) (any, error) {
		return d.Reply(s.ctx(), s.texted, inbox.Reply{Text: "Hello.", Account: s.sms2.ID}, o...)
	}, func(s *scene) []ask {
		from := s.on(s.texted)
		from.Account = s.sms2.ID
		return []ask{{inbox.MayReplyPrivate, from}}
	}},

	{"Start", func(s *scene, d *inbox.Desk, o ...inbox.CommandOption) (any, error) {
		return d.Start(s.ctx(), s.hello("Lou"), o...)
	},
		func(s *scene) []ask {
			return []ask{{inbox.MayReplyPrivate, inbox.Object{Tenant: s.Box.Tenant(), Account: s.Account.ID, Visibility: channel.Private}}}
		}},
	{"Start that resolves", func(s *scene, d *inbox.Desk, o ...inbox.CommandOption) (any, error) {
		start := s.hello("Lou")
		start.Then = inbox.StateResolved
		return d.Start(s.ctx(), start, o...)
	}, func(s *scene) []ask {
		on := inbox.Object{Tenant: s.Box.Tenant(), Account: s.Account.ID, Visibility: channel.Private}
		return []ask{{inbox.MayReplyPrivate, on}, {inbox.MayManage, on}}
	}},
	{"Start where a conversation is open", func(s *scene, d *inbox.Desk, o ...inbox.CommandOption) (any, error) {
		return d.Start(s.ctx(), s.hello("Kim 1"), o...)
	}, func(s *scene) []ask { return []ask{{inbox.MayReplyPrivate, s.on(s.fresh)}} }},
	{"Start in public", func(s *scene, d *inbox.Desk, o ...inbox.CommandOption) (any, error) {
		person := channel.Person{Addresses: []channel.Address{{Network: channel.Facebook, ID: "Kim"}}}
		return d.Start(s.ctx(), inbox.Start{Account: s.page.ID, Kind: channel.Comment, To: person, Reply: inbox.Reply{Text: "Hi."}}, o...)
	}, func(s *scene) []ask { return []ask{{inbox.MayReplyPublic, s.on(s.comment)}} }},

	{"SaveAccount", func(s *scene, d *inbox.Desk, o ...inbox.CommandOption) (any, error) {
		a := inbox.Account{Account: channel.Account{AccountKey: channel.AccountKey{Network: channel.SMS, ExternalID: "3"}}}
		return d.SaveAccount(s.ctx(), a, o...)
	}, func(s *scene) []ask { return s.settings(inbox.AccountDocument, uuid.Nil) }},
	{"SaveAccount that exists", func(s *scene, d *inbox.Desk, o ...inbox.CommandOption) (any, error) {
		a := s.sms
		a.Name = "Short"
		return d.SaveAccount(s.ctx(), a, o...)
	}, func(s *scene) []ask { return s.settings(inbox.AccountDocument, s.sms.ID.UUID) }},
	{"PauseAccount", func(s *scene, d *inbox.Desk, o ...inbox.CommandOption) (any, error) {
		return d.PauseAccount(s.ctx(), s.sms.ID, o...)
	},
		func(s *scene) []ask { return s.settings(inbox.AccountDocument, s.sms.ID.UUID) }},
	{"ResumeAccount", func(s *scene, d *inbox.Desk, o ...inbox.CommandOption) (any, error) {
		return d.ResumeAccount(s.ctx(), s.paused.ID, o...)
	}, func(s *scene) []ask { return s.settings(inbox.AccountDocument, s.paused.ID.UUID) }},
	{"RemoveAccount", func(s *scene, d *inbox.Desk, o ...inbox.CommandOption) (any, error) {
		return nil, d.RemoveAccount(s.ctx(), s.sms.ID, inbox.KeepOpen, inbox.Resolve{}, o...)
	}, func(s *scene) []ask { return s.settings(inbox.AccountDocument, s.sms.ID.UUID) }},
	{"RemoveAccount and resolve", func(s *scene, d *inbox.Desk, o ...inbox.CommandOption) (any, error) {
		return nil, d.RemoveAccount(s.ctx(), s.sms.ID, inbox.ResolveOpen, inbox.Resolve{Reason: s.reason}, o...)
	}, func(s *scene) []ask { return s.settings(inbox.AccountDocument, s.sms.ID.UUID) }},

	{"SaveTopic", func(s *scene, d *inbox.Desk, o ...inbox.CommandOption) (any, error) {
		return d.SaveTopic(s.ctx(), inbox.Topic{Name: "Returns"}, o...)
	}, func(s *scene) []ask { return s.settings(inbox.TopicDocument, uuid.Nil) }},
	{"SaveTopic that exists", func(s *scene, d *inbox.Desk, o ...inbox.CommandOption) (any, error) {
		return d.SaveTopic(s.ctx(), inbox.Topic{ID: s.topic, Name: "Post"}, o...)
	}, func(s *scene) []ask { return s.settings(inbox.TopicDocument, s.topic.UUID) }},
	{"DeleteTopic", func(s *scene, d *inbox.Desk, o ...inbox.CommandOption) (any, error) {
		return nil, d.DeleteTopic(s.ctx(), s.topic, o...)
	}, func(s *scene) []ask { return s.settings(inbox.TopicDocument, s.topic.UUID) }},
	{"SaveReason", func(s *scene, d *inbox.Desk, o ...inbox.CommandOption) (any, error) {
		return d.SaveReason(s.ctx(), inbox.Reason{Name: "Spam"}, o...)
	}, func(s *scene) []ask { return s.settings(inbox.ReasonDocument, uuid.Nil) }},
	{"SaveAgent", func(s *scene, d *inbox.Desk, o ...inbox.CommandOption) (any, error) {
		return d.SaveAgent(s.ctx(), inbox.Agent{Agent: queue.Agent{Name: "Carl"}}, o...)
	}, func(s *scene) []ask { return s.settings(inbox.AgentDocument, uuid.Nil) }},
	{"DeleteAgent", func(s *scene, d *inbox.Desk, o ...inbox.CommandOption) (any, error) {
		return nil, d.DeleteAgent(s.ctx(), queue.AgentNamed("Bob"), o...)
	}, func(s *scene) []ask { return s.settings(inbox.AgentDocument, queue.AgentNamed("Bob").UUID) }},
	{"SaveTeam", func(s *scene, d *inbox.Desk, o ...inbox.CommandOption) (any, error) {
		return d.SaveTeam(s.ctx(), inbox.Team{Team: queue.Team{Name: "Day", Members: []queue.AgentID{queue.AgentNamed("Bob")}}}, o...)
	}, func(s *scene) []ask { return s.settings(inbox.TeamDocument, uuid.Nil) }},
	{"DeleteTeam", func(s *scene, d *inbox.Desk, o ...inbox.CommandOption) (any, error) {
		return nil, d.DeleteTeam(s.ctx(), s.team, o...)
	},
		func(s *scene) []ask { return s.settings(inbox.TeamDocument, s.team.UUID) }},
}

// deskMethods are the methods of a Desk with a context: its commands and reads.
func deskMethods() (all []reflect.Method) {
	desk := reflect.TypeFor[*inbox.Desk]()
	for i := range desk.NumMethod() {
		if m := desk.Method(i); m.Type.NumIn() > 1 && m.Type.In(1) == reflect.TypeFor[context.Context]() {
			all = append(all, m)
		}
	}
	return all
}

func isCommand(m reflect.Method) bool {
	return m.Type.IsVariadic() && m.Type.In(m.Type.NumIn()-1) == reflect.TypeFor[[]inbox.CommandOption]()
}

func TestEveryCommandOfADeskStandsInTheTable(t *testing.T) {
	for _, m := range deskMethods() {
		in := slices.ContainsFunc(commands, func(c call) bool { return c.method() == m.Name })
		if in != isCommand(m) {
			t.Errorf("%s is a command: %t; stands in the table of commands: %t", m.Name, isCommand(m), in)
		}
	}
}

func TestTheHostIsAskedOncePerNeedWithWhatItIsAbout(t *testing.T) {
	for _, c := range commands {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t)
			wanted := c.asks(s)
			s.door.asked = nil
			if _, err := c.do(s, c.desk(s)); err != nil {
				t.Fatal(err)
			}
			asked := slices.Clone(s.door.asked)
			for i, a := range asked {
				if i < len(wanted) && wanted[i].Object.Document.Kind != "" && wanted[i].Object.Document.ID == uuid.Nil && a.Object.Document.ID != uuid.Nil {
					asked[i].Object.Document.ID = uuid.Nil
				}
			}
			want(t, "what was asked", asked, wanted)
			if s.door.stranger != nil {
				t.Error(s.door.stranger)
			}
		})
	}
}

func TestACommandWithoutOneOfItsPermissionsLeavesNoTrace(t *testing.T) {
	for _, c := range commands {
		for _, need := range c.asks(newScene(t)) {
			t.Run(c.name+" without "+string(need.Permission), func(t *testing.T) {
				s := newScene(t)
				s.door.no = need.Permission
				wants(s.office, "it", &inbox.PermissionError{Permission: need.Permission}, func() error {
					_, err := c.do(s, c.desk(s))
					return err
				})
			})
		}
	}
}

func TestAnErrorOfTheHostIsReturnedAndLeavesNoTrace(t *testing.T) {
	boom := errors.New("the directory is down")
	for _, c := range commands {
		s := newScene(t)
		s.untouched(c.name, func() {
			s.door.err = boom
			if _, err := c.do(s, c.desk(s)); !errors.Is(err, boom) {
				t.Errorf("%s: the error is %v", c.name, err)
			}
		})
		if !takesConversation(c.method()) {
			continue
		}
		s.untouched(c.name, func() {
			s.door.err, s.door.blind = nil, boom
			if _, err := c.do(s, c.desk(s)); !errors.Is(err, boom) {
				t.Errorf("%s, when it cannot say what is in sight: the error is %v", c.name, err)
			}
		})
	}
	s := newScene(t)
	s.door.blind = boom
	for name, err := range s.reads(s.Desk("Ann"), s.fresh) {
		if !errors.Is(err, boom) {
			t.Errorf("%s, when it cannot say what is in sight: the error is %v", name, err)
		}
	}
}

// reads calls everything that reads at a desk and returns the errors.
func (s *scene) reads(d *inbox.Desk, id inbox.ConversationID) map[string]error {
	errs := map[string]error{}
	_, errs["Header"] = d.Header(s.ctx(), id)
	_, errs["Counts"] = d.Counts(s.ctx())
	for _, err := range d.Timeline(s.ctx(), id) {
		errs["Timeline"] = err
	}
	for _, err := range d.Conversations(s.ctx(), inbox.Filter{}, inbox.Newest) {
		errs["Conversations"] = err
	}
	return errs
}

// takesConversation reports whether a method of Desk names a conversation by its id.
func takesConversation(method string) bool {
	m, ok := reflect.TypeFor[*inbox.Desk]().MethodByName(method)
	return ok && m.Type.NumIn() > 2 && m.Type.In(2) == reflect.TypeFor[inbox.ConversationID]()
}

func TestTheSystemMayEverythingAndTheHostIsNotAsked(t *testing.T) {
	for _, c := range commands {
		s := newScene(t)
		s.door.nothing, s.door.closed = true, true
		if _, err := c.do(s, s.system()); err != nil && c.method() != "Release" { // what a bot holds is not about permissions
			t.Errorf("%s: %v", c.name, err)
		}
		for name, err := range s.reads(s.system(), s.mine) {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if len(s.door.asked) > 0 || s.door.seen > 0 || s.door.stranger != nil {
			t.Errorf("%s: asked %v, %v", c.name, s.door.asked, s.door.stranger)
		}
	}
}

func TestEachRoleHasItsPermissions(t *testing.T) {
	agent := []inbox.Permission{inbox.MayManage, inbox.MayTakeOver, inbox.MayReplyPublic, inbox.MayReplyPrivate, inbox.MayActSocially,
		inbox.MayManageContacts}
	supervisor := append(slices.Clone(agent), inbox.MayBulkResolve, inbox.MayMask, inbox.MayOthersNotes, inbox.MayExplain)
	administrator := append(slices.Clone(supervisor), inbox.MaySettings, inbox.MayErase)
	if all := inbox.Permissions(); len(all) != len(administrator) {
		t.Errorf("there are %d permissions, want %d", len(all), len(administrator))
	}
	for role, has := range map[inbox.Role][]inbox.Permission{
		"": agent, inbox.RoleAgent: agent, inbox.RoleSupervisor: supervisor, inbox.RoleAdministrator: administrator, "intern": nil,
	} {
		for _, p := range inbox.Permissions() {
			if got := role.May(p); got != slices.Contains(has, p) {
				t.Errorf("role %q may %s: %t", role, p, got)
			}
		}
		if role.May("fly") {
			t.Errorf("role %q may do what there is no permission for", role)
		}
	}
}

func TestWithoutAnAccessOfTheHostAnActorHasTheRoleItCarriesAndSeesEverything(t *testing.T) {
	roles := newOffice(t)
	for _, role := range []inbox.Role{"", inbox.RoleAgent, inbox.RoleSupervisor, inbox.RoleAdministrator, "intern"} {
		for _, c := range commands {
			s := newScene(t)
			box, err := inbox.New(s.store, inbox.WithClock(s.mock))
			if err != nil {
				t.Fatal(err)
			}
			var lacks inbox.Permission
			for _, a := range c.asks(s) {
				if lacks == "" && !role.May(a.Permission) {
					lacks = a.Permission
				}
			}
			_, err = c.do(s, box.As(c.desk(s).Actor().As(role)))
			denied, no := errors.AsType[*inbox.PermissionError](err)
			if no != (lacks != "") || no && denied.Permission != lacks || !no && err != nil {
				t.Errorf("%s as %q: the error is %v, want that %q is lacking", c.name, role, err, lacks)
			}
		}
	}
	id := roles.in(inbox.StateNew)
	if _, err := roles.Box.As(workers[0].As("intern")).Header(roles.ctx(), id); err != nil {
		t.Errorf("a role that may nothing reads: %v", err)
	}
}

// lost is the scene with random ids for its conversations.
func (s *scene) lost() *scene {
	l := *s
	for _, id := range []*inbox.ConversationID{&l.fresh, &l.waiting, &l.mine, &l.bobs, &l.comment, &l.texted, &l.held} {
		*id = inbox.ConversationID{UUID: random()}
	}
	return &l
}

func TestAConversationOutOfSightIsAsOneThatDoesNotExist(t *testing.T) {
	for _, c := range commands {
		if !takesConversation(c.method()) {
			continue
		}
		s := newScene(t)
		var hidden, random error
		s.untouched(c.name, func() {
			s.door.closed = true
			_, hidden = c.do(s, c.desk(s))
			s.door.closed = false
			_, random = c.do(s.lost(), c.desk(s))
		})
		if !missing(hidden, "conversation") || hidden.Error() != random.Error() {
			t.Errorf("%s: hidden: %v; random: %v", c.name, hidden, random)
		}
		if len(s.door.asked) > 0 {
			t.Errorf("%s: the host was asked %v", c.name, s.door.asked)
		}
	}
	s := newScene(t)
	s.door.closed = true
	hidden := s.reads(s.Desk("Ann"), s.fresh)
	s.door.closed = false
	random := s.reads(s.Desk("Ann"), s.lost().fresh)
	for _, read := range []string{"Header", "Timeline"} {
		if !missing(hidden[read], "conversation") || hidden[read].Error() != random[read].Error() {
			t.Errorf("%s: hidden: %v; random: %v", read, hidden[read], random[read])
		}
	}
}

func TestListsAndCountsHoldWhatIsInSight(t *testing.T) {
	s := newScene(t)
	ann := s.Desk("Ann")
	listed := func(f inbox.Filter) (all []inbox.ConversationID) {
		for h, err := range ann.Conversations(s.ctx(), f, inbox.Oldest) {
			s.works(err)
			all = append(all, h.ID)
		}
		return all
	}
	for _, c := range []struct {
		what          string
		open          []channel.AccountID
		conversations int
		counts        inbox.Totals
	}{
		{"nothing", nil, 0, inbox.Totals{}},
		{"an empty list", []channel.AccountID{}, 0, inbox.Totals{}},
		{"what is not there", []channel.AccountID{{UUID: random()}}, 0, inbox.Totals{}},
		{"one account", []channel.AccountID{s.sms.ID}, 1, inbox.Totals{New: 1}},
		{"two accounts", []channel.AccountID{s.page.ID, s.Account.ID}, 6, inbox.Totals{New: 5, Pending: 1}},
	} {
		s.door.closed, s.door.open = true, c.open
		if got := listed(inbox.Filter{}); len(got) != c.conversations {
			t.Errorf("who sees %s lists %d conversations, want %d", c.what, len(got), c.conversations)
		}
		not := inbox.Filter{Not: &inbox.Filter{Accounts: []channel.AccountID{}}} // everything there is
		if got := listed(not); len(got) != c.conversations {
			t.Errorf("who sees %s finds %d conversations, want %d", c.what, len(got), c.conversations)
		}
		if c.open != nil && len(listed(inbox.Filter{Accounts: []channel.AccountID{s.paused.ID}})) != 0 {
			t.Errorf("who sees %s finds what is on another account", c.what)
		}
		counts, err := ann.Counts(s.ctx())
		if err != nil || counts.All != c.counts || slices.ContainsFunc([]channel.AccountID{s.sms.ID, s.page.ID, s.Account.ID},
			func(id channel.AccountID) bool {
				_, in := counts.Accounts[id]
				return in != slices.Contains(c.open, id)
			}) {
			t.Errorf("who sees %s counts %+v, %v; want %+v", c.what, counts, err, c.counts)
		}
	}
}

func TestAnAccountOutOfSightIsAsOneThatDoesNotExist(t *testing.T) {
	s := newScene(t)
	ann := s.Desk("Ann")
	s.door.closed, s.door.open = true, []channel.AccountID{s.sms.ID}
	random := channel.AccountID{UUID: random()}
	for _, account := range []channel.AccountID{s.sms2.ID, s.Account.ID, random} {
		no := &inbox.MissingError{What: "account"}
		wants(s.office, "a reply from it", no, s.reply(ann, s.texted, inbox.Reply{Text: "Hello.", Account: account}))
		start := s.hello("Lou")
		start.Account = account
		wants(s.office, "a start from it", no, s.start(ann, start))
		start.Account, start.Reply.Account = s.sms.ID, account
		start.To.Addresses[0].Network = channel.SMS
		wants(s.office, "a start on another, from it", no, s.start(ann, start))
	}
	s.did(ann.Reply(s.ctx(), s.texted, inbox.Reply{Text: "Hello.", Account: s.sms.ID}))
}

func TestAnActorIsSomebodyWhoCanBeAnsweredFor(t *testing.T) {
	s := newScene(t)
	id := queue.AgentNamed("Ann")
	for what, a := range map[string]inbox.Actor{
		"nobody":                  {},
		"a person without an id":  inbox.Person(queue.AgentID{}, "Ann"),
		"a bot without an id":     inbox.Bot(queue.AgentID{}, "Robo"),
		"a contact":               {Kind: audit.ActorContact, Agent: id},
		"somebody elsewhere":      {Kind: audit.ActorElsewhere, Agent: id},
		"a kind that is none":     {Kind: 99, Agent: id},
		"a name with NUL":         inbox.Person(id, "A\x00"),
		"a name that is not text": inbox.Person(id, "A\xff"),
		"a name of 513 bytes":     inbox.Person(id, strings.Repeat("A", 513)),
	} {
		d := s.Box.As(a)
		s.untouched(what, func() {
			for _, c := range commands {
				_, err := c.do(s, d)
				if in, ok := errors.AsType[*inbox.InputError](err); !ok || !strings.HasPrefix(in.Field, "actor") {
					t.Errorf("%s by %s: the error is %v", c.name, what, err)
				}
			}
			for read, err := range s.reads(d, s.fresh) {
				if in, ok := errors.AsType[*inbox.InputError](err); !ok || !strings.HasPrefix(in.Field, "actor") {
					t.Errorf("%s by %s: the error is %v", read, what, err)
				}
			}
		})
	}
}

// ids are the types that name something of a tenant.
var ids = map[reflect.Type]func(*scene) uuid.UUID{
	reflect.TypeFor[inbox.ConversationID](): func(s *scene) uuid.UUID { return s.fresh.UUID },
	reflect.TypeFor[inbox.MessageID]():      func(s *scene) uuid.UUID { return s.message.UUID },
	reflect.TypeFor[inbox.NoteID]():         func(s *scene) uuid.UUID { return s.note.UUID },
	reflect.TypeFor[inbox.TopicID]():        func(s *scene) uuid.UUID { return s.topic.UUID },
	reflect.TypeFor[inbox.ReasonID]():       func(s *scene) uuid.UUID { return s.reason.UUID },
	reflect.TypeFor[queue.AgentID]():        func(s *scene) uuid.UUID { return s.bob.UUID },
	reflect.TypeFor[queue.TeamID]():         func(s *scene) uuid.UUID { return s.team.UUID },
	reflect.TypeFor[channel.AccountID]():    func(s *scene) uuid.UUID { return s.Account.ID.UUID },
}

// filler makes arguments. Every id in them is a tenant's own, but for one, which is another tenant's or random.
type filler struct {
	own, foreign *scene
	odd          int // which id is not its own; -1: none
	random       bool
	met          int // ids so far
}

// id returns the next id of a type.
func (f *filler) id(of func(*scene) uuid.UUID) uuid.UUID {
	f.met++
	switch {
	case f.met-1 != f.odd:
		return of(f.own)
	case f.random:
		return random()
	}
	return of(f.foreign)
}

func (f *filler) fill(v reflect.Value) {
	if of, ok := ids[v.Type()]; ok {
		v.Field(0).Set(reflect.ValueOf(f.id(of)))
		return
	}
	switch x := v.Addr().Interface().(type) {
	case *channel.Person:
		*x = f.own.Person("Kim 1") // whose conversation fresh is
	case *channel.AccountKey:
		*x = f.own.Account.AccountKey
	case *inbox.Who:
		*x = inbox.Who(f.id(func(s *scene) uuid.UUID { return s.bob.UUID }).String())
	case *[]inbox.Filter: // each part of a filter by itself
		*x = make([]inbox.Filter, 5)
		(*x)[0].Accounts, (*x)[1].Teams, (*x)[2].Topics = make([]channel.AccountID, 1), make([]queue.TeamID, 1), make([]inbox.TopicID, 1)
		(*x)[3].Reasons, (*x)[4].Assignees = make([]inbox.ReasonID, 1), make([]inbox.Who, 1)
		for i := range *x {
			for _, part := range []any{&(*x)[i].Accounts, &(*x)[i].Teams, &(*x)[i].Topics, &(*x)[i].Reasons, &(*x)[i].Assignees} {
				f.parts(reflect.ValueOf(part).Elem())
			}
		}
	case *[]queue.AgentID:
		*x = make([]queue.AgentID, 1)
		f.parts(v)
	case *inbox.Open:
		*x = inbox.ResolveOpen
	case *time.Duration:
		*x = time.Hour
	case *string:
		*x = "Hello."
	case *inbox.Start:
		f.parts(v)
		x.Thread = "" // as fresh has
	default:
		f.parts(v)
	}
}

// parts fills the parts of a value.
func (f *filler) parts(v reflect.Value) {
	if v.Type() == reflect.TypeFor[uuid.UUID]() {
		f.own.t.Errorf("a %s names something: tell this test what", v.Type())
	}
	switch v.Kind() {
	case reflect.Struct:
		if v.NumField() == 1 && v.Field(0).Type() == reflect.TypeFor[uuid.UUID]() {
			f.own.t.Errorf("a %s names something: tell this test what", v.Type())
		}
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				f.fill(v.Field(i))
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			f.fill(v.Index(i))
		}
	}
}

// args makes the arguments of a method of a desk; optional ones are left out.
func (f *filler) args(m reflect.Method, desk *inbox.Desk) []reflect.Value {
	f.met = 0
	args := []reflect.Value{reflect.ValueOf(desk), reflect.ValueOf(f.own.ctx())}
	for i := 2; i < m.Type.NumIn() && !(m.Type.IsVariadic() && i == m.Type.NumIn()-1); i++ {
		v := reflect.New(m.Type.In(i)).Elem()
		f.fill(v)
		args = append(args, v)
	}
	return args
}

// answer calls a method of a desk and returns what it says, and its error.
func answer(m reflect.Method, args []reflect.Value) (says string, err error) {
	out := m.Func.Call(args)
	last := out[len(out)-1]
	if last.Kind() != reflect.Func {
		err, _ = last.Interface().(error)
		return fmt.Sprint(err), err
	}
	rows := 0
	last.Call([]reflect.Value{reflect.MakeFunc(last.Type().In(0), func(a []reflect.Value) []reflect.Value {
		rows++
		err, _ = a[len(a)-1].Interface().(error)
		return []reflect.Value{reflect.ValueOf(true)}
	})})
	return fmt.Sprintf("%d rows, %v", rows, err), err
}

// clerk returns the desk of somebody who may use a method.
func (s *scene) clerk(m reflect.Method) *inbox.Desk {
	kind := inbox.Person
	if m.Name == "Hold" || m.Name == "Release" {
		kind = inbox.Bot
	}
	return s.Box.As(kind(s.ann, "Ann").As(inbox.RoleAdministrator))
}

// tenanted tries a method with one odd id and returns what it says and how many ids it has. Nothing of the neighbour may change.
func tenanted(t *testing.T, m reflect.Method, odd int, random bool) (says string, met int) {
	t.Helper()
	own := newScene(t)
	f := &filler{own: own, foreign: own.neighbour(), odd: odd, random: random}
	before := f.foreign.keeps()
	says, _ = answer(m, f.args(m, own.clerk(m)))
	if after := f.foreign.keeps(); !reflect.DeepEqual(after, before) { // a diff of what is the same takes long
		want(t, "what the neighbour has", after, before)
	}
	return says, f.met
}

func TestTheIDsOfAnotherTenantAreAsRandomOnesForEveryMethodOfADesk(t *testing.T) {
	for _, m := range deskMethods() {
		says, met := tenanted(t, m, -1, false)
		if !strings.HasSuffix(says, "<nil>") {
			t.Errorf("%s does not work with the tenant's own ids: %s", m.Name, says)
		}
		for odd := range met {
			theirs, _ := tenanted(t, m, odd, false)
			randoms, _ := tenanted(t, m, odd, true)
			if theirs != randoms {
				t.Errorf("%s, id %d of %d: another tenant's: %s; random: %s", m.Name, odd+1, met, theirs, randoms)
			}
		}
	}
}

func TestAKeyIsAnsweredOnlyWhileTheConversationIsInSight(t *testing.T) {
	s := newScene(t)
	reply := func() (inbox.Result, error) {
		return s.Desk("Ann").Reply(s.ctx(), s.fresh, inbox.Reply{Text: "On its way."}, inbox.Key("k"))
	}
	first, err := reply()
	s.works(err)
	s.untouched("repeating it", func() {
		s.door.closed = true
		if r, err := reply(); !missing(err, "conversation") || r != (inbox.Result{}) {
			t.Errorf("out of sight it is answered %+v, %v", r, err)
		}
		s.door.closed = false
		if again, err := reply(); err != nil || again != repeated(first) {
			t.Errorf("in sight it is answered %+v, %v", again, err)
		}
	})
}
