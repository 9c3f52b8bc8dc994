package ui

import (
	"image"
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2/test"
	"github.com/google/uuid"
)

// sentBackFor opens a finished case that the centre returned for a code.
func (r *rig) sentBackFor(code loan.Code) *visit {
	r.t.Helper()
	return r.open(loan.First, false, entered, submitted, reviewed, signed, finished, func(r *rig, id uuid.UUID) {
		r.t.Helper()
		c := r.saved(id)
		centre := uuid.New()
		got := r.others(id, centre, 1, c.Heads, loan.ChangeReceive, loan.ReceiveBody{ReceiptNo: "R1", ContractNo: "C1", CheckCode: "123456", Finish: c.Finish.ID.String()})
		r.others(id, centre, 5, []uuid.UUID{got}, loan.ChangeReturn, loan.ReturnBody{Codes: []loan.Code{code}})
	})
}

// shows compares a step with its golden, and gives the case its id again.
func (r *rig) shows(v *visit, at int, name string) {
	r.t.Helper()
	id := v.id
	r.picture(at, name)
	r.ui(func() {
		v.id = id
		v.refreshCase()
	})
	r.settle()
}

// asks compares a dialog that open opens with its golden; it stays open.
func (r *rig) asks(v *visit, name string, open func()) {
	r.t.Helper()
	id, c := v.id, v.c
	r.ui(func() {
		same := *c
		v.id, same.ID = uuid.UUID{}, uuid.UUID{}
		v.c = &same
		v.refresh()
		r.u.shell.savedAt.Set(kit.Good, "已保存 10:00:00")
		hush(r.u.win.Canvas().Content())
		open()
	})
	golden(r.t.(*testing.T), r.u, name)
	r.ui(func() { v.id, v.c = id, c })
}

// fills types a reason into the dialog on top.
func (r *rig) fills(text string) {
	r.t.Helper()
	r.ui(func() {
		for _, o := range test.LaidOutObjects(r.dialog()) {
			if f, ok := o.(*kit.Field); ok {
				f.SetText(text)
			}
		}
	})
}

func TestACaseReturnedForItsSignatureHasAWayToBeSignedAgain(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.sentBackFor("E-SG-003")
	r.ui(func() {
		if v.at != stepSign {
			t.Errorf("it opens at step %d", v.at)
		}
		if b := v.banner; b.button.Text() != "重新签署" || !b.button.Visible() || !strings.Contains(b.text.Text(), "签名须重新办理") {
			t.Errorf("the banner says %q and offers %q", b.text.Text(), b.button.Text())
		}
	})
	r.shows(v, stepSign, "visit-returned-sign")
	r.ui(func() {
		if a := v.steps[stepSign].action(); a.text != "重新签署" || !a.enabled {
			t.Errorf("the blue button: %+v", a)
		}
	})
	r.asks(v, "dialog-sign-again", func() { v.banner.button.Tapped(nil) })
	r.fills("")
	r.answer()
	if c := r.saved(v.id); c.Status != loan.Returned {
		t.Errorf("without a reason: %s", c.Status)
	}
	r.fills("借款学生漏签，请其本人重签")
	r.answer()
	c := r.saved(v.id)
	if c.Status != loan.Corrected || c.Contract != nil || len(c.Former) != 1 || v.at != stepReview {
		t.Fatalf("%s, contract %v, former %d, at step %d", c.Status, c.Contract, len(c.Former), v.at)
	}
	r.ui(func() {
		if words := v.formerWords(1, &c.Former[0]); !strings.Contains(words, "内容未改") || strings.Contains(words, "申请金额") {
			t.Errorf("of the former contract it says %q", words)
		}
	})
	r.press("提交复核")
	if c := r.saved(v.id); c.Status != loan.ToReview {
		t.Errorf("submitted: %s", c.Status)
	}
}

func TestACaseReturnedForSomethingElseCanBeSignedAgainToo(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.sentBackFor("E-DC-002")
	r.shows(v, stepSign, "visit-returned-paper")
	r.ui(func() {
		s := v.steps[stepSign].(*signStep)
		if a := s.action(); a.text == "重新签署" || !s.again.Visible() {
			t.Errorf("the blue button says %q, the other way is shown %v", a.text, s.again.Visible())
		}
		s.again.(*kit.Button).Tapped(nil)
	})
	r.fills("家长发现签错了人")
	r.answer()
	if c := r.saved(v.id); c.Status != loan.Corrected || c.Contract != nil {
		t.Errorf("%s", c.Status)
	}
}

