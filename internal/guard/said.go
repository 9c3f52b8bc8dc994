package guard

import (
	"fmt"
	"strconv"
	"strings"

	"doorstep/internal/loan"
)

// What the record says of the clock and of another machine with the laptop's identity.
const (
	ClockBehind = "the clock fell behind by "     // the minutes follow
	ClockAhead  = "the clock was set forward by " // the minutes follow
	Copied      = "copied: the centre holds another chain of this device"
)

// Words are on screen and in a report what the line says besides who, what and why:
// its Detail in Chinese. text gives the words of a text that was agreed to, by its id.
// A Detail that is not known stands as it is.
func (l Line) Words(text func(id string) string) string {
	if of := l.Subject(); of != "" {
		return of
	}
	if what, times, ok := strings.Cut(l.Detail, "; "); ok && strings.HasSuffix(times, timesMore) {
		l.Detail = what
		return l.Words(text) + "，另有 " + strings.TrimSuffix(times, timesMore) + " 次"
	}
	words := ""
	switch l.Kind {
	case loan.ChangeSearch:
		words = searchSaid(l.Detail)
	case loan.ChangeRecover:
		words = passwordSaid(l.Detail)
	case loan.ChangeConsent:
		words = consentSaid(l.Detail, text)
	}
	for _, f := range forms() {
		if words != "" {
			break
		}
		if rest, ok := strings.CutPrefix(l.Detail, f.begins); ok {
			words = f.said(rest)
		}
	}
	if words == "" {
		words = wholeSaid()[l.Detail]
	}
	if words == "" {
		words = paperSaid(l.Detail)
	}
	if words == "" {
		return l.Detail
	}
	return emergencyNamed(words)
}

// emergencyNamed calls a grant that nobody gave what it is: an emergency.
func emergencyNamed(words string) string {
	return strings.ReplaceAll(words, "授权 e-", "紧急查看 e-")
}

const timesMore = " times more"

// form is how a sort of detail begins, and what the rest of it says in Chinese; "" where
// it is another sort all the same.
type form struct {
	begins string
	said   func(rest string) string
}

// forms are the sorts of details that have something put in, of the laptop and of the
// centre.
func forms() []form {
	of := []form{
		{TakeRefused, func(string) string { return "被拒绝：当天接手他人案件的件数已达上限" }},
		{TakenMark, after("接手，授权 ")},
		{"refused act: ", func(rest string) string { return centreSaid("被拒绝：", rest) }},
		{"refused ", func(rest string) string {
			verb, _, _ := strings.Cut(rest, ": ")
			return "被拒绝：" + Label(Verb(verb))
		}},
		{PortraitAgain, againSaid},
		{ClockBehind, minutes("电脑时间比本机最后的记录早了 ")},
		{ClockAhead, minutes("登录期间，电脑时间被拨快了 ")},
		{"card read: ", func(rest string) string { return loan.Party(rest).Label() + "的证件" }},
		{"card not followed: ", func(rest string) string { return loan.Party(rest).Label() + "的证件，保留了已录入的" }},
		{"audit: tampered in ", func(rest string) string {
			return "审计核验发现 " + strings.TrimSuffix(rest, " places") + " 处问题"
		}},
		{"folder altered: ", folderSaid},
		{PersonRecord, func(rest string) string {
			return "查看一个人的日志" + casesSaid(strings.TrimPrefix(rest, shownMark))
		}},
		{Compared, after("复核时对照，案件 ")},
		{RosterTaken, after("取用预申请名单 ")},
		{"remote call ", after("呼叫 ")},
		{returnedMark, func(codes string) string { return "退回代码 " + strings.ReplaceAll(codes, " ", "、") }},
		{"sync ", settingsSaid},
		{"file refused: ", func(string) string { return "文件被拒绝" }},
		{"helper ", helperSaid},
		{"school register imported, ", func(rest string) string {
			return "导入院校名册，" + strings.TrimSuffix(rest, " schools") + " 所"
		}},
	}
	return append(append(append(wholeFirst(), of...), grantForms()...), centreForms()...)
}

