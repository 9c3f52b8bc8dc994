package guard

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// TestWhoSawAPersonIsNotWhoAskedTo walks what the record has of a case, and who of it saw
// anything.
func TestWhoSawAPersonIsNotWhoAskedTo(t *testing.T) {
	id := uuid.MustParse("0190a000-0000-7000-8000-0000000000a1")
	for _, c := range []struct {
		kind         loan.ChangeKind
		detail, want string
		saw          bool
	}{
		{loan.ChangeView, CaseOpened, "查看", true},
		{loan.ChangeView, OwnShown, "查看", true},
		{loan.ChangeView, Compared + id.String(), "查看", true},
		{loan.ChangeView, AskedDetail([]byte{1, 2}), "申请授权", false},
		{loan.ChangeView, "grant asked", "申请授权", false},
		{loan.ChangeView, ExportAsked, "申请导出", false},
		{loan.ChangeView, "export asked by telephone, to 某校", "申请导出", false},
		{loan.ChangeView, WithdrawnDetail([]byte{1, 2}), "撤回申请", false},
		{loan.ChangeView, ExportWithdrawn, "撤回申请", false},
		{loan.ChangeView, "grant p-0102 for clerk-1 by admin-1", "批准授权", false},
		{loan.ChangeView, "grant p-0102 for clerk-1 by admin-1 to export to 0102-0304", "批准导出", false},
		{loan.ChangeView, AnswerDetail(true, id, "0102"), "批准授权", false},
		{loan.ChangeView, AnswerDetail(false, id, "0102"), "不批准", false},
		{loan.ChangeView, Plea{Operator: "clerk-1"}.AnsweredDetail(), "批准授权", false},
		{loan.ChangeView, ExportPlea{Plea: Plea{Operator: "clerk-1"}}.AnsweredDetail(), "批准导出", false},
		{loan.ChangeView, "grant refused: the answer does not hold", "批准无效", false},
		{loan.ChangeView, TakenBackDetail("p-0102030405060708", "clerk-1", [4]byte{1}), "撤销授权", false},
		{loan.ChangeView, AnswerBack{Answer: SaidNo, Why: WhyApproved, By: "admin-1", Grant: "p-0102030405060708", Device: id}.Detail(), "答复无效", false},
		{loan.ChangeView, "refused edit: role", "操作被拒", false},
		{loan.ChangeView, TakeRefused, "接手被拒", false},
		{loan.ChangeView, GlassWord{ID: "e-01"}.Detail(), "紧急查看", false},
		{loan.ChangeView, GlassWord{ID: "e-01", Reviewed: true, Operator: "clerk-1"}.Detail(), "复查紧急查看：不应使用", false},
		{loan.ChangeView, "erasing of case " + id.String() + " on request: refused", "清除", false},
		{loan.ChangeView, AgainWords(SameShot, "student", id), "照片重复", false},
		{loan.ChangeView, "act: contract of case " + id.String(), "查看", true},
		{loan.ChangeView, "failed act: contract of case " + id.String(), "县级操作", false},
		{loan.ChangeView, "act: case return of case " + id.String(), "县级操作", false},
		{loan.ChangeView, "act: grant answer for clerk-1 approved case=0a0b0c0d", "县级操作", false},
		{loan.ChangeView, "act: grant waiting", "县级操作", false},
		{loan.ChangeView, "refused act: contract of case " + id.String(), "操作被拒", false},
		{loan.ChangeReveal, "", "显示", true},
		{loan.ChangeReveal, "grant p-0102", "显示", true},
		{loan.ChangeReveal, "refused", "显示被拒", false},
		{loan.ChangeReveal, "refused; 3 times more", "显示被拒", false},
		{loan.ChangeSearch, "beyond 1", "查找", true},
		{loan.ChangeSearch, SearchRefused, "查找被拒", false},
		{loan.ChangePrint, "receipt", "打印", true},
		{loan.ChangeExport, "export 1 of 1, grant p-0102 to 某校", "导出", true},
		{loan.ChangeExport, "export refused, grant p-0102", "导出被拒", false},
		{loan.ChangeReview, "passed", "复核", true},
		{loan.ChangeRead, "of both", "阅读合同", true},
		{loan.ChangeContract, "3 pages", "生成合同", true},
		{loan.ChangeTake, "", "接手", true},
		{loan.ChangeEdit, "", "填写", false},
		{loan.ChangeErase, "", "清除", false},
		{loan.ChangeConsent, "given student sensitive t", "同意", false},
		{loan.ChangeConsent, "withdrawn student sensitive t", "撤回同意", false},
		{loan.ChangeRecover, "change", "改密码", false},
		{loan.ChangeRecover, "reset clerk-1", "改密码", false},
		{loan.ChangeRecover, "enable clerk-1", "启用账号", false},
		{loan.ChangeRecover, "enable clerk-1 as data administrator", "启用账号", false},
		{loan.ChangeRecover, "enabling clerk-1 asked, check 12-34", "申请启用", false},
		{loan.ChangeRecover, "enabling clerk-1 refused", "启用被拒", false},
	} {
		l := Line{Kind: c.kind, Case: id, Detail: c.detail}
		if got := l.Label(); got != c.want {
			t.Errorf("%s %q: is called %s, want %s", c.kind, c.detail, got, c.want)
		}
		leave := slices.Contains([]string{"申请授权", "申请导出", "撤回申请", "批准授权", "批准导出", "不批准", "答复无效", "撤销授权", "批准无效", "紧急查看", "复查紧急查看", "复查紧急查看：不应使用"}, c.want) || strings.HasPrefix(c.detail, "act: grant answer")
		if l.Leave() != leave || (Sought{Leave: true}).Wants(l) != leave {
			t.Errorf("%s %q: of a leave is %v, want %v", c.kind, c.detail, l.Leave(), leave)
		}
		if l.Saw() != c.saw || (Sought{Seen: true}).Wants(l) != c.saw {
			t.Errorf("%s %q: seen is %v, want %v", c.kind, c.detail, l.Saw(), c.saw)
		}
	}
	if got := (Line{Kind: loan.ChangeView, Case: id, Detail: "grant asked"}).Sort() + " " + (Line{Kind: loan.ChangeReveal}).Sort(); got != "ask reveal" {
		t.Errorf("for programs: %s", got)
	}
	if (Line{Kind: loan.ChangeSearch, Detail: "beyond 0"}).Saw() {
		t.Error("a search that showed nothing counts as seeing")
	}
	if !(Line{Kind: loan.ChangeSearch, Detail: "beyond 1", Shown: []uuid.UUID{id}}).Saw() {
		t.Error("a row that a search showed does not count")
	}
}

func TestAReportHasItsCodesBehindItsWords(t *testing.T) {
	b, err := json.Marshal(loan.ViewBody{Fields: []string{"student.phone", ImagesField}, Reason: "家长来电核对", Detail: "refused"})
	if err != nil {
		t.Fatal(err)
	}
	row := LineOf(&loan.Change{Kind: loan.ChangeReveal, At: time.Unix(0, 0), Body: b}).Row(nil, AccountLabel)
	for column, want := range map[string]string{"事项": "显示被拒", "栏目": "学生手机号码、影像和合同", "备注": "被拒绝", "事项代码": "reveal", "栏目代码": "student.phone images", "备注代码": "refused"} {
		if i := slices.Index(LineColumns(), column); len(row) != len(LineColumns()) || i < 0 || row[i] != want {
			t.Errorf("got %q, want %s %q", row, column, want)
		}
	}
}
