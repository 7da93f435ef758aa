package inbox

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/storage"
	"github.com/google/uuid"
)

// CommandOption makes a command conditional or repeatable.
type CommandOption func(*command)

// If makes a command fail with a *ConflictError unless the conversation is at this revision. A command on a setting fails with a
// *VersionError unless the setting is at this version; 0: it was never saved.
func If(revision int64) CommandOption { return func(c *command) { c.revision = &revision } }

// Key makes a command repeatable: however often it is given with the same key, it is done once and answered the same. The key is
// the tenant's; another request under it is a *KeyError.
func Key(key string) CommandOption { return func(c *command) { c.key, c.keyed = key, true } }

// command is one call that may write.
type command struct {
	name    string // for logs and request hashes
	request any    // what was asked for, with a JSON form
	actor   Actor
	by      audit.Actor // empty: the actor
	ref     Ref
	decide  func(*decision) error
	needs   func(*Snapshot) ([]need, error) // permissions; nil for what the host's adapters report
	ask     func() error                    // what else the store must be asked, once it is permitted; nil: nothing
	exists  bool                            // the conversation must exist and be in sight
	trusted bool                            // part of a command that was already permitted: sees and may everything

	revision *int64
	key      string
	keyed    bool
	hash     [32]byte
	setting  []byte // JSON of the setting that is answered beside the result, where the request does not hold it

	doubts []doubt // oldest first
}

// doubt is a commit whose answer was lost. It stands if its cause does; it may also come to stand later.
type doubt struct {
	ref     Ref
	result  Result
	setting []byte
}

// need is one permission that a command needs.
type need struct {
	permission Permission
	object     Object
}

// tries is how often a command is decided anew when others come first.
const tries = 100

// run loads, asks, decides and commits until nobody came in between.
func (b *Inbox) run(ctx context.Context, c *command, options ...CommandOption) (Result, error) {
	for _, o := range options {
		if o != nil {
			o(c)
		}
	}
	p := b.paper()
	defer b.used(p)
	return b.runOn(ctx, p, c)
}

// runOn is run on a paper that the caller has taken.
func (b *Inbox) runOn(ctx context.Context, p *paper, c *command) (Result, error) {
	if err := b.ready(ctx, c); err != nil {
		return Result{}, err
	}
	now := instant(b.clock.Now())
	for try := 0; ; try++ {
		result, err := b.take(ctx, c, p, now)
		switch err {
		case errLater:
			try--
			continue
		case errAgain:
			if b.joined {
				return Result{}, c.unsure(fmt.Errorf("inbox: %s: %w", c.name, storage.ErrConflict))
			}
		default:
			return result, err
		}
		if try == tries {
			b.log.WarnContext(ctx, "gave up after conflicts", "command", c.name, "tenant", b.tenant, "tries", try)
			return Result{}, c.unsure(fmt.Errorf("inbox: %s: %w", c.name, storage.ErrConflict))
		}
		if try > 3 {
			pause := time.Duration(rand.Int64N(int64(min(try, 20)) * int64(50*time.Microsecond)))
			if err := wait(ctx, systemClock{}, pause); err != nil {
				return Result{}, c.unsure(err)
			}
		}
	}
}

// paper takes a paper for one command; used gives it back. What still stands on it is overwritten.
func (b *Inbox) paper() *paper {
	p, _ := b.papers.Get().(*paper)
	if p == nil {
		p = new(paper)
	}
	p.tape = tape{next: b.ids}
	return p
}

func (b *Inbox) used(p *paper) {
	if !p.lost {
		b.papers.Put(p)
	}
}

// errAgain says that a command must be decided anew.
var errAgain = errors.New("inbox: decide again")

// ready refuses what no store need be asked about.
func (b *Inbox) ready(ctx context.Context, c *command) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if b.tenant.UUID == uuid.Nil {
		return &InputError{Field: "tenant", Problem: "is missing"}
	}
	c.ref.Tenant = b.tenant
	if c.keyed {
		if err := identifier("key", c.key, false); err != nil {
			return err
		}
		c.ref.Key = c.key
		return c.sum()
	}
	return nil
}

// sum makes the hash of the request: who asks for what.
func (c *command) sum() error {
	who := c.actor.Kind.String() + c.actor.Agent.String() + c.actor.Name
	body, err := json.Marshal(struct {
		Name    string
		Actor   string
		If      *int64
		Ref     ConversationID
		Message MessageID
		Note    NoteID
		Request any
	}{c.name, who, c.revision, c.ref.Conversation, c.ref.Message, c.ref.Note, c.request})
	if err != nil {
		return &InputError{Field: "request", Problem: "has no JSON form"}
	}
	c.hash = sha256.Sum256(body)
	return nil
}

// attempt is load, may, decide, settle, commit, once.
func (b *Inbox) attempt(ctx context.Context, c *command, p *paper, now time.Time) (Result, error) {
	p.snapshot(c.ref)
	if err := b.store.Load(ctx, p.snaps[:]...); err != nil {
		return Result{}, c.unsure(err)
	}
	d, result, err := b.step(ctx, c, p, now)
	if err != nil || d == nil {
		return result, err
	}
	p.changes[0] = d.change
	return b.committed(ctx, c, d, result, b.store.Commit(ctx, p.changes[:]...)[0])
}

