package sqlstore

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// batches is a group whose batches wait until they are let go, and what they held.
type batches struct {
	group[*int]
	let  chan struct{}
	mu   sync.Mutex
	held [][]int
}

func newBatches(size int) *batches {
	b := &batches{let: make(chan struct{})}
	b.group = group[*int]{size: size, run: func(ctx context.Context, in []*int) {
		var held []int
		for _, n := range in {
			held = append(held, *n)
		}
		b.mu.Lock()
		b.held = append(b.held, held)
		b.mu.Unlock()
		<-b.let
		for _, n := range in {
			*n = -*n
		}
	}}
	return b
}

// call begins a call and waits until it waits.
func (b *batches) call(ctx context.Context, n int, answer *int, err *error) {
	go func() {
		out, e := b.do(ctx, &n, func() *int { own := n; return &own })
		*answer, *err = *out, e
	}()
	synctest.Wait()
}

func TestCallsThatComeMeanwhileGoTogetherInTheNextBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBatches(3)
		var answers [6]int
		var errs [6]error
		for i := range answers {
			b.call(t.Context(), i+1, &answers[i], &errs[i])
		}
		close(b.let)
		synctest.Wait()
		if want := [][]int{{1}, {2, 3, 4}, {5, 6}}; !slices.EqualFunc(b.held, want, slices.Equal) {
			t.Errorf("batches: got %v, want %v", b.held, want)
		}
		for i := range answers {
			if errs[i] != nil || answers[i] != -(i+1) {
				t.Errorf("call %d: got %d and %v", i, answers[i], errs[i])
			}
		}
		if b.led || len(b.waiting) != 0 {
			t.Errorf("after all are done somebody leads: %t; %d wait", b.led, len(b.waiting))
		}
	})
}

func TestACallWhoseContextEndsLeavesAndTheOthersGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBatches(8)
		ctx, cancel := context.WithCancel(t.Context())
		var answers [5]int
		var errs [5]error
		for i := range answers {
			of := t.Context()
			if i == 1 || i == 3 {
				of = ctx
			}
			b.call(of, i+1, &answers[i], &errs[i])
		}
		b.let <- struct{}{} // the second batch is under way: four calls, led by one of those who will leave
		synctest.Wait()
		cancel()
		synctest.Wait()
		if !errors.Is(errs[3], context.Canceled) {
			t.Errorf("who left got %v", errs[3])
		}
		close(b.let)
		synctest.Wait()
		for _, i := range []int{0, 1, 2, 4} { // who leads stays to the end
			if errs[i] != nil || answers[i] != -(i+1) {
				t.Errorf("call %d: got %d and %v", i, answers[i], errs[i])
			}
		}
		if want := [][]int{{1}, {2, 3, 4, 5}}; !slices.EqualFunc(b.held, want, slices.Equal) {
			t.Errorf("batches: got %v, want %v", b.held, want)
		}
	})
}

func TestACallThatLeavesBeforeItsBatchIsNotInIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBatches(8)
		ctx, cancel := context.WithCancel(t.Context())
		var answers [4]int
		var errs [4]error
		b.call(t.Context(), 1, &answers[0], &errs[0])
		b.call(ctx, 2, &answers[1], &errs[1])
		b.call(ctx, 3, &answers[2], &errs[2])
		b.call(t.Context(), 4, &answers[3], &errs[3])
		cancel()
		synctest.Wait()
		close(b.let)
		synctest.Wait()
		if want := [][]int{{1}, {4}}; !slices.EqualFunc(b.held, want, slices.Equal) {
			t.Errorf("batches: got %v, want %v", b.held, want)
		}
		if !errors.Is(errs[1], context.Canceled) || !errors.Is(errs[2], context.Canceled) || errs[3] != nil {
			t.Errorf("got %v", errs)
		}
	})
}

func TestABatchHoldsWhoHasComeByItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, turn := newBatches(8), newTurn()
		b.turn = turn.take
		give, err := turn.take(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var answers [4]int
		var errs [4]error
		b.call(ctx, 1, &answers[0], &errs[0])
		for i := 1; i < 4; i++ {
			b.call(t.Context(), i+1, &answers[i], &errs[i])
		}
		cancel() // who leads leaves before its turn
		synctest.Wait()
		if !errors.Is(errs[0], context.Canceled) || len(b.held) != 0 {
			t.Errorf("who left got %v; batches: %v", errs[0], b.held)
		}
		give()
		close(b.let)
		synctest.Wait()
		if want := [][]int{{2, 3, 4}}; !slices.EqualFunc(b.held, want, slices.Equal) || b.led {
			t.Errorf("batches: got %v, want %v", b.held, want)
		}
	})
}

func TestWhoWaitsToLoadGoesBeforeWhoWaitsToWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turn := newTurn()
		give, err := turn.take(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var order []string
		for _, who := range []string{"writes", "writes, too", "loads"} {
			go func() {
				take := turn.take
				if who == "loads" {
					take = turn.takeSoon
				}
				give, err := take(t.Context())
				if err != nil {
					t.Error(err)
				}
				order = append(order, who)
				give()
			}()
			synctest.Wait()
		}
		give()
		synctest.Wait()
		if len(order) != 3 || order[0] != "loads" {
			t.Errorf("the turn went to %q", order)
		}
	})
}

func TestWhoOnlyReadsWaitsForItsTurnButNotForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turn := newTurn()
		give, err := turn.take(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		from := time.Now()
		for i, want := range []time.Duration{soon, soon} { // the second waits no longer at all
			without, err := turn.takeSoon(t.Context())
			if got := time.Since(from); err != nil || got != want {
				t.Errorf("reader %d waited until %s, want %s, %v", i, got, want, err)
			}
			without() // gives nothing back
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := turn.take(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("who writes got %v", err)
		}
		give()
		if give, err = turn.takeSoon(t.Context()); err != nil || time.Since(from) != soon {
			t.Errorf("a free turn came after %s, %v", time.Since(from), err)
		}
		if _, err := turn.take(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("the turn is nobody's: %v", err)
		}
		give()
	})
}
