package storagetest

import (
	"encoding/binary"
	"fmt"
	"sync"
	"time"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/queue"
	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// world is one run: two tenants, the processes that serve both over one store, the networks, and what must be true.
type world struct {
	clock   *handClock
	boxes   []*process
	net     *network
	tenants []*tenant
	store   inbox.Store // without faults
	ids     *idSource
	people  int            // so many of the people write
	silent  bool           // who writes tells nothing about themselves
	key     string         // under which the next commands are given; empty: as drawn
	with    map[fault]bool // what can happen to writes in this run
	waiting map[uuid.UUID]inbox.Due
}

// process is one process of the host.
type process struct {
	*inbox.Inbox
	store   *faultyStore
	number  int
	webChat bool // it has an adapter for web chats
}

// tenant is one tenant and what must be true of it.
type tenant struct {
	inbox.Tenant
	*book
	name    string
	known   []channel.AccountID  // accounts that are or were connected
	names   []channel.AccountKey // what their networks call them
	heads   []audit.Head         // taken on the way
	arrived []channel.Inbound    // messages and echoes, whether or not they were taken in
	keyed   []*op                // commands that were given under a key
}

// idSource makes the same ids in every run.
type idSource struct {
	mu sync.Mutex
	n  uint64
}

func (s *idSource) next() uuid.UUID {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n++
	id := uuid.UUID{6: 0x70, 8: 0x80}
	binary.BigEndian.PutUint32(id[2:], uint32(s.n))
	binary.BigEndian.PutUint16(id[14:], uint16(s.n))
	return id
}

// Who works here, in both tenants. Zoe and the automation are known to nobody.
var (
	ann    = inbox.Person(queue.AgentNamed("Ann"), "Ann")
	ben    = inbox.Person(queue.AgentNamed("Ben"), "Ben").As(inbox.RoleSupervisor)
	zoe    = inbox.Person(queue.AgentNamed("Zoe"), "Zoe")
	bot    = inbox.Bot(queue.AgentNamed("Bot"), "Bot")
	bot2   = inbox.Bot(queue.AgentNamed("Other bot"), "Other bot")
	auto   = inbox.Automation("greeting")
	actors = []inbox.Actor{ann, ben, zoe, bot, bot2, auto, inbox.System}
)

// What there is to choose from, in both tenants, and what there is not.
var (
	delay, price, noTopic = inbox.TopicID{UUID: named("delay")}, inbox.TopicID{UUID: named("price")}, inbox.TopicID{UUID: named("no topic")}
	solved, old, noReason = inbox.ReasonID{UUID: named("solved")}, inbox.ReasonID{UUID: named("old")}, inbox.ReasonID{UUID: named("no reason")}
	team, noTeam          = queue.TeamID{UUID: named("team")}, queue.TeamID{UUID: named("no team")}
	noConversation        = inbox.ConversationID{UUID: named("no conversation")}
)

// named makes an id of a name, the same in every run and tenant; label says the name.
func named(name string) uuid.UUID { return uuid.NewSHA1(uuid.Nil, []byte(name)) }

func label(id uuid.UUID) string {
	for _, name := range []string{"delay", "price", "no topic", "solved", "old", "no reason", "team", "no team"} {
		if id == named(name) {
			return name
		}
	}
	for _, a := range actors {
		if id == a.Agent.UUID && id != uuid.Nil {
			return a.Name
		}
	}
	return "none"
}

func newWorld(t *rapid.T, store inbox.Store, run int) *world {
	w := &world{
		clock:   &handClock{now: time.Date(2026, 3, 2, 9, 0, 0, 1700, time.FixedZone("", 19800))},
		store:   store,
		net:     &network{asked: map[string]int{}},
		ids:     new(idSource),
		with:    map[fault]bool{},
		waiting: map[uuid.UUID]inbox.Due{},
	}
	for _, name := range []string{"one", "two"} {
		w.tenants = append(w.tenants, &tenant{Tenant: inbox.TenantNamed(fmt.Sprintf("scenario %d %s", run, name)), book: newBook(), name: name})
	}
	for i := range 2 {
		w.boxes = append(w.boxes, w.start(t, i, !once(t, 4, "no adapter for web chats")))
	}
	return w
}

// start begins a process.
func (w *world) start(t *rapid.T, number int, webChat bool) *process {
	p := &process{store: newFaultyStore(w.store, w.waiting), number: number, webChat: webChat}
	options := []inbox.Option{inbox.WithClock(w.clock), inbox.WithIDs(w.ids.next), inbox.WithAdapter(channel.WhatsApp, w.net),
		inbox.WithAdapter(channel.Facebook, w.net)}
	if webChat {
		options = append(options, inbox.WithAdapter(channel.WebChat, w.net))
	}
	box, err := inbox.New(p.store, options...)
	if err != nil {
		t.Fatalf("a process cannot begin: %v", err)
	}
	p.Inbox = box
	return p
}

// settle connects accounts and saves what there is to choose from: in some runs less, so that more happens to it.
func (w *world) settle(t *rapid.T) {
	w.people = rapid.IntRange(1, len(people)).Draw(t, "people")
	networks := pick(t, "networks", [][]channel.Network{{channel.WhatsApp}, {channel.Facebook}, {channel.WebChat}, {channel.WhatsApp, channel.WhatsApp},
		{channel.Facebook, channel.WebChat}, {channel.WhatsApp, channel.WhatsApp, channel.Facebook, channel.WebChat}})
	for _, tn := range w.tenants {
		desk := w.boxes[0].For(tn.Tenant).As(inbox.System)
		saved := func(_ any, err error) {
			if err != nil {
				t.Fatalf("the rule: a command that nothing stands against is carried out\nsaving a setting: got error %v", err)
			}
			tn.settings++
		}
		for _, a := range []inbox.Actor{ann, ben, bot} {
			saved(desk.SaveAgent(t.Context(), inbox.Agent{Agent: queue.Agent{ID: a.Agent, Name: a.Name}}))
			tn.agents[a.Agent] = true
		}
		saved(desk.SaveTeam(t.Context(), inbox.Team{Team: queue.Team{ID: team, Name: "team"}}))
		tn.teams[team] = true
		saved(desk.SaveReason(t.Context(), inbox.Reason{ID: solved, Name: "solved"}))
		saved(desk.SaveReason(t.Context(), inbox.Reason{ID: old, Name: "old", Disabled: true}))
		tn.reasons[solved], tn.reasons[old] = true, false
		for _, topic := range []inbox.TopicID{delay, price} {
			saved(desk.SaveTopic(t.Context(), inbox.Topic{ID: topic, Name: label(topic.UUID)}))
			tn.topics[topic] = true
		}
		for i, n := range networks {
			key := channel.AccountKey{Network: n, ExternalID: fmt.Sprintf("%d of %s", i, tn.Tenant)}
			a := drawAccount(t, inbox.Account{Account: channel.Account{ID: channel.AccountID{UUID: w.ids.next()}, AccountKey: key}})
			saved(desk.SaveAccount(t.Context(), a))
			tn.known, tn.names = append(tn.known, a.ID), append(tn.names, key)
			tn.accounts[a.ID] = a
		}
	}
}
