package storagetest

import (
	"context"
	"encoding/binary"
	"flag"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/queue"
	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// Scenario plays a whole inbox over a store: contacts write, people and programs answer, networks report and refuse, the clock goes
// forth and back, processes overtake each other and die, and the store fails in the ways that stores have. Whatever happens is compared,
// command by command, with a model that is maps and slices. open is called once.
//
// A failure names the rule that was broken and lists what was done; the seed that it prints plays the same again. Flags of
// pgregory.net/rapid choose more or longer runs.
func Scenario(t *testing.T, open func(*testing.T) inbox.Store) {
	s := &stage{store: open(t), until: time.Now().Add(longestScenario)}
	if f := flag.Lookup("rapid.checks"); f != nil && f.Value.String() != f.DefValue {
		s.until = time.Time{}
	}
	rapid.Check(t, s.play)
	t.Logf("%d runs, %d steps", s.runs, s.steps)
}

// FuzzOperations makes a fuzz target of Scenario. open is called for every input.
func FuzzOperations(f *testing.F, open func(*testing.T) inbox.Store) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 8 {
		input := make([]byte, 32<<10)
		for i := 0; i < len(input); i += 8 {
			binary.LittleEndian.PutUint64(input[i:], random.Uint64())
		}
		f.Add(input)
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		s := &stage{store: open(t)}
		rapid.MakeFuzz(s.play)(t, input)
	})
}

// longestScenario is when no further run is begun, for stores that are slow.
const longestScenario = 20 * time.Second

// stage is where runs are played, one after another: each has tenants of its own in one store.
type stage struct {
	store  inbox.Store
	runs   int
	steps  int
	failed bool
	until  time.Time // zero: no end
}

// play is one run.
func (s *stage) play(t *rapid.T) {
	if !s.until.IsZero() && !s.failed && time.Now().After(s.until) {
		return
	}
	passed := false
	defer func() { s.failed = s.failed || !passed }() // from then on the run is repeated, however long it takes
	s.runs++
	w := newWorld(t, s.store, s.runs)
	defer w.boxes[0].store.clear(context.Background())
	w.settle(t)
	actions := w.actions(t)
	actions[""] = func(t *rapid.T) {
		s.steps++
		w.invariants(t)
	}
	t.Repeat(actions)
	w.checkpoint(t)
	t.Repeat(actions)
	w.sweep(t)
	passed = !t.Failed()
}

// world is one run: two tenants, the processes that serve both over one store, the networks, and what must be true.
type world struct {
	clock   *handClock
	boxes   []*process
	net     *network
	tenants []*tenant
	store   inbox.Store // without faults
	ids     *idSource
	with    map[string]bool // what this run has of what can happen
	waiting map[uuid.UUID]inbox.Due
}

// process is one process of the host.
type process struct {
	*inbox.Inbox
	store   *faultyStore
	webChat bool // it has an adapter for web chats
}

// tenant is one tenant and what must be true of it.
type tenant struct {
	inbox.Tenant
	*book
	name    string
	known   []channel.AccountID // all accounts that were ever connected, in order
	names   []channel.AccountKey
	heads   []audit.Head // taken on the way
	arrived []channel.Inbound
	ids     int // external ids given so far
	keyed   []*op
}

// handClock is a clock that only the scenario moves.
type handClock struct {
	mu  sync.Mutex
	now time.Time
}

