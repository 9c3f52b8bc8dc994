package desk_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/photo"
	"github.com/google/uuid"
)

func TestAPortraitCutOtherwiseIsKnownAgain(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "ui", "testdata", "portrait.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	img, err := desk.DecodeImage(raw)
	if err != nil {
		t.Fatal(err)
	}
	b := img.Bounds()
	cut := func(by int, quality int) []byte {
		p, err := desk.Portrait(img, b.Inset(by))
		if err != nil {
			t.Fatal(err)
		}
		if quality == 0 {
			return p.JPEG
		}
		again, err := desk.DecodeImage(p.JPEG)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := jpeg.Encode(&out, again, &jpeg.Options{Quality: quality}); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	ctx := t.Context()
	d := laptop(t, t.TempDir())
	first := entered(t, d)
	second, err := d.NewCase(ctx, loan.First, false)
	if err != nil {
		t.Fatal(err)
	}
	whole := cut(0, 0)
	if _, err := d.Attach(ctx, first.ID, loan.PortraitStudent, whole, "image/jpeg", "camera"); err != nil {
		t.Fatal(err)
	}
	used := func(c *loan.Case, slot loan.Slot, content []byte) string {
		t.Helper()
		words, err := d.PortraitUsed(ctx, c.ID, slot, content)
		if err != nil {
			t.Fatal(err)
		}
		return words
	}
	closer, pressed := cut(b.Dx()/14, 80), cut(0, 70)
	if got := used(second, loan.PortraitStudent, closer); got != "" {
		t.Errorf("before it was known: got %q", got)
	}
	if err := d.KnowPortrait(ctx, first.ID, loan.PortraitStudent, whole); err != nil {
		t.Fatal(err)
	}
	t.Run("in another case, cut closer or pressed anew", func(t *testing.T) {
		for _, content := range [][]byte{closer, pressed} {
			if got := used(second, loan.PortraitStudent, content); !strings.Contains(got, "另一件案件") {
				t.Errorf("got %q", got)
			}
		}
		if got := used(second, loan.PortraitStudent, whole); !strings.Contains(got, "不是今天现场拍的") {
			t.Errorf("the same bytes: got %q", got)
		}
	})
	t.Run("for the other party, and not for the party's own", func(t *testing.T) {
		if got := used(first, loan.PortraitCoborrower, closer); !strings.Contains(got, "另一人") {
			t.Errorf("got %q", got)
		}
		if got := used(first, loan.PortraitStudent, closer); got != "" {
			t.Errorf("taken again for the same: got %q", got)
		}
	})
	t.Run("used all the same, the record says so and the auditor's list has it", func(t *testing.T) {
		if _, err := d.Attach(ctx, second.ID, loan.PortraitStudent, cut(0, 60), "image/jpeg", "camera"); err != nil {
			t.Fatal(err)
		}
		ch, b := lastLook(t, d, loan.ChangeView)
		if want := guard.AgainWords(guard.SameShot, "student", first.ID); ch.Case != second.ID || b.Detail != want || b.Reason != "" || b.Fields != nil {
			t.Errorf("the chain says %q of %s, want %q", b.Detail, ch.Case, want)
		}
		var acts []guard.Act
		acts = append(acts, guard.Act{At: ch.At, Operator: ch.Operator, Case: ch.Case, Kind: ch.Kind, Detail: b.Detail})
		odd := guard.Odd(acts)
		if i := slices.IndexFunc(odd, func(o guard.Oddity) bool { return o.Kind == guard.OddPortrait }); i < 0 || !slices.Contains(odd[i].Cases, first.ID) || !slices.Contains(odd[i].Cases, second.ID) {
			t.Errorf("odd: %+v, want both cases", odd)
		}
		before, _ := d.Store().Head()
		if _, err := d.Attach(ctx, second.ID, loan.PortraitStudent, picture(t, 358, 441, 3), "image/jpeg", "camera"); err != nil {
			t.Fatal(err)
		}
		if after, _ := d.Store().Head(); after != before+1 {
			t.Errorf("a portrait that is in no use: %d lines, want one", after-before)
		}
	})
	t.Run("of the same person in another case only what is nearly the same", func(t *testing.T) {
		if _, err := d.Edit(ctx, second.ID, map[string]any{"student.id_no": first.App.Student.IDNo}); err != nil {
			t.Fatal(err)
		}
		kept, err := photo.ShotOf(mustDecode(t, whole))
		if err != nil {
			t.Fatal(err)
		}
		for _, content := range [][]byte{closer, pressed} {
			all, err := photo.ShotOf(mustDecode(t, content))
			if err != nil {
				t.Fatal(err)
			}
			want := kept[0].Apart(all) <= photo.SurelySameShot
			if got := used(second, loan.PortraitStudent, content); (got != "") != want {
				t.Errorf("%.3f apart: got %q", kept[0].Apart(all), got)
			}
		}
	})
	t.Run("a picture without a face is not kept, and the screens cannot write what is", func(t *testing.T) {
		blank, err := desk.Portrait(image.NewGray(image.Rect(0, 0, 400, 500)), image.Rectangle{})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.KnowPortrait(ctx, first.ID, loan.PortraitStudent, blank.JPEG); err != nil {
			t.Fatal(err)
		}
		if got := used(first, loan.PortraitCoborrower, closer); got != "" {
			t.Errorf("of a portrait that was taken again: got %q", got)
		}
		if err := d.SetSetting(ctx, "desk.shot.x", 1); fault.KindOf(err) != fault.Denied {
			t.Errorf("got %v", err)
		}
		if err := d.KnowPortrait(ctx, first.ID, loan.DocSlot(loan.HukouBook), whole); fault.KindOf(err) != fault.Input {
			t.Errorf("a paper: got %v", err)
		}
	})
}

func TestAPortraitThatIsBroughtInIsLookedFor(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "ui", "testdata", "portrait.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	img := mustDecode(t, raw)
	whole, err := desk.Portrait(img, img.Bounds())
	if err != nil {
		t.Fatal(err)
	}
	closer, err := desk.Portrait(img, img.Bounds().Inset(img.Bounds().Dx()/14))
	if err != nil {
		t.Fatal(err)
	}
	d := laptop(t, t.TempDir())
	defer d.Close()
	bring := func(of map[loan.Slot][]byte) (said []string) {
		t.Helper()
		var pages []desk.Brought
		for _, s := range []loan.Slot{loan.PortraitStudent, loan.PortraitCoborrower, loan.DocSlot(loan.HukouBook)} {
			if b, ok := of[s]; ok {
				pages = append(pages, desk.Brought{Slot: s, Media: "image/jpeg", Content: b})
			}
		}
		before, _ := d.Store().Head()
		if err := d.Import(t.Context(), pages); err != nil {
			t.Fatal(err)
		}
		all, err := d.Store().Pending(t.Context(), before, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, ch := range all {
			if b, err := loan.Body[loan.ViewBody](ch); ch.Kind == loan.ChangeView && err == nil {
				how, _, _ := strings.Cut(b.Detail, ", case ")
				said = append(said, how)
			}
		}
		return said
	}
	for _, k := range []struct {
		what string
		in   map[loan.Slot][]byte
		want []string
	}{
		{"one in no use, and a paper", map[loan.Slot][]byte{loan.PortraitStudent: whole.JPEG, loan.DocSlot(loan.HukouBook): []byte("no picture")}, nil},
		{"the same file", map[loan.Slot][]byte{loan.PortraitStudent: whole.JPEG}, []string{guard.AgainWords(guard.SameFile, "student", uuid.Nil)}},
		{"cut otherwise", map[loan.Slot][]byte{loan.PortraitCoborrower: closer.JPEG}, []string{guard.AgainWords(guard.SameShot, "coborrower", uuid.Nil)}},
		{"no picture", map[loan.Slot][]byte{loan.PortraitStudent: []byte("x")}, nil},
		{"of both parties", map[loan.Slot][]byte{loan.PortraitStudent: []byte("y"), loan.PortraitCoborrower: []byte("y")}, []string{guard.AgainWords(guard.SameFile, "coborrower", uuid.Nil)}},
	} {
		if got := bring(k.in); !slices.Equal(got, k.want) {
			t.Errorf("%s: the record says %q, want %q", k.what, got, k.want)
		}
	}
}

func mustDecode(t *testing.T, b []byte) image.Image {
	t.Helper()
	img, err := desk.DecodeImage(b)
	if err != nil {
		t.Fatal(err)
	}
	return img
}
