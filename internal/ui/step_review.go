package ui

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"github.com/google/uuid"
)

// reviewStep is ⑥: everything read back to the family, then the second person.
type reviewStep struct {
	v        *visit
	content  *container.Scroll
	readback *fyne.Container
	drawn    string
	seen     uuid.UUID       // the submission on the screen
	card     *fyne.Container // of the reviewer
	state    *kit.Text
	form     *fyne.Container
	who      *kit.Picker
	whoOf    *kit.Labeled
	password *kit.Field
	secret   *kit.Labeled
	note     *kit.Field
	noted    *kit.Labeled
	sendBack *kit.Button
	people   []desk.Person
	asked    bool // whether people is of this state of the case
	busy     string
	beside   *compared
}

func newStepReview(v *visit) *reviewStep {
	s := &reviewStep{v: v, readback: container.New(&stacked{gap: 12}), state: kit.NewText("", kit.TextBody)}
	s.who, s.whoOf = pickPerson("复核员", true, func() []kit.Option { return peopleOptions(s.people) })
	tell := s.who.OnChanged
	s.who.OnChanged = func(o kit.Option) {
		s.secret.SetError("") // it was said of another
		tell(o)
		v.showFoot()
	}
	s.password = kit.NewField()
	s.password.Password, s.password.MaxLen = true, 200
	s.password.OnChanged = func(string) { s.secret.SetError(""); v.showFoot() }
	s.secret = kit.NewLabeled("复核员密码", true, s.password)
	s.note = kit.NewField()
	s.note.MaxLen, s.note.Placeholder = 100, "退回时须写明原因"
	s.noted = kit.NewLabeled("复核意见", false, s.note)
	s.sendBack = kit.NewDanger("退回修改", kit.Icon("undo"), func() { s.review(false) })
	s.form = container.New(&stacked{gap: 4},
		kit.Columns([]float32{1, 1, 2}, s.whoOf, s.secret, s.noted), container.NewHBox(s.sendBack))
	s.card = container.NewStack(kit.Card("第二人复核", nil, s.state, s.form))
	s.beside = newCompared(v)
	s.content = cards(s.card, s.beside.content, s.readback)
	return s
}

func (s *reviewStep) refresh() {
	s.showState()
	s.beside.refresh(func() { relay(s.content) })
	s.showReadback()
	s.askAgain()
}

// askAgain takes a reviewer's password away that was typed before the case was submitted
// anew, as another laptop may: he has not seen what is on the screen now.
func (s *reviewStep) askAgain() {
	was, now := s.seen, s.v.c.Submitted
	s.seen = now
	if was != now && was != uuid.Nil && !s.password.Empty() {
		s.password.SetText("")
		s.secret.SetError("案件刚有改动，请再核对一遍")
	}
}

func (s *reviewStep) showState() {
	v, c := s.v, s.v.c
	waiting := c.Status == loan.ToReview
	setVisible(s.form, waiting && len(s.people) > 0)
	switch {
	case waiting && !s.asked:
		s.state.SetText("正在查找可以复核的人…")
		s.ask()
	case waiting && len(s.people) == 0:
		s.state.SetText("本机没有能复核本案的人：受理人不能复核自己的案件，批准过查看或导出本案、复查过本案紧急查看的人也不能。请系统数据管理员在“管理”中启用一位复核员，或请县资助中心另派一位在本机启用账号后复核。材料已保存，可以先办下一户。")
	case waiting && s.barred():
		var others []string
		for _, p := range s.people {
			others = append(others, p.Name)
		}
		s.state.SetText(v.cameBackWords() + s.againWords() + "您不能复核本案：受理、经办或在中心审核过本案，批准过查看或导出本案，或复查过本案紧急查看的人，都不复核本案。请由" + strings.Join(others, "、") + "看着原件逐项核对，再输入本人的密码。")
	case waiting && c.Again != nil:
		s.state.SetText(v.cameBackWords() + s.againWords() + "请复核员看着原件逐项核对，再输入自己的密码。")
	case waiting:
		s.state.SetText(v.cameBackWords() + "请复核员看着原件，对照下面的内容逐项核对，再输入自己的密码。")
	case c.Status == loan.Returned:
		s.state.SetText("中心已退回。请按右侧清单改正后提交复核；签名有误的到第 7 步重新签署；确实无须改动的，写明原因按原样提交。")
	case c.Review != nil && c.Review.Pass:
		words := "复核通过：" + v.person(c.Review.By) + "，" + v.stamp(c.Review.At)
		if c.Review.Note != "" {
			words += "。意见：" + c.Review.Note
		}
		s.state.SetText(words)
	case c.Review != nil:
		s.state.SetText("复核退回（" + v.person(c.Review.By) + "，" + v.stamp(c.Review.At) + "）：" + c.Review.Note + "。改好后重新提交。")
	default:
		s.state.SetText("先把下面的内容念给家庭听，逐项核对无误后提交复核；复核须由另一人完成。")
	}
	if !waiting {
		s.asked = false
	}
	s.card.Refresh()
	relay(s.content)
}

