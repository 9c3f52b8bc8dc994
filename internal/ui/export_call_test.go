package ui

import (
	"regexp"
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"filippo.io/age"
)

func TestAnExportIsApprovedByTelephoneOnTwoScreens(t *testing.T) {
	for _, theme := range drawn() {
		name := map[kit.Variant]string{kit.Light: "", kit.Dark: "-dark"}[theme]
		r := newRig(t, theme)
		v := r.open(loan.First, false, entered)
		if err := r.u.desk.Store().EnableOperator(t.Context(), testAdmin(), []byte(reviewPassword)); err != nil {
			t.Fatal(err)
		}
		id, err := age.GenerateX25519Identity()
		if err != nil {
			t.Fatal(err)
		}
		to := desk.Release{To: "某市学生资助管理中心", Key: id.Recipient().String()}
		r.ui(func() { r.u.exportCase(v.id) })
		r.settle()
		r.typeLines("市资助中心抽查合同")
		r.settle()
		r.pressIn(r.dialog(), "管理员不在场，打电话批准…") // to nobody
		if d := r.dialog(); d == nil || strings.Contains(textsIn(d), "逐项报出") {
			t.Fatal("asked by telephone without a recipient")
		}
		r.typeLines(to.To, to.Key)
		r.snap("export-approve-filled" + name)
		r.pressIn(r.dialog(), "管理员不在场，打电话批准…")
		r.settle()
		calling := r.dialog()
		for _, want := range []string{to.To, to.Fingerprint(), "市资助中心抽查合同", "指定 1 件", "影像"} {
			if !strings.Contains(textsIn(calling), want) {
				t.Errorf("%s is not shown to be read out", want)
			}
		}
		r.snap("export-call" + name)
		asks, err := r.u.desk.Asks(t.Context())
		if err != nil || len(asks) != 1 || asks[0].To == nil {
			t.Fatalf("%+v, %v", asks, err)
		}
		call, err := r.u.desk.CallExport(t.Context(), asks[0].Code, to)
		if err != nil {
			t.Fatal(err)
		}
		r.ui(r.u.lock)
		r.locked()
		r.enter("admin-1", reviewPassword)
		r.ui(func() {
			r.u.shell.visit("manage")
			r.u.shell.screen.(*manage).turn(ofGrants)
		})
		r.settle()
		r.ui(r.u.shell.screen.(*manage).shownNow.(*grantSection).answer)
		answering := r.dialog()
		r.typeLines(call.Code)
		r.settle()
		r.snap("export-answer-typed" + name)
		r.seeing(heldUp(t, call.Scan))
		r.pressIn(answering, "扫码…")
		r.until("the request is read", func() bool {
			return r.dialog() == answering && strings.Contains(textsIn(answering), "与申请码一致。公钥指纹 "+to.Fingerprint())
		})
		r.snap("export-answer" + name)
		r.ui(func() { kit.Focus(answering.YesButton()) })
		r.answer() // without a reason
		if r.dialog() != answering {
			t.Fatal("approved without a reason")
		}
		answer, err := r.u.desk.AnswerExport(t.Context(), call.Scan[len("doorstep:export:"):][:8], "clerk-1", call.Code, desk.ExportTo{To: to.To, Purpose: "市资助中心抽查合同"}, "核对是本人")
		if err != nil {
			t.Fatal(err)
		}
		if !regexp.MustCompile(`^[0-9A-Z-]+$`).MatchString(answer) {
			t.Errorf("the answer is %q", answer)
		}
		r.ui(func() { answering.Close() })
		r.ui(r.u.lock)
		r.locked()
		r.enter("clerk-1", clerkPassword)
		r.seeing(heldUp(t, desk.AnswerScan(answer)))
		r.ui(func() { r.u.showCall(asks[0], to, call, nil) })
		calling = r.dialog()
		r.answer() // without a code
		if r.dialog() != calling {
			t.Fatal("approved by nothing")
		}
		r.pressIn(calling, "扫码…")
		r.until("the answer is read", func() bool { return r.dialog() == calling })
		r.answer()
		r.until("it is approved", func() bool { return r.dialog() == nil })
		if given, err := r.u.desk.Releases(t.Context()); err != nil || len(given) != 1 || given[0].Release.Key != to.Key {
			t.Errorf("%+v, %v", given, err)
		}
	}
}
