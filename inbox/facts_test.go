package inbox

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/channel"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// actionsOf says which actions each type of fact stands in the log as.
var actionsOf = map[reflect.Type][]audit.Action{
	reflect.TypeFor[conversationStarted](): {ConversationStarted},
	reflect.TypeFor[messageStored]():       {MessageReceived, MessageWritten, MessageEchoed},
	reflect.TypeFor[messageEdited]():       {MessageEdited},
	reflect.TypeFor[messageDeleted]():      {MessageDeleted},
	reflect.TypeFor[messageReaction]():     {MessageReaction},
	reflect.TypeFor[messageConflict]():     {MessageConflict},
	reflect.TypeFor[deliveryChanged]():     {DeliveryChanged, DeliveryFailed},
	reflect.TypeFor[stateChanged]():        {StateChanged},
	reflect.TypeFor[assigneeChanged]():     {AssigneeChanged},
	reflect.TypeFor[topicAdded]():          {TopicAdded},
	reflect.TypeFor[topicRemoved]():        {TopicRemoved},
	reflect.TypeFor[noteAdded]():           {NoteAdded},
	reflect.TypeFor[noteEdited]():          {NoteEdited},
	reflect.TypeFor[noteDeleted]():         {NoteDeleted},
	reflect.TypeFor[botHeld]():             {BotHeld},
	reflect.TypeFor[botReleased]():         {BotReleased},
	reflect.TypeFor[readMarked]():          {ReadMarked},
	reflect.TypeFor[contactCreated]():      {ContactCreated},
	reflect.TypeFor[contactNamed]():        {ContactNamed},
	reflect.TypeFor[identityAdded]():       {IdentityAdded},
	reflect.TypeFor[attributeSet]():        {AttributeSet},
	reflect.TypeFor[settingSaved]():        {SettingSaved},
	reflect.TypeFor[settingDeleted]():      {SettingDeleted},
}

// detail are the actions that the timeline does not show.
var detail = []audit.Action{MessageReaction, MessageConflict, DeliveryChanged, ReadMarked, ContactCreated, ContactNamed, IdentityAdded, AttributeSet}

// unset are the parts of facts that are never in them: what happens to a message or a note later, and what is only shown.
var unset = map[reflect.Type][]string{
	reflect.TypeFor[Message](): {"Seq", "Edited", "Deleted", "Masked", "Erased", "PrivateReply", "Reactions"},
	reflect.TypeFor[Note]():    {"Seq", "Edited", "Deleted"},
}

// filler fills values with what encodings get wrong.
type filler struct {
	t *testing.T
	n int
}

var oddTexts = []string{"plain", `"quoted" \ back/slash`, "line\nfeed\ttab\r\b\f", "\x01\x1f\x7f", "\u2028\u2029", "<b>&amp;</b>", "日本語 👩‍👩‍👧", "\ufffd\uffff", "{}", "null", " "}

func (f *filler) text() string {
	f.n++
	return fmt.Sprint(oddTexts[f.n%len(oddTexts)], f.n)
}

