package ui

import (
	"context"
	"fmt"
	"strings"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"github.com/google/uuid"
)

// mendWidth is that of the cards of the ways out of a damage.
const mendWidth = 560

// mend is the way out when the store is damaged or lost: it is mended, or a
// backup takes its place.
type mend struct {
	u        *Window
	who      *kit.Picker // nil where the key file tells no names
	whoOf    *kit.Labeled
	account  *kit.Field
	password *kit.Field
	fieldOf  *kit.Labeled
	repair   *kit.Button
	restore  *kit.Button
	back     *kit.Button
	state    *kit.StatusLine
	bar      *kit.Progress
	content  fyne.CanvasObject
}

// mendPage shows the ways out; why is what is wrong, nil when nobody knows yet.
func (u *Window) mendPage(why error) {
	m := newMend(u, why)
	u.first = m.password
	u.show("mend", m.content)
}

// mendLink leads to the ways out from a front screen.
func (u *Window) mendLink(words string) fyne.CanvasObject {
	return kit.NewQuiet(words, nil, func() { u.mendPage(nil) })
}

func newMend(u *Window, why error) *mend {
	m := &mend{u: u, state: kit.NewStatusLine(kit.Info, ""), bar: kit.NewProgress()}
	m.state.Hide()
	m.bar.Hide()
	title, words := "修复或从备份恢复", "怀疑本机数据有损坏，或要把备份装到这台电脑时，用这里的办法。"
	switch {
	case u.deps.Door.New():
		title, words = "从备份恢复", "旧电脑坏了或换了新电脑时，把备份装到这台电脑上接着用。"
	case why != nil:
		title, words = "本机数据有损坏，暂时打不开", fault.Sentence(why)
	}
	m.password = kit.NewField()
	m.password.Password = true
	m.password.SetPlaceholder("输入密码")
	m.password.OnEnter = m.mend
	m.fieldOf = kit.NewLabeled("密码", true, m.password)
	m.repair = kit.NewPrimary("修复数据", kit.Icon("settings"), m.mend)
	m.restore = kit.NewSecondary("选择备份文件夹", kit.Icon("folder"), m.choose)
	m.back = kit.NewQuiet("返回", nil, u.begin)
	setVisible(m.back, u.deps.Door.Trouble() == nil)
	cards := []fyne.CanvasObject{
		kit.Card(title, m.back, kit.NewText(words, kit.TextBody),
			kit.NewText("已经上传的案件在中心都有，不会丢失。下面两种办法都会把原来的文件原样留在本机，不会覆盖。", kit.TextMuted), m.state, m.bar)}
	if !u.deps.Door.New() {
		cards = append(cards, kit.Card("修复", nil,
			kit.NewText("把还能读出的内容全部救出来，缺少的会向中心和同室的电脑索取。需要一位操作员的密码。", kit.TextCaption),
			kit.Columns(nil, m.holder(), m.fieldOf), container.NewHBox(m.repair)))
	}
	how := "插好备份盘，选择备份所在的文件夹。恢复后用备份时的密码登录；备份之后上传过的案件会从中心取回。"
	if m.asksAdmin() {
		how += "现在的数据能打开，要换掉它，请在上面选系统数据管理员并输入密码，备份也须是本机的。"
	}
	cards = append(cards, kit.Card("从备份恢复", nil,
		kit.NewText(how, kit.TextCaption),
		container.NewHBox(m.restore)))
	m.content = container.NewVScroll(container.New(&middleColumn{mendWidth}, cards...))
	return m
}

// holder asks whose password it is.
func (m *mend) holder() fyne.CanvasObject {
	options := peopleOptions(m.u.deps.Door.People())
	if len(options) == 0 {
		m.account = kit.NewField()
		return kit.NewLabeled("操作员账号", true, m.account)
	}
	m.who, m.whoOf = pickPerson("操作员", true, func() []kit.Option { return options })
	m.who.SetValue(m.u.lastHere(options))
	return m.whoOf
}

func (m *mend) operator() string {
	if m.who != nil {
		o, _ := personIn(m.who, m.whoOf)
		return o.ID
	}
	return strings.TrimSpace(m.account.Text())
}

