package loan_test

import (
	"slices"
	"testing"

	"doorstep/internal/fault"
	. "doorstep/internal/loan"
)

// withPages is a case at a rung, whose first page of the hukou book is blob 1
// and whose second is blob 2.
func withPages(t *testing.T, to Status) *laptop {
	t.Helper()
	l := newLaptop(1)
	opened(l)
	book := func(n byte) Attachment {
		return Attachment{Slot: DocSlot(HukouBook), Blob: blob(n), Media: "image/jpeg", Size: 7}
	}
	l.write("clerk", ChangeAttach, AttachBody{Attachment: book(11)})
	l.write("clerk", ChangeAttach, AttachBody{Attachment: book(12)})
	if to == Draft {
		return l
	}
	l.write("clerk", ChangeSubmit, nil)
	l.write("reviewer", ChangeReview, ReviewBody{Pass: true})
	l.write("clerk", ChangeContract, ContractBody{Template: "t", Blob: blob(1), Size: 9, Pages: 3, AsOf: "2025-08-06"})
	for _, p := range []Party{StudentParty, CoborrowerParty} {
		l.write("clerk", ChangeSign, SignBody{Party: p, By: InPerson, Contract: blob(1), Ink: blob(2), Size: 9})
	}
	l.write("clerk", ChangeSeal, SealBody{Blob: blob(4), Size: 9})
	l.write("clerk", ChangeFinish, FinishBody{Blobs: l.fold().Manifest()})
	return l
}

func replaced(lost, with byte) ReplaceBody {
	return ReplaceBody{Attachment: Attachment{Slot: DocSlot(HukouBook), Blob: blob(with), Media: "image/jpeg", Size: 8}, Lost: blob(lost)}
}

func TestALostPageIsTakenAnew(t *testing.T) {
	t.Run("in its own place, and nothing is voided", func(t *testing.T) {
		l := withPages(t, Queued)
		before := mustFold(t, l)
		l.write("berta", ChangeReplace, replaced(11, 13))
		c := mustFold(t, l)
		pages := c.Slot(DocSlot(HukouBook))
		if len(pages) != 2 || pages[0].Blob != blob(13) || pages[1].Blob != blob(12) {
			t.Errorf("pages: got %v", pages)
		}
		if c.Status != Queued || c.Review == nil || c.Contract == nil || len(c.Contract.Signatures) != 2 || c.Contract.Sealed == nil || len(c.Former) != 0 {
			t.Errorf("status %s, review %v, contract %v: want all as before", c.Status, c.Review, c.Contract)
		}
		if c.Finish.ID != before.Finish.ID || len(c.Finish.Blobs) != len(before.Finish.Blobs) ||
			slices.ContainsFunc(c.Finish.Blobs, func(a Attachment) bool { return a.Blob == blob(11) }) ||
			!slices.ContainsFunc(c.Finish.Blobs, func(a Attachment) bool { return a.Blob == blob(13) }) {
			t.Errorf("the manifest: got %v", c.Finish.Blobs)
		}
		if slices.ContainsFunc(before.Finish.Blobs, func(a Attachment) bool { return a.Blob == blob(13) }) {
			t.Error("the case as it was before has changed too")
		}
		if r := c.Replaced; len(r) != 1 || r[0].Lost != blob(11) || r[0].Blob != blob(13) || r[0].By != "berta" || !c.Authors["berta"] {
			t.Errorf("what is told of it: got %+v, authors %v", r, c.Authors)
		}
	})
	t.Run("and the centre's word on the finish it knows still holds", func(t *testing.T) {
		l := withPages(t, Queued)
		finish := l.fold().Finish.ID.String()
		l.write("clerk", ChangeReplace, replaced(12, 13))
		l.write("centre", ChangeReceive, ReceiveBody{ReceiptNo: "R1", Finish: finish})
		if c := mustFold(t, l); c.Status != Received {
			t.Errorf("status: got %s, want received", c.Status)
		}
	})
	t.Run("by two laptops apart: the later is set aside, not lost", func(t *testing.T) {
		a, b := withPages(t, Queued), newLaptop(2)
		b.get(a)
		a.write("anna", ChangeReplace, replaced(11, 13))
		b.write("bert", ChangeReplace, replaced(11, 14))
		a.get(b)
		c := a.fold()
		if len(c.Aside) != 1 || len(c.Slot(DocSlot(HukouBook))) != 2 || len(c.Replaced) != 1 {
			t.Errorf("aside %v, pages %v, replaced %v", c.Aside, c.Slot(DocSlot(HukouBook)), c.Replaced)
		}
	})
	for name, body := range map[string]any{
		"a portrait":                ReplaceBody{Attachment: Attachment{Slot: PortraitStudent, Blob: blob(13), Size: 7}, Lost: blob(11)},
		"the contract":              ReplaceBody{Attachment: Attachment{Slot: ContractSlot, Blob: blob(13), Size: 7}, Lost: blob(4)},
		"a page that was not there": replaced(15, 13),
		"a page by itself":          replaced(11, 11),
		"a page by nothing":         ReplaceBody{Attachment: Attachment{Slot: DocSlot(HukouBook), Size: 7}, Lost: blob(11)},
		"a page of another paper":   ReplaceBody{Attachment: Attachment{Slot: DocSlot(ApplicationForm), Blob: blob(13), Size: 7}, Lost: blob(11)},
	} {
		t.Run("not "+name, func(t *testing.T) {
			l := withPages(t, Queued)
			l.write("clerk", ChangeReplace, body)
			c := l.fold()
			if len(c.Aside) != 1 || len(c.Replaced) != 0 || c.Slot(DocSlot(HukouBook))[0].Blob != blob(11) {
				t.Errorf("aside %v, pages %v", c.Aside, c.Slot(DocSlot(HukouBook)))
			}
			if k := fault.KindOf(c.Aside[0].Err); k != fault.Input && k != fault.Missing {
				t.Errorf("got %v", c.Aside[0].Err)
			}
		})
	}
	t.Run("not in a case that is void", func(t *testing.T) {
		l := withPages(t, Queued)
		l.write("clerk", ChangeVoid, ReasonBody{"家庭放弃"})
		l.write("clerk", ChangeReplace, replaced(11, 13))
		if c := l.fold(); len(c.Aside) != 1 || len(c.Replaced) != 0 {
			t.Errorf("aside %v", c.Aside)
		}
	})
}
