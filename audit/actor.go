package audit

import (
	"fmt"
	"slices"
)

// ActorKind says what sort of actor did something. The zero value is nobody, with the empty text form. The numbers
// are hashed, so they are never given a new meaning.
type ActorKind uint8

// The kinds of actor.
const (
	ActorPerson     ActorKind = 1 // a person who works with the inbox: "person"
	ActorAutomation ActorKind = 2 // a rule that the tenant has set up: "automation"
	ActorBot        ActorKind = 3 // a program that works through the inbox as a person does: "bot"
	ActorSystem     ActorKind = 4 // the inbox itself, or the program it is part of: "system"
	ActorElsewhere  ActorKind = 5 // somebody who worked past the inbox, in the network's own app: "elsewhere"
	ActorContact    ActorKind = 6 // the one who writes to us: "contact"
)

var actorKinds = [...]string{
	ActorPerson:     "person",
	ActorAutomation: "automation",
	ActorBot:        "bot",
	ActorSystem:     "system",
	ActorElsewhere:  "elsewhere",
	ActorContact:    "contact",
}

// String returns the text form of k, or its number when it is none of the constants.
func (k ActorKind) String() string {
	if int(k) < len(actorKinds) {
		return actorKinds[k]
	}
	return fmt.Sprintf("ActorKind(%d)", uint8(k))
}

// MarshalText returns the text form of k. A number that is none of the constants is an error.
func (k ActorKind) MarshalText() ([]byte, error) {
	if int(k) < len(actorKinds) {
		return []byte(actorKinds[k]), nil
	}
	return nil, fmt.Errorf("audit: no text form for actor kind %d", uint8(k))
}

// UnmarshalText sets k to what a text form says. Any other text is an error and leaves k as it was.
func (k *ActorKind) UnmarshalText(text []byte) error {
	at := slices.Index(actorKinds[:], string(text))
	if at < 0 {
		return fmt.Errorf("audit: unknown actor kind %q", text)
	}
	*k = ActorKind(at)
	return nil
}

// Actor is who did something, written down by value: the entry still says it when the account behind it is gone.
// The zero value is nobody.
//
// It is hashed as it stands, so unlike content it can never be removed. Of a contact, who may ask to be forgotten, it
// should hold an id that means nothing by itself, and no name.
type Actor struct {
	Kind ActorKind `json:"kind"`
	ID   string    `json:"id"`   // as the host or the engine knows the actor; unique within the kind; may be empty
	Name string    `json:"name"` // as it was shown to people at the time; may be empty
}
