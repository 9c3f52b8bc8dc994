package loan_test

import (
	"slices"
	"testing"

	"doorstep/internal/fault"
	. "doorstep/internal/loan"
)

// page is a page of a paper; blob n.
func page(d Doc, n byte, part Part) Attachment {
	return Attachment{Slot: DocSlot(d), Blob: blob(n), Media: "image/jpeg", Size: 7, Part: part}
}

// pagesOf is what stands in a paper, in order: the first byte of each page's name.
func pagesOf(c *Case, d Doc) (out []byte) {
	for _, a := range c.Slot(DocSlot(d)) {
		out = append(out, a.Blob[0])
	}
	return out
}

func TestACardHasTwoSides(t *testing.T) {
	tests := []struct {
		name  string
		pages []Part
		whole bool
		lacks []Part
	}{
		{"one side is not the card", []Part{Front}, false, []Part{Back}},
		{"nor is the other", []Part{Back}, false, []Part{Front}},
		{"both sides are", []Part{Back, Front}, true, nil},
		{"one page may show both", []Part{JoinParts(Front, Back)}, true, nil},
		{"what is neither side adds none", []Part{Front, OtherPart}, false, []Part{Back}},
		{"pages of which nobody said what they show count as they did", []Part{""}, true, nil},
		{"and so they do beside a side", []Part{"", Front}, true, nil},
		{"no page is no card", nil, false, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := newLaptop(1)
			opened(l)
			for i, part := range test.pages {
				l.write("clerk", ChangeAttach, AttachBody{Attachment: page(StudentIDCard, byte(i+1), part)})
			}
			c := mustFold(t, l)
			if got := slices.Contains(c.App.Docs, StudentIDCard); got != test.whole {
				t.Errorf("counts: got %v, want %v", got, test.whole)
			}
			if got := c.Lacks(StudentIDCard); !slices.Equal(got, test.lacks) {
				t.Errorf("lacks: got %v, want %v", got, test.lacks)
			}
		})
	}
	t.Run("a hukou book counts with any page, and says what it lacks", func(t *testing.T) {
		l := newLaptop(1)
		opened(l)
		l.write("clerk", ChangeAttach, AttachBody{Attachment: page(HukouBook, 1, JoinParts(HukouHead, HukouSecond))})
		c := mustFold(t, l)
		if got, want := c.Lacks(HukouBook), []Part{HukouCover, HukouStudent}; !slices.Equal(got, want) || !slices.Contains(c.App.Docs, HukouBook) {
			t.Errorf("lacks: got %v, want %v; papers %v", got, want, c.App.Docs)
		}
		l.write("clerk", ChangeEdit, fields("separate_hukou", true))
		if got := mustFold(t, l).Parts(HukouBook); slices.Contains(got, HukouSecond) {
			t.Errorf("of two books, the student's has %v", got)
		}
	})
	t.Run("a part of another paper is refused", func(t *testing.T) {
		for _, a := range []Attachment{page(StudentIDCard, 1, HukouHead), page(AdmissionLetter, 1, Front), page(AdmissionLetter, 1, OtherPart),
			page(StudentIDCard, 1, JoinParts(Back, Front)), page(StudentIDCard, 1, JoinParts(Front, Front)), page(StudentIDCard, 1, "front+"),
			{Slot: PortraitStudent, Blob: blob(1), Size: 1, Part: Front}} {
			l := newLaptop(1)
			opened(l)
			l.write("clerk", ChangeAttach, AttachBody{Attachment: a})
			if c := l.fold(); len(c.Attachments) != 0 || len(c.Aside) != 1 || fault.KindOf(c.Aside[0].Err) != fault.Input {
				t.Errorf("%s as %q: got %v, aside %v", a.Slot, a.Part, c.Attachments, c.Aside)
			}
		}
	})
}

