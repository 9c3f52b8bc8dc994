package ui

import (
	"context"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"doorstep/sync/neighbour"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
	"github.com/google/uuid"
)

var otherLaptop = uuid.MustParse("0189c000-0000-7000-8000-000000000002")

// room is what the window makes a room of: a real one, found by nobody.
func testRoom(d *desk.Desk, place neighbour.Place, online func() bool, fresh func()) (*neighbour.Room, error) {
	return neighbour.New(neighbour.Config{Store: d.Store(), Place: place, Online: online, Fresh: fresh, Alone: true, Listen: "127.0.0.1:0"})
}

// inRoom lets the window believe that it is in a room with others, whose state
// does not hang on the moment.
func (r *rig) inRoom(peers ...neighbour.Peer) {
	r.t.Helper()
	r.ui(func() {
		r.u.deps.Room = testRoom
		r.u.seat = desk.Seat{Name: "A", Stations: []loan.Station{loan.NumberStation, loan.CheckStation}}
		room, err := testRoom(r.u.desk, neighbour.Place{}, nil, nil)
		if err != nil {
			r.t.Error(err)
			return
		}
		done := make(chan struct{})
		close(done)
		r.u.room = &inRoom{room: room, stop: func() {}, done: done, state: neighbour.State{On: true, Peers: peers,
			Addrs: []string{"192.168.43.5:17310"}, Codes: []string{"DN1-R2M2N-1CY8Z-9D0QK-MDR7H-5F3A"}}}
	})
	if err := r.u.desk.SetSeat(context.Background(), r.u.seat); err != nil {
		r.t.Fatal(err)
	}
}

func otherPeer(online bool) neighbour.Peer {
	return neighbour.Peer{Device: otherLaptop, Name: "B", Online: online, Stations: []loan.Station{loan.EntryStation, loan.PhotoStation}}
}

func thirdPeer() neighbour.Peer {
	return neighbour.Peer{Device: uuid.MustParse("0189c000-0000-7000-8000-000000000003"), Name: "C", Stations: []loan.Station{loan.ReviewStation},
		Err: fault.Say("t", fault.Denied, "对方电脑已被县资助中心停用，没有连接。", nil)}
}

// numbered opens a case with a number and a name.
func (r *rig) numbered(name string) uuid.UUID {
	r.t.Helper()
	ctx := context.Background()
	c, err := r.u.desk.TakeNumber(ctx, loan.First, false)
	r.must(c, err)
	r.must(r.u.desk.Edit(ctx, c.ID, map[string]any{"student.name": name}))
	return c.ID
}

func TestRoomScreens(t *testing.T) {
	for look, variant := range map[string]kit.Variant{"light": kit.Light, "dark": kit.Dark} {
		t.Run("off, "+look, func(t *testing.T) {
			r := newRig(t, variant)
			r.ui(func() {
				r.u.deps.Room = testRoom
				r.u.seat.Name = "A"
				r.u.shell.visit("sync")
			})
			r.snap("room-off-" + look)
			words := peerWords(nil, "A")
			for _, must := range []string{"只交出转交给对方的案件", "锁定时停止", "不用互联网"} {
				if !strings.Contains(words, must) {
					t.Errorf("what opening means does not say %q", must)
				}
			}
		})
		t.Run("on, with others, "+look, func(t *testing.T) {
			r := newRig(t, variant)
			r.inRoom(otherPeer(true), thirdPeer())
			first := r.numbered("韦测𬎆")
			r.numbered("石测䶮")
			third := r.numbered("古丽·测试木")
			r.must(r.u.desk.PassOn(context.Background(), first, otherLaptop, "B", loan.EntryStation))
			r.must(r.u.desk.PassOn(context.Background(), third, r.u.desk.Device(), "A", loan.CheckStation))
			r.ui(func() { r.u.shell.visit("sync") })
			golden(t, r.u, "room-sync-"+look)
			r.ui(func() { r.u.shell.visit("today") })
			golden(t, r.u, "room-today-"+look)
			r.ui(func() {
				if least := r.u.shell.screen.object().MinSize().Height; least > 600 {
					t.Errorf("the window must be %v high at least", least)
				}
			})
			for name, open := range map[string]func(){"seat": r.u.askSeat, "peer": r.u.askPeer, "code": r.u.showCode} {
				r.ui(open)
				r.snap("room-" + name + "-" + look)
				r.ui(func() { r.dialog().Close() })
			}
		})
	}
}

