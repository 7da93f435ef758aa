package inbox_test

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/channel/channeltest"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/queue"
	"github.com/deskwright/deskwright/storage"
	"github.com/deskwright/deskwright/storage/memory"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

func TestAnOptionThatMakesNoSenseIsRefused(t *testing.T) {
	to := &channeltest.Recorder{}
	for what, options := range map[string][]inbox.Option{
		"no clock":                       {inbox.WithClock(nil)},
		"no source of ids":               {inbox.WithIDs(nil)},
		"no logger":                      {inbox.WithLogger(nil)},
		"no access":                      {inbox.WithAccess(nil)},
		"no adapter":                     {inbox.WithAdapter(channel.SMS, nil)},
		"an adapter of no network":       {inbox.WithAdapter("", to)},
		"two adapters of one network":    {inbox.WithAdapter(channel.SMS, to), inbox.WithAdapter(channel.SMS, to)},
		"one that is no option but nil":  {nil},
		"a sound one and one that is no": {inbox.WithAdapter(channel.SMS, to), inbox.WithLogger(nil)},
	} {
		if box, err := inbox.New(memory.New(), options...); box != nil || !as[*inbox.InputError](err) {
			t.Errorf("%s: %v, %v", what, box, err)
		}
	}
	if box, err := inbox.New(nil); box != nil || !as[*inbox.InputError](err) {
		t.Errorf("no store: %v, %v", box, err)
	}
}

func TestAnInboxServesTheDefaultTenantAndItsViewsOthers(t *testing.T) {
	o := newOffice(t)
	if o.Box.Tenant() != inbox.DefaultTenant || o.Box.For(inbox.TenantNamed("a")).Tenant() != inbox.TenantNamed("a") {
		t.Errorf("it serves %s", o.Box.Tenant())
	}
	if o.Box.For(inbox.TenantNamed("a")); o.Box.Tenant() != inbox.DefaultTenant {
		t.Error("making a view changed the inbox")
	}
	if inbox.TenantNamed("a") == inbox.TenantNamed("A") || inbox.TenantNamed("a").UUID == uuid.Nil ||
		inbox.TenantNamed("default") != inbox.DefaultTenant || inbox.TenantNamed("a").UUID == queue.AgentNamed("a").UUID {
		t.Error("the ids of tenants do not follow their names")
	}
	if got := inbox.DefaultTenant.String(); got != "797f9629-7dd6-5e6c-af82-ee59d3c55bcf" {
		t.Errorf("the default tenant is now %s: what is stored under the old one is lost", got)
	}
}

func TestTheTimeIsThatOfTheClockToTheMicrosecondInUTC(t *testing.T) {
	o := newOffice(t)
	o.mock.Set(time.Date(2026, 7, 1, 14, 30, 0, 123456789, time.FixedZone("", 2*60*60)))
	h := o.Header(o.in(inbox.StateNew))
	if want := time.Date(2026, 7, 1, 12, 30, 0, 123456000, time.UTC); h.Created != want || h.WaitingSince != want || h.Last.At != want {
		t.Errorf("it was created at %s", h.Created)
	}
}

func TestIDsComeFromTheSource(t *testing.T) {
	story := func() []string {
		o := newOffice(t, counted())
		o.did(o.Desk("Ann").Reply(o.ctx(), o.in(inbox.StateNew), inbox.Reply{Text: "Hello."}))
		o.did(o.Desk("Ann").AddNote(o.ctx(), o.in(inbox.StateNew), inbox.MessageID{}, "Careful."))
		o.topic("Parcels")
		return o.story()
	}
	if diff := cmp.Diff(story(), story()); diff != "" {
		t.Errorf("the same steps with the same ids leave another log:\n%s", diff)
	}
}

func TestWithoutOptionsTheTimeIsTheMachinesAndIDsAreOrdered(t *testing.T) {
	store := memory.New()
	box, err := inbox.New(store)
	if err != nil {
		t.Fatal(err)
	}
	before := time.Now().Add(-time.Millisecond)
	id := bubbled(t, box)
	h, err := box.As(inbox.System).Header(t.Context(), id)
	if err != nil || h.Created.Before(before) || h.Created.After(time.Now()) {
		t.Errorf("created at %s, %v", h.Created, err)
	}
	if h.ID.Version() != 7 || h.Thread.Version() != 7 || h.Asked.Version() != 7 || h.Contact.ID.Version() != 7 || h.ID.Variant() != uuid.RFC4122 {
		t.Errorf("the conversation has the id %s", h.ID)
	}
}

func TestAnInboxStartsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // ends only when everything that was started has ended
		box, err := inbox.New(memory.New())
		if err != nil {
			t.Fatal(err)
		}
		id := bubbled(t, box)
		if _, err := box.As(inbox.System).Reply(t.Context(), id, inbox.Reply{Text: "Hello."}); err != nil {
			t.Fatal(err)
		}
		if _, err := box.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}

func TestNoTextNameOrKeyOfACommandReachesTheLogger(t *testing.T) {
	var mu sync.Mutex
	var log bytes.Buffer
	s := newScene(t, inbox.WithLogger(slog.New(slog.NewTextHandler(&locked{&mu, &log}, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	for _, c := range commands {
		for range 2 {
			_, _ = c.do(s, c.desk(s), inbox.Key("s3cret "+c.name))
		}
	}
	s.store.commit = always(storage.ErrConflict)
	_, _ = s.Desk("Ann").Reply(s.ctx(), s.bobs, inbox.Reply{Text: "Hello."})
	s.store.commit = nil
	s.Tick()
	if log.Len() == 0 {
		t.Fatal("nothing was logged")
	}
	for _, content := range []string{"Hello", "Careful", "Bye", "Really", "Kim", "Lou", "Ann", "Bob", "Carl", "Parcels", "Bills", "Returns", "Solved",
		"Night", "shop", "s3cret"} {
		if strings.Contains(log.String(), content) {
			t.Errorf("the logger was told %q", content)
		}
	}
}

func TestAnOptionOfACommandThatIsNilSaysNothing(t *testing.T) {
	o := newOffice(t)
	id := o.in(inbox.StateNew)
	o.did(o.Desk("Ann").MarkRead(o.ctx(), id, nil))
	for _, err := range o.Desk("Ann").Conversations(o.ctx(), inbox.Filter{}, inbox.Newest, nil) {
		o.works(err)
	}
}
