package inbox_test

import (
	"strings"
	"testing"
	"time"

	"github.com/deskwright/deskwright/audit"
	"github.com/deskwright/deskwright/channel"
	"github.com/deskwright/deskwright/inbox"
	"github.com/deskwright/deskwright/queue"
)

// notes returns the notes of a conversation as its timeline shows them.
func (o *office) notes(id inbox.ConversationID) []inbox.Note {
	o.t.Helper()
	var all []inbox.Note
	for item, err := range o.system().Timeline(o.ctx(), id) {
		o.works(err)
		if item.Note != nil {
			all = append(all, *item.Note)
		}
	}
	return all
}

// note calls a command on a note and returns only its error.
func (o *office) edit(d *inbox.Desk, id inbox.ConversationID, note inbox.NoteID, text string) func() error {
	return func() error { _, err := d.EditNote(o.ctx(), id, note, text); return err }
}

func (o *office) delete(d *inbox.Desk, id inbox.ConversationID, note inbox.NoteID) func() error {
	return func() error { _, err := d.DeleteNote(o.ctx(), id, note); return err }
}

func TestNotesAreAddedEditedAndDeletedInEveryState(t *testing.T) {
	o := newOffice(t)
	for _, s := range everyState {
		for _, by := range workers {
			t.Run(s.String()+" by "+by.Kind.String(), func(t *testing.T) {
				o.t = t
				d, id := o.Box.As(by), o.in(s)
				about := o.last(id).ID
				author := audit.Actor{Kind: by.Kind, Name: by.Name}
				if by.Agent != (queue.AgentID{}) {
					author.ID = by.Agent.String()
				}
				before := o.Header(id)
				made := o.Clock.Now().UTC()
				onAll := o.did(d.AddNote(o.ctx(), id, inbox.MessageID{}, "Care\x00ful."))
				onOne := o.did(d.AddNote(o.ctx(), id, about, "This one."))
				o.Clock.Add(time.Minute)
				edited := o.Clock.Now().UTC()
				if got := o.logged(func() { o.did(d.EditNote(o.ctx(), id, onAll.Note, "Very careful.")) }); got != "note.edited" {
					t.Errorf("editing logged %q", got)
				}
				o.Clock.Add(time.Minute)
				deleted := o.Clock.Now().UTC()
				if got := o.logged(func() { o.did(d.DeleteNote(o.ctx(), id, onOne.Note)) }); got != "note.deleted" {
					t.Errorf("deleting logged %q", got)
				}
				notes := o.notes(id)
				wanted := []inbox.Note{
					{ID: onAll.Note, Conversation: id, Author: author, Text: "Very careful.", Time: made, Edited: edited},
					{ID: onOne.Note, Conversation: id, Message: about, Author: author, Time: made, Deleted: deleted},
				}
				for i := range wanted {
					wanted[i].Seq = notes[i].Seq
				}
				want(t, "the notes", notes, wanted)
				lines := o.Timeline(id)
				want(t, "the timeline", lines[len(lines)-4:], []string{"note by " + by.Name + ": Very careful.", "note by " + by.Name + ": (deleted)",
					"note edited by " + by.Name, "note deleted by " + by.Name})
				after := o.Header(id)
				if after.State != s || after.Since != before.Since || after.Assignee != before.Assignee || after.Count != before.Count ||
					after.Last != before.Last || after.WaitingSince != before.WaitingSince {
					t.Errorf("notes changed the conversation: before %+v, after %+v", before.Conversation, after.Conversation)
				}
			})
		}
	}
	o.WantLogHolds()
}

func TestADeletedNoteIsGone(t *testing.T) {
	o := newOffice(t)
	ann, id := o.Desk("Ann"), o.in(inbox.StateNew)
	note := o.did(ann.AddNote(o.ctx(), id, inbox.MessageID{}, "Careful.")).Note
	o.did(ann.DeleteNote(o.ctx(), id, note))
	gone := &inbox.MissingError{What: "note"}
	wants(o, "editing it", gone, o.edit(ann, id, note, "Careful!"))
	wants(o, "deleting it again", gone, o.delete(ann, id, note))
	for item, err := range ann.Timeline(o.ctx(), id, inbox.WithTrail()) {
		if err != nil || strings.Contains(string(item.Entry.Data), "Careful") || strings.Contains(item.String(), "Careful") {
			t.Errorf("the timeline still says %s: %s, %v", item.Entry.Action, item, err)
		}
	}
}

