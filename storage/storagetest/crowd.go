package storagetest

import (
	"errors"
	"sync"
	"sync/atomic"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage"
)

// crowd is what holds when many come at once.
var crowd = []rule{
	{"all methods may be called from many goroutines at once", allAtOnce},
	{"of many who write one row at one version, one passes", oneWins},
	{"of many who take one address, one passes", raceFor(func(k *kit, t *talk) inbox.Change {
		return k.sameAddress(t)
	})},
	{"of many who take one thread's key, one passes", raceFor(func(k *kit, t *talk) inbox.Change {
		other := k.talk()
		other.thread.ThreadKey = t.thread.ThreadKey
		return other.begin()
	})},
	{"of many who open a conversation of one thread, one passes", raceFor(func(k *kit, t *talk) inbox.Change {
		other := *t
		other.follow()
		ch := other.append("of one thread")
		ch.Thread = nil
		return ch
	})},
	{"of many who bring one message, one passes", raceFor(func(k *kit, t *talk) inbox.Change {
		ch := k.talk().begin()
		ch.Arrivals[0].Account, ch.Arrivals[0].ExternalID = t.conversation.Account, t.identity.Address.ID
		return ch
	})},
	{"of many who connect one channel account, one passes", raceFor(func(k *kit, t *talk) inbox.Change {
		other := k.of(k.another())
		d := other.setting(inbox.AccountDocument)
		d.Account = channel.AccountKey{Network: channel.WhatsApp, ExternalID: t.identity.Address.ID}
		return other.save(d)
	})},
	{"of many who use one command key, one passes", raceFor(func(k *kit, t *talk) inbox.Change {
		ch := k.talk().begin()
		ch.Keys = []inbox.KeyRecord{{Key: t.identity.Address.ID}}
		return ch
	})},
}

// meanwhile calls read again and again until write has ended.
func (k *kit) meanwhile(write, read func()) {
	k.Helper()
	var ended atomic.Bool
	var group sync.WaitGroup
	group.Go(func() {
		write()
		ended.Store(true)
	})
	defer group.Wait()
	for !ended.Load() && !k.Failed() {
		read()
	}
}

// manyWriters returns a function that writes conversations of its own from several goroutines at once: in each one change to
// begin and a number of messages after it.
func (k *kit) manyWriters(writers, each int) func() {
	return func() {
		var group sync.WaitGroup
		for range writers {
			group.Go(func() {
				t := k.talk()
				next := t.begin()
				for range each + 1 {
					if err := k.store.Commit(k.Context(), next)[0]; err != nil {
						k.broken("a writer that nobody stands against: got error %v, want none", err)
						return
					}
					next = t.append("next")
				}
			})
		}
		group.Wait()
	}
}

func allAtOnce(k *kit) {
	ch := full(k, k.tenant, 1)
	k.commit(full(k, k.tenant, 1))
	other := k.of(k.another())
	reads := k.calls(func(c call) bool { return !c.writes })
	var group sync.WaitGroup
	for _, c := range reads {
		group.Go(func() {
			for range 50 {
				if _, err := c.do(k.Context(), k.store, k.tenant, &ch); err != nil {
					k.broken("%s while others write: got error %v", c.method, err)
					return
				}
			}
		})
	}
	group.Go(other.manyWriters(3, 20))
	group.Go(k.manyWriters(3, 20))
	group.Go(func() {
		for range 50 {
			if _, err := k.store.Claim(k.Context(), faraway, faraway, 3); err != nil {
				k.broken("Claim while others write: got error %v", err)
				return
			}
		}
	})
	group.Wait()
	other.verify()
	k.same("where the log ends", []int64{k.head().Position, other.head().Position}, []int64{4 + 3*21, 3 * 21})
	k.same("how many conversations there are", len(k.allListed(inbox.Query{})), 4)
}

// oneWins adds to one conversation from many goroutines, each loading and committing until it passes: nothing is lost.
func oneWins(k *kit) {
	const writers, each = 6, 15
	first := k.talk()
	k.commit(first.begin())
	var group sync.WaitGroup
	for range writers {
		group.Go(func() {
			for done := 0; done < each; {
				t := *first
				t.conversation = k.load(first.ref()).Conversation
				err := k.store.Commit(k.Context(), t.append("one of many"))[0]
				switch {
				case err == nil:
					done++
				case !errors.Is(err, storage.ErrConflict):
					k.broken("one of many on one conversation: got error %v, want none or a conflict", err)
					return
				}
			}
		})
	}
	group.Wait()
	c := k.load(first.ref()).Conversation
	if c.Version != 1+writers*each || c.Count.Messages != 1+writers*each || c.Chain.Seq != 1+writers*each {
		k.broken("after %d messages from many: got version %d, %d messages and %d entries", 1+writers*each, c.Version, c.Count.Messages, c.Chain.Seq)
	}
	if items := k.wholeTimeline(c.ID, false); len(items) != 1+writers*each {
		k.broken("the timeline after %d messages from many: got %d", 1+writers*each, len(items))
	}
	k.verify()
}

// raceFor has many goroutines want the same at once.
func raceFor(make func(*kit, *talk) inbox.Change) func(*kit) {
	return func(k *kit) {
		for range 10 {
			one := k.of(k.another())
			t := one.talk()
			t.identity.Address.ID = one.id().String()
			var passed atomic.Int64
			var group sync.WaitGroup
			for range 8 {
				ch := make(one, t)
				group.Go(func() {
					switch err := k.store.Commit(k.Context(), ch)[0]; {
					case err == nil:
						passed.Add(1)
					case !errors.Is(err, storage.ErrConflict):
						k.broken("one of many who want the same: got error %v, want none or a conflict", err)
					}
				})
			}
			group.Wait()
			if passed.Load() != 1 {
				k.stop("of 8 who want the same: %d passed", passed.Load())
			}
		}
	}
}
