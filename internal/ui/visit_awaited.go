package ui

import (
	"context"
	"slices"

	"doorstep/internal/desk"
	"doorstep/internal/ui/kit"
)

// awaited is a request whose answer is waited for in a dialog. The answer may come from
// afar meanwhile: the dialog then says so, and stays, for a password may be being typed
// into it.
type awaited struct {
	u      *Window
	asked  desk.Asked
	dialog *kit.Dialog
	told   *kit.Text
	state  awaitedState
}

type awaitedState int

const (
	stillWaits awaitedState = iota
	wasGranted
	wasDeclined
)

// hear asks whether the answer came.
func (w *awaited) hear() {
	if w == nil || w.state != stillWaits {
		return
	}
	state, words := stillWaits, ""
	w.u.run("answer of a request", func(ctx context.Context) error {
		asks, err := w.u.desk.Asks(ctx)
		if err != nil {
			return err
		}
		if at := slices.IndexFunc(asks, func(a desk.Asked) bool { return a.Code == w.asked.Code }); at >= 0 {
			if a := asks[at]; a.Over() {
				state, words = wasDeclined, overWords(a, w.u.namer())
			}
			return nil
		}
		given, err := w.u.desk.GrantsHeard(ctx)
		if slices.ContainsFunc(given, func(g desk.Given) bool { return g.ID == w.asked.Grant && !g.Revoked }) {
			state, words = wasGranted, "已批准，不用再填批准码。"
		}
		return err
	}, func(err error) {
		if err != nil || state == stillWaits || w.u.awaited != w {
			return
		}
		w.state = state
		w.told.SetKind(map[awaitedState]kit.TextKind{wasGranted: kit.TextOK, wasDeclined: kit.TextBad}[state])
		w.told.SetText(words)
		w.told.Show()
		w.dialog.YesButton().SetText("知道了")
		w.dialog.Refresh()
	})
}
