// Package sqlstore is a store that keeps everything in a SQL database of the host's. It is an [inbox.Store] over database/sql and
// imports no driver: the host opens the database with the driver of its choice and hands it over.
//
// It keeps the contract to the letter: storagetest holds it to every sentence, with every driver that is supported. It starts
// nothing in the background and there is nothing to close; its prepared statements go with the host's database.
//
// # What it costs
//
// Load and Commit are one transaction each, however many snapshots and changes they are given. List reads the rows of its page in
// the order of an index, and skips those that the filter does not mean; what SQL cannot tell is asked of the filter itself.
//
// All commits of one Store take turns, since SQLite has one writer at a time; readers wait for nobody.
package sqlstore
