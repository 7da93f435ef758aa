package audit

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
)

// Action names what happened, as "message.received". The names are the engine's, except [ActionContentRemoved].
// They are hashed, so an action is never renamed.
type Action string

// Class separates what people want to see from what is only kept. The zero value is no class, with the empty text
// form. The numbers are hashed, so they are never given a new meaning.
type Class uint8

// The classes.
const (
	ClassTrail  Class = 1 // shown to people as the subject's history: "trail"
	ClassDetail Class = 2 // kept for proof and replay, such as receipts: "detail"
)

var classes = [...]string{ClassTrail: "trail", ClassDetail: "detail"}

// String returns the text form of c, or its number when it is none of the constants.
func (c Class) String() string {
	if int(c) < len(classes) {
		return classes[c]
	}
	return fmt.Sprintf("Class(%d)", uint8(c))
}

// MarshalText returns the text form of c. A number that is none of the constants is an error.
func (c Class) MarshalText() ([]byte, error) {
	if int(c) < len(classes) {
		return []byte(classes[c]), nil
	}
	return nil, fmt.Errorf("audit: no text form for class %d", uint8(c))
}

// UnmarshalText sets c to what a text form says. Any other text is an error and leaves c as it was.
func (c *Class) UnmarshalText(text []byte) error {
	at := slices.Index(classes[:], string(text))
	if at < 0 {
		return fmt.Errorf("audit: unknown class %q", text)
	}
	*c = Class(at)
	return nil
}

// Entry is one fact of the log. Whoever records it fills in everything but Position, Seq, Commitment and Hash;
// [Chain.Append] and [Head.Seal] give those. After that an entry does not change, except that its content may be
// removed once (Data becomes nil).
type Entry struct {
	Tenant   uuid.UUID // whose log it stands in
	Position int64     // place in the tenant's log, from 1 without gaps; 0: not given yet
	Subject  Subject   // what it is about
	Seq      int64     // place in the subject's chain, from 1 without gaps; 0: not appended yet
	Time     time.Time // when it happened, in UTC and whole microseconds
	Actor    Actor     // who did it
	Action   Action    // what happened
	Class    Class     // who wants to see it
	Cause    uuid.UUID // the same for all entries of one command

	// Data is the content, a JSON object. Nil means that there is none: it was removed, or, when Commitment is
	// zero, there never was any. Empty is not nil: stores must keep the two apart.
	Data []byte

	Commitment Hash // to Data, under the key of the subject's chain; covered by Hash, as Data itself is not
	Hash       Hash // covers the entry before it in the subject's chain and every field but Position and Data
}

// Removed reports whether the entry had content that is no longer there.
func (e Entry) Removed() bool { return e.Data == nil && !e.Commitment.IsZero() }

// hash computes the entry's Hash. The package comment describes the bytes.
func (e *Entry) hash(previous Hash) Hash {
	var stack [512]byte
	b := append(stack[:0], 1)
	b = append(b, previous[:]...)
	b = append(b, e.Tenant[:]...)
	b = appendText(b, string(e.Subject.Kind))
	b = append(b, e.Subject.ID[:]...)
	b = appendInt(b, e.Seq)
	b = appendInt(b, e.Time.UnixMicro())
	b = append(b, byte(e.Actor.Kind))
	b = appendText(b, e.Actor.ID)
	b = appendText(b, e.Actor.Name)
	b = appendText(b, string(e.Action))
	b = append(b, byte(e.Class))
	b = append(b, e.Cause[:]...)
	b = append(b, e.Commitment[:]...)
	return sha256.Sum256(b)
}

func appendInt(b []byte, n int64) []byte { return binary.BigEndian.AppendUint64(b, uint64(n)) }

func appendText(b []byte, text string) []byte { return append(appendInt(b, int64(len(text))), text...) }

// entryJSON is the JSON form of an Entry. Data is a string that holds the content's text, because a JSON object
// would come back with other bytes than were committed to.
type entryJSON struct {
	Tenant     uuid.UUID `json:"tenant"`
	Position   int64     `json:"position,string"`
	Subject    Subject   `json:"subject"`
	Seq        int64     `json:"seq,string"`
	Time       time.Time `json:"time"`
	Actor      Actor     `json:"actor"`
	Action     Action    `json:"action"`
	Class      Class     `json:"class"`
	Cause      uuid.UUID `json:"cause"`
	Data       *string   `json:"data"`
	Commitment Hash      `json:"commitment"`
	Hash       Hash      `json:"hash"`
}

// MarshalJSON writes the entry for export. Position and Seq are strings, the time is RFC 3339 in UTC, ids and
// hashes have their text forms, and data is a string with the content's text, byte for byte, or null. Text that is
// not valid UTF-8 is an error, as is a kind or class without a text form.
func (e Entry) MarshalJSON() ([]byte, error) {
	out := entryJSON{
		Tenant: e.Tenant, Position: e.Position, Subject: e.Subject, Seq: e.Seq, Time: e.Time.UTC(), Actor: e.Actor,
		Action: e.Action, Class: e.Class, Cause: e.Cause, Commitment: e.Commitment, Hash: e.Hash,
	}
	if e.Data != nil {
		text := string(e.Data)
		out.Data = &text
	}
	for _, text := range []string{string(e.Data), string(e.Subject.Kind), e.Actor.ID, e.Actor.Name, string(e.Action)} {
		if !utf8.ValidString(text) {
			return nil, errors.New("audit: an entry whose text is not valid UTF-8 has no JSON form")
		}
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads what MarshalJSON has written. On an error e is left as it was.
func (e *Entry) UnmarshalJSON(text []byte) error {
	var in entryJSON
	if err := json.Unmarshal(text, &in); err != nil {
		return fmt.Errorf("audit: reading an entry: %w", err)
	}
	*e = Entry{
		Tenant: in.Tenant, Position: in.Position, Subject: in.Subject, Seq: in.Seq, Time: in.Time, Actor: in.Actor,
		Action: in.Action, Class: in.Class, Cause: in.Cause, Commitment: in.Commitment, Hash: in.Hash,
	}
	if in.Data != nil {
		e.Data = []byte(*in.Data)
	}
	return nil
}
