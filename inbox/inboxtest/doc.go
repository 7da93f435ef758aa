// Package inboxtest is for tests of code that uses an inbox: it sets one up over the store it is given, with a clock that the test
// moves and a channel that records what is sent, and offers steps to play a conversation and assertions that print its timeline
// when they fail.
//
// Everything happens through the public calls of the inbox, so a test that plays on a store of your own proves the store, too.
package inboxtest
