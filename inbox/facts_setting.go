package inbox

import (
	"encoding/json"

	"github.com/google/uuid"
)

// settingSaved says what a settings document holds.
type settingSaved struct {
	Kind DocumentKind    `json:"kind"`
	ID   uuid.UUID       `json:"id"`
	Body json.RawMessage `json:"body"`
}

func (*settingSaved) spec() spec { return ofSetting(SettingSaved) }

func (f *settingSaved) encode(b []byte) []byte {
	o := begin(b)
	o.text("kind", string(f.Kind))
	o.id("id", f.ID)
	o.name("body")
	o.b = append(o.b, f.Body...)
	return o.end()
}

func (f *settingSaved) apply(s *Snapshot, _ moment) {
	s.Document.DocumentKey = DocumentKey{Kind: f.Kind, ID: f.ID}
	s.Document.Body, s.Document.Deleted = f.Body, false
}

// settingDeleted says that a settings document no longer counts.
type settingDeleted struct {
	Kind DocumentKind `json:"kind"`
	ID   uuid.UUID    `json:"id"`
}

func (*settingDeleted) spec() spec { return ofSetting(SettingDeleted) }

func (f *settingDeleted) encode(b []byte) []byte {
	o := begin(b)
	o.text("kind", string(f.Kind))
	o.id("id", f.ID)
	return o.end()
}

func (f *settingDeleted) apply(s *Snapshot, _ moment) { s.Document.Deleted = true }
