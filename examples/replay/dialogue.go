package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// dialogue is one line of a star file, as far as it is replayed.
type dialogue struct {
	id             string
	contact, agent string
	said           []utterance
	complete       bool
	events         int       // in the file
	end            time.Time // of the last event that has a time
}

// utterance is an event by which somebody says something.
type utterance struct {
	event   int // which one of the dialogue, counted from 1
	contact bool
	text    string
	at      time.Time
}

// name names something of the dialogue, as a message's external id or in a command's key.
func (d *dialogue) name(event int) string { return d.id + "/" + strconv.Itoa(event) }

// event is an event as the file has it.
type event struct {
	Agent, Action, Text string
	UnixTime            *int64
}

// readDialogue reads a line.
func readDialogue(line []byte) (dialogue, error) {
	var r struct {
		DialogueID               *int64
		AnonymizedUserWorkerID   string
		AnonymizedWizardWorkerID string
		CompletionLevel          string
		Events                   []event
	}
	if err := json.Unmarshal(line, &r); err != nil {
		return dialogue{}, unreadable(err)
	}
	switch {
	case r.DialogueID == nil:
		return dialogue{}, errors.New("DialogueID is missing")
	case r.Events == nil:
		return dialogue{}, errors.New("the list of Events is missing")
	}
	if err := nameable("AnonymizedUserWorkerID", r.AnonymizedUserWorkerID); err != nil {
		return dialogue{}, err
	}
	if err := nameable("AnonymizedWizardWorkerID", r.AnonymizedWizardWorkerID); err != nil {
		return dialogue{}, err
	}
	d := dialogue{
		id:       strconv.FormatInt(*r.DialogueID, 10),
		contact:  r.AnonymizedUserWorkerID,
		agent:    r.AnonymizedWizardWorkerID,
		complete: r.CompletionLevel == "Complete",
	}
	for _, e := range r.Events {
		if err := d.add(e); err != nil {
			return dialogue{}, fmt.Errorf("event %d: %w", d.events, err)
		}
	}
	return d, nil
}

// add takes in the next event.
func (d *dialogue) add(e event) error {
	d.events++
	if e.UnixTime != nil {
		if d.end = time.Unix(*e.UnixTime, 0).UTC(); !keepable(d.end) {
			return errors.New("UnixTime is no time between the years 1 and 9998")
		}
	}
	u := utterance{event: d.events, text: e.Text, at: d.end}
	switch e.Agent + "/" + e.Action {
	case "User/utter":
		u.contact = true
	case "Wizard/utter", "Wizard/pick_suggestion":
	default:
		return nil
	}
	if e.UnixTime == nil {
		return errors.New("UnixTime is missing")
	}
	d.said = append(d.said, u)
	return nil
}

// unreadable says in the words of the file what is wrong with a line.
func unreadable(err error) error {
	wrong, ok := errors.AsType[*json.UnmarshalTypeError](err)
	switch {
	case !ok:
		return fmt.Errorf("the line is not JSON: %w", err)
	case wrong.Field == "":
		return fmt.Errorf("the line is no object but a JSON %s", wrong.Value)
	}
	return fmt.Errorf("%s cannot be a JSON %s", wrong.Field, wrong.Value)
}
