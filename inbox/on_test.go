package inbox_test

import (
	"context"
	"errors"
	"testing"

	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage"
)

func TestAJoinedViewWorksOnItsStoreAndFillsNoSharedCache(t *testing.T) {
	s, other := newStage(t), newStage(t)
	before, theirs := s.keeps(), len(other.keeps().Documents)
	_, err := s.Box.On(other.store).As(inbox.System).SaveTopic(t.Context(), inbox.Topic{Name: "Parcels"})
	wantNo(t, err)
	want(t, "what the first store keeps", s.keeps(), before)
	if len(other.keeps().Documents) == theirs {
		t.Error("the view's store keeps nothing")
	}
	s.ContactWrites("Kim", "Hello?") // to an account that only the first store knows
}

func TestNothingIsDecidedAnewOnAJoinedView(t *testing.T) {
	o := newOffice(t)
	id := o.in(inbox.StateNew)
	calls := 0
	o.store.commit = func(context.Context, []inbox.Change) []error {
		calls++
		return []error{storage.ErrConflict}
	}
	_, err := o.Box.On(o.store).As(inbox.System).SetPending(o.ctx(), id)
	wantIs(t, "a command that others came before", err, storage.ErrConflict)
	want(t, "commits", calls, 1)
}

func TestAJoinedViewDoesNothingThatWaits(t *testing.T) {
	s := newStage(t)
	box := s.Box.On(s.store).For(inbox.TenantNamed("other"))
	_, err := box.Tick(t.Context())
	if _, ok := errors.AsType[*inbox.InputError](err); !ok {
		t.Errorf("Tick: %v", err)
	}
	if _, ok := errors.AsType[*inbox.InputError](box.Run(t.Context())); !ok {
		t.Error("Run is not refused")
	}
}
