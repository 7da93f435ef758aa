package audit_test

import (
	"encoding"
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/deskwright/deskwright/audit"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"
)

func TestTextFormsAreReadAsTheyWereWritten(t *testing.T) {
	for want, value := range map[string]encoding.TextMarshaler{
		"trail": audit.ClassTrail, "detail": audit.ClassDetail, "": audit.Class(0),
		"person": audit.ActorPerson, "automation": audit.ActorAutomation, "bot": audit.ActorBot, "system": audit.ActorSystem,
		"elsewhere": audit.ActorElsewhere, "contact": audit.ActorContact,
		strings.Repeat("0", 64):        audit.Hash{},
		strings.Repeat("0", 62) + "af": audit.Hash{31: 0xaf},
	} {
		got, err := value.MarshalText()
		if err != nil || string(got) != want {
			t.Errorf("%#v: text %q, %v, want %q", value, got, err, want)
		}
		if got := reflect.ValueOf(value).MethodByName("String").Call(nil)[0].String(); got != want {
			t.Errorf("%#v: string %q, want %q", value, got, want)
		}
		back := reflect.New(reflect.TypeOf(value))
		if err := back.Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(want)); err != nil || back.Elem().Interface() != value {
			t.Errorf("%q was read as %#v, %v", want, back.Elem().Interface(), err)
		}
	}
}

func TestOtherTextIsRefusedAndChangesNothing(t *testing.T) {
	class, kind, hash := audit.ClassDetail, audit.ActorBot, audit.Hash{1}
	for _, text := range []string{"Trail", "trail ", "person\x00", "1", strings.Repeat("0", 63), strings.Repeat("0", 66), strings.Repeat("g", 64)} {
		for _, value := range []encoding.TextUnmarshaler{&class, &kind, &hash} {
			if err := value.UnmarshalText([]byte(text)); err == nil {
				t.Errorf("%T took %q", value, text)
			}
		}
	}
	if class != audit.ClassDetail || kind != audit.ActorBot || hash != (audit.Hash{1}) {
		t.Errorf("values changed to %v, %v, %v", class, kind, hash)
	}
}

func TestNumbersThatAreNoConstantHaveNoTextForm(t *testing.T) {
	for want, value := range map[string]encoding.TextMarshaler{"Class(3)": audit.Class(3), "ActorKind(7)": audit.ActorKind(7)} {
		if text, err := value.MarshalText(); err == nil {
			t.Errorf("%#v has the text form %q", value, text)
		}
		if got := reflect.ValueOf(value).MethodByName("String").Call(nil)[0].String(); got != want {
			t.Errorf("string %q, want %q", got, want)
		}
	}
}

