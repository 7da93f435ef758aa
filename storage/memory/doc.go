// Package memory is a store that keeps everything in the memory of one process. It is for tests, demonstrations and programs
// that may forget: whatever it holds is gone when the program ends.
//
// It is a full [inbox.Store] and keeps the contract to the letter: storagetest holds it to every sentence. One lock guards the
// whole store; readers share it, a commit has it alone. Nothing runs in the background and there is nothing to close.
//
// # What it costs
//
// Load, Commit, Timeline, Messages, Notes, Chains and Feed look up what they name and cost about as much as the copies that they
// hand out. List goes through all conversations of the tenant and asks the filter about each, which is fine for some ten
// thousand of them. Claim and Next cost the logarithm of the number of rows that wait. Nothing is ever dropped, so the memory
// in use grows with every message and every log entry.
package memory
