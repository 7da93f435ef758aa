package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// longest is how many bytes a row of several lines may have before its quote counts as never closed.
const longest = 64 << 10

// lines hands a csv.Reader no more than it asks for, a line at a time, and remembers what it handed out. So a row that turns out
// to be broken costs only its first line, also where a quote that is never closed made the reader swallow what follows.
type lines struct {
	from  *bufio.Reader
	held  []byte // the lines of the row at hand and, after a bad one, those that are read again
	given int    // how much of held has been handed out
	first int    // number of the first line in held
}

func newLines(r io.Reader) *lines { return &lines{from: bufio.NewReaderSize(r, 64<<10), first: 1} }

// Read implements io.Reader: a line, or as much of it as there is room for.
func (l *lines) Read(p []byte) (int, error) {
	if l.given >= longest && l.held[l.given-1] == '\n' {
		return 0, io.EOF
	}
	for l.given == len(l.held) || l.given == 0 && blank(l.held) {
		if l.given < len(l.held) {
			l.drop(lineLength(l.held))
			continue
		}
		if err := l.more(); err != nil {
			return 0, err
		}
	}
	rest := l.held[l.given:]
	n := copy(p, rest[:lineLength(rest)])
	l.given += n
	return n, nil
}

// more reads another line into held.
func (l *lines) more() error {
	had := len(l.held)
	for {
		part, err := l.from.ReadSlice('\n')
		l.held = append(l.held, part...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && len(l.held) > had:
			return nil // a last line without its end
		}
		return err
	}
}

// read says that what was handed out made a row.
func (l *lines) read() { l.drop(l.given) }

// skip says that what was handed out made no row: reading goes on behind its first line.
func (l *lines) skip() { l.drop(min(lineLength(l.held), l.given)) }

// drop forgets the first n bytes, which are whole lines.
func (l *lines) drop(n int) {
	l.first += bytes.Count(l.held[:n], []byte{'\n'})
	l.held = append(l.held[:0], l.held[n:]...)
	l.given = 0
}

// lineLength is the length of the first line with its end.
func lineLength(b []byte) int {
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		return i + 1
	}
	return len(b)
}

// blank reports whether the first line is one that a csv.Reader passes over.
func blank(b []byte) bool {
	return len(b) > 0 && b[0] == '\n' || len(b) > 1 && b[0] == '\r' && b[1] == '\n'
}
