package inbox_test

import (
	"testing"

	"github.com/deskwright/deskwright/inbox"
)

func TestTopicsAreAddedInOrderAndRemoved(t *testing.T) {
	o := newOffice(t)
	ann, id := o.Desk("Ann"), o.in(inbox.StateNew)
	parcels, bills, praise := o.topic("Parcels"), o.topic("Bills"), o.topic("Praise")
	for _, topic := range []inbox.TopicID{praise, parcels, bills} {
		o.did(ann.AddTopic(o.ctx(), id, topic))
	}
	want(t, "the topics", o.Header(id).TopicNames, []string{"Praise", "Parcels", "Bills"})
	o.did(ann.RemoveTopic(o.ctx(), id, parcels))
	h := o.Header(id)
	want(t, "the topics after one is removed", h.TopicNames, []string{"Praise", "Bills"})
	want(t, "their ids", h.Topics, []inbox.TopicID{praise, bills})
	o.WantTimeline(id, "started as new by contact", "Kim 1: Where is my parcel?", "topic Praise added by Ann", "topic Parcels added by Ann",
		"topic Bills added by Ann", "topic Parcels removed by Ann")
	o.Resolves("Ann", id)
	want(t, "the topics of a resolved conversation", o.Header(id).TopicNames, []string{"Praise", "Bills"})
}

func TestATopicIsOneThatExists(t *testing.T) {
	o := newOffice(t)
	ann, id, gone := o.Desk("Ann"), o.in(inbox.StateNew), o.topic("Gone")
	o.works(o.system().DeleteTopic(o.ctx(), gone))
	for what, topic := range map[string]inbox.TopicID{"a random topic": {UUID: random()}, "no topic": {}, "a deleted topic": gone} {
		no := &inbox.MissingError{What: "topic"}
		wants(o, what+" is added", no, func() error { _, err := ann.AddTopic(o.ctx(), id, topic); return err })
		wants(o, what+" is removed", no, func() error { _, err := ann.RemoveTopic(o.ctx(), id, topic); return err })
	}
}

func TestADeletedTopicIsNoneWhereOneIsRequired(t *testing.T) {
	o := newOffice(t)
	o.change(func(a *inbox.Account) { a.Require = []inbox.Requirement{{Resolver: inbox.ByPerson, Topic: true}} })
	ann, id, parcels, bills := o.Desk("Ann"), o.in(inbox.StateNew), o.topic("Parcels"), o.topic("Bills")
	o.did(ann.AddTopic(o.ctx(), id, parcels))
	o.interrupted(1, func() error { return o.boss().DeleteTopic(o.ctx(), parcels) }) // before it is taken from the conversation
	wants(o, "with a deleted topic", &inbox.ResolveError{Topic: true}, o.resolve(ann, id, inbox.Resolve{}))
	o.did(ann.AddTopic(o.ctx(), id, bills))
	o.works(o.resolve(ann, id, inbox.Resolve{})())
}
