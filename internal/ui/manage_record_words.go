package ui

import (
	"strings"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
)

// ownWords is what a line says of exports, papers, settings and the data itself; "" for
// anything else.
func ownWords(d string) string {
	if more, ok := strings.CutPrefix(d, "sync "); ok {
		return syncWords(more)
	}
	for _, p := range [][2]string{{"export asked by telephone, to ", "打电话申请导出，接收单位 "}, {"export refused, grant ", "没有导出，授权 "}} {
		if more, ok := strings.CutPrefix(d, p[0]); ok {
			return p[1] + more
		}
	}
	if more, ok := strings.CutPrefix(d, "export "); ok {
		n, more, of := strings.Cut(more, " of ")
		all, more, grant := strings.Cut(more, ", grant ")
		id, to, named := strings.Cut(more, " to ")
		if of && grant && named {
			return "导出第 " + n + " 件，共 " + all + " 件，授权 " + id + "，接收单位 " + to
		}
	}
	if strings.HasPrefix(d, "file refused: ") {
		return "文件被拒绝"
	}
	if more, ok := strings.CutPrefix(d, "helper "); ok {
		job, sum, _ := strings.Cut(more, " ")
		if sum == "off" {
			return "停用外部程序 " + job
		}
		return "选用外部程序 " + job + "，校验码 " + sum
	}
	if n, ok := strings.CutPrefix(d, "school register imported, "); ok {
		return "导入院校名册，" + strings.TrimSuffix(n, " schools") + " 所"
	}
	if changes, blobs, ok := strings.Cut(d, " changes, "); ok && strings.HasSuffix(blobs, " blobs") {
		return changes + " 条记录，" + strings.TrimSuffix(blobs, " blobs") + " 个影像和材料"
	}
	for end, words := range map[string]string{" to phone": "，发往家庭的手机", " on phone": "，手机已收到", "": ""} {
		if paper, ok := strings.CutSuffix(d, end); ok && desk.Paper(paper).Label() != paper {
			return desk.Paper(paper).Label() + words
		}
	}
	return map[string]string{"export refused": "没有导出", "export withdrawn": "撤回导出申请", "request not withdrawn: another operator's": "撤回他人的申请，被拒绝", "replaced by a backup": "用备份替换了本机数据", "school register refused: not the county's": "本机的院校名册不是县里下发的，没有采用"}[d]
}

// folderWords is what a line says of a file of the rules that was altered; "" for others.
func folderWords(what string) string {
	when := "锁定期间，"
	if w, in := strings.CutSuffix(what, ", while somebody was signed in"); in {
		what, when = w, "登录期间，"
	}
	return map[string]string{
		"the school register is another":                                   when + "本机的院校名册被换过",
		"the policy packs are others":                                      when + "本机保存的政策包被换过",
		"the school register is another than the program was started with": "程序启动时，本机的院校名册是另一份，登录之前又换了回来",
	}[what]
}

// syncWords is how sending was set.
func syncWords(detail string) string {
	var out []string
	for s := range strings.SplitSeq(detail, ", ") {
		if n, ok := strings.CutPrefix(s, "at most "); ok {
			s = "每秒最多 " + strings.TrimSuffix(n, " bytes a second") + " 字节"
		}
		if w, ok := strings.CutPrefix(s, "metered: "); ok {
			s = "按流量计费的网络：" + map[string]string{string(desk.MeteredContracts): "只传记录和合同", string(desk.MeteredAll): "全部上传", string(desk.MeteredNothing): "不上传"}[w]
		}
		if w, ok := map[string]string{"paused": "暂停上传", "this network is metered": "本网络按流量计费", "as fast as it goes": "不限速"}[s]; ok {
			s = w
		}
		out = append(out, s)
	}
	return "上传设置：" + strings.Join(out, "，")
}

// lineFields are the names of a line's fields, of which a whole party may be one.
func lineFields(l desk.Line) (out []string) {
	for _, f := range l.Fields {
		if p := loan.Party(f); p == loan.StudentParty || p == loan.CoborrowerParty {
			out = append(out, partyLabel(p))
			continue
		}
		out = append(out, fieldNames([]string{f})...)
	}
	return out
}