func TestPagesAreArranged(t *testing.T) {
	pair := func(t *testing.T, pages ...byte) (*laptop, *laptop) {
		a, b := newLaptop(1), newLaptop(2)
		opened(a)
		a.write("clerk", ChangeAttach, AttachBody{Attachment: page(ApplicationForm, 9, "")})
		for _, n := range pages {
			a.write("clerk", ChangeAttach, AttachBody{Attachment: page(HukouBook, n, "")})
		}
		b.get(a)
		return a, b
	}
	order := func(pages ...byte) ArrangeBody {
		b := ArrangeBody{Slot: DocSlot(HukouBook)}
		for _, n := range pages {
			b.Order = append(b.Order, blob(n))
		}
		return b
	}
	t.Run("in the order given, other papers where they were", func(t *testing.T) {
		a, _ := pair(t, 1, 2, 3)
		a.write("clerk", ChangeAttach, AttachBody{Attachment: page(AdmissionLetter, 8, "")})
		a.write("clerk", ChangeArrange, order(3, 1, 2))
		c := mustFold(t, a)
		if got := pagesOf(c, HukouBook); !slices.Equal(got, []byte{3, 1, 2}) {
			t.Errorf("got %v", got)
		}
		if c.Attachments[0].Blob != blob(9) || c.Attachments[4].Blob != blob(8) {
			t.Errorf("other papers moved: %v", c.Attachments)
		}
		if got := c.Manifest(); got[1].Blob != blob(3) {
			t.Errorf("what goes to the centre begins with %v", got[1])
		}
	})
	t.Run("two desks that order apart end with one order", func(t *testing.T) {
		a, b := pair(t, 1, 2, 3)
		a.write("clerk", ChangeArrange, order(3, 2, 1))
		b.write("berta", ChangeArrange, order(2, 1, 3))
		a.get(b)
		b.get(a)
		got, want := pagesOf(mustFold(t, a), HukouBook), pagesOf(mustFold(t, b), HukouBook)
		if !slices.Equal(got, want) || len(got) != 3 {
			t.Errorf("got %v at one, %v at the other", got, want)
		}
	})
	t.Run("a page added apart stays behind, one taken out apart is passed over", func(t *testing.T) {
		a, b := pair(t, 1, 2, 3)
		a.write("clerk", ChangeArrange, order(3, 2, 1))
		b.write("berta", ChangeAttach, AttachBody{Attachment: page(HukouBook, 4, "")})
		b.write("berta", ChangeDetach, DetachBody{DocSlot(HukouBook), blob(2)})
		a.get(b)
		a.write("clerk", ChangeArrange, order(2, 1))
		c := mustFold(t, a)
		if got := pagesOf(c, HukouBook); !slices.Equal(got, []byte{1, 3, 4}) || len(c.Aside) != 0 {
			t.Errorf("got %v, aside %v", got, c.Aside)
		}
	})
	t.Run("one names a page while the other orders: both stand", func(t *testing.T) {
		a, b := pair(t, 1, 2)
		a.write("clerk", ChangeArrange, order(2, 1))
		b.write("berta", ChangeArrange, ArrangeBody{Slot: DocSlot(HukouBook), Parts: map[Hash]Part{blob(2): HukouCover}})
		a.get(b)
		c := mustFold(t, a)
		if got := c.Slot(DocSlot(HukouBook)); got[0].Blob != blob(2) || got[0].Part != HukouCover || got[1].Part != "" {
			t.Errorf("got %v", got)
		}
	})
	t.Run("a page taken in another's place has its place and part", func(t *testing.T) {
		a, _ := pair(t, 1, 2)
		a.write("clerk", ChangeArrange, ArrangeBody{Slot: DocSlot(HukouBook), Parts: map[Hash]Part{blob(1): HukouHead}})
		a.write("clerk", ChangeAttach, AttachBody{Attachment: page(HukouBook, 5, ""), Instead: blob(1)})
		c := mustFold(t, a)
		if got := c.Slot(DocSlot(HukouBook)); len(got) != 2 || got[0].Blob != blob(5) || got[0].Part != HukouHead {
			t.Errorf("got %v", got)
		}
	})
	t.Run("after signing it is refused, before it goes back to the author", func(t *testing.T) {
		l := withPages(t, Queued)
		l.write("clerk", ChangeArrange, order(12, 11))
		if c := l.fold(); len(c.Aside) != 1 || fault.KindOf(c.Aside[0].Err) != fault.Denied || pagesOf(c, HukouBook)[0] != 11 {
			t.Errorf("aside %v, pages %v", c.Aside, pagesOf(c, HukouBook))
		}
		l = withPages(t, Draft)
		l.write("clerk", ChangeSubmit, nil)
		l.write("clerk", ChangeArrange, order(12, 11))
		if c := mustFold(t, l); c.Status != Draft || pagesOf(c, HukouBook)[0] != 12 {
			t.Errorf("status %s, pages %v", c.Status, pagesOf(c, HukouBook))
		}
	})
	t.Run("nonsense is refused", func(t *testing.T) {
		for name, body := range map[string]any{
			"nothing":         ArrangeBody{Slot: DocSlot(HukouBook)},
			"a portrait":      ArrangeBody{Slot: PortraitStudent, Order: []Hash{blob(1)}},
			"a page twice":    order(1, 1),
			"too many":        ArrangeBody{Slot: DocSlot(HukouBook), Order: make([]Hash, 501)},
			"another's part":  ArrangeBody{Slot: DocSlot(HukouBook), Parts: map[Hash]Part{blob(1): Front}},
			"an unknown name": map[string]any{"slot": DocSlot(HukouBook), "ordered": []Hash{blob(1)}},
		} {
			a, _ := pair(t, 1, 2)
			a.write("clerk", ChangeArrange, body)
			if c := a.fold(); len(c.Aside) != 1 || fault.KindOf(c.Aside[0].Err) != fault.Input {
				t.Errorf("%s: aside %v", name, c.Aside)
			}
		}
	})
}
