package inbox

import (
	"crypto/rand"
	"encoding/json"
	"slices"
	"time"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/channel"
	"github.com/google/uuid"
)

// decision is one command being decided: what was found, what has been decided so far, and what will be written. It does no I/O
// and asks no clock.
type decision struct {
	snap  *Snapshot // as found, with the facts decided so far applied
	set   *settings
	actor Actor
	by    audit.Actor // as log entries name who did it
	now   time.Time
	paper *paper
	tape  *tape

	before  found // the conversation
	change  Change
	buffer  []byte
	touched [3]bool // conversation, contact, setting: has new facts
	trail   bool    // one of the conversation's facts is of the trail
	dirty   []MessageID
	written []NoteID
	result  Result
}

// paper is what one command is decided on: room for its ids, facts and entries. It is used again for other commands, so that a
// command allocates little; stores keep nothing of what is passed to them.
type paper struct {
	arrival  arrival // of Receive, and its command
	command  command
	tape     tape
	decision decision
	turn     turn
	lost     bool // somebody else may still be at it: it must not be used again

	snap       Snapshot
	snaps      [1]*Snapshot // which is snap
	changes    [1]Change
	stored     messageStored
	identities [2]Identity
	messages   [2]Message
	arrivals   [1]Arrival
	entries    [4]audit.Entry
	dues       [1]Due
	totals     [1]TotalsDelta
	dirty      [2]MessageID
	buffer     [1024]byte
}

// decide begins a decision, and forgets the one before.
func (p *paper) decide(snap *Snapshot, set *settings, actor Actor, by audit.Actor, now time.Time) *decision {
	c := &snap.Conversation
	p.decision = decision{paper: p, tape: &p.tape, snap: snap, set: set, actor: actor, by: by, now: now,
		before: found{version: c.Version, seq: c.Chain.Seq, state: c.State},
		dirty:  p.dirty[:0], buffer: p.buffer[:0],
		change: Change{Tenant: snap.Ref.Tenant, Arrivals: p.arrivals[:0], Entries: p.entries[:0], Dues: p.dues[:0], Totals: p.totals[:0]},
	}
	return &p.decision
}

// snapshot begins a load.
func (p *paper) snapshot(ref Ref) *Snapshot {
	p.snap = Snapshot{Ref: ref, Identities: p.identities[:0], Messages: p.messages[:0]}
	p.snaps[0] = &p.snap
	return &p.snap
}

// found is what a conversation was before the decision.
type found struct {
	version, seq int64
	state        State
}

// nothing reports whether nothing would be written.
func (d *decision) nothing() bool {
	return len(d.change.Entries) == 0 && len(d.change.Arrivals) == 0 && len(d.change.Dues) == 0
}

// record makes a fact true and writes its log entry.
func (d *decision) record(f fact) {
	spec := f.spec()
	at := moment{at: d.now, seq: d.chain(spec.subject).Seq + 1}
	f.apply(d.snap, at)

	from := len(d.buffer)
	d.buffer = f.encode(d.buffer)
	d.change.Entries = append(d.change.Entries, audit.Entry{
		Tenant:  d.change.Tenant.UUID,
		Subject: d.subject(spec.subject),
		Time:    d.now,
		Actor:   d.by,
		Action:  spec.action,
		Class:   spec.class,
		Cause:   d.tape.id(causeSlot),
		Data:    d.buffer[from:len(d.buffer):len(d.buffer)],
	})
	chain := d.chain(spec.subject)
	if chain.Seq == 0 {
		_, _ = rand.Read(chain.Key[:]) // never fails
	}
	chain.Append(&d.change.Entries[len(d.change.Entries)-1])
	switch spec.subject {
	case audit.SubjectConversation:
		d.touched[0] = true
		d.trail = d.trail || spec.class == audit.ClassTrail
	case audit.SubjectContact:
		d.touched[1] = true
	case audit.SubjectSetting:
		d.touched[2] = true
	}
}

// chain returns the chain of the subject that facts of the kind are about.
func (d *decision) chain(k audit.SubjectKind) *audit.Chain {
	switch k {
	case audit.SubjectContact:
		return &d.snap.Contact.Chain
	case audit.SubjectSetting:
		return &d.snap.Document.Chain
	}
	return &d.snap.Conversation.Chain
}

// subject names the subject that facts of the kind are about.
func (d *decision) subject(k audit.SubjectKind) audit.Subject {
	switch k {
	case audit.SubjectContact:
		return audit.Subject{Kind: k, ID: d.snap.Contact.ID.UUID}
	case audit.SubjectSetting:
		return audit.Subject{Kind: k, ID: d.snap.Document.ID}
	}
	return audit.Subject{Kind: k, ID: d.snap.Conversation.ID.UUID}
}

// recordOf is record for facts that change a message.
func (d *decision) recordOf(id MessageID, f fact) {
	d.record(f)
	if !slices.Contains(d.dirty, id) {
		d.dirty = append(d.dirty, id)
	}
}

