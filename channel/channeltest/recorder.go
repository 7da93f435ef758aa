// Package channeltest helps to test programs that send through a [channel.Adapter]: its [Recorder] takes the place of a network.
package channeltest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/deskwright/deskwright/channel"
)

// Recorder is an adapter that reaches nobody and remembers what it was given. The zero Recorder takes every message and calls them
// "sent-1", "sent-2" and so on. It may be used from several goroutines at once.
type Recorder struct {
	// Answer says instead what becomes of a message. It is called after the message has been recorded, from several goroutines at
	// once, and must be set before the first Send.
	Answer func(channel.Sending) (channel.Sent, error)

	mu       sync.Mutex
	sendings []channel.Sending
}

var _ channel.Adapter = (*Recorder)(nil)

// Send records the message and answers.
func (r *Recorder) Send(_ context.Context, s channel.Sending) (channel.Sent, error) {
	r.mu.Lock()
	r.sendings = append(r.sendings, clone(s))
	count := len(r.sendings)
	r.mu.Unlock()
	if r.Answer != nil {
		return r.Answer(s)
	}
	return channel.Sent{ExternalID: fmt.Sprintf("sent-%d", count)}, nil
}

// Sendings returns copies of the messages so far, in the order in which they came.
func (r *Recorder) Sendings() []channel.Sending {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make([]channel.Sending, len(r.sendings))
	for i, s := range r.sendings {
		all[i] = clone(s)
	}
	return all
}

// clone copies s with all it refers to.
func clone(s channel.Sending) channel.Sending {
	s.Account.Features = slices.Clone(s.Account.Features)
	s.To = slices.Clone(s.To)
	s.Attach = slices.Clone(s.Attach)
	if s.Template != nil {
		template := *s.Template
		template.Values = maps.Clone(template.Values)
		s.Template = &template
	}
	return s
}
