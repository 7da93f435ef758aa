package inbox

import (
	"testing"
	"time"

	"github.com/deskwright/deskwright/channel"
	"github.com/google/uuid"
)

// BenchmarkDecideReply measures decide and settle of a person's reply, without load and commit.
func BenchmarkDecideReply(b *testing.B) {
	account := channel.AccountID{UUID: uuid.New()}
	acc := &Account{Account: channel.Account{ID: account, AccountKey: channel.AccountKey{Network: channel.WebChat, ExternalID: "1"}}}
	set := &settings{accounts: map[channel.AccountID]*Account{account: acc}}
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	agent := Actor{Kind: 1, Name: "Ann"}
	agent.Agent.UUID = uuid.New()
	found := Snapshot{Ref: Ref{Tenant: DefaultTenant}, Conversation: Conversation{ID: ConversationID{uuid.New()}, Version: 3, Revision: 3,
		Account: account, Network: channel.WebChat, Visibility: channel.Private, State: StateNew, WaitingSince: now}}
	found.Conversation.Chain.Seq = 3
	reply := Reply{Text: "I am looking into it and will be back in a minute."}
	sheet, ids := new(paper), &idSource{clock: systemClock{}}
	b.ReportAllocs()
	for b.Loop() {
		snap, room := sheet.snapshot(Ref{}), sheet.snap.Messages
		*snap, sheet.tape = found, tape{next: ids.next}
		snap.Messages = room
		d := sheet.decide(snap, set, agent, agent.logged(), now)
		if err := d.reply(reply, channel.Reply); err != nil {
			b.Fatal(err)
		}
		if d.finish().Conversation.State != StatePending {
			b.Fatal("not pending")
		}
	}
}

// BenchmarkTransition measures one look into the state table.
func BenchmarkTransition(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if to, err := NextState(StatePending, ContactWrites); err != nil || to != StateNew {
			b.Fatal(to, err)
		}
	}
}
