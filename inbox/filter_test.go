package inbox_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/queue"
	"github.com/deskwright/deskwright/storage"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// few is a small world of ids, so that filters and conversations meet. The first is the zero id.
func few[ID any](make func(uuid.UUID) ID) []ID {
	ids := []ID{make(uuid.Nil)}
	for i := range 3 {
		ids = append(ids, make(uuid.NewSHA1(uuid.NameSpaceOID, fmt.Append(nil, i))))
	}
	return ids
}

var (
	fewAccounts = few(func(id uuid.UUID) channel.AccountID { return channel.AccountID{UUID: id} })[1:]
	fewAgents   = few(func(id uuid.UUID) queue.AgentID { return queue.AgentID{UUID: id} })
	fewTeams    = few(func(id uuid.UUID) queue.TeamID { return queue.TeamID{UUID: id} })
	fewTopics   = few(func(id uuid.UUID) inbox.TopicID { return inbox.TopicID{UUID: id} })
	fewReasons  = few(func(id uuid.UUID) inbox.ReasonID { return inbox.ReasonID{UUID: id} })
	fewNetworks = []channel.Network{channel.X, channel.SMS}
	fewSides    = []channel.Visibility{channel.Public, channel.Private}
	fewKinds    = []channel.Kind{channel.Mention, channel.DirectMessage, channel.Quote}
	fewAges     = []time.Duration{0, 1, time.Hour, 48 * time.Hour}
	fewWhos     = []inbox.Who{inbox.Me, inbox.Nobody, inbox.Is(fewAgents[1]), inbox.Is(fewAgents[2])}
)

// some draws a list: nil as a rule, so that each part decides now and then; rarely empty; else a few.
func some[T any](t *rapid.T, what string, from []T) []T {
	switch n := rapid.IntRange(0, 19).Draw(t, what); {
	case n < 15:
		return nil
	case n == 15:
		return []T{}
	}
	return rapid.SliceOfN(rapid.SampledFrom(from), 1, 3).Draw(t, what)
}

func drawAge(t *rapid.T, what string) *inbox.Age {
	if rapid.IntRange(0, 3).Draw(t, what) > 0 {
		return nil
	}
	age := inbox.Age(rapid.SampledFrom(fewAges).Draw(t, what))
	return &age
}

func drawFilter(t *rapid.T, depth int) inbox.Filter {
	f := inbox.Filter{
		States:       some(t, "states", states[1:]),
		Accounts:     some(t, "accounts", fewAccounts),
		Networks:     some(t, "networks", fewNetworks),
		Visibilities: some(t, "visibilities", fewSides),
		Kinds:        some(t, "kinds", fewKinds),
		Assignees:    some(t, "assignees", fewWhos),
		Teams:        some(t, "teams", fewTeams),
		Topics:       some(t, "topics", fewTopics),
		Reasons:      some(t, "reasons", fewReasons),
		OlderThan:    drawAge(t, "older than"),
		NewerThan:    drawAge(t, "newer than"),
	}
	if rapid.IntRange(0, 3).Draw(t, "paid") == 0 {
		f.Paid = new(rapid.Bool().Draw(t, "is paid"))
	}
	if depth > 0 && rapid.Bool().Draw(t, "parts") {
		part := rapid.Custom(func(t *rapid.T) inbox.Filter { return drawFilter(t, depth-1) })
		if rapid.Bool().Draw(t, "all") {
			f.All = rapid.SliceOfN(part, 0, 2).Draw(t, "all of")
		}
		if rapid.Bool().Draw(t, "any") {
			f.Any = rapid.SliceOfN(part, 0, 2).Draw(t, "any of")
		}
		if rapid.Bool().Draw(t, "not") {
			f.Not = new(part.Draw(t, "not this"))
		}
	}
	return f
}

func drawConversation(t *rapid.T) inbox.Conversation {
	c := inbox.Conversation{
		State:      rapid.SampledFrom(states[1:]).Draw(t, "state"),
		Account:    rapid.SampledFrom(fewAccounts).Draw(t, "account"),
		Network:    rapid.SampledFrom(fewNetworks).Draw(t, "network"),
		Visibility: rapid.SampledFrom(fewSides).Draw(t, "visibility"),
		Assignee:   inbox.Assignee{Agent: rapid.SampledFrom(fewAgents).Draw(t, "agent"), Team: rapid.SampledFrom(fewTeams).Draw(t, "team")},
		Reason:     rapid.SampledFrom(fewReasons).Draw(t, "reason"),
		Since:      curtain.Add(-rapid.SampledFrom(fewAges).Draw(t, "since")),
		Last:       inbox.Last{Kind: rapid.SampledFrom(fewKinds).Draw(t, "kind"), Paid: rapid.Bool().Draw(t, "under an ad")},
	}
	if rapid.Bool().Draw(t, "has topics") {
		c.Topics = rapid.SliceOfNDistinct(rapid.SampledFrom(fewTopics[1:]), 0, 3, rapid.ID).Draw(t, "topics")
	}
	if rapid.Bool().Draw(t, "has messages") {
		c.Newest = curtain.Add(-rapid.SampledFrom(fewAges).Draw(t, "newest"))
	}
	return c
}

