package ui

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"doorstep/internal/desk"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"github.com/google/uuid"
)

// locked waits for the sign-in screen.
func (r *rig) locked() {
	r.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; {
		locked := false
		r.ui(func() { locked = r.u.first != nil })
		if locked {
			return
		}
		if time.Now().After(deadline) {
			r.t.Fatal("the window did not lock")
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestLockSavesWhatIsBeingTyped(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false)
	id := v.id
	r.ui(func() {
		v.jump("student.name")
		f := r.u.win.Canvas().Focused()
		for _, c := range "韦测丁" {
			f.TypedRune(c)
		}
		r.u.lock()
	})
	r.locked()
	d, err := r.u.deps.Door.SignIn(context.Background(), "clerk-1", []byte(clerkPassword))
	if err != nil {
		t.Fatal(err)
	}
	r.ui(func() { r.u.signedIn(d) })
	c, err := d.Open(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := c.App.Student.Name, "韦测丁"; got != want {
		t.Errorf("after locking while typing: got %q, want %q", got, want)
	}
}

// enter signs an operator in and waits until nothing is under way.
func (r *rig) enter(operator, password string) {
	r.t.Helper()
	d, err := r.u.deps.Door.SignIn(context.Background(), operator, []byte(password))
	if err != nil {
		r.t.Fatal(err)
	}
	r.ui(func() { r.u.signedIn(d) })
	r.u.idle(r.t)
	r.u.idle(r.t) // what the first look led to
	r.ui(func() { r.u.stopCarrier() })
}

func TestTheCaseInHandIsOpenedAgainForTheSameOperator(t *testing.T) {
	r := newRig(t, kit.Light)
	id := r.open(loan.First, false).id
	inHand := func() (got uuid.UUID) {
		r.ui(func() {
			if v := r.u.shell.current; v != nil {
				got = v.id
			}
		})
		return got
	}
	r.ui(r.u.lock)
	r.locked()
	r.enter("reviewer-1", reviewPassword)
	if got := inHand(); got != uuid.Nil {
		t.Errorf("another operator has %s in hand, want none", got)
	}
	r.ui(r.u.lock)
	r.locked()
	r.enter("clerk-1", clerkPassword)
	if got := inHand(); got != id {
		t.Errorf("the same operator has %s in hand, want %s", got, id)
	}
}

func TestLockBeginsAfreshWithTheStoreClosed(t *testing.T) {
	r := newRig(t, kit.Light)
	held, before := errors.New("not asked"), r.u.desk
	r.ui(func() {
		r.u.deps.Restart = func(Left) error {
			_, held = before.Operators(context.Background())
			return errors.New("this system cannot")
		}
		kit.NewDialog(r.u.win, "", kit.NewText("", kit.TextBody), "", "", nil).Open()
		r.u.lock()
	})
	r.locked()
	if held == nil {
		t.Error("the store was open when the program began afresh")
	}
	r.ui(func() {
		if top := r.u.win.Canvas().Overlays().Top(); top != nil {
			t.Errorf("%T stands over the sign-in screen", top)
		}
	})
	r.enter("clerk-1", clerkPassword) // where it cannot begin afresh, it goes on
}

func TestIdleLocksTheWindow(t *testing.T) {
	r := newRig(t, kit.Light)
	var before *desk.Desk
	r.ui(func() {
		before = r.u.desk
		r.u.idled(idleLimit - idleWarning)
		if r.u.shell == nil {
			t.Fatal("it locked too early")
		}
		r.u.idled(idleLimit)
	})
	r.locked()
	if _, err := before.Operators(context.Background()); err == nil {
		t.Error("the store is open after the lock")
	}
}

func TestLockTakesItsOwnTextFromTheClipboard(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false)
	clip := fyne.CurrentApp().Clipboard()
	r.ui(func() {
		v.jump("student.name")
		f := r.u.win.Canvas().Focused().(*kit.Field)
		f.SetText("韦测戊")
		f.TypedShortcut(&fyne.ShortcutSelectAll{})
		f.TypedShortcut(&fyne.ShortcutCopy{Clipboard: clip})
		if got := clip.Content(); got != "韦测戊" {
			t.Fatalf("copied: got %q", got)
		}
		r.u.lock()
	})
	r.locked()
	r.ui(func() {
		if got := clip.Content(); got != "" {
			t.Errorf("left on the clipboard: %d bytes", len(got))
		}
	})
}

func TestLockingSaysWhenAStickMayBePulledOut(t *testing.T) {
	for name, c := range map[string]struct {
		waiting int
		chore   *chore
		want    string
	}{
		"with nothing under way":    {0, nil, "正在保存并锁定数据…"},
		"while a stick is written":  {0, &chore{stick: &stickWork{}}, "正在保存并锁定数据…U盘读写在安全处停下，已写完的部分有效；请不要拔出，您再登录后自动接着做。要拔U盘，请等登录页出现。"},
		"while a backup is made":    {0, &chore{}, "正在保存并锁定数据…正在进行的备份等先停下；登录后可以再做一次。"},
		"with something to be sent": {2, nil, "正在保存并锁定数据…还有 2 件案件没有全部送达，都留在本机；任何操作员登录后自动接着上传。"},
	} {
		if got := lockingWords(c.waiting, c.chore); got != c.want {
			t.Errorf("%s: got %q", name, got)
		}
	}
}

func TestTheLockComesWithinThreeToFiveMinutes(t *testing.T) {
	if idleLimit < 3*time.Minute || idleLimit+idleLook > 5*time.Minute {
		t.Errorf("after %v, looked at every %v", idleLimit, idleLook)
	}
}

// Two change places at a desk: whoever sits down finds what he had in hand, with
// what he was typing, and not the other's.
func TestTwoChangePlacesWithoutLosingTheCaseInHand(t *testing.T) {
	r := newRig(t, kit.Light)
	second := guard.Operator{ID: "clerk-2", Name: "另一操作员", Roles: []guard.Role{guard.Clerk}, Enabled: true}
	if err := r.u.desk.Store().EnableOperator(t.Context(), second, []byte(reviewPassword)); err != nil {
		t.Fatal(err)
	}
	cases, names := map[string]uuid.UUID{}, map[string]string{"clerk-1": "韦测丁", "clerk-2": "韦测戊"}
	secrets := map[string]string{"clerk-1": clerkPassword, "clerk-2": reviewPassword}
	away := func() {
		r.ui(func() { r.u.idled(idleLimit) })
		r.locked()
	}
	for i, who := range []string{"clerk-1", "clerk-2"} {
		if i > 0 {
			r.enter(who, secrets[who])
		}
		v := r.open(loan.First, false)
		cases[who] = v.id
		r.ui(func() {
			v.show(stepStudent)
			f := field(v, "student.name")
			kit.Focus(f)
			for _, c := range names[who] {
				f.TypedRune(c)
			}
		})
		away() // in mid-word
	}
	for _, who := range []string{"clerk-1", "clerk-2", "clerk-1"} {
		r.enter(who, secrets[who])
		r.settle()
		v := r.visit()
		if v.id != cases[who] {
			t.Fatalf("%s has %s in hand, want %s", who, v.id, cases[who])
		}
		r.ui(func() {
			if v.at != stepStudent {
				t.Errorf("%s comes back to step %d", who, v.at)
			}
		})
		if got := r.saved(v.id).App.Student.Name; got != names[who] {
			t.Errorf("%s: %d characters were kept of %d", who, len([]rune(got)), len([]rune(names[who])))
		}
		away()
	}
}

func TestF12LocksOverAnOpenDialog(t *testing.T) {
	r := newRig(t, kit.Light)
	r.open(loan.First, false)
	r.ui(func() {
		newBeyond(r.u).dialog.Open()
		r.u.win.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyF12})
	})
	r.locked()
	if r.dialog() != nil {
		t.Error("the dialog stands over the locked window")
	}
}