// barred says whether the operator signed in is a reviewer, and others may review the
// case but he may not.
func (s *reviewStep) barred() bool {
	o := s.v.u.desk.Operator()
	return o.Has(desk.Reviewer) && !slices.ContainsFunc(s.people, func(p desk.Person) bool { return p.ID == o.ID })
}

// againWords say why a returned case waits again as it was; empty of any other.
func (s *reviewStep) againWords() string {
	a := s.v.c.Again
	if a == nil {
		return ""
	}
	return "中心退回后未作改动，按原样重新提交（" + s.v.person(a.By) + "，" + s.v.stamp(a.At) + "），原因：" + a.Reason + "。"
}

// ask finds out who may review the case, and leads to whose password it is.
func (s *reviewStep) ask() {
	s.asked = true
	s.find(func() {
		for _, p := range s.people {
			if len(s.people) == 1 || p.ID == s.v.u.desk.Operator().ID {
				s.who.SetValue(kit.Option{ID: p.ID, Text: p.Name})
			}
		}
		s.v.refresh()
		if s.v.at != stepReview || !s.v.active || len(s.people) == 0 {
			return
		}
		if s.who.Value().ID != "" {
			kit.Focus(s.password)
		} else {
			kit.Focus(s.who)
		}
	})
}

// find finds out who may review the case, and then goes on.
func (s *reviewStep) find(then func()) {
	c := s.v.c
	var people []desk.Person
	s.v.u.run("reviewers", func(ctx context.Context) (err error) {
		people, err = s.v.u.desk.Reviewers(ctx, c)
		return err
	}, func(err error) {
		if s.v.closed {
			return
		}
		if err != nil {
			s.v.u.fail(err)
		}
		s.people = people
		then()
	})
}

// askAnew finds out once more who may review a case that waits: somebody may have been
// let in since. What was chosen stays.
func (s *reviewStep) askAnew() {
	switch {
	case s.v.c.Status != loan.ToReview || !s.asked:
	case len(s.people) == 0:
		s.ask()
	default:
		s.find(s.v.refresh)
	}
}

// own says whether the case waits for the review of who is signed in.
func (s *reviewStep) own() bool {
	me := s.v.u.desk.Operator().ID
	return s.v.c.Status == loan.ToReview && slices.ContainsFunc(s.people, func(p desk.Person) bool { return p.ID == me })
}

func (s *reviewStep) action() action {
	v := s.v
	switch v.c.Status {
	case loan.Draft, loan.Corrected:
		if v.locked() {
			return v.next()
		}
		return action{text: "提交复核", enabled: true, do: s.submit, busy: s.busy}
	case loan.Returned:
		if v.locked() {
			return v.next()
		}
		return action{text: "无须改动，重新提交", enabled: true, do: v.resubmit}
	case loan.ToReview:
		ready := s.who.Value().ID != "" && !s.password.Empty()
		return action{text: "复核通过", enabled: ready, do: func() { s.review(true) }, busy: s.busy}
	}
	return v.next()
}