func TestTwoLaptopsOfOneLetterAreNotTakenForOne(t *testing.T) {
	other := otherPeer(true)
	other.Name = "A"
	if words := peerWords(&neighbour.State{On: true, Peers: []neighbour.Peer{other}}, "A"); !strings.Contains(words, "另一台电脑，代号也是 A，正在自动改开") {
		t.Errorf("it is called %q", words)
	}
	if words := peerWords(&neighbour.State{On: true, Peers: []neighbour.Peer{other}}, "B"); !strings.HasPrefix(words, "A 机") {
		t.Errorf("once this one has another letter it is called %q", words)
	}
	r := newRig(t, kit.Light)
	r.inRoom()
	r.ui(func() {
		r.u.roomChanged(r.u.room, neighbour.State{On: true, Clash: true, Peers: []neighbour.Peer{other}})
	})
	r.settle()
	r.ui(func() {
		if r.u.seat.Name != "B" || r.u.room.moving {
			t.Errorf("this laptop is %s", r.u.seat.Name)
		}
	})
	r.ui(func() {
		r.u.seat.Name = "A" // as where taking another failed
		r.u.roomChanged(r.u.room, neighbour.State{On: true, Clash: true, Peers: []neighbour.Peer{other}})
	})
	r.settle()
	r.ui(func() {
		if r.u.seat.Name != "B" {
			t.Error("it is not tried again")
		}
	})
}

func TestACaseIsPassedOnWithThreeKeys(t *testing.T) {
	r := newRig(t, kit.Light)
	r.inRoom(otherPeer(true))
	id := r.numbered("韦测丁")
	r.openFor(id)
	v := r.visit()
	r.ui(func() {
		if len(v.feet.Objects) != 3 {
			t.Error("the button 转交 is not at the foot")
		}
		v.passOn()
	})
	r.snap("room-pass")
	r.ui(func() {
		if got := v.targets(); len(got) != 3 || got[0].station != loan.CheckStation || !got[0].own || got[1].station != loan.EntryStation {
			t.Errorf("got %+v", got)
		}
		list, ok := r.u.win.Canvas().Focused().(*kit.List)
		if !ok {
			t.Fatalf("the focus is on %T", r.u.win.Canvas().Focused())
		}
		list.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDown})
		list.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	})
	r.settle()
	c := r.saved(id)
	if len(c.Holders) != 1 || c.Holders[0].Device != otherLaptop || c.Holders[0].Station != loan.EntryStation || c.Holders[0].Name != "B" {
		t.Errorf("held by %+v", c.Holders)
	}
	r.ui(func() {
		if r.u.shell.current != nil || r.u.shell.name != "today" {
			t.Errorf("the screen is %s", r.u.shell.name)
		}
		if rows := r.u.shell.screen.(*today).rows; len(rows) != 0 {
			t.Errorf("it is still to be done here: %d", len(rows))
		}
	})
}

func TestShortcutsOfACaseAreHeardThereAlone(t *testing.T) {
	r := newRig(t, kit.Light)
	r.inRoom(otherPeer(true))
	id := r.numbered("韦测丁")
	r.openFor(id)
	v := r.visit()
	press := v.shortcut
	all := []fyne.KeyName{fyne.KeyT, fyne.KeyReturn, fyne.KeyJ, fyne.KeyR}
	r.ui(func() {
		press(fyne.KeyT)
		if r.dialog() == nil {
			t.Fatal("Ctrl+T asks nothing on the case")
		}
		at := v.at
		for _, key := range all {
			press(key)
		}
		if n := len(r.u.win.Canvas().Overlays().List()); n != 1 || v.at != at {
			t.Errorf("under a dialog: %d dialogs, step %d", n, v.at)
		}
		r.dialog().Close()
		r.u.shell.visit("sync")
		for _, key := range all {
			press(key)
		}
		if d := r.dialog(); d != nil || v.at != at || r.u.shell.name != "sync" {
			t.Errorf("on another screen: dialog %v, step %d, screen %s", d != nil, v.at, r.u.shell.name)
		}
		r.u.shell.visit("visit")
		press(fyne.KeyReturn)
		if v.at != at+1 {
			t.Errorf("on the case Ctrl+Return leads to step %d", v.at)
		}
	})
}

