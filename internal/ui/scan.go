package ui

import (
	"context"
	"image"
	"strings"
	"time"

	"doorstep/internal/barcode"
	"doorstep/internal/capture"
	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// noCode is said of a picture in which no QR code was found.
const noCode = "图里没有找到清楚的二维码：让码占画面一半以上、不反光，再试一次；也可以逐字输入。"

// scanner reads a QR code that is held before a camera of this laptop, out of a
// picture file, or out of a picture by a phone or this laptop's browser, until
// take has what it wants.
type scanner struct {
	u       *Window
	take    func(text string) (why string)
	next    fyne.CanvasObject // what gets the caret afterwards
	dialog  *kit.Dialog
	frame   *kit.PhotoFrame
	view    *fyne.Container // the frame, or the code of the phone's page
	words   *kit.Text
	other   *kit.Button // another camera
	content *fyne.Container
	ctx     context.Context // of the dialog
	stop    context.CancelFunc
	seeing  context.CancelFunc // ends the camera
	turn    chan struct{}      // asks for the next camera
	link    *phoneLink         // nil until a phone is asked for
}

// scannable is a labelled field for a code, with the button beside it that fills
// it by a QR code. take gets what a code says, and gives why it is not the one that
// is wanted, or "" once it has taken it.
func (u *Window) scannable(of *kit.Labeled, field *kit.Field, take func(text string) (why string)) fyne.CanvasObject {
	return of.Beside(kit.NewSecondary("扫码…", kit.Icon("camera"), func() { u.scan(field, take) }))
}

// answerInto takes the QR code of an answer to a request into a field.
func answerInto(field *kit.Field) func(string) string {
	return func(text string) string {
		if !desk.IsAnswerScan(text) {
			return "这不是批准码或续期码的二维码，请扫对方给出的那一个。"
		}
		field.SetText(text)
		return ""
	}
}

// beginning takes a QR code that begins with one of its kind into a field.
func beginning(with string, field *kit.Field, why string) func(string) string {
	return func(text string) string {
		if !strings.HasPrefix(text, with) {
			return why
		}
		field.SetText(text)
		return ""
	}
}

// scan opens the camera until take has a code that it wants.
func (u *Window) scan(next fyne.CanvasObject, take func(text string) (why string)) *scanner {
	s := &scanner{u: u, take: take, next: next, turn: make(chan struct{}, 1)}
	s.ctx, s.stop = context.WithCancel(u.shift)
	s.frame = kit.NewPhotoFrame("正在打开摄像头…", 480, 0.6)
	s.frame.SetIcon("camera")
	s.view = container.NewStack(s.frame)
	s.words = kit.NewText("把二维码放到摄像头前，读到后自动填入。", kit.TextBody)
	s.other = kit.NewSecondary("换摄像头", kit.Icon("sync"), func() {
		select {
		case s.turn <- struct{}{}:
		default:
		}
	})
	s.other.Hide()
	s.content = container.New(&stacked{gap: 10}, s.view, s.words, container.NewHBox(
		kit.NewSecondary("用手机拍", kit.Icon("phone"), func() { s.byPhone(false) }),
		kit.NewSecondary("用浏览器拍", nil, func() { s.byPhone(true) }), s.other))
	s.dialog = kit.NewDialog(u.win, "用摄像头扫码", s.content, "选图片文件…", "取消", func() bool {
		s.byFile()
		return false
	})
	s.dialog.SetWidth(540)
	s.dialog.SetOnClosed(s.close)
	s.dialog.Show()
	kit.Focus(s.dialog.YesButton())
	s.byCamera()
	return s
}

func (s *scanner) say(kind kit.TextKind, words string) {
	if s.words.Text() == words {
		return
	}
	s.words.SetKind(kind)
	s.words.SetText(words)
	s.content.Refresh()
	s.dialog.Refresh()
}

// heard gives what codes say to who wants one, and is why none of them is it.
func (s *scanner) heard(texts []string) (why string) {
	if s.ctx.Err() != nil {
		return noCode
	}
	why = noCode
	for _, text := range texts {
		if why = s.take(text); why == "" {
			return ""
		}
	}
	s.say(kit.TextBad, why)
	return why
}

// done closes the dialog once a code was taken.
func (s *scanner) done() {
	s.dialog.Close()
	kit.Notice(s.u.win, kit.Good, "已读到二维码。")
	kit.Focus(s.next)
}

// byCamera looks through cameras, one at a time, until the dialog is closed or
// another way is taken.
func (s *scanner) byCamera() {
	ctx, end := context.WithCancel(s.ctx)
	s.seeing = end
	s.u.run("scan by camera", func(context.Context) (err error) {
		cameras, err := s.u.deps.Cameras(ctx)
		if err == nil && len(cameras) == 0 {
			err = fault.Tell("scan by camera", fault.Unavailable, "没有找到摄像头：可以逐字输入、用扫码枪扫，也可以用手机拍、用浏览器拍，或选图片文件。", nil)
		}
		for _, c := range cameras {
			defer func() { _ = c.Close() }() // what was read is read
		}
		for at := 0; err == nil && ctx.Err() == nil; at++ {
			c := cameras[at%len(cameras)]
			s.u.back(func() {
				setVisible(s.other, len(cameras) > 1 && s.link == nil)
				s.content.Refresh()
			})
			err = s.look(ctx, c)
		}
		return err
	}, func(err error) {
		if err == nil || ctx.Err() != nil {
			return
		}
		s.frame.SetEmpty("摄像头没有打开")
		s.say(kit.TextBad, sentence(err))
	})
}

// look shows what a camera sees and looks for a code in it, until ctx ends or
// another camera is asked for.
func (s *scanner) look(ctx context.Context, cam capture.Camera) error {
	ctx, end := context.WithCancel(ctx)
	defer end()
	frames, err := cam.Preview(ctx)
	if err != nil {
		return err
	}
	last := time.Time{}
	for {
		var img image.Image
		var more bool
		select {
		case <-s.turn:
			return nil
		case img, more = <-frames:
		}
		if !more {
			return cam.Err()
		}
		if time.Since(last) >= frameGap {
			last = time.Now()
			small := shrink(img, 720)
			s.u.back(func() {
				if ctx.Err() == nil {
					s.frame.SetImage(small)
				}
			})
		}
		s.u.mill.try(func() {
			if code, ok := barcode.Scan(img); ok {
				s.u.back(func() {
					if ctx.Err() == nil && s.heard([]string{code.Text}) == "" {
						s.done()
					}
				})
			}
		})
	}
}

// codesIn are what the QR codes of pictures say, each an encoded image.
func codesIn(ctx context.Context, pictures ...[]byte) ([]string, error) {
	var out []string
	for _, b := range pictures {
		img, err := desk.DecodeImage(b)
		if err != nil {
			return nil, err
		}
		all, err := barcode.Read(ctx, img)
		if err != nil {
			return nil, err
		}
		for _, c := range all {
			if c.QR {
				out = append(out, c.Text)
			}
		}
	}
	return out, nil
}

// byFile reads a picture that is there already, or the pages of a document.
func (s *scanner) byFile() {
	kit.NewChooser(s.u.win, "二维码的图片", kit.ChooserOptions{Suffixes: scanSuffixes()}, func(path string) {
		var texts []string
		s.dialog.YesButton().SetBusy("正在读取…")
		s.u.grind("scan file", func(ctx context.Context) error {
			shots, err := capture.FromFile(ctx, s.u.deps.Pages, path)
			for _, shot := range shots[:min(len(shots), letterPages)] {
				more, err := codesIn(ctx, shot.Data)
				if err != nil {
					return err
				}
				texts = append(texts, more...)
			}
			return err
		}, func(err error) {
			s.dialog.YesButton().SetBusy("")
			if err != nil {
				s.say(kit.TextBad, sentence(err))
				return
			}
			if s.heard(texts) == "" {
				s.done()
			}
		})
	}).Show()
}

// byPhone serves the page by which a phone, or this laptop's browser where the
// camera is its alone, takes a picture of the code.
func (s *scanner) byPhone(local bool) {
	s.seeing()
	if s.link != nil {
		s.link.close()
	}
	s.link = newPhoneLink(s.u, "逐字输入或选图片文件", s.say, s.came)
	if local {
		s.frame.SetImage(nil)
		s.frame.SetEmpty("照片还没有传来")
		s.view.Objects = []fyne.CanvasObject{s.frame}
	} else {
		s.view.Objects = []fyne.CanvasObject{container.NewCenter(s.link.code)}
	}
	s.other.Hide()
	s.content.Objects = append(s.content.Objects[:3:3], s.link.where, s.link.other)
	s.say(kit.TextBody, "正在准备…")
	s.link.serve(capture.PhoneOptions{Title: "二维码", Local: local})
}

// came takes what the phone did.
func (s *scanner) came(e capture.PhoneEvent) {
	link := s.link
	switch {
	case e.Joined:
		s.say(kit.TextOK, "手机已连上，请在手机上拍二维码。")
	case e.Left:
		s.say(kit.TextWarn, "手机断开了，它会自动重连；连不上时请再扫一次码。")
	case e.Refused != nil:
		s.say(kit.TextBad, sentence(e.Refused))
	case e.Shot != nil:
		var texts []string
		s.say(kit.TextBody, "照片已到，正在读取…")
		shot := *e.Shot
		s.u.grind("scan shot", func(ctx context.Context) (err error) {
			texts, err = codesIn(ctx, shot.Data)
			return err
		}, func(err error) {
			if s.ctx.Err() != nil || link != s.link || link.phone == nil {
				return
			}
			if err != nil {
				link.phone.Say(false, "这张照片用不了，请重拍。")
				s.say(kit.TextBad, sentence(err))
				return
			}
			if why := s.heard(texts); why != "" {
				link.phone.Say(false, why)
				return
			}
			link.phone.Say(true, "已读到二维码，请看电脑。")
			s.done()
		})
	}
}

// close ends the camera and the page.
func (s *scanner) close() {
	s.stop()
	if s.link != nil {
		s.link.close()
	}
}
