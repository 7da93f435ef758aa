package inbox

import (
	"context"
	"slices"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/contact"
)

// Permission names something that not everybody may do.
type Permission string

const (
	MayManage         Permission = "manage_conversations" // states, assignment, topics, notes, read marks
	MayTakeOver       Permission = "take_over"            // change what is assigned to another agent
	MayReplyPublic    Permission = "reply_public"
	MayReplyPrivate   Permission = "reply_private"
	MayActSocially    Permission = "social_actions"
	MayMask           Permission = "mask"
	MayBulkResolve    Permission = "bulk_resolve"
	MayManageContacts Permission = "manage_contacts"
	MayOthersNotes    Permission = "others_notes" // edit and delete the notes of others
	MayExplain        Permission = "explain"
	MaySettings       Permission = "settings"
	MayErase          Permission = "erase"
)

// Permissions returns all permissions, in a fixed order.
func Permissions() []Permission {
	return []Permission{MayManage, MayTakeOver, MayReplyPublic, MayReplyPrivate, MayActSocially, MayMask, MayBulkResolve, MayManageContacts,
		MayOthersNotes, MayExplain, MaySettings, MayErase}
}

// Object is what a permission is asked for, with everything already resolved. Parts that do not apply are zero.
type Object struct {
	Tenant       Tenant
	Account      channel.AccountID
	Visibility   channel.Visibility
	Conversation ConversationID
	Message      MessageID
	Note         NoteID
	Contact      contact.ID
	Document     DocumentKey
}

// Access is the host's word on who may do and see what. It is asked once per command for every permission the command needs,
// after everything the command names has been found, and again when the command is decided again. It may do I/O and is called
// from many goroutines. An error refuses the command and is returned. It must not itself give commands about the object: commands on
// one conversation take turns, and it would wait for the one that asks.
type Access interface {
	May(context.Context, Actor, Permission, Object) (bool, error)

	// Sight says whose conversations the actor sees. What it does not see does not exist for it, in lists and by id.
	Sight(context.Context, Tenant, Actor) (Sight, error)
}

// Sight is which accounts an actor sees. The zero Sight sees none.
type Sight struct {
	All      bool
	Accounts []channel.AccountID
}

// Sees reports whether the account is in sight.
func (s Sight) Sees(id channel.AccountID) bool { return s.All || slices.Contains(s.Accounts, id) }

// Role is a ready set of permissions, for hosts without an Access of their own.
type Role string

const (
	RoleAgent         Role = "agent"         // works on conversations
	RoleSupervisor    Role = "supervisor"    // also bulk resolve, masking, others' notes, explain
	RoleAdministrator Role = "administrator" // also settings and erasing
)

var grants = map[Role][]Permission{
	RoleAgent: {MayManage, MayTakeOver, MayReplyPublic, MayReplyPrivate, MayActSocially, MayManageContacts},
	RoleSupervisor: {MayManage, MayTakeOver, MayReplyPublic, MayReplyPrivate, MayActSocially, MayManageContacts,
		MayBulkResolve, MayMask, MayOthersNotes, MayExplain},
	RoleAdministrator: Permissions(),
}

// May reports whether the role has the permission. The empty role is RoleAgent; a role that does not exist has none.
func (r Role) May(p Permission) bool {
	if r == "" {
		r = RoleAgent
	}
	return slices.Contains(grants[r], p)
}

// roles is the Access of hosts that have none: every actor has the role it carries and sees every account of its tenant.
type roles struct{}

func (roles) May(_ context.Context, a Actor, p Permission, _ Object) (bool, error) {
	return a.Role.May(p), nil
}

func (roles) Sight(context.Context, Tenant, Actor) (Sight, error) { return Sight{All: true}, nil }

// allowed asks for one permission. The system is never asked for.
func (b *Inbox) allowed(ctx context.Context, a Actor, p Permission, o Object) error {
	if a.Kind == audit.ActorSystem {
		return nil
	}
	ok, err := b.access.May(ctx, a, p, o)
	if err == nil && !ok {
		err = &PermissionError{Permission: p}
	}
	return err
}

// sight asks what the actor sees.
func (b *Inbox) sight(ctx context.Context, a Actor) (Sight, error) {
	if a.Kind == audit.ActorSystem {
		return Sight{All: true}, nil
	}
	return b.access.Sight(ctx, b.tenant, a)
}
