package ui

import (
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

func TestAReturnedCaseLeadsToWhatIsToBeCorrected(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false, entered, submitted, reviewed, signed, finished)
	s := v.steps[stepReceipt].(*receiptStep)
	r.ui(func() {
		v.show(stepReceipt)
		if s.again.Visible() || s.action().text != "打印回执和合同" {
			t.Errorf("before it came back it offers %q, and to print beside it: %v", s.action().text, s.again.Visible())
		}
		v.c.Status = loan.Returned
		v.c.Return = &loan.ReturnBody{Codes: []loan.Code{"E-PH-001"}, Note: "手机号打不通"}
		v.refresh()
		if got := s.action(); got.text != "去改正" || !got.enabled {
			t.Errorf("the blue button says %q, %v", got.text, got.enabled)
		}
		if !s.again.Visible() || !strings.Contains(textsIn(s.view.content), "已退回") {
			t.Errorf("printing is offered: %v; the page says %q", s.again.Visible(), textsIn(s.view.content))
		}
		s.action().do()
		if v.at != stepStudent || r.u.win.Canvas().Focused() != fyne.Focusable(v.form.find("student.phone").object.(fyne.Focusable)) {
			t.Errorf("it leads to step %d, at %v", v.at, r.u.win.Canvas().Focused())
		}
		v.c.Return = &loan.ReturnBody{Note: "请核对"}
		v.show(stepReceipt)
		if s.action().do(); v.at != stepReview {
			t.Errorf("without a place it leads to step %d", v.at)
		}
	})
}

func TestAnotherClerkIsToldThatACaseWasReturned(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false, entered, submitted, reviewed, signed, finished)
	r.another("clerk-2", guard.Clerk)
	r.openFor(v.id)
	v = r.visit()
	r.ui(func() {
		if strings.Contains(v.banner.text.Text(), "退回") {
			t.Errorf("before it came back the banner says %q", v.banner.text.Text())
		}
		v.c.Status, v.c.Return = loan.Returned, &loan.ReturnBody{Codes: []loan.Code{"E-PH-001"}}
		v.showBanner()
		if got := v.banner.text.Text(); !strings.HasPrefix(got, "中心已退回本案") {
			t.Errorf("the banner says %q", got)
		}
	})
}

func TestTakingOverFromAClerkOfTheSameLaptopSpeaksOfNoLaptop(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false, entered)
	r.another("clerk-2", guard.Clerk)
	r.openFor(v.id)
	r.ui(func() { r.u.shell.current.takeOver() })
	r.ui(func() {
		words := r.u.shell.current.takeWords()
		if words.title != "接手案件" || strings.Contains(strings.ReplaceAll(words.text, "本机", "")+words.example, "机") || strings.Contains(words.text, "两边") {
			t.Errorf("it says %+v", words)
		}
	})
}

func TestWhoDoesNotHandleACaseIsAskedTwiceBeforeAConsentIsTakenBack(t *testing.T) {
	begin := func(r *rig) {
		t.Helper()
		r.ui(func() {
			v := r.u.shell.current
			v.show(stepStudent)
			v.steps[stepStudent].(*studentStep).person.consent.withdraw()
			for _, o := range test.LaidOutObjects(r.dialog()) {
				if c, ok := o.(*kit.Check); ok && !c.Checked() {
					c.SetChecked(true)
					break
				}
			}
			fyneTap(r.dialog().YesButton())
		})
	}
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false, entered, submitted)
	given := len(r.saved(v.id).Consents[loan.StudentParty])
	r.another("clerk-2", guard.Clerk)
	r.openFor(v.id)
	begin(r)
	if words := r.dialogWords(); !strings.Contains(words, "不在您手上") || !strings.Contains(words, "身份证件") {
		t.Fatalf("it is not asked again: %q", words)
	}
	for range 3 {
		r.ui(func() {
			if r.dialog() != nil {
				r.u.win.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
			}
		})
	}
	r.settle()
	if got := len(r.saved(v.id).Consents[loan.StudentParty]); r.dialog() != nil || got != given {
		t.Errorf("by Return alone: %d consents are left of %d", got, given)
	}
	begin(r)
	r.answer()
	if got := len(r.saved(v.id).Consents[loan.StudentParty]); got != given-1 {
		t.Errorf("after the second word: %d consents are left of %d", got, given)
	}
}

func TestWhoSwitchedOffStandsSoAmongThePeople(t *testing.T) {
	r := newRig(t, kit.Light)
	r.ui(func() {
		r.u.shell.visit("manage")
		m := r.u.shell.screen.(*manage)
		o := r.u.desk.Operator()
		o.ID, o.Name, o.Enabled = "clerk-2", "测乙", false
		row := m.person(o)
		if words := textsIn(row); !strings.Contains(words, "已停用") || len(findButtons(row)) != 0 {
			t.Errorf("switched off: %q, %d buttons", words, len(findButtons(row)))
		}
		o.Enabled = true
		if row := m.person(o); !strings.Contains(textsIn(row), "尚未在本机启用") || len(findButtons(row)) != 1 {
			t.Errorf("not let in here yet: %q", textsIn(row))
		}
	})
}

func TestWhoTakesNoCaseInHasNoCardsOfOne(t *testing.T) {
	r := newRig(t, kit.Light)
	cards := func() string {
		words := ""
		r.ui(func() {
			r.u.shell.visit("today")
			words = r.texts()
		})
		return words
	}
	if got := cards(); !strings.Contains(got, "新建案件") || !strings.Contains(got, "接着办") {
		t.Errorf("a clerk sees %q", got)
	}
	r.another("admin-1", desk.DataAdmin)
	if got := cards(); strings.Contains(got, "新建案件") || strings.Contains(got, "接着办") {
		t.Errorf("an administrator sees %q", got)
	}
}

func TestAWaitingRequestSaysForWhichCase(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false, entered)
	a := desk.Asked{Wanted: desk.Wanted{Case: v.id}}
	if got, want := asksOf(a), "案件 "+v.id.String()[28:]; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := asksOf(desk.Asked{Wanted: desk.Wanted{Count: 3}}); got != "最多 3 件" {
		t.Errorf("of any: got %q", got)
	}
}

func TestWhatIsDoneAboutALineStandsBesideIt(t *testing.T) {
	r := newRig(t, kit.Light)
	r.ui(func() {
		b, words := kit.NewSecondary("答复…", nil, nil), kit.NewText("某人的申请", kit.TextBody)
		row := acted([]float32{7, 2}, b, words).(*fyne.Container)
		row.Resize(fyne.NewSize(900, row.MinSize().Height))
		if got, want := b.Size().Width, b.MinSize().Width; got != want {
			t.Errorf("the button is %v wide, want %v", got, want)
		}
		if got, want := words.Position().Y+words.LineHeight()/2, b.Position().Y+b.Size().Height/2; got < want-1 || got > want+1 {
			t.Errorf("the middle of the line is at %v, of the button at %v", got, want)
		}
	})
}
