package memory

import "bytes"

// There is a message, an entry and its content for everything that ever happened. They lie together in larger pieces, which costs
// the garbage collector less than as many small ones.

// slab makes rows that stay where they are.
type slab[T any] struct {
	free []T
	made int
}

func (s *slab[T]) row() *T {
	if len(s.free) == 0 {
		s.made = min(max(2*s.made, 8), pageSize)
		s.free = make([]T, s.made)
	}
	row := &s.free[0]
	s.free = s.free[1:]
	return row
}

// room keeps copies of what is never changed.
type room struct{ free []byte }

// roomSize is how many bytes lie together. What is longer than a part of it lies alone.
const roomSize = 32 << 10

func (r *room) copy(b []byte) []byte {
	if len(b) == 0 || len(b) > roomSize/8 {
		return bytes.Clone(b) // nothing and empty stay two things
	}
	if len(b) > cap(r.free)-len(r.free) {
		r.free = make([]byte, 0, roomSize)
	}
	from := len(r.free)
	r.free = append(r.free, b...)
	return r.free[from:len(r.free):len(r.free)]
}
