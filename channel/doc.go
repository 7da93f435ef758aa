// Package channel is for everything that a network brings or allows: networks, message kinds, what arrives from them and what
// goes out, the actions and messaging windows each network knows, and the [Adapter] that speaks to one of them.
//
// It holds values and pure rules. It opens nothing, starts nothing and never asks the time: a rule takes the instant it is asked
// for. The central question is [Permits]: may this author do that with this message on this account now, and if not, why not.
//
// An adapter for a further network needs this package and nothing else of the library. channeltest has a recording adapter for
// tests.
package channel
