package guard

import (
	"fmt"
	"strings"
)

// emergency keeps by which id an emergency is known that is counted.
func (w *Watch) emergency(a Act, id string) {
	w.add(OddGlass, a, 1)
	o := w.by[keyOf(OddGlass, a)]
	o.glasses = append(o.glasses, id)
}

// Judge counts which of its emergencies were found to be not right, and which nobody
// looked at yet: found says what was said of one, and whether anything was. It changes
// nothing of other oddities.
func (o *Oddity) Judge(found func(id string) (right, reviewed bool)) {
	o.NotRight, o.Unreviewed = 0, 0
	for _, id := range o.glasses {
		switch right, reviewed := found(id); {
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
