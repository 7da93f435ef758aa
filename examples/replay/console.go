package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// console is standard error: what is wrong, and on a terminal how far the replay is.
type console struct {
	mu       sync.Mutex
	out      io.Writer
	terminal bool
	rows     int64 // bad ones
}

func newConsole(out io.Writer) *console {
	c := &console{out: out}
	if f, ok := out.(*os.File); ok {
		info, err := f.Stat()
		c.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return c
}

// say writes one line.
func (c *console) say(what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.line(what)
}

// bad reports a row that is left out.
func (c *console) bad(line int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rows++
	c.line(fmt.Sprintf("line %d: %v", line, err))
}

func (c *console) line(what string) {
	c.clear()
	fmt.Fprintf(c.out, "replay: %s\n", what)
}

// count returns how many bad rows were reported.
func (c *console) count() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.rows
}

// clear removes the bar, so that a line can stand in its place.
func (c *console) clear() {
	if c.terminal {
		fmt.Fprint(c.out, "\r\x1b[K")
	}
}

// follow draws a bar on a terminal until the function it returns is called.
func (c *console) follow(w *crew, in *input) (stop func()) {
	if !c.terminal {
		return func() {}
	}
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-end:
				c.mu.Lock()
				c.clear()
				c.mu.Unlock()
				return
			case <-tick.C:
				c.mu.Lock()
				fmt.Fprint(c.out, "\r\x1b[K", bar(w.rows.Load(), w.expected.Load(), in.done.Load(), in.size))
				c.mu.Unlock()
			}
		}
	}()
	return func() {
		close(end)
		<-ended
	}
}

// bar draws how far the replay is: by rows where their number is known, else by what has been read of the file.
func bar(rows, expected, read, size int64) string {
	const width = 40
	done, all := rows, expected
	if expected == 0 {
		done, all = read, size
	}
	if all == 0 {
		return fmt.Sprintf("%d rows", rows)
	}
	done = min(done, all)
	full := int(done * width / all)
	return fmt.Sprintf("[%s%s] %3d%% %d rows", strings.Repeat("=", full), strings.Repeat(" ", width-full), done*100/all, rows)
}
