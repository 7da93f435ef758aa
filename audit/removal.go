package audit

import "encoding/json"

// ActionContentRemoved is the action of the entry that accounts for content taken away, by retention or for a
// person who asked for it. Its Data is the JSON of a [Removal] and nothing else: it is the one content that is
// committed to without a key, and must never be removed itself.
const ActionContentRemoved Action = "content.removed"

// Removal is the content of an entry with [ActionContentRemoved]: it says that entries From to To of a subject,
// both included, may be without their content. It covers only entries that come before it in the tenant's log. It
// may stand in the chain of any subject of the tenant.
//
// In JSON it is {"subject":{"kind":"conversation","id":"..."},"from":1,"to":7}.
type Removal struct {
	Subject Subject `json:"subject"`
	From    int64   `json:"from"` // a Seq of the subject
	To      int64   `json:"to"`   // a Seq of the subject
}

// removal reads the content of e. What is no removal in the form above accounts for nothing.
func removal(e *Entry) (Removal, bool) {
	var r Removal
	err := json.Unmarshal(e.Data, &r)
	return r, err == nil && r.From >= 1
}
