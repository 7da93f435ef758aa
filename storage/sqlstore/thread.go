package sqlstore

import (
	"github.com/deskwright/deskwright/inbox"
	"github.com/google/uuid"
)

var threads = table{"thread", 1, "id, version, account, identity, visibility, key, conversation"}

var insertThread, updateThread = threads.insert(), threads.update()

func (t *tx) putThread(tenant *uuid.UUID, th *inbox.Thread) error {
	return t.guarded("thread", insertThread, updateThread, 1, th.Version, append(bindThread(t.args[:0], th), tenant[:]))
}

func bindThread(to []any, th *inbox.Thread) []any {
	return append(to, th.ID.UUID[:], th.Version, th.Account.UUID[:], th.Identity.UUID[:], string(th.Visibility), th.Key,
		optional(&th.Conversation.UUID))
}

func scanThread(to []any, th *inbox.Thread) []any {
	return append(to, &th.ID.UUID, (*number)(&th.Version), &th.Account.UUID, &th.Identity.UUID, (*text)(&th.Visibility), (*text)(&th.Key),
		&th.Conversation.UUID)
}
