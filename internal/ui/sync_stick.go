package ui

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/ui/kit"
	"doorstep/sync/courier"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// lookForSticks is how often the screen looks which sticks are in.
const lookForSticks = 2 * time.Second

// stickCard is the card U盘 on 同步: what waits goes onto a stick, and receipts
// come home from it.
type stickCard struct {
	u      *Window
	card   fyne.CanvasObject
	state  *kit.StatusLine
	row    *fyne.Container // the sticks that are in, where there are several, and the buttons
	bar    *kit.Progress
	write  *kit.Button
	read   *kit.Button
	other  *kit.Button
	stop   *kit.Button
	sticks []string
	chosen string
	told   bool // the state tells of what was done
}

func newStickCard(u *Window) *stickCard {
	s := &stickCard{u: u, row: container.NewHBox(), bar: kit.NewProgress(), state: kit.NewStatusLine(kit.Info, "")}
	s.write = kit.NewSecondary("写入U盘", kit.Icon("download"), s.begin)
	s.read = kit.NewSecondary("读取回执", kit.Icon("upload"), s.home)
	s.other = kit.NewQuiet("选择文件夹", kit.Icon("folder"), s.choose)
	s.stop = kit.NewQuiet("停止", nil, u.stopChore)
	s.card = kit.Card("没有网络时用U盘", kit.NewText("写入 → 交县资助中心读取 → 插回来读回执", kit.TextCaption),
		s.state, container.NewVBox(), s.bar, s.row)
	s.look()
	s.watch()
	return s
}

// watch looks again and again which sticks are in, while this screen is shown.
func (s *stickCard) watch() {
	u, ctx := s.u, s.u.shift
	u.works.Go(func() {
		t := time.NewTicker(lookForSticks)
		defer t.Stop()
		for gone := false; !gone; {
			select {
			case <-ctx.Done():
				return
			case <-t.C:
			}
			found := u.sticks()
			answered := make(chan struct{})
			u.back(func() {
				defer close(answered)
				sc, ok := (*syncScreen)(nil), false
				if u.shell != nil {
					sc, ok = u.shell.screen.(*syncScreen)
				}
				if gone = !ok || sc.stick != s; !gone {
					s.found(found)
				}
			})
			select {
			case <-ctx.Done():
				return
			case <-answered:
			}
		}
	})
}

func (u *Window) sticks() []string {
	if u.deps.Sticks != nil {
		return u.deps.Sticks()
	}
	return kit.Sticks()
}

func (s *stickCard) look() { s.found(s.u.sticks()) }

// found shows the sticks that are in, where they changed.
func (s *stickCard) found(sticks []string) {
	if own := s.u.stickOwn; own != "" && !slices.Contains(sticks, own) && thereIs(own) {
		sticks = append([]string{own}, sticks...)
	}
	sticks = sticks[:min(len(sticks), 4)]
	if s.row.Objects != nil && (s.u.chore != nil || slices.Equal(sticks, s.sticks)) {
		s.refresh()
		return
	}
	s.sticks = sticks
	if !slices.Contains(sticks, s.chosen) {
		s.chosen, s.told = "", false
		if len(sticks) > 0 {
			s.chosen = sticks[0]
		}
	}
	s.row.Objects = nil
	if len(sticks) > 1 {
		var options []kit.Option
		for _, dir := range sticks {
			options = append(options, kit.Option{ID: dir, Text: filepath.Base(dir)})
		}
		c := kit.NewChoice(options...)
		c.SetValue(s.chosen)
		c.OnChanged = func(id string) { s.chosen, s.told = id, false; s.refresh() }
		s.row.Add(c)
	}
	for _, b := range []*kit.Button{s.write, s.read, s.other, s.stop} {
		s.row.Add(b)
	}
	s.refresh()
}

// refresh shows how things stand.
func (s *stickCard) refresh() {
	u := s.u
	u.choreIn(s.bar, s.stop, s.row)
	free := u.chore == nil
	if s.state.Visible() != free {
		setVisible(s.state, free) // else the bar says what is being done
		if sc, ok := u.shell.screen.(*syncScreen); ok && sc.stick == s {
			relay(sc.content)
		}
	}
	s.write.SetEnabled(free && s.chosen != "")
	s.read.SetEnabled(free && s.chosen != "")
	s.other.SetEnabled(free)
	if s.told || !free {
		return
	}
	if s.chosen == "" {
		s.state.Set(kit.Info, "没有插入U盘。插好后这里会自动显示。")
		return
	}
	if s.chosen == u.stickOwn {
		s.state.Set(kit.Info, "已选文件夹“"+s.chosen+"”。内容加密，只有县资助中心能打开。")
		return
	}
	s.state.Set(kit.Info, "U盘“"+filepath.Base(s.chosen)+"”已插好。内容加密，只有县资助中心能打开。")
}

func (s *stickCard) choose() {
	kit.NewChooser(s.u.win, "选择U盘上的文件夹", kit.ChooserOptions{Folders: true, Folder: s.chosen}, s.take).Show()
}

