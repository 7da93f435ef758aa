// Package sqltest holds sqlstore to the contract of its port, with every driver that is supported. It is a module of its own, so
// that nobody compiles a driver who does not choose it.
package sqltest