// nobody says whether somebody was typed who is nobody, which is said there.
func (m *mend) nobody() bool {
	return m.who != nil && m.whoOf.Error() != ""
}

// busy says what is being done, and keeps the rest from being pressed.
func (m *mend) busy(words string) {
	m.state.Set(kit.Info, words)
	setVisible(m.state, words != "")
	m.bar.Hide()
	for _, b := range []*kit.Button{m.repair, m.restore, m.back} {
		b.SetEnabled(words == "")
	}
	m.content.Refresh()
}

func (m *mend) failed(err error) {
	m.busy("")
	m.state.Set(kit.Bad, "没有成功，原来的数据没有改动。")
	m.state.Show()
	m.content.Refresh()
	words := sentence(err)
	if fault.KindOf(err) == fault.Damaged {
		words = "这里救不出数据。" + words + "请改用另一种办法；都不行时，把整个数据文件夹原样留好，联系县资助中心。"
	}
	kit.Message(m.u.win, "没有成功", words, nil)
}

// mend repairs the store.
func (m *mend) mend() {
	who, password := m.operator(), m.password.Secret()
	m.fieldOf.SetError("")
	if m.nobody() {
		clear(password)
		return
	}
	if who == "" || len(password) == 0 {
		m.fieldOf.SetError("请选择操作员并输入密码")
		kit.Focus(m.password)
		return
	}
	m.busy("正在检查和修复，数据多时要几分钟，请不要关闭电脑…")
	var report desk.RepairReport
	m.u.act("repair", func(ctx context.Context) (err error) {
		report, err = m.u.deps.Door.Repair(ctx, who, password, m.u.told(func(done, total int64) {
			m.bar.Set(fmt.Sprintf("已完成 %d%%", done*100/max(total, 1)), float32(done)/float32(max(total, 1)))
			setVisible(m.bar, true)
			m.content.Refresh()
		}))
		clear(password)
		return err
	}, func(err error) {
		m.password.SetText("")
		switch fault.KindOf(err) {
		case fault.Password, fault.Locked:
			m.busy("")
			m.fieldOf.SetError(sentence(err))
			kit.Focus(m.password)
			return
		}
		if err != nil {
			m.failed(err)
			return
		}
		m.u.mended("修复完成", repairWords(report))
	})
}

// asksAdmin says whether a data administrator has to stand for the restoring.
func (m *mend) asksAdmin() bool { return !m.u.deps.Door.New() && m.u.deps.Door.Trouble() == nil }

// choose asks where the backup is, and restores it.
func (m *mend) choose() {
	m.fieldOf.SetError("")
	if m.asksAdmin() && m.operator() == "" && m.nobody() {
		return
	}
	if m.asksAdmin() && (m.operator() == "" || m.password.Text() == "") {
		m.fieldOf.SetError("数据没有损坏：请选系统数据管理员并输入密码")
		kit.Focus(m.password)
		return
	}
	kit.NewChooser(m.u.win, "选择备份文件夹", kit.ChooserOptions{Folders: true}, m.restoreFrom).Show()
}

// restoreFrom puts the backup in a folder in the store's place.
func (m *mend) restoreFrom(path string) {
	m.busy("正在从备份恢复，请不要拔出备份盘…")
	var partly bool
	who, password := "", m.password.Secret()
	if m.asksAdmin() {
		who = m.operator()
	}
	m.u.act("restore", func(ctx context.Context) (err error) {
		partly, err = m.u.deps.Door.Restore(ctx, path, who, password)
		clear(password)
		return err
	}, func(err error) {
		m.password.SetText("")
		switch k := fault.KindOf(err); {
		case k == fault.Password, k == fault.Locked, k == fault.Denied:
			m.busy("")
			m.fieldOf.SetError(sentence(err))
			kit.Focus(m.password)
		case err != nil:
			m.failed(err)
		case partly:
			m.u.mendPage(fault.Say("restore", fault.Damaged, "已从备份恢复，但备份盘上有一部分读不出来。请再做一次修复，找出缺了什么。", nil))
		default:
			m.u.mended("恢复完成", []kit.Problem{{Kind: kit.Good, Text: "已恢复到备份时的样子，请用当时的密码登录。"},
				{Kind: kit.Info, Text: "备份之后已上传的案件，联网后会自动从中心取回。"},
				{Kind: kit.Warning, Text: "备份之后还没有上传的内容不在备份里，请核对当天的纸质材料后补录。"}})
		}
	})
}