// meant is what a filter means, said a second time.
func meant(f inbox.Filter, c inbox.Conversation, me queue.AgentID) bool {
	age := curtain.Sub(c.Newest)
	if c.Newest.IsZero() {
		age = curtain.Sub(c.Since)
	}
	var whos []inbox.Who
	if c.Assignee.Agent == (queue.AgentID{}) {
		whos = append(whos, inbox.Nobody)
	} else {
		whos = append(whos, inbox.Who(c.Assignee.Agent.String()))
		if c.Assignee.Agent == me {
			whos = append(whos, inbox.Me)
		}
	}
	topics := c.Topics
	if len(topics) == 0 {
		topics = fewTopics[:1]
	}
	holds := []bool{
		oneOf(f.States, c.State), oneOf(f.Accounts, c.Account), oneOf(f.Networks, c.Network), oneOf(f.Visibilities, c.Visibility),
		oneOf(f.Kinds, c.Last.Kind), oneOf(f.Assignees, whos...), oneOf(f.Teams, c.Assignee.Team), oneOf(f.Topics, topics...), oneOf(f.Reasons, c.Reason),
	}
	if f.Paid != nil {
		holds = append(holds, *f.Paid == c.Last.Paid)
	}
	if f.OlderThan != nil {
		holds = append(holds, age >= time.Duration(*f.OlderThan))
	}
	if f.NewerThan != nil {
		holds = append(holds, age < time.Duration(*f.NewerThan))
	}
	for _, part := range f.All {
		holds = append(holds, meant(part, c, me))
	}
	if f.Any != nil {
		one := false
		for _, part := range f.Any {
			one = one || meant(part, c, me)
		}
		holds = append(holds, one)
	}
	if f.Not != nil {
		holds = append(holds, !meant(*f.Not, c, me))
	}
	return !slices.Contains(holds, false)
}

// oneOf reports whether the set is nil or has one of the values.
func oneOf[T comparable](set []T, values ...T) bool {
	return set == nil || slices.ContainsFunc(set, func(s T) bool { return slices.Contains(values, s) })
}

func TestAFilterMatchesWhatItSays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f, c := drawFilter(t, 3), drawConversation(t)
		me := rapid.SampledFrom(fewAgents).Draw(t, "me")
		bound := f.Bound(me, curtain)
		if got, want := bound.Matches(&c), meant(f, c, me); got != want {
			body, _ := json.Marshal(f)
			t.Fatalf("%s matches %+v: %t, want %t", body, c, got, want)
		}
	})
}

var inclUnexported = cmpopts.IgnoreUnexported(inbox.Filter{})

func TestAFilterIsReadBackFromItsJSON(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := drawFilter(t, 3)
		body, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		var back inbox.Filter
		if err := json.Unmarshal(body, &back); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(f, back, inclUnexported); diff != "" {
			t.Fatalf("%s (-in +out):\n%s", body, diff)
		}
		again, _ := json.Marshal(back.Bound(fewAgents[1], curtain))
		if !bytes.Equal(body, again) {
			t.Fatalf("bound: %s, want %s", again, body)
		}
	})
}

func TestInJSONNothingIsAnyAndAnEmptyListIsNone(t *testing.T) {
	t.Parallel()
	body, _ := json.Marshal(inbox.Filter{})
	want(t, "the zero filter", string(body), "{}")
	typ := reflect.TypeFor[inbox.Filter]()
	lists := 0
	for i := range typ.NumField() {
		field := typ.Field(i)
		if !field.IsExported() || field.Type.Kind() != reflect.Slice {
			continue
		}
		lists++
		var f inbox.Filter
		reflect.ValueOf(&f).Elem().Field(i).Set(reflect.MakeSlice(field.Type, 0, 0))
		body, err := json.Marshal(f)
		wantNo(t, err)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		want(t, field.Name, string(body), fmt.Sprintf(`{%q:[]}`, name))
		var back inbox.Filter
		wantNo(t, json.Unmarshal(body, &back))
		if v := reflect.ValueOf(back).Field(i); v.IsNil() || v.Len() != 0 {
			t.Errorf("%s: an empty list is read back as %v", field.Name, v)
		}
		c := inbox.Conversation{State: isNew}
		if field.Name != "All" && back.Matches(&c) {
			t.Errorf("%s: an empty list matches", field.Name)
		}
		wantNo(t, json.Unmarshal([]byte("{}"), &back))
	}
	want(t, "lists", lists, 11)
}