func TestASubjectIsShownAsKindAndID(t *testing.T) {
	s := audit.Subject{Kind: audit.SubjectContact, ID: uuid.UUID{0xc0}}
	if got, want := s.String(), "contact/c0000000-0000-0000-0000-000000000000"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestTheJSONOfAHeadIsStable(t *testing.T) {
	h := audit.Head{Tenant: tenant, Position: math.MaxInt64, Root: audit.Hash{0xab, 31: 1}}
	want := `{"tenant":"aa000000-0000-0000-0000-000000000000","position":"9223372036854775807",` +
		`"root":"ab00000000000000000000000000000000000000000000000000000000000001"}`
	got, err := json.Marshal(h)
	if err != nil || string(got) != want {
		t.Errorf("got  %s, %v\nwant %s", got, err, want)
	}
	var back audit.Head
	if err := json.Unmarshal(got, &back); err != nil || back != h {
		t.Errorf("read back as %+v, %v", back, err)
	}
}

func TestTheJSONOfAnEntryIsStable(t *testing.T) {
	e := fact(conversation, "message.received", `{ "text": "a<b" }`)
	e.Position, e.Seq, e.Hash = 1<<53+1, math.MaxInt64, audit.Hash{1}
	want := `{"tenant":"aa000000-0000-0000-0000-000000000000","position":"9007199254740993",` +
		`"subject":{"kind":"conversation","id":"c0000000-0000-0000-0000-000000000000"},"seq":"9223372036854775807",` +
		`"time":"2026-03-02T09:00:00.123456Z","actor":{"kind":"person","id":"ada","name":"Ada"},"action":"message.received",` +
		`"class":"trail","cause":"77000000-0000-0000-0000-000000000000","data":"{ \"text\": \"a\u003cb\" }",` +
		`"commitment":"` + strings.Repeat("0", 64) + `","hash":"01` + strings.Repeat("0", 62) + `"}`
	got, err := json.Marshal(e)
	if err != nil || string(got) != want {
		t.Errorf("got  %s, %v\nwant %s", got, err, want)
	}
}

func TestAnExportedLogStillVerifies(t *testing.T) {
	r := sample()
	for _, b := range r.Batches {
		text, err := json.Marshal(b.Entries)
		if err != nil {
			t.Fatal(err)
		}
		clear(b.Entries)
		if err := json.Unmarshal(text, &b.Entries); err != nil {
			t.Fatal(err)
		}
	}
	wantWhole(t, r.verify(r.heads()...))
	if diff := cmp.Diff(sample(), r); diff != "" {
		t.Errorf("log (-before +after):\n%s", diff)
	}
}

func TestEntriesComeBackFromJSONByteForByte(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := audit.Entry{
			Position: rapid.Int64().Draw(t, "position"),
			Seq:      rapid.Int64().Draw(t, "seq"),
			Subject:  audit.Subject{Kind: audit.SubjectKind(rapid.String().Draw(t, "kind"))},
			Time:     time.UnixMicro(rapid.Int64Range(0, 1<<50).Draw(t, "time")).UTC(),
			Actor: audit.Actor{
				Kind: audit.ActorKind(rapid.Uint8Max(6).Draw(t, "actor")),
				ID:   rapid.String().Draw(t, "id"), Name: rapid.String().Draw(t, "name"),
			},
			Action: audit.Action(rapid.String().Draw(t, "action")),
			Class:  audit.Class(rapid.Uint8Max(2).Draw(t, "class")),
		}
		if rapid.Bool().Draw(t, "has content") {
			e.Data = []byte(rapid.String().Draw(t, "data"))
		}
		text, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		var back audit.Entry
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(e, back); diff != "" {
			t.Errorf("entry (-before +after):\n%s", diff)
		}
	})
}

func TestAnEntryThatJSONWouldChangeIsRefused(t *testing.T) {
	for name, edit := range map[string]func(e *audit.Entry){
		"data":         func(e *audit.Entry) { e.Data = []byte("\xff") },
		"subject kind": func(e *audit.Entry) { e.Subject.Kind = "\xff" },
		"actor id":     func(e *audit.Entry) { e.Actor.ID = "\xff" },
		"actor name":   func(e *audit.Entry) { e.Actor.Name = "\xff" },
		"action":       func(e *audit.Entry) { e.Action = "\xff" },
		"class":        func(e *audit.Entry) { e.Class = 3 },
		"actor kind":   func(e *audit.Entry) { e.Actor.Kind = 7 },
	} {
		e := fact(conversation, "message.received", `{}`)
		edit(&e)
		if text, err := json.Marshal(e); err == nil {
			t.Errorf("%s: written as %s", name, text)
		}
	}
}

func TestJSONThatIsNoEntryIsRefusedAndChangesNothing(t *testing.T) {
	for _, text := range []string{`[]`, `{"position":1}`, `{"seq":"x"}`, `{"hash":"00"}`, `{"class":"loud"}`, `{"data":{}}`} {
		e := fact(conversation, "message.received", `{}`)
		if err := json.Unmarshal([]byte(text), &e); err == nil {
			t.Errorf("%s was read", text)
		}
		if diff := cmp.Diff(fact(conversation, "message.received", `{}`), e); diff != "" {
			t.Errorf("%s changed the entry (-before +after):\n%s", text, diff)
		}
	}
}
