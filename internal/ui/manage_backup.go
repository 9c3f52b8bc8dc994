package ui

import (
	"context"
	"fmt"
	"time"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// backupSection is 备份: where backups go, when the last one was made, and the
// way to make one now.
type backupSection struct {
	u     *Window
	all   []fyne.CanvasObject
	state *kit.StatusLine
	facts *fyne.Container
	bar   *kit.Progress
	make  *kit.Button
	place *kit.Button
	stop  *kit.Button
	row   *fyne.Container // of the buttons
	now   desk.BackupState
}

func newBackupSection(u *Window) *backupSection {
	s := &backupSection{u: u, state: kit.NewStatusLine(kit.Info, "正在查看…"), facts: container.NewVBox(), bar: kit.NewProgress()}
	s.make = kit.NewPrimary("立即备份", kit.Icon("download"), s.begin)
	s.place = kit.NewSecondary("选择备份文件夹", kit.Icon("folder"), s.choose)
	s.stop = kit.NewQuiet("停止", nil, u.stopChore)
	s.row = container.NewHBox(s.make, s.place, s.stop)
	s.all = []fyne.CanvasObject{
		kit.Card("备份到另一个磁盘或 U 盘", nil, s.state, s.facts, s.bar, s.row),
		kit.Card("说明", nil,
			kit.NewText("备份和本机数据一样是加密的，拿到备份盘的人没有操作员密码打不开。请与电脑分开存放。", kit.TextBody),
			kit.NewText("设好文件夹后，每天登录时自动备份一次，只写有变化的内容，备份时可以照常受理。", kit.TextBody),
			kit.NewText("电脑损坏或更换时：在新电脑第一次打开本程序时点“从备份恢复”，选这个文件夹，再用原来的密码登录。备份之后已上传的案件会自动从中心取回。", kit.TextBody),
			kit.NewText("本机按期清除的影像，会在下一次备份时从备份中一并清除。不再使用的备份盘请交县资助中心销毁。", kit.TextMuted)),
	}
	s.refresh()
	return s
}

func (s *backupSection) cards() []fyne.CanvasObject { return s.all }

// refresh shows how the chore under way stands; with none it reads how the
// backup does.
func (s *backupSection) refresh() {
	u := s.u
	u.choreIn(s.bar, s.stop, s.row)
	s.make.SetEnabled(u.chore == nil && s.now.There)
	s.place.SetEnabled(u.chore == nil)
	u.arranged()
	if u.chore != nil {
		return
	}
	var now desk.BackupState
	u.run("backup state", func(ctx context.Context) (err error) {
		now, err = u.desk.BackupState(ctx)
		return err
	}, func(err error) {
		if err != nil {
			s.state.Set(kit.Bad, sentence(err))
			return
		}
		s.show(now)
	})
}

func (s *backupSection) show(now desk.BackupState) {
	s.now = now
	s.state.Set(backupWords(now, s.u.moment))
	s.make.SetEnabled(s.u.chore == nil && now.There)
	s.facts.Objects = nil
	if now.Dir != "" {
		s.place.SetText("更换文件夹")
		s.facts.Add(fact("备份到", now.Dir))
		s.facts.Add(fact("上次备份", s.u.moment(now.Last.Made)))
	}
	if !now.Last.Made.IsZero() {
		s.facts.Add(fact("其中有", fmt.Sprintf("%d 件案件，%d 条记录，%d 个影像和文件，共 %s",
			now.Last.Cases, now.Last.Changes, now.Last.Blobs, size(now.Last.Bytes))))
	}
	s.u.arranged()
}

// backupWords says in one line how things stand with the backup.
func backupWords(b desk.BackupState, moment func(time.Time) string) (kit.Kind, string) {
	switch {
	case b.Dir == "":
		return kit.Warning, "还没有设置。电脑丢失或损坏时，尚未上传的案件会一起丢失。"
	case !b.There && b.Last.Made.IsZero():
		return kit.Warning, "备份盘没有插好。插好后点“立即备份”。"
	case !b.There:
		return kit.Warning, "备份盘没有插好，插好后会自动补做。已有的备份停在 " + moment(b.Last.Made) + "。"
	case b.Last.Made.IsZero():
		return kit.Warning, "备份盘已插好，还没有备份过。"
	case b.Due:
		return kit.Warning, "备份盘已插好，上次备份已超过一天。"
	}
	return kit.Good, "备份盘已插好，最近一天内备份过。"
}

// choose asks for the folder that backups go to.
func (s *backupSection) choose() {
	kit.NewChooser(s.u.win, "选择备份文件夹", kit.ChooserOptions{Folders: true, Folder: s.now.Dir}, func(path string) {
		s.u.act("set backup folder", func(ctx context.Context) error { return s.u.desk.SetBackupDir(ctx, path) }, func(err error) {
			if err != nil {
				kit.Message(s.u.win, "不能用这个文件夹", sentence(err), nil)
				return
			}
			s.now.There = true
			s.begin()
		})
	}).Show()
}

// begin makes a backup now.
func (s *backupSection) begin() {
	var info desk.BackupInfo
	s.u.begins("backup", "正在备份", func(ctx context.Context, progress func(done, total int64)) (err error) {
		info, err = s.u.desk.Backup(ctx, progress)
		return err
	}, func(err error) {
		switch {
		case err == nil:
			kit.Notice(s.u.win, kit.Good, fmt.Sprintf("备份完成并已核对，本次写入 %s。", size(info.Written)))
		case fault.KindOf(err) == fault.Cancelled:
			kit.Notice(s.u.win, kit.Info, "备份已停止，原有的备份不受影响。")
		default:
			kit.Message(s.u.win, "备份没有完成", sentence(err)+"原有的备份不受影响，本机数据也不受影响。", nil)
		}
	})
}