// wholeFirst are details that begin as another sort does.
func wholeFirst() []form {
	var out []form
	for detail, words := range map[string]string{"file refused: untrusted": "文件被拒绝：不是本县资助中心签发的", "file refused: damaged": "文件被拒绝：已损坏或被改动", "refused: others": "其他被拒绝的操作"} {
		out = append(out, form{detail, func(string) string { return words }})
	}
	return out
}

// wholeSaid are the details in which nothing is put in.
func wholeSaid() map[string]string {
	return map[string]string{CaseOpened: "打开案件", OwnShown: "本人信息，给本人看", "record": "查看日志", "audit": "审计核验", "refused": "被拒绝", "receipt": "回执", "to sync alone": "只能同步",
		"by a temporary password": "用临时密码，尚未更换", "renewed by code": "用续期码续期", "renewal refused": "续期码不对", "renewal refused, asked before shut out": "续期码是收到停用通知之前申请的，没有采用",
		"passed": "通过", "sent back": "退回", "room on": "开启同室协作", "room off": "关闭同室协作", "remote on": "开启远程协作", "remote off": "关闭远程协作",
		"stick to the centre": "写入U盘", "enrolled again": "重新注册", "change": "修改密码", "replaced by a backup": "用备份替换了本机数据",
		ExportWithdrawn: "撤回导出申请", "request not withdrawn: another operator's": "撤回他人的申请，被拒绝", "school register refused: not the county's": "本机的院校名册不是县里下发的，没有采用",
		signedAgain: "签名作废，重新签署",
		Copied:      "县资助中心持有另一份本机记录：另有一台电脑在用本机的身份"}
}

// after is the words, and the rest as it is.
func after(words string) func(string) string {
	return func(rest string) string { return words + rest }
}

func minutes(words string) func(string) string {
	return func(rest string) string {
		n, _ := strconv.Atoi(strings.TrimSuffix(rest, " minutes"))
		return fmt.Sprintf("%s%d 小时 %d 分", words, n/60, n%60)
	}
}

func searchSaid(d string) string {
	if strings.HasPrefix(d, SearchRefused) {
		return "被拒绝：当天查找他人案件的次数已达上限"
	}
	n, ok := strings.CutPrefix(d, "beyond ")
	if !ok {
		if _, err := strconv.Atoi(d); err != nil {
			return ""
		}
		return "本人案件，列出 " + d + " 件"
	}
	n, shown, _ := strings.Cut(n, shownMark)
	n, grant, granted := strings.Cut(n, grantMark)
	words := "他人案件，符合 " + n + " 件"
	if granted {
		words += "，授权 " + grant
	}
	return words + casesSaid(shown)
}

// casesSaid names cases by the ends of their ids.
func casesSaid(ids string) (words string) {
	for _, id := range strings.Fields(ids) {
		words += "，案件 " + id[max(0, len(id)-8):]
	}
	return words
}

// againSaid is what was used although it is in use already.
func againSaid(rest string) string {
	how, party, _ := strings.Cut(rest, " of ")
	party, id, _ := strings.Cut(party, ", case ")
	words := "照用重复的" + loan.Party(party).Label() + "照片，"
	if how == SameShot {
		words += "像是同一张裁剪或压缩过"
	} else {
		words += "文件相同"
	}
	if len(id) == 36 {
		words += "，另见案件 " + id[28:]
	}
	return words
}

func folderSaid(what string) string {
	when, rules := "锁定期间，", what
	if w, in := strings.CutSuffix(what, ", while somebody was signed in"); in {
		when, rules = "登录期间，", w
	}
	if words, ok := map[string]string{"the school register is another": when + "本机的院校名册被换过", "the policy packs are others": when + "本机保存的政策包被换过",
		"the school register is another than the program was started with": "程序启动时，本机的院校名册是另一份，登录之前又换了回来"}[rules]; ok {
		return words
	}
	if strings.HasPrefix(what, "the counts") {
		return "锁定期间，数据文件夹被改动过：输错密码的记数被删或被换过"
	}
	id, _, _ := strings.Cut(strings.TrimPrefix(what, "wrong passwords of "), " ")
	if id == Unknown {
		return "锁定期间，数据文件夹被改动过：不在本机的账号的登录失败次数变少了"
	}
	return "锁定期间，数据文件夹被改动过：账号 " + id + " 的输错密码次数变少了"
}