func TestF12LocksOverTheMenuOfAField(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false)
	r.ui(func() {
		v.jump("student.name")
		name := v.form.find("student.name").inner
		name.TappedSecondary(&fyne.PointEvent{AbsolutePosition: fyne.NewPos(300, 300)})
		if r.u.win.Canvas().Overlays().Top() == nil {
			t.Fatal("no menu is open")
		}
		r.u.win.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyF12})
		if r.u.shell != nil {
			t.Error("the window stays open")
			r.u.lock()
		}
	})
	r.locked()
	if r.u.win.Canvas().Overlays().Top() != nil {
		t.Error("the menu stands over the locked window")
	}
}

// TestWhatComesBackAfterTheLockIsNotShown has an act and a job under way while the window
// locks: what they would have shown is for screens that are gone.
func TestWhatComesBackAfterTheLockIsNotShown(t *testing.T) {
	r := newRig(t, kit.Light)
	did, shown, let := make(chan struct{}, 2), 0, make(chan struct{})
	r.ui(func() {
		r.u.shell.visit("manage")
		slow := func(context.Context) error { <-let; did <- struct{}{}; return nil }
		done := func(error) { shown++; r.u.shell.section = ofPeople }
		r.u.act("slow act", slow, done)
		r.u.run("slow job", slow, done)
		r.u.lock()
	})
	close(let)
	r.locked()
	r.enter("clerk-1", clerkPassword)
	if len(did) != 2 || shown != 0 {
		t.Errorf("%d of 2 were done, %d shown after the lock", len(did), shown)
	}
}

// TestALockThatCouldNotSaveSaysSo types a number that may not be collected any more.
func TestALockThatCouldNotSaveSaysSo(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false, entered)
	if _, err := r.u.desk.Withdraw(t.Context(), v.id, loan.StudentParty, loan.ConsentSensitive); err != nil {
		t.Fatal(err)
	}
	r.ui(func() {
		v.jump("student.phone")
		f := r.u.win.Canvas().Focused().(*kit.Field)
		f.SelectAll()
		for _, c := range "15400000077" {
			f.TypedRune(c)
		}
		r.u.lockAlone()
	})
	r.locked()
	if got := r.u.left; got.Alone || !strings.Contains(got.Why, "没有存下") {
		t.Errorf("the sign-in says %+v", got)
	}
}
