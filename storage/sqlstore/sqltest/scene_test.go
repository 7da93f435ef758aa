package sqltest_test

import (
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/channel/channeltest"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/queue"
	"github.com/deskwright/deskwright/storage/storagetest"
	"github.com/google/uuid"
)

// scene is an inbox with something to do for every command. It is the same in every process: its clock stands still, and its ids
// are counted.
type scene struct {
	ctx        context.Context
	box        *inbox.Inbox
	ann, robot *inbox.Desk
	talks      map[string]inbox.Header // by the contact's name
}

var (
	ann, ben       = queue.AgentNamed("Ann"), queue.AgentNamed("Ben")
	robot          = queue.AgentNamed("Robot")
	night, spare   = queue.TeamID{UUID: uuid.UUID{1}}, queue.TeamID{UUID: uuid.UUID{2}}
	delay, price   = inbox.TopicID{UUID: uuid.UUID{3}}, inbox.TopicID{UUID: uuid.UUID{4}}
	solved         = inbox.ReasonID{UUID: uuid.UUID{5}}
	parcels, stall = webChat("parcels", 6), webChat("stall", 7)
	closing        = webChat("closed", 8)
)

func webChat(name string, id byte) inbox.Account {
	return inbox.Account{Account: channel.Account{ID: channel.AccountID{UUID: uuid.UUID{id}}, Name: name,
		AccountKey: channel.AccountKey{Network: channel.WebChat, ExternalID: name}}}
}

// noon is when everything happens.
type noon struct{}

func (noon) Now() time.Time                         { return time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC) }
func (noon) After(d time.Duration) <-chan time.Time { return time.After(d) }

// counted makes ids that come after a number.
func counted(n uint64) func() uuid.UUID {
	var made atomic.Uint64
	made.Store(n)
	return func() uuid.UUID {
		id := uuid.UUID{6: 0x70, 8: 0x80}
		binary.BigEndian.PutUint32(id[12:], uint32(made.Add(1)))
		return id
	}
}

// at opens a scene; first is where its ids begin.
func at(ctx context.Context, store inbox.Store, first uint64) (*scene, error) {
	box, err := inbox.New(store, inbox.WithClock(noon{}), inbox.WithIDs(counted(first)),
		inbox.WithAdapter(channel.WebChat, &channeltest.Recorder{}))
	if err != nil {
		return nil, err
	}
	s := &scene{ctx: ctx, box: box, talks: map[string]inbox.Header{}}
	s.ann = box.As(inbox.Person(ann, "Ann").As(inbox.RoleAdministrator))
	s.robot = box.As(inbox.Bot(robot, "Robot"))
	for h, err := range s.ann.Conversations(ctx, inbox.Filter{}, inbox.Oldest) {
		if err != nil {
			return nil, err
		}
		s.talks[h.Contact.Name] = h
	}
	return s, nil
}

// set makes the scene in an empty store.
func set(t *testing.T, store inbox.Store) {
	t.Helper()
	s, err := at(t.Context(), store, 0)
	if err != nil {
		t.Fatal(err)
	}
	do := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, a := range []queue.Agent{{ID: ann, Name: "Ann"}, {ID: ben, Name: "Ben"}, {ID: robot, Name: "Robot"}} {
		do(s.ann.SaveAgent(s.ctx, inbox.Agent{Agent: a}))
	}
	for _, tm := range []queue.Team{{ID: night, Name: "night", Members: []queue.AgentID{ann}}, {ID: spare, Name: "spare"}} {
		do(s.ann.SaveTeam(s.ctx, inbox.Team{Team: tm}))
	}
	do(s.ann.SaveTopic(s.ctx, inbox.Topic{ID: delay, Name: "delay"}))
	do(s.ann.SaveTopic(s.ctx, inbox.Topic{ID: price, Name: "price"}))
	do(s.ann.SaveReason(s.ctx, inbox.Reason{ID: solved, Name: "solved"}))
	for _, a := range []inbox.Account{parcels, stall, closing} {
		do(s.ann.SaveAccount(s.ctx, a))
	}
	do(s.ann.PauseAccount(s.ctx, closing.ID))
	talk := func(name string, of inbox.Account) inbox.ConversationID {
		r, err := s.box.Receive(s.ctx, message(of, name, name+" 1", "Hello?"))
		do(r, err)
		return r.Conversation
	}
	kim := talk("Kim", parcels)
	do(s.ann.AddTopic(s.ctx, kim, price))
	do(s.ann.AddNote(s.ctx, kim, inbox.MessageID{}, "She asked before."))
	do(s.ann.Assign(s.ctx, kim, inbox.Assignee{Agent: ann, Team: night}))
	do(s.ann.Resolve(s.ctx, talk("Lee", parcels), inbox.Resolve{}))
	do(s.ann.Reply(s.ctx, talk("Pat", parcels), inbox.Reply{Text: "One moment."}))
	do(s.robot.Hold(s.ctx, talk("Rob", parcels), time.Hour))
	do(s.ann.AddTopic(s.ctx, talk("Max", stall), price))
	do(nil, func() error { talk("Ned", stall); return nil }())
}

