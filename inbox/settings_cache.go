package inbox

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/queue"
	"github.com/google/uuid"
)

// settings is everything a tenant has set, as of one epoch. It is shared and never changed.
type settings struct {
	epoch    int64
	accounts map[channel.AccountID]*Account
	byKey    map[channel.AccountKey]*Account
	topics   map[TopicID]*Topic
	reasons  map[ReasonID]*Reason
	teams    map[queue.TeamID]*Team
	agents   map[queue.AgentID]*Agent
	names    map[DocumentKey]string     // of everything that was ever set, deleted things included
	kinds    map[uuid.UUID]DocumentKind // of everything that was ever set
	named    int64                      // version of the topicNames document
}

// cached returns the settings that are at hand, of whatever epoch; nil if there are none.
func (b *Inbox) cached() *settings { return b.held.Load() }

// settingsAt returns the settings of the epoch or a later one.
func (b *Inbox) settingsAt(ctx context.Context, epoch int64) (*settings, error) {
	if s := b.cached(); s != nil && s.epoch >= epoch {
		return s, nil
	}
	return b.readSettings(ctx)
}

// readSettings reads all documents and keeps what they say.
func (b *Inbox) readSettings(ctx context.Context) (*settings, error) {
	epoch, docs, err := b.store.Documents(ctx, b.tenant)
	if err != nil {
		return nil, err
	}
	s := &settings{
		epoch:    epoch,
		accounts: map[channel.AccountID]*Account{},
		byKey:    map[channel.AccountKey]*Account{},
		topics:   map[TopicID]*Topic{},
		reasons:  map[ReasonID]*Reason{},
		teams:    map[queue.TeamID]*Team{},
		agents:   map[queue.AgentID]*Agent{},
		names:    map[DocumentKey]string{},
		kinds:    map[uuid.UUID]DocumentKind{},
	}
	for _, d := range docs {
		if err := s.add(d); err != nil {
			return nil, fmt.Errorf("inbox: settings document %s %s cannot be read: %w", d.Kind, d.ID, err)
		}
	}
	b.held.Store(s)
	return s, nil
}

// add takes one document in.
func (s *settings) add(d Document) error {
	var err error
	var name string
	switch d.Kind {
	case AccountDocument:
		a := &Account{Version: d.Version}
		err = json.Unmarshal(d.Body, a)
		name = a.Name
		if !d.Deleted {
			s.accounts[a.ID], s.byKey[a.AccountKey] = a, a
		}
	case TopicDocument:
		t := &Topic{Version: d.Version}
		err = keep(d, t, s.topics, TopicID{d.ID})
		name = t.Name
	case topicNames:
		s.named = d.Version
		return nil
	case ReasonDocument:
		r := &Reason{Version: d.Version}
		err = keep(d, r, s.reasons, ReasonID{d.ID})
		name = r.Name
	case TeamDocument:
		t := &Team{Version: d.Version}
		err = keep(d, t, s.teams, queue.TeamID{UUID: d.ID})
		name = t.Name
	case AgentDocument:
		a := &Agent{Version: d.Version}
		err = keep(d, a, s.agents, queue.AgentID{UUID: d.ID})
		name = a.Name
	}
	s.names[d.DocumentKey] = name
	s.kinds[d.ID] = d.Kind
	return err
}

// keep reads a document into v and files it unless it is deleted.
func keep[K comparable, V any](d Document, v *V, in map[K]*V, id K) error {
	err := json.Unmarshal(d.Body, v)
	if !d.Deleted {
		in[id] = v
	}
	return err
}

// knows reports whether there is such a topic. One that was added while it was deleted may still be on a conversation.
func (s *settings) knows(id TopicID) bool { return s.topics[id] != nil }

// topicNamed returns the topic of that name, ignoring case; nil if there is none.
func (s *settings) topicNamed(name string) *Topic {
	for _, t := range s.topics {
		if strings.EqualFold(t.Name, name) {
			return t
		}
	}
	return nil
}

// name returns what a thing is called, or was before it was deleted.
func (s *settings) name(kind DocumentKind, id uuid.UUID) string {
	return s.names[DocumentKey{Kind: kind, ID: id}]
}
