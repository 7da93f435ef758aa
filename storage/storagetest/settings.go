package storagetest

import (
	"bytes"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage"
)

// settings is what Documents and Owner answer.
var settings = []rule{
	{"Documents returns all settings documents, deleted ones included", allDocuments},
	{"a tenant without documents is at epoch 0", noDocuments},
	{"the epoch grows by one with every change that carries documents and with no other", epochGrows},
	{"Documents returns the epoch that its documents are of", epochOfDocuments},
	{"a settings document without entries has no chain and hides none of another kind that has its id", chainless},
	{"Owner returns the tenant and id of the channel account, over all tenants, or ErrNotFound", owner},
}

func allDocuments(k *kit) {
	var want []inbox.Document
	for i, kind := range []inbox.DocumentKind{inbox.AccountDocument, inbox.TopicDocument, inbox.ReasonDocument, inbox.TeamDocument,
		inbox.AgentDocument, "of another kind"} {
		for range 2 {
			d := k.setting(kind)
			d.Deleted = i == 1
			d.Body = append(bytes.Repeat([]byte(" "), 100*i), d.Body...)
			k.commit(k.save(d))
			want = append(want, *d)
		}
	}
	want[0].Body = []byte(`{"name":"another"}`)
	k.commit(k.save(&want[0]))
	epoch, got := k.documents()
	k.same("the documents", docsByKey(got), docsByKey(want))
	k.same("the epoch", epoch, int64(13))
	k.verify()
}

func noDocuments(k *kit) {
	k.commit(k.talk().begin())
	for _, one := range []*kit{k, k.of(k.another())} {
		epoch, docs := one.documents()
		if epoch != 0 || len(docs) != 0 {
			k.broken("a tenant without documents: got epoch %d and %d documents", epoch, len(docs))
		}
	}
}

func epochGrows(k *kit) {
	d, t, other := k.setting(inbox.TopicDocument), k.talk(), k.of(k.another())
	stale := *d
	several := k.save(k.setting(inbox.TopicDocument))
	several.Documents = append(several.Documents, k.save(k.setting(inbox.ReasonDocument)).Documents...)
	for _, step := range []struct {
		what string
		ch   inbox.Change
		by   int64
	}{
		{"a new document", k.save(d), 1},
		{"a changed document", k.save(d), 1},
		{"several documents", several, 1},
		{"a message", t.begin(), 0},
		{"a document of another tenant", other.save(other.setting(inbox.TopicDocument)), 0},
		{"a stale document", k.save(&stale), 0},
	} {
		before, _ := k.documents()
		k.answers(step.ch)
		if after, _ := k.documents(); after-before != step.by {
			k.broken("a change that carries %s: the epoch grew by %d, want %d", step.what, after-before, step.by)
		}
	}
}

// epochOfDocuments reads while others write: at epoch n there are n documents.
func epochOfDocuments(k *kit) {
	k.meanwhile(func() {
		for range 50 {
			if err := k.store.Commit(k.Context(), k.save(k.setting(inbox.TopicDocument)))[0]; err != nil {
				k.broken("a new document: got error %v", err)
				return
			}
		}
	}, func() {
		if epoch, docs := k.documents(); int(epoch) != len(docs) {
			k.broken("after a change for each document: got epoch %d with %d documents", epoch, len(docs))
		}
	})
}

// chainless saves two kinds under one id, of which one has entries, in either order, and both once more.
func chainless(k *kit) {
	for _, first := range []int{0, 1} {
		with := k.setting(inbox.TopicDocument)
		without := inbox.Document{DocumentKey: inbox.DocumentKey{Kind: "silent", ID: with.ID}, Body: []byte(`{}`)}
		subject := audit.Subject{Kind: audit.SubjectSetting, ID: with.ID}
		want := map[audit.Subject]audit.Chain{}
		for i := range 4 {
			if i%2 == first {
				k.commit(k.save(with))
				want[subject] = with.Chain
			} else {
				without.Version++
				k.commit(inbox.Change{Tenant: k.tenant, Documents: []inbox.Document{without}})
			}
			got, err := k.store.Chains(k.Context(), k.tenant, subject)
			k.works("Chains", err)
			k.same("the chain of the document with entries", got, want)
		}
	}
	k.verify()
}

func owner(k *kit) {
	other := k.of(k.another())
	for _, one := range []*kit{k, other} {
		d := one.setting(inbox.AccountDocument)
		d.Account = k.accountKey()
		for range 2 {
			one.commit(one.save(d))
			tenant, id, err := k.store.Owner(k.Context(), d.Account)
			if err != nil || tenant != one.tenant || id != (channel.AccountID{UUID: d.ID}) {
				k.broken("the owner of a channel account: got %v of %v and error %v, want %v of %v", id, tenant, err, d.ID, one.tenant)
			}
		}
	}
	d := k.setting(inbox.AccountDocument)
	d.Account = k.accountKey()
	k.commit(k.save(k.setting(inbox.AccountDocument)), k.save(d))
	for _, key := range []channel.AccountKey{k.accountKey(), {}, {Network: channel.WhatsApp}, {Network: d.Account.Network},
		{ExternalID: d.Account.ExternalID}, {Network: channel.X, ExternalID: d.Account.ExternalID}} {
		tenant, id, err := k.store.Owner(k.Context(), key)
		k.refused("the owner of nothing", err, storage.ErrNotFound)
		k.same("the tenant and id of nothing", []any{tenant, id}, []any{inbox.Tenant{}, channel.AccountID{}})
	}
	chains, err := k.store.Chains(k.Context(), k.tenant, audit.Subject{Kind: audit.SubjectSetting, ID: k.id()})
	k.works("Chains", err)
	k.same("the chain of no document", chains, map[audit.Subject]audit.Chain{})
}
