package ui

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// recordSection is 日志: who did what, when and why, what is odd, and a report.
type recordSection struct {
	named func(account string) string
	u     *Window
	who   *kit.Picker
	id    *kit.Field
	idOf  *kit.Labeled
	why   *kit.Field
	whyOf *kit.Labeled
	kind  *kit.Choice
	days  *kit.Choice
	dated bool // the period was chosen, and is not what stands there by itself
	find  *kit.Button
	save  *kit.Button
	told  *kit.Text
	list  *kit.List
	odd   *fyne.Container
	lines []desk.Line
	all   []fyne.CanvasObject
}

// mostLines is how many lines are listed.
const mostLines = 500

func newRecordSection(u *Window) *recordSection {
	s := &recordSection{u: u, id: kit.NewField(), told: kit.NewText("", kit.TextMuted), odd: container.New(&stacked{gap: 8}), named: u.namer()}
	if !u.desk.MayAudit() {
		s.all = []fyne.CanvasObject{kit.Card("日志", nil, kit.NewText("日志由系统数据管理员或审计员查看。", kit.TextMuted))}
		return s
	}
	people := []kit.Option{{ID: "", Text: "全部人员"}}
	if list, err := u.desk.Operators(u.ctx); err == nil {
		for _, o := range list {
			people = append(people, kit.Option{ID: o.ID, Text: o.Name, Detail: o.ID})
		}
	}
	people = append(people, kit.Option{ID: desk.Unknown, Text: notHere})
	s.who = kit.NewFixedPicker(people)
	s.who.SetValue(people[0])
	s.id.MaxLen = 36
	s.id.SetPlaceholder("案件编号末 8 位，或身份证号")
	s.id.OnEnter = s.query
	s.idOf = kit.NewLabeled("案件或本人", false, s.id)
	s.why = kit.NewField()
	s.why.MaxLen = 100
	s.why.SetPlaceholder("查一个人的记录须写明，例如：家长投诉核查")
	s.why.OnEnter = s.query
	s.whyOf = kit.NewLabeled("查询原因", false, s.why)
	s.kind = kit.NewChoice(kit.Option{ID: "", Text: "全部"}, kit.Option{ID: "look", Text: "查看与显示"}, kit.Option{ID: "search", Text: "查找"},
		kit.Option{ID: "out", Text: "打印与导出"}, kit.Option{ID: "change", Text: "登记与修改"}, kit.Option{ID: "in", Text: "登录"})
	s.kind.SetValue("")
	s.days = kit.NewChoice(kit.Option{ID: "1", Text: "今天"}, kit.Option{ID: "7", Text: "7 天"}, kit.Option{ID: "30", Text: "30 天"}, kit.Option{ID: "0", Text: "不限"})
	s.days.SetValue("7")
	s.days.OnChanged = func(string) { s.dated = true }
	s.find = kit.NewPrimary("查询", kit.Icon("search"), s.query)
	s.save = kit.NewSecondary("导出报告", kit.Icon("download"), s.report)
	s.list = kit.NewList([]kit.Column{{Weight: 2.2}, {Weight: 2}, {Weight: 2.2}, {Weight: 1.6}, {Weight: 5}}, func() int { return len(s.lines) }, s.cells)
	s.list.Empty = "选好条件，按“查询”列出"
	s.list.OnOpen = s.open
	s.all = []fyne.CanvasObject{
		kit.Card("查询日志", nil, kit.Columns([]float32{2, 2, 3}, kit.NewLabeled("人员", false, s.who), s.idOf, kit.NewLabeled("时间", false, s.days)),
			kit.NewLabeled("事项", false, s.kind), s.whyOf, container.NewHBox(s.find, s.save), s.told, container.New(&tall{300}, s.list)),
		kit.Card("值得留意", nil, s.odd),
	}
	s.odd.Add(kit.NewText("查询后列出。", kit.TextMuted))
	return s
}

func (s *recordSection) cards() []fyne.CanvasObject { return s.all }
func (s *recordSection) refresh()                   {}

