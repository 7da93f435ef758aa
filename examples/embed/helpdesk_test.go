package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/channel/channeltest"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage"
	"github.com/google/go-cmp/cmp"
)

func TestWhoMayNotAnswerBooksNoTime(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.arrives("1").Conversation
	err := o.answer(t.Context(), o.is("tom"), id, "No idea.", 5)
	if e, ok := errors.AsType[*inbox.PermissionError](err); !ok || e.Permission != inbox.MayReplyPrivate {
		t.Errorf("a trainee's answer: %v", err)
	}
	o.wants(id, inbox.StateNew, "The ticket is open, 0 minutes.", "Hello?")
}

func TestWhoDoesNotWorkHereSeesNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.arrives("1").Conversation
	if err := o.answer(t.Context(), o.is("kim"), id, "Hello!", 5); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("a customer's answer: %v", err)
	}
	o.wants(id, inbox.StateNew, "The ticket is open, 0 minutes.", "Hello?")
}

func TestAnAnswerAndItsTimeAreWrittenTogether(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.arrives("1").Conversation
	o.works(o.answer(t.Context(), o.is("ann"), id, "Hello!", 5))
	o.wants(id, inbox.StatePending, "The ticket is open, 5 minutes.", "Hello?", "Hello!")
}

func TestARollbackTakesTheInboxWithIt(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.arrives("1").Conversation
	if err := o.close(t.Context(), o.is("ann"), id); !errors.Is(err, errNoTime) {
		t.Errorf("closed without time: %v", err)
	}
	o.wants(id, inbox.StateNew, "The ticket is open, 0 minutes.", "Hello?")
}

func TestAMessageThatGetsNoTicketIsNotTakenAndMayComeAgain(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.does("ALTER TABLE tickets RENAME TO gone")
	if _, err := o.receive(t.Context(), says("1")); err == nil {
		t.Error("received without a ticket")
	}
	for c := range o.box.As(inbox.System).Conversations(t.Context(), inbox.Filter{}, inbox.LongestWaiting) {
		t.Errorf("left %s", c.ID)
	}
	o.does("ALTER TABLE gone RENAME TO tickets")
	r := o.arrives("1")
	if r.Outcome != inbox.OutcomeNew {
		t.Errorf("when it comes again it is %s", r.Outcome)
	}
	o.wants(r.Conversation, inbox.StateNew, "The ticket is open, 0 minutes.", "Hello?")
}

func TestACustomerWhoWritesAgainOpensTheTicketAgain(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.arrives("1").Conversation
	o.works(o.answer(t.Context(), o.is("ann"), id, "Hello!", 5))
	o.works(o.close(t.Context(), o.is("ann"), id))
	o.wants(id, inbox.StateResolved, "The ticket is closed, 5 minutes.", "Hello?", "Hello!")
	o.arrives("2")
	o.wants(id, inbox.StateNew, "The ticket is open, 5 minutes.", "Hello?", "Hello!", "Hello?")
}

func TestATransactionIsDoneAgainWhereOthersCameFirst(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		conflicts int
		err       error
		state     inbox.State
		ticket    string
		texts     []string
	}{
		{1, nil, inbox.StatePending, "The ticket is open, 5 minutes.", []string{"Hello?", "Hello!"}},
		{tries - 1, nil, inbox.StatePending, "The ticket is open, 5 minutes.", []string{"Hello?", "Hello!"}},
		{tries, storage.ErrConflict, inbox.StateNew, "The ticket is open, 0 minutes.", []string{"Hello?"}},
	} {
		t.Run(fmt.Sprint(c.conflicts), func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			id := o.arrives("1").Conversation
			o.conflicts(c.conflicts)
			if err := o.answer(t.Context(), o.is("ann"), id, "Hello!", 5); !errors.Is(err, c.err) {
				t.Errorf("answered: %v, want %v", err, c.err)
			}
			o.wants(id, c.state, c.ticket, c.texts...)
		})
	}
}

func TestWhatWasConditionalIsNotDoneAgain(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id, done := o.arrives("1").Conversation, 0
	err := o.transact(t.Context(), func(_ *sql.Tx, box *inbox.Inbox) error {
		done++
		_, err := box.As(inbox.System).SetPending(t.Context(), id, inbox.If(0))
		return err
	})
	if _, ok := errors.AsType[*inbox.ConflictError](err); !ok || done != 1 {
		t.Errorf("done %d times: %v", done, err)
	}
}

// Opened without _txlock=immediate, a transaction that reads first may be behind.
func TestATransactionThatReadFirstIsBusyAndDoneAgain(t *testing.T) {
	t.Parallel()
	d := databases[0]
	d.source = func(store string) (string, error) {
		source, err := file(store)
		return strings.Replace(source, "_txlock=immediate&", "", 1), err
	}
	o := newOfficeOn(t, d, &channeltest.Recorder{})
	var failures []error
	o.works(o.transact(t.Context(), func(tx *sql.Tx, box *inbox.Inbox) error {
		var users int
		o.works(tx.QueryRowContext(t.Context(), "SELECT count(*) FROM users").Scan(&users))
		if len(failures) == 0 {
			o.works(ignore(o.box.Receive(t.Context(), says("1")))) // by somebody else
		}
		err := ignore(box.Receive(t.Context(), says("2")))
		failures = append(failures, err)
		return err
	}))
	if len(failures) != 2 || !errors.Is(failures[0], storage.ErrBusy) {
		t.Errorf("%v, want it to be busy, and done again", failures)
	}
}

