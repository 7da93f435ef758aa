package inbox_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage/memory"
	"github.com/google/uuid"
)

// spread is how many contacts the benchmarks write from.
const spread = 20_000

// byHand is what a program without the library would write to take messages in: maps, slices and one mutex.
type byHand struct {
	mu            sync.Mutex
	contacts      map[string]*handContact
	conversations map[uuid.UUID]*handConversation
	seen          map[string]bool
	log           []handEntry
}

type handContact struct {
	id   uuid.UUID
	name string
	open uuid.UUID
}

type handConversation struct {
	id       uuid.UUID
	state    string
	last     time.Time
	unread   int
	messages []handMessage
}

type handMessage struct {
	id       uuid.UUID
	external string
	text     string
	sent, at time.Time
}

type handEntry struct {
	conversation, message uuid.UUID
	action                string
	at                    time.Time
}

func newByHand() *byHand {
	return &byHand{contacts: map[string]*handContact{}, conversations: map[uuid.UUID]*handConversation{}, seen: map[string]bool{}}
}

func (b *byHand) receive(from, name, external, text string, sent time.Time) {
	now := time.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.seen[external] {
		return
	}
	b.seen[external] = true
	who := b.contacts[from]
	if who == nil {
		who = &handContact{id: uuid.Must(uuid.NewV7()), name: name}
		b.contacts[from] = who
	}
	c := b.conversations[who.open]
	if c == nil {
		c = &handConversation{id: uuid.Must(uuid.NewV7())}
		who.open = c.id
		b.conversations[c.id] = c
	}
	m := handMessage{id: uuid.Must(uuid.NewV7()), external: external, text: text, sent: sent, at: now}
	c.messages = append(c.messages, m)
	c.state, c.last = "new", now
	c.unread++
	b.log = append(b.log, handEntry{conversation: c.id, message: m.id, action: "message.received", at: now})
}

const benchText = "Hello, my parcel should have come on Tuesday and it has not. Can you tell me where it is?"

// BenchmarkReceive measures one message of a known contact, contacts spread out, beside the same written by hand.
func BenchmarkReceive(b *testing.B) {
	addresses, ids := make([]string, spread), make([]string, 0, 1<<20)
	for i := range addresses {
		addresses[i] = fmt.Sprintf("contact-%d", i)
	}
	external := func(i int) string {
		for len(ids) <= i {
			ids = append(ids, fmt.Sprintf("external-%d", len(ids)))
		}
		return ids[i]
	}
	b.Run("by hand", func(b *testing.B) {
		hand := newByHand()
		for i := range spread {
			hand.receive(addresses[i], "Kim", external(i), benchText, time.Time{})
		}
		external(spread + b.N)
		b.ReportAllocs()
		b.ResetTimer()
		for i := range b.N {
			hand.receive(addresses[i*7919%spread], "Kim", ids[spread+i], benchText, time.Time{})
		}
	})
	b.Run("engine", func(b *testing.B) {
		box, err := inbox.New(memory.New())
		if err != nil {
			b.Fatal(err)
		}
		key := channel.AccountKey{Network: channel.WhatsApp, ExternalID: "1"}
		if _, err := box.As(inbox.System).SaveAccount(b.Context(), inbox.Account{Account: channel.Account{AccountKey: key}}); err != nil {
			b.Fatal(err)
		}
		in := channel.Inbound{Account: key, Kind: channel.DirectMessage, Text: benchText,
			From: channel.Person{Name: "Kim", Addresses: make([]channel.Address, 1)}}
		receive := func(contact, id string) {
			in.ExternalID, in.From.Addresses[0] = id, channel.Address{Network: channel.WhatsApp, ID: contact}
			if _, err := box.Receive(b.Context(), in); err != nil {
				b.Fatal(err)
			}
		}
		for i := range spread {
			receive(addresses[i], external(i))
		}
		external(spread + b.N)
		b.ReportAllocs()
		b.ResetTimer()
		for i := range b.N {
			receive(addresses[i*7919%spread], ids[spread+i])
		}
	})
}