// sought is what the filters say. Of one person or case all of the record is wanted
// where no period was chosen, and the screen says so.
func (s *recordSection) sought() desk.Sought {
	q := desk.Sought{Operator: s.who.Value().ID, Case: asTyped(s.id.Text())}
	q.Reason = strings.TrimSpace(s.why.Text())
	if len(q.Case) == 18 {
		q.Case, q.Person = "", q.Case
	}
	if !s.dated {
		s.days.SetValue(map[bool]string{true: "0", false: "7"}[q.Case != "" || q.Person != ""])
	}
	now := s.u.deps.Now()
	switch s.days.Value() {
	case "1":
		q.From = time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	case "7":
		q.From = now.AddDate(0, 0, -7)
	case "30":
		q.From = now.AddDate(0, 0, -30)
	}
	switch s.kind.Value() {
	case "look":
		q.Kinds = []loan.ChangeKind{loan.ChangeView, loan.ChangeReveal}
	case "search":
		q.Kinds = []loan.ChangeKind{loan.ChangeSearch}
	case "out":
		q.Kinds = []loan.ChangeKind{loan.ChangePrint, loan.ChangeExport, loan.ChangeBackup}
	case "in":
		q.Kinds = []loan.ChangeKind{loan.ChangeSignIn, loan.ChangeRecover}
	case "change":
		q.Kinds = []loan.ChangeKind{loan.ChangeOpen, loan.ChangeEdit, loan.ChangeResolve, loan.ChangeAttach, loan.ChangeDetach, loan.ChangeArrange, loan.ChangeReplace, loan.ChangeCard,
			loan.ChangeAttest, loan.ChangeConsent, loan.ChangeSubmit, loan.ChangeReview, loan.ChangeContract, loan.ChangeRead, loan.ChangeSign, loan.ChangeWitness, loan.ChangeSeal, loan.ChangeFinish,
			loan.ChangeCorrect, loan.ChangeVoid, loan.ChangePass, loan.ChangeTake, loan.ChangeSetting}
	}
	return q
}

// asTyped is an id or a number without spaces, and in plain digits and letters.
func asTyped(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return -1
		case r >= '！' && r <= '～': // full width
			return r - '！' + '!'
		}
		return r
	}, s)
}

func (s *recordSection) query() {
	if s.find.Busy() {
		return
	}
	s.idOf.SetError("")
	s.whyOf.SetError("")
	q := s.sought()
	if q.Person != "" && q.Reason == "" {
		s.whyOf.SetError("请写明原因")
		return
	}
	q.Limit = mostLines
	s.find.SetBusy("正在查询…")
	var r desk.Record
	s.u.act("record", func(ctx context.Context) (err error) {
		r, err = s.u.desk.Record(ctx, q)
		return err
	}, func(err error) {
		s.find.SetBusy("")
		if err != nil {
			s.idOf.SetError(sentence(err))
			return
		}
		s.show(r)
	})
}

func (s *recordSection) show(r desk.Record) {
	s.lines = r.Lines
	words := fmt.Sprintf("共 %d 条", r.Total)
	s.list.Empty = "没有符合的记录"
	if r.Nobody {
		words = "本机的案件里没有这个证件号，请核对号码"
		s.list.Empty = words
	}
	if r.Total > len(r.Lines) {
		words += fmt.Sprintf("，列出最近的 %d 条", len(r.Lines))
	}
	if r.Unread > 0 {
		words += fmt.Sprintf("；另有 %d 条读不出来，请做审计核验", r.Unread)
	}
	if r.Erased > 0 {
		words += fmt.Sprintf("；另有 %d 件有人看过的案件已清除，本机不再知道是谁的：请填回执或申请表上的受理编号查询，学季结束清除的也可由县资助中心按身份证号查", r.Erased)
	}
	s.told.SetText(words)
	s.list.Empty = "没有符合的记录"
	s.list.Select(-1)
	s.list.Refresh()
	s.odd.Objects = nil
	for _, o := range r.Odd {
		s.odd.Add(kit.Columns([]float32{2, 2, 6}, kit.NewLine(oddLabel(o), kit.TextBold), kit.NewLine(strings.TrimSpace(s.named(o.Operator)+" "+string(o.Day)), kit.TextBody),
			kit.NewText(fmt.Sprintf("%d %s；案件 %s", o.Count, oddUnit(o), shortIDs(o.Cases)), kit.TextCaption)))
	}
	if len(r.Odd) == 0 {
		s.odd.Add(kit.NewText("没有发现异常情况。", kit.TextMuted))
	}
	s.u.arranged()
}

