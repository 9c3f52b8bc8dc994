package ui

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// keptSection is 保存与清除: how long what is kept, what was erased, and the end
// of a season.
type keptSection struct {
	u      *Window
	state  *kit.StatusLine
	bar    *kit.Progress
	now    *kit.Button
	stop   *kit.Button
	row    *fyne.Container // of both
	year   *kit.Choice
	season *kit.Button
	asked  *kit.Button
	all    []fyne.CanvasObject
}

func newKeptSection(u *Window) *keptSection {
	s := &keptSection{u: u, state: kit.NewStatusLine(kit.Info, ""), bar: kit.NewProgress()}
	s.now = kit.NewPrimary("立即整理", kit.Icon("refresh"), s.keep)
	s.stop = kit.NewQuiet("停止", nil, u.stopChore)
	s.row = container.NewHBox(s.now, s.stop)
	s.all = []fyne.CanvasObject{kit.Card("保存期限", nil,
		rule("影像和扫描件", "中心回执满 7 天后，自动从本机清除。清除的办法是销毁每张影像的密钥，以后谁也打不开。"),
		rule("合同和签名", "留在本机，直到清除整个学年。"),
		rule("登记内容", "留在本机，直到清除整个学年。中心没有收齐的案件不会清除。"),
		rule("操作日志", "一直保留。清除后只剩记录的指纹，仍能核验，也说明清除了什么、依据哪条规则。"),
		s.state, s.bar, s.row)}
	if u.desk.MayEraseSeason() {
		s.all = append(s.all, s.seasonCard(), s.requestCard())
	}
	s.refresh()
	return s
}

// rule is one line of what is kept for how long.
func rule(what, words string) fyne.CanvasObject { return fact(what, words) }

func (s *keptSection) seasonCard() fyne.CanvasObject {
	var options []kit.Option
	for y := loan.AcademicYearOf(s.u.desk.Today()); len(options) < 4; y-- {
		options = append(options, kit.Option{ID: strconv.Itoa(y), Text: fmt.Sprintf("%d–%d", y, y+1)})
	}
	s.year = kit.NewChoice(options...)
	s.year.SetValue(options[1].ID) // the one that has ended
	s.season = kit.NewDanger("清除这个学年", kit.Icon("trash"), s.askSeason)
	return kit.Card("清除整个学年", nil,
		kit.NewText("一季结束后，把这个学年中心已收齐的案件从本机全部清除：登记内容、合同、签名、影像。中心的数据不受影响。", kit.TextBody),
		kit.NewLabeled("学年", true, s.year), container.NewHBox(s.season))
}

func (s *keptSection) cards() []fyne.CanvasObject { return s.all }

func (s *keptSection) refresh() {
	u := s.u
	u.choreIn(s.bar, s.stop, s.row)
	s.now.SetEnabled(u.chore == nil)
	if s.season != nil {
		s.season.SetEnabled(u.chore == nil)
		s.asked.SetEnabled(u.chore == nil)
	}
	u.arranged()
	if u.chore != nil {
		return
	}
	var k desk.Kept
	u.run("housekeeping state", func(ctx context.Context) (err error) {
		k, err = u.desk.Kept(ctx)
		return err
	}, func(err error) {
		if err != nil {
			s.state.Set(kit.Bad, sentence(err))
			return
		}
		s.state.Set(keptWords(k, u.moment))
		u.arranged()
	})
}

// keptWords says what the last housekeeping did, and what it leaves to a person.
func keptWords(k desk.Kept, moment func(time.Time) string) (kit.Kind, string) {
	kind, text := keepingWords(k, moment)
	if k.Aside > 0 {
		text += fmt.Sprintf("修复或还原时留下的 %d 个旧数据文件仍在数据文件夹里，后来清除的内容可能还在其中；清除学年时会一并删除。", k.Aside)
	}
	return kind, text
}