func TestTheNotesOfOthersNeedAPermission(t *testing.T) {
	o := newOffice(t)
	ann, bob, id := o.Desk("Ann"), o.Desk("Bob"), o.in(inbox.StateNew)
	note := o.did(ann.AddNote(o.ctx(), id, inbox.MessageID{}, "Careful.")).Note
	no := &inbox.PermissionError{Permission: inbox.MayOthersNotes}
	robo := o.Box.As(inbox.Bot(queue.AgentNamed("Ann"), "Ann")) // a bot is nobody's namesake
	for _, d := range []*inbox.Desk{bob, robo, o.Box.As(inbox.Automation("Ann"))} {
		wants(o, "editing it", no, o.edit(d, id, note, "Never mind."))
		wants(o, "deleting it", no, o.delete(d, id, note))
	}
	renamed := o.Box.As(inbox.Person(ann.Actor().Agent, "Anna"))
	o.did(renamed.EditNote(o.ctx(), id, note, "Careful!"))
	boss := o.Box.As(bob.Actor().As(inbox.RoleSupervisor))
	o.did(boss.EditNote(o.ctx(), id, note, "Never mind."))
	if n := o.notes(id)[0]; n.Author.Name != "Ann" || n.Text != "Never mind." {
		t.Errorf("the note is %+v", n)
	}
	o.did(boss.DeleteNote(o.ctx(), id, note))
}

func TestANoteIsFoundInItsOwnConversationOnly(t *testing.T) {
	o := newOffice(t)
	ann, id, other := o.Desk("Ann"), o.in(inbox.StateNew), o.in(inbox.StateNew)
	note := o.did(ann.AddNote(o.ctx(), id, inbox.MessageID{}, "Careful.")).Note
	gone := &inbox.MissingError{What: "note"}
	for what, c := range map[string]struct {
		id   inbox.ConversationID
		note inbox.NoteID
	}{
		"by another conversation": {other, note}, "a random one": {id, inbox.NoteID{UUID: random()}}, "none": {id, inbox.NoteID{}},
	} {
		wants(o, what, gone, o.edit(ann, c.id, c.note, "Careful!"))
		wants(o, what, gone, o.delete(ann, c.id, c.note))
	}
	for what, about := range map[string]inbox.MessageID{"another conversation's": o.last(other).ID, "a random": {UUID: random()}} {
		wants(o, "on "+what+" message", &inbox.MissingError{What: "message"}, func() error {
			_, err := ann.AddNote(o.ctx(), id, about, "Careful.")
			return err
		})
	}
}

func TestANoteHasATextOfAtMostMaxText(t *testing.T) {
	o := newOffice(t)
	ann, id := o.Desk("Ann"), o.in(inbox.StateNew)
	most := strings.Repeat("x", channel.MaxText)
	note := o.did(ann.AddNote(o.ctx(), id, inbox.MessageID{}, most)).Note
	for what, text := range map[string]string{"nothing": "", "nothing but NUL": "\x00", "nothing but space": " \n\t ", "a byte too many": most + "x", "10 MB": strings.Repeat("x", 10<<20)} {
		refused[*inbox.InputError](o, what, func() error { _, err := ann.AddNote(o.ctx(), id, inbox.MessageID{}, text); return err })
		refused[*inbox.InputError](o, what, o.edit(ann, id, note, text))
	}
	o.did(ann.EditNote(o.ctx(), id, note, "a\xffb"))
	if got := o.notes(id)[0].Text; got != "a\uFFFDb" {
		t.Errorf("the note says %q", got)
	}
}

func TestAContactNeverSeesANote(t *testing.T) {
	o := newOffice(t)
	ann, id := o.Desk("Ann"), o.in(inbox.StateNew)
	o.did(ann.AddNote(o.ctx(), id, inbox.MessageID{}, "Careful."))
	o.did(ann.Reply(o.ctx(), id, inbox.Reply{Text: "On its way."}))
	o.Advance(time.Minute)
	o.WantSent("On its way.")
	if got := o.Header(id).Last.Preview; got != "On its way." {
		t.Errorf("lists show %q", got)
	}
}

func TestAnAutomationMayNotEditAnothersNotes(t *testing.T) {
	o := newOffice(t)
	id := o.in(inbox.StateNew)
	rule, other := o.Box.As(inbox.Automation("Rule")), o.Box.As(inbox.Automation("Other"))
	note := o.did(rule.AddNote(o.ctx(), id, inbox.MessageID{}, "Careful.")).Note
	for _, do := range []func() error{o.edit(other, id, note, "Careless."), o.delete(other, id, note)} {
		wants(o, "another automation", &inbox.PermissionError{Permission: inbox.MayOthersNotes}, do)
	}
	o.works(o.edit(rule, id, note, "Very careful.")())
}
