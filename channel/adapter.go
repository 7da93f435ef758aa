package channel

import (
	"context"
	"errors"
	"fmt"
	"net/url"
)

// Adapter speaks to one network. It is called from several goroutines at once.
//
// Send hands one message to the network and returns when the network has taken or refused it. A refusal is a [*RefusedError]:
// the message was certainly not sent. Any other error, and a panic, means that nobody knows, and the message is not tried again by
// itself. An adapter keeps the message's Key beside what it sends wherever the network allows it.
//
// What else a network can do, an adapter offers through the optional interfaces [WebhookReader], [Poller], [Actor] and
// [Reconciler].
type Adapter interface {
	Send(context.Context, Sending) (Sent, error)
}

// AdapterFunc makes an Adapter of a function.
type AdapterFunc func(context.Context, Sending) (Sent, error)

// Send calls f.
func (f AdapterFunc) Send(ctx context.Context, s Sending) (Sent, error) { return f(ctx, s) }

// Webhook is a request of a network to the host, as far as an adapter needs it.
type Webhook struct {
	Method string
	URL    *url.URL
	Header map[string][]string
	Body   []byte // the exact bytes: signatures are over them
}

// WebhookAnswer is what the host answers to a Webhook.
type WebhookAnswer struct {
	Status int // an HTTP status; 0 means 200
	Body   []byte
}

// WebhookReader verifies a webhook and reads it. It returns an error that wraps [ErrUnverified], and nothing else, for a request
// whose signature or token does not hold. What it does not know it leaves out without an error.
type WebhookReader interface {
	ReadWebhook(context.Context, Webhook) (WebhookAnswer, []Inbound, error)
}

// Poller asks a network for what happened after a cursor, for networks that do not call. The first cursor is empty.
type Poller interface {
	Poll(ctx context.Context, account Account, cursor string) (in []Inbound, next string, err error)
}

// Actor does something with a message or a person on the network that is not sending: like, hide, delete, follow.
type Actor interface {
	Act(ctx context.Context, account Account, action Action, about string) error
}

// Reconciler finds out what became of a message whose outcome is not known. found is false where the network has never seen it.
type Reconciler interface {
	Reconcile(context.Context, Sending) (sent Sent, found bool, err error)
}

// ErrUnverified says that a webhook did not come from the network.
var ErrUnverified = errors.New("channel: webhook not verified")

// RefusedError says that a network refused a message for good: it was not sent and sending it again would not help.
type RefusedError struct {
	Code   string // the network's own
	Reason string // in words, without the message's text
}

// Error gives the network's reason and code.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("channel: refused by the network: %s (code %s)", e.Reason, e.Code)
}
