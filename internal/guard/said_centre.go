package guard

import (
	"maps"
	"slices"
	"strings"

	"doorstep/internal/loan"
)

// centreForms are the sorts of details of the centre's own record: of an act, how it
// was allowed comes first.
func centreForms() []form {
	var out []form
	for _, how := range actHow() {
		out = append(out, form{how[0], func(rest string) string { return centreSaid(how[1], rest) }})
	}
	return append(out, form{WrongAtCentre, wrongSaid}, form{CentreRefused, func(rest string) string {
		return "县级登录被拒绝" + map[bool]string{true: "：用的是临时密码"}[rest == ByTemporary]
	}}, form{"record report, ", reportSaid})
}

// actHow is how an act of the centre's begins, and what that says.
func actHow() [][2]string {
	return [][2]string{{"unproven act: ", "没有验证密码："}, {"failed act: ", "没有做成："}, {"act: ", ""},
		{"first officer, by who administers the machine: ", "首位县级人员，由管理服务器的人："}, {"unproven, by who administers the machine: ", "没有验证密码，由管理服务器的人："},
		{"before the first officer, by who administers the machine: ", "还没有县级人员，由管理服务器的人："}}
}

func wrongSaid(rest string) string {
	if strings.HasPrefix(rest, ", the fifth") {
		return "县级登录输错密码，第五次，已锁定"
	}
	n, _, _ := strings.Cut(strings.TrimPrefix(rest, ", "), " in a row")
	return "县级登录输错密码，连续第 " + n + " 次"
}

// reportSaid is how many lines a report of the record had, and of which.
func reportSaid(rest string) string {
	n, of, _ := strings.Cut(rest, " lines")
	return "导出日志报告，" + n + " 条" + withSaid(of)
}

// centreSaid is an act of the centre in Chinese; "" for one that is not known.
func centreSaid(how, name string) string {
	acts := actsSaid()
	for _, begins := range slices.SortedFunc(maps.Keys(acts), func(a, b string) int { return len(b) - len(a) }) {
		rest, ok := strings.CutPrefix(name, begins)
		if ok && (rest == "" || strings.ContainsAny(rest[:1], " ,:")) {
			if w := strings.SplitN(rest, " ", 4); begins == consentAct && len(w) == 4 {
				return how + acts[begins] + "，" + loan.Party(w[1]).Label() + loan.PurposeLabel(w[2]) + withSaid(" "+w[3])
			}
			return how + acts[begins] + withSaid(rest)
		}
	}
	return ""
}

// ActLabel is what an act of the centre is called; "" for one that has no name.
func ActLabel(name string) string { return actsSaid()[name] }

// consentAct is followed by the party and the purpose.
const consentAct = "case withdraw-consent"

// withSaid is what an act of the centre was of: ids stand as they are.
func withSaid(rest string) string {
	var end string
	for _, e := range [][2]string{{TemporaryGiven, "，是临时密码"}, {ByTemporary, "，用的是临时密码"}, {TemporaryUsed, "，换下用过的临时密码"}, {", of a temporary one", "，换下临时密码"},
		{": enabling", "：启用账号"}, {": forgotten password", "：忘记密码"}, {": not said (earlier program)", "：没有说明"}} {
		if cut, ok := strings.CutSuffix(rest, e[0]); ok {
			rest, end = cut, e[1]
			break
		}
	}
	return strings.NewReplacer(" of case ", "，案件 ", " of one person", "，一个人的", " of who saw", "，看到过内容的", " operator=", "，人员 ", " device=", "，电脑 ", " case=", "，案件 ", " kind=", "，事项 ", " from=", "，从 ", " to=", "，到 ",
		": enabling, asked by ", "：启用账号，申请人 ", " cases", " 件，案件", " approved", "，批准", " declined", "，不批准", " as ", "，角色 ", " for ", "，账号 ", " at ", "，电脑 ", " under ", "，授权 ",
	).Replace(rest) + end
}

// actsSaid are the centre's acts, by the words that its record has for them.
func actsSaid() map[string]string {
	return map[string]string{
		"list": "查看案件名单", "case erase": "应本人要求删除案件", "case erased": "查看已删除的案件", consentAct: "登记撤回同意", "case return": "退回案件", "case accept": "受理案件",
		"contract": "导出合同", "contract list": "查看合同名单", "export": "导出案件", "export list": "查看导出名单",
		"emergency list": "查看紧急查看名单", "emergency review": "复查紧急查看", "glass": "复查紧急查看",
		"officer add": "设置县级人员的密码，账号", "officer password": "换上自己的密码，账号", "officer list": "查看县级人员名单",
		"operator add": "登记人员，账号", "operator off": "停用人员，账号",
		"record list": "查看全部电脑的日志", "record odd": "查看值得留意的情况", "record export": "导出全部电脑的日志报告", "record verify": "核验全部电脑的日志", "record of one person": "查看一个人的日志",
		"device list": "查看电脑名单", "device lost": "登记丢失的电脑", "device revoke": "停用电脑", "device admit": "重新接纳电脑", "device settle": "了结电脑的问题",
		"lease renew": "为电脑续期", "recovery answer": "电话批准启用，电脑", "recovery list": "查看重设密码和启用的申请", "recovery approve": "批准重设密码或启用的申请", "recovery approve by file": "凭文件批准重设密码或启用的申请", "recovery refuse": "没有批准重设密码或启用的申请",
		"answer list": "查看电话答复名单", "grant waiting": "查看等待批准的申请", "grant answer": "电话答复授权申请", "grant decide": "答复授权申请，电脑", "grant new": "签发授权", "grant withdraw": "收回授权",
		"roster import": "导入预申请名单", "roster withdraw": "撤下预申请名单", "schools import": "导入院校名册", "pack add": "加入政策包", "pack withdraw": "撤下政策包", "template add": "加入合同样式", "template withdraw": "撤下合同样式", "bulletin list": "查看下发的内容", "bulletin write": "把下发的内容写成文件",
		"code new": "开出电脑注册码", "code new at a start": "启动时开出电脑注册码",
	}
}
