package inbox

import (
	"errors"
	"fmt"
	"time"

	"github.com/deskwright/deskwright/storage"
	"github.com/google/uuid"
)

// InputError says what is wrong with something that was passed in. It is a storage.ErrInvalid.
type InputError struct {
	Field   string // which part
	Problem string // what is wrong with it, without its content
}

func (e *InputError) Error() string { return fmt.Sprintf("inbox: %s %s", e.Field, e.Problem) }

// Unwrap makes it a storage.ErrInvalid.
func (e *InputError) Unwrap() error { return storage.ErrInvalid }

// MissingError says that something a command names does not exist, or not for this actor. It is a storage.ErrNotFound.
type MissingError struct {
	What string // "conversation", "account", "agent", ...
}

func (e *MissingError) Error() string { return fmt.Sprintf("inbox: no such %s", e.What) }

// Unwrap makes it a storage.ErrNotFound.
func (e *MissingError) Unwrap() error { return storage.ErrNotFound }

// ConflictError says that a conversation is no longer at the revision that the command was conditional on. It is a
// storage.ErrConflict. Nothing was changed.
type ConflictError struct {
	Revision int64 // where the conversation is now
	Assignee Assignee
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("inbox: the conversation has changed: it is at revision %d", e.Revision)
}

// Unwrap makes it a storage.ErrConflict.
func (e *ConflictError) Unwrap() error { return storage.ErrConflict }

// VersionError says that a settings document is no longer at the version that was to be replaced. It is a storage.ErrConflict.
// Nothing was changed.
type VersionError struct{ Version int64 }

func (e *VersionError) Error() string {
	return fmt.Sprintf("inbox: the setting has changed: it is at version %d", e.Version)
}

// Unwrap makes it a storage.ErrConflict.
func (e *VersionError) Unwrap() error { return storage.ErrConflict }

// KeyError says that a command key was used before for another request. It is a storage.ErrInvalid. Nothing was changed.
type KeyError struct{ Key string }

func (e *KeyError) Error() string {
	return fmt.Sprintf("inbox: key %q was used for another request", e.Key)
}

// Unwrap makes it a storage.ErrInvalid.
func (e *KeyError) Unwrap() error { return storage.ErrInvalid }

// TransitionError says that the state table has no row for a trigger.
type TransitionError struct {
	From    State
	Trigger Trigger
}

func (e *TransitionError) Error() string {
	return fmt.Sprintf("inbox: %s does not apply to a conversation that is %s", e.Trigger, e.From)
}

// ResolveError says what must be there before the conversation can be resolved.
type ResolveError struct {
	Reason bool // a reason is missing
	Topic  bool // a topic is missing
}

func (e *ResolveError) Error() string {
	switch {
	case e.Reason && e.Topic:
		return "inbox: resolving needs a reason and a topic"
	case e.Reason:
		return "inbox: resolving needs a reason"
	}
	return "inbox: resolving needs a topic"
}

// OpenError says that the thread of a resolved conversation has another one that is open.
type OpenError struct{ Conversation ConversationID }

func (e *OpenError) Error() string {
	return fmt.Sprintf("inbox: the thread has another open conversation: %s", e.Conversation)
}

// HeldError says that another bot holds the conversation.
type HeldError struct {
	Bot   string
	Until time.Time
}

func (e *HeldError) Error() string {
	return fmt.Sprintf("inbox: held by bot %s until %s", e.Bot, e.Until.Format(time.RFC3339))
}

// PermissionError says that the actor may not do it. Nothing was changed.
type PermissionError struct {
	Permission Permission
}

func (e *PermissionError) Error() string {
	return fmt.Sprintf("inbox: not permitted: %s", e.Permission)
}

// TakenError says that an account or a name is already in use.
type TakenError struct {
	What string // "account", "topic", ...
	ID   uuid.UUID
}

func (e *TakenError) Error() string { return fmt.Sprintf("inbox: this %s exists already", e.What) }

// Unwrap makes it a storage.ErrConflict.
func (e *TakenError) Unwrap() error { return storage.ErrConflict }

// isMissing reports whether an error says that there is no such thing.
func isMissing(err error) bool { return errors.Is(err, storage.ErrNotFound) }