// take makes a folder the one for the stick, until the window locks.
func (s *stickCard) take(path string) {
	s.u.stickOwn, s.chosen, s.told = path, path, false
	s.row.Objects = nil
	s.look()
}

// begin writes what waits onto the stick.
func (s *stickCard) begin() { s.u.doStick(stickWork{Dir: s.chosen}) }

// home reads the answers that are on the stick.
func (s *stickCard) home() { s.u.doStick(stickWork{Dir: s.chosen, Read: true}) }

// doStick writes a stick or reads one, beside the clerk's work.
func (u *Window) doStick(w stickWork) {
	d := u.desk
	w.Operator = d.Operator().ID
	var out courier.StickWritten
	var in courier.StickRead
	name, words := "write stick", "正在写入U盘，请不要拔出"
	job := func(ctx context.Context, progress func(done, total int64)) error {
		if err := courier.StickPlace(d.Store(), w.Dir); err != nil {
			return err
		}
		return d.ToStick(ctx, func(ctx context.Context) (err error) {
			out, err = courier.WriteStick(ctx, d.Store(), w.Dir, progress)
			return err
		})
	}
	done := func(err error) { u.tellStick(writtenWords(out, err)) }
	if w.Read {
		name, words = "read stick", "正在读取U盘，请不要拔出"
		job = func(ctx context.Context, _ func(done, total int64)) error {
			return d.FromStick(ctx, func(ctx context.Context) (err error) {
				in, err = courier.ReadStick(ctx, d.Store(), w.Dir)
				return err
			})
		}
		done = func(err error) {
			u.tellStick(readWords(in, err, u.moment))
			u.takeUp()
			u.shell.arrived()
			u.wake() // so that what waits is counted anew
		}
	}
	if u.begins(name, words, job, done) {
		u.chore.stick = &w
	}
}

// stickSentence is a failure in words; one that says itself what to do next
// wants no more.
func stickSentence(err error) string {
	for e := err; e != nil; {
		var f *fault.Error
		if !errors.As(e, &f) {
			break
		}
		if f.Say != "" {
			return fault.Sentence(err)
		}
		e = f.Err
	}
	return sentence(err)
}

// writtenWords says how a writing ended.
func writtenWords(w courier.StickWritten, err error) (kit.Kind, string) {
	went := fmt.Sprintf("本次写入 %d 条记录、%d 个文件（%s）。", w.Changes, w.Blobs, size(w.Bytes))
	if w.Changes+w.Blobs == 0 {
		went = "U盘上已有全部待送内容。"
	}
	if w.Read.Changes+w.Read.Blobs > 0 {
		went = fmt.Sprintf("U盘上的回执已读取，%d 条记录、%d 个文件已送达。", w.Read.Changes, w.Read.Blobs) + went
	}
	if w.Read.Refused > 0 {
		went += fmt.Sprintf("上次有 %d 批不完整，中心没有接收，已重新写入。", w.Read.Refused)
	}
	if w.Aside > 0 {
		went += fmt.Sprintf("有 %d 个文件在本机读不出，没有写入。", w.Aside)
	}
	rest := fmt.Sprintf("还有 %d 条记录、%d 个文件（%s）没有写入，请换一个U盘再写一次。", w.LeftChanges, w.LeftBlobs, size(w.LeftBytes))
	switch {
	case fault.KindOf(err) == fault.Cancelled:
		return kit.Warning, "已停止。" + went + "其余留在本机。可以拔出了。"
	case err != nil && w.Bytes > 0:
		return kit.Bad, stickSentence(err) + went
	case err != nil:
		return kit.Bad, stickSentence(err)
	case w.Full:
		return kit.Warning, "U盘已写满。" + went + rest + "可以拔出了。"
	case w.Aside > 0:
		return kit.Warning, went + "可以拔出了。"
	}
	return kit.Good, went + "可以拔出了，请交给县资助中心。"
}

// readWords says what the answers said.
func readWords(r courier.StickRead, err error, moment func(time.Time) string) (kit.Kind, string) {
	went := fmt.Sprintf("回执已读取（中心 %s）：%d 条记录、%d 个文件已送达。", moment(r.At), r.Changes, r.Blobs)
	if r.Healed > 0 {
		went += fmt.Sprintf("从中心取回 %d 项本机缺少的数据。", r.Healed)
	}
	switch {
	case err != nil:
		return kit.Bad, stickSentence(err)
	case r.Problem != nil:
		return kit.Bad, stickSentence(r.Problem)
	case r.Answers == 0:
		return kit.Warning, "U盘上是旧的回执，没有采用。请再写入一次，交给县资助中心读取。"
	case r.Refused > 0:
		return kit.Warning, went + fmt.Sprintf("有 %d 批不完整，中心没有接收，请再写入一次。", r.Refused)
	case r.WaitingChanges+r.WaitingBlobs > 0:
		return kit.Info, went + fmt.Sprintf("还有 %d 条记录、%d 个文件等待送达。可以拔出了。", r.WaitingChanges, r.WaitingBlobs)
	}
	return kit.Good, went + "没有等待送达的内容。可以拔出了。"
}
