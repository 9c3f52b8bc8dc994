package ui

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"doorstep/internal/capture"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// phoneInk is a signature as a phone sends it.
func phoneInk(size float32) capture.Ink {
	var s capture.InkStroke
	for i := range 30 {
		s = append(s, capture.InkPoint{X: .1 + float32(i)*size/40, Y: .3 + float32(i%7)*size/20, T: uint32(i * 12)})
	}
	return capture.Ink{s}
}

// toSign is a case whose contract was read, before the first signature.
func toSign(r *rig) (*visit, *signStep) {
	r.t.Helper()
	v := r.open(loan.First, false, entered, submitted, reviewed)
	sign := v.steps[stepSign].(*signStep)
	r.ui(func() { v.show(stepSign) })
	r.settle()
	r.ui(func() {
		sign.known[0].Tapped(nil)
		sign.known[1].Tapped(nil)
	})
	r.press("双方已知悉，生成合同")
	r.readsOn(sign)
	return v, sign
}

// turns goes over to the phone in the dialog that is open.
func (r *rig) turns(sign *signStep) *padPhone {
	r.t.Helper()
	r.ui(func() { sign.pad.way.Tapped(nil) })
	r.until("the page is served", func() bool { return sign.pad.by != nil && sign.pad.by.link.phone != nil })
	return sign.pad.by
}

func TestASignatureIsGivenOnAPhone(t *testing.T) {
	r := newRig(t, kit.Light)
	v, sign := toSign(r)
	r.press("请借款学生签名")
	p := r.turns(sign)
	r.snap("dialog-sign-phone")
	yes := func() (on bool) {
		r.ui(func() { on = !r.dialog().YesButton().Disabled() })
		return on
	}
	r.ui(func() {
		s := p.signing()
		if strings.Contains(s.Signer, v.app().Student.Name) || !strings.Contains(s.Signer, "*") || s.Mark != capture.MarkOf(sign.view.pdf) {
			t.Errorf("the phone shows %+v", s)
		}
		p.hear(capture.PhoneEvent{Joined: true})
		if len(p.link.code.Objects) > 0 {
			t.Error("the code, which is void, is still shown")
		}
		p.hear(capture.PhoneEvent{Refused: fault.Tell("test", fault.Input, "手机发来的签名没有采用（笔画过多）", nil)})
		if !sign.pad.pad.Empty() || !strings.Contains(sign.pad.words.Text(), "没有采用") {
			t.Errorf("a signature that is none: %s", sign.pad.words.Text())
		}
		p.hear(capture.PhoneEvent{Ink: phoneInk(.01)})
		if !sign.pad.pad.Empty() || sign.pad.paper.Visible() || !strings.Contains(p.words.Text(), "太小") {
			t.Errorf("a speck: %s", p.words.Text())
		}
		p.hear(capture.PhoneEvent{Ink: phoneInk(1)})
		if sign.pad.pad.Empty() || !sign.pad.paper.Visible() {
			t.Error("the signature is not shown")
		}
	})
	if yes() {
		t.Error("it can be kept before the clauses are ticked")
	}
	if k := r.saved(v.id).Contract; len(k.Signatures) != 0 {
		t.Fatal("it is kept before it was confirmed")
	}
	r.ticks()
	r.snap("dialog-sign-phone-came")
	r.ui(func() {
		sign.pad.again.Tapped(nil)
		if !sign.pad.pad.Empty() || sign.pad.paper.Visible() {
			t.Error("to be written again, and the first is still there")
		}
		if !r.dialog().YesButton().Disabled() {
			t.Error("nothing can be confirmed")
		}
		p.hear(capture.PhoneEvent{Ink: phoneInk(1)})
	})
	r.answer()
	c := r.saved(v.id)
	if k := c.Contract.Signatures[loan.StudentParty]; k.Means != loan.OnPhone || len(k.Clauses) == 0 || len(c.Contract.Readings) == 0 {
		t.Fatalf("kept: %+v, readings %d", k, len(c.Contract.Readings))
	}
	r.press("请共同借款人签名")
	r.turns(sign)
	r.ui(func() { sign.pad.way.Tapped(nil) }) // and back to the pad
	r.draws()
	r.ticks()
	r.answer()
	if k := r.saved(v.id).Contract.Signatures[loan.CoborrowerParty]; k.Means != "" || k.Ink.Zero() {
		t.Errorf("signed on the pad after all: %+v", k)
	}
}

func TestTheContractGoesToThePhoneThatShowsTheDigits(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false, entered, submitted, reviewed, signed, finished)
	r.ui(func() { v.show(stepReceipt) })
	r.settle()
	step := v.steps[stepReceipt].(*receiptStep)
	chain := func() uint64 {
		n, _ := r.u.desk.Store().Head()
		return n
	}
	before := chain()
	r.ui(func() {
		step.which.SetValue(showContract)
		step.phone.Tapped(nil)
	})
	d := v.gift
	r.until("the page is served", func() bool { return d.link.phone != nil && len(d.link.code.Objects) > 0 })
	r.snap("dialog-gift")
	r.ui(func() {
		if d.send.Visible() {
			t.Error("it can be sent, and no phone is there")
		}
		d.hear(capture.PhoneEvent{Joined: true, Digits: "0417"})
		if !d.send.Visible() || d.digits.Text() != "0417" || len(d.link.code.Objects) > 0 {
			t.Error("the digits are not shown, or the code still is")
		}
	})
	r.snap("dialog-gift-joined")
	if chain() != before {
		t.Error("noted as given before anybody said so")
	}
	r.ui(func() { d.send.Tapped(nil) })
	r.until("it is noted", func() bool { return chain() == before+1 && !d.send.Busy() })
	r.ui(func() { d.hear(capture.PhoneEvent{Given: true}) })
	r.until("it is noted that the phone has it", func() bool { return chain() == before+2 && strings.Contains(d.words.Text(), "已收到") })
	r.ui(func() { d.dialog.Close() })
	r.settle()
}

