package ui

import (
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
)

func TestASearchOverTheDaysBoundLeadsToAGrant(t *testing.T) {
	for name, look := range looks() {
		r := newRig(t, look)
		r.open(loan.First, false, entered)
		if err := r.u.desk.Store().EnableOperator(t.Context(), testAdmin(), []byte(reviewPassword)); err != nil {
			t.Fatal(err)
		}
		for range guard.MaxSearches {
			if _, err := r.u.desk.FindBeyond(t.Context(), "9914", "家长来电核对"); err != nil {
				t.Fatal(err)
			}
		}
		var b *beyond
		r.ui(func() {
			r.u.shell.visit("cases")
			b = newBeyond(r.u)
			b.dialog.Open()
			b.query.SetText("9914")
			b.reason.SetText("家长来电核对")
			if b.ask.Visible() {
				t.Error("a grant is asked for before it is needed")
			}
			b.search()
		})
		r.settle()
		r.snap("beyond-bound-" + name)
		r.ui(func() {
			if !strings.Contains(b.state.Text(), "已达上限") || !b.ask.Visible() || len(b.rows) != 0 {
				t.Errorf("it says %s", b.state.Text())
			}
		})
		r.pressIn(b.dialog, "申请授权…")
		r.snap("beyond-ask-" + name)
		r.answer()
		asks, err := r.u.desk.Asks(t.Context())
		if err != nil || len(asks) != 1 || asks[0].Count != 10 || asks[0].Fields[0] != guard.SearchField || asks[0].Reason != "家长来电核对" {
			t.Fatalf("asked %+v, %v", asks, err)
		}
		if _, err := r.u.desk.ApproveAsk(t.Context(), asks[0].Code, "admin-1", []byte(reviewPassword), nil); err != nil {
			t.Fatal(err)
		}
		r.ui(func() {
			r.dialog().Close()
			b.search()
		})
		r.settle()
		r.ui(func() {
			if b.ask.Visible() || strings.Contains(b.state.Text(), "上限") {
				t.Errorf("with a grant it says %s", b.state.Text())
			}
			b.dialog.Close()
		})
	}
}

func TestTheRecordSaysOfASearchWhichCasesItShowed(t *testing.T) {
	id := "01a22405-6d1d-78b6-831a-1d2818ab3d06"
	for detail, want := range map[string]string{
		"beyond 1":                            "他人案件，符合 1 件",
		"beyond 2, grant g-1":                 "他人案件，符合 2 件，授权 g-1",
		"beyond 1, cases " + id:               "他人案件，符合 1 件，案件 18ab3d06",
		"beyond 2, grant g-1, cases " + id:    "他人案件，符合 2 件，授权 g-1，案件 18ab3d06",
		desk.ClockBehind + "1325 minutes":     "电脑时间比本机最后的记录早了 22 小时 5 分",
		desk.ClockAhead + "7200 minutes":      "登录期间，电脑时间被拨快了 120 小时 0 分",
		desk.SearchRefused + "; 2 times more": "被拒绝：当天查找他人案件的次数已达上限，另有 2 次",
		desk.TakeRefused:                      "被拒绝：当天接手他人案件的件数已达上限",
		desk.TakeRefused + "; 2 times more":   "被拒绝：当天接手他人案件的件数已达上限，另有 2 次",
		desk.TakenMark + "p-1":                "接手，授权 p-1",
	} {
		k := loan.ChangeSearch
		if strings.HasPrefix(detail, desk.TakeRefused) || strings.HasPrefix(detail, desk.TakenMark) {
			k = loan.ChangeView
		}
		if strings.HasPrefix(detail, desk.ClockBehind) || strings.HasPrefix(detail, desk.ClockAhead) {
			k = loan.ChangeSetting
		}
		if got := detailWords(desk.Line{Kind: k, Detail: detail}); got != want {
			t.Errorf("%q: got %s, want %s", detail, got, want)
		}
	}
}

func TestReturnInTheReasonSearches(t *testing.T) {
	r := newRig(t, kit.Light)
	r.open(loan.First, false, entered)
	var b *beyond
	r.ui(func() {
		r.u.shell.visit("cases")
		b = newBeyond(r.u)
		b.dialog.Open()
		b.query.SetText("9914")
		b.reason.SetText("家长来电核对")
		b.reason.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	})
	r.settle()
	r.ui(func() {
		if len(b.rows) != 1 {
			t.Errorf("got %d rows, want 1: %s", len(b.rows), b.state.Text())
		}
	})
}

func TestAfterAFindTheBlueButtonOpensWhatWasFound(t *testing.T) {
	r := newRig(t, kit.Light)
	id := r.open(loan.First, false, entered).id
	r.open(loan.First, false)
	var b *beyond
	blue := func(want string) {
		t.Helper()
		r.ui(func() {
			if got := b.dialog.YesButton().Text(); got != want {
				t.Errorf("it says %q, want %q", got, want)
			}
		})
	}
	r.ui(func() {
		r.u.shell.visit("cases")
		b = newBeyond(r.u)
		b.dialog.Open()
		b.query.SetText("9914")
		b.reason.SetText("家长来电核对")
	})
	blue("查找")
	r.answer()
	blue("打开")
	r.ui(func() {
		if list, field := b.list.Size().Width, b.query.Size().Width; list != field {
			t.Errorf("the list is %v wide, the field above it %v", list, field)
		}
		b.query.TypedRune('7')
		if len(b.rows) != 0 || b.state.Text() != "" {
			t.Errorf("below another name stand %d rows and %q", len(b.rows), b.state.Text())
		}
	})
	blue("查找")
	r.ui(func() { b.query.SetText("9914") })
	r.answer()
	r.answer()
	if v := r.visit(); v == nil || v.id != id {
		t.Error("the case was not opened")
	}
}
