// Package audit is for proving what happened: who did what to which subject, in which order, and that
// nobody has changed the record since.
//
// It holds the values of an append-only log, the hashing that ties them together and the verification that
// takes a log apart again. It reads and writes nothing, starts nothing and never asks the time: a store keeps
// the rows, an engine decides what is worth an [Entry], and both call in here for the arithmetic.
//
// # Two chains
//
// Every [Subject] (a conversation, a contact, a setting) has a [Chain] of its own, whose head is kept in the
// subject's row. [Chain.Append] gives an entry the next number of its subject and a hash that covers the entry
// and the hash before it. Subjects do not wait for each other.
//
// Every tenant has one chain of batches. A transaction leaves one [Batch] for each tenant that it writes to,
// and [Head.Seal] numbers its entries through the tenant and chains the batch to the one before. Where numbering
// must not happen inside the transaction, it is done in two steps: [RootOf] when the entries are written,
// [Head.SealRoot] when their turn comes.
//
// A [Verifier] is shown all batches in order, then the heads, and says where the record is broken. It finds any
// entry that was changed, added, copied, moved or taken out, and content that was changed when it is given the keys.
// What it cannot see is an end that was cut off together with every head that remembers it, or a log that was written
// anew as a whole: against that, export the [Head] from time to time, keep it where the database's owner cannot reach
// it, and pass it to [NewVerifier]. Somebody who controls the database and every exported head can rewrite everything.
//
// # Content can be removed
//
// The hashes cover no content. They cover a commitment to it, made under a key that lies in the subject's row
// (see [Chain]). Content is removed by setting Data to nil and, once all content under a key is gone, putting a new
// key in its place; what remains says that something was written, by whom and when, and the value cannot be found out
// from it. The hashes hold as before. The removal itself is a fact: an entry with [ActionContentRemoved] states it as
// a [Removal], and a verifier accepts missing content under such an entry only.
//
// Everything else in an entry is hashed as it stands and stays for ever, so what may have to be forgotten belongs in
// Data (see [Actor]).
//
// # What is hashed
//
// This is all that another program needs in order to check an exported log. Integers are 8 bytes, big endian;
// ids and hashes are their 16 or 32 bytes; kinds and classes are one byte; text is preceded by its length in
// bytes as an integer; ‖ puts byte strings end to end.
//
//	commitment = HMAC-SHA256(key, seq ‖ data)
//	entry      = SHA-256(1 ‖ previous entry ‖ tenant ‖ text(subject kind) ‖ subject id ‖ seq ‖ time in µs ‖
//	             actor kind ‖ text(actor id) ‖ text(actor name) ‖ text(action) ‖ class ‖ cause ‖ commitment)
//	root       = SHA-256(2 ‖ entry ‖ entry ‖ ...)
//	chained    = SHA-256(3 ‖ previous chained ‖ tenant ‖ first ‖ count ‖ root)
//
// The leading 1, 2 and 3 are single bytes; they keep the three kinds of hash apart. What comes before the first
// is 32 zero bytes. The commitment to no content at all (nil Data at the time of writing) is 32 zero bytes, which
// is not the commitment to empty content. An entry with ActionContentRemoved is committed to under sixteen zero
// bytes instead of the subject's key, so that it can be checked by anybody and after the key is gone.
package audit