// phoneBrowser is a real Chromium that plays the phone.
func phoneBrowser(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no Chromium on this machine: make setup installs it where it can")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.WSURLReadTimeout(2*time.Minute),
		chromedp.Flag("allow-loopback-in-peer-connection", true), chromedp.Flag("host-resolver-rules", "MAP phone.test 127.0.0.1"))
	ctx, end := context.WithTimeout(t.Context(), 4*time.Minute)
	ctx, endBrowser := chromedp.NewExecAllocator(ctx, options...)
	ctx, endPage := chromedp.NewContext(ctx)
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx) // waits until the browser has ended
		endPage()
		endBrowser()
		end()
	})
	if err := chromedp.Do(ctx); err != nil {
		t.Skipf("Chromium does not start on this machine: %v", err)
	}
	return ctx
}

// address is where the phone's browser finds the page.
func (l *phoneLink) address() string {
	return strings.Replace(l.phone.Addresses()[0], "127.0.0.1", "phone.test", 1)
}

func TestChromiumPlaysTheFamilysPhone(t *testing.T) {
	ctx := phoneBrowser(t)
	do := func(steps ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		if err := chromedp.Do(ctx, steps...); err != nil {
			t.Fatal(err)
		}
	}
	text := func(id string) string {
		t.Helper()
		s, err := chromedp.Run(ctx, chromedp.Text(id))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	r := newRig(t, kit.Light)
	v, sign := toSign(r)
	for _, party := range []string{"借款学生", "共同借款人"} {
		r.press("请" + party + "签名")
		p := r.turns(sign)
		do(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch),
			chromedp.Navigate("about:blank"), chromedp.Navigate(p.link.address()), chromedp.WaitVisible("#pad"))
		if got, want := text("#mark"), capture.MarkOf(sign.view.pdf); got != want {
			t.Errorf("%s: the phone shows the mark %s, the window %s", party, got, want)
		}
		box, err := chromedp.Run(ctx, chromedp.Evaluate[[]float64](`(() => { const b = document.getElementById('pad').getBoundingClientRect(); return [b.left, b.top, b.width, b.height]; })()`))
		if err != nil {
			t.Fatal(err)
		}
		touch := func(kind input.DispatchTouchEventType, at ...*input.TouchPoint) {
			do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
				_, err := chromedp.Call(ctx, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: kind, TouchPoints: at})
				return err
			}))
		}
		kind := input.DispatchTouchEventTypeTouchStart
		for i := range 12 {
			touch(kind, &input.TouchPoint{X: box[0] + box[2]*(.1+.07*float64(i)), Y: box[1] + box[3]*(.3+.4*float64(i%2))})
			kind = input.DispatchTouchEventTypeTouchMove
		}
		touch(input.DispatchTouchEventTypeTouchEnd, []*input.TouchPoint{}...)
		do(chromedp.Click("#confirm"))
		r.until("the signature is in the window", func() bool { return !sign.pad.pad.Empty() && sign.pad.paper.Visible() })
		r.ticks()
		r.answer()
	}
	if c := r.saved(v.id); !c.SignedInFull() || c.Contract.Signatures[loan.StudentParty].Means != loan.OnPhone {
		t.Fatalf("signed: %+v", c.Contract.Signatures)
	}
	r.press("封存合同")
	r.press("完成受理")
	want, err := r.u.desk.SealedContract(t.Context(), r.saved(v.id))
	if err != nil {
		t.Fatal(err)
	}
	folder, on := t.TempDir(), true
	do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
			Behavior: browser.SetDownloadBehaviorBehaviorAllow, DownloadPath: folder, EventsEnabled: &on})
		return err
	}))
	step := v.steps[stepReceipt].(*receiptStep)
	r.ui(func() {
		step.which.SetValue(showContract)
		step.phone.Tapped(nil)
	})
	d := v.gift
	r.until("the code is shown", func() bool { return d.link.phone != nil && len(d.link.code.Objects) > 0 })
	do(chromedp.Navigate("about:blank"), chromedp.Navigate(d.link.address()), chromedp.WaitVisible("#digits"))
	shown := text("#digits")
	r.until("the digits are shown", func() bool { return d.digits.Text() == shown })
	r.ui(func() { d.send.Tapped(nil) })
	do(chromedp.WaitVisible("#save"), chromedp.Click("#save"))
	id := v.id.String()
	path := filepath.Join(folder, "助学贷款合同-"+id[len(id)-8:]+".pdf")
	r.until("the phone has saved it", func() bool {
		b, err := os.ReadFile(path)
		return err == nil && bytes.Equal(b, want)
	})
	r.until("the window says so", func() bool { return strings.Contains(d.words.Text(), "已收到") })
	r.ui(func() { d.dialog.Close() })
	r.settle()
}