func message(a inbox.Account, name, external, text string) channel.Inbound {
	return channel.Inbound{Account: a.AccountKey, ExternalID: external, Kind: channel.DirectMessage, Text: text,
		From: channel.Person{Name: name, Addresses: []channel.Address{{Network: channel.WebChat, ID: name}}}}
}

// id returns the conversation of a contact.
func (s *scene) id(name string) inbox.ConversationID { return s.talks[name].ID }

// note returns the note in a conversation.
func (s *scene) note(name string) (found inbox.NoteID) {
	for item := range s.ann.Timeline(s.ctx, s.id(name)) {
		if item.Note != nil {
			found = item.Note.ID
		}
	}
	return found
}

// again lets a command be given again when nobody knows whether it was done.
var again = inbox.Key("again")

// commands are all that write, each on a scene. Those of the Desk bear the name of its method.
var commands = map[string]func(*scene) error{
	"AddNote": func(s *scene) error {
		return second(s.ann.AddNote(s.ctx, s.id("Kim"), s.talks["Kim"].Asked, long, again))
	},
	"AddTopic": func(s *scene) error { return second(s.ann.AddTopic(s.ctx, s.id("Kim"), delay, again)) },
	"Assign": func(s *scene) error {
		return second(s.ann.Assign(s.ctx, s.id("Max"), inbox.Assignee{Agent: ben}, again))
	},
	"DeleteAgent":  func(s *scene) error { return s.ann.DeleteAgent(s.ctx, ben, again) },
	"DeleteNote":   func(s *scene) error { return second(s.ann.DeleteNote(s.ctx, s.id("Kim"), s.note("Kim"), again)) },
	"DeleteTeam":   func(s *scene) error { return s.ann.DeleteTeam(s.ctx, spare, again) },
	"DeleteTopic":  func(s *scene) error { return s.ann.DeleteTopic(s.ctx, price, again) },
	"EditNote":     func(s *scene) error { return second(s.ann.EditNote(s.ctx, s.id("Kim"), s.note("Kim"), long, again)) },
	"Hold":         func(s *scene) error { return second(s.robot.Hold(s.ctx, s.id("Kim"), time.Minute, again)) },
	"MarkRead":     func(s *scene) error { return second(s.ann.MarkRead(s.ctx, s.id("Kim"), again)) },
	"PauseAccount": func(s *scene) error { return second(s.ann.PauseAccount(s.ctx, parcels.ID, again)) },
	"Release":      func(s *scene) error { return second(s.robot.Release(s.ctx, s.id("Rob"), again)) },
	"RemoveAccount": func(s *scene) error {
		return s.ann.RemoveAccount(s.ctx, stall.ID, inbox.ResolveOpen, inbox.Resolve{Reason: solved}, again)
	},
	"RemoveTopic": func(s *scene) error { return second(s.ann.RemoveTopic(s.ctx, s.id("Kim"), price, again)) },
	"Reply":       func(s *scene) error { return second(s.ann.Reply(s.ctx, s.id("Kim"), inbox.Reply{Text: long}, again)) },
	"Resolve": func(s *scene) error {
		return second(s.ann.Resolve(s.ctx, s.id("Kim"), inbox.Resolve{Reason: solved}, again))
	},
	"ResumeAccount": func(s *scene) error { return second(s.ann.ResumeAccount(s.ctx, closing.ID, again)) },
	"SaveAccount":   func(s *scene) error { return second(s.ann.SaveAccount(s.ctx, webChat("new", 9), again)) },
	"SaveAgent": func(s *scene) error {
		return second(s.ann.SaveAgent(s.ctx, inbox.Agent{Agent: queue.Agent{ID: ben, Name: "Benjamin"}}, again))
	},
	"SaveReason": func(s *scene) error {
		return second(s.ann.SaveReason(s.ctx, inbox.Reason{ID: solved, Name: "done"}, again))
	},
	"SaveTeam": func(s *scene) error {
		return second(s.ann.SaveTeam(s.ctx, inbox.Team{Team: queue.Team{ID: spare, Name: "night", Members: []queue.AgentID{ben}}}, again))
	},
	"SaveTopic": func(s *scene) error {
		return second(s.ann.SaveTopic(s.ctx, inbox.Topic{ID: delay, Name: "late", Description: long}, again))
	},
	"SetNew":     func(s *scene) error { return second(s.ann.SetNew(s.ctx, s.id("Pat"), again)) },
	"SetPending": func(s *scene) error { return second(s.ann.SetPending(s.ctx, s.id("Kim"), again)) },
	"Start": func(s *scene) error {
		to := channel.Person{Name: "Sue", Addresses: []channel.Address{{Network: channel.WebChat, ID: "Sue"}}}
		return second(s.ann.Start(s.ctx, inbox.Start{Account: parcels.ID, To: to, Reply: inbox.Reply{Text: long}}, again))
	},
	"Unassign": func(s *scene) error { return second(s.ann.Unassign(s.ctx, s.id("Kim"), again)) },

	"Receive from a new contact": func(s *scene) error { return second(s.box.Receive(s.ctx, message(parcels, "Zoe", "Zoe 1", long))) },
	"Receive into a resolved":    func(s *scene) error { return second(s.box.Receive(s.ctx, message(parcels, "Lee", "Lee 2", long))) },
	"Receive an echo": func(s *scene) error {
		in := message(parcels, "Kim", "echo 1", "Answered elsewhere.")
		in.Event = channel.EchoEvent
		return second(s.box.Receive(s.ctx, in))
	},
	"Receive an edit": func(s *scene) error {
		return second(s.box.Receive(s.ctx, channel.Inbound{Account: parcels.AccountKey, Event: channel.EditEvent, About: "Kim 1", Text: long}))
	},
	"Receive what comes early": func(s *scene) error {
		return second(s.box.Receive(s.ctx, channel.Inbound{Account: parcels.AccountKey, Event: channel.DeleteEvent, About: "Kim 2"}))
	},
	"Tick": func(s *scene) error { return second(s.box.Tick(s.ctx)) },
}