func TestAFilterInJSONReadsAsPeopleWouldWriteIt(t *testing.T) {
	t.Parallel()
	var f inbox.Filter
	wantNo(t, json.Unmarshal([]byte(`{"states":["new","pending"],"assignees":["me","nobody"],"paid":false,"older_than":"48h",
		"any":[{"networks":["whatsapp"]},{"not":{"visibilities":["private"]}}]}`), &f))
	age := inbox.Age(48 * time.Hour)
	want(t, "filter", fmt.Sprintf("%+v", f.Not), "<nil>")
	if diff := cmp.Diff(inbox.Filter{States: []inbox.State{isNew, pending}, Assignees: []inbox.Who{inbox.Me, inbox.Nobody}, Paid: new(bool), OlderThan: &age,
		Any: []inbox.Filter{{Networks: []channel.Network{channel.WhatsApp}}, {Not: &inbox.Filter{Visibilities: []channel.Visibility{channel.Private}}}}}, f,
		inclUnexported); diff != "" {
		t.Error(diff)
	}
	body, err := json.Marshal(f)
	wantNo(t, err)
	want(t, "JSON", string(body), `{"states":["new","pending"],"paid":false,"assignees":["me","nobody"],"older_than":"48h0m0s",`+
		`"any":[{"networks":["whatsapp"]},{"not":{"visibilities":["private"]}}]}`)
}

func TestWhatAFilterInJSONCannotMeanIsATypedError(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for _, text := range []string{
		`{"states":["open"]}`, `{"states":[""]}`, `{"states":["NEW"]}`, `{"any":[{"states":["open"]}]}`, `{"not":{"states":["open"]}}`,
		`{"older_than":"tomorrow"}`, `{"older_than":"-1h"}`, `{"newer_than":""}`, `{"older_than":"2 days"}`,
		`{"assignees":["bob"]}`, `{"assignees":[""]}`, `{"assignees":["Me"]}`, `{"all":[{"any":[{"not":{"assignees":["bob"]}}]}]}`,
		`{"assignees":["` + strings.ToUpper(fewAgents[1].String()) + `"]}`, `{"assignees":["{` + fewAgents[1].String() + `}"]}`,
		`{"assignees":["urn:uuid:` + fewAgents[1].String() + `"]}`,
	} {
		var f inbox.Filter
		err := json.Unmarshal([]byte(text), &f)
		if err == nil {
			_, err = list(s.Box.As(inbox.System), f, inbox.Newest)
		}
		wantErr[*inbox.InputError](t, text, err)
		wantIs(t, text, err, storage.ErrInvalid)
	}
}

func TestAFilterIsNestedAtMostTwentyDeep(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for what, nest := range map[string]func(inbox.Filter) inbox.Filter{
		"all": func(f inbox.Filter) inbox.Filter { return inbox.Filter{All: []inbox.Filter{f}} },
		"any": func(f inbox.Filter) inbox.Filter { return inbox.Filter{Any: []inbox.Filter{{}, f}} },
		"not": func(f inbox.Filter) inbox.Filter { return inbox.Filter{Not: &f} },
	} {
		var f inbox.Filter
		for range 20 {
			f = nest(f)
		}
		_, err := list(s.Box.As(inbox.System), f, inbox.Newest)
		wantNo(t, err)
		_, err = list(s.Box.As(inbox.System), nest(f), inbox.Newest)
		want(t, what, wantErr[*inbox.InputError](t, what, err).Field, "filter")
		for range 5000 {
			f = nest(f)
		}
		_, err = list(s.Box.As(inbox.System), f, inbox.Newest)
		wantErr[*inbox.InputError](t, what, err)
	}
}

