package inbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage"
	"pgregory.net/rapid"
)

func FuzzText(f *testing.F) {
	for _, text := range []string{"", "Hello?", "a\x00b", "\xff" + surrogate, "日本 👩‍👩‍👧\u2028", strings.Repeat("\xe6\x97", 100)} {
		f.Add(text, uint16(len(text)/2))
	}
	f.Fuzz(func(t *testing.T, text string, longest uint16) {
		clean := inbox.Cleaned(text)
		switch {
		case !utf8.ValidString(clean) || strings.Contains(clean, "\x00"):
			t.Fatalf("%q is kept as %q", text, clean)
		case inbox.Cleaned(clean) != clean:
			t.Fatalf("%q is kept as %q, and that as %q", text, clean, inbox.Cleaned(clean))
		case utf8.ValidString(text) && clean != strings.ReplaceAll(text, "\x00", ""):
			t.Fatalf("%q was good and is kept as %q", text, clean)
		case len(clean) > 3*len(text):
			t.Fatalf("%d bytes became %d", len(text), len(clean))
		}
		short, cut := inbox.Shortened(clean, int(longest))
		switch {
		case len(short) > int(longest) || !strings.HasPrefix(clean, short) || !utf8.ValidString(short) || cut != (short != clean):
			t.Fatalf("%q to %d bytes is %q, cut %t", clean, longest, short, cut)
		case cut && len(short) <= int(longest)-utf8.UTFMax:
			t.Fatalf("%q to %d bytes is only %q", clean, longest, short)
		}
		if err := inbox.Identifier("id", text, true); err == nil && (clean != text || len(text) > inbox.MaxIdentifier) {
			t.Fatalf("%q is an identifier and would be kept as %q", text, clean)
		}
	})
}

func FuzzCursor(f *testing.F) {
	s := crowd(f, 12)
	ann := s.Desk("Ann")
	for i, sort := range everySort {
		headers, err := list(ann, inbox.Filter{}, sort)
		wantNo(f, err)
		f.Add(uint8(i), string(headers[i].Cursor))
		f.Add(uint8(i+1), string(headers[i].Cursor))
	}
	f.Add(uint8(0), "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Fuzz(func(t *testing.T, n uint8, cursor string) {
		sort := everySort[int(n)%len(everySort)]
		headers, err := list(ann, inbox.Filter{}, sort, inbox.After(storage.Cursor(cursor)))
		if err != nil {
			if e, ok := errors.AsType[*inbox.InputError](err); !ok || e.Field != "cursor" {
				t.Fatal(err)
			}
			return
		}
		// A cursor that is taken is a place: what comes after it goes on to the end of the list.
		whole, err := list(ann, inbox.Filter{}, sort)
		wantNo(t, err)
		if tail := whole[len(whole)-len(headers):]; !reflect.DeepEqual(listed(tail), listed(headers)) {
			t.Fatalf("after %q: %v, the list ends in %v", cursor, listed(headers), listed(tail))
		}
	})
}

