package inbox_test

import (
	"fmt"
	"testing"

	"github.com/deskwright/deskwright/inbox"
	"github.com/google/uuid"
)

func TestASettingMayHaveAnyIDAndTheLogHolds(t *testing.T) {
	first := newOffice(t)
	first.topic("Parcels")
	ids := map[string]uuid.UUID{"its tenant": first.Box.Tenant().UUID}
	for _, d := range first.keeps().Documents {
		if d.Kind == "topic_names" {
			ids["what keeps the names of topics unique"] = d.ID
		}
	}
	want(t, "how many ids there are", len(ids), 2)
	for _, k := range settings(t) {
		for what, id := range ids {
			for _, before := range []bool{true, false} {
				o := newOffice(t)
				if before {
					o.topic("Parcels")
				}
				if _, _, _, err := k.save(o.boss(), id, 0, "One"); err != nil {
					t.Errorf("%s under the id of %s: %v", k.kind, what, err)
				}
				o.topic("Bills")
				o.WantLogHolds()
			}
		}
	}
}

func TestAnIDBelongsToOneKindOfSetting(t *testing.T) {
	o := newOffice(t)
	for _, had := range settings(t) {
		id, _, _, err := had.save(o.boss(), random(), 0, "One")
		o.works(err)
		for range 2 {
			for _, k := range settings(t) {
				if k.kind == had.kind {
					continue
				}
				what := fmt.Sprintf("%s under the id of a setting of kind %s", k.kind, had.kind)
				wants(o, what, &inbox.InputError{Field: string(k.kind) + ".id", Problem: "is that of a setting of another kind"}, func() error {
					_, _, _, err := k.save(o.boss(), id, 0, "Two")
					return err
				})
			}
			if had.drop != nil { // neither does it once the setting is deleted
				o.works(had.drop(o.boss(), id))
			}
		}
	}
	o.WantLogHolds()
}

func TestOfTwoKindsOfSettingsThatGetOneIDAtOnceOneHasIt(t *testing.T) {
	o := newOffice(t)
	id := random()
	o.store.loaded = func() { // once the other has seen that the id is free
		o.store.loaded = nil
		_, err := o.boss().SaveReason(o.ctx(), inbox.Reason{ID: inbox.ReasonID{UUID: id}, Name: "Solved"})
		o.works(err)
	}
	_, err := o.boss().SaveTopic(o.ctx(), inbox.Topic{ID: inbox.TopicID{UUID: id}, Name: "Parcels"})
	wantErr[*inbox.InputError](t, "the one that comes second", err)
	o.WantLogHolds()
}