func (f *filler) fill(v reflect.Value) {
	f.n++
	switch p := v.Addr().Interface().(type) {
	case *time.Time:
		*p = []time.Time{time.Date(2026, 3, 1, 23, 59, 59, 999999000, time.UTC), time.Date(1, 1, 1, 0, 0, 0, 1000, time.UTC),
			time.Date(9998, 12, 31, 23, 59, 59, 0, time.UTC)}[f.n%3].Add(-time.Duration(f.n/3) * time.Second).Add(time.Hour)
		if p.Year() > 9998 {
			*p = p.Add(-2 * time.Hour)
		}
		return
	case *uuid.UUID:
		*p = uuid.NewSHA1(uuid.Nil, fmt.Append(nil, f.n))
		return
	case *State:
		*p = State(1 + f.n%3)
		return
	case *audit.ActorKind:
		*p = audit.ActorKind(1 + f.n%6)
		return
	case *json.RawMessage:
		*p = json.RawMessage(fmt.Sprintf(`{"name":"a \"b\" \u2028","n":%d}`, f.n))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(f.text())
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int64:
		v.SetInt(math.MaxInt64 - int64(f.n))
	case reflect.Uint8:
		v.SetUint(uint64(1 + f.n%255))
	case reflect.Array:
		for i := range v.Len() {
			f.fill(v.Index(i))
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			f.fill(v.Index(i))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range 2 {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			f.fill(key)
			f.fill(value)
			v.SetMapIndex(key, value)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			if !slices.Contains(unset[v.Type()], v.Type().Field(i).Name) {
				f.fill(v.Field(i))
			}
		}
	default:
		f.t.Fatalf("no idea how to fill a %s", v.Type())
	}
}

// filledFact makes a fact of an action with something in every part.
func filledFact(t *testing.T, action audit.Action, seed int) fact {
	t.Helper()
	f := facts[action]()
	(&filler{t: t, n: seed}).fill(reflect.ValueOf(f).Elem())
	return shaped(f, action)
}

// shaped makes a fact one of an action, where its type has several.
func shaped(f fact, action audit.Action) fact {
	switch f := f.(type) {
	case *messageStored:
		f.Direction = channel.Outgoing
		switch action {
		case MessageReceived:
			f.Direction = channel.Incoming
		case MessageEchoed:
			f.Author.Kind = audit.ActorElsewhere
		case MessageWritten:
			f.Author.Kind = audit.ActorPerson
		}
	case *deliveryChanged:
		f.State = Sent
		if action == DeliveryFailed {
			f.State = Failed
		}
	}
	return f
}

func (f *filler) check(what string, in fact, action audit.Action) {
	f.t.Helper()
	data := in.encode([]byte("before"))
	if !strings.HasPrefix(string(data), "before{") {
		f.t.Fatalf("%s: does not append an object: %s", what, data)
	}
	data = data[len("before"):]
	if !json.Valid(data) {
		f.t.Fatalf("%s: is not JSON: %s", what, data)
	}
	out, err := decodeFact(audit.Entry{Action: action, Data: data})
	if err != nil {
		f.t.Fatalf("%s: %v", what, err)
	}
	if diff := cmp.Diff(in, out, cmp.Exporter(func(reflect.Type) bool { return true })); diff != "" {
		f.t.Errorf("%s (-in +out):\n%s\n%s", what, diff, data)
	}
	if got := out.spec().action; got != action {
		f.t.Errorf("%s: is read back as %s", what, got)
	}
}

func TestEveryPartOfEveryFactIsReadBackFromTheLog(t *testing.T) {
	t.Parallel()
	for action := range facts {
		for seed := range 3 * len(oddTexts) {
			f := &filler{t: t}
			f.check(fmt.Sprintf("%s, seed %d", action, seed), filledFact(t, action, seed), action)
		}
	}
}

func TestAnEmptyFactIsReadBackFromTheLog(t *testing.T) {
	t.Parallel()
	for action, empty := range facts {
		in := shaped(empty(), action)
		if s, ok := in.(*settingSaved); ok {
			s.Body = json.RawMessage("{}")
		}
		if m, ok := in.(*messageStored); ok && action == MessageReceived {
			m.Author.Kind = audit.ActorContact
		}
		(&filler{t: t}).check(string(action), in, action)
	}
}

func TestEveryTypeOfFactHasItsActionsAndNoOthers(t *testing.T) {
	t.Parallel()
	got := map[reflect.Type][]audit.Action{}
	for action, empty := range facts {
		typ := reflect.TypeOf(empty()).Elem()
		got[typ] = append(got[typ], action)
		if empty() == empty() && typ.Size() > 0 {
			t.Errorf("%s: the same fact is handed out twice", action)
		}
		f := filledFact(t, action, 1)
		class, subject := audit.ClassTrail, audit.SubjectConversation
		if slices.Contains(detail, action) {
			class = audit.ClassDetail
		}
		switch word, _, _ := strings.Cut(string(action), "."); word {
		case "contact", "identity", "attribute":
			subject = audit.SubjectContact
		case "setting":
			subject = audit.SubjectSetting
		}
		if diff := cmp.Diff(spec{action, class, subject}, f.spec(), cmp.AllowUnexported(spec{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", action, diff)
		}
	}
	for typ, actions := range got {
		slices.Sort(actions)
		want := slices.Clone(actionsOf[typ])
		slices.Sort(want)
		if !slices.Equal(actions, want) {
			t.Errorf("%s stands in the log as %q, want %q", typ, actions, want)
		}
	}
	if len(got) != len(actionsOf) {
		t.Errorf("%d types of facts, want %d", len(got), len(actionsOf))
	}
}

// Whoever adds a fact must add its action to the table that reads them back, and to the tests above.
func TestEveryFactAndActionOfTheSourceIsInTheTable(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for typ := range actionsOf {
		known[typ.Name()] = true
	}
	types, actions := declared(t)
	for _, name := range types {
		if !known[name] {
			t.Errorf("fact %s has no action in the table", name)
		}
	}
	if len(types) != len(known) {
		t.Errorf("%d facts in the source, %d in the table", len(types), len(known))
	}
	for _, a := range actions {
		if facts[a] == nil {
			t.Errorf("action %q cannot be read back", a)
		}
	}
	if len(actions) != len(facts) {
		t.Errorf("%d actions in the source, %d in the table", len(actions), len(facts))
	}
}

// declared returns the types that have an apply method and the constants that are actions, as the source of the package says.
func declared(t *testing.T) (types []string, actions []audit.Action) {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Name.Name == "apply" && d.Recv != nil {
					typ := d.Recv.List[0].Type
					if star, ok := typ.(*ast.StarExpr); ok {
						typ = star.X
					}
					types = append(types, typ.(*ast.Ident).Name)
				}
			case *ast.GenDecl:
				actions = append(actions, actionsIn(d)...)
			}
		}
	}
	return types, actions
}

