package inbox_test

import (
	"context"
	"fmt"
	"log"

	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/queue"
)

// A list is a filter and an order. The cursor of a line says where the next page goes on.
func ExampleDesk_Conversations() {
	ctx := context.Background()
	box, _ := parcel(ctx)
	ann := box.As(inbox.Person(queue.AgentNamed("ann"), "Ann"))

	mineOrFree := inbox.Filter{
		States:    []inbox.State{inbox.StateNew, inbox.StatePending},
		Assignees: []inbox.Who{inbox.Me, inbox.Nobody},
	}
	for h, err := range ann.Conversations(ctx, mineOrFree, inbox.LongestWaiting, inbox.Limit(20)) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(h.State, h.Last.Preview)
		for range ann.Conversations(ctx, mineOrFree, inbox.LongestWaiting, inbox.After(h.Cursor)) {
			fmt.Println("there is more")
		}
	}
	// Output:
	// new Where is my parcel?
}

// Counts are kept, not counted: asking for them is cheap.
func ExampleDesk_Counts() {
	ctx := context.Background()
	box, c := parcel(ctx)
	ann := box.As(inbox.Person(queue.AgentNamed("ann"), "Ann"))
	show := func() {
		counts, err := ann.Counts(ctx)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(counts.All.New, "new,", counts.All.Pending, "pending")
	}
	show()
	if _, err := ann.SetPending(ctx, c); err != nil {
		log.Fatal(err)
	}
	show()
	// Output:
	// 1 new, 0 pending
	// 0 new, 1 pending
}
