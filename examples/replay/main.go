// Command replay lets an inbox work through recorded conversations, with a clock that is set to the time of each row, and says
// what has become of them. It shows how a program feeds the library from a file and in many goroutines at once, and it is the
// test of the whole engine on input that nobody made for it.
//
//	go run ./examples/replay -format twcs -in twcs.csv
//	go run ./examples/replay -format incidents -in incidents.csv.gz -workers 4
//	go run ./examples/replay -format star -in star.jsonl.gz
//	zcat incidents.csv.gz | go run ./examples/replay -format incidents -in - -json
//	go run ./examples/replay -format twcs -in twcs.csv -times 2
//	go run ./examples/replay -format twcs -in twcs.csv -store sqlite:inbox.db
//
// Files may be plain or gzipped. What the formats are and how their rows become messages and commands is said in twcs.go,
// incidents.go and star.go; twcs keeps some 200 bytes of every row, incidents are streamed and need memory for one incident a
// worker, and so are the dialogues of star, of which some wait for each worker.
//
// The threads of a recording are spread over the workers, and the rows of each thread keep their order. Every worker has an inbox
// of its own with a clock of its own; all have one store in common. The summary is the same for any number of workers.
//
// Whatever a row makes the inbox do is done under a key made of the row, or under the external id of its message. So replaying a
// file again onto the same store changes nothing: -times 2 does it, and its summary differs only in duplicates, which counts the
// messages that had been there already.
//
// The store is in memory, or in an SQLite file that is made if it is not there (-store sqlite:FILE), with settings under which
// nothing is lost that is said to be written. A second run on the same file is a second time.
//
// A row that cannot be read, or that the inbox refuses, is reported with its line number on standard error and counted in bad_rows
// instead of rows (in star: dialogues); the rest goes on. A quote that is out of place costs the line that it is in.
//
// Exit status: 0 when all is well; 1 when a row was bad, when the log does not verify or when the replay broke off, which leaves no
// summary; 2 for wrong usage, a file or a store that cannot be opened and a file that is not of the format. A file of star has no
// header by which that could be seen: one of another format has only bad rows.
package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"

	"github.com/deskwright/deskwright/inbox"
)

const (
	exitBad   = 1
	exitUsage = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop) // a second interrupt ends the program where it stands
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the program with everything it reaches; it returns the exit status.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	if errors.Is(err, errHelp) {
		return 0
	}
	if err == nil {
		var clean bool
		if clean, err = replay(ctx, o, stdin, stdout, newConsole(stderr)); clean && err == nil {
			return 0
		}
	}
	if err != nil {
		newConsole(stderr).say(err.Error())
	}
	if _, usage := errors.AsType[*usageError](err); usage {
		return exitUsage
	}
	return exitBad
}

// replay replays the file as often as was asked for and prints the last summary, once the store is closed. clean is false if a row
// was bad or the log does not verify.
func replay(ctx context.Context, o options, stdin io.Reader, stdout io.Writer, c *console) (clean bool, err error) {
	file, err := findFile(o.in, stdin, o.times > 1)
	if err != nil {
		return false, err
	}
	defer file.close()

	store, done, err := o.store(ctx)
	if err != nil {
		return false, err
	}
	last, clean, err := times(ctx, o, store, file, c)
	if err = errors.Join(err, done()); err != nil {
		return false, err
	}
	return clean, last.print(stdout, o.json)
}

// times replays the file as often as was asked for onto one store.
func times(ctx context.Context, o options, store inbox.Store, file *file, c *console) (last outcome, clean bool, err error) {
	clean = true
	for range o.times {
		if last, err = once(ctx, o, store, file, c); err != nil {
			return outcome{}, false, err
		}
		if last.broken != nil {
			c.say("the log does not verify: " + last.broken.Error())
		}
		clean = clean && last.bad == 0 && last.broken == nil
	}
	return last, clean, nil
}