// consentSaid is whose consent was given or taken back, to what text.
func consentSaid(d string, text func(id string) string) string {
	w := strings.SplitN(d, " ", 4)
	if len(w) < 4 {
		return ""
	}
	return loan.Party(w[1]).Label() + map[bool]string{true: "撤回", false: "同意"}[w[0] == "withdrawn"] + loan.PurposeLabel(w[2]) + "：" + text(w[3])
}

// passwordSaid is what became of a password.
func passwordSaid(d string) string {
	switch w := strings.Fields(d); {
	case len(w) < 2:
		return ""
	case len(w) == 2 && w[0] == "reset":
		return "重设密码，账号 " + w[1]
	case len(w) == 2 && w[0] == "approval":
		return "忘记密码，凭县资助中心的批准重设"
	case w[0] == "enabling" && len(w) > 4 && w[2] == "asked,":
		return "申请启用账号 " + w[1] + "，核对码 " + w[4]
	case w[0] == "enabling":
		return "启用账号 " + w[1] + " 的批准码不对"
	case len(w) == 2 && w[0] == "enable":
		return "启用账号 " + w[1]
	case strings.HasSuffix(d, "as data administrator"):
		return "系统数据管理员启用账号 " + w[1]
	case strings.HasSuffix(d, "for practice"):
		return "练习时启用账号 " + w[1]
	case strings.Contains(d, " by the county's "):
		return "经县资助中心批准启用账号 " + w[1] + "，核对码 " + w[len(w)-1]
	}
	return ""
}

// settingsSaid is how sending was set.
func settingsSaid(rest string) string {
	var out []string
	for s := range strings.SplitSeq(rest, ", ") {
		if n, ok := strings.CutPrefix(s, "at most "); ok {
			s = "每秒最多 " + strings.TrimSuffix(n, " bytes a second") + " 字节"
		}
		if w, ok := strings.CutPrefix(s, "metered: "); ok {
			s = "按流量计费的网络：" + map[string]string{"contracts": "只传记录和合同", "all": "全部上传", "nothing": "不上传"}[w]
		}
		if w, ok := map[string]string{"paused": "暂停上传", "this network is metered": "本网络按流量计费", "as fast as it goes": "不限速"}[s]; ok {
			s = w
		}
		out = append(out, s)
	}
	return "上传设置：" + strings.Join(out, "，")
}

func helperSaid(rest string) string {
	job, sum, _ := strings.Cut(rest, " ")
	if sum == "off" {
		return "停用外部程序 " + job
	}
	return "选用外部程序 " + job + "，校验码 " + sum
}

// PaperLabel is on screen the name of a paper of a case, by its template's id; the id
// where there is no such paper.
func PaperLabel(id string) string {
	if l, ok := map[string]string{"temporary-receipt": "受理回执", "loan-contract": "借款合同（打印件）", "integrity-card": "诚信还款与防诈骗提示卡",
		"application-form": "申请表", "hardship-form": "认定表", "renewal-statement": "续贷声明"}[id]; ok {
		return l
	}
	return id
}

// paperSaid is which paper was printed, or went to the family's phone.
func paperSaid(d string) string {
	for _, end := range [][2]string{{" to phone", "，发往家庭的手机"}, {" on phone", "，手机已收到"}, {"", ""}} {
		if paper, ok := strings.CutSuffix(d, end[0]); ok && PaperLabel(paper) != paper {
			// What left is the contract itself; what the printer makes is a print of it.
			if label := PaperLabel(paper); end[1] == "" || paper != "loan-contract" {
				return label + end[1]
			}
			return "已签合同" + end[1]
		}
	}
	if changes, blobs, ok := strings.Cut(d, " changes, "); ok && strings.HasSuffix(blobs, " blobs") {
		return changes + " 条记录，" + strings.TrimSuffix(blobs, " blobs") + " 个影像和材料"
	}
	return ""
}
