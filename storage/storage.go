// Package storage is the vocabulary that everybody who stores or reads conversations shares: what missing, conflicting, busy and
// unknown mean, and how a page is asked for.
//
// The port that a store implements is declared where it is used: inbox.Store. Ready stores are storage/memory and its
// neighbours; storagetest is the contract as a test suite for a store of one's own.
package storage

import "errors"

var (
	// ErrNotFound says that there is no such thing, or none that the caller may see: a foreign id and a random one get the
	// same answer.
	ErrNotFound = errors.New("storage: not found")

	// ErrConflict says that something changed in between, or that a unique key is taken. Nothing was written.
	ErrConflict = errors.New("storage: conflict")

	// ErrBusy says that the store could not get to it in time. Nothing was written; it may be tried again.
	ErrBusy = errors.New("storage: busy")

	// ErrUnknown says that the answer to a commit was lost: it was written whole or not at all, and nobody knows which.
	ErrUnknown = errors.New("storage: outcome unknown")

	// ErrInvalid says that what was asked for makes no sense: the same call will never succeed.
	ErrInvalid = errors.New("storage: invalid")

	// ErrReadOnly says that the store cannot be written to: it is full, or may only be read. Nothing was written; reads go on.
	ErrReadOnly = errors.New("storage: full or read-only")

	// ErrClosed says that whoever owns the store's database has closed it. Nothing was written, and nothing will be.
	ErrClosed = errors.New("storage: closed")
)

// Cursor is a place in an ordered list, made by the library and opaque to its callers. Empty is the beginning.
type Cursor string