func FuzzFilter(f *testing.F) {
	s := crowd(f, 12)
	ann := s.Desk("Ann")
	for _, text := range []string{`{}`, `null`, `{"states":["new"]}`, `{"states":[],"not":{}}`, `{"any":[{"assignees":["me"]},{"all":[{"paid":true}]}]}`,
		`{"older_than":"48h","newer_than":"1us"}`, `{"topics":["00000000-0000-0000-0000-000000000000"]}`, `{"not":{"not":{"not":{"any":[]}}}}`,
		strings.Repeat(`{"not":`, 30) + `{}` + strings.Repeat(`}`, 30), `{"networks":["\ud83d\u0000"]}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var filter inbox.Filter
		if json.Unmarshal(text, &filter) != nil {
			return
		}
		headers, err := list(ann, filter, inbox.Newest)
		if err != nil {
			wantErr[*inbox.InputError](t, string(text), err)
			return
		}
		not, err := list(ann, inbox.Filter{Not: &filter}, inbox.Newest)
		if err == nil && len(headers)+len(not) != 12 {
			t.Fatalf("%s: %d match and %d do not", text, len(headers), len(not))
		}
		body, err := json.Marshal(filter)
		wantNo(t, err)
		var back inbox.Filter
		wantNo(t, json.Unmarshal(body, &back))
		again, err := list(ann, back, inbox.Newest)
		wantNo(t, err)
		if !reflect.DeepEqual(listed(again), listed(headers)) {
			t.Fatalf("%s is read back as %s and matches others", text, body)
		}
	})
}

// Whatever arrives is refused without a trace, or stored as every store can keep it.
func FuzzReceive(f *testing.F) {
	f.Add(uint8(0), uint8(0), "m", "", "", "kim", "", "Kim", "Hello?", "", int64(0))
	f.Add(uint8(1), uint8(3), "e", "", "m", "kim\x00", "order 7", "\xff", "\x00"+surrogate, "", int64(-1))
	f.Add(uint8(2), uint8(0), "", "m", "", "kim", "", "", "edited", "", int64(1<<40))
	f.Add(uint8(4), uint8(0), "", "m", "", "lee", "", "", "", "👍", int64(-62135596801))
	f.Add(uint8(5), uint8(9), "", "m", "", "", "", "", "", "read", int64(253402300800))
	events := []channel.Event{channel.MessageEvent, channel.EchoEvent, channel.EditEvent, channel.DeleteEvent, channel.ReactionEvent, channel.ReceiptEvent, "", "wave"}
	kinds := []channel.Kind{channel.ChatMessage, channel.DirectMessage, channel.Comment, channel.AdComment, channel.Quote, "", "other"}
	f.Fuzz(func(t *testing.T, event, kind uint8, external, about, replyTo, address, thread, name, text, reaction string, at int64) {
		s := newStage(t)
		s.Receive(chat("m", known("kim"), "Hello?"))
		in := channel.Inbound{Account: s.Account.AccountKey, Event: events[int(event)%len(events)], Kind: kinds[int(kind)%len(kinds)], ExternalID: external, About: about,
			ReplyTo: replyTo, Thread: thread, From: channel.Person{Name: name, Addresses: known(address).Addresses, Attributes: map[string]string{"note": text}},
			Text: text, Permalink: text, Problem: text, Reaction: reaction, Receipt: channel.Receipt(reaction), Time: time.Unix(at, at),
			Attach: []channel.Attached{{ID: text, Name: name, URL: text}}}
		before, commits := s.keeps(), s.store.commits.Load()
		_, err := s.Box.Receive(context.Background(), in)
		after := s.keeps()
		if err != nil {
			wantErr[*inbox.InputError](t, fmt.Sprintf("%+v", in), err)
			if !reflect.DeepEqual(before, after) || s.store.commits.Load() != commits {
				t.Fatalf("%+v was refused and left a trace", in)
			}
			return
		}
		storableText(t, reflect.ValueOf(after))
		if _, err := s.Box.Verify(context.Background()); err != nil {
			t.Fatal(err)
		}
		again, err := s.Box.Receive(context.Background(), in)
		wantNo(t, err)
		if s.keeps().Head != after.Head {
			t.Fatalf("%+v, told twice, was %s", in, again.Outcome)
		}
	})
}

// storableText asserts that all text in a value is valid UTF-8 without NUL.
func storableText(t *testing.T, v reflect.Value) {
	t.Helper()
	switch v.Kind() {
	case reflect.String:
		if s := v.String(); !utf8.ValidString(s) || strings.Contains(s, "\x00") {
			t.Fatalf("%q is stored", s)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			storableText(t, v.Field(i))
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			if b := v.Bytes(); !utf8.Valid(b) {
				t.Fatalf("%q is stored", b)
			}
			return
		}
		for i := range v.Len() {
			storableText(t, v.Index(i))
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			storableText(t, k)
			storableText(t, v.MapIndex(k))
		}
	case reflect.Pointer:
		if !v.IsNil() && v.Type().Elem().Kind() != reflect.Struct {
			storableText(t, v.Elem())
		}
	}
}

func FuzzHistory(f *testing.F) {
	for seed := range uint64(3) {
		random := rand.New(rand.NewPCG(seed, 0))
		choices := make([]byte, 8<<10)
		for i := range choices {
			choices[i] = byte(random.Uint32())
		}
		f.Add(choices)
	}
	f.Fuzz(rapid.MakeFuzz(replayed))
}