func actionsIn(d *ast.GenDecl) (actions []audit.Action) {
	for _, s := range d.Specs {
		v, ok := s.(*ast.ValueSpec)
		if !ok || d.Tok != token.CONST {
			continue
		}
		if typ, ok := v.Type.(*ast.SelectorExpr); ok && typ.Sel.Name == "Action" {
			if pkg, ok := typ.X.(*ast.Ident); ok && pkg.Name == "audit" {
				actions = append(actions, audit.Action(strings.Trim(v.Values[0].(*ast.BasicLit).Value, `"`)))
			}
		}
	}
	return actions
}

func TestAnEntryThatNobodyWroteIsNotReadAsAFact(t *testing.T) {
	t.Parallel()
	for _, e := range []audit.Entry{
		{Action: "message.invented", Data: []byte("{}")},
		{Action: MessageEdited},
		{Action: MessageEdited, Data: []byte("")},
		{Action: MessageEdited, Data: []byte("[]")},
		{Action: MessageEdited, Data: []byte(`{"text":1}`)},
		{Action: StateChanged, Data: []byte(`{"to":"open"}`)},
	} {
		if f, err := decodeFact(e); err == nil {
			t.Errorf("%s %q is read as %+v", e.Action, e.Data, f)
		}
	}
}

// A fact about something that the snapshot does not have changes nothing: a log whose beginning was removed can still be read.
func TestAFactAboutWhatIsNotThereChangesNothing(t *testing.T) {
	t.Parallel()
	for _, action := range []audit.Action{MessageEdited, MessageDeleted, MessageReaction, MessageConflict, DeliveryChanged, DeliveryFailed, NoteEdited, NoteDeleted} {
		var s Snapshot
		filledFact(t, action, 1).apply(&s, moment{at: time.Unix(1, 0), seq: 1})
		if !reflect.DeepEqual(s, Snapshot{}) {
			t.Errorf("%s: %+v", action, s)
		}
	}
}

func TestAppendedTextIsReadBackByEveryReaderOfJSON(t *testing.T) {
	t.Parallel()
	for c := range rune(0x100) {
		checkAppended(t, string(c))
		checkAppended(t, "a"+string(c)+"b")
	}
	for _, text := range append(oddTexts, "", "\u2028", "\U0010ffff", strings.Repeat("\\\"\x00", 100)) {
		checkAppended(t, text)
	}
}

func checkAppended(t *testing.T, text string) {
	t.Helper()
	got := appendText([]byte("x"), text)
	if got[0] != 'x' {
		t.Fatalf("%q: does not append", text)
	}
	var ours, theirs string
	if err := json.Unmarshal(got[1:], &ours); err != nil {
		t.Fatalf("%q: %s: %v", text, got[1:], err)
	}
	standard, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(standard, &theirs); err != nil {
		t.Fatal(err)
	}
	if ours != theirs || ours != text {
		t.Fatalf("%q is read back as %q", text, ours)
	}
	for _, b := range got {
		if b < ' ' {
			t.Fatalf("%q: a control character stands in %q", text, got)
		}
	}
}

func FuzzAppendText(f *testing.F) {
	for _, text := range oddTexts {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) { checkAppended(t, cleaned(text)) })
}

func FuzzDecodeFact(f *testing.F) {
	for action, empty := range facts {
		in := empty()
		if s, ok := in.(*settingSaved); ok {
			s.Body = json.RawMessage("{}")
		}
		f.Add(string(action), in.encode(nil))
	}
	f.Fuzz(func(t *testing.T, action string, data []byte) {
		in, err := decodeFact(audit.Entry{Action: audit.Action(action), Data: data})
		if err != nil {
			return
		}
		in.apply(&Snapshot{}, moment{})
	})
}
