package ui

import (
	"context"
	"os"

	"doorstep/internal/ui/kit"
)

// stickWork is a stick's writing or reading that a lock ended at a safe point,
// for the operator who asked for it to go on with. The keys are gone while the
// window is locked, so nothing can be read from the store to be written.
type stickWork struct {
	Operator string `json:"operator"`
	Dir      string `json:"dir"`
	Read     bool   `json:"read,omitempty"`
}

// stickSetting is where it is kept, sealed as all settings are.
const stickSetting = "stick unfinished"

// keepStick keeps what a lock ends, to go on with afterwards.
func (u *Window) keepStick() {
	if u.chore == nil || u.chore.stick == nil {
		return
	}
	d, w := u.desk, *u.chore.stick
	u.act("keep stick", func(ctx context.Context) error { return d.SetSetting(ctx, stickSetting, w) }, func(error) {})
}

// resumeStick goes on with what the last lock ended, once its operator is back.
// The stick must be in still; else the page 同步 says that it is to be put in.
func (u *Window) resumeStick() {
	var w stickWork
	d, s := u.desk, u.shell
	u.act("look for a stick", func(ctx context.Context) error {
		if _, err := d.Setting(ctx, stickSetting, &w); err != nil || w.Operator != d.Operator().ID {
			w = stickWork{}
			return err
		}
		return d.SetSetting(ctx, stickSetting, stickWork{})
	}, func(err error) {
		if err != nil || w.Dir == "" || u.shell != s {
			return
		}
		u.stickOwn = w.Dir
		if !thereIs(w.Dir) {
			kit.Notice(u.win, kit.Warning, "锁定前U盘没有处理完，已完成的部分有效。请插好U盘，在“同步”里再做一次。")
			return
		}
		kit.Notice(u.win, kit.Info, "接着处理锁定前没有完成的U盘，请不要拔出。")
		u.doStick(w)
	})
}

// thereIs says whether a folder is there.
func thereIs(dir string) bool {
	info, err := os.Stat(dir)
	return err == nil && info.IsDir()
}

// tellStick says how a writing or reading ended: on the card where it is in
// view, else in a notice.
func (u *Window) tellStick(kind kit.Kind, words string) {
	if u.shell == nil {
		return
	}
	if sc, ok := u.shell.screen.(*syncScreen); ok {
		sc.stick.told = true
		sc.stick.state.Set(kind, words)
		sc.stick.refresh()
		return
	}
	kit.Notice(u.win, kind, words)
}
