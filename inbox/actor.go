package inbox

import (
	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/queue"
	"github.com/google/uuid"
)

// Actor is who does something. It is a value: the host says who it is, and what it may do is asked of the host's Access.
type Actor struct {
	Kind  audit.ActorKind // ActorPerson, ActorBot, ActorAutomation or ActorSystem
	Agent queue.AgentID   // of a person or a bot
	Name  string          // as the log shows it
	Role  Role            // what it may do where the host has no Access of its own; empty: RoleAgent
}

// Person is an agent.
func Person(id queue.AgentID, name string) Actor {
	return Actor{Kind: audit.ActorPerson, Agent: id, Name: name}
}

// Bot is a program that works through a Desk as a person does.
func Bot(id queue.AgentID, name string) Actor {
	return Actor{Kind: audit.ActorBot, Agent: id, Name: name}
}

// Automation is a rule of the tenant.
func Automation(name string) Actor { return Actor{Kind: audit.ActorAutomation, Name: name} }

// System is the library and the host's own jobs. It may do everything.
var System = Actor{Kind: audit.ActorSystem, Name: "system"}

// As returns the actor with another role.
func (a Actor) As(r Role) Actor {
	a.Role = r
	return a
}

// logged returns the actor as log entries name it.
func (a Actor) logged() audit.Actor {
	l := audit.Actor{Kind: a.Kind, Name: a.Name}
	if a.Agent.UUID != uuid.Nil {
		l.ID = a.Agent.String()
	}
	return l
}

// author returns what kind of author the actor is to a network.
func (a Actor) author() channel.Author {
	if a.Kind == audit.ActorPerson {
		return channel.Human
	}
	return channel.Automated
}

// resolver returns what kind of resolver the actor is.
func (a Actor) resolver() Resolver {
	switch a.Kind {
	case audit.ActorAutomation:
		return ByAutomation
	case audit.ActorSystem:
		return BySystem
	}
	return ByPerson
}

// valid refuses actors that nobody could answer for.
func (a Actor) valid() error {
	switch a.Kind {
	case audit.ActorPerson, audit.ActorBot:
		if a.Agent.UUID == uuid.Nil {
			return &InputError{Field: "actor", Problem: "must name an agent"}
		}
	case audit.ActorAutomation, audit.ActorSystem:
	default:
		return &InputError{Field: "actor", Problem: "must be a person, a bot, an automation or the system"}
	}
	return identifier("actor.name", a.Name, true)
}
