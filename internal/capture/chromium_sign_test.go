package capture

import (
	"bytes"
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"doorstep/internal/fault"
)

// touches lets a finger go along points of the pad, from 0 to 1 across and down.
func touches(t *testing.T, ctx context.Context, points ...[2]float64) {
	t.Helper()
	box := get(t, ctx, chromedp.Evaluate[[]float64](`(() => { const b = document.getElementById('pad').getBoundingClientRect(); return [b.left, b.top, b.width, b.height]; })()`))
	send := func(kind input.DispatchTouchEventType, at ...*input.TouchPoint) {
		run(t, ctx, chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
			_, err := chromedp.Call(ctx, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: kind, TouchPoints: at})
			return err
		}))
	}
	for i, p := range points {
		kind := input.DispatchTouchEventTypeTouchMove
		if i == 0 {
			kind = input.DispatchTouchEventTypeTouchStart
		}
		send(kind, &input.TouchPoint{X: box[0] + p[0]*box[2], Y: box[1] + p[1]*box[3]})
	}
	send(input.DispatchTouchEventTypeTouchEnd, []*input.TouchPoint{}...)
}

// arc is a round line of n points.
func arc(n int, x, y, r float64) [][2]float64 {
	out := make([][2]float64, n)
	for i := range out {
		a := 5 * float64(i) / float64(n)
		out[i] = [2]float64{x + r*math.Cos(a)/3, y + r*math.Sin(a)}
	}
	return out
}

func TestChromiumSignsWithAFinger(t *testing.T) {
	ctx := browserPage(t)
	p, _ := servePhoneFor(t, PhoneOptions{Title: "手机签名", Sign: testSigning()})
	run(t, ctx, chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch), chromedp.Navigate(p.address("phone.test")))
	joined(t, p)
	run(t, ctx, chromedp.WaitVisible("#pad"))
	for id, want := range map[string]string{"#document": "国家助学贷款借款合同", "#signer": "借款学生 韦*甲", "#mark": "a1b2 c3d4", "#manner": "请写本人姓名。"} {
		if got := get(t, ctx, chromedp.Text(id)); got != want {
			t.Errorf("%s shows %q, want %q", id, got, want)
		}
	}
	off := func(id string) bool {
		return get(t, ctx, chromedp.Evaluate[bool]("document.getElementById('"+id+"').disabled"))
	}
	if !off("confirm") || !off("clear") {
		t.Error("nothing is signed, and can be confirmed")
	}
	snap(t, ctx, "sign-empty")
	touches(t, ctx, arc(8, .3, .5, .3)...)
	if off("clear") {
		t.Error("what was drawn cannot be taken back")
	}
	run(t, ctx, chromedp.Click("#clear"))
	if !off("confirm") {
		t.Error("what was taken back can be confirmed")
	}
	touches(t, ctx, arc(12, .3, .5, .3)...)
	touches(t, ctx, [2]float64{.6, .3}, [2]float64{.7, .5}, [2]float64{.95, .8}, [2]float64{1.3, 2}) // and beyond the edge
	snap(t, ctx, "sign")
	run(t, ctx, chromedp.Click("#confirm"))
	e := next(t, p)
	for e.Joined || e.Left {
		e = next(t, p)
	}
	if len(e.Ink) != 2 || len(e.Ink[0]) < 3 || len(e.Ink[1]) < 2 {
		t.Fatalf("got %+v, want two strokes", e)
	}
	first, last := e.Ink[0][0], e.Ink[1][len(e.Ink[1])-1]
	if math.Abs(float64(first.X)-.4) > .02 || math.Abs(float64(first.Y)-.5) > .05 || first.T != 0 || last.X != 1 || last.Y != 1 || last.T == 0 {
		t.Errorf("from %+v to %+v: not where the finger was", first, last)
	}
	says(t, ctx, "已传到电脑")
	if !off("confirm") || !off("clear") {
		t.Error("it can be signed a second time")
	}
	snap(t, ctx, "sign-sent")
	p.AskAgain("签名太小，请写大一些。")
	says(t, ctx, "写大一些")
	get(t, ctx, chromedp.Poll[bool]("!strokes.length && !sent"))
	touches(t, ctx, arc(12, .4, .5, .4)...)
	run(t, ctx, chromedp.Click("#confirm"))
	if e := next(t, p); len(e.Ink) != 1 {
		t.Errorf("got %+v, want the signature that was asked for again", e)
	}
	t.Run("another phone with the same code is refused in words", func(t *testing.T) {
		run(t, ctx, chromedp.Navigate("about:blank"), chromedp.Navigate(p.address("phone.test")))
		says(t, ctx, "只能用一次")
		for {
			e := next(t, p)
			if e.Joined {
				t.Fatal("it joined")
			}
			if fault.KindOf(e.Refused) == fault.Untrusted {
				return
			}
		}
	})
}

