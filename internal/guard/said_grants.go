package guard

import "strings"

// How an erasing at the centre's word that was not done stands in the record, and that
// of a whole case at a person's wish.
const erasingMark = "erasing of case "

// grantForms are the sorts of details of requests, grants, exports, emergencies and of
// erasing at a person's wish.
func grantForms() []form {
	return []form{
		{askedDetail, func(string) string { return "申请授权" }},
		{"grant asked", func(string) string { return "申请授权" }},
		{"grant withdrawn", func(string) string { return "撤回授权申请" }},
		{approvedDetail, func(rest string) string { return laptopSaid("批准电脑 ", rest) }},
		{declinedDetail, func(rest string) string { return laptopSaid("没有批准电脑 ", rest) }},
		{"grant refused: approved by one", func(string) string { return "批准人经手过本案，批准不作数" }},
		{"grant refused: no such request", func(string) string { return "批准码用过、过期或不是本机的申请" }},
		{"grant refused: the request was withdrawn", func(string) string { return "申请已撤回，批准不作数" }},
		{"grant refused: it was taken back", func(string) string { return "授权已撤销，批准不作数" }},
		{"grant refused: another operator's request", func(string) string { return "输入他人申请的批准码" }},
		{"grant refused", func(string) string { return "批准码不对" }},
		{answeredDetail, answerSaid("批准他机申请，账号 ")},
		{exportAnsweredDetail, answerSaid("批准他机导出申请，账号 ")},
		{backDetail, backSaid},
		{takenBackDetail, grantSaid("撤销授权 ")},
		{"grant ", grantSaid("授权 ")},
		{glassDetail, grantSaid("紧急查看 ")},
		{erasureMark, func(rest string) string { return erasingSaid("查找要删除的案件", rest) }},
		{erasingMark, func(rest string) string { return erasingSaid("应本人要求删除", rest) }},
		{erasedMark, erasedSaid},
		{"export asked by telephone, to ", after("打电话申请导出，接收单位 ")},
		{ExportAsked, func(string) string { return "申请导出授权" }},
		{"export refused, grant ", after("没有导出，授权 ")},
		{"export refused", func(string) string { return "没有导出" }},
		{"export ", exportSaid},
	}
}

// laptopSaid names the laptop of a request by the end of its id.
func laptopSaid(words, rest string) string {
	if len(rest) < 36 {
		return ""
	}
	return words + rest[28:36] + " 的申请"
}

func answerSaid(words string) func(string) string {
	return func(rest string) string {
		rest = strings.Replace(strings.Replace(rest, " at ", "，电脑 ", 1), ", ", "，", 2)
		return grantSaid(words)(rest)
	}
}

func grantSaid(words string) func(string) string {
	return func(rest string) string {
		return words + strings.NewReplacer(", case ", "，案件 ", ", to ", "，接收人 ", ", for ", "，用途 ", " to export to ", "，导出给 ", " for ", "，给 ", " by ", "，批准人 ",
			" reviewed: not right", "，复查：不应使用", " reviewed: right", "，复查：属实", " of case ", "，案件 ", " of ", "，使用人 ", " at ", "，电脑 ", " hours", " 小时", " cases", " 件").Replace(rest)
	}
}

// erasingSaid is what became of the wish to erase a case, or of looking for it.
func erasingSaid(words, rest string) string {
	rest, grant, granted := strings.Cut(rest, grantMark)
	id, word, _ := strings.Cut(rest, " ")
	if len(id) != 36 {
		return ""
	}
	if why, kept := strings.CutPrefix(word, "as the centre says: kept, "); kept {
		return "县里要求删除，没有删除（" + KeptLabel(why) + "），案件 " + id[28:]
	}
	if strings.HasSuffix(word, "refused") {
		words += "，没有删除"
	}
	words += "，案件 " + id[28:]
	if granted {
		words += "，授权 " + grant
	}
	return words
}

// KeptLabel is on screen why a case was left alone that was to be erased.
func KeptLabel(why string) string {
	if l, ok := map[string]string{"open": "还没有办完，或中心还没有收到", "unsent": "还有内容没有送到中心", "damaged": "读不出来，请先修复数据", "changed": "刚才有人在改",
		"sealed": "签过合同，合同须依法保存", "part": "您经手过，请由没有经手的另一位系统数据管理员清除"}[why]; ok {
		return l
	}
	return why
}

// exportSaid is which copy left, of a laptop or of the centre.
func exportSaid(rest string) string {
	if n, more, of := strings.Cut(rest, " of "); of {
		all, more, grant := strings.Cut(more, grantMark)
		id, to, named := strings.Cut(more, " to ")
		if grant && named {
			return "导出第 " + n + " 件，共 " + all + " 件，授权 " + id + "，接收单位 " + to
		}
	}
	grant, more, _ := strings.Cut(rest, " copy ")
	n, more, of := strings.Cut(more, " of case ")
	id, to, named := strings.Cut(more, " to ")
	if !of || !named {
		return ""
	}
	return "县里导出第 " + n + " 份，案件 " + id + "，授权 " + grant + "，接收单位 " + to
}