// submit shows all that is wrong, or hands the case to the reviewer.
func (s *reviewStep) submit() {
	v := s.v
	v.tried = true
	v.refresh()
	if n := v.problems.blocking(); n > 0 {
		kit.Notice(v.u.win, kit.Bad, fmt.Sprintf("还有 %d 处需要填写或改正，已列在右侧。", n))
		v.problems.cursor = -1
		v.problems.next()
		return
	}
	if r := v.c.SentBack(); r != nil && len(r.Mended) == 0 && v.pending == 0 {
		kit.Confirm(v.u.win, "退回后没有改动", "复核员退回时写的是：“"+strings.TrimRight(r.Note, "。")+"”。退回后没有改动过内容，按原样提交吗？", "按原样提交", "先去改", s.hand)
		return
	}
	s.hand()
}

// hand gives the case to its reviewer.
func (s *reviewStep) hand() {
	v := s.v
	s.setBusy("正在提交…")
	v.do("submit", func(ctx context.Context) (*loan.Case, error) {
		return v.u.desk.Submit(ctx, v.id)
	}, func(err error) {
		s.busy = ""
		if err != nil {
			v.u.fail(err)
		}
	})
}

func (s *reviewStep) setBusy(words string) {
	s.busy = words
	s.v.showFoot()
}

// review gives the reviewer's word.
func (s *reviewStep) review(pass bool) {
	v := s.v
	note := strings.TrimSpace(s.note.Text())
	s.secret.SetError("")
	s.noted.SetError("")
	switch {
	case (!pass || note != "") && desk.CheckReview(note) != nil:
		s.noted.SetError(sentence(desk.CheckReview(note)))
		kit.Focus(s.note)
		return
	case s.password.Empty():
		s.secret.SetError("请选择复核员并输入密码")
		kit.Focus(s.password)
		return
	}
	who, ok := personIn(s.who, s.whoOf)
	if !ok {
		return
	}
	id, password, shown := who.ID, s.password.Secret(), s.seen
	s.password.SetText("")
	s.sendBack.Disable()
	s.setBusy("正在核对密码…")
	v.do("review", func(ctx context.Context) (*loan.Case, error) {
		defer clear(password)
		return v.u.desk.Review(ctx, v.id, id, password, pass, note, shown)
	}, func(err error) {
		s.busy = ""
		s.sendBack.Enable()
		if err != nil {
			s.secret.SetError(sentence(err))
			kit.Focus(s.password)
			return
		}
		s.note.SetText("")
		switch {
		case id == v.u.desk.Operator().ID: // the case is not his to go on with
			v.onToNextReview(pass)
		case pass:
			v.tried = true
			v.tellPassed()
			v.show(stepSign)
		}
	})
}

// showReadback writes the case large, in two columns, where it has changed.
func (s *reviewStep) showReadback() {
	a := s.v.app()
	key, err := json.Marshal(a)
	if err == nil && string(key) == s.drawn {
		return
	}
	s.drawn = string(key)
	second := loan.Coborrower{}
	if len(a.Coborrowers) > 0 {
		second = a.Coborrowers[0]
	}
	title := "共同借款人"
	if second.Relation != "" {
		title += "（" + string(second.Relation) + "）"
	}
	s.readback.Objects = []fyne.CanvasObject{
		kit.Columns(nil,
			kit.Card("借款学生", nil, s.facts(s.personFacts(a.Student))),
			kit.Card(title, nil, s.facts(s.personFacts(second.Person)))),
		kit.Columns(nil, kit.Card("就学", nil, s.facts(s.studyFacts(&a))), kit.Card("贷款", nil, s.facts(s.loanFacts(&a)))),
	}
	s.readback.Refresh()
	relay(s.content)
}

func (s *reviewStep) facts(pairs [][2]string) fyne.CanvasObject {
	var cells []fyne.CanvasObject
	for _, p := range pairs {
		value := p[1]
		if value == "" {
			value = "—"
		}
		cells = append(cells, container.NewVBox(kit.NewText(p[0], kit.TextCaption), kit.NewText(value, kit.TextHeading)))
	}
	return container.New(&pairs2{}, cells...)
}