func TestACaseThatAnotherLaptopHolds(t *testing.T) {
	r := newRig(t, kit.Light)
	r.inRoom(otherPeer(true))
	id := r.numbered("韦测丁")
	r.must(r.u.desk.PassOn(context.Background(), id, otherLaptop, "B", loan.EntryStation))
	r.openFor(id)
	v := r.visit()
	r.ui(func() { v.show(stepStudent) })
	r.settle()
	r.snap("room-elsewhere")
	r.ui(func() {
		if !v.locked() || v.passable() || len(v.feet.Objects) != 2 {
			t.Error("it can be worked on, or passed on")
		}
		if got := v.banner.text.Text(); !strings.Contains(got, "B 机“录入”工位") || v.banner.button.Text() != "强制接手" {
			t.Errorf("the banner says %q", got)
		}
		v.banner.button.Tapped(nil)
	})
	r.snap("room-take")
	r.answer() // without a reason it stays open
	r.ui(func() {
		d := r.dialog()
		if d == nil {
			t.Fatal("taken over without a reason")
		}
		r.u.win.Canvas().Focused().(*kit.Field).SetText("B 机没电")
	})
	r.answer()
	if c := r.saved(id); len(c.Holders) != 1 || c.Holders[0].Device != r.u.desk.Device() || c.Holders[0].Reason != "B 机没电" || c.Holders[0].Station != loan.EntryStation {
		t.Errorf("held by %+v", c.Holders)
	}
	r.ui(func() {
		if v.locked() || !v.passable() {
			t.Error("it cannot be worked on")
		}
	})
}

// TestNobodyIsOfferedToTakeOverAVoidCaseOfAnotherLaptop has it made void there, and looked
// at here by a clerk who has no part in it.
func TestNobodyIsOfferedToTakeOverAVoidCaseOfAnotherLaptop(t *testing.T) {
	r := newRig(t, kit.Light)
	other := testClerk()
	other.ID, other.Name = "clerk-2", "另一操作员"
	if err := r.u.desk.Store().EnableOperator(t.Context(), other, []byte(clerkPassword)); err != nil {
		t.Fatal(err)
	}
	r.inRoom(otherPeer(true))
	id := r.numbered("韦测丁")
	r.must(r.u.desk.PassOn(t.Context(), id, otherLaptop, "B", loan.EntryStation))
	r.others(id, otherLaptop, 1, r.saved(id).Heads, loan.ChangeVoid, loan.ReasonBody{Reason: "本人不再申请"})
	r.ui(r.u.lock)
	r.locked()
	r.enter(other.ID, clerkPassword)
	r.openFor(id)
	v := r.visit()
	r.ui(func() { v.show(stepStudent) })
	r.settle()
	r.ui(func() {
		if v.c.Status != loan.Void || v.banner.button.Text() != "显示…" || v.banner.second.Visible() {
			t.Errorf("of a case that is %s it offers %q, and %q: %v", v.c.Status, v.banner.button.Text(), v.banner.second.Text(), v.banner.second.Visible())
		}
	})
}

// TestWhatAnotherLaptopHoldsIsShownForAReason has others look at a case that was passed
// on: what is masked is shown as anywhere, and who could go on may take it over.
func TestWhatAnotherLaptopHoldsIsShownForAReason(t *testing.T) {
	for who, c := range map[string]struct {
		password, second string
	}{"reviewer-1": {reviewPassword, "强制接手"}, "clerk-2": {clerkPassword, "强制接手"}, "admin-1": {reviewPassword, ""}} {
		t.Run(who, func(t *testing.T) {
			r := newRig(t, kit.Light)
			other := testClerk()
			other.ID, other.Name = "clerk-2", "另一操作员"
			if err := r.u.desk.Store().EnableOperator(t.Context(), other, []byte(clerkPassword)); err != nil {
				t.Fatal(err)
			}
			if err := r.u.desk.Store().EnableOperator(t.Context(), testAdmin(), []byte(reviewPassword)); err != nil {
				t.Fatal(err)
			}
			r.inRoom(otherPeer(true))
			id := r.numbered("韦测丁")
			r.must(r.u.desk.Edit(t.Context(), id, map[string]any{"student.phone": "15400000001"}))
			r.must(r.u.desk.PassOn(t.Context(), id, otherLaptop, "B", loan.EntryStation))
			r.ui(r.u.lock)
			r.locked()
			r.enter(who, c.password)
			r.openFor(id)
			v := r.visit()
			r.ui(func() { v.show(stepStudent) })
			r.settle()
			r.snap("room-elsewhere-" + who)
			var words, first, second string
			r.ui(func() {
				words, first = v.banner.text.Text(), v.banner.button.Text()
				if v.banner.second.Visible() {
					second = v.banner.second.Text()
				}
			})
			if !strings.Contains(words, "B 机“录入”工位") || strings.Contains(words, "强制接手") != (c.second != "") || first != "显示…" || second != c.second {
				t.Fatalf("the banner says %q, %q, %q", words, first, second)
			}
			if c.second == "" {
				return // who supervises sees nothing by a reason alone
			}
			r.ui(func() { fyneTap(v.banner.button) })
			r.settle()
			r.typeLines("家长来电核对进度") // and Return
			r.ui(func() {
				if got := field(v, "student.phone").Text(); got != "15400000001" || v.banner.button.Text() != "立即遮盖" {
					t.Errorf("shown %q, with %q", got, v.banner.button.Text())
				}
			})
		})
	}
}

