package main

// texts keeps many short texts in few pieces of memory, with nothing between them.
type texts struct{ blocks [][]byte }

// piece is where a text stands.
type piece struct{ block, from, length int32 }

// blockSize is how many bytes are asked for at once; a longer text has a block of its own.
const blockSize = 64 << 10

// keep stores a text and another right behind it, and returns where the first stands.
func (s *texts) keep(text, behind string) piece {
	last := len(s.blocks) - 1
	need := len(text) + len(behind)
	if last < 0 || cap(s.blocks[last])-len(s.blocks[last]) < need {
		s.blocks = append(s.blocks, make([]byte, 0, max(blockSize, need)))
		last++
	}
	block := s.blocks[last]
	p := piece{int32(last), int32(len(block)), int32(len(text))}
	s.blocks[last] = append(append(block, text...), behind...)
	return p
}

func (s *texts) read(p piece) string {
	if p.length == 0 {
		return ""
	}
	return string(s.blocks[p.block][p.from:][:p.length])
}
