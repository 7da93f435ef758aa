package channel_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	. "github.com/deskwright/deskwright/channel"
)

func TestAdapterFunc(t *testing.T) {
	refusal := &RefusedError{Code: "10900", Reason: "answered already"}
	var adapter Adapter = AdapterFunc(func(_ context.Context, s Sending) (Sent, error) {
		if s.Text == "" {
			return Sent{}, fmt.Errorf("sending %s: %w", s.Key, refusal)
		}
		return Sent{ExternalID: "m_" + s.Key}, nil
	})
	if sent, err := adapter.Send(t.Context(), Sending{Key: "1", Text: "hello"}); err != nil || sent.ExternalID != "m_1" {
		t.Errorf("%v, %v", sent, err)
	}
	var refused *RefusedError
	if _, err := adapter.Send(t.Context(), Sending{Key: "2"}); !errors.As(err, &refused) || refused != refusal {
		t.Errorf("%v", err)
	}
}

func TestAccountHas(t *testing.T) {
	if (Account{}).Has(HumanAgent) {
		t.Error("an account without features has one")
	}
	account := Account{Features: []Feature{TelegramBusiness}}
	if account.Has(HumanAgent) || !account.Has(TelegramBusiness) {
		t.Error("the features are mixed up")
	}
}
