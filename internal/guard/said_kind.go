package guard

import (
	"slices"
	"strings"

	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// sort is what a line of the record tells, in a word: what the screen and a report have
// under 事项. A kind of change of which the detail tells something else has a code of its
// own, and nobody saw data of a case by it.
type sort struct{ label, code string }

// Label is on screen and in a report what the line tells, in a word: of a request, an
// answer, a refusal or an emergency not that somebody looked, whatever its kind is.
func (l Line) Label() string { return l.sort().label }

// Sort is the line's word for programs: its kind, or what it tells instead.
func (l Line) Sort() string {
	if s := l.sort(); s.code != "" {
		return s.code
	}
	return string(l.Kind)
}

// Saw says whether the line tells that somebody saw data of a case, on the screen, on
// paper or in a file: by opening, searching or showing, by a review, or by taking the
// case over. What was asked for, answered or refused nobody saw by that.
func (l Line) Saw() bool {
	if l.Case == uuid.Nil && len(l.Shown) == 0 || l.sort().code != "" {
		return false
	}
	switch l.Kind {
	case loan.ChangeView, loan.ChangeSearch, loan.ChangeReveal, loan.ChangePrint, loan.ChangeExport,
		loan.ChangeReview, loan.ChangeContract, loan.ChangeRead, loan.ChangeTake:
		return true
	}
	return false
}

// Leave says whether the line tells of a leave to see, take or export something: that it
// was asked for, taken back, given or denied, did not hold, or was an emergency's.
func (l Line) Leave() bool {
	switch l.sort().code {
	case "ask", "ask-export", "ask-withdrawn", "approved", "approved-export", "declined", "answer-void", "taken-back", "grant-refused", "glass", "glass-reviewed":
		return true
	case "act": // of the centre
		_, name, _ := strings.Cut(l.Detail, "act: grant ")
		return name != "" && !strings.HasPrefix(name, "waiting")
	}
	return false
}

func (l Line) sort() sort {
	if l.Kind == loan.ChangeCorrect && l.Detail == signedAgain {
		return sort{"重新签署", "sign-again"}
	}
	if l.Kind == loan.ChangeConsent && strings.HasPrefix(l.Detail, "withdrawn ") {
		return sort{"撤回同意", "consent-withdrawn"}
	}
	if l.Kind == loan.ChangeRecover {
		return recoverSort(l.Detail)
	}
	if l.Kind.View() && l.Kind != loan.ChangeSignIn && l.Kind != loan.ChangeRecover {
		for _, of := range []func(Line) sort{refusedSort, askSort, answerSort, elseSort} {
			if s := of(l); s.label != "" {
				return s
			}
		}
	}
	return sort{label: KindLabel(l.Kind)}
}

// recoverSort is of what became of a password: an account enabled is no password
// changed.
func recoverSort(detail string) sort {
	switch verb, _, _ := strings.Cut(detail, " "); {
	case verb == "enabling" && strings.Contains(detail, " asked,"):
		return sort{"申请启用", "enabling-asked"}
	case verb == "enabling":
		return sort{"启用被拒", "enabling-refused"}
	case verb == "enable":
		return sort{"启用账号", "enabled"}
	}
	return sort{label: KindLabel(loan.ChangeRecover)}
}

const signedAgain = "signatures void, no value changed"

// In is the line as its case tells it: a correction by which no value became another
// names none, for it voided the signatures alone.
func (l Line) In(c *loan.Case) Line {
	for i := range c.Former {
		v := c.Former[i].Voided
		if l.Kind == loan.ChangeCorrect && v != nil && len(v.Fields) == 0 && v.By == l.Operator && v.At.Equal(l.At) {
			l.Fields, l.Detail = nil, signedAgain
		}
	}
	return l
}

// refusedSort is of what was refused.
func refusedSort(l Line) sort {
	is := func(begins string) bool { return strings.HasPrefix(l.Detail, begins) }
	switch {
	case l.Kind == loan.ChangeReveal && is("refused"):
		return sort{"显示被拒", "reveal-refused"}
	case is(SearchRefused):
		return sort{"查找被拒", "search-refused"}
	case is(TakeRefused):
		return sort{"接手被拒", "take-refused"}
	case is(ExportRefused):
		return sort{"导出被拒", "export-refused"}
	case is("grant refused"):
		return sort{"批准无效", "grant-refused"}
	case is("refused"), is("file refused: "), is("request not withdrawn"), is("renewal refused"):
		return sort{"操作被拒", "refused"}
	}
	return sort{}
}

// askSort is of what was asked for.
func askSort(l Line) sort {
	is := func(begins string) bool { return strings.HasPrefix(l.Detail, begins) }
	switch {
	case is(withdrawnDetail), l.Detail == "grant withdrawn", l.Detail == ExportWithdrawn:
		return sort{"撤回申请", "ask-withdrawn"}
	case is(askedDetail), l.Detail == "grant asked":
		return sort{"申请授权", "ask"}
	case is(ExportAsked):
		return sort{"申请导出", "ask-export"}
	}
	return sort{}
}

// answerSort is of what was answered.
func answerSort(l Line) sort {
	is := func(begins string) bool { return strings.HasPrefix(l.Detail, begins) }
	switch {
	case is(declinedDetail):
		return sort{"不批准", "declined"}
	case is(backDetail):
		return sort{"答复无效", "answer-void"}
	case is(takenBackDetail):
		return sort{"撤销授权", "taken-back"}
	case is(exportAnsweredDetail), l.Kind == loan.ChangeView && is("grant ") && strings.Contains(l.Detail, " to export to "):
		return sort{"批准导出", "approved-export"}
	case is(approvedDetail), is(answeredDetail), l.Kind == loan.ChangeView && is("grant ") && strings.Contains(l.Detail, " by "):
		return sort{"批准授权", "approved"}
	}
	return sort{}
}

// reviewedSort is of the review of an emergency: one that was not right is told at once.
func reviewedSort(right bool) sort {
	if !right {
		return sort{"复查紧急查看：不应使用", "glass-reviewed"}
	}
	return sort{"复查紧急查看", "glass-reviewed"}
}

// elseSort is of the other looks by which nobody saw a case's data.
func elseSort(l Line) sort {
	if g, ok := GlassOf(l.Detail); ok {
		if !g.Reviewed {
			return sort{"紧急查看", "glass"}
		}
		return reviewedSort(g.Right)
	}
	switch {
	case strings.HasPrefix(l.Detail, glassDetail): // the centre's, which says more
		return reviewedSort(!strings.Contains(l.Detail, " reviewed: not right"))
	case strings.HasPrefix(l.Detail, erasingMark):
		return sort{KindLabel(loan.ChangeErase), string(loan.ChangeErase)}
	case strings.HasPrefix(l.Detail, PortraitAgain):
		return sort{"照片重复", "portrait-again"}
	}
	for _, how := range actHow() {
		name, ok := strings.CutPrefix(l.Detail, how[0])
		if !ok {
			continue
		}
		if how[0] != "failed act: " && slices.ContainsFunc([]string{"contract of ", "export of "}, func(b string) bool { return strings.HasPrefix(name, b) }) {
			return sort{}
		}
		return sort{"县级操作", "act"}
	}
	return sort{}
}

// KindLabel is on screen what a kind of change did.
func KindLabel(k loan.ChangeKind) string {
	if l, ok := map[loan.ChangeKind]string{
		loan.ChangeOpen: "新建", loan.ChangeEdit: "填写", loan.ChangeResolve: "选定内容", loan.ChangeAttach: "添加材料", loan.ChangeDetach: "移除材料", loan.ChangeArrange: "整理材料",
		loan.ChangeReplace: "补拍", loan.ChangeCard: "读证", loan.ChangeAttest: "人证一致", loan.ChangeConsent: "同意", loan.ChangeSubmit: "提交复核", loan.ChangeReview: "复核",
		loan.ChangeContract: "生成合同", loan.ChangeRead: "阅读合同", loan.ChangeSign: "签名", loan.ChangeWitness: "见证", loan.ChangeSeal: "封存合同", loan.ChangeFinish: "办结",
		loan.ChangeCorrect: "补正", loan.ChangeVoid: "作废", loan.ChangeReceive: "中心收到", loan.ChangeAccept: "中心受理", loan.ChangeReturn: "中心退回",
		loan.ChangeTicket: "取号", loan.ChangePass: "转交", loan.ChangeTake: "接手", loan.ChangeUrgent: "优先上传", loan.ChangeNotice: "中心提示",
		loan.ChangeView: "查看", loan.ChangeSearch: "查找", loan.ChangeReveal: "显示", loan.ChangePrint: "打印", loan.ChangeExport: "导出", loan.ChangeSignIn: "登录",
		loan.ChangeErase: "清除", loan.ChangeRepair: "修复", loan.ChangeRestore: "恢复备份", loan.ChangeBackup: "备份", loan.ChangeRecover: "改密码", loan.ChangeSetting: "设置",
	}[k]; ok {
		return l
	}
	return string(k)
}

// FieldNames are on screen the names of fields that a line, a grant or a request names:
// whose, and what; a whole party may be one.
func FieldNames(fields []string) []string {
	var out []string
	for _, f := range fields {
		if name, ok := map[string]string{ImagesField: "影像和合同", SearchField: "查找他人案件", TakeField: "接手他人案件",
			string(loan.StudentParty): loan.StudentParty.Label(), string(loan.CoborrowerParty): loan.CoborrowerParty.Label()}[f]; ok {
			out = append(out, name)
			continue
		}
		who := ""
		switch {
		case strings.HasPrefix(f, "student."):
			who = "学生"
		case strings.HasPrefix(f, "coborrowers."):
			who = "共同借款人"
		}
		out = append(out, who+loan.FieldLabel(f))
	}
	return out
}

// FieldNames are the line's fields as the screen names them.
func (l Line) FieldNames() []string { return FieldNames(l.Fields) }
