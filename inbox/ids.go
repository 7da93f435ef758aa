package inbox

import (
	"bufio"
	"crypto/rand"
	"io"
	"sync"

	"github.com/google/uuid"
)

// idSource makes UUIDs of version 7: the time in milliseconds, then random bits. It asks the machine for randomness in larger
// portions.
type idSource struct {
	clock Clock

	mu     sync.Mutex
	random *bufio.Reader
	id     uuid.UUID
}

func (s *idSource) next() uuid.UUID {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.random == nil {
		s.random = bufio.NewReaderSize(rand.Reader, 1024)
	}
	if _, err := io.ReadFull(s.random, s.id[6:]); err != nil { // the machine has no randomness: nothing can go on
		panic(err)
	}
	ms := s.clock.Now().UnixMilli()
	for i := range 6 {
		s.id[i] = byte(ms >> (40 - 8*i))
	}
	s.id[6] = s.id[6]&0x0f | 0x70 // version 7
	s.id[8] = s.id[8]&0x3f | 0x80 // variant of RFC 9562
	return s.id
}
