package inbox_test

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"syscall"
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

// ingest takes in one message of a contact, both by number.
type ingest func(contact, message int)

// ways are the two ways to take messages in that are compared. Each begins empty.
var ways = []struct {
	name  string
	begin func(testing.TB) ingest
}{
	{"by hand", func(testing.TB) ingest {
		hand, addresses, externalIDs := newByHand(), addresses(), externalIDs()
		return func(contact, message int) {
			hand.receive(addresses[contact], "Kim", externalIDs[message], benchText, time.Time{})
		}
	}},
	{"engine", func(b testing.TB) ingest {
		box, err := inbox.New(memory.New())
		if err != nil {
			b.Fatal(err)
		}
		key := channel.AccountKey{Network: channel.WhatsApp, ExternalID: "1"}
		if _, err := box.As(inbox.System).SaveAccount(b.Context(), inbox.Account{Account: channel.Account{AccountKey: key}}); err != nil {
			b.Fatal(err)
		}
		addresses, externalIDs := addresses(), externalIDs()
		in := channel.Inbound{Account: key, Kind: channel.DirectMessage, Text: benchText,
			From: channel.Person{Name: "Kim", Addresses: make([]channel.Address, 1)}}
		return func(contact, message int) {
			in.ExternalID, in.From.Addresses[0] = externalIDs[message], channel.Address{Network: channel.WhatsApp, ID: addresses[contact]}
			if _, err := box.Receive(b.Context(), in); err != nil {
				b.Fatal(err)
			}
		}
	}},
}

var (
	addresses   = sync.OnceValue(func() []string { return numbered("contact", spread) })
	externalIDs = sync.OnceValue(func() []string { return numbered("external", 1<<20) })
)

func numbered(what string, n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("%s-%d", what, i)
	}
	return all
}

// filled begins with a conversation of every contact, so that what is measured are messages of known contacts.
func filled(b testing.TB, begin func(testing.TB) ingest) ingest {
	take := begin(b)
	for i := range spread {
		take(i, i)
	}
	runtime.GC()
	return take
}

// BenchmarkReceive measures one message of a known contact, contacts spread out, and the same written by hand.
func BenchmarkReceive(b *testing.B) {
	for _, w := range ways {
		b.Run(w.name, func(b *testing.B) {
			take := filled(b, w.begin)
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				take(i*7919%spread, (spread+i)%len(externalIDs()))
			}
		})
	}
}

// BenchmarkReceiveRatio measures how many times as long the engine takes as the same written by hand: the median of alternating
// rounds, each beginning anew, by the clock and by the processor time of the process, its garbage collector included.
func BenchmarkReceiveRatio(b *testing.B) {
	const rounds, messages = 7, 100_000
	for range b.N {
		var byClock, byCPU []float64
		for range rounds {
			var took, spent [2]time.Duration
			for i, w := range ways {
				took[i], spent[i] = round(b, w.begin, messages)
			}
			byClock = append(byClock, float64(took[1])/float64(took[0]))
			byCPU = append(byCPU, float64(spent[1])/float64(spent[0]))
		}
		for unit, ratios := range map[string][]float64{"by-clock": byClock, "by-cpu": byCPU} {
			slices.Sort(ratios)
			b.ReportMetric(ratios[rounds/2], unit)
			b.ReportMetric(ratios[0], unit+"-min")
			b.ReportMetric(ratios[rounds-1], unit+"-max")
		}
	}
}

// round takes in so many messages one way. It begins on a heap from which the round before is gone, so that neither way has its
// garbage collected at the other's pace.
func round(b *testing.B, begin func(testing.TB) ingest, messages int) (took, spent time.Duration) {
	runtime.GC()
	take := filled(b, begin)
	start, used := time.Now(), processorTime(b)
	for n := range messages {
		take(n*7919%spread, spread+n)
	}
	return time.Since(start), processorTime(b) - used
}

// processorTime is what the process has used so far, in all its threads.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
