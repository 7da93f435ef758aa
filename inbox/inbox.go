package inbox

import (
	"hash/maphash"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/deskwright/deskwright/channel"
	"github.com/google/uuid"
)

// Inbox is the engine over a store. It starts nothing by itself and there is nothing to close. It may be used from many goroutines;
// views made by For are cheap and share everything.
type Inbox struct {
	*engine
	store  Store
	joined bool // the store takes part in a transaction of the host's
	tenant Tenant
	held   *atomic.Pointer[settings] // the tenant's settings as they were last read; nil inside: not yet
}

// engine is what all views of an Inbox share.
type engine struct {
	shared   Store
	clock    Clock
	ids      func() uuid.UUID
	log      *slog.Logger
	access   Access
	adapters map[channel.Network]channel.Adapter

	warned   sync.Map      // of true by channel.Network: nothing is sent there
	settings sync.Map      // of *atomic.Pointer[settings] by Tenant
	nudge    chan struct{} // Run has something to do
	papers   sync.Pool     // of *paper
	rounds   rounds
}

// New returns an Inbox over a store. It serves DefaultTenant; For gives views of others. An option that makes no sense is an
// *InputError.
func New(store Store, options ...Option) (*Inbox, error) {
	if store == nil {
		return nil, &InputError{Field: "store", Problem: "is nil"}
	}
	e := &engine{
		shared:   store,
		clock:    systemClock{},
		log:      slog.New(slog.DiscardHandler),
		access:   roles{},
		adapters: map[channel.Network]channel.Adapter{},
		nudge:    make(chan struct{}, 1),
		rounds:   rounds{seed: maphash.MakeSeed()},
	}
	for _, o := range options {
		if o == nil {
			return nil, &InputError{Field: "option", Problem: "is nil"}
		}
		if err := o(e); err != nil {
			return nil, err
		}
	}
	if e.ids == nil {
		e.ids = (&idSource{clock: e.clock}).next
	}
	return e.of(DefaultTenant), nil
}

// For returns a view of another tenant's inbox.
func (b *Inbox) For(t Tenant) *Inbox {
	view := b.of(t)
	if b.joined {
		return view.On(b.store)
	}
	return view
}

func (e *engine) of(t Tenant) *Inbox {
	held, _ := e.settings.LoadOrStore(t, new(atomic.Pointer[settings]))
	return &Inbox{engine: e, store: e.shared, tenant: t, held: held.(*atomic.Pointer[settings])}
}

// On returns a view that works on a store which takes part in a transaction of the host's own, such as sqlstore's Join gives: what
// is done through it stands or falls with that transaction. Nothing is decided anew there: where others came first a command ends
// in storage.ErrConflict, and the host begins its transaction again. Run and Tick are refused. The view is for as long as the
// transaction lasts, and for one goroutine, like it.
func (b *Inbox) On(joined Store) *Inbox {
	view := *b
	view.store, view.joined = joined, true
	view.held = new(atomic.Pointer[settings]) // what the transaction has changed is nobody else's yet
	view.held.Store(b.held.Load())
	return &view
}

// Tenant returns whose inbox the view is of.
func (b *Inbox) Tenant() Tenant { return b.tenant }

// As returns the desk of an actor: everything it does there is checked against its permissions and logged under its name.
func (b *Inbox) As(a Actor) *Desk { return &Desk{box: b, actor: a} }

// Option changes how New makes an Inbox.
type Option func(*engine) error

// WithClock makes the engine ask c for the time instead of the machine.
func WithClock(c Clock) Option {
	return func(e *engine) error {
		e.clock = c
		return given("clock", c != nil)
	}
}

// WithIDs makes the engine take its ids from next instead of making UUIDs of version 7. It is called from many goroutines.
func WithIDs(next func() uuid.UUID) Option {
	return func(e *engine) error {
		e.ids = next
		return given("id source", next != nil)
	}
}

// WithLogger makes the engine log to l. Ids, counts and states are logged; texts, names and secrets never are.
func WithLogger(l *slog.Logger) Option {
	return func(e *engine) error {
		e.log = l
		return given("logger", l != nil)
	}
}

// WithAccess makes the engine ask a what an actor may do and see. Without it every actor has the role it carries.
func WithAccess(a Access) Option {
	return func(e *engine) error {
		e.access = a
		return given("access", a != nil)
	}
}

// WithAdapter makes the engine send what goes to accounts of a network through a. Messages to a network without an adapter stay
// queued.
func WithAdapter(n channel.Network, a channel.Adapter) Option {
	return func(e *engine) error {
		if e.adapters[n] != nil {
			return &InputError{Field: "adapter", Problem: "is given twice for " + string(n)}
		}
		e.adapters[n] = a
		return given("adapter", a != nil && n != "")
	}
}

func given(what string, ok bool) error {
	if !ok {
		return &InputError{Field: what, Problem: "is missing"}
	}
	return nil
}
