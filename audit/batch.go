package audit

import (
	"crypto/sha256"

	"github.com/google/uuid"
)

// Batch stands for the entries that one transaction has written for one tenant. Batches follow each other without
// gaps; they are what fixes the order of entries of different subjects.
type Batch struct {
	Tenant  uuid.UUID
	First   int64 // position of its first entry
	Count   int64 // number of its entries, at least 1
	Root    Hash  // of its entries, as RootOf computes it
	Chained Hash  // of the tenant's log up to and including this batch: Head.Root after it
}

// RootOf returns the hash over the hashes of entries, in the order given, which is the order in which they get
// their positions. The entries must have been appended to their chains.
func RootOf(entries []Entry) Hash {
	sum := sha256.New()
	sum.Write([]byte{2})
	for i := range entries {
		sum.Write(entries[i].Hash[:])
	}
	var root Hash
	sum.Sum(root[:0])
	return root
}

// Head is where a tenant's log ends. One is kept per tenant and moved by every batch; a copy of it, exported, is a
// checkpoint that proves later that the log up to there is still the same. A new tenant's head has Position 0 and a
// zero Root.
//
// In JSON, position is a string. A Head must not be used by two goroutines at once.
type Head struct {
	Tenant   uuid.UUID `json:"tenant"`
	Position int64     `json:"position,string"` // of the last entry; 0: there is none
	Root     Hash      `json:"root"`            // of everything so far: Batch.Chained of the last batch
}

// Seal ends the log with entries, which are those of one transaction: it gives them their positions, moves the head
// past them and returns their batch. They must have been appended to their chains. Nothing is to be stored for no
// entries: the head stays where it is and the batch returned is the zero Batch.
//
// Seal panics when an entry is of another tenant, because a log sealed with it could never be verified again.
func (h *Head) Seal(entries []Entry) Batch {
	for i := range entries {
		if entries[i].Tenant != h.Tenant {
			panic("audit: sealing an entry of another tenant")
		}
	}
	for i := range entries {
		entries[i].Position = h.Position + 1 + int64(i)
	}
	return h.SealRoot(int64(len(entries)), RootOf(entries))
}

// SealRoot is Seal for a store that has written the entries before and only kept how many they were and their
// [RootOf]. Their positions are then Batch.First and following, in the order that the root was made in. A count
// below 1 moves nothing and returns the zero Batch.
func (h *Head) SealRoot(count int64, root Hash) Batch {
	if count < 1 {
		return Batch{}
	}
	b := Batch{Tenant: h.Tenant, First: h.Position + 1, Count: count, Root: root}
	b.Chained = b.chain(h.Root)
	h.Position, h.Root = h.Position+count, b.Chained
	return b
}

// chain computes Chained from the rest of the batch and the root before it.
func (b *Batch) chain(previous Hash) Hash {
	var stack [128]byte
	bytes := append(stack[:0], 3)
	bytes = append(bytes, previous[:]...)
	bytes = append(bytes, b.Tenant[:]...)
	bytes = appendInt(bytes, b.First)
	bytes = appendInt(bytes, b.Count)
	bytes = append(bytes, b.Root[:]...)
	return sha256.Sum256(bytes)
}
