// Package inbox is for working on conversations: what contacts write becomes conversations in three queues (New, Pending,
// Resolved), and people, bots and rules work on them until they are resolved, with a log of everything that was done.
//
// # A tour
//
// [New] makes an [Inbox] over a [Store]: storage/sqlstore, or storage/memory for tests. Channel accounts are connected once with [Desk.SaveAccount].
// Adapters of networks hand in what arrives with [Inbox.Receive], which finds or makes the contact, the thread and the
// conversation. Everybody else works through a [Desk], the view of one [Actor] ([Inbox.As]): [Desk.Conversations] lists,
// [Desk.Header] and [Desk.Timeline] show, and commands such as [Desk.Reply], [Desk.Assign] and [Desk.Resolve] act. What waits,
// messages to be sent, is done by [Inbox.Run] or, a round at a time, by [Inbox.Tick]. [Inbox.Feed] reads the log and
// [Inbox.Verify] checks it.
//
// # Whom a name is for
//
// Programs that work with an inbox need:
//
//   - [Inbox] and its options, [Desk] and the values that its methods take and return: [Reply], [Start], [Resolve], [Result],
//     [Received], [Header], [Item], [Filter], [Sort], [Counts] and the settings, such as [Account], [Topic] and [Reason];
//   - [Conversation], [Message] and [Note], which they read and never make;
//   - [Actor], and [Access] with [Permission] and [Object] to decide who may do what;
//   - the errors, and the names of log entries' actions for those who read the [Inbox.Feed].
//
// Stores implement [Store], which is put together of [Loader], [Committer], [Lister], [Cabinet], [Agenda] and [Log]. What only
// these speak of is for those who write one: [Ref], [ArrivalRef], [Snapshot], [Change], [Contact], [Identity], [Thread], [Arrival],
// [EarlyEvent], [Fingerprint], [Document], [KeyRecord], [Due], [TotalsDelta], [Query], [Place] and [Listed], and the methods
// [Filter.Bound], [Filter.Matches], [Filter.Agents], [Sort.Place], [Sort.Compare] and [Snapshot.Apply]. The package
// storage/storagetest holds a store to every sentence of the port.
//
// # Commands
//
// Every command has the same steps. It loads one consistent [Snapshot] of what it needs, asks the host's [Access], decides in pure
// functions which facts become true, settles what follows from them, and commits a [Change]: the rows and the log entries
// together, whole or not at all. When somebody came first the command is decided again on what is there now. [If] makes a command
// depend on what its caller has seen, [Key] makes it safe to repeat.
//
// # States
//
// A conversation's state follows the table that [Transitions] iterates over. The same as a Mermaid diagram:
//
//	stateDiagram-v2
//	    [*] --> New: contact writes
//	    [*] --> Pending: start
//	    [*] --> Pending: answered elsewhere
//	    New --> New: contact writes
//	    New --> Pending: reply
//	    New --> New: reply by a bot
//	    New --> Pending: answered elsewhere
//	    New --> Pending: set pending
//	    New --> New: set new
//	    New --> New: assign
//	    New --> Resolved: resolve
//	    New --> New: boomerang due
//	    New --> New: delivery failed
//	    Pending --> New: contact writes
//	    Pending --> Pending: reply
//	    Pending --> Pending: reply by a bot
//	    Pending --> Pending: answered elsewhere
//	    Pending --> Pending: set pending
//	    Pending --> New: set new
//	    Pending --> Pending: assign
//	    Pending --> Resolved: resolve
//	    Pending --> New: boomerang due
//	    Pending --> New: delivery failed
//	    Resolved --> New: contact writes
//	    Resolved --> Pending: start
//	    Resolved --> Resolved: reply
//	    Resolved --> Resolved: reply by a bot
//	    Resolved --> Resolved: answered elsewhere
//	    Resolved --> New: set new
//	    Resolved --> Resolved: resolve
//	    Resolved --> New: boomerang due
//	    Resolved --> New: delivery failed
//
// # Errors
//
// Errors are matched with errors.Is against the sentinels of package storage, and with errors.AsType where they carry data:
// [*TransitionError], [*PermissionError], [*ConflictError], [*ResolveError], [*InputError] and others of this package, and
// [*channel.WindowClosedError] and [*channel.NotAllowedError] where a network's rules stand against it.
//
// # Tenants
//
// An Inbox serves [DefaultTenant]; [Inbox.For] gives the view of another. Nothing of one tenant is ever seen from another.
package inbox
