package ui

import (
	"context"
	"image"
	"image/draw"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"doorstep/internal/capture"
	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

const (
	frameGap  = 80 * time.Millisecond // the least time between two frames drawn of a preview
	frameTurn = time.Second / 60      // how often the window looks whether it is to be drawn
)

// cameraDialog shows what a camera sees, until a still is taken and used.
type cameraDialog struct {
	s       *imagesStep
	use     func(image.Image)
	dialog  *kit.Dialog
	frame   *kit.PhotoFrame
	row     *fyne.Container
	words   *kit.Text
	again   *kit.Button
	other   *kit.Button
	file    *kit.Button // where there is no camera
	ctx     context.Context
	stop    context.CancelFunc
	cameras []capture.Camera
	at      int
	end     context.CancelFunc // of the running preview
	still   image.Image
	direct  bool            // the still is looked at elsewhere
	ways    *fyne.Container // other than a camera of this window
	person  bool            // who sits before it is told how to
}

// openCamera shows the camera; use gets the picture the clerk chose. Where no
// camera opens, file leads to a picture that is there already.
func (s *imagesStep) openCamera(title string, use func(image.Image), file func()) {
	c := &cameraDialog{s: s, use: use}
	c.ctx, c.stop = context.WithCancel(s.v.u.ctx)
	c.frame = kit.NewPhotoFrame("正在打开摄像头…", 520, 0.75)
	c.words = kit.NewText("对准后按回车拍照。", kit.TextCaption)
	c.again = kit.NewSecondary("重拍", kit.Icon("refresh"), c.live)
	c.other = kit.NewSecondary("换摄像头", kit.Icon("sync"), func() {
		c.at = (c.at + 1) % len(c.cameras)
		c.live()
	})
	c.file = kit.NewSecondary("选文件", kit.Icon("folder"), func() {
		c.dialog.Close()
		file()
	})
	c.again.Hide()
	c.other.Hide()
	c.file.Hide()
	c.row = container.NewBorder(nil, nil, nil, container.NewHBox(c.file, c.other, c.again), c.words)
	c.ways = container.NewHBox()
	c.dialog = kit.NewDialog(s.v.u.win, title, container.NewVBox(c.frame, c.row, c.ways), "拍照", "取消", c.press)
	c.dialog.SetWidth(570)
	c.dialog.YesButton().Disable()
	c.dialog.SetOnClosed(c.close)
	s.camera = c
	c.dialog.Show()
	c.open()
}

// open looks for cameras and starts the first.
func (c *cameraDialog) open() {
	var found []capture.Camera
	c.s.v.u.run("open cameras", func(context.Context) (err error) {
		found, err = c.s.v.u.deps.Cameras(c.ctx)
		if err == nil && len(found) == 0 {
			err = fault.Tell("open cameras", fault.Unavailable, "没有找到摄像头：可以用手机拍、用浏览器拍，或选文件。", nil)
		}
		return err
	}, func(err error) {
		c.cameras = found
		if c.ctx.Err() != nil {
			c.release()
			return
		}
		if err != nil {
			c.frame.SetEmpty("摄像头没有打开")
			c.failed(err)
			kit.Focus(c.file)
			return
		}
		setVisible(c.other, len(found) > 1)
		c.row.Refresh()
		c.live()
	})
}

// failed says what is wrong with the camera, and offers what else will do.
func (c *cameraDialog) failed(err error) {
	c.words.SetKind(kit.TextBad)
	c.words.SetText(sentence(err))
	c.file.Show()
	c.row.Refresh()
	c.dialog.Refresh()
}

// live shows the preview.
func (c *cameraDialog) live() {
	c.still = nil
	c.again.Hide()
	c.row.Refresh()
	c.dialog.YesButton().SetText("拍照")
	c.words.SetKind(kit.TextCaption)
	c.words.SetText(c.cameras[c.at].Name() + "　对准后按回车拍照。")
	if c.end != nil {
		c.end()
	}
	ctx, end := context.WithCancel(c.ctx)
	c.end = end
	cam := c.cameras[c.at]
	c.s.v.u.run("preview", func(context.Context) (err error) {
		behind(func() { err = c.play(ctx, cam) })
		return err
	}, func(err error) {
		if err != nil && ctx.Err() == nil {
			c.dialog.YesButton().Disable()
			c.failed(err)
		}
	})
	c.dialog.YesButton().Enable()
	kit.Focus(c.dialog.YesButton())
}

// play draws frames until the preview ends; a preview that was just stopped
// may need a moment to let the device go.
func (c *cameraDialog) play(ctx context.Context, cam capture.Camera) error {
	frames, err := cam.Preview(ctx)
	for tries := 0; fault.KindOf(err) == fault.Busy && tries < 20 && ctx.Err() == nil; tries++ {
		time.Sleep(50 * time.Millisecond)
		frames, err = cam.Preview(ctx)
	}
	if err != nil {
		return err
	}
	last, rest := time.Time{}, frameGap
	var judges sync.WaitGroup
	defer judges.Wait()
	var judging atomic.Bool
	for img := range frames {
		if c.person && judging.CompareAndSwap(false, true) {
			judges.Go(func() {
				defer judging.Store(false)
				c.s.v.u.mill.try(func() { c.judge(ctx, img) })
			})
		}
		if time.Since(last) < rest {
			continue
		}
		last = time.Now()
		small := shrink(img, 720)
		if c.person {
			small = withGuide(small)
		}
		c.s.v.u.back(func() {
			if ctx.Err() == nil && c.still == nil {
				c.frame.SetImage(small)
			}
		})
		rest = max(frameGap, 2*c.drawn(ctx))
	}
	return cam.Err()
}

// drawn waits until the window has drawn what it was given, and tells how long
// that took. Where drawing is slow, frames that come sooner than they are drawn
// would stand before all else that the window has to do.
func (c *cameraDialog) drawn(ctx context.Context) time.Duration {
	began, done := time.Now(), make(chan struct{})
	select {
	case <-time.After(frameTurn): // the drawing has begun
	case <-ctx.Done():
		return 0
	}
	c.s.v.u.back(func() { close(done) })
	select {
	case <-done:
	case <-ctx.Done():
	case <-c.s.v.u.ctx.Done():
	}
	return time.Since(began)
}

// judge tells the person before the camera what to do, while it runs.
func (c *cameraDialog) judge(ctx context.Context, img image.Image) {
	p, err := desk.JudgePose(img)
	if err != nil {
		return // the still is judged again
	}
	kind, words := kit.TextOK, "位置和光线都好，按回车拍照。"
	if len(p.Hints) > 0 {
		kind, words = kit.TextWarn, p.Hints[0]
	}
	c.s.v.u.back(func() {
		if ctx.Err() == nil && c.still == nil && !c.dialog.YesButton().Busy() && c.words.Text() != words {
			c.words.SetKind(kind)
			c.words.SetText(words)
		}
	})
}

// withGuide draws where the head is to be into a copy of a frame.
func withGuide(img image.Image) image.Image {
	b := img.Bounds()
	out := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(out, out.Rect, img, b.Min, draw.Src)
	h := float64(b.Dy())
	const dots = 180
	for i := range dots {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / dots)
		at := image.Pt(int(float64(b.Dx())/2+cos*h*0.21), int(h*0.44+sin*h*0.29))
		draw.Draw(out, image.Rectangle{Min: at, Max: at.Add(image.Pt(3, 3))}, image.White, image.Point{}, draw.Src)
	}
	return out
}

