package ui

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"image"
	"image/jpeg"
	"net/http"
	"strings"
	"testing"
	"time"

	"doorstep/internal/capture"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
)

func (d *phoneDialog) sends(t *testing.T, img image.Image) {
	t.Helper()
	shoot(t, d.phone, img)
}

// shoot posts a picture as the page in this laptop's browser does.
func shoot(t *testing.T, phone *capture.Phone, img image.Image) {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 92}); err != nil {
		t.Fatal(err)
	}
	post(t, phone, b.Bytes())
}

// post is shoot of a picture as it is encoded.
func post(t testing.TB, phone *capture.Phone, shot []byte) {
	t.Helper()
	base, token, _ := strings.Cut(phone.Addresses()[0], "#")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"shot", bytes.NewReader(shot))
	if err != nil {
		t.Fatal(err)
	}
	m := hmac.New(sha256.New, []byte(token))
	m.Write([]byte("shot"))
	req.Header.Set("X-Shot", hex.EncodeToString(m.Sum(nil)))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Fatalf("the picture is not taken: %s", res.Status)
	}
}

// opens opens the page and waits until it is served.
func (r *rig) opens(open func()) *phoneDialog {
	r.t.Helper()
	images := r.visit().steps[stepImages].(*imagesStep)
	r.ui(open)
	r.until("the page is served", func() bool { return images.phone != nil && images.phone.phone != nil })
	return images.phone
}

func TestAFrameOfAPreviewIsJudgedInWords(t *testing.T) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, testPicture(640, 480), nil); err != nil {
		t.Fatal(err)
	}
	for words, frame := range map[string][]byte{"没有找到人脸": b.Bytes(), "用不了": []byte("no picture")} {
		if good, got := lookAtPerson(t.Context(), frame); good || !strings.Contains(got, words) {
			t.Errorf("got %v %s, want %s", good, got, words)
		}
	}
}

func TestPagesComeFromABrowserOrAPhone(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false)
	images := v.steps[stepImages].(*imagesStep)
	r.ui(func() { v.show(stepImages) })
	slot := loan.DocSlot(loan.HukouBook)
	t.Run("pages are kept one after the other, and one that cannot be read is refused", func(t *testing.T) {
		r := &rig{t, r.u}
		d := r.opens(func() { images.openPhone(slot, "户口簿", true, nil, func() {}, func() {}) })
		for n, size := range []int{900, 960} {
			d.sends(t, testPicture(1240, size))
			r.until("the page is kept", func() bool { return d.came == n+1 })
		}
		d.sends(t, image.NewGray(image.Rect(0, 0, 1200, 900)))
		r.until("it is refused", func() bool { return d.anyway.Visible() })
		r.snap("dialog-phone-refused")
		if got := len(r.savedOpen(v).Slot(slot)); got != 2 {
			t.Errorf("pages kept: got %d, want 2", got)
		}
		r.ui(func() { d.anyway.Tapped(nil) })
		r.until("it is kept on the clerk's word", func() bool { return d.came == 3 })
		address := d.phone.Addresses()[0]
		r.answer() // 完成
		if got := len(r.saved(v.id).Slot(slot)); got != 3 {
			t.Errorf("pages kept: got %d, want 3", got)
		}
		if res, err := http.Get(address); err == nil {
			res.Body.Close()
			t.Error("the page is served on after the dialog is closed")
		}
	})
	t.Run("a page that was cut out can be kept whole", func(t *testing.T) {
		r := &rig{t, r.u}
		slot := loan.DocSlot(loan.AdmissionLetter)
		d := r.opens(func() { images.openPhone(slot, "录取通知书", true, nil, func() {}, func() {}) })
		d.sends(t, onDesk(testPicture(620, 877)))
		r.until("the page is kept", func() bool { return d.came == 1 && d.whole.Visible() })
		held := r.savedOpen(v).Slot(slot)
		r.until("nothing is busy", func() bool { return images.busy[slot] == "" })
		r.ui(func() { d.whole.Tapped(nil) })
		r.until("it is whole", func() bool {
			now := v.c.Slot(slot)
			return len(now) == 1 && now[0] != held[0] && d.frame.HasImage()
		})
		r.answer()
		if got := r.saved(v.id).Slot(slot); len(got) != 1 || got[0] == held[0] {
			t.Errorf("pages kept: got %v, want the whole picture alone", got)
		}
	})
	t.Run("a portrait goes on to be cropped", func(t *testing.T) {
		r := &rig{t, r.u}
		card := images.people[0]
		d := r.opens(func() {
			images.openPhone(card.slot, "为借款学生拍照", true, func(img image.Image) { card.crop(img, "camera") }, func() {}, func() {})
		})
		d.sends(t, testPicture(900, 1200))
		r.until("what is no portrait is refused", func() bool { return d.anyway.Visible() })
		if !strings.Contains(d.words.Text(), "没有找到人脸") || !strings.Contains(d.words.Text(), "请重拍") {
			t.Errorf("the window says %s", d.words.Text())
		}
		r.snap("dialog-phone-portrait-refused")
		r.ui(func() { d.anyway.Tapped(nil) })
		r.until("the crop is asked for", func() bool { return r.dialog() != nil && r.dialog() != d.dialog })
		r.ui(func() { r.dialog().Close() })
		r.settle()
	})
	t.Run("the code is on the screen, or the words say what else will do", func(t *testing.T) {
		r := &rig{t, r.u}
		var d *phoneDialog
		r.ui(func() { images.openPhone(slot, "户口簿", false, nil, func() {}, func() {}); d = images.phone })
		r.until("the page is served or not", func() bool {
			return len(d.code.Objects) > 0 || strings.Contains(d.words.Text(), "选文件")
		})
		r.snap("dialog-phone")
		r.ui(func() { d.dialog.Close() })
		r.settle()
	})
	t.Run("a picture whose way broke is told as under way until it came", func(t *testing.T) {
		r := &rig{t, r.u}
		d := r.opens(func() { images.openPhone(slot, "户口簿", true, nil, func() {}, func() {}) })
		says := func(want string, e capture.PhoneEvent) {
			t.Helper()
			if d.hear(e); !strings.Contains(d.words.Text(), want) {
				t.Errorf("the window says %s, want %s in it", d.words.Text(), want)
			}
		}
		r.ui(func() {
			says("已连上", capture.PhoneEvent{Joined: true})
			says("40%", capture.PhoneEvent{Received: 40})
			says("没有传完", capture.PhoneEvent{Refused: fault.Tell("test", fault.Input, "照片没有传完手机就断开了。", nil), Cut: true})
			says("有一张没有传完、没有添加", capture.PhoneEvent{Left: true})
			says("会自动重传", capture.PhoneEvent{Joined: true})
		})
		d.sends(t, testPicture(1240, 910))
		r.until("the page is kept", func() bool { return d.came == 1 })
		r.ui(func() {
			if d.cut || d.coming || d.checking != 0 {
				t.Error("it is called under way after it came")
			}
			says("它会自动重连；", capture.PhoneEvent{Left: true})
			d.hear(capture.PhoneEvent{Refused: fault.Tell("test", fault.Input, "照片没有传完手机就断开了。", nil), Cut: true})
			d.dialog.Close()
			if got := r.notices(); !strings.Contains(got, "还有一张没有传完") {
				t.Error("it is not said that one was not added")
			}
			r.u.root.Clear()
		})
		r.settle()
	})
	t.Run("locking ends the page", func(t *testing.T) {
		r := &rig{t, r.u}
		d := r.opens(func() { images.openPhone(slot, "户口簿", true, nil, func() {}, func() {}) })
		address := d.phone.Addresses()[0]
		r.ui(func() { r.u.lock() })
		r.until("it is gone", func() bool {
			res, err := http.Get(address)
			if err == nil {
				res.Body.Close()
			}
			return err != nil
		})
	})
}

