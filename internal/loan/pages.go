package loan

import (
	"errors"
	"slices"
	"strings"

	"doorstep/internal/fault"
)

// Part is what a page of a paper shows: one of the paper's parts, or several,
// joined by "+" in the paper's order, where one page shows them all; empty where
// nobody said.
type Part string

// The parts of an ID card and of a hukou book, and what is none of them.
const (
	Front        Part = "front" // 人像面
	Back         Part = "back"  // 国徽面
	HukouCover   Part = "cover"
	HukouHead    Part = "head"
	HukouStudent Part = "student"
	HukouSecond  Part = "coborrower"
	OtherPart    Part = "other"
)

const (
	partsJoined    = "+"
	docSlotsPrefix = "doc/"
	maxArranged    = 500 // pages that one change may name
)

// Parts are what the pages of a paper are told apart by, in their order; none
// for a paper that is told by the number of its pages alone.
func (d Doc) Parts() []Part {
	switch d {
	case StudentIDCard, CoborrowerIDCard:
		return []Part{Front, Back}
	case HukouBook:
		return []Part{HukouCover, HukouHead, HukouStudent, HukouSecond}
	case HukouBook2:
		return []Part{HukouCover, HukouHead, HukouSecond}
	}
	return nil
}

// WholeOnly says whether the paper counts only with all its parts.
func (d Doc) WholeOnly() bool { return d == StudentIDCard || d == CoborrowerIDCard }

// JoinParts is the part of a page that shows several.
func JoinParts(all ...Part) Part {
	words := make([]string, len(all))
	for i, p := range all {
		words[i] = string(p)
	}
	return Part(strings.Join(words, partsJoined))
}

// Each lists what the page shows, one by one.
func (p Part) Each() []Part {
	var out []Part
	if p != "" {
		for one := range strings.SplitSeq(string(p), partsJoined) {
			out = append(out, Part(one))
		}
	}
	return out
}

// Shows says whether the page shows the part.
func (p Part) Shows(one Part) bool { return slices.Contains(p.Each(), one) }

// fits says whether a page of the paper may be said to show p.
func (d Doc) fits(p Part) bool {
	all := d.Parts()
	if p == "" || p == OtherPart && len(all) > 0 {
		return true
	}
	next := 0
	for _, one := range p.Each() {
		at := slices.Index(all, one)
		if at < next {
			return false
		}
		next = at + 1
	}
	return true
}

// Doc is the paper of a slot; false for a slot of something else.
func (s Slot) Doc() (Doc, bool) {
	d, ok := strings.CutPrefix(string(s), docSlotsPrefix)
	return Doc(d), ok && slices.Contains(Docs(), Doc(d))
}

// Parts are those of the paper that this very case has.
func (c *Case) Parts(d Doc) []Part {
	out := d.Parts()
	if d == HukouBook && c.App.SeparateHukou {
		out = slices.DeleteFunc(out, func(p Part) bool { return p == HukouSecond })
	}
	return out
}

// Lacks lists the parts of a paper that no page of it shows. It is empty where
// there is no page at all, and where of some page nobody said what it shows: so
// were all pages before there were parts, and they count for the whole.
func (c *Case) Lacks(d Doc) []Part {
	pages := c.Slot(DocSlot(d))
	if len(pages) == 0 || slices.ContainsFunc(pages, func(a Attachment) bool { return a.Part == "" }) {
		return nil
	}
	return slices.DeleteFunc(c.Parts(d), func(p Part) bool {
		return slices.ContainsFunc(pages, func(a Attachment) bool { return a.Part.Shows(p) })
	})
}

// holds says whether the paper is there, as far as the rules ask for it.
func (c *Case) holds(d Doc) bool {
	return len(c.Slot(DocSlot(d))) > 0 && !(d.WholeOnly() && len(c.Lacks(d)) > 0)
}

// ArrangeBody puts pages of a paper in order, says what they show, or both. Pages
// that Order does not name, for whoever ordered had not seen them, stay behind
// those it names; what it names and the paper does not have is passed over.
type ArrangeBody struct {
	Slot  Slot          `json:"slot"`
	Order []Hash        `json:"order,omitempty"`
	Parts map[Hash]Part `json:"parts,omitempty"`
}

func (c *Case) arrange(ch *Change) error {
	b, err := Body[ArrangeBody](ch)
	if err != nil {
		return err
	}
	d, ok := b.Slot.Doc()
	if !ok || len(b.Order)+len(b.Parts) == 0 || len(b.Order) > maxArranged || len(b.Parts) > maxArranged {
		return fault.New("arrange", fault.Input, errors.New("slot, or no page"))
	}
	for i, h := range b.Order {
		if slices.Contains(b.Order[:i], h) {
			return fault.New("arrange", fault.Input, errors.New("a page named twice"))
		}
	}
	for _, p := range b.Parts {
		if !d.fits(p) {
			return fault.New("arrange", fault.Input, errors.New("part of another paper"))
		}
	}
	if err := c.touch("arrange"); err != nil {
		return err
	}
	pages := c.Slot(b.Slot)
	for i, a := range pages {
		if p, said := b.Parts[a.Blob]; said {
			pages[i].Part = p
		}
	}
	place := func(a Attachment) int {
		if at := slices.Index(b.Order, a.Blob); at >= 0 {
			return at
		}
		return len(b.Order)
	}
	slices.SortStableFunc(pages, func(x, y Attachment) int { return place(x) - place(y) })
	all := slices.Clone(c.Attachments)
	for i, a := range all {
		if a.Slot == b.Slot {
			all[i], pages = pages[0], pages[1:]
		}
	}
	c.Attachments = all
	return nil
}

// addPage puts a page into its slot: in the place of another where the slot has that
// one, and else behind all others. A page that is there already is not there twice.
func (c *Case) addPage(a Attachment, instead Hash) {
	all := slices.Clone(c.Attachments)
	same := func(h Hash) func(Attachment) bool {
		return func(x Attachment) bool { return x.Slot == a.Slot && x.Blob == h }
	}
	old := slices.IndexFunc(all, same(instead))
	if !instead.Zero() && old >= 0 {
		if a.Part == "" {
			a.Part = all[old].Part
		}
		all = slices.Delete(all, old, old+1)
	}
	if at := slices.IndexFunc(all, func(x Attachment) bool { x.Part = a.Part; return x == a }); at >= 0 {
		if a.Part != "" {
			all[at].Part = a.Part
		}
	} else if !instead.Zero() && old >= 0 {
		all = slices.Insert(all, old, a)
	} else {
		all = append(all, a)
	}
	c.Attachments = all
}
