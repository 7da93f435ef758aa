package sqltest_test

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"strings"
)

// postgresProtocol reads the messages of PostgreSQL's protocol 3, without TLS.
type postgresProtocol struct {
	begun      bool              // the first message of a client has no type before its length
	open       int               // how often the server still has to say that it is ready
	statements map[string]string // texts by the name of what was prepared
	portals    map[string]string // texts by the name of what was bound
}

func newPostgresProtocol() protocol {
	return &postgresProtocol{open: 1, statements: map[string]string{}, portals: map[string]string{}}
}

func (p *postgresProtocol) request(r *bufio.Reader) ([]byte, error) {
	if p.begun {
		return p.reply(r)
	}
	p.begun = true
	message, err := sized(r, 0)
	if err == nil && len(message) == 8 { // of this length there is the wish for TLS, or for another encryption
		return nil, errors.New("no TLS through this proxy")
	}
	return message, err
}

func (p *postgresProtocol) reply(r *bufio.Reader) ([]byte, error) { return sized(r, 1) }

// sized reads a message whose length, which counts itself, stands after some bytes.
func sized(r *bufio.Reader, before int) ([]byte, error) {
	head := make([]byte, before+4)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	length := int(binary.BigEndian.Uint32(head[before:]))
	if length < 4 {
		return nil, errors.New("not a message of PostgreSQL")
	}
	message := make([]byte, before+length)
	copy(message, head)
	_, err := io.ReadFull(r, message[len(head):])
	return message, err
}

func (p *postgresProtocol) runs(request []byte) string {
	body := string(request[5:])
	first, rest, _ := strings.Cut(body, "\x00")
	second, _, _ := strings.Cut(rest, "\x00")
	switch request[0] {
	case 'Q': // a simple query
		p.open++
		return first
	case 'P': // parse: name, text
		p.statements[first] = second
	case 'B': // bind: portal, name
		p.portals[first] = p.statements[second]
	case 'E': // execute: portal
		return p.portals[first]
	case 'S': // sync
		p.open++
	}
	return ""
}

func (p *postgresProtocol) ends(reply []byte) bool {
	if reply[0] != 'Z' { // ready for a query
		return false
	}
	p.open--
	return p.open == 0
}
