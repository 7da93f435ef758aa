// Package queue is for the people who work: agents and teams, and, as it grows, who of them gets which conversation next.
//
// It holds values and pure rules; it opens nothing and never asks the time.
package queue

import "github.com/google/uuid"

// AgentID names an agent.
type AgentID struct{ uuid.UUID }

// AgentNamed derives the id of an agent from the name that the host's own user table has for it: the same text, the same id.
func AgentNamed(text string) AgentID { return AgentID{uuid.NewSHA1(agents, []byte(text))} }

// TeamID names a team.
type TeamID struct{ uuid.UUID }

// TeamNamed derives the id of a team from the host's own name for it, as [AgentNamed] does.
func TeamNamed(text string) TeamID { return TeamID{uuid.NewSHA1(teams, []byte(text))} }

var (
	agents = uuid.NewSHA1(uuid.NameSpaceURL, []byte("deskwright/agent"))
	teams  = uuid.NewSHA1(uuid.NameSpaceURL, []byte("deskwright/team"))
)

// Agent is somebody who answers contacts.
type Agent struct {
	ID   AgentID `json:"id"`
	Name string  `json:"name"`
}

// Team is a group of agents to whom a conversation can be assigned.
type Team struct {
	ID      TeamID    `json:"id"`
	Name    string    `json:"name"`
	Members []AgentID `json:"members,omitempty"`
}
