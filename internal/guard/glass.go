package guard

import "strings"

// GlassWord is what a look of the chain says about an emergency: that there was
// one, or that somebody looked at it afterwards.
type GlassWord struct {
	ID       string
	Reviewed bool
	Operator string // of a review: who used it
	Right    bool   // of a review: it was in order
}

const glassDetail = "glass "

// Detail is how the chain says it.
func (w GlassWord) Detail() string {
	if !w.Reviewed {
		return glassDetail + w.ID
	}
	word := "not right"
	if w.Right {
		word = "right"
	}
	return glassDetail + w.ID + " of " + w.Operator + " reviewed: " + word
}

// GlassOf reads a look's detail; false for any other look.
func GlassOf(detail string) (GlassWord, bool) {
	rest, ok := strings.CutPrefix(detail, glassDetail)
	if !ok {
		return GlassWord{}, false
	}
	id, rest, reviewed := strings.Cut(rest, " of ")
	w := GlassWord{ID: id, Reviewed: reviewed}
	if reviewed {
		w.Operator, rest, _ = strings.Cut(rest, " reviewed: ")
		w.Right = rest == "right"
	}
	return w, grantID(id) && strings.HasPrefix(id, "e-") && w.Detail() == detail
}
