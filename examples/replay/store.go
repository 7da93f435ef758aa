package main

import (
	"strings"

	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/storage/memory"
)

// stores are the places to replay into, as -store names them. Another store is a line here; one that is kept somewhere has a name
// such as "kind:FILE", and is told what stands for FILE.
var stores = []struct {
	name string
	open func(where string) (inbox.Store, error)
}{
	{"memory", func(string) (inbox.Store, error) { return memory.New(), nil }},
}

// findStore returns how to open what -store names; nil: it names none.
func findStore(named string) func() (inbox.Store, error) {
	kind, where, somewhere := strings.Cut(named, ":")
	for _, s := range stores {
		if k, _, kept := strings.Cut(s.name, ":"); k == kind && kept == somewhere && kept == (where != "") {
			return func() (inbox.Store, error) { return s.open(where) }
		}
	}
	return nil
}

func storeNames() []string {
	var names []string
	for _, s := range stores {
		names = append(names, s.name)
	}
	return names
}
