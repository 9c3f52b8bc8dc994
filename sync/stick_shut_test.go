package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/sync/courier"
)

// TestALaptopThatWasShutOutHearsItByStick has a laptop that lives by sticks shut out, and
// let in again.
func TestALaptopThatWasShutOutHearsItByStick(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l, dir := newLaptop(t, s), t.TempDir()
	id := l.finished(t, noise("a", 9_000))
	l.write(t, dir)
	s.must(t, "device", "revoke", "--id", l.Profile().Device.String())
	taken := takeStick(t, s, dir, exitFailed)
	if len(taken) != 1 || taken[0].Clean() || !taken[0].Answer || taken[0].Parcels+taken[0].Blobs+taken[0].Batches != 0 {
		t.Errorf("taken: %+v, want nothing, and an answer", taken)
	}
	_, err := courier.ReadStick(t.Context(), l.Store, dir)
	if say := fault.Sentence(err); fault.KindOf(err) != fault.Denied || !strings.Contains(say, "已停用本机") || !strings.Contains(say, "县资助中心") || strings.Contains(say, "再插回来") {
		t.Errorf("the clerk is told %q, %v", say, err)
	}
	if out, err := l.ShutOut(t.Context(), l.Profile().Device); err != nil || !out {
		t.Errorf("the laptop knows that it is shut out: %v, %v", out, err)
	}
	if c, b := l.waits(t); c == 0 || b == 0 {
		t.Errorf("%d changes and %d blobs wait, want all", c, b)
	}
	s.must(t, "device", "admit", "--id", l.Profile().Device.String())
	l.write(t, dir)
	takeStick(t, s, dir, exitOK)
	if r := l.read(t, dir); r.Changes == 0 {
		t.Errorf("read: %+v", r)
	}
	if out, err := l.ShutOut(t.Context(), l.Profile().Device); err != nil || out || l.status(t, id) != loan.Received {
		t.Errorf("let in again, it is shut out still: %v, %v, and the case is %s", out, err, l.status(t, id))
	}
}

// Whoever takes a stick reads in Chinese what became of each laptop's part, and that only
// the laptop which was shut out was passed over.
func TestWhoTakesAStickReadsWhatBecameOfEachLaptop(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l, out, dir := newLaptop(t, s), newLaptop(t, s), t.TempDir()
	take := func(want int, says ...string) {
		t.Helper()
		var o, e bytes.Buffer
		if got := run(t.Context(), []string{"stick", "take", "--data", s.dir, "--from", dir}, &o, &e); got != want {
			t.Errorf("exit %d, want %d", got, want)
		}
		for _, say := range says {
			if said := o.String() + e.String(); !strings.Contains(said, say) {
				t.Errorf("it says %q, want %q in it", said, say)
			}
		}
	}
	for _, l := range []*laptop{l, out} {
		l.finished(t, noise("a", 9_000))
		l.write(t, dir)
	}
	s.must(t, "device", "revoke", "--id", out.Profile().Device.String())
	mine, other := "电脑 "+l.Profile().Device.String(), "电脑 "+out.Profile().Device.String()
	take(exitFailed, mine+"：收下 1 批", "回答已写到 U 盘", other+"：已停用，它的内容没有收；停用的说明已写到 U 盘", "已停用的电脑没有收，其余都已收下并写好回答。")
	s.must(t, "device", "admit", "--id", out.Profile().Device.String())
	take(exitOK, mine+"：", other+"：收下 1 批")
}

// TestTwoMachinesOfOneIdentityThatLiveByStick has a copy of a laptop's data write a stick
// after the laptop.
func TestTwoMachinesOfOneIdentityThatLiveByStick(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	l.draft(t, noise("a", 10))
	one, two := openAt(t, l.imaged(t)), openAt(t, l.imaged(t))
	mine := one.finished(t, noise("mine", 1000))
	two.finished(t, noise("other", 1000))
	two.draft(t)
	first, second := t.TempDir(), t.TempDir()
	one.write(t, first)
	takeStick(t, s, first, exitOK)
	one.read(t, first)
	two.write(t, second)
	if taken := takeStick(t, s, second, exitFailed); len(taken) != 1 || len(taken[0].Refused) == 0 {
		t.Errorf("taken: %+v, want parcels refused", taken)
	}
	_, err := courier.ReadStick(t.Context(), two.Store, second)
	if say := fault.Sentence(err); fault.KindOf(err) != fault.Conflict || !strings.Contains(say, "另有一台电脑") || !strings.Contains(say, "县资助中心") {
		t.Errorf("the clerk is told %q, %v", say, err)
	}
	if !courier.IsCopied(err) {
		t.Errorf("the laptop does not know it for a copy's: %v", err)
	}
	if d := s.device(t, l); d.Clone == nil || d.Clone.Parcels == 0 {
		t.Errorf("the list of devices: %+v", d)
	}
	if k := heldCase(t, s, mine); !k.Whole() {
		t.Errorf("overwritten: %+v", k)
	}
	if box, err := two.Outbox(t.Context()); err != nil || box.Changes == 0 {
		t.Errorf("the copy lost its queue: %+v, %v", box, err)
	}
}