// Now implements inbox.Clock.
func (c *handClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// After implements inbox.Clock. Nothing waits here.
func (c *handClock) After(time.Duration) <-chan time.Time { return nil }

func (c *handClock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
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

// named makes an id of a name, the same in every run and tenant.
func named(name string) uuid.UUID { return uuid.NewSHA1(uuid.Nil, []byte(name)) }

var (
	delay, price = inbox.TopicID{UUID: named("delay")}, inbox.TopicID{UUID: named("price")}
	noTopic      = inbox.TopicID{UUID: named("no topic")}
	solved, old  = inbox.ReasonID{UUID: named("solved")}, inbox.ReasonID{UUID: named("old")}
	noReason     = inbox.ReasonID{UUID: named("no reason")}
	team, noTeam = queue.TeamID{UUID: named("team")}, queue.TeamID{UUID: named("no team")}
)

func newWorld(t *rapid.T, store inbox.Store, run int) *world {
	w := &world{
		clock:   &handClock{now: time.Date(2026, 3, 2, 9, 0, 0, 1700, time.FixedZone("", 19800))},
		store:   store,
		net:     &network{outcomes: map[string]outcome{}, asked: map[string]int{}},
		ids:     new(idSource),
		with:    map[string]bool{},
		waiting: map[uuid.UUID]inbox.Due{},
	}
	for _, name := range []string{"one", "two"} {
		w.tenants = append(w.tenants, &tenant{Tenant: inbox.TenantNamed(fmt.Sprintf("scenario %d %s", run, name)), book: newBook(), name: name})
	}
	for range 2 {
		w.boxes = append(w.boxes, w.start(t, rapid.IntRange(0, 3).Draw(t, "adapter for web chats") > 0))
	}
	return w
}

// start begins a process.
func (w *world) start(t *rapid.T, webChat bool) *process {
	p := &process{store: newFaultyStore(w.store, w.waiting), webChat: webChat}
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

// settle connects accounts and saves what there is to choose from.
func (w *world) settle(t *rapid.T) {
	ctx := t.Context()
	for _, tn := range w.tenants {
		desk := w.boxes[0].For(tn.Tenant).As(inbox.System)
		must := func(err error) {
			if err != nil {
				t.Fatalf("a setting is refused that nothing stands against: %v", err)
			}
			tn.settings++
		}
		for _, a := range []inbox.Actor{ann, ben, bot} {
			_, err := desk.SaveAgent(ctx, inbox.Agent{Agent: queue.Agent{ID: a.Agent, Name: a.Name}})
			must(err)
			tn.agents[a.Agent] = true
		}
		_, err := desk.SaveTeam(ctx, inbox.Team{Team: queue.Team{ID: team, Name: "team"}})
		must(err)
		tn.teams[team] = true
		for _, r := range []inbox.Reason{{ID: solved, Name: "solved"}, {ID: old, Name: "old", Disabled: true}} {
			_, err := desk.SaveReason(ctx, r)
			must(err)
			tn.reasons[r.ID] = !r.Disabled
		}
		for _, topic := range []inbox.Topic{{ID: delay, Name: "delay"}, {ID: price, Name: "price"}} {
			_, err := desk.SaveTopic(ctx, topic)
			must(err)
			tn.topics[topic.ID] = true
		}
		for _, n := range []channel.Network{channel.WhatsApp, channel.WhatsApp, channel.Facebook, channel.WebChat} {
			key := channel.AccountKey{Network: n, ExternalID: fmt.Sprintf("%s %d of %s", n, len(tn.names), tn.Tenant)}
			tn.names = append(tn.names, key)
			a := w.drawAccount(t, inbox.Account{Account: channel.Account{ID: channel.AccountID{UUID: w.ids.next()}, AccountKey: key}})
			_, err := desk.SaveAccount(ctx, a)
			must(err)
			tn.known = append(tn.known, a.ID)
			tn.accounts[a.ID] = a
		}
	}
}

// drawAccount draws how an account treats what comes through it.
func (w *world) drawAccount(t *rapid.T, a inbox.Account) inbox.Account {
	a.AfterReply = rapid.SampledFrom([]inbox.State{inbox.StateNone, inbox.StateNone, inbox.StatePending, inbox.StateNew, inbox.StateResolved}).Draw(t, "after a reply")
	a.NoAutoAssign = rapid.IntRange(0, 3).Draw(t, "no auto-assignment") == 3
	a.ReopenWithin = rapid.SampledFrom([]time.Duration{0, 0, time.Hour, 24 * time.Hour}).Draw(t, "reopen within")
	a.Features = nil
	if a.Network == channel.Facebook && rapid.IntRange(0, 2).Draw(t, "granted a tag") > 0 {
		a.Features = []channel.Feature{channel.HumanAgent}
	}
	a.Require = nil
	if rapid.IntRange(0, 2).Draw(t, "resolving needs something") == 2 {
		a.Require = []inbox.Requirement{{
			Resolver:   rapid.SampledFrom([]inbox.Resolver{inbox.ByPerson, inbox.ByAutomation, inbox.BySystem, inbox.ByBulk}).Draw(t, "of whom"),
			Visibility: rapid.SampledFrom([]channel.Visibility{"", channel.Private, channel.Public}).Draw(t, "where"),
			Reason:     rapid.Bool().Draw(t, "a reason"),
			Topic:      rapid.Bool().Draw(t, "a topic"),
		}}
	}
	return a
}

// op is one command: how it is asked for, and what must come of it.
type op struct {
	words  string
	tenant *tenant
	target inbox.ConversationID // zero: names none
	led    inbox.ConversationID // where it went
	loose  bool                 // rests on what it does not write: what a contact is called, or whether a message has come
	repeat bool                 // asked again after a lost answer it has still one effect
	ask    func(context.Context, *inbox.Inbox) answer
	must   func(answer) (answer, []string)
}

// answer is what a command answers.
type answer struct {
	result   inbox.Result
	received inbox.Received
	err      error
}
