package channeltest_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/channel/channeltest"
	"github.com/google/go-cmp/cmp"
)

func ExampleRecorder() {
	var whatsapp channeltest.Recorder
	sent, err := whatsapp.Send(context.Background(), channel.Sending{Text: "Your parcel is on its way."})
	fmt.Println(sent.ExternalID, err)

	for _, s := range whatsapp.Sendings() {
		fmt.Println(s.Text)
	}
	// Output:
	// sent-1 <nil>
	// Your parcel is on its way.
}

// A network that is down.
func ExampleRecorder_answer() {
	down := channeltest.Recorder{Answer: func(channel.Sending) (channel.Sent, error) {
		return channel.Sent{}, errors.New("connection reset")
	}}
	_, err := down.Send(context.Background(), channel.Sending{Text: "Hello?"})
	fmt.Println(err)
	fmt.Println(len(down.Sendings()), "recorded")
	// Output:
	// connection reset
	// 1 recorded
}

// full makes a new sending that refers to something wherever it can.
func full() channel.Sending {
	return channel.Sending{
		Account:  channel.Account{Name: "Support", Features: []channel.Feature{channel.HumanAgent}},
		Key:      "k",
		To:       []channel.Address{{Network: channel.WhatsApp, ID: "4915112345678"}},
		Attach:   []channel.Attached{{Kind: "image", URL: "https://example.com/a.png"}},
		Template: &channel.Template{Name: "parcel", Language: "en", Values: map[string]string{"1": "today"}},
	}
}

func scribble(s channel.Sending) {
	s.Account.Features[0], s.To[0].ID, s.Attach[0].URL = "", "", ""
	s.Template.Name, s.Template.Values["1"] = "", ""
}

// What was recorded stays as it was, whatever happens to what was sent and to what was returned.
func TestRecorderKeepsCopies(t *testing.T) {
	r := &channeltest.Recorder{Answer: func(s channel.Sending) (channel.Sent, error) {
		scribble(s)
		return channel.Sent{}, nil
	}}
	if _, err := r.Send(t.Context(), full()); err != nil {
		t.Fatal(err)
	}
	scribble(r.Sendings()[0])
	if diff := cmp.Diff([]channel.Sending{full()}, r.Sendings()); diff != "" {
		t.Error(diff)
	}
}

func TestRecorderOfNothing(t *testing.T) {
	var r channeltest.Recorder
	if got := r.Sendings(); len(got) != 0 {
		t.Errorf("%v before anything was sent", got)
	}
	if _, err := r.Send(t.Context(), channel.Sending{}); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]channel.Sending{{}}, r.Sendings()); diff != "" {
		t.Error(diff)
	}
}

func TestRecorderFromSeveralGoroutines(t *testing.T) {
	const senders, each = 8, 50
	var (
		r   channeltest.Recorder
		mu  sync.Mutex
		ids = map[string]bool{}
		all sync.WaitGroup
	)
	for i := range senders {
		all.Go(func() {
			for j := range each {
				sent, err := r.Send(t.Context(), channel.Sending{Key: fmt.Sprint(i, j)})
				if err != nil {
					t.Error(err)
				}
				_ = r.Sendings()
				mu.Lock()
				ids[sent.ExternalID] = true
				mu.Unlock()
			}
		})
	}
	all.Wait()
	keys := map[string]bool{}
	for _, s := range r.Sendings() {
		keys[s.Key] = true
	}
	if len(ids) != senders*each || len(keys) != senders*each {
		t.Errorf("%d ids and %d keys of %d sendings", len(ids), len(keys), senders*each)
	}
}
