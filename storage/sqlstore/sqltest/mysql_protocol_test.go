package sqltest_test

import (
	"bufio"
	"encoding/binary"
	"io"
)

// mysqlProtocol reads the packets of MySQL's protocol, without TLS and compression.
type mysqlProtocol struct {
	marks      int               // how many packets mark an end in a reply with rows: after the columns and after the rows, or once
	left       int               // how many of them are still to come
	preparing  string            // what is being prepared
	statements map[uint32]string // texts by the number of what was prepared
}

func newMySQLProtocol() protocol { return &mysqlProtocol{statements: map[uint32]string{}} }

const (
	mysqlQuery   = 0x03
	mysqlPrepare = 0x16
	mysqlExecute = 0x17

	mysqlOK    = 0x00
	mysqlEnd   = 0xfe
	mysqlError = 0xff

	mysqlOneEnd = 1 << 24 // a client's wish: no packet between columns and rows
	mysqlMost   = 1<<24 - 1
)

func (p *mysqlProtocol) request(r *bufio.Reader) ([]byte, error) { return packet(r) }

func (p *mysqlProtocol) reply(r *bufio.Reader) ([]byte, error) { return packet(r) }

// packet reads a packet with its head: three bytes of length and its number. One of full length goes on in the next.
func packet(r *bufio.Reader) ([]byte, error) {
	var whole []byte
	for {
		head := make([]byte, 4)
		if _, err := io.ReadFull(r, head); err != nil {
			return nil, err
		}
		length := int(head[0]) | int(head[1])<<8 | int(head[2])<<16
		part := make([]byte, 4+length)
		copy(part, head)
		if _, err := io.ReadFull(r, part[4:]); err != nil {
			return nil, err
		}
		whole = append(whole, part...)
		if length < mysqlMost {
			return whole, nil
		}
	}
}

func (p *mysqlProtocol) runs(request []byte) string {
	body := request[4:]
	if p.marks == 0 { // the client's first packet
		p.marks = 2
		if binary.LittleEndian.Uint32(body)&mysqlOneEnd != 0 {
			p.marks = 1
		}
		return ""
	}
	if request[3] != 0 || len(body) == 0 { // not a command
		return ""
	}
	switch body[0] {
	case mysqlQuery:
		return string(body[1:])
	case mysqlPrepare:
		p.preparing = string(body[1:])
	case mysqlExecute:
		return p.statements[binary.LittleEndian.Uint32(body[1:])]
	}
	return ""
}

func (p *mysqlProtocol) ends(reply []byte) bool {
	body := reply[4:]
	if p.preparing != "" {
		if body[0] == mysqlOK {
			p.statements[binary.LittleEndian.Uint32(body[1:])] = p.preparing
		}
		p.preparing = ""
		return false
	}
	switch first := reply[3] == 1; {
	case body[0] == mysqlError, first && body[0] == mysqlOK:
		return true
	case first: // how many columns the rows have
		p.left = p.marks
	case body[0] == mysqlEnd && (len(body) < 9 || p.marks == 1):
		p.left--
		return p.left == 0
	}
	return false
}
