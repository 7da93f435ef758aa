package inbox

import (
	"bufio"
	"crypto/rand"
	"sync"

	"github.com/google/uuid"
)

// idSource makes UUIDs of version 7. It asks the machine for randomness in larger portions.
type idSource struct {
	mu     sync.Mutex
	random *bufio.Reader
}

func (s *idSource) next() uuid.UUID {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.random == nil {
		s.random = bufio.NewReaderSize(rand.Reader, 1024)
	}
	id, err := uuid.NewV7FromReader(s.random)
	if err != nil { // the machine has no randomness: nothing can go on
		panic(err)
	}
	return id
}
