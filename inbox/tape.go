package inbox

import "github.com/google/uuid"

// slot names one id that a command may need.
type slot int

const (
	causeSlot slot = iota
	contactSlot
	threadSlot
	conversationSlot
	messageSlot
	noteSlot
	documentSlot
	identitySlot // and the following, one per address
	slots        = identitySlot + maxAddresses
)

// maxAddresses is how many addresses one person may be named by.
const maxAddresses = 8

// tape holds the ids of one command. An id is made when it is first asked for and stays the same when the command is decided
// again.
type tape struct {
	next func() uuid.UUID
	ids  [slots]uuid.UUID
}

func (t *tape) id(s slot) uuid.UUID {
	if t.ids[s] == uuid.Nil {
		t.ids[s] = t.next()
	}
	return t.ids[s]
}
