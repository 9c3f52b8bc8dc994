package desk_test

import (
	"bytes"
	"image"
	"image/color"
	"os"
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/helper/little"
	"doorstep/internal/loan"
)

func TestHelpersOfOthers(t *testing.T) {
	c, as := staffed(t)
	path, behaves := little.Build(t)
	clerk := as(guard.Clerk)
	ctx := t.Context()
	if _, err := clerk.TakeOver(ctx, c.ID, loan.PhotoStation, "换人接着办"); err != nil {
		t.Fatal(err)
	}
	wlt := bytes.Repeat([]byte{3, 90, 201, 17}, 256)
	if _, err := clerk.Attach(ctx, c.ID, loan.CardStudent, wlt, "application/vnd.doorstep.wlt", "reader"); err != nil {
		t.Fatal(err)
	}
	t.Run("they are off until a data administrator names them", func(t *testing.T) {
		if all, err := clerk.Helpers(ctx); err != nil || len(all) != 0 {
			t.Errorf("got %v, %v", all, err)
		}
		if _, err := clerk.CardPicture(ctx, c.ID, loan.StudentParty); fault.KindOf(err) != fault.Missing {
			t.Errorf("got %v", err)
		}
		if err := clerk.SetHelper(ctx, desk.DecodeCard, path); fault.KindOf(err) != fault.Denied {
			t.Errorf("by a clerk: got %v", err)
		}
		if err := clerk.SetSetting(ctx, "desk.helpers", desk.Helpers{}); fault.KindOf(err) != fault.Denied {
			t.Errorf("past the desk: got %v", err)
		}
	})
	admin := as(guard.DataAdmin)
	for _, job := range []desk.HelperJob{desk.DecodeCard, desk.ComparePhoto} {
		if err := admin.SetHelper(ctx, job, path); err != nil {
			t.Fatal(err)
		}
	}
	if err := admin.SetHelper(ctx, "magic", path); fault.KindOf(err) != fault.Input {
		t.Errorf("another job: got %v", err)
	}
	clerk = as(guard.Clerk)
	t.Run("the chip's picture is shown, and its bytes stay", func(t *testing.T) {
		img, err := clerk.CardPicture(ctx, c.ID, loan.StudentParty)
		if err != nil || img.Bounds() != image.Rect(0, 0, 102, 126) {
			t.Fatalf("got %v", err)
		}
		if got := color.GrayModel.Convert(img.At(1, 0)).(color.Gray).Y; got != 90 {
			t.Errorf("the second pixel: got %d", got)
		}
		held := mustCase(t, clerk, c.ID).Slot(loan.CardStudent)
		if b, err := clerk.Blob(ctx, c.ID, held[0].Blob); err != nil || !bytes.Equal(b, wlt) {
			t.Errorf("the chip's bytes: %v", err)
		}
		if _, err := clerk.CardPicture(ctx, c.ID, loan.CoborrowerParty); fault.KindOf(err) != fault.Missing {
			t.Errorf("of a card that was not read: got %v", err)
		}
	})
	t.Run("a picture that is none, or too large, is refused", func(t *testing.T) {
		for _, mode := range []string{"words", "flood", "fail"} {
			behaves(mode)
			if _, err := clerk.CardPicture(ctx, c.ID, loan.StudentParty); fault.KindOf(err) != fault.Unavailable || !strings.Contains(fault.Sentence(err), "不影响办理") {
				t.Errorf("%s: got %v", mode, err)
			}
		}
	})
	t.Run("likeness is a number or none, and changes nothing", func(t *testing.T) {
		before := mustCase(t, clerk, c.ID)
		img := image.NewGray(image.Rect(0, 0, 5, 5))
		behaves("87")
		if n, known, err := clerk.Likeness(ctx, c.ID, loan.StudentParty, img); err != nil || n != 87 || !known {
			t.Errorf("got %d, %v, %v", n, known, err)
		}
		behaves("?")
		if _, known, err := clerk.Likeness(ctx, c.ID, loan.StudentParty, img); err != nil || known {
			t.Errorf("got %v, %v", known, err)
		}
		after := mustCase(t, clerk, c.ID)
		if len(after.Heads) != 1 || after.Heads[0] != before.Heads[0] {
			t.Error("the case has changed")
		}
	})
	t.Run("a program that was changed does not run, and can be switched off", func(t *testing.T) {
		behaves("")
		f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString("x"); err != nil {
			t.Fatal(err)
		}
		f.Close()
		if _, err := clerk.CardPicture(ctx, c.ID, loan.StudentParty); fault.KindOf(err) != fault.Untrusted {
			t.Errorf("got %v", err)
		}
		if err := as(guard.DataAdmin).SetHelper(ctx, desk.DecodeCard, ""); err != nil {
			t.Fatal(err)
		}
		if _, err := as(guard.Clerk).CardPicture(ctx, c.ID, loan.StudentParty); fault.KindOf(err) != fault.Missing {
			t.Errorf("switched off: got %v", err)
		}
	})
}

func mustCase(t *testing.T, d *desk.Desk, id [16]byte) *loan.Case {
	t.Helper()
	c, err := d.Case(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
