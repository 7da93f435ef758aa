package storagetest

import (
	"bytes"
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/inbox"
)

// Dump writes down what a tenant has, a line for each value that is not zero, in a fixed order: settings, totals, conversations
// with all that belongs to them, and the log. It reads through the port and changes nothing, so it misses what can only be found
// by name or taken: command keys, arrivals without a message, and what waits.
func Dump(t testing.TB, store inbox.Store, tenant inbox.Tenant) string {
	t.Helper()
	k := newKit(t, "a tenant can be read", store).of(tenant)
	var b strings.Builder
	epoch, docs := k.documents()
	fmt.Fprintf(&b, "epoch = %d\n", epoch)
	for _, d := range docsByKey(docs) {
		write(&b, "document "+string(d.Kind)+" "+d.ID.String(), reflect.ValueOf(d))
	}
	write(&b, "totals", reflect.ValueOf(k.totals()))
	for _, l := range k.allListed(inbox.Query{Sort: inbox.Newest}) {
		k.dumpConversation(&b, l)
	}
	k.dumpLog(&b)
	return b.String()
}

func docsByKey(docs []inbox.Document) []inbox.Document {
	slices.SortFunc(docs, func(a, b inbox.Document) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), bytes.Compare(a.ID[:], b.ID[:]))
	})
	return docs
}

// ends stops what would go through pages for ever.
func (k *kit) ends(n, most int) {
	k.Helper()
	if n > most {
		k.stop("pages that follow each other: got %d rows and no end", n)
	}
}

// allListed goes through all pages of a list.
func (k *kit) allListed(q inbox.Query) []inbox.Listed {
	k.Helper()
	var all []inbox.Listed
	for q.Limit = 50; ; {
		page, err := k.store.List(k.Context(), k.tenant, q)
		k.works("List", err)
		if len(page) == 0 {
			return all
		}
		all = append(all, page...)
		k.ends(len(all), 1_000_000)
		q.After = q.Sort.Place(&page[len(page)-1].Conversation)
	}
}

// wholeTimeline goes through all pages of a timeline.
func (k *kit) wholeTimeline(id inbox.ConversationID, trail bool) []inbox.Item {
	k.Helper()
	var all []inbox.Item
	for after := int64(0); ; {
		page := k.timeline(id, after, 50, trail)
		if len(page) == 0 {
			return all
		}
		all = append(all, page...)
		k.ends(len(all), 1_000_000)
		after = page[len(page)-1].Seq
	}
}

// wholeFeed goes through all pages of the feed.
func (k *kit) wholeFeed() []audit.Entry {
	k.Helper()
	var all []audit.Entry
	for after := int64(0); ; {
		page := k.feed(after, 100)
		if len(page) == 0 {
			return all
		}
		all = append(all, page...)
		k.ends(len(all), 1_000_000)
		after = page[len(page)-1].Position
	}
}

func (k *kit) dumpConversation(b *strings.Builder, l inbox.Listed) {
	k.Helper()
	id := l.Conversation.ID
	name := "conversation " + id.String()
	write(b, name+" listed", reflect.ValueOf(l))
	snap := k.load(inbox.Ref{Conversation: id})
	snap.Ref = inbox.Ref{}
	write(b, name, reflect.ValueOf(snap))
	for _, item := range k.wholeTimeline(id, true) {
		write(b, fmt.Sprintf("%s item %d", name, item.Seq), reflect.ValueOf(item))
		if m := item.Message; m != nil && m.ExternalID != "" {
			ref := inbox.Ref{Conversation: id, Arrival: inbox.ArrivalRef{Account: m.Account, ExternalID: m.ExternalID}}
			write(b, fmt.Sprintf("%s arrival %d", name, item.Seq), reflect.ValueOf(k.load(ref).Arrival))
		}
	}
}

func (k *kit) dumpLog(b *strings.Builder) {
	k.Helper()
	entries := k.wholeFeed()
	subjects := make([]audit.Subject, len(entries))
	for i, e := range entries {
		subjects[i] = e.Subject
		write(b, fmt.Sprintf("entry %d", e.Position), reflect.ValueOf(e))
	}
	write(b, "batches", reflect.ValueOf(k.batches(0, len(entries))))
	write(b, "head", reflect.ValueOf(k.head()))
	chains, err := k.store.Chains(k.Context(), k.tenant, subjects...)
	k.works("Chains", err)
	write(b, "chains", reflect.ValueOf(chains))
}

// lines writes down one value.
func lines(name string, value any) string {
	var b strings.Builder
	if value != nil {
		write(&b, name, reflect.ValueOf(value))
	}
	return b.String()
}

// write writes a line for every value below v that is not zero.
func write(b *strings.Builder, path string, v reflect.Value) {
	if v.IsZero() {
		return
	}
	switch x := v.Interface().(type) {
	case time.Time:
		fmt.Fprintf(b, "%s = %s\n", path, x.Format(time.RFC3339Nano))
		return
	case []byte:
		fmt.Fprintf(b, "%s = %q\n", path, x)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				write(b, path+"."+f.Name, v.Field(i))
			}
		}
	case reflect.Pointer:
		write(b, path, v.Elem())
	case reflect.Slice:
		for i := range v.Len() {
			write(b, fmt.Sprintf("%s[%d]", path, i), v.Index(i))
		}
	case reflect.Map:
		writeMap(b, path, v)
	default:
		fmt.Fprintf(b, "%s = %+v\n", path, v.Interface())
	}
}

// writeMap writes a map in the order of its keys' texts.
func writeMap(b *strings.Builder, path string, v reflect.Value) {
	keys := v.MapKeys()
	text := func(k reflect.Value) string { return fmt.Sprint(k.Interface()) }
	slices.SortFunc(keys, func(x, y reflect.Value) int { return cmp.Compare(text(x), text(y)) })
	for _, key := range keys {
		write(b, path+"["+text(key)+"]", v.MapIndex(key))
	}
}
