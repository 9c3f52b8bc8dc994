package ui

import (
	"testing"

	"doorstep/internal/bulletin"
	"doorstep/internal/desk"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
)

// TestThePicturesOfAnEmergencyThatWasNotRightGo has the county's word come while they
// are looked at.
func TestThePicturesOfAnEmergencyThatWasNotRightGo(t *testing.T) {
	r := newIssuerRig(t, kit.Light)
	id := r.open(loan.First, false, entered).id
	r.ui(r.u.lock)
	r.locked()
	r.enter("reviewer-1", reviewPassword)
	r.openFor(id)
	g, err := r.u.desk.BreakGlass(t.Context(), id, "断网应急核对")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.u.desk.Reveal(t.Context(), id, []string{desk.ImagesField, "student.name"}, "断网应急核对"); err != nil {
		t.Fatal(err)
	}
	v := r.visit()
	r.ui(func() { v.refresh(); v.showPictures() })
	r.settle()
	if r.dialog() == nil {
		t.Fatal("no pictures are shown")
	}
	seen, err := guard.EncodeReviewed([]guard.Reviewed{{Device: r.u.desk.Store().Profile().Device, ID: g.ID, Operator: "reviewer-1", Case: id, By: "aud-9", Word: "没有灾情，不应使用", At: testClock().UTC()}})
	if err != nil {
		t.Fatal(err)
	}
	r.send(bulletin.Reviews, bulletin.ReviewsName, seen)
	r.ui(r.u.takeUp)
	r.ui(r.u.shell.arrived)
	r.settle()
	r.u.idle(t)
	r.ui(func() {
		if v.revealing.pictures != nil || v.revealing.timer != nil || r.dialog() != nil {
			t.Error("the pictures stand over the case")
		}
	})
}

// TestClosingThePicturesLeavesTheValuesTheyStoodOver has both shown at once, and the
// pictures alone.
func TestClosingThePicturesLeavesTheValuesTheyStoodOver(t *testing.T) {
	for _, c := range []struct {
		fields []string
		stays  bool
	}{{[]string{desk.ImagesField, "student.phone"}, true}, {[]string{desk.ImagesField}, false}} {
		r := othersCase(t)
		v := r.visit()
		if _, err := r.u.desk.BreakGlass(t.Context(), v.id, "断网应急核对"); err != nil {
			t.Fatal(err)
		}
		if err := r.u.desk.Reveal(t.Context(), v.id, c.fields, "断网应急核对"); err != nil {
			t.Fatal(err)
		}
		r.ui(func() { v.refresh(); v.showPictures() })
		r.settle()
		r.ui(func() { r.dialog().Close() })
		r.ui(func() {
			if left, _ := r.u.desk.Revealed(v.id); left > 0 != c.stays || v.revealing.timer != nil != c.stays {
				t.Errorf("of %v the values stay for %v", c.fields, left)
			}
			v.conceal()
			if left, _ := r.u.desk.Revealed(v.id); left > 0 || v.revealing.timer != nil {
				t.Error("they stay once they are masked")
			}
		})
	}
}