func TestBoundLeavesTheFilterItself(t *testing.T) {
	t.Parallel()
	inner := inbox.Filter{Assignees: []inbox.Who{inbox.Me}}
	f := inbox.Filter{All: []inbox.Filter{inner}, Any: []inbox.Filter{inner}, Not: &inbox.Filter{Not: &inner}}
	c := inbox.Conversation{Assignee: inbox.Assignee{Agent: fewAgents[1]}}
	bound := f.Bound(fewAgents[1], curtain)
	if !bound.Matches(&c) {
		t.Error("bound, me is not found at every depth")
	}
	if f.Matches(&c) || f.All[0].Matches(&c) || f.Any[0].Matches(&c) || inner.Matches(&c) {
		t.Error("the filter itself was bound")
	}
	other := bound.Bound(fewAgents[2], curtain)
	if other.Matches(&c) || !bound.Matches(&c) {
		t.Error("binding again changes what was bound")
	}
}

func TestAgesMeetAtTheInstant(t *testing.T) {
	t.Parallel()
	hour := inbox.Age(time.Hour)
	for after, old := range map[time.Duration]bool{time.Hour - time.Microsecond: false, time.Hour: true, time.Hour + time.Microsecond: true} {
		c := inbox.Conversation{Newest: curtain, Since: curtain.Add(-day)}
		older, newer := inbox.Filter{OlderThan: &hour}.Bound(queue.AgentID{}, curtain.Add(after)), inbox.Filter{NewerThan: &hour}.Bound(queue.AgentID{}, curtain.Add(after))
		if older.Matches(&c) != old || newer.Matches(&c) == old {
			t.Errorf("after %s: older %t, newer %t", after, older.Matches(&c), newer.Matches(&c))
		}
	}
}

// list collects the conversations that an agent is shown.
func list(d *inbox.Desk, f inbox.Filter, s inbox.Sort, options ...inbox.ReadOption) ([]inbox.Header, error) {
	var all []inbox.Header
	for h, err := range d.Conversations(context.Background(), f, s, options...) {
		if err != nil {
			return all, err
		}
		all = append(all, h)
	}
	return all, nil
}

