package inbox

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/queue"
	"github.com/google/uuid"
)

// Settings are changed by commands, one document at a time. A version that is not 0 must be the one that is stored, else the
// error is a storage.ErrConflict; 0 creates, or replaces whatever is there. An id that is zero is made. All need MaySettings.

// SaveAccount connects an account of a network, or changes how the inbox treats one. The network's name for it belongs to one
// account over all tenants: a *TakenError. Network and external id of a connected account cannot change.
func (d *Desk) SaveAccount(ctx context.Context, a Account, options ...CommandOption) (Account, error) {
	if err := checkAccount(&a); err != nil {
		return a, err
	}
	return save(ctx, d, setting[Account]{
		kind: AccountDocument, id: &a.ID.UUID, version: &a.Version, value: &a, key: a.AccountKey,
		ask: func() error { return d.unowned(ctx, a.AccountKey) },
		check: func(x *decision) error {
			old := x.set.accounts[a.ID]
			if old != nil && old.AccountKey != a.AccountKey {
				return &InputError{Field: "account", Problem: "is connected under another network or external id"}
			}
			if other := x.set.byKey[a.AccountKey]; other != nil && other.ID != a.ID {
				return &TakenError{What: "account", ID: other.ID.UUID}
			}
			return nil
		},
	}, options)
}

// unowned refuses an account that another tenant has connected.
func (d *Desk) unowned(ctx context.Context, key channel.AccountKey) error {
	t, _, err := d.box.store.Owner(ctx, key)
	switch {
	case isMissing(err) || err == nil && t == d.box.tenant:
		return nil
	case err == nil:
		return &TakenError{What: "account"}
	}
	return err
}

func checkAccount(a *Account) error {
	if err := identifier("account.network", string(a.Network), false); err != nil {
		return err
	}
	if err := identifier("account.external id", a.ExternalID, false); err != nil {
		return err
	}
	if a.AfterReply > StateResolved {
		return &InputError{Field: "account.after reply", Problem: "does not exist"}
	}
	if a.ReopenWithin < 0 {
		return &InputError{Field: "account.reopen within", Problem: "is negative"}
	}
	if err := identifier("account.plan", string(a.Plan), true); err != nil {
		return err
	}
	for _, f := range a.Features {
		if err := identifier("account.features", string(f), false); err != nil {
			return err
		}
	}
	for _, q := range a.Require {
		if !slices.Contains([]Resolver{ByPerson, ByBulk, ByAutomation, BySystem}, q.Resolver) {
			return &InputError{Field: "account.require", Problem: "names a resolver that does not exist"}
		}
		if q.Visibility != "" && q.Visibility != channel.Public && q.Visibility != channel.Private {
			return &InputError{Field: "account.require", Problem: "names a visibility that does not exist"}
		}
	}
	return name("account.name", &a.Name, 255, true)
}

// PauseAccount stops sending and polling for an account; what arrives is still stored. ResumeAccount goes on. Both answer the account
// as they left it, also when they are repeated under their key and it has changed since.
func (d *Desk) PauseAccount(ctx context.Context, id channel.AccountID, options ...CommandOption) (Account, error) {
	return d.pause(ctx, id, true, options)
}

// ResumeAccount ends a pause.
func (d *Desk) ResumeAccount(ctx context.Context, id channel.AccountID, options ...CommandOption) (Account, error) {
	return d.pause(ctx, id, false, options)
}

func (d *Desk) pause(ctx context.Context, id channel.AccountID, paused bool, options []CommandOption) (Account, error) {
	name := "resume account"
	if paused {
		name = "pause account"
	}
	c := d.settings(name, DocumentKey{Kind: AccountDocument, ID: id.UUID})
	c.request = id
	c.decide = func(x *decision) error {
		a := x.set.accounts[id]
		if a == nil {
			return &MissingError{What: "account"}
		}
		changed := *a
		changed.Paused = paused
		if err := x.save(AccountDocument, id.UUID, 0, &changed, a.AccountKey); err != nil {
			return err
		}
		c.setting = x.snap.Document.Body
		return nil
	}
	r, err := d.do(ctx, c, options)
	if err != nil {
		return Account{}, err
	}
	a := Account{Version: r.Revision}
	if err := json.Unmarshal(c.setting, &a); err != nil {
		return Account{}, fmt.Errorf("inbox: the account as it was left cannot be read: %w", err)
	}
	return a, nil
}

// Open says what happens to the open conversations of an account that is removed.
type Open string

const (
	KeepOpen    Open = "keep"    // they stay where they are and can still be resolved
	ResolveOpen Open = "resolve" // they are resolved by whoever removes the account
)

