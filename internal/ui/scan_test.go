package ui

import (
	"context"
	"image"
	"image/color"
	"strings"
	"testing"
	"time"

	"doorstep/internal/capture"
	"doorstep/internal/desk"
	"doorstep/internal/guard"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	"github.com/boombuler/barcode/qr"
	"golang.org/x/image/draw"
)

// heldUp is what a camera sees of a phone that shows a QR code to it, on
// something dark.
func heldUp(t testing.TB, text string) image.Image {
	t.Helper()
	c, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		t.Fatal(err)
	}
	img := image.NewGray(image.Rect(0, 0, 640, 480))
	for i := range img.Pix {
		img.Pix[i] = uint8(60 + i%640/16)
	}
	const px = 6
	side := c.Bounds().Dx() * px
	at := image.Rect(150, 60, 150+side, 60+side)
	draw.Draw(img, at.Inset(-30), image.NewUniform(color.Gray{Y: 225}), image.Point{}, draw.Src)
	for y := range side {
		for x := range side {
			if r, _, _, _ := c.At(x/px, y/px).RGBA(); r == 0 {
				img.SetGray(at.Min.X+x, at.Min.Y+y, color.Gray{Y: 40})
			}
		}
	}
	return img
}

// seeing lets the window find cameras that see one picture each.
func (r *rig) seeing(pictures ...image.Image) (cameras []*capture.Fake) {
	for i, p := range pictures {
		cameras = append(cameras, capture.NewFake("摄像头 "+string(rune('1'+i)), time.Millisecond, p))
	}
	r.ui(func() {
		r.u.deps.Cameras = func(context.Context) ([]capture.Camera, error) {
			var out []capture.Camera
			for _, c := range cameras {
				out = append(out, c)
			}
			return out, nil
		}
	})
	return cameras
}

// scanFor opens the scanner for a field.
func (r *rig) scanFor(field *kit.Field) *scanner {
	var s *scanner
	r.ui(func() { s = r.u.scan(field, answerInto(field)) })
	return s
}

const answerSaid = "doorstep:answer:ABCDEFGHJKMNPQRS"

func TestACodeIsReadByACameraAFileOrAPhone(t *testing.T) {
	for name, look := range looks() {
		r := newRig(t, look)
		field := kit.NewField()
		field.MaxLen = 100
		filled := func(s *scanner) {
			t.Helper()
			r.until("it is read", func() bool { return s.ctx.Err() != nil })
			r.ui(func() {
				if field.Text() != answerSaid || r.dialog() != nil {
					t.Errorf("the field has %q, or a dialog stays", field.Text())
				}
				field.SetText("")
			})
		}
		t.Run("another code is told of, and the next camera has the right one, "+name, func(t *testing.T) {
			r := &rig{t, r.u}
			cameras := r.seeing(heldUp(t, "doorstep:ask:ABCD1234:clerk-1:ABC"), heldUp(t, answerSaid))
			s := r.scanFor(field)
			r.until("the other is told of", func() bool { return strings.Contains(s.words.Text(), "不是批准码") && s.frame.HasImage() })
			r.u.idle(t)
			r.snap("scan-other-" + name)
			r.ui(func() {
				if field.Text() != "" || !s.other.Visible() {
					t.Error("the wrong code was taken, or no other camera is offered")
				}
				s.other.Tapped(nil)
			})
			filled(s)
			r.settle()
			for _, c := range cameras {
				r.until("the camera is let go once the dialog is closed", func() bool {
					_, err := c.Preview(t.Context())
					return err != nil
				})
			}
		})
		t.Run("without a camera it says what else will do, and a picture file does, "+name, func(t *testing.T) {
			r := &rig{t, r.u}
			r.seeing()
			s := r.scanFor(field)
			r.until("it is said", func() bool { return strings.Contains(s.words.Text(), "没有找到摄像头") })
			r.u.idle(t)
			r.snap("scan-none-" + name)
			for _, want := range []string{"逐字输入", "扫码枪", "用手机拍", "用浏览器拍", "选图片文件"} {
				if !strings.Contains(s.words.Text(), want) {
					t.Errorf("it says %s, without %s", s.words.Text(), want)
				}
			}
			r.answer() // 选图片文件…
			r.chooses(testFile(t, "none.png", testPicture(600, 400)))
			r.until("there is none in it", func() bool { return s.words.Text() == noCode })
			r.answer()
			r.chooses(testFile(t, "code.png", letterWith(t, answerSaid)))
			filled(s)
		})
		t.Run("a phone's picture does, and what is none is told there too, "+name, func(t *testing.T) {
			r := &rig{t, r.u}
			s := r.scanFor(field)
			r.ui(func() { s.byPhone(true) })
			r.until("the page is served", func() bool { return s.link.phone != nil })
			phone := s.link.phone
			shoot(t, phone, testPicture(600, 400))
			r.until("there is none in it", func() bool { return s.words.Text() == noCode })
			shoot(t, phone, heldUp(t, answerSaid))
			filled(s)
			r.settle()
		})
		t.Run("the code for the phone is on the screen, "+name, func(t *testing.T) {
			r := &rig{t, r.u}
			s := r.scanFor(field)
			r.ui(func() { s.byPhone(false) })
			r.until("it is", func() bool { return len(s.link.code.Objects) > 0 })
			r.u.idle(t)
			r.snap("scan-phone-" + name)
			r.ui(func() { s.dialog.Close() })
			r.settle()
		})
	}
}