// savedOpen is the case as it is kept, while a dialog is open.
func (r *rig) savedOpen(v *visit) *loan.Case {
	r.t.Helper()
	r.until("nothing is under way", func() bool { return v.pending == 0 })
	c, err := r.u.desk.Case(r.t.Context(), v.id)
	if err != nil {
		r.t.Fatal(err)
	}
	return c
}

func TestEveryWayOfTakingAPictureSaysWhatElseWillDo(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false)
	images := v.steps[stepImages].(*imagesStep)
	r.ui(func() { v.show(stepImages) })
	slot := loan.DocSlot(loan.HukouBook)
	camera := func() *cameraDialog {
		r.ui(func() { images.shoot(slot) })
		return images.camera
	}
	ways := func(c *cameraDialog, words string) {
		t.Helper()
		r.until("the way out is offered", func() bool { return c.file.Visible() })
		r.ui(func() {
			for _, want := range []string{words, "用手机拍", "选文件"} {
				if !strings.Contains(c.words.Text(), want) {
					t.Errorf("the window says %s, want %s in it", c.words.Text(), want)
				}
			}
			if len(c.ways.Objects) != 2 || !c.ways.Visible() {
				t.Error("neither the phone nor the browser is offered")
			}
			c.dialog.Close()
		})
		r.settle()
	}
	ways(camera(), "没有找到摄像头")
	r.u.deps.Cameras = func(context.Context) ([]capture.Camera, error) {
		return nil, fault.Tell("test", fault.Busy, "摄像头正被另一个程序使用：请先关闭那个程序，或用手机拍、选文件。", nil)
	}
	ways(camera(), "另一个程序")
	fake := capture.NewFake("练习摄像头", time.Millisecond, testPicture(320, 240))
	r.u.deps.Cameras = func(context.Context) ([]capture.Camera, error) { return []capture.Camera{fake}, nil }
	c := camera()
	r.until("the preview stands", func() bool { return c.frame.HasImage() })
	fake.Unplug()
	ways(c, "断开")
	t.Run("without a network for the phone", func(t *testing.T) {
		r.u.deps.Phone = func(context.Context, capture.PhoneOptions) (*capture.Phone, error) {
			return nil, fault.Tell("test", fault.Offline, "本机没有连到任何网络，也可以用摄像头或选文件。", nil)
		}
		r.ui(func() { images.openPhone(slot, "户口簿", false, nil, func() {}, func() {}) })
		r.until("it says so", func() bool { return strings.Contains(images.phone.words.Text(), "用摄像头或选文件") })
		r.ui(func() { images.phone.dialog.Close() })
	})
}
