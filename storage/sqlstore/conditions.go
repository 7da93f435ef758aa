package sqlstore

import (
	"strings"

	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/queue"
	"github.com/google/uuid"
)

// conditions is what SQL knows of a filter: the lists that must all hold. It lets through what the filter means, and maybe more.
type conditions struct {
	text string
	args []any
	none bool // a list is empty: nothing is meant
}

func conditionsOf(f *inbox.Filter) conditions {
	var c conditions
	c.add(f)
	return c
}

func (c *conditions) add(f *inbox.Filter) {
	among(c, "c.account", f.Accounts, func(id channel.AccountID) any { return id.UUID[:] })
	among(c, "c.network", f.Networks, func(n channel.Network) any { return string(n) })
	among(c, "c.visibility", f.Visibilities, func(v channel.Visibility) any { return string(v) })
	among(c, "c.last_kind", f.Kinds, func(k channel.Kind) any { return string(k) })
	among(c, "c.agent", f.Agents(), func(id queue.AgentID) any { return optional(&id.UUID) })
	among(c, "c.team", f.Teams, func(id queue.TeamID) any { return optional(&id.UUID) })
	among(c, "c.reason", f.Reasons, func(id inbox.ReasonID) any { return optional(&id.UUID) })
	if f.Paid != nil {
		c.and("c.last_paid = ?", bindFlag(*f.Paid))
	}
	c.topics(f.Topics)
	for i := range f.All {
		c.add(&f.All[i])
	}
}

func (c *conditions) and(text string, args ...any) {
	c.text += " AND " + text
	c.args = append(c.args, args...)
}

// longest is how long a list may be that SQL is asked about.
const longest = 500

// among asks for rows whose column has one of the values; a value bound as nil stands for none.
func among[T any](c *conditions, column string, set []T, bind func(T) any) {
	if c.none = c.none || set != nil && len(set) == 0; len(set) == 0 || len(set) > longest {
		return
	}
	var args []any
	for _, v := range set {
		if arg := bind(v); arg != nil {
			args = append(args, arg)
		}
	}
	var either []string
	if len(args) > 0 {
		either = append(either, column+" IN ("+strings.TrimSuffix(strings.Repeat("?, ", len(args)), ", ")+")")
	}
	if len(args) < len(set) {
		either = append(either, column+" IS NULL")
	}
	c.and("("+strings.Join(either, " OR ")+")", args...)
}

// topics asks for rows with one of the topics. They stand in one text, where no id can be a part of another.
func (c *conditions) topics(set []inbox.TopicID) {
	if c.none = c.none || set != nil && len(set) == 0; len(set) == 0 || len(set) > longest {
		return
	}
	var either []string
	var args []any
	for _, id := range set {
		if id.UUID == uuid.Nil {
			either = append(either, "c.topics IS NULL")
		}
		either = append(either, "c.topics LIKE ?")
		args = append(args, "%"+id.String()+"%")
	}
	c.and("("+strings.Join(either, " OR ")+")", args...)
}
