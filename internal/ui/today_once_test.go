package ui

import (
	"strings"
	"testing"

	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"github.com/google/uuid"
)

func TestAReturnedCaseStandsInOneListOfToday(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false, entered, submitted, reviewed, signed, finished)
	c := r.saved(v.id)
	centre := uuid.MustParse("0189c000-0000-7000-8000-00000000000c")
	got := r.others(v.id, centre, 1, c.Heads, loan.ChangeReceive, loan.ReceiveBody{ReceiptNo: "R1", ContractNo: "C1", CheckCode: "123456", Finish: c.Finish.ID.String()})
	r.others(v.id, centre, 5, []uuid.UUID{got}, loan.ChangeReturn, loan.ReturnBody{Codes: []loan.Code{"E-DC-002"}})
	r.open(loan.First, false)
	r.ui(func() { r.u.shell.visit("today") })
	r.u.idle(t)
	r.u.idle(t)
	r.ui(func() {
		s := r.u.shell.screen.(*today)
		if len(s.notices.rows) != 1 || s.notices.rows[0].ID != c.ID {
			t.Errorf("to be dealt with: %v", s.notices.rows)
		}
		if len(s.rows) != 1 || s.rows[0].ID == c.ID {
			t.Errorf("to go on with: %d cases", len(s.rows))
		}
	})
	r.snap("today-returned")
}

func TestACaseThatItsReviewerSentBackIsToBeDealtWithOnToday(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false, entered, submitted)
	c := r.saved(v.id)
	phone := c.App.Student.Phone
	r.others(v.id, otherLaptop, 1, c.Heads, loan.ChangeReview, loan.ReviewBody{Note: "户口簿缺首页，请打 " + phone})
	r.open(loan.First, false)
	r.ui(func() { r.u.shell.visit("today") })
	r.u.idle(t)
	r.u.idle(t)
	r.ui(func() {
		s := r.u.shell.screen.(*today)
		if len(s.notices.rows) != 1 || s.notices.rows[0].ID != c.ID {
			t.Fatalf("to be dealt with: %d cases", len(s.notices.rows))
		}
		cells := s.notices.cells(s.notices.rows[0])
		if got := cells[1]; !strings.HasPrefix(got.Text, "复核员退回：户口簿缺首页") || strings.Contains(got.Text, phone) || !strings.Contains(got.Detail, "重新提交复核") {
			t.Errorf("it says %q, %q", got.Text, got.Detail)
		}
		if got := cells[2].Text; got != "复核退回" {
			t.Errorf("it is called %q", got)
		}
		if len(s.rows) != 1 || s.rows[0].ID == c.ID {
			t.Errorf("to go on with: %d cases", len(s.rows))
		}
	})
	r.snap("today-sent-back")
	r.ui(func() { r.u.shell.open(c.ID) })
	r.u.idle(t)
	state := func() string {
		v := r.u.shell.current
		if v == nil || v.id != c.ID {
			return ""
		}
		return v.steps[stepReview].(*reviewStep).state.Text()
	}
	r.ui(func() {
		s := r.u.shell.current.steps[stepReview].(*reviewStep)
		s.submit()
		if d := r.dialog(); d == nil || !strings.Contains(wordsOf(d), "没有改动") || !strings.Contains(wordsOf(d), "户口簿缺首页") {
			t.Errorf("nothing was mended, and it asks %q", wordsOf(d))
		}
	})
	r.snap("review-unmended")
	r.answer()
	r.until("the next review reads why, and that nothing was mended", func() bool {
		return strings.Contains(state(), "上次复核退回（") && strings.Contains(state(), "户口簿缺首页") && strings.Contains(state(), "退回后没有改动")
	})
	r.must(r.u.desk.Edit(t.Context(), c.ID, map[string]any{"student.address": "测试乡示例村二组002号", "loan.amount": 7000}))
	r.ui(func() { r.u.shell.arrived() })
	r.until("the case is its clerk's again", func() bool { return strings.Contains(state(), "复核退回（") })
	r.ui(func() { r.u.shell.current.steps[stepReview].(*reviewStep).submit() })
	r.until("the next review reads what was mended", func() bool {
		return r.dialog() == nil && strings.Contains(state(), "退回后改动：申请金额（元）、学生：通讯地址。请核对")
	})
	r.ui(func() { r.u.shell.current.show(stepReview) })
	r.settle()
	r.snap("review-again")
}

func TestARelationIsFoundByTheWordThatPeopleSay(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false)
	r.ui(func() {
		v.jump("coborrowers.0.relation")
		test.Type(r.u.win.Canvas().Focused(), "父亲")
		r.u.win.Canvas().FocusNext()
	})
	if got := r.saved(v.id).App.Coborrowers; len(got) != 1 || got[0].Relation != loan.Father {
		t.Errorf("kept is %v", got)
	}
}

func TestAMaskedListOfTicksDoesNotLookEmpty(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false, entered)
	r.ui(func() {
		boxes := v.form.find("hardship.categories")
		a := v.app()
		a.Hardship.Categories = nil
		for _, covering := range []bool{true, false} {
			v.covering = covering
			boxes.load(&a)
			if got := strings.Contains(veils(boxes.object), "-"); got != covering {
				t.Errorf("covered %v: a dash is drawn %v", covering, got)
			}
		}
	})
}

// veils has a dash for every box of which is not shown whether it is ticked.
func veils(o fyne.CanvasObject) string {
	if c, ok := o.(*kit.Check); ok && c.Veiled() {
		return "-"
	}
	out := ""
	if c, ok := o.(*fyne.Container); ok {
		for _, in := range c.Objects {
			out += veils(in)
		}
	}
	return out
}
