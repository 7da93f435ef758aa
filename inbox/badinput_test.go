package inbox_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage"
	"github.com/google/uuid"
)

// typed reports whether an error tells its reader something: it is of one of the types or sentinels that callers can ask for.
func typed(err error) bool {
	for _, sentinel := range []error{storage.ErrNotFound, storage.ErrInvalid, storage.ErrConflict} {
		if errors.Is(err, sentinel) {
			return true
		}
	}
	for _, is := range []func(error) bool{as[*channel.NotAllowedError], as[*channel.WindowClosedError], as[*inbox.TransitionError],
		as[*inbox.ResolveError], as[*inbox.OpenError], as[*inbox.HeldError], as[*inbox.PermissionError]} {
		if is(err) {
			return true
		}
	}
	return false
}

func as[E error](err error) bool { _, ok := errors.AsType[E](err); return ok }

func TestTheZeroTenantIsRefusedByEveryMethodOfADesk(t *testing.T) {
	s := newScene(t)
	f := &filler{own: s, foreign: s, odd: -1}
	nobody := s.Box.For(inbox.Tenant{})
	for _, m := range deskMethods() {
		s.untouched(m.Name, func() {
			says, err := answer(m, f.args(m, nobody.As(s.clerk(m).Actor())))
			if !errors.Is(err, storage.ErrInvalid) && !missing(err, "account") {
				t.Errorf("%s: %s", m.Name, says)
			}
		})
	}
	s.untouched("receiving", func() {
		if err := s.arrives(nobody, s.Account)(); !missing(err, "account") {
			t.Errorf("receiving: %v", err)
		}
		if _, err := nobody.Verify(s.ctx()); !errors.Is(err, storage.ErrInvalid) {
			t.Errorf("verifying: %v", err)
		}
		if _, err := nobody.Checkpoint(s.ctx()); !errors.Is(err, storage.ErrInvalid) {
			t.Errorf("the checkpoint: %v", err)
		}
		for _, err := range nobody.Feed(s.ctx(), 0) {
			if !errors.Is(err, storage.ErrInvalid) {
				t.Errorf("the feed: %v", err)
			}
		}
	})
}

func TestATenantThatHasNothingIsEmpty(t *testing.T) {
	s := newScene(t)
	box := s.Box.For(inbox.TenantNamed("nobody yet"))
	d := box.As(inbox.System)
	for _, err := range d.Conversations(s.ctx(), inbox.Filter{}, inbox.Newest) {
		t.Errorf("it lists something: %v", err)
	}
	if c, err := d.Counts(s.ctx()); err != nil || c.All != (inbox.Totals{}) || len(c.Accounts) > 0 {
		t.Errorf("it counts %+v, %v", c, err)
	}
	for _, err := range box.Feed(s.ctx(), 0) {
		t.Errorf("its log has something: %v", err)
	}
	if r, err := box.Verify(s.ctx()); err != nil || r.Entries != 0 {
		t.Errorf("it verifies %+v, %v", r, err)
	}
	if _, err := d.Header(s.ctx(), s.fresh); !missing(err, "conversation") {
		t.Errorf("it has another tenant's conversation: %v", err)
	}
}

// Where an id may be left out, the zero id is none. Where it may not, it is one that does not exist.
func TestTheZeroIDIsNothingsID(t *testing.T) {
	s := newScene(t)
	for name, what := range map[string]string{"PauseAccount": "account", "ResumeAccount": "account", "RemoveAccount": "account",
		"DeleteTopic": "topic", "DeleteAgent": "agent", "DeleteTeam": "team"} {
		m, _ := reflect.TypeFor[*inbox.Desk]().MethodByName(name)
		f := &filler{own: s, foreign: s, odd: -1}
		s.untouched(name, func() {
			args := f.args(m, s.system())
			args[2].SetZero()
			if says, err := answer(m, args); !missing(err, what) {
				t.Errorf("%s: %s", name, says)
			}
		})
	}
	for _, m := range deskMethods() {
		if !takesConversation(m.Name) {
			continue
		}
		f := &filler{own: s, foreign: s, odd: -1}
		s.untouched(m.Name, func() {
			args := f.args(m, s.clerk(m))
			args[2].SetZero()
			if says, err := answer(m, args); !missing(err, "conversation") {
				t.Errorf("%s: %s", m.Name, says)
			}
		})
	}
}

