package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/queue"
)

// Connecting an account lets its messages in and says how they are treated.
func ExampleDesk_SaveAccount() {
	ctx := context.Background()
	box, _ := parcel(ctx)
	boss := box.As(inbox.Person(queue.AgentNamed("eve"), "Eve").As(inbox.RoleAdministrator))

	page, err := boss.SaveAccount(ctx, inbox.Account{
		Account: channel.Account{
			AccountKey: channel.AccountKey{Network: channel.Facebook, ExternalID: "104275"},
			Name:       "The shop's page",
			Features:   []channel.Feature{channel.HumanAgent},
		},
		AfterReply: inbox.StateResolved,
		Require:    []inbox.Requirement{{Resolver: inbox.ByPerson, Visibility: channel.Private, Reason: true}},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(page.Name, page.Version)

	page.AfterReply = inbox.StatePending
	page, err = boss.SaveAccount(ctx, page) // at the version that was read
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(page.Name, page.Version)
	// Output:
	// The shop's page 1
	// The shop's page 2
}

// A topic's name is unique, ignoring case.
func ExampleDesk_SaveTopic() {
	ctx := context.Background()
	box, c := parcel(ctx)
	boss := box.As(inbox.Person(queue.AgentNamed("eve"), "Eve").As(inbox.RoleAdministrator))

	parcels, err := boss.SaveTopic(ctx, inbox.Topic{Name: "Parcels", Description: "Late, lost and broken ones"})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := boss.AddTopic(ctx, c, parcels.ID); err != nil {
		log.Fatal(err)
	}
	_, err = boss.SaveTopic(ctx, inbox.Topic{Name: "PARCELS"})
	if taken, ok := errors.AsType[*inbox.TakenError](err); ok {
		fmt.Println("taken by the first:", taken.ID == parcels.ID.UUID)
	}

	// A conversation shows the name that the topic has now.
	parcels.Name = "Deliveries"
	if _, err := boss.SaveTopic(ctx, parcels); err != nil {
		log.Fatal(err)
	}
	h, err := boss.Header(ctx, c)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(h.TopicNames)
	// Output:
	// taken by the first: true
	// [Deliveries]
}

// What is read can be changed and saved. Whoever saves what somebody else has changed meanwhile is told so.
func ExampleDesk_Teams() {
	ctx := context.Background()
	box, _ := parcel(ctx)
	boss := box.As(inbox.Person(queue.AgentNamed("eve"), "Eve").As(inbox.RoleAdministrator))
	for _, name := range []string{"Night", "Day"} {
		if _, err := boss.SaveTeam(ctx, inbox.Team{Team: queue.Team{Name: name}}); err != nil {
			log.Fatal(err)
		}
	}

	teams, err := boss.Teams(ctx)
	if err != nil {
		log.Fatal(err)
	}
	for _, t := range teams {
		fmt.Println(t.Name, t.Version)
	}
	night := teams[1]
	night.Name = "Late"
	if _, err := boss.SaveTeam(ctx, night); err != nil {
		log.Fatal(err)
	}
	night.Name = "Evening"
	_, err = boss.SaveTeam(ctx, night) // at the version before
	if moved, ok := errors.AsType[*inbox.VersionError](err); ok {
		fmt.Println("it is at version", moved.Version)
	}
	// Output:
	// Day 1
	// Night 1
	// it is at version 2
}