func TestLockingEndsTheScan(t *testing.T) {
	r := newRig(t, kit.Light)
	cameras := r.seeing(testPicture(640, 480))
	s := r.scanFor(kit.NewField())
	r.until("it is seen", func() bool { return s.frame.HasImage() })
	r.ui(r.u.lock)
	r.locked()
	if _, err := cameras[0].Preview(t.Context()); err == nil {
		t.Error("the camera is held by a window that is locked")
	}
}

// pressIn presses a button of a dialog by its words.
func (r *rig) pressIn(d *kit.Dialog, words string) {
	r.t.Helper()
	r.ui(func() {
		for _, b := range findButtons(d) {
			if b.Text() == words {
				b.Tapped(nil)
				return
			}
		}
		r.t.Errorf("no button says %s", words)
	})
}

// textsIn are the texts under an object.
func textsIn(o fyne.CanvasObject) string {
	switch w := o.(type) {
	case *kit.Text:
		return w.Text() + "\n"
	case *fyne.Container:
		var b strings.Builder
		for _, c := range w.Objects {
			b.WriteString(textsIn(c))
		}
		return b.String()
	case fyne.Widget:
		return textsIn(container.NewWithoutLayout(test.WidgetRenderer(w).Objects()...))
	}
	return ""
}

func TestAGrantIsScannedFromTheOtherScreen(t *testing.T) {
	r := othersCase(t)
	v := r.visit()
	a, err := r.u.desk.AskGrant(t.Context(), desk.Wanted{Fields: []string{guard.ImagesField}, Case: v.id, Hours: 2, Reason: "核对家长投诉"})
	if err != nil {
		t.Fatal(err)
	}
	r.ui(r.u.lock)
	r.locked()
	r.enter("admin-1", reviewPassword)
	r.seeing(heldUp(t, a.Scan))
	r.ui(func() {
		r.u.shell.visit("manage")
		r.u.shell.screen.(*manage).turn(ofGrants)
	})
	r.settle()
	r.ui(r.u.shell.screen.(*manage).shownNow.(*grantSection).answer)
	asking := r.dialog()
	r.pressIn(asking, "扫码…")
	r.until("the request is read", func() bool { return r.dialog() == asking && strings.Contains(textsIn(asking), "对方申请：影像") })
	r.snap("grant-answer-scanned")
	r.ui(func() { asking.Close() })
	answer, err := r.u.desk.AnswerAsk(t.Context(), a.Scan[len("doorstep:ask:"):][:8], "reviewer-1", a.Code, "核对是本人")
	if err != nil {
		t.Fatal(err)
	}
	r.ui(r.u.lock)
	r.locked()
	r.enter("reviewer-1", reviewPassword)
	r.seeing(heldUp(t, desk.AnswerScan(answer)))
	r.ui(func() { r.u.answerAsk(a, nil) })
	waiting := r.dialog()
	r.pressIn(waiting, "扫码…")
	r.until("the answer is read", func() bool { return r.dialog() == waiting })
	r.answer()
	r.until("it is granted", func() bool { return r.dialog() == nil })
	if grants, err := r.u.desk.Grants(t.Context()); err != nil || len(grants) != 1 {
		t.Errorf("got %d grants, %v", len(grants), err)
	}
}
