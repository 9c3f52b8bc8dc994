package guard

import (
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// TestAGrantIsToldWithWhoApprovedIt has the line of a grant in the chain of the laptop where
// it is used, under who asked.
func TestAGrantIsToldWithWhoApprovedIt(t *testing.T) {
	named := NamedLabel(map[string]string{"clerk-1": "罗办一", "prov-1": "省管理"})
	for _, c := range []struct{ name, operator, detail, who, told string }{
		{"one that was answered elsewhere", "clerk-1", "grant p-0102 for clerk-1 by prov-1",
			"省管理（prov-1）批准罗办一（clerk-1）的申请", "授权 p-0102，给 罗办一（clerk-1），批准人 省管理（prov-1）"},
		{"one to export", "clerk-1", "grant p-0102 for clerk-1 by prov-1 to export to 0102-0304",
			"省管理（prov-1）批准罗办一（clerk-1）的申请", "授权 p-0102，给 罗办一（clerk-1），批准人 省管理（prov-1），导出给 0102-0304"},
		{"one of a person no longer known", "clerk-1", "grant p-0102 for clerk-1 by prov-9",
			"prov-9批准罗办一（clerk-1）的申请", "授权 p-0102，给 罗办一（clerk-1），批准人 prov-9"},
		{"one that was approved at the desk itself", "prov-1", "grant p-0102 for clerk-1 by prov-1",
			"省管理（prov-1）", "授权 p-0102，给 罗办一（clerk-1），批准人 省管理（prov-1）"},
		{"a look", "clerk-1", CaseOpened, "罗办一（clerk-1）", "打开案件"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := Line{Kind: loan.ChangeView, Operator: c.operator, Detail: c.detail}
			if got := l.Who(named); got != c.who {
				t.Errorf("who: got %q, want %q", got, c.who)
			}
			if got := l.Named(l.Words(nil), named); got != c.told {
				t.Errorf("told: got %q, want %q", got, c.told)
			}
			row := l.Row(nil, named)
			for column, want := range map[string]string{"操作员": c.who, "备注": c.told, "操作员代码": c.operator} {
				if got := row[slices.Index(LineColumns(), column)]; got != want {
					t.Errorf("%s in a report: got %q, want %q", column, got, want)
				}
			}
		})
	}
	given := Line{Kind: loan.ChangeView, Operator: "clerk-1", Detail: "grant p-0102 for clerk-1 by prov-1"}
	for who, want := range map[string]bool{"clerk-1": true, "prov-1": true, "rev-1": false} {
		if got := (Sought{Operator: who}).Wants(given); got != want {
			t.Errorf("sought by %s it is found: %v, want %v", who, got, want)
		}
	}
	if got := (Line{Kind: loan.ChangeReveal, Operator: "clerk-1", Detail: "grant p-0102 for clerk-1 by prov-1"}).Who(named); got != "罗办一（clerk-1）" {
		t.Errorf("what was shown under a grant is told as %q", got)
	}
}

// TestALineSaysWhichCaseItIsAbout is of what stands under a case and of what cannot.
func TestALineSaysWhichCaseItIsAbout(t *testing.T) {
	of := uuid.MustParse("0190a000-0000-7000-8000-00000a0b0c0d")
	ask := Ask{Fields: []string{ImagesField}, Hours: 2, Case: TagOf(of)}
	raw, err := ask.Encode()
	if err != nil {
		t.Fatal(err)
	}
	device := uuid.MustParse("0190a000-0000-7000-8000-0000000000d1")
	back := AnswerBack{Answer: SaidNo, Why: WhyApproved, By: "admin-1", Grant: "p-0102", Device: device}
	taken := TakenBackDetail("p-0102", "clerk-1", TagOf(device))
	for detail, want := range map[string]string{
		AskedDetail(raw): "0a0b0c0d",
		AnswerDetail(true, device, hex.EncodeToString(raw)):  "0a0b0c0d",
		AnswerDetail(false, device, hex.EncodeToString(raw)): "0a0b0c0d",
		Plea{Operator: "clerk-1", Ask: ask}.AnsweredDetail(): "0a0b0c0d",
		AboutCase(taken, TagOf(of)):                          "0a0b0c0d",
		taken:                                                "",
		back.Detail():                                        "",
		AboutCase(taken, [4]byte{}):                          "",
		CaseOpened:                                           "",
	} {
		l := Line{Kind: loan.ChangeView, Detail: detail}
		if got := l.CaseEnd(); got != want {
			t.Errorf("%q: got %q, want %q", detail, got, want)
		}
		if got := (Sought{Case: "0a0b0c0d"}).Wants(l); got != (want != "") {
			t.Errorf("%q is found by the case: %v", detail, got)
		}
		if got := l.Row(nil, AccountLabel)[slices.Index(LineColumns(), "案件")]; strings.TrimPrefix(got, "…") != want || want != "" && got == want {
			t.Errorf("%q in a report: got %q, want %q", detail, got, want)
		}
		if l.Case = device; l.CaseEnd() != loan.ShortID(device) {
			t.Errorf("%q under a case: %q", detail, l.CaseEnd())
		}
	}
	back.Case = of
	if got := (Line{Kind: loan.ChangeView, Detail: back.Detail()}); got.CaseEnd() != "0a0b0c0d" || got.Label() != "答复无效" || got.Words(nil) != "不批准没有生效，授权 p-0102，案件 0a0b0c0d：已经批准过" {
		t.Errorf("an answer without effect: %q, %s, %q", got.CaseEnd(), got.Label(), got.Words(nil))
	}
	if w := WordOf(AboutCase(taken, TagOf(of))); w != WordOf(taken) || w.Kind != TakenBack {
		t.Errorf("the centre reads %+v", w)
	}
	if got := (Line{Kind: loan.ChangeView, Detail: AboutCase(taken, TagOf(of))}).Words(nil); got != "撤销授权 p-0102，给 clerk-1，电脑 000000d1，案件 0a0b0c0d" {
		t.Errorf("taken back: %q", got)
	}
}