// mended tells what became of it, and leads to the sign-in screen.
func (u *Window) mended(title string, what []kit.Problem) {
	list := kit.NewProblems("")
	list.Set(what)
	next := kit.NewPrimary("去登录", kit.Icon("lock"), u.begin)
	u.first = next
	u.show("mended", container.NewVScroll(container.New(&middleColumn{mendWidth}, kit.Card(title, nil, list, container.NewHBox(next)))))
}

// repairWords tells what a repair could save and what not.
func repairWords(r desk.RepairReport) []kit.Problem {
	if r.Whole {
		return []kit.Problem{{Kind: kit.Good, Text: "逐项核对过，没有发现损坏，什么都没有改动。"}}
	}
	out := []kit.Problem{{Kind: kit.Good, Text: fmt.Sprintf("完整救回 %d 件案件。", r.Cases)}}
	add := func(kind kit.Kind, n int, words string) {
		if n > 0 {
			out = append(out, kit.Problem{Kind: kind, Text: fmt.Sprintf(words, n)})
		}
	}
	add(kit.Warning, len(r.Incomplete), "%d 件案件能打开，但缺少一部分记录："+shortIDs(r.Incomplete)+"。")
	add(kit.Warning, len(r.Unopened), "%d 件案件要等缺少的记录取回后才能打开："+shortIDs(r.Unopened)+"。")
	add(kit.Warning, len(r.Blobs), "%d 个影像或文件读不出来。")
	add(kit.Warning, len(r.Operators), "%d 个账号的资料要等中心重新下发，暂按操作员登录。")
	add(kit.Warning, r.Settings, "%d 项本机设置恢复为默认。")
	add(kit.Warning, r.Astray, "%d 条记录读不出来，不知属于哪件案件。")
	add(kit.Warning, r.Others, "%d 条其他电脑或中心的记录读不出来。")
	if len(r.Incomplete)+len(r.Unopened)+len(r.Blobs)+len(r.Own)+r.Others > 0 {
		out = append(out, kit.Problem{Kind: kit.Info, Text: "缺少的内容会自动索取：联网时向中心，打开同室协作时向同室的电脑；都没有的，会在“同步”中列出，请核对纸质材料后补录。"})
	}
	out = append(out, kit.Problem{Kind: kit.Info, Text: "最后几次保存是否也在损坏之中，从文件里看不出来；请把今天的纸质材料与案件核对一遍。"})
	if r.Kept != "" {
		out = append(out, kit.Problem{Kind: kit.Info, Text: "损坏的原文件留在数据文件夹中，名为 " + r.Kept + "。确认无误后可请管理员删除。"})
	}
	return out
}

// shortIDs names some cases by the ends of their ids.
func shortIDs(ids []uuid.UUID) string {
	const most = 3
	var out []string
	for _, id := range ids[:min(len(ids), most)] {
		out = append(out, loan.ShortID(id))
	}
	if len(ids) > most {
		out = append(out, "等")
	}
	return strings.Join(out, "、")
}

// middleColumn lays cards one under the other in the middle, at a width.
type middleColumn struct{ width float32 }

// MinSize is Fyne's.
func (c *middleColumn) MinSize(objs []fyne.CanvasObject) fyne.Size {
	h := float32(2 * aside)
	for _, o := range objs {
		o.Resize(fyne.NewSize(c.width, o.Size().Height))
		h += o.MinSize().Height + between
	}
	return fyne.NewSize(c.width+2*aside, h)
}

// Layout is Fyne's.
func (c *middleColumn) Layout(objs []fyne.CanvasObject, s fyne.Size) {
	rest := s.Height - c.MinSize(objs).Height
	x, y := (s.Width-c.width)/2, aside+max(rest, 0)*0.4
	for _, o := range objs {
		h := o.MinSize().Height
		o.Move(fyne.NewPos(x, y))
		o.Resize(fyne.NewSize(c.width, h))
		y += h + between
	}
}
