package audit

import (
	"crypto/sha256"
	"crypto/subtle"
	"time"
)

// Chain is the head of one subject's chain of entries. It is kept in the subject's own row, and whatever guards
// that row against two writers guards the chain. The zero value, with a Key, is the chain of a new subject.
//
// A Chain must not be used by two goroutines at once.
type Chain struct {
	Seq  int64 // number of entries so far
	Hash Hash  // of the last entry; zero when there is none
	// Key makes the commitments to this subject's content: 16 random bytes, drawn when the subject is made and
	// never exported. As long as it exists, content can be checked against an entry; once it and the content are
	// destroyed, short values (a telephone number) cannot be found out by trying them all. It may be replaced when
	// no content under it is left; replaced earlier, the content left no longer matches.
	Key [16]byte
}

// Append makes e the next entry of the chain: it sets Seq, Commitment and Hash of e and moves c on to it. Every
// other field but Position must be in place, and stay as it is afterwards. e.Time is brought to UTC and whole
// microseconds, since only those are hashed. Append does not look at the subject of e: the caller has the chain of
// that subject.
func (c *Chain) Append(e *Entry) {
	e.Time = e.Time.UTC().Truncate(time.Microsecond)
	e.Seq = c.Seq + 1
	e.Commitment = c.commitment(e)
	e.Hash = e.hash(c.Hash)
	c.Seq, c.Hash = e.Seq, e.Hash
}

// Commits reports whether the content of e is what was there when e was appended under c.Key. The
// comparison takes the same time whatever differs. An entry whose content was removed does not match.
//
// Only c.Key matters, so the head of the chain as it is now does for all entries. For entries with
// [ActionContentRemoved] not even that matters: any Chain answers the same.
func (c Chain) Commits(e Entry) bool {
	made := c.commitment(&e)
	return subtle.ConstantTimeCompare(made[:], e.Commitment[:]) == 1
}

// commitment computes what e.Commitment is, or should be, from e.Action, e.Seq and e.Data.
func (c *Chain) commitment(e *Entry) Hash {
	switch {
	case e.Data == nil:
		return Hash{}
	case e.Action == ActionContentRemoved:
		return commit([16]byte{}, e.Seq, e.Data)
	default:
		return commit(c.Key, e.Seq, e.Data)
	}
}

// commit is HMAC-SHA256(key, seq ‖ data), written out so that content of usual size stays on the stack.
func commit(key [16]byte, seq int64, data []byte) Hash {
	var stack [1024]byte
	inner := append(stack[:0], pad(key, 0x36)...)
	inner = appendInt(inner, seq)
	inner = append(inner, data...)
	sum := sha256.Sum256(inner)

	outer := append(stack[:0], pad(key, 0x5c)...)
	outer = append(outer, sum[:]...)
	return sha256.Sum256(outer)
}

// pad is the key filled up to a block of SHA-256 and mixed with b, as HMAC wants it.
func pad(key [16]byte, b byte) []byte {
	var block [sha256.BlockSize]byte
	copy(block[:], key[:])
	for i := range block {
		block[i] ^= b
	}
	return block[:]
}