func TestChromiumKeepsTheFamilysCopy(t *testing.T) {
	ctx := browserPage(t)
	gift, folder := testGift(), t.TempDir()
	p, _ := servePhoneFor(t, PhoneOptions{Title: "保存合同", Gift: gift})
	yes := true
	run(t, ctx, chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
			Behavior: browser.SetDownloadBehaviorBehaviorAllow, DownloadPath: folder, EventsEnabled: &yes})
		return err
	}), chromedp.Navigate(p.address("phone.test")))
	e := next(t, p)
	for !e.Joined {
		e = next(t, p)
	}
	run(t, ctx, chromedp.WaitVisible("#digits"))
	if got := get(t, ctx, chromedp.Text("#digits")); got != e.Digits {
		t.Errorf("the phone shows %s, the laptop %s", got, e.Digits)
	}
	if get(t, ctx, chromedp.Evaluate[bool]("!document.getElementById('file').hidden")) {
		t.Error("the file is there before a person said that it is the right phone")
	}
	snap(t, ctx, "gift-digits")
	p.Give()
	if e := next(t, p); !e.Given {
		t.Fatalf("got %+v, want that the phone has it", e)
	}
	run(t, ctx, chromedp.WaitVisible("#save"))
	says(t, ctx, "请保存")
	if got := get(t, ctx, chromedp.Text("#mark")); got != MarkOf(gift.Data) {
		t.Errorf("the phone shows the mark %s, want %s", got, MarkOf(gift.Data))
	}
	snap(t, ctx, "gift")
	run(t, ctx, chromedp.Click("#save"))
	path := filepath.Join(folder, gift.Name)
	for {
		if b, err := os.ReadFile(path); err == nil && len(b) == len(gift.Data) {
			if !bytes.Equal(b, gift.Data) {
				t.Error("what the phone saved is something else")
			}
			return
		}
		select {
		case <-ctx.Done():
			names, _ := filepath.Glob(filepath.Join(folder, "*"))
			t.Fatalf("nothing is saved under the name: %d files", len(names))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func TestChromiumShowsTheHintsOverThePreview(t *testing.T) {
	ctx := browserPage(t)
	frames := make(chan int, 1)
	p, err := ServePhone(t.Context(), PhoneOptions{Title: "借款学生照片", Portrait: true, Local: true,
		Look: func(_ context.Context, b []byte) (bool, string) {
			s, err := shotOf(b)
			if err != nil || len(s.Data) > maxLook {
				t.Errorf("a frame of %d bytes: %v", len(b), err)
			}
			select {
			case frames <- 1:
				return false, "光线太暗"
			default:
				return true, "位置和光线都好"
			}
		}})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	run(t, ctx, chromedp.Navigate(p.Addresses()[0]), chromedp.WaitVisible("#guide"), chromedp.WaitVisible("#hint"))
	get(t, ctx, chromedp.Poll[bool]("document.getElementById('hint').textContent === '位置和光线都好'"))
	if len(frames) != 1 {
		t.Error("the first frame was not judged")
	}
	snap(t, ctx, "local-hint")
	if strings.Contains(get(t, ctx, chromedp.Text("#state")), "口令") {
		t.Error("the page is refused")
	}
}
