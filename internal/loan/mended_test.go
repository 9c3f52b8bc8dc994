package loan_test

import (
	"slices"
	"testing"

	. "doorstep/internal/loan"
)

func TestWhatWasMendedSinceAReviewThatSentTheCaseBack(t *testing.T) {
	l := signing(ToReview)
	l.write("reviewer", ChangeReview, ReviewBody{Note: "户口簿缺首页"})
	mended := func(want ...string) {
		t.Helper()
		c := mustFold(t, l)
		if c.Review == nil || c.Review.Note != "户口簿缺首页" || !slices.Equal(c.Review.Mended, want) {
			t.Errorf("got %+v, want mended %q", c.Review, want)
		}
	}
	mended()
	if mustFold(t, l).SentBack() == nil {
		t.Error("it is not called sent back")
	}
	l.write("clerk", ChangeEdit, fields("loan.amount", 7000, "student.phone", "15400000001"))
	l.write("clerk", ChangeEdit, fields("loan.amount", 7500))
	l.write("clerk", ChangeAttach, AttachBody{Attachment: Attachment{Slot: DocSlot(HukouBook), Blob: blob(12), Media: "image/jpeg", Size: 7}})
	l.write("clerk", ChangeConsent, ConsentBody{Party: StudentParty, Purpose: ConsentCredit, Text: "t", Given: true})
	l.write("clerk", ChangeCard, CardBody{Form: CardForm, Party: StudentParty, Card: sampleCard()})
	all := []string{"consent/student", "doc/hukou_book", "loan.amount", "read/student", "student.phone"}
	mended(all...)

	// What is taken back from its reviewer once more keeps why it was sent back.
	l.write("clerk", ChangeSubmit, nil)
	mended(all...)
	l.write("clerk", ChangeEdit, fields("student.address", "测试乡示例村一组001号"))
	mended("consent/student", "doc/hukou_book", "loan.amount", "read/student", "student.address", "student.phone")
	if c := mustFold(t, l); c.Status != Draft || c.SentBack() == nil {
		t.Errorf("it is %s, sent back %v", c.Status, c.SentBack())
	}

	l.write("clerk", ChangeSubmit, nil)
	l.write("reviewer", ChangeReview, ReviewBody{Pass: true})
	if c := mustFold(t, l); c.Review == nil || len(c.Review.Mended) != 0 {
		t.Errorf("after a pass: %+v", c.Review)
	}
	l.write("clerk", ChangeEdit, fields("loan.amount", 7000))
	if c := mustFold(t, l); c.Review != nil {
		t.Errorf("a pass outlives a change: %+v", c.Review)
	}
}