func TestAnOpenedFileBeginsTransactionsAsWriters(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.works(o.transact(t.Context(), func(*sql.Tx, *inbox.Inbox) error {
		conn, err := o.db.Conn(t.Context())
		o.works(err)
		defer conn.Close()
		o.works(ignore(conn.ExecContext(t.Context(), "PRAGMA busy_timeout = 0")))
		if _, err := conn.ExecContext(t.Context(), "UPDATE users SET phone = ''"); err == nil {
			t.Error("somebody else could write")
		}
		return nil
	}))
}

func TestOnlyWhoIsAmongTheUsersIsRecognised(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for phone, want := range map[string]channel.Person{
		kim.phone:  {Name: "Kim Larsen", Attributes: map[string]string{"user": "kim"}},
		"15550123": {Name: "kimmie"},
	} {
		want.Addresses = []channel.Address{{ID: phone}}
		got := channel.Person{Name: "kimmie", Addresses: want.Addresses}
		o.works(o.recognise(t.Context(), &got))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: want (-), got (+): %s", phone, diff)
		}
	}
	if _, err := o.receive(t.Context(), channel.Inbound{Account: number, ExternalID: "1", Kind: channel.DirectMessage}); !errors.Is(err, storage.ErrInvalid) {
		t.Errorf("from nobody: %v", err)
	}
}

func TestParametersAreWrittenAsTheDatabaseWantsThem(t *testing.T) {
	t.Parallel()
	for numbered, want := range map[bool]string{false: "a = ? AND b = ?", true: "a = $1 AND b = $2"} {
		h := helpdesk{numbered: numbered}
		if got := h.sql("a = ? AND b = ?"); got != want {
			t.Errorf("numbered %t: %q, want %q", numbered, got, want)
		}
	}
}

// office is a helpdesk with its people, for a test.
type office struct {
	*testing.T
	*helpdesk
}

func newOffice(t *testing.T) *office { return newOfficeOn(t, databases[0], &channeltest.Recorder{}) }

func newOfficeOn(t *testing.T, d database, network channel.Adapter) *office {
	t.Helper()
	h, err := d.open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "helpdesk.db"), network)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.db.Close() })
	o := &office{t, h}
	o.works(ignore(h.box.As(inbox.System).SaveAccount(t.Context(), inbox.Account{Account: channel.Account{AccountKey: number}})))
	for _, u := range append(staff[:len(staff):len(staff)], kim) {
		o.works(h.saveUser(t.Context(), u))
	}
	return o
}

func (o *office) works(err error) {
	o.Helper()
	if err != nil {
		o.Fatal(err)
	}
}

func (o *office) is(id string) user {
	o.Helper()
	u, err := o.user(o.Context(), id)
	o.works(err)
	return u
}

func (o *office) does(statement string) {
	o.Helper()
	o.works(ignore(o.db.ExecContext(o.Context(), statement)))
}

// says is what Kim writes.
func says(id string) channel.Inbound {
	return channel.Inbound{Account: number, ExternalID: id, Kind: channel.DirectMessage, Text: "Hello?",
		From: channel.Person{Addresses: []channel.Address{{ID: kim.phone}}}}
}

func (o *office) arrives(id string) inbox.Received {
	o.Helper()
	r, err := o.receive(o.Context(), says(id))
	o.works(err)
	return r
}

// wants compares how a conversation and its ticket stand, and what was written in it.
func (o *office) wants(id inbox.ConversationID, state inbox.State, ticket string, texts ...string) {
	o.Helper()
	desk := o.box.As(inbox.System)
	header, err := desk.Header(o.Context(), id)
	o.works(err)
	stands, err := o.ticket(o.Context(), id)
	o.works(err)
	var written []string
	for item, err := range desk.Timeline(o.Context(), id) {
		o.works(err)
		written = append(written, item.Message.Text)
	}
	want := []any{state, ticket, texts}
	if diff := cmp.Diff(want, []any{header.State, stands, written}); diff != "" {
		o.Errorf("want (-), got (+): %s", diff)
	}
}

// conflicts makes the next transactions find, n times, that others came first.
func (o *office) conflicts(n int) {
	join := o.join
	o.join = func(tx *sql.Tx) inbox.Store {
		if n--; n < 0 {
			return join(tx)
		}
		return conflicting{join(tx)}
	}
}

// conflicting is a store that others have written to since it was read.
type conflicting struct{ inbox.Store }

func (conflicting) Commit(_ context.Context, changes ...inbox.Change) []error {
	errs := make([]error, len(changes))
	for i := range errs {
		errs[i] = storage.ErrConflict
	}
	return errs
}

// ignore leaves the error of what is done for its effect.
func ignore[T any](_ T, err error) error { return err }