func (s *reviewStep) personFacts(p loan.Person) [][2]string {
	return [][2]string{
		{"姓名", p.Name}, {"性别、民族", strings.Trim(string(p.Sex)+"　"+p.Ethnic, "　")},
		{"身份证号", groupID(p.IDNo)}, {"出生日期", string(p.Birth)},
		{"身份证有效期至", p.IDValidTo}, {"手机号码", groupPhone(p.Phone)},
		{"户籍所在县（市、区）", s.v.county(p.HukouCode).Text}, {"通讯地址", p.Address},
	}
}

func (s *reviewStep) studyFacts(a *loan.Application) [][2]string {
	t := a.Study
	return [][2]string{
		{"就读高校", t.SchoolName}, {"标识码", t.SchoolCode},
		{"专业", t.Major}, {"层次、形式", strings.Trim(string(t.Level)+"　"+string(t.Mode), "　")},
		{"入学年份、学制", fmt.Sprintf("%s 年入学，%s 年", orDash(t.EntryYear), orDash(t.Years))},
		{"学费、住宿费（元/年）", yuan(t.Tuition) + "、" + yuan(t.Dorm)},
	}
}

func (s *reviewStep) loanFacts(a *loan.Application) [][2]string {
	l := a.Loan
	out := [][2]string{
		{"申请金额", yuan(l.Amount) + " 元"}, {"用途", strings.Join(l.Purpose, "、")},
		{"到期年份", orDash(l.MaturityYear)}, {"申请类型", kindLabel(a.Kind, l.Supplementary)},
	}
	if l.Previous != nil {
		out = append(out, [2]string{"上一份合同", l.Previous.ContractNo})
	}
	return out
}

func orDash(n int) string {
	if n == 0 {
		return "—"
	}
	return fmt.Sprint(n)
}

// groupID writes an ID number as it is read aloud.
func groupID(s string) string {
	if len(s) != 18 {
		return s
	}
	return s[:6] + " " + s[6:14] + " " + s[14:]
}

func groupPhone(s string) string {
	if len(s) != 11 {
		return s
	}
	return s[:3] + " " + s[3:7] + " " + s[7:]
}

func (s *reviewStep) object() fyne.CanvasObject { return s.content }

// left takes a password away that was typed and not given: nobody else is to give it.
func (s *reviewStep) left()  { s.password.SetText("") }
func (s *reviewStep) close() { s.password.SetText("") }

func (s *reviewStep) shown() {
	s.askAnew()
	switch {
	case s.v.c.Status != loan.ToReview || len(s.people) == 0:
	case s.who.Value().ID != "":
		kit.Focus(s.password)
	default:
		kit.Focus(s.form)
	}
}

// pairs2 lays cells out in two columns, row by row.
type pairs2 struct{ width float32 }

func (l *pairs2) rows(objs []fyne.CanvasObject, width float32, put func(o fyne.CanvasObject, x, y, w, h float32)) float32 {
	w := (width - scaled(20)) / 2
	var y float32
	for i := 0; i < len(objs); i += 2 {
		var h float32
		pair := objs[i:min(i+2, len(objs))]
		for _, o := range pair {
			o.Resize(fyne.NewSize(w, o.MinSize().Height))
			h = max(h, o.MinSize().Height)
		}
		for j, o := range pair {
			put(o, float32(j)*(w+scaled(20)), y, w, h)
		}
		y += h + scaled(6)
	}
	return y
}

func (l *pairs2) MinSize(objs []fyne.CanvasObject) fyne.Size {
	width := max(l.width, scaled(320))
	return fyne.NewSize(scaled(320), l.rows(objs, width, func(fyne.CanvasObject, float32, float32, float32, float32) {}))
}

func (l *pairs2) Layout(objs []fyne.CanvasObject, s fyne.Size) {
	l.width = s.Width
	l.rows(objs, s.Width, func(o fyne.CanvasObject, x, y, w, h float32) {
		o.Move(fyne.NewPos(x, y))
		o.Resize(fyne.NewSize(w, h))
	})
}