// step is what lies between load and commit. No decision: nothing is to be written, and the result is the answer.
func (b *Inbox) step(ctx context.Context, c *command, p *paper, now time.Time) (*decision, Result, error) {
	snap := &p.snap
	for _, q := range slices.Backward(c.doubts) { // after the load: what comes to stand later fails this attempt's guards
		asked := Snapshot{Ref: q.ref}
		if err := b.store.Load(ctx, &asked); err != nil {
			return nil, Result{}, c.unsure(err)
		}
		if asked.Stands {
			b.wake()
			c.setting = q.setting
			return nil, q.result, nil
		}
	}
	if snap.Key.Key != "" {
		result, err := replayed(c, snap.Key)
		if err == nil {
			err = b.seen(ctx, c, snap)
		}
		if err != nil {
			return nil, Result{}, err
		}
		return nil, result, nil
	}
	set, err := b.settingsAt(ctx, snap.Epoch)
	if err != nil {
		return nil, Result{}, c.unsure(err)
	}
	if err := b.may(ctx, c, snap); err != nil {
		return nil, Result{}, err
	}
	if c.ask != nil {
		if err := c.ask(); err != nil {
			return nil, Result{}, c.unsure(err)
		}
	}
	if err := c.unmoved(snap); err != nil {
		return nil, Result{}, err
	}
	by := c.by
	if by == (audit.Actor{}) {
		by = c.actor.logged()
	}
	d := p.decide(snap, set, c.actor, by, now)
	if err := c.decide(d); err != nil {
		return nil, Result{}, err
	}
	d.finish()
	result := d.answer()
	if !result.Changed && !c.keyed {
		return nil, result, nil
	}
	if c.keyed {
		d.keyed(c, result)
	}
	return d, result, nil
}

// unmoved refuses what is no longer at the revision or version that the command is conditional on.
func (c *command) unmoved(snap *Snapshot) error {
	switch {
	case c.revision == nil:
	case c.ref.Document != (DocumentKey{}):
		if at := snap.Document.Version; at != *c.revision {
			return &VersionError{Version: at}
		}
	case snap.Conversation.Revision != *c.revision:
		return &ConflictError{Revision: snap.Conversation.Revision, Assignee: snap.Conversation.Assignee}
	}
	return nil
}

// replayed answers a command from its key.
func replayed(c *command, k KeyRecord) (Result, error) {
	var a answer
	if k.Hash != c.hash {
		return a.Result, &KeyError{Key: c.key}
	}
	if err := json.Unmarshal(k.Result, &a); err != nil {
		return a.Result, fmt.Errorf("inbox: the result kept under a key cannot be read: %w", err)
	}
	c.setting, a.Repeated = a.Setting, true
	return a.Result, nil
}

// seen asks whether the conversation that a command must have is there, and in the actor's sight.
func (b *Inbox) seen(ctx context.Context, c *command, snap *Snapshot) error {
	if !c.exists {
		return nil
	}
	sight := Sight{All: true}
	if !c.trusted {
		var err error
		if sight, err = b.sight(ctx, c.actor); err != nil {
			return err
		}
	}
	if snap.Conversation.Version == 0 || !sight.Sees(snap.Conversation.Account) {
		return &MissingError{What: "conversation"}
	}
	return nil
}

// may asks whether the actor sees the conversation and has what the command needs.
func (b *Inbox) may(ctx context.Context, c *command, snap *Snapshot) error {
	if err := b.seen(ctx, c, snap); err != nil || c.needs == nil || c.trusted {
		return err
	}
	needs, err := c.needs(snap)
	if err != nil {
		return err
	}
	for _, n := range needs {
		if err := b.allowed(ctx, c.actor, n.permission, n.object); err != nil {
			return err
		}
	}
	return nil
}

// committed says what the answer to a commit means for a command. After a lost answer the next attempt finds out whether the change
// stands.
func (b *Inbox) committed(ctx context.Context, c *command, d *decision, result Result, err error) (Result, error) {
	switch {
	case err == nil:
		if len(d.change.Dues) > 0 {
			b.wake()
		}
		return result, nil
	case errors.Is(err, storage.ErrConflict):
		b.log.DebugContext(ctx, "conflict", "command", c.name, "tenant", b.tenant)
		return Result{}, errAgain
	case errors.Is(err, storage.ErrUnknown):
		c.doubt(d, result)
		return Result{}, errAgain
	}
	return Result{}, c.unsure(err)
}

// wake tells Run that there is something to do.
func (b *Inbox) wake() {
	select {
	case b.nudge <- struct{}{}:
	default:
	}
}

// doubt notes a change whose commit was not answered. Where it leaves no entries there is nothing to ask for: deciding again finds
// the rows as they are now.
func (c *command) doubt(d *decision, result Result) {
	if len(d.change.Entries) == 0 {
		return
	}
	ref := Ref{Tenant: d.change.Tenant, Cause: d.tape.id(causeSlot)}
	switch {
	case d.touched[2]:
		ref.Document, ref.Seq = d.snap.Document.DocumentKey, d.change.Entries[0].Seq-1
	case d.touched[0]:
		ref.Conversation, ref.Seq = d.snap.Conversation.ID, d.before.seq
	default:
		return
	}
	c.doubts = append(c.doubts, doubt{ref, result, c.setting})
}

// unsure is the error that ends a command. Once an answer has been lost nobody knows whether anything was written.
func (c *command) unsure(err error) error {
	if len(c.doubts) == 0 {
		return err
	}
	return fmt.Errorf("inbox: %s: %w: %v", c.name, storage.ErrUnknown, err)
}