// recordOn is record for facts that change a note.
func (d *decision) recordOn(id NoteID, f fact) {
	d.record(f)
	d.written = append(d.written, id)
}

// finish turns what was decided into the change to commit.
func (d *decision) finish() *Change {
	if d.touched[0] {
		c := &d.snap.Conversation
		c.Version = d.before.version + 1
		if d.trail {
			c.Revision++
			c.Changed = d.now
		}
		settle(c)
		d.change.Conversation = c
		d.change.Totals = totalsDelta(d.change.Totals, d.before, c)
	}
	if d.touched[1] {
		d.snap.Contact.Version++
		d.change.Contact = &d.snap.Contact
	}
	if d.touched[2] {
		d.snap.Document.Version++
		d.change.Documents = append(d.change.Documents, d.snap.Document)
	}
	d.change.Messages = d.messages()
	for _, id := range d.written {
		d.change.Notes = append(d.change.Notes, *d.snap.note(id))
	}
	return &d.change
}

// messages returns the messages that have changed.
func (d *decision) messages() []Message {
	if all := d.snap.Messages; len(all) == len(d.dirty) {
		return all
	}
	changed := make([]Message, 0, len(d.dirty))
	for _, id := range d.dirty {
		changed = append(changed, *d.snap.message(id))
	}
	return changed
}

// patience is how long a conversation without a running clock may stay before it must be looked at.
const patience = 5 * 24 * time.Hour

// settle brings everything derived into line with the facts. It runs at the end of every decision and nowhere else.
func settle(c *Conversation) {
	switch {
	case c.State == StateResolved:
		c.Due = time.Time{}
	case !c.WaitingSince.IsZero():
		c.Due = c.WaitingSince.Add(patience)
	default:
		c.Due = c.Changed.Add(patience)
	}
}

// totalsDelta appends what a conversation's move does to its account's totals.
func totalsDelta(to []TotalsDelta, before found, after *Conversation) []TotalsDelta {
	if before.version > 0 && before.state == after.State {
		return to
	}
	delta := TotalsDelta{Account: after.Account}
	if before.version > 0 {
		delta.add(before.state, -1)
	}
	delta.add(after.State, 1)
	if delta.Totals == (Totals{}) {
		return to
	}
	return append(to, delta)
}

func (t *Totals) add(s State, n int64) {
	switch s {
	case StateNew:
		t.New += n
	case StatePending:
		t.Pending += n
	}
}

// object is what permissions are asked for: the conversation at hand.
func (s *Snapshot) object() Object {
	return Object{Tenant: s.Ref.Tenant, Account: s.Conversation.Account, Visibility: s.Conversation.Visibility, Conversation: s.Conversation.ID,
		Message: s.Ref.Message, Note: s.Ref.Note, Contact: s.Contact.ID, Document: s.Ref.Document}
}

// account returns the account of the conversation; one that was removed is known by its id only.
func (d *decision) account() Account {
	if a := d.set.accounts[d.snap.Conversation.Account]; a != nil {
		return *a
	}
	c := &d.snap.Conversation
	return Account{Account: channel.Account{ID: c.Account, AccountKey: channel.AccountKey{Network: c.Network}}, Paused: true}
}

// Result is what a command did. The same key gives the same result, marked as repeated.
type Result struct {
	Conversation ConversationID `json:"conversation,omitzero"`
	Revision     int64          `json:"revision,omitempty,string"`
	State        State          `json:"state,omitzero"`
	Assignee     Assignee       `json:"assignee,omitzero"`
	Message      MessageID      `json:"message,omitzero"`  // the message that was written
	Note         NoteID         `json:"note,omitzero"`     // the note that was added
	Document     uuid.UUID      `json:"document,omitzero"` // the setting that was saved
	Changed      bool           `json:"changed,omitempty"` // false: everything was so already and nothing was written
	Repeated     bool           `json:"-"`                 // it was done before under the same key: this is the answer of then
}

// answer completes the result of a decision.
func (d *decision) answer() Result {
	r, c := d.result, &d.snap.Conversation
	if c.ID.UUID != uuid.Nil {
		r.Conversation, r.Revision, r.State, r.Assignee = c.ID, c.Revision, c.State, c.Assignee
	}
	r.Changed = !d.nothing()
	return r
}

// answer is what is kept of a command under its key.
type answer struct {
	Result
	Setting json.RawMessage `json:"setting,omitempty"`
}

// keyed remembers the answer under the command's key.
func (d *decision) keyed(c *command, r Result) {
	body, err := json.Marshal(answer{r, c.setting})
	if err != nil { // an answer always has a JSON form
		panic("inbox: " + err.Error())
	}
	d.change.Keys = append(d.change.Keys, KeyRecord{Key: c.key, Hash: c.hash, Result: body, Time: d.now})
}