func TestACaseReturnedByMistakeGoesOnAsItIs(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.sentBackFor("E-DC-002")
	r.shows(v, stepReview, "visit-returned-review")
	r.ui(func() {
		if !strings.Contains(v.banner.text.Text(), "核对后无须改动的") {
			t.Errorf("the banner says %q", v.banner.text.Text())
		}
	})
	r.asks(v, "dialog-submit-again", func() { v.main.Tapped(nil) })
	r.fills("户口簿两本都在，核对无误")
	r.answer()
	if c := r.saved(v.id); c.Status != loan.ToReview || c.Again == nil || c.Contract.Sealed == nil {
		t.Fatalf("%s, again %+v", c.Status, c.Again)
	}
	r.shows(v, stepReview, "visit-again-review")
	r.ui(func() {
		words := v.steps[stepReview].(*reviewStep).state.Text()
		for _, want := range []string{"户口簿两本都在", "中心退回过本案", "E-DC-002", "户口簿"} {
			if !strings.Contains(words, want) {
				t.Errorf("of %q the reviewer is told %q", want, words)
			}
		}
		v.tellPassed()
		if got := r.notices(); strings.Contains(got, "可以签署") {
			t.Error("it is to be signed though it is")
		}
	})
}

func TestAPortraitInTheContractIsTakenAnewAfterNewSignatures(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.sentBackFor("E-PT-001")
	card := v.steps[stepImages].(*imagesStep).people[0]
	r.asks(v, "dialog-sign-again-portrait", func() { card.shoot.Tapped(nil) })
	r.answer()
	if c := r.saved(v.id); c.Status != loan.Corrected || c.Contract != nil || v.at != stepImages {
		t.Fatalf("%s, contract %v, at step %d", c.Status, c.Contract, v.at)
	}
	pic, err := desk.Portrait(testPicture(760, 936), image.Rectangle{})
	if err != nil {
		t.Fatal(err)
	}
	r.must(r.u.desk.Attach(t.Context(), v.id, loan.PortraitStudent, pic.JPEG, "image/jpeg", "file"))
	r.must(r.u.desk.Attest(t.Context(), v.id, loan.StudentParty))
	r.must(r.u.desk.Edit(t.Context(), v.id, map[string]any{"student.ethnic": "", "study.major": "另一专业"}))
	r.ui(v.refreshCase)
	r.settle()
	r.ui(func() { v.show(stepReview) })
	beside := v.steps[stepReview].(*reviewStep).beside
	r.until("what differs is shown", func() bool { return beside.content.Visible() })
	r.ui(func() {
		frames, words := 0, ""
		for _, o := range test.LaidOutObjects(beside.content) {
			switch o := o.(type) {
			case *kit.PhotoFrame:
				frames++
			case *kit.Text:
				words += o.Text() + "\n"
			}
		}
		if frames != 2 || !strings.Contains(words, "（空）") || !strings.Contains(words, "测试专业") {
			t.Errorf("%d portraits side by side, and the words are %q", frames, words)
		}
	})
	r.shows(v, stepReview, "visit-again-compare")
}

func TestAReturnedCaseOpensAtItsFieldWhereverItWasOpenBefore(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.sentBackFor("E-PH-001")
	phone := v.form.find("student.phone")
	r.ui(func() {
		v.show(stepReceipt)
		r.u.shell.visit("today")
		r.u.shell.open(v.id)
	})
	r.settle()
	r.ui(func() {
		if v.at != stepStudent || !phone.inner.Focused() {
			t.Errorf("at step %d, the field focused %v", v.at, phone.inner.Focused())
		}
		if got := phone.label.Error(); !strings.Contains(got, "中心退回") || !strings.Contains(got, "E-PH-001") {
			t.Errorf("at the field it says %q", got)
		}
		if got := v.stepState(stepStudent); got != kit.StepProblem {
			t.Errorf("the step is %v", got)
		}
		if got := v.stepState(stepCoborrower); got != kit.StepDone {
			t.Errorf("a step that was not returned is %v", got)
		}
	})
	r.must(r.u.desk.Correct(t.Context(), v.id, map[string]any{"student.phone": "15400000009"}, "学生换了手机号"))
	r.must(r.u.desk.Submit(t.Context(), v.id))
	r.ui(v.refreshCase)
	r.settle()
	r.ui(func() { v.show(stepReview) })
	r.settle()
	r.ui(func() {
		words := v.steps[stepReview].(*reviewStep).state.Text()
		for _, want := range []string{"E-PH-001", "学生：手机号码", "补正原因：学生换了手机号"} {
			if !strings.Contains(words, want) {
				t.Errorf("of %q the reviewer is told %q", want, words)
			}
		}
		if got := v.stepState(stepReceipt); got == kit.StepDone {
			t.Error("the receipt is done though nothing is signed")
		}
		if got := phone.label.Error(); got != "" {
			t.Errorf("at the field it still says %q", got)
		}
	})
}

func TestNoStepOfAVoidCaseIsDone(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false, voided)
	r.ui(func() {
		for at := range stepCount {
			if got := v.stepState(at); got == kit.StepDone {
				t.Errorf("step %d is done", at)
			}
		}
	})
}
