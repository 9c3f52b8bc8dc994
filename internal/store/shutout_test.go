package store

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
)

func TestTheListOfShutOutDevicesIsReadAgainWhenItIsAnother(t *testing.T) {
	w := newInformed(t)
	a, b := uuid.New(), uuid.New()
	want := func(what string, outA, outB bool) {
		t.Helper()
		for range 2 {
			gotA, err := w.s.ShutOut(t.Context(), a)
			noErr(t, err)
			gotB, err := w.s.ShutOut(t.Context(), b)
			noErr(t, err)
			if gotA != outA || gotB != outB {
				t.Errorf("%s: got %v, %v want %v, %v", what, gotA, gotB, outA, outB)
			}
		}
	}
	list := func(version int, devices ...uuid.UUID) {
		t.Helper()
		var out []bulletin.ShutOut
		for _, d := range devices {
			out = append(out, bulletin.ShutOut{Device: d, At: time.UnixMilli(1).UTC()})
		}
		_, _, err := w.s.TakeBulletin(t.Context(), issue(t, w.centre, w.s.Profile().County, bulletin.Devices, bulletin.ShutOutName, version,
			string(bulletin.EncodeDevices(out))))
		noErr(t, err)
	}
	want("no list", false, false)
	list(1000, a)
	want("the first", true, false)
	list(2000, a, b)
	want("a longer one", true, true)
	list(3000, b)
	want("another", false, true)
	w.reopen()
	want("after a start", false, true)
	list(4000)
	want("with nobody", false, false)
	list(5000, a)
	want("again", true, false)

	p := w.s.Profile()
	p.Centre = must(seal.NewSigner()).Public()
	noErr(t, w.s.SetProfile(t.Context(), p, Entry{Kind: loan.ChangeSetting, Operator: "c1", Body: loan.ViewBody{Detail: "again"}}))
	p.Practice = !p.Practice
	if err := w.s.SetProfile(t.Context(), p, Entry{Kind: loan.ChangeSetting, Operator: "c1"}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a laptop becomes one for practice: got %v", err)
	}
	if out, err := w.s.ShutOut(t.Context(), a); fault.KindOf(err) != fault.Damaged || out {
		t.Errorf("of a centre that did not sign it: got %v, %v", out, err)
	}
}