func TestListsShowWhatEachPartOfAFilterSays(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s := newStage(t)
	system := s.Box.As(inbox.System)
	chatAccount, page := s.Account, s.Connect(channel.Facebook, "page")
	topic := func(name string) inbox.TopicID {
		saved, err := system.SaveTopic(ctx, inbox.Topic{Name: name})
		wantNo(t, err)
		return saved.ID
	}
	parcels, bills := topic("parcels"), topic("bills")
	reason, err := system.SaveReason(ctx, inbox.Reason{Name: "solved"})
	wantNo(t, err)
	team, err := system.SaveTeam(ctx, inbox.Team{Team: queue.Team{Name: "first line"}})
	wantNo(t, err)
	ann, ben := s.Desk("Ann"), s.Desk("Ben")

	// Five conversations, an hour apart, the first the oldest.
	names := map[inbox.ConversationID]string{}
	begin := func(name string, a inbox.Account, k channel.Kind) inbox.ConversationID {
		r := s.Receive(channel.Inbound{Account: a.AccountKey, ExternalID: name, From: known(name), Kind: k, Text: name, Paid: k == channel.AdComment})
		names[r.Conversation] = name
		s.at(s.mock.Now().Add(time.Hour))
		return r.Conversation
	}
	did := func(_ inbox.Result, err error) { t.Helper(); wantNo(t, err) }
	a := begin("A", chatAccount, channel.ChatMessage)
	did(ann.AddTopic(ctx, a, parcels))
	b := begin("B", chatAccount, channel.ChatMessage)
	did(ann.Assign(ctx, b, inbox.Assignee{Agent: ann.Actor().Agent}))
	did(ann.SetPending(ctx, b))
	c := begin("C", chatAccount, channel.ChatMessage)
	did(ann.Resolve(ctx, c, inbox.Resolve{Reason: reason.ID}))
	d := begin("D", page, channel.AdComment)
	did(ann.Assign(ctx, d, inbox.Assignee{Team: team.ID}))
	e := begin("E", page, channel.DirectMessage)
	did(ben.Assign(ctx, e, inbox.Assignee{Agent: ben.Actor().Agent, Team: team.ID}))
	did(ann.AddTopic(ctx, e, parcels))
	did(ann.AddTopic(ctx, e, bills))

	age := func(d time.Duration) *inbox.Age { return (*inbox.Age)(&d) }
	for shown, f := range map[string]inbox.Filter{
		"ABCDE":    {},
		"ADE":      {States: []inbox.State{isNew}},
		"B":        {States: []inbox.State{pending}},
		"C":        {States: []inbox.State{resolved}},
		"BC":       {States: []inbox.State{pending, resolved}},
		" none":    {States: []inbox.State{}},
		"DE":       {Accounts: []channel.AccountID{page.ID}},
		"ABC":      {Networks: []channel.Network{channel.WebChat}},
		"DE ":      {Networks: []channel.Network{channel.Facebook}},
		"D":        {Visibilities: []channel.Visibility{channel.Public}},
		"ABCE":     {Visibilities: []channel.Visibility{channel.Private}},
		"D ":       {Kinds: []channel.Kind{channel.AdComment}},
		"E":        {Kinds: []channel.Kind{channel.DirectMessage, channel.EmailMessage}},
		"D  ":      {Paid: new(true)},
		"ABCE ":    {Paid: new(false)},
		"B ":       {Assignees: []inbox.Who{inbox.Me}},
		"E ":       {Assignees: []inbox.Who{inbox.Is(ben.Actor().Agent)}},
		"ACD":      {Assignees: []inbox.Who{inbox.Nobody}},
		"ABCD":     {Assignees: []inbox.Who{inbox.Nobody, inbox.Me}},
		"  none":   {Assignees: []inbox.Who{}},
		"DE  ":     {Teams: []queue.TeamID{team.ID}},
		"ABC ":     {Teams: []queue.TeamID{{}}},
		"AE":       {Topics: []inbox.TopicID{parcels}},
		"E  ":      {Topics: []inbox.TopicID{bills}},
		"BCD":      {Topics: []inbox.TopicID{{}}},
		"BCDE":     {Topics: []inbox.TopicID{{}, bills}},
		"C ":       {Reasons: []inbox.ReasonID{reason.ID}},
		"ABDE":     {Reasons: []inbox.ReasonID{{}}},
		"AB":       {OlderThan: age(4 * time.Hour)},
		"CDE":      {NewerThan: age(3 * time.Hour)},
		"ABC  ":    {Not: &inbox.Filter{Accounts: []channel.AccountID{page.ID}}},
		"AE ":      {All: []inbox.Filter{{States: []inbox.State{isNew}}, {Topics: []inbox.TopicID{parcels}}}},
		"CD":       {Any: []inbox.Filter{{States: []inbox.State{resolved}}, {Paid: new(true)}}},
		"   none":  {Any: []inbox.Filter{}},
		"ABCDE ":   {All: []inbox.Filter{}},
		"B  ":      {States: []inbox.State{pending}, Assignees: []inbox.Who{inbox.Me}, Networks: []channel.Network{channel.WebChat}},
		"    none": {States: []inbox.State{pending}, Assignees: []inbox.Who{inbox.Nobody}},
	} {
		for _, sort := range []inbox.Sort{inbox.Oldest, inbox.Newest, inbox.LongestWaiting, inbox.Deadline, ""} {
			headers, err := list(ann, f, sort)
			wantNo(t, err)
			got := ""
			for _, h := range headers {
				got += names[h.ID]
			}
			letters := strings.Split(got, "")
			slices.Sort(letters)
			got = strings.Join(letters, "")
			if wanted := strings.TrimSpace(strings.ReplaceAll(shown, "none", "")); got != wanted {
				body, _ := json.Marshal(f)
				t.Errorf("%s by %q shows %s, want %s", body, sort, got, wanted)
			}
		}
	}

	for _, actor := range []inbox.Actor{inbox.System, inbox.Automation("sweeper")} {
		headers, err := list(s.Box.As(actor.As(inbox.RoleAdministrator)), inbox.Filter{Assignees: []inbox.Who{inbox.Me}}, inbox.Newest)
		wantNo(t, err)
		want(t, "conversations of "+actor.Name+", who is no agent", len(headers), 0)
	}
}

// Agents says of every filter and agent what the filter itself says, nobody included.
func TestAgentsAreThoseThatTheFilterMatches(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := inbox.Filter{Assignees: rapid.SliceOfN(rapid.SampledFrom(append(fewWhos, "misspelt")), 0, 3).Draw(t, "assignees")}
		f = f.Bound(rapid.SampledFrom(fewAgents).Draw(t, "me"), time.Time{})
		for _, agent := range fewAgents {
			c := inbox.Conversation{Assignee: inbox.Assignee{Agent: agent}}
			if got, want := slices.Contains(f.Agents(), agent), f.Matches(&c); got != want {
				t.Errorf("agents of %v has %v: %t, want %t", f.Assignees, agent, got, want)
			}
		}
	})
	if got := new(inbox.Filter).Agents(); got != nil {
		t.Errorf("agents of the zero filter: got %v, want nil, which is any", got)
	}
}
