package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// widest is how many bytes a line of JSON may have with its end.
const widest = 1 << 20

// jsonLines reads a file of one JSON value a line. A line that is too long is reported and passed over; an empty one is passed over.
type jsonLines struct {
	from *bufio.Reader
	line int // number of the line that was read last
	bad  func(line int, err error)
}

func newJSONLines(r io.Reader, bad func(int, error)) *jsonLines {
	return &jsonLines{from: bufio.NewReaderSize(r, widest), bad: bad}
}

// next returns the next line without its end, or io.EOF. The bytes are good until next is called again.
func (l *jsonLines) next() ([]byte, error) {
	for {
		l.line++
		text, err := l.from.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			l.bad(l.line, fmt.Errorf("the line is longer than %d bytes", widest))
			for errors.Is(err, bufio.ErrBufferFull) {
				_, err = l.from.ReadSlice('\n')
			}
			text = nil
		}
		if l.line == 1 {
			text = bytes.TrimPrefix(text, []byte("\uFEFF"))
		}
		text = bytes.TrimSpace(text)
		switch {
		case err != nil && !errors.Is(err, io.EOF):
			return nil, err
		case len(text) > 0:
			return text, nil // the last line may have no end
		case err != nil:
			return nil, err
		}
	}
}
