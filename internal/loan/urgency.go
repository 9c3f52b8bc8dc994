package loan

import (
	"errors"

	"doorstep/internal/fault"
)

// Urgency is why a case goes to the centre before others, if it does. It
// changes nothing that a reviewer looked at, and no verdict.
type Urgency string

// The urgencies.
const (
	NotUrgent Urgency = ""
	Urgent    Urgency = "urgent"   // 加急: a date is near
	Disaster  Urgency = "disaster" // 受灾: the family was struck by a disaster
)

// Known says whether it is one of the urgencies above.
func (u Urgency) Known() bool { return u == NotUrgent || u == Urgent || u == Disaster }

// Label is the urgency's name on screen; NotUrgent has none.
func (u Urgency) Label() string {
	switch u {
	case Urgent:
		return "加急"
	case Disaster:
		return "受灾"
	}
	return ""
}

// urge notes the urgency, wherever the case stands. Of two set at the same time
// the later in the order of changes holds.
func (c *Case) urge(ch *Change) error {
	b, err := Body[UrgentBody](ch)
	if err != nil {
		return err
	}
	if !b.Urgency.Known() {
		return fault.New("urge", fault.Newer, errors.New("urgency"))
	}
	if c.Status == Void {
		return denied("urge")
	}
	c.Urgency = b.Urgency
	return nil
}
