package main

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"
)

// tweets are the rows of a twcs file. Some 200 bytes are kept of each; the most of it is its text.
type tweets struct {
	all    []tweet // by id
	order  []int32 // of all, in time
	texts  texts
	brands []bool // of authors

	authors []string
	numbers map[string]int32 // of authors
	named   map[string]int32 // of brands, by their names in lower case
}

type tweet struct {
	id, parent uint64 // parent 0: answers none
	created    int64  // seconds
	text       piece
	answers    int32 // length of the list of tweets that answer it, which stands behind the text
	author     int32
	account    int32 // the brand whose account it is on; none or unasked
	line       int32
	inbound    bool
}

const (
	none    int32 = -1 // no account, no tweet
	unasked int32 = -2 // nobody has asked yet which account it is
)

func (t *tweet) time() time.Time { return time.Unix(t.created, 0).UTC() }

// name is the tweet's id as the network writes it.
func (t *tweet) name() string { return strconv.FormatUint(t.id, 10) }

func (s *tweets) text(t *tweet) string { return s.texts.read(t.text) }

// answers are the ids of the tweets that answer a contact's one, as the file has them.
func (s *tweets) answers(t *tweet) string {
	return s.texts.read(piece{t.text.block, t.text.from + t.text.length, t.answers})
}

// add takes in a row, unless it is bad.
func (s *tweets) add(table *table, r row) error {
	t := tweet{line: int32(r.line), account: unasked}
	var err error
	if t.id, err = number(r.fields[0]); err != nil {
		return fmt.Errorf("tweet_id %w", err)
	}
	author, err := table.column(r, 1)
	if err != nil {
		return err
	}
	if t.inbound, err = truth(r.fields[2]); err != nil {
		return fmt.Errorf("inbound %w", err)
	}
	created, err := time.Parse(time.RubyDate, r.fields[3])
	if err != nil || !keepable(created) {
		return errors.New("created_at is not a time such as Tue Oct 31 22:10:47 +0000 2017")
	}
	t.created = created.Unix()
	text, answers := r.fields[4], r.fields[5]
	for id := range ids(answers) {
		if _, err := number(id); err != nil {
			return fmt.Errorf("response_tweet_id %w", err)
		}
	}
	if r.fields[6] != "" {
		if t.parent, err = number(r.fields[6]); err != nil {
			return fmt.Errorf("in_response_to_tweet_id %w", err)
		}
	}
	if !t.inbound {
		answers = "" // nobody asks
	}
	t.author, t.answers = s.number(author), int32(len(answers))
	t.text = s.texts.keep(text, answers)
	s.all = append(s.all, t)
	return nil
}

// number returns the number of an author.
func (s *tweets) number(author string) int32 {
	n, ok := s.numbers[author]
	if !ok {
		if s.numbers == nil {
			s.numbers = map[string]int32{}
		}
		author = strings.Clone(author) // it stays, the row that it is a piece of does not
		n = int32(len(s.authors))
		s.authors = append(s.authors, author)
		s.numbers[author] = n
	}
	return n
}

// sort brings the tweets into order once all are there. One that has the id of another is reported and left out.
func (s *tweets) sort(bad func(line int, err error)) {
	slices.SortStableFunc(s.all, func(a, b tweet) int { return cmp.Compare(a.id, b.id) })
	kept := s.all[:0]
	for _, t := range s.all {
		if n := len(kept); n > 0 && kept[n-1].id == t.id && !s.same(kept[n-1], t) {
			bad(int(t.line), fmt.Errorf("tweet_id %d stands in line %d with other content", t.id, kept[n-1].line))
			continue
		}
		kept = append(kept, t)
	}
	s.all = kept
	s.order = make([]int32, len(s.all))
	for i := range s.order {
		s.order[i] = int32(i)
	}
	slices.SortStableFunc(s.order, func(i, j int32) int { return cmp.Compare(s.all[i].created, s.all[j].created) })
}

// same reports whether two rows say the same.
func (s *tweets) same(a, b tweet) bool {
	if s.text(&a) != s.text(&b) || s.answers(&a) != s.answers(&b) {
		return false
	}
	a.line, a.text = b.line, b.text
	return a == b
}

// find returns which tweet has the id; none if it is not in the file.
func (s *tweets) find(id uint64) int32 {
	i, ok := slices.BinarySearchFunc(s.all, id, func(t tweet, id uint64) int { return cmp.Compare(t.id, id) })
	if !ok {
		return none
	}
	return int32(i)
}

// number reads a tweet's id.
func number(text string) (uint64, error) {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil || n == 0 {
		return 0, errors.New("is not a number above 0")
	}
	return n, nil
}

// truth reads what Python writes of a bool.
func truth(text string) (bool, error) {
	switch text {
	case "True":
		return true, nil
	case "False":
		return false, nil
	}
	return false, errors.New("is neither True nor False")
}

// ids iterates over a list of ids with commas between them; an empty one has none.
func ids(list string) iter.Seq[string] {
	if list == "" {
		return func(func(string) bool) {}
	}
	return strings.SplitSeq(list, ",")
}

// keepable reports whether every store can keep the time.
func keepable(t time.Time) bool {
	year := t.UTC().Year()
	return year >= 1 && year <= 9998
}
