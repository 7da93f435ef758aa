package audit

import "github.com/google/uuid"

// SubjectKind says what sort of thing a subject is. The constants are the kinds that have a chain of their own;
// the value is hashed as it is, so a kind is never renamed.
type SubjectKind string

// The kinds of subject.
const (
	SubjectConversation SubjectKind = "conversation" // one conversation
	SubjectContact      SubjectKind = "contact"      // one contact, with its identities
	SubjectSetting      SubjectKind = "setting"      // one settings document
)

// Subject is what an entry is about, and whose chain the entry belongs to. It is comparable and can be a map key.
// The id need only be unique within its tenant and kind.
type Subject struct {
	Kind SubjectKind `json:"kind"`
	ID   uuid.UUID   `json:"id"`
}

// String returns the subject for people and logs, as "conversation/0198d0c5-...".
func (s Subject) String() string { return string(s.Kind) + "/" + s.ID.String() }
