package guard

import (
	"fmt"
	"strings"

	"github.com/google/uuid"
)

// glass is an emergency: its id, and the laptop that says so, for another may say the same.
type glass struct {
	device uuid.UUID
	id     string
}

// emergency keeps by which id an emergency is known that is counted.
func (w *Watch) emergency(a Act, id string) {
	o := w.add(OddGlass, a, 1)
	o.glasses = append(o.glasses, glass{a.Device, id})
}

// Judge counts which of its emergencies were found to be not right, and which nobody
// looked at yet: found says what was said of one, and whether anything was. It changes
// nothing of other oddities.
func (o *Oddity) Judge(found func(device uuid.UUID, id string) (right, reviewed bool)) {
	o.NotRight, o.Unreviewed = 0, 0
	for _, g := range o.glasses {
		switch right, reviewed := found(g.device, g.id); {
		case !reviewed:
			o.Unreviewed++
		case !right:
			o.NotRight++
		}
	}
}

// Judged is on screen and in the lists of the centre what was said of emergencies; empty
// of other oddities.
func (o Oddity) Judged() string {
	if len(o.glasses) == 0 {
		return ""
	}
	var words []string
	if o.NotRight > 0 {
		words = append(words, fmt.Sprintf("%d 次复查为不应使用", o.NotRight))
	}
	if o.Unreviewed > 0 {
		words = append(words, fmt.Sprintf("%d 次还没有复查", o.Unreviewed))
	}
	if words == nil {
		return "复查属实"
	}
	return strings.Join(words, "、")
}
