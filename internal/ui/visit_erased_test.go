package ui

import (
	"context"
	"strings"
	"testing"

	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"github.com/google/uuid"
)

// erasedElsewhere has the centre say that a case is erased at a person's wish.
func (r *rig) erasedElsewhere(id uuid.UUID) {
	r.t.Helper()
	all, err := r.u.desk.Store().Changes(context.Background(), id)
	if err != nil {
		r.t.Fatal(err)
	}
	var knew []uuid.UUID
	for _, ch := range all {
		knew = append(knew, ch.ID)
	}
	out, err := r.u.desk.Store().EraseTold(context.Background(), []uuid.UUID{id}, knew, "admin-9", "asked in person")
	if err != nil || out.Cases != 1 {
		r.t.Fatalf("erased %+v, %v", out, err)
	}
}

func TestACaseThatIsErasedLeavesTheWindow(t *testing.T) {
	for name, at := range map[string]string{"while it is on the screen": "visit", "while another screen is": "today"} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, kit.Light)
			v := r.open(loan.First, false, entered, voided)
			r.ui(func() { v.show(stepStudent) })
			r.settle()
			r.erasedElsewhere(v.id)
			r.ui(func() {
				r.u.shell.visit(at)
				r.u.shell.arrived()
			})
			r.until("it is said", func() bool { return r.dialog() != nil })
			if got := r.dialogWords(); !strings.Contains(got, "这件案件已应本人要求删除。") || strings.Contains(got, "保存期限") || !strings.Contains(got, v.id.String()[28:]) {
				t.Errorf("it says %q", got)
			}
			r.ui(func() {
				r.dialog().Close()
				r.u.shell.visit("visit")
				if r.u.shell.current != nil {
					t.Error("it is still in hand")
				}
				seen := textsIn(r.u.win.Canvas().Content()) + textsIn(v.content)
				for _, secret := range []string{"韦测", studentID, "15400000001"} {
					if strings.Contains(seen, secret) {
						t.Errorf("the window shows %q", secret)
					}
				}
			})
		})
	}
	t.Run("with what stood above it", func(t *testing.T) {
		r := newRig(t, kit.Light)
		v := r.open(loan.First, false, entered, voided)
		r.ui(func() { kit.Message(r.u.win, "", "韦测𬎆", nil) })
		r.erasedElsewhere(v.id)
		r.ui(r.u.shell.arrived)
		r.until("it is said", func() bool { return r.u.shell.current == nil })
		if got := r.dialogWords(); strings.Contains(got, "韦测") {
			t.Errorf("above the window stands %q", got)
		}
	})
	t.Run("and is said at the next sign-in of who had it in hand", func(t *testing.T) {
		r := newRig(t, kit.Light)
		id := r.open(loan.First, false, entered, voided).id
		r.ui(r.u.lock)
		r.locked()
		d, err := r.u.deps.Door.SignIn(t.Context(), "clerk-1", []byte(clerkPassword))
		if err != nil {
			t.Fatal(err)
		}
		r.u.desk = d
		r.erasedElsewhere(id)
		r.ui(func() { r.u.signedIn(d) })
		r.until("it is said", func() bool { return strings.Contains(wordsOf(r.dialog()), "这件案件已应本人要求删除。") })
	})
}

func voided(r *rig, id uuid.UUID) {
	r.t.Helper()
	r.must(r.u.desk.Void(context.Background(), id, "本人不再申请"))
}