// RemoveAccount disconnects an account: from then on Receive knows no such account. Its conversations stay; the open ones are kept
// or resolved as open says, with the reason r. It may be called again if it was interrupted: it goes on. So it does when it is
// repeated under its key, unless the account has been connected again since.
func (d *Desk) RemoveAccount(ctx context.Context, id channel.AccountID, open Open, r Resolve, options ...CommandOption) error {
	if open != KeepOpen && open != ResolveOpen {
		return &InputError{Field: "open", Problem: "must be keep or resolve"}
	}
	request := struct {
		Account channel.AccountID
		Open    Open
		Resolve Resolve
	}{id, open, r}
	check := func(x *decision) error { return x.offered(&r) }
	goOn, err := d.remove(ctx, AccountDocument, id.UUID, request, check, options)
	if err != nil || !goOn || open == KeepOpen {
		return err
	}
	f := Filter{Accounts: []channel.AccountID{id}, States: []State{StateNew, StatePending}}
	return d.each(ctx, f, func(d *Desk, c ConversationID) error {
		_, err := d.Resolve(ctx, c, r)
		return err
	})
}

// each calls do on a trusted desk for every conversation that matches: the command that it is part of was permitted.
func (d *Desk) each(ctx context.Context, f Filter, do func(*Desk, ConversationID) error) error {
	trusted := &Desk{box: d.box, actor: d.actor, trusted: true}
	for h, err := range trusted.Conversations(ctx, f, Oldest) {
		if err == nil {
			err = do(trusted, h.ID)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// SaveTopic creates or changes a topic; its name is unique, ignoring case: a *TakenError.
func (d *Desk) SaveTopic(ctx context.Context, t Topic, options ...CommandOption) (Topic, error) {
	if err := name("topic.name", &t.Name, 255, false); err != nil {
		return t, err
	}
	if t.Description = cleaned(t.Description); len(t.Description) > channel.MaxText {
		return t, &InputError{Field: "topic.description", Problem: "is longer than channel.MaxText"}
	}
	return save(ctx, d, setting[Topic]{kind: TopicDocument, id: &t.ID.UUID, version: &t.Version, value: &t,
		check: func(x *decision) error {
			if other := x.set.topicNamed(t.Name); other != nil && other.ID != t.ID {
				return &TakenError{What: "topic", ID: other.ID.UUID}
			}
			return nil
		}}, options)
}

// DeleteTopic removes a topic, also from every conversation that has it. It may be called again if it was interrupted: it goes on. So
// it does when it is repeated under its key, unless the topic has been saved again since.
func (d *Desk) DeleteTopic(ctx context.Context, id TopicID, options ...CommandOption) error {
	goOn, err := d.remove(ctx, TopicDocument, id.UUID, id, nil, options)
	if err != nil || !goOn {
		return err
	}
	return d.each(ctx, Filter{Topics: []TopicID{id}}, func(d *Desk, c ConversationID) error {
		_, err := d.RemoveTopic(ctx, c, id)
		return err
	})
}

// SaveReason creates or changes a resolve reason. A disabled one stays with the conversations that have it.
func (d *Desk) SaveReason(ctx context.Context, r Reason, options ...CommandOption) (Reason, error) {
	if err := name("reason.name", &r.Name, 255, false); err != nil {
		return r, err
	}
	return save(ctx, d, setting[Reason]{kind: ReasonDocument, id: &r.ID.UUID, version: &r.Version, value: &r}, options)
}

// SaveAgent makes somebody known to whom conversations can be assigned.
func (d *Desk) SaveAgent(ctx context.Context, a Agent, options ...CommandOption) (Agent, error) {
	if err := name("agent.name", &a.Name, 255, true); err != nil {
		return a, err
	}
	return save(ctx, d, setting[Agent]{kind: AgentDocument, id: &a.ID.UUID, version: &a.Version, value: &a}, options)
}

// DeleteAgent removes an agent. What is assigned to it stays so.
func (d *Desk) DeleteAgent(ctx context.Context, id queue.AgentID, options ...CommandOption) error {
	_, err := d.remove(ctx, AgentDocument, id.UUID, id, nil, options)
	return err
}

// SaveTeam creates or changes a team. Who becomes a member must be an agent; a member whose agent was deleted may stay.
func (d *Desk) SaveTeam(ctx context.Context, t Team, options ...CommandOption) (Team, error) {
	if err := name("team.name", &t.Name, 255, false); err != nil {
		return t, err
	}
	return save(ctx, d, setting[Team]{kind: TeamDocument, id: &t.ID.UUID, version: &t.Version, value: &t,
		check: func(x *decision) error {
			old := x.set.teams[t.ID]
			for _, m := range t.Members {
				if x.set.agents[m] == nil && (old == nil || !slices.Contains(old.Members, m)) {
					return &MissingError{What: "agent"}
				}
			}
			return nil
		}}, options)
}

// DeleteTeam removes a team. What is assigned to it stays so.
func (d *Desk) DeleteTeam(ctx context.Context, id queue.TeamID, options ...CommandOption) error {
	_, err := d.remove(ctx, TeamDocument, id.UUID, id, nil, options)
	return err
}

// name checks a name that people give to something.
func name(field string, text *string, longest int, optional bool) error {
	*text = strings.TrimSpace(cleaned(*text))
	switch {
	case *text == "" && !optional:
		return &InputError{Field: field, Problem: "is empty"}
	case utf8.RuneCountInString(*text) > longest:
		return &InputError{Field: field, Problem: "is too long"}
	}
	return nil
}

// setting is one settings document to be saved.
type setting[T any] struct {
	kind    DocumentKind
	id      *uuid.UUID // of value; zero: made here
	version *int64     // of value
	value   *T
	key     channel.AccountKey // of accounts
	ask     func() error       // as in command
	check   func(*decision) error
}

// save writes a settings document and returns the value as it is stored.
func save[T any](ctx context.Context, d *Desk, s setting[T], options []CommandOption) (T, error) {
	request := struct {
		Version int64
		Value   any
	}{*s.version, *s.value}
	if *s.id == uuid.Nil {
		*s.id = d.box.ids()
	}
	c := d.settings("save "+string(s.kind), DocumentKey{Kind: s.kind, ID: *s.id})
	c.request, c.ask = request, s.ask
	c.decide = func(x *decision) error {
		if s.check != nil {
			if err := s.check(x); err != nil {
				return err
			}
		}
		return x.save(s.kind, *s.id, *s.version, s.value, s.key)
	}
	r, err := d.do(ctx, c, options)
	if err != nil {
		return *s.value, err
	}
	*s.id, *s.version = r.Document, r.Revision
	return *s.value, nil
}

// settings makes a command on a settings document.
func (d *Desk) settings(name string, key DocumentKey) *command {
	o := Object{Tenant: d.box.tenant, Document: key}
	return &command{name: name, actor: d.actor, ref: Ref{Document: key},
		needs: func(*Snapshot) ([]need, error) { return []need{{MaySettings, o}}, nil }}
}

// save decides to write a settings document.
func (x *decision) save(kind DocumentKind, id uuid.UUID, version int64, value any, key channel.AccountKey) error {
	doc := &x.snap.Document
	if other, used := x.set.kinds[id]; used && other != kind {
		return &InputError{Field: string(kind) + ".id", Problem: "is that of a setting of another kind"}
	}
	if version != 0 && version != doc.Version {
		return &VersionError{Version: doc.Version}
	}
	body, err := json.Marshal(value)
	if err != nil {
		return &InputError{Field: string(kind), Problem: "has no JSON form"}
	}
	doc.DocumentKey = DocumentKey{Kind: kind, ID: id}
	x.result.Document, x.result.Revision = id, doc.Version
	if doc.Version > 0 && !doc.Deleted && bytes.Equal(doc.Body, body) {
		return nil
	}
	doc.Account = key
	x.record(&settingSaved{Kind: kind, ID: id, Body: body})
	if kind == TopicDocument {
		x.guardNames()
	}
	x.result.Revision = doc.Version + 1
	return nil
}

// topicNames is the kind of the one document that changes with every topic that is saved: names are compared with all others, so
// two topics are never saved at once. It has no log entries.
const topicNames DocumentKind = "topic_names"

func (x *decision) guardNames() {
	key := DocumentKey{Kind: topicNames, ID: uuid.NewSHA1(x.change.Tenant.UUID, []byte(topicNames))}
	x.change.Documents = append(x.change.Documents, Document{DocumentKey: key, Version: x.set.named + 1, Body: []byte("{}")})
}

// remove deletes a settings document; deleting it again changes nothing. goOn says that what the deletion leads to is to be done: not
// when it was done before under the same key and the setting has come back since.
func (d *Desk) remove(ctx context.Context, kind DocumentKind, id uuid.UUID, request any, check func(*decision) error,
	options []CommandOption) (goOn bool, err error) {
	key := DocumentKey{Kind: kind, ID: id}
	c := d.settings("delete "+string(kind), key)
	c.request = request
	c.decide = func(x *decision) error {
		doc := &x.snap.Document
		if doc.Version == 0 {
			return &MissingError{What: string(kind)}
		}
		if check != nil {
			if err := check(x); err != nil {
				return err
			}
		}
		x.result.Document, x.result.Revision = id, doc.Version
		if !doc.Deleted {
			doc.Account = channel.AccountKey{}
			x.record(&settingDeleted{Kind: kind, ID: id})
			x.result.Revision++
		}
		return nil
	}
	r, err := d.do(ctx, c, options)
	if err != nil || !r.Repeated {
		return err == nil, err
	}
	return d.stillGone(ctx, key, r.Revision)
}

// stillGone reports whether a settings document is deleted as it was at a version. Whoever goes on with a deletion must be permitted
// to delete, also now.
func (d *Desk) stillGone(ctx context.Context, key DocumentKey, version int64) (bool, error) {
	snap := Snapshot{Ref: Ref{Tenant: d.box.tenant, Document: key}}
	if err := d.box.store.Load(ctx, &snap); err != nil {
		return false, err
	}
	if !snap.Document.Deleted || snap.Document.Version != version {
		return false, nil
	}
	err := d.box.allowed(ctx, d.actor, MaySettings, Object{Tenant: d.box.tenant, Document: key})
	return err == nil, err
}
