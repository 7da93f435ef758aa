package audit_test

import (
	"encoding/json"
	"testing"

	"github.com/deskwright/deskwright/audit"
	"github.com/google/uuid"
)

func TestMissingContentMustBeAccountedFor(t *testing.T) {
	other := audit.Subject{Kind: audit.SubjectContact, ID: conversation.ID}
	for name, c := range map[string]struct {
		by    []audit.Entry
		whole bool
	}{
		"by nothing":                     {},
		"by exactly its range":           {[]audit.Entry{accounts(conversation, conversation, 2, 3)}, true},
		"by a wider range":               {[]audit.Entry{accounts(conversation, conversation, 1, 1<<62)}, true},
		"by one entry each":              {[]audit.Entry{accounts(conversation, conversation, 3, 3), accounts(conversation, conversation, 2, 2)}, true},
		"twice":                          {[]audit.Entry{accounts(conversation, conversation, 2, 3), accounts(conversation, conversation, 2, 3)}, true},
		"by an entry of another subject": {[]audit.Entry{accounts(contact, conversation, 2, 3)}, true},
		"in part":                        {[]audit.Entry{accounts(conversation, conversation, 1, 2)}, false},
		"in the other part":              {[]audit.Entry{accounts(conversation, conversation, 3, 9)}, false},
		"for another subject":            {[]audit.Entry{accounts(conversation, other, 2, 3)}, false},
		"from 0":                         {[]audit.Entry{accounts(conversation, conversation, 0, 3)}, false},
		"backwards":                      {[]audit.Entry{accounts(conversation, conversation, 3, 2)}, false},
		"in other words":                 {[]audit.Entry{fact(conversation, audit.ActionContentRemoved, `all of it`)}, false},
		"under another action":           {[]audit.Entry{withAction(accounts(conversation, conversation, 2, 3), "content.read")}, false},
		"without content":                {[]audit.Entry{without(accounts(conversation, conversation, 2, 3))}, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRecord()
			for range 4 {
				r.commit(fact(conversation, "message.received", `{"text":"secret"}`))
			}
			r.at(2).Data, r.at(3).Data = nil, nil
			for _, e := range c.by {
				r.commit(e)
			}
			if c.whole {
				wantWhole(t, r.verify())
				return
			}
			got := wantBroken(t, name, r.verify())
			if got.Subject != conversation || got.Seq != got.Position || got.Seq < 2 || got.Seq > 3 {
				t.Errorf("the error does not point at the missing content: %v", got)
			}
		})
	}
}

func withAction(e audit.Entry, a audit.Action) audit.Entry { e.Action = a; return e }

func TestContentMissingLaterIsNotAccountedForByAnEarlierEntry(t *testing.T) {
	r := newRecord()
	r.commit(accounts(conversation, conversation, 1, 100))
	r.commit(fact(conversation, "message.received", `{}`))
	wantWhole(t, r.verify())
	r.at(2).Data = nil
	wantBroken(t, "content removed under an old entry", r.verify())
}

func TestTheFirstMissingContentIsNamed(t *testing.T) {
	r := sample()
	for _, p := range []int64{10, 9, 4, 5} {
		r.at(p).Data = nil
	}
	if got := wantBroken(t, "several", r.verify()); got.Position != 4 || got.Subject != neighbour || got.Seq != 1 {
		t.Errorf("the error points at %v", got)
	}
}

func TestTheAccountItselfIsCheckedWithoutAnyKey(t *testing.T) {
	r := newRecord()
	r.commit(fact(conversation, "message.received", `{}`), fact(conversation, "message.received", `{}`))
	r.commit(accounts(conversation, conversation, 1, 1))
	r.at(1).Data = nil
	r.Chains[conversation] = audit.Chain{Seq: 3, Hash: r.at(3).Hash} // the key is destroyed
	wantWhole(t, r.show(audit.NewVerifier(tenant)))

	r.at(2).Data = nil
	r.at(3).Data = accounts(conversation, conversation, 1, 2).Data
	wantBroken(t, "a widened account", r.show(audit.NewVerifier(tenant)))
	r.at(3).Data = nil
	wantBroken(t, "an account without content", r.show(audit.NewVerifier(tenant)))
}

func TestChangedContentIsFoundWithTheSubjectsKeyOnly(t *testing.T) {
	r := sample()
	r.at(4).Data = []byte(`{"text":"another"}`)
	if got := wantBroken(t, "with the key", r.verify()); got.Position != 4 {
		t.Errorf("the error points at %v", got)
	}
	wantWhole(t, r.show(audit.NewVerifier(tenant)))

	v := audit.NewVerifier(tenant)
	v.Content(func(audit.Subject) (audit.Chain, bool) { return audit.Chain{}, false })
	wantWhole(t, r.show(v))
}

func TestRestoredContentMustBeWhatItWas(t *testing.T) {
	r := sample()
	r.at(1).Data = []byte(`{"text":"help"}`)
	wantWhole(t, r.verify())
	r.at(1).Data = []byte(`{"text":"hell"}`)
	wantBroken(t, "other content than was removed", r.verify())
}

func TestContentThatNeverWasCannotAppear(t *testing.T) {
	for _, data := range []string{``, `{}`} {
		r := sample()
		r.at(6).Data = []byte(data)
		wantBroken(t, "content where none was, without a key", r.show(audit.NewVerifier(tenant)))
	}
}

func TestAnEntryIsRemovedWhenItsContentWasThereBefore(t *testing.T) {
	r := sample()
	for position, want := range map[int64]bool{1: true, 2: false, 6: false, 7: false} {
		if got := r.at(position).Removed(); got != want {
			t.Errorf("entry %d: Removed() = %v, want %v", position, got, want)
		}
	}
}

func TestARemovalIsWrittenInTheFormThatAccounts(t *testing.T) {
	removal := audit.Removal{Subject: audit.Subject{Kind: audit.SubjectConversation, ID: uuid.UUID{0xc0}}, From: 1, To: 7}
	got, err := json.Marshal(removal)
	want := `{"subject":{"kind":"conversation","id":"c0000000-0000-0000-0000-000000000000"},"from":1,"to":7}`
	if err != nil || string(got) != want {
		t.Errorf("got  %s, %v\nwant %s", got, err, want)
	}
}