// texts visits every text in a value and says where it is.
func texts(at string, v reflect.Value, visit func(at string, v reflect.Value)) {
	switch v.Kind() {
	case reflect.String:
		visit(at, v)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				texts(at+"."+v.Type().Field(i).Name, v.Field(i), visit)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			texts(at, v.Index(i), visit)
		}
	}
}

func TestATextOfTenMegabytesAnywhereIsRefused(t *testing.T) {
	huge := strings.Repeat("x", 10<<20)
	for _, m := range deskMethods() {
		for at, more := 0, true; more; at++ {
			s := newScene(t)
			f := &filler{own: s, foreign: s, odd: -1}
			args := f.args(m, s.clerk(m))
			met, where := 0, ""
			for _, a := range args[2:] {
				texts(a.Type().String(), a, func(path string, v reflect.Value) {
					if met == at {
						v.SetString(huge)
						where = m.Name + ", " + path
					}
					met++
				})
			}
			if more = at < met; !more {
				break
			}
			if strings.HasSuffix(where, ".To.Name") {
				continue // is cut, as the names are that networks tell
			}
			s.untouched(where, func() {
				if says, err := answer(m, args); !typed(err) || len(says) > 1000 {
					t.Errorf("%s: an error of %d bytes: %.200s", where, len(says), says)
				}
			})
		}
	}
}

func TestAnInboxOfAnotherTenantDoesNotReceiveForAnAccount(t *testing.T) {
	s := newScene(t)
	next := s.neighbour()
	random := inbox.Account{Account: channel.Account{AccountKey: channel.AccountKey{Network: channel.WebChat, ExternalID: "nowhere"}}}
	var errs []string
	for _, account := range []inbox.Account{next.Account, random} {
		s.untouched("it", func() {
			err := s.arrives(s.Box, account)()
			if !missing(err, "account") {
				t.Errorf("the error is %v", err)
			}
			errs = append(errs, fmt.Sprint(err))
		})
	}
	if errs[0] != errs[1] {
		t.Errorf("another tenant's: %s; random: %s", errs[0], errs[1])
	}
}

func TestAPositionBeforeTheFirstIsTheBeginningAndOneAfterTheLastIsTheEnd(t *testing.T) {
	o := newOffice(t)
	id := o.in(inbox.StateNew)
	for _, c := range []struct {
		after         int64
		entries, rows int
	}{{-1 << 63, len(o.entries(0)), len(o.Timeline(id))}, {-1, len(o.entries(0)), len(o.Timeline(id))}, {1<<63 - 1, 0, 0}} {
		rows := 0
		for _, err := range o.system().Timeline(o.ctx(), id, inbox.WithTrail(), inbox.AfterSeq(c.after)) {
			o.works(err)
			rows++
		}
		if n := len(o.entries(c.after)); n != c.entries || rows != c.rows {
			t.Errorf("after %d: %d entries, %d rows; want %d and %d", c.after, n, rows, c.entries, c.rows)
		}
	}
}

func TestAFilterOfZeroIDsIsOfWhatHasNone(t *testing.T) {
	s := newScene(t)
	for what, c := range map[string]struct {
		filter inbox.Filter
		rows   int
	}{
		"topics":    {inbox.Filter{Topics: make([]inbox.TopicID, 1)}, 6},
		"accounts":  {inbox.Filter{Accounts: make([]channel.AccountID, 1)}, 0},
		"an agent":  {inbox.Filter{Assignees: []inbox.Who{inbox.Who(uuid.Nil.String())}}, 0},
		"me":        {inbox.Filter{Assignees: []inbox.Who{inbox.Me}}, 0}, // the system is no agent
		"nobody":    {inbox.Filter{Assignees: []inbox.Who{inbox.Nobody}}, 5},
		"all there": {inbox.Filter{}, 7},
	} {
		rows := 0
		for _, err := range s.system().Conversations(s.ctx(), c.filter, inbox.Oldest) {
			s.works(err)
			rows++
		}
		if rows != c.rows {
			t.Errorf("%s: %d rows, want %d", what, rows, c.rows)
		}
	}
}
