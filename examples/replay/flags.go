package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"runtime"
	"strings"
)

// options are what the command line asks for.
type options struct {
	format  format
	in      string
	store   opener
	workers int
	times   int
	json    bool
}

// usageError says that the program was called in a way that cannot work.
type usageError struct{ problem string }

func (e *usageError) Error() string { return e.problem }

func usagef(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// errHelp says that only help was wanted.
var errHelp = errors.New("help")

// parse reads the command line.
func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	var format, store string
	f := flag.NewFlagSet("replay", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringVar(&format, "format", "", "what is recorded in the file: "+strings.Join(formatNames(), " or "))
	f.StringVar(&o.in, "in", "", "the `file`, plain or gzipped; - is standard input")
	f.StringVar(&store, "store", "memory", "where to replay into: "+strings.Join(storeNames(), " or "))
	f.IntVar(&o.workers, "workers", runtime.GOMAXPROCS(0), "how many goroutines work at once")
	f.IntVar(&o.times, "times", 1, "how often to replay the file onto the same store; the last summary is printed")
	f.BoolVar(&o.json, "json", false, "print the summary as one JSON object on one line")

	err := f.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		f.SetOutput(stderr)
		f.Usage()
		return o, errHelp
	}
	switch {
	case err != nil:
		return o, usagef("%v", err)
	case f.NArg() > 0:
		return o, usagef("%q is one argument too many", f.Arg(0))
	case o.in == "":
		return o, usagef("-in is missing")
	case o.workers < 1:
		return o, usagef("-workers must be 1 or more")
	case o.times < 1:
		return o, usagef("-times must be 1 or more")
	}
	return o, o.find(format, store)
}

// find looks up what was named.
func (o *options) find(format, store string) error {
	for _, f := range formats {
		if f.name == format {
			o.format = f
		}
	}
	o.store = findStore(store)
	switch {
	case o.format.begin == nil:
		return usagef("-format must be %s", strings.Join(formatNames(), " or "))
	case o.store == nil:
		return usagef("-store must be %s", strings.Join(storeNames(), " or "))
	}
	return nil
}

func formatNames() []string {
	var names []string
	for _, f := range formats {
		names = append(names, f.name)
	}
	return names
}
