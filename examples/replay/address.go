package main

import (
	"regexp"
	"strings"
)

// address finds out who is a brand and to which brand each tweet of a contact goes.
func (s *tweets) address() {
	s.brands = make([]bool, len(s.authors))
	s.named = map[string]int32{}
	for _, i := range s.order {
		t := &s.all[i]
		if t.inbound {
			continue
		}
		s.brands[t.author] = true
		name := strings.ToLower(s.authors[t.author])
		if _, taken := s.named[name]; !taken {
			s.named[name] = t.author
		}
	}
	s.untangle()
	for i := range s.all {
		s.accountOf(int32(i))
	}
}

// untangle takes their parents away from tweets of contacts that go round in a circle, each the parent of the next.
func (s *tweets) untangle() {
	met := make([]int, len(s.all)) // on which walk a tweet was first met; 0: on none yet
	for i := range s.all {
		walk, at := i+1, int32(i)
		for at != none && s.all[at].inbound && met[at] == 0 {
			met[at] = walk
			at = s.find(s.all[at].parent)
		}
		for at != none && s.all[at].inbound && met[at] == walk && s.all[at].parent != 0 {
			next := s.find(s.all[at].parent)
			s.all[at].parent = 0
			at = next
		}
	}
}

// accountOf returns the brand whose account a tweet is on: a brand's tweet on its own; a contact's on its parent's, if that is in
// the file and on one; else on that of the first brand it mentions; else on that of the first brand that answers it.
func (s *tweets) accountOf(i int32) int32 {
	t := &s.all[i]
	if t.account != unasked {
		return t.account
	}
	if !t.inbound {
		t.account = t.author
		return t.account
	}
	account := none
	if parent := s.find(t.parent); parent != none {
		account = s.accountOf(parent)
	}
	if account == none {
		account = s.mentioned(s.text(t))
	}
	if account == none {
		account = s.answering(t)
	}
	t.account = account
	return account
}

var mention = regexp.MustCompile(`@[A-Za-z0-9_]+`)

// mentioned returns the first brand that the text mentions, none if none.
func (s *tweets) mentioned(text string) int32 {
	for _, at := range mention.FindAllStringIndex(text, -1) {
		if brand, ok := s.named[strings.ToLower(text[at[0]+1:at[1]])]; ok {
			return brand
		}
	}
	return none
}

// mentions reports whether the text mentions this brand.
func (s *tweets) mentions(text string, brand int32) bool {
	for _, at := range mention.FindAllStringIndex(text, -1) {
		if strings.EqualFold(text[at[0]+1:at[1]], s.authors[brand]) {
			return true
		}
	}
	return false
}

// answering returns the brand of the first answer in the file that is a brand's, none if there is none.
func (s *tweets) answering(t *tweet) int32 {
	for id := range ids(s.answers(t)) {
		n, _ := number(id)
		if i := s.find(n); i != none && !s.all[i].inbound {
			return s.all[i].author
		}
	}
	return none
}