// long is a text that takes some pages of a file.
var long = strings.Repeat("Where is my parcel? ", 80)

func second[T any](_ T, err error) error { return err }

// Nobody adds a command to the Desk without a thought of what becomes of it.
func TestEveryCommandStandsInTheTable(t *testing.T) {
	reading := []string{"Accounts", "Actor", "Agents", "Conversations", "Counts", "Header", "Reasons", "Teams", "Timeline", "Topics"}
	for m := range reflect.TypeFor[*inbox.Desk]().Methods() {
		if commands[m.Name] == nil && !slices.Contains(reading, m.Name) {
			t.Errorf("%s is in no table", m.Name)
		}
	}
}

// prepared returns a file with the scene in it, which nobody has open. Its pages are small and full.
func prepared(t *testing.T) string {
	t.Helper()
	file := newFile(t)
	db := single(t, quick, file)
	do(t, db, "PRAGMA journal_mode = delete", "PRAGMA page_size = 512", "VACUUM", "PRAGMA journal_mode = wal")
	migrate(t, db)
	store := over(t, db)
	set(t, store)
	sound(t, "before anything happens", db, store)
	do(t, db, "VACUUM")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return file
}

// copied copies a file that nobody has open.
func copied(t *testing.T, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}

// drawn are the columns that are made of the random keys of chains, and of when the tables were made.
var drawn = []string{"chain_hash", "chain_key", "commitment", "hash", "root", "chained", "applied"}

// inventory writes down every row of every table, but for what is drawn.
func inventory(t *testing.T, db *sql.DB) string {
	t.Helper()
	var all strings.Builder
	table, quoted := "", []string(nil)
	end := func() {
		if table != "" {
			rows := column(t, db, "SELECT "+strings.Join(quoted, " || ' ' || ")+" FROM "+table)
			slices.Sort(rows)
			fmt.Fprintf(&all, "%s\n%s\n", table, strings.Join(rows, "\n"))
		}
	}
	for _, name := range column(t, db, "SELECT t.name || '.' || c.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c "+
		"WHERE t.type = 'table' AND t.name LIKE 'deskwright%' ORDER BY t.name, c.cid") {
		of, name, _ := strings.Cut(name, ".")
		if of != table {
			end()
			table, quoted = of, nil
		}
		if !slices.Contains(drawn, name) {
			quoted = append(quoted, fmt.Sprintf(`'%s=' || quote("%s")`, name, name))
		}
	}
	end()
	return all.String()
}

// column returns the one column of a query.
func column(t *testing.T, db *sql.DB, query string) (all []string) {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return all
}

// sound fails unless SQLite finds a file whole and what is in it keeps every rule.
func sound(t *testing.T, when string, db *sql.DB, store inbox.Store) {
	t.Helper()
	if found := column(t, db, "PRAGMA integrity_check"); !slices.Equal(found, []string{"ok"}) {
		t.Errorf("%s: the file is damaged: %q", when, found)
	}
	if err := storagetest.Sweep(t.Context(), store, inbox.DefaultTenant); err != nil {
		t.Errorf("%s: %v", when, err)
	}
}

// firstDifference is where two texts begin to differ.
func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return fmt.Sprintf("got  %.400s\nwant %.400s", g[i], w[i])
		}
	}
	return fmt.Sprintf("got %d lines, want %d", len(g), len(w))
}
