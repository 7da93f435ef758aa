package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/queue"
)

// A person's reply goes out to the contact, assigns the conversation to its author and leads to Pending.
func ExampleDesk_Reply() {
	ctx := context.Background()
	box, c := parcel(ctx)
	ann := box.As(inbox.Person(queue.AgentNamed("ann"), "Ann"))

	r, err := ann.Reply(ctx, c, inbox.Reply{Text: "It comes tomorrow."})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(r.State, r.Assignee.Agent == queue.AgentNamed("ann"))

	// A reply may itself say where it leads.
	r, err = ann.Reply(ctx, c, inbox.Reply{Text: "Have a nice day!", Then: inbox.StateResolved})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(r.State)
	// Output:
	// pending true
	// resolved
}

// Why a conversation ended is one of the reasons that the tenant has, and a remark.
func ExampleDesk_Resolve() {
	ctx := context.Background()
	box, c := parcel(ctx)
	solved, err := box.As(inbox.System).SaveReason(ctx, inbox.Reason{Name: "Solved"})
	if err != nil {
		log.Fatal(err)
	}
	ann := box.As(inbox.Person(queue.AgentNamed("ann"), "Ann"))

	r, err := ann.Resolve(ctx, c, inbox.Resolve{Reason: solved.ID, Comment: "It was next door."})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(r.State, r.Changed)

	r, err = ann.Resolve(ctx, c, inbox.Resolve{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(r.State, r.Changed) // it was so already
	// Output:
	// resolved true
	// resolved false
}

// A conversation can be an agent's, a team's, or both. What is not named stays.
func ExampleDesk_Assign() {
	ctx := context.Background()
	box, c := parcel(ctx)
	bob := queue.AgentNamed("bob")
	if _, err := box.As(inbox.System).SaveAgent(ctx, inbox.Agent{Agent: queue.Agent{ID: bob, Name: "Bob"}}); err != nil {
		log.Fatal(err)
	}
	night, err := box.As(inbox.System).SaveTeam(ctx, inbox.Team{Team: queue.Team{Name: "Night", Members: []queue.AgentID{bob}}})
	if err != nil {
		log.Fatal(err)
	}

	ann := box.As(inbox.Person(queue.AgentNamed("ann"), "Ann"))
	for _, to := range []inbox.Assignee{{Team: night.ID}, {Agent: bob}} {
		if _, err := ann.Assign(ctx, c, to); err != nil {
			log.Fatal(err)
		}
	}
	h, err := ann.Header(ctx, c)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(h.AgentName, "of", h.TeamName)
	// Output:
	// Bob of Night
}

// Notes stand beside the messages, and contacts never see them.
func ExampleDesk_AddNote() {
	ctx := context.Background()
	box, c := parcel(ctx)
	ann := box.As(inbox.Person(queue.AgentNamed("ann"), "Ann"))

	r, err := ann.AddNote(ctx, c, inbox.MessageID{}, "Ask for the order number.")
	if err != nil {
		log.Fatal(err)
	}
	if _, err := ann.EditNote(ctx, c, r.Note, "Ask for the order number, politely."); err != nil {
		log.Fatal(err)
	}
	for item, err := range ann.Timeline(ctx, c) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(item)
	}
	// Output:
	// contact: Where is my parcel?
	// note by Ann: Ask for the order number, politely.
}

// The timeline shows messages and notes as they are now and, if asked for, what happened between them.
func ExampleDesk_Timeline() {
	ctx := context.Background()
	box, c := parcel(ctx)
	ann := box.As(inbox.Person(queue.AgentNamed("ann"), "Ann"))
	if _, err := box.As(inbox.System).SaveAgent(ctx, inbox.Agent{Agent: queue.Agent{ID: ann.Actor().Agent, Name: "Ann"}}); err != nil {
		log.Fatal(err)
	}
	if _, err := ann.Reply(ctx, c, inbox.Reply{Text: "It comes tomorrow."}); err != nil {
		log.Fatal(err)
	}

	for item, err := range ann.Timeline(ctx, c, inbox.WithTrail()) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(item.Seq, item)
	}
	// Output:
	// 1 started as new by contact
	// 2 contact: Where is my parcel?
	// 3 Ann: It comes tomorrow.
	// 4 auto-assigned to Ann by Ann
	// 5 set to pending by Ann
}

// A page that shows a conversation gives the revision that it shows. Who comes second learns who was first.
func ExampleIf() {
	ctx := context.Background()
	box, c := parcel(ctx)
	ann := box.As(inbox.Person(queue.AgentNamed("ann"), "Ann"))
	bob := box.As(inbox.Person(queue.AgentNamed("bob"), "Bob"))
	seen, err := bob.Header(ctx, c)
	if err != nil {
		log.Fatal(err)
	}

	if _, err := ann.Reply(ctx, c, inbox.Reply{Text: "It comes tomorrow."}); err != nil {
		log.Fatal(err)
	}
	_, err = bob.Reply(ctx, c, inbox.Reply{Text: "I will have a look."}, inbox.If(seen.Revision))
	if conflict, ok := errors.AsType[*inbox.ConflictError](err); ok {
		fmt.Println("Ann was first:", conflict.Assignee.Agent == ann.Actor().Agent)
	}
	// Output:
	// Ann was first: true
}

// Whoever does not know whether a command was done gives it again, under the same key.
func ExampleKey() {
	ctx := context.Background()
	box, c := parcel(ctx)
	ann := box.As(inbox.Person(queue.AgentNamed("ann"), "Ann"))

	reply := inbox.Reply{Text: "It comes tomorrow."}
	first, err := ann.Reply(ctx, c, reply, inbox.Key("form-4711"))
	if err != nil {
		log.Fatal(err)
	}
	again, err := ann.Reply(ctx, c, reply, inbox.Key("form-4711"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("one message:", again.Message == first.Message)

	_, err = ann.Reply(ctx, c, inbox.Reply{Text: "It comes today!"}, inbox.Key("form-4711"))
	fmt.Println(err)
	// Output:
	// one message: true
	// reply: inbox: key "form-4711" was used for another request
}
