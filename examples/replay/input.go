package main

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"sync/atomic"
)

// file is where the rows are; it can be opened as often as they are replayed.
type file struct {
	path  string
	stdin io.Reader // instead of path
	spool bool      // path is ours
}

// findFile makes standard input something that can be read again, if it will be.
func findFile(path string, stdin io.Reader, again bool) (*file, error) {
	if path != "-" {
		return &file{path: path}, nil
	}
	if !again {
		return &file{stdin: stdin}, nil
	}
	spool, err := os.CreateTemp("", "replay-")
	if err != nil {
		return nil, err
	}
	f := &file{path: spool.Name(), spool: true}
	_, err = io.Copy(spool, stdin)
	if closing := spool.Close(); err == nil {
		err = closing
	}
	if err != nil {
		f.close()
		return nil, fmt.Errorf("reading standard input: %w", err)
	}
	return f, nil
}

func (f *file) close() {
	if f.spool {
		_ = os.Remove(f.path)
	}
}

// open begins to read, whether gzipped or not. A file that cannot be opened is a *usageError.
func (f *file) open() (*input, error) {
	in := &input{}
	var raw io.Reader = f.stdin
	if f.stdin == nil {
		opened, err := os.Open(f.path)
		if err != nil {
			return nil, usagef("%v", err)
		}
		in.file, raw = opened, opened
		if info, err := opened.Stat(); err == nil && info.Mode().IsRegular() {
			in.size = info.Size()
		}
	}
	buffered := bufio.NewReaderSize(&counting{raw, &in.done}, 64<<10)
	in.Reader = buffered
	magic, err := buffered.Peek(2)
	if err != nil && err != io.EOF { // a directory, say
		in.close()
		return nil, usagef("%v", err)
	}
	if string(magic) == "\x1f\x8b" {
		if in.Reader, err = gzip.NewReader(buffered); err != nil {
			in.close()
			return nil, usagef("%s looks gzipped but is not: %v", f, err)
		}
	}
	return in, nil
}

func (f *file) String() string {
	if f.stdin != nil {
		return "standard input"
	}
	return f.path
}

// input is the file being read.
type input struct {
	io.Reader
	file *os.File
	size int64 // bytes; 0: not known
	done atomic.Int64
}

func (in *input) close() {
	if in.file != nil {
		_ = in.file.Close()
	}
}

// counting counts what is read.
type counting struct {
	io.Reader
	n *atomic.Int64
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n.Add(int64(n))
	return n, err
}