func (s *recordSection) cells(i int) []kit.Cell {
	l := s.lines[i]
	id := ""
	if c := l.Case.String(); c != "00000000-0000-0000-0000-000000000000" {
		id = c[len(c)-8:]
	}
	return []kit.Cell{{Text: l.At.In(s.u.deps.Now().Location()).Format("01-02 15:04:05")}, {Text: s.named(l.Operator)}, {Text: kindName(l.Kind), Bold: true}, {Text: id}, {Text: lineWords(l, 4)}}
}

// open shows a line whole: the list cuts what is long.
func (s *recordSection) open(i int) {
	l := s.lines[i]
	facts := []fyne.CanvasObject{fact("时间", l.At.In(s.u.deps.Now().Location()).Format("2006-01-02 15:04:05")), fact("人员", s.named(l.Operator)), fact("事项", kindName(l.Kind))}
	if c := l.Case.String(); c != "00000000-0000-0000-0000-000000000000" {
		facts = append(facts, fact("案件", c))
	}
	if words := lineWords(l, len(l.Fields)); words != "" {
		facts = append(facts, fact("内容", words))
	}
	d := kit.NewDialog(s.u.win, "日志记录", container.New(&stacked{gap: 8}, facts...), "关闭", "", nil)
	d.SetWidth(620)
	d.Open()
}

// lineWords is what was done, of so many fields at most, why, and what else is told.
func lineWords(l desk.Line, fields int) string {
	var more []string
	if len(l.Fields) > 0 {
		names := lineFields(l)
		more = append(more, strings.Join(names[:min(len(names), fields)], "、"))
	}
	for _, w := range []string{l.Reason, detailWords(l)} {
		if w != "" {
			more = append(more, w)
		}
	}
	return strings.Join(more, "；")
}

// report saves what the filters choose as a signed file.
func (s *recordSection) report() {
	name := "日志报告-" + s.u.deps.Now().Format("20060102-150405") + ".csv"
	kit.NewChooser(s.u.win, "导出日志报告", kit.ChooserOptions{Save: true, Name: name, Suffixes: []string{".csv"}}, func(path string) {
		n := 0
		q := s.sought()
		s.u.act("record report", func(ctx context.Context) error {
			b, lines, err := s.u.desk.Report(ctx, q)
			if err != nil {
				return err
			}
			n = lines
			if err := writeWhole(path, b); err != nil {
				return fault.Say("save report", fault.KindOf(err), "报告没有存下来，请检查这个文件夹能不能写入。", err)
			}
			return nil
		}, func(err error) {
			if err != nil {
				kit.Message(s.u.win, "没有导出", sentence(err), nil)
				return
			}
			kit.Notice(s.u.win, kit.Good, fmt.Sprintf("已导出 %d 条，报告带本机签名。原因按填写的原话列出，其中的号码已遮盖。", n))
		})
	}).Show()
}