func TestTwoHoldACase(t *testing.T) {
	r := newRig(t, kit.Light)
	r.inRoom(otherPeer(true))
	id := r.numbered("韦测丁")
	seen := r.saved(id).Heads
	r.must(r.u.desk.PassOn(context.Background(), id, r.u.desk.Device(), "A", loan.CheckStation))
	r.others(id, otherLaptop, 1, seen, loan.ChangeTake, loan.TakeBody{Station: loan.EntryStation, Name: "B", Reason: "A 机不回应"})
	r.openFor(id)
	v := r.visit()
	r.ui(func() {
		if got := v.banner.text.Text(); !strings.Contains(got, "同时") || !strings.Contains(got, "A 机不回应") {
			t.Errorf("the banner says %q", got)
		}
	})
	r.snap("room-two")
}

func TestTheCallScreenShowsMaskedNamesOnly(t *testing.T) {
	r := newRig(t, kit.Light)
	r.inRoom(otherPeer(true))
	r.numbered("韦测丁")
	r.ui(func() {
		r.u.openCall()
		if r.u.call == nil {
			t.Fatal("no screen")
		}
		r.snapOf(r.u.call.win, "room-call")
		words := strings.Join(allWords(r.u.call.win.Canvas().Content()), " ")
		if strings.Contains(words, "韦测丁") || !strings.Contains(words, "A001") {
			t.Errorf("it shows %q", words)
		}
	})
	r.ui(func() { r.u.call.win.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: fyne.KeyF12}) })
	r.locked()
	r.ui(func() {
		if r.u.call != nil {
			t.Error("it stays when the window locks")
		}
	})
}

func TestTheRoomIsSwitchedOnAndOff(t *testing.T) {
	r := newRig(t, kit.Light)
	r.ui(func() {
		r.u.deps.Room = testRoom
		r.u.shell.visit("sync")
		r.u.switchRoom(true)
	})
	r.until("it is on", func() bool { return r.u.room != nil && r.u.room.state.On })
	if on, err := r.u.desk.InRoom(context.Background()); err != nil || !on {
		t.Errorf("not kept: %v", err)
	}
	r.ui(func() {
		if r.u.dialRoom("10.0.0.300") == nil || r.u.dialRoom("10.0.0.3") != nil {
			t.Error("addresses")
		}
		r.u.lock()
	})
	r.locked()
	r.enter("clerk-1", clerkPassword)
	r.until("it is on again, the same day", func() bool { return r.u.room != nil && r.u.room.state.On })
	r.ui(func() { r.u.switchRoom(false) })
	r.until("it is off", func() bool { return r.u.room == nil })
	if on, err := r.u.desk.InRoom(context.Background()); err != nil || on {
		t.Errorf("kept on: %v", err)
	}
}

// allWords are the words that an object shows, those in it among them.
func allWords(o fyne.CanvasObject) []string {
	switch w := o.(type) {
	case *canvas.Text:
		return []string{w.Text}
	case *fyne.Container:
		var out []string
		for _, in := range w.Objects {
			out = append(out, allWords(in)...)
		}
		return out
	case fyne.Widget:
		var out []string
		for _, in := range test.WidgetRenderer(w).Objects() {
			out = append(out, allWords(in)...)
		}
		return out
	}
	return nil
}

// snapOf is snap of another window, from where the window's code runs.
func (r *rig) snapOf(w fyne.Window, name string) {
	dir := os.Getenv("DOORSTEP_PICTURES")
	if dir == "" {
		return
	}
	f, err := os.Create(filepath.Join(dir, name+".png"))
	if err == nil {
		err = png.Encode(f, w.Canvas().Capture())
		f.Close()
	}
	if err != nil {
		r.t.Error(err)
	}
}
