package ui

import (
	"image"
	"image/color"
	"slices"
	"strings"
	"testing"

	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"
	"golang.org/x/image/draw"
)

// letterWith is a page of print with a QR code in its corner.
func letterWith(t *testing.T, text string) image.Image {
	t.Helper()
	c, err := qr.Encode(text, qr.M, qr.Unicode)
	if err != nil {
		t.Fatal(err)
	}
	if c, err = barcode.Scale(c, c.Bounds().Dx()*4, c.Bounds().Dx()*4); err != nil {
		t.Fatal(err)
	}
	page := image.NewGray(image.Rect(0, 0, 820, 1160))
	for i := range page.Pix {
		x, y := i%820, i/820
		if page.Pix[i] = 240; y > 400 && y < 1000 && x > 70 && x < 750 && y/16%3 == 0 && (x/5+y/4)%2 == 0 && x/100%6 > 0 {
			page.Pix[i] = 30
		}
	}
	at := image.Pt(820-c.Bounds().Dx()-40, 40)
	draw.Draw(page, c.Bounds().Add(at).Inset(-20), image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.Draw(page, c.Bounds().Add(at), c, image.Point{}, draw.Src)
	return page
}

func TestTheCodeOfTheLetter(t *testing.T) {
	const text = "https://zs.example.edu.cn/v?ksh=24520101110001&xm=韦一&yxmc=贵州大学&zymc=软件工程"
	for name, look := range looks() {
		r := newRig(t, look)
		v := r.open(loan.First, false, entered)
		images := v.steps[stepImages].(*imagesStep)
		r.ui(func() { v.show(stepImages) })
		addTo := func(slot loan.Slot, img image.Image) {
			r.t.Helper()
			r.ui(func() { images.choose(slot) })
			r.settle()
			r.chooses(testFile(t, "letter.png", img))
			r.until("it was looked through", func() bool { return len(images.coding) == 0 && images.busy[slot] == "" })
		}
		slot := loan.DocSlot(loan.AdmissionLetter)
		for _, a := range r.saved(v.id).Slot(slot) {
			r.ui(func() { images.remove(a) })
			r.settle()
		}
		addTo(slot, letterWith(t, text))
		t.Run("it is told beside the letter, and where the form says else, "+name, func(t *testing.T) {
			r.ui(func() {
				if got := images.letterCodes(); len(got) != 1 || got[0].Text != text || !got[0].QR {
					t.Fatalf("got %+v", got)
				}
				if _, other := images.letterSaid(); other == 0 {
					t.Error("nothing differs from another student's form")
				}
				images.content.ScrollToBottom()
			})
			r.snap("visit-letter-code-" + name)
		})
		t.Run("nothing that is filled in changes unless it is ticked, "+name, func(t *testing.T) {
			before := r.saved(v.id).App
			r.ui(func() { images.showLetter() })
			r.settle()
			r.snap("dialog-letter-code-" + name)
			r.answer()
			if got := r.saved(v.id).App; got.Student.Name != before.Student.Name || got.Study.Major != before.Study.Major {
				t.Errorf("got %s, %s", got.Student.Name, got.Study.Major)
			}
			all, _ := images.letterSaid()
			at := slices.IndexFunc(all, func(s loan.Said) bool { return s.Field == "study.major" })
			if at < 0 {
				t.Fatalf("got %v", all)
			}
			box := kit.NewCheck("", false)
			box.SetChecked(true)
			r.ui(func() { images.takeLetter(map[*kit.Check]loan.Said{box: all[at]}) })
			r.settle()
			if got := r.saved(v.id).App.Study.Major; got != "软件工程" {
				t.Errorf("ticked: got %q", got)
			}
		})
		t.Run("a code that lies stays words, "+name, func(t *testing.T) {
			for _, a := range r.saved(v.id).Slot(slot) {
				r.ui(func() { images.remove(a) })
				r.settle()
			}
			addTo(slot, letterWith(t, "javascript:alert(1)\u202e\x1b]8;;http://x\x07 "+strings.Repeat("长", 120)))
			r.ui(func() { images.showLetter() })
			r.settle()
			r.snap("dialog-letter-hostile-" + name)
			r.ui(func() {
				for _, c := range images.letterCodes() {
					if strings.ContainsAny(c.Text, "\u202e\x1b\x07") || len(c.says) > 0 {
						t.Errorf("got %+v", c)
					}
				}
				r.dialog().Close()
			})
		})
		if look == kit.Light {
			t.Run("other papers are not searched", func(t *testing.T) {
				addTo(loan.DocSlot(loan.ApplicationForm), letterWith(t, text))
				r.ui(func() {
					if got := images.letterCodes(); slices.ContainsFunc(got, func(c letterCode) bool { return c.Text == text }) {
						t.Errorf("got %+v", got)
					}
				})
			})
		}
	}
}