// kindName is what a change did, on screen.
func kindName(k loan.ChangeKind) string {
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

// detailWords is what a line adds, on screen.
func detailWords(l desk.Line) string {
	if of := l.Subject(); of != "" {
		return of
	}
	d := l.Detail
	rest := func(prefix string) (string, bool) { return strings.CutPrefix(d, prefix) }
	if l.Kind == loan.ChangeSearch {
		if more, ok := rest(desk.SearchRefused); ok {
			_, times, _ := strings.Cut(more, "; ")
			return timesWords("被拒绝：当天查找他人案件的次数已达上限", times)
		}
		if n, ok := rest("beyond "); ok {
			n, shown, _ := strings.Cut(n, ", cases ")
			n, grant, granted := strings.Cut(n, ", grant ")
			words := "他人案件，符合 " + n + " 件"
			if granted {
				words += "，授权 " + grant
			}
			for _, id := range strings.Fields(shown) {
				words += "，案件 " + id[max(0, len(id)-8):]
			}
			return words
		}
		return "本人案件，列出 " + d + " 件"
	}
	if more, ok := rest(desk.TakeRefused); ok {
		_, times, _ := strings.Cut(more, "; ")
		return timesWords("被拒绝：当天接手他人案件的件数已达上限", times)
	}
	if more, ok := rest("refused "); ok {
		verb, why, _ := strings.Cut(more, ": ")
		_, times, _ := strings.Cut(why, "; ")
		return timesWords("被拒绝："+desk.VerbLabel(verb), times)
	}
	if what, times, ok := strings.Cut(d, "; "); ok && strings.HasSuffix(times, " times more") {
		l.Detail = what
		return timesWords(detailWords(l), times)
	}
	if l.Kind == loan.ChangeRecover {
		return passwordWords(d)
	}
	if more, ok := rest(desk.PortraitAgain); ok {
		return againWords(more)
	}
	if by, ok := rest(desk.ClockBehind); ok {
		n, _ := strconv.Atoi(strings.TrimSuffix(by, " minutes"))
		return fmt.Sprintf("电脑时间比本机最后的记录早了 %d 小时 %d 分", n/60, n%60)
	}
	if by, ok := rest(desk.ClockAhead); ok {
		n, _ := strconv.Atoi(strings.TrimSuffix(by, " minutes"))
		return fmt.Sprintf("登录期间，电脑时间被拨快了 %d 小时 %d 分", n/60, n%60)
	}
	if d == desk.Copied {
		return "县资助中心持有另一份本机记录：另有一台电脑在用本机的身份"
	}
	for prefix, words := range map[string]string{"card read: ": "的证件", "card not followed: ": "的证件，保留了已录入的"} {
		if party, ok := rest(prefix); ok {
			return partyLabel(loan.Party(party)) + words
		}
	}
	if l.Kind == loan.ChangeConsent {
		return consentWords(d)
	}
	if n, ok := rest("audit: tampered in "); ok {
		return "审计核验发现 " + strings.TrimSuffix(n, " places") + " 处问题"
	}
	if what, ok := rest("folder altered: "); ok {
		if words := folderWords(what); words != "" {
			return words
		}
		if strings.HasPrefix(what, "the counts") {
			return "锁定期间，数据文件夹被改动过：输错密码的记数被删或被换过"
		}
		id, _, _ := strings.Cut(strings.TrimPrefix(what, "wrong passwords of "), " ")
		if id == desk.Unknown {
			return "锁定期间，数据文件夹被改动过：不在本机的账号的登录失败次数变少了"
		}
		return "锁定期间，数据文件夹被改动过：账号 " + id + " 的输错密码次数变少了"
	}
	if more, ok := rest("record of a person"); ok {
		words := "查看一个人的日志"
		for _, id := range strings.Fields(strings.TrimPrefix(more, ", cases")) {
			words += "，案件 " + id[max(0, len(id)-8):]
		}
		return words
	}
	if strings.HasPrefix(d, "grant asked") {
		return "申请授权"
	}
	if strings.HasPrefix(d, "grant withdrawn") {
		return "撤回授权申请"
	}
	for prefix, words := range map[string]string{"grant approved ": "批准电脑 ", "grant declined ": "没有批准电脑 "} {
		if more, ok := rest(prefix); ok && len(more) >= 36 {
			return words + more[28:36] + " 的申请"
		}
	}
	if more, ok := rest("erasing of case "); ok && len(more) > 36 {
		if why, kept := strings.CutPrefix(more[36:], " as the centre says: kept, "); kept {
			return "县里要求删除，没有删除（" + whyLabel(desk.Why(why)) + "），案件 " + more[28:36]
		}
	}
	for prefix, words := range map[string]string{"case to erase found: ": "查找要删除的案件", "erasing of case ": "应本人要求删除"} {
		more, ok := rest(prefix)
		more, grant, granted := strings.Cut(more, ", grant ")
		if id, word, _ := strings.Cut(more, " "); ok && len(id) == 36 {
			if strings.HasSuffix(word, "refused") {
				words += "，没有删除"
			}
			words += "，案件 " + id[28:]
			if granted {
				words += "，授权 " + grant
			}
			return words
		}
	}
	for _, p := range [][2]string{{"grant refused: approved by one", "批准人经手过本案，批准不作数"}, {"grant refused: no such request", "批准码用过、过期或不是本机的申请"}, {"grant refused: the request was withdrawn", "申请已撤回，批准不作数"}, {"grant refused: another operator's request", "输入他人申请的批准码"}, {"grant refused", "批准码不对"}, {"grant answered for ", "批准他机申请，账号 "}, {"export answered for ", "批准他机导出申请，账号 "}, {"grant ", "授权 "}, {desk.TakenMark, "接手，授权 "},
		{"glass e-", "紧急查看 e-"}, {"record report", "导出日志报告"}, {"roster ", "取用预申请名单 "}, {"compared with case ", "复核时对照，案件 "}, {"remote call ", "呼叫 "}} {
		if more, ok := rest(p[0]); ok {
			if p[0] == "grant refused: approved by one" {
				return p[1]
			}
			if strings.HasSuffix(p[0], "answered for ") {
				more = strings.Replace(strings.Replace(more, " at ", "，电脑 ", 1), ", ", "，", 2)
			}
			return p[1] + strings.NewReplacer(", case ", "，案件 ", ", to ", "，接收人 ", ", for ", "，用途 ", " to export to ", "，导出给 ", " for ", "，给 ", " by ", "，批准人 ", " reviewed: not right", "，复查：不应使用", " reviewed: right", "，复查：属实",
				" of ", "，使用人 ", " lines", " 条", " hours", " 小时", " cases", " 件", ": the answer does not hold", "").Replace(more)
		}
	}
	if w, ok := map[string]string{"case": "打开案件", "own data shown to the person": "本人信息，给本人看", "record": "查看日志", "export asked": "申请导出授权", "audit": "审计核验", "refused": "被拒绝", "receipt": "回执", "to sync alone": "只能同步",
		"refused: others": "其他被拒绝的操作", "file refused: untrusted": "文件被拒绝：不是本县资助中心签发的", "file refused: damaged": "文件被拒绝：已损坏或被改动",
		"by a temporary password": "用临时密码，尚未更换", "renewed by code": "用续期码续期", "renewal refused": "续期码不对", "renewal refused, asked before shut out": "续期码是收到停用通知之前申请的，没有采用", "passed": "通过", "sent back": "退回", "room on": "开启同室协作", "room off": "关闭同室协作",
		"remote on": "开启远程协作", "remote off": "关闭远程协作", "stick to the centre": "写入U盘", "enrolled again": "重新注册",
		"loan-contract to phone": "已签合同，发往家庭的手机", "loan-contract on phone": "已签合同，手机已收到",
		"temporary-receipt to phone": "受理回执，发往家庭的手机", "temporary-receipt on phone": "受理回执，手机已收到", "change": "修改密码"}[d]; ok {
		return w
	}
	if w := ownWords(d); w != "" {
		return w
	}
	return d
}

// timesWords adds how often something came again that was counted: "12 times more".
func timesWords(what, times string) string {
	if n, ok := strings.CutSuffix(times, " times more"); ok {
		return what + "，另有 " + n + " 次"
	}
	return what
}

// againWords is what was used although it is in use already.
func againWords(more string) string {
	how, party, _ := strings.Cut(more, " of ")
	party, id, _ := strings.Cut(party, ", case ")
	words := "照用重复的" + partyLabel(loan.Party(party)) + "照片，"
	if how == desk.SameShot {
		words += "像是同一张裁剪或压缩过"
	} else {
		words += "文件相同"
	}
	if len(id) == 36 {
		words += "，另见案件 " + id[28:]
	}
	return words
}

// consentWords is whose consent was given or taken back, to what text.
func consentWords(detail string) string {
	w := strings.SplitN(detail, " ", 4)
	if len(w) < 4 {
		return detail
	}
	return partyLabel(loan.Party(w[1])) + map[bool]string{true: "撤回", false: "同意"}[w[0] == "withdrawn"] + consentLabel(w[2]) + "：" + textWords(w[3])
}

// passwordWords is what became of a password.
func passwordWords(detail string) string {
	switch w := strings.Fields(detail); {
	case detail == "change":
		return "修改密码"
	case len(w) == 2 && w[0] == "reset":
		return "重设密码，账号 " + w[1]
	case len(w) == 2 && w[0] == "approval":
		return "忘记密码，凭县资助中心的批准重设"
	case strings.HasPrefix(detail, "enabling ") && len(w) > 4 && w[2] == "asked,":
		return "申请启用账号 " + w[1] + "，核对码 " + w[4]
	case strings.HasPrefix(detail, "enabling "):
		return "启用账号 " + w[1] + " 的批准码不对"
	case len(w) == 2 && w[0] == "enable":
		return "启用账号 " + w[1]
	case strings.HasSuffix(detail, "as data administrator"):
		return "系统数据管理员启用账号 " + w[1]
	case strings.HasSuffix(detail, "for practice"):
		return "练习时启用账号 " + w[1]
	case strings.Contains(detail, " by the county's "):
		return "经县资助中心批准启用账号 " + w[1] + "，核对码 " + w[len(w)-1]
	}
	return detail
}