func keepingWords(k desk.Kept, moment func(time.Time) string) (kit.Kind, string) {
	switch {
	case k.Damaged:
		return kit.Bad, "上次核对（" + moment(k.Checked) + "）发现数据损坏。请锁定，在登录页点“数据有问题？”修复。"
	case k.At.IsZero():
		return kit.Info, "登录后会自动整理，每小时看一次有没有到期的。"
	case k.Doubt:
		return kit.Warning, "上次整理 " + moment(k.At) + "。本机时钟与中心相差太大，与中心联系后再按期清除。"
	case !k.Erasing.IsZero():
		return kit.Good, fmt.Sprintf("上次整理 %s；最近一次清除 %s：%d 件案件的 %d 个影像，%s。", moment(k.At), moment(k.Erasing), k.Cases, k.Images, size(k.Bytes))
	}
	return kit.Good, "上次整理 " + moment(k.At) + "，没有到期的影像。"
}

func (s *keptSection) keep() {
	s.u.keep(func(err error) {
		if err != nil && fault.KindOf(err) != fault.Cancelled {
			kit.Message(s.u.win, "整理没有完成", sentence(err), nil)
		}
	})
}

func (s *keptSection) askSeason() {
	year, err := strconv.Atoi(s.year.Value())
	if err != nil {
		return
	}
	word := kit.NewField()
	wordOf := kit.NewLabeled("请输入学年的第一个年份，确认清除", true, word)
	content := container.NewVBox(
		kit.NewText(fmt.Sprintf("%d–%d 学年的案件将从本机清除，不能恢复。中心没有收齐的案件会留下，并告诉您原因。修复或还原时留下的旧数据文件也会删除。", year, year+1), kit.TextBody), wordOf)
	d := kit.NewDialog(s.u.win, "清除整个学年", content, "清除", "取消", func() bool {
		if word.Text() != strconv.Itoa(year) {
			wordOf.SetError("与所选学年不一致")
			return false
		}
		s.erase(year)
		return true
	})
	d.SetDanger()
	d.Open()
}

func (s *keptSection) erase(year int) {
	u := s.u
	var what desk.Erased
	u.begins("erase season", "正在清除学年数据", func(ctx context.Context, progress func(done, total int64)) (err error) {
		what, err = u.desk.EraseSeason(ctx, year, progress)
		return err
	}, func(err error) {
		if err != nil && fault.KindOf(err) != fault.Cancelled {
			kit.Message(u.win, "清除没有完成", sentence(err)+"已经清除的不会恢复，没有清除的仍在本机；可以再做一次。", nil)
			return
		}
		list := kit.NewProblems("")
		list.Set(erasedWords(what))
		kit.NewDialog(u.win, "清除结果", list, "知道了", "", nil).Open()
		u.shell.arrived()
	})
}

// erasedWords tells what an erasing took away, what it left, and why.
func erasedWords(e desk.Erased) []kit.Problem {
	if e.Cases == 0 && len(e.Refused) == 0 {
		return []kit.Problem{{Kind: kit.Info, Text: "本机没有这个学年的案件。"}}
	}
	out := []kit.Problem{{Kind: kit.Good, Text: fmt.Sprintf("清除了 %d 件案件，%d 个影像和文件（%s），%d 条记录的内容。", e.Cases, e.Blobs, size(e.Bytes), e.Changes)}}
	if e.Aside > 0 {
		out = append(out, kit.Problem{Kind: kit.Good, Text: fmt.Sprintf("删除了修复或还原时留下的 %d 个旧数据文件。", e.Aside)})
	}
	if e.AsideLeft > 0 {
		out = append(out, kit.Problem{Kind: kit.Warning,
			Text: fmt.Sprintf("修复或还原时留下的 %d 个旧数据文件里还有这些案件的内容；正在向中心索取丢失的部分，取回后自动删除。", e.AsideLeft)})
	}
	for _, r := range e.Refused {
		out = append(out, kit.Problem{Kind: kit.Warning,
			Text: fmt.Sprintf("%d 件留下：%s。%s", len(r.Cases), r.Why.Label(), shortIDs(r.Cases))})
	}
	return out
}