// press takes a still, and then uses it.
func (c *cameraDialog) press() bool {
	if c.still != nil {
		img := c.still
		c.dialog.Close()
		c.use(img)
		return true
	}
	c.dialog.YesButton().SetBusy("正在拍照…")
	cam := c.cameras[c.at]
	var img, small image.Image
	c.s.v.u.run("still", func(context.Context) (err error) {
		if img, err = cam.Still(c.ctx); err == nil {
			small = shrink(img, 1040)
		}
		return err
	}, func(err error) {
		c.dialog.YesButton().SetBusy("")
		if c.ctx.Err() != nil {
			return
		}
		if err != nil {
			c.failed(err)
			return
		}
		c.end()
		if c.direct {
			c.dialog.Close()
			c.use(img)
			return
		}
		c.still = img
		c.frame.SetImage(small)
		c.again.Show()
		c.row.Refresh()
		c.dialog.YesButton().SetText("使用这张")
		c.words.SetText("看清楚后按回车使用；不清楚就重拍。")
	})
	return false
}

// close stops the camera and gives the devices free.
func (c *cameraDialog) close() {
	c.stop()
	c.release()
	if c.s.camera == c {
		c.s.camera = nil
	}
}

func (c *cameraDialog) release() {
	cameras := c.cameras
	c.cameras = nil
	if len(cameras) == 0 {
		return
	}
	c.s.v.u.run("close cameras", func(context.Context) (err error) {
		for _, cam := range cameras {
			if e := cam.Close(); e != nil {
				err = e
			}
		}
		return err
	}, func(error) {})
}

// shoot adds pages by the camera, or by the phone that is in use.
func (s *imagesStep) shoot(slot loan.Slot) { s.shootPart(slot, firstLacking(s.v.c, docOf(slot))) }

// shootPart is shoot of a page that is to show a part of its paper.
func (s *imagesStep) shootPart(slot loan.Slot, part loan.Part) {
	if !s.mayTake(slot) {
		return
	}
	title := docLabel(docOf(slot))
	phone := func(local bool) {
		s.openPhone(slot, title, local, nil, func() { s.shoot(slot) }, func() { s.choose(slot) })
	}
	if s.byPhone {
		phone(false)
		return
	}
	if part != "" && part != loan.OtherPart {
		title += "　" + partLabel(part)
	}
	s.openCamera(title, func(img image.Image) {
		s.checkPage(slot, title, img, nil, part, func(p desk.Picture, part loan.Part) {
			s.keepPages(slot, []desk.Picture{p}, []loan.Part{part}, "camera", nil)
		}, "重拍", func() { s.shootPart(slot, part) })
	}, func() { s.choose(slot) })
	s.camera.direct = true
	s.camera.offer(phone)
}

// offer shows the ways to a phone and to this laptop's browser.
func (c *cameraDialog) offer(open func(local bool)) {
	way := func(local bool) func() {
		return func() {
			c.dialog.Close()
			open(local)
		}
	}
	c.ways.Objects = []fyne.CanvasObject{
		kit.NewSecondary("用手机拍", kit.Icon("phone"), way(false)), kit.NewSecondary("用浏览器拍", nil, way(true))}
	c.ways.Refresh()
	c.dialog.Refresh()
}
