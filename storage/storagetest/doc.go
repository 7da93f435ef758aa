// Package storagetest is the contract of inbox.Store as a test suite. Whoever writes a store runs it:
//
//	func TestStore(t *testing.T) {
//		storagetest.Run(t, func(t *testing.T) inbox.Store { return mystore.New(t.TempDir()) })
//	}
//
// Every case has a fresh store and is named after the sentence of the contract that it holds the store to; a failure states the
// sentence, what the store answered and what it should have. There is nothing to switch off: a store keeps the whole contract.
//
// [Scenario] plays whole inboxes over the store, with faults, beside a plain model of what an inbox does; [FuzzOperations] does the
// same under the fuzzer.
//
// [Pair] tells two stores the same and compares what they answer; [Randomly] and [Scenario] over a pair find where they differ.
//
// [Sweep] looks for what must not be after any crash: whoever kills processes, fills disks or copies files asks it what is left.
//
// [Fuzz] runs random commits against a model that fits on a page, [Bench] measures what a store spends its days with, and [Dump]
// writes down everything that a tenant has, for tests that compare.
package storagetest
