package capture

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"doorstep/internal/fault"
	"doorstep/internal/photo"
)

// browserPage is a real Chromium with a camera that is not there, and its one page.
func browserPage(t *testing.T) context.Context {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		t.Skip("no Chromium on this machine: make setup installs it where it can")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.WSURLReadTimeout(2*time.Minute),
		chromedp.Flag("use-fake-device-for-media-stream", "device-count=2"), chromedp.Flag("use-fake-ui-for-media-stream", true),
		chromedp.Flag("allow-loopback-in-peer-connection", true),
		chromedp.Flag("host-resolver-rules", "MAP phone.test 127.0.0.1"))
	ctx, end := context.WithTimeout(t.Context(), 8*time.Minute)
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

// run drives the page.
func run(t *testing.T, ctx context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

// get asks the page.
func get[T any](t *testing.T, ctx context.Context, a chromedp.Action[T]) T {
	t.Helper()
	v, err := chromedp.Run(ctx, a)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// says waits until the page shows words.
func says(t *testing.T, ctx context.Context, words string) {
	t.Helper()
	for {
		got := get(t, ctx, chromedp.Text("#state"))
		if strings.Contains(got, words) {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("the page says %q, want %q", got, words)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// snap keeps what the page looks like where DOORSTEP_PICTURES names a folder.
func snap(t *testing.T, ctx context.Context, name string) {
	dir := os.Getenv("DOORSTEP_PICTURES")
	if dir == "" {
		return
	}
	for _, scheme := range []string{"light", "dark"} {
		run(t, ctx, chromedp.EmulateViewport(390, 844), chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
			_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
			return err
		}))
		if err := os.WriteFile(filepath.Join(dir, name+"-"+scheme+".png"), get(t, ctx, chromedp.FullScreenshot(100)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestChromiumPlaysThePhone(t *testing.T) {
	ctx := browserPage(t)
	t.Run("a page without a certificate sends the camera's pictures, and shows the laptop's words", func(t *testing.T) {
		p, _ := servePhone(t)
		run(t, ctx, chromedp.Navigate(p.address("phone.test")))
		joined(t, p)
		run(t, ctx, chromedp.WaitVisible("#take"))
		if get(t, ctx, chromedp.Evaluate[bool]("!!navigator.mediaDevices || !!window.isSecureContext")) {
			t.Fatal("the page is taken for a secure one: a phone's is not")
		}
		says(t, ctx, "户口簿")
		run(t, ctx, chromedp.WaitVisible("#hold-paper"), chromedp.WaitNotVisible("#hold-person"))
		snap(t, ctx, "phone")
		for n, w := range []int{2400, 300} { // a large one in many pieces, and another page
			want := goodShot(t, w, 1700)
			path := filepath.Join(t.TempDir(), "p.jpg")
			if err := os.WriteFile(path, want, 0o600); err != nil {
				t.Fatal(err)
			}
			run(t, ctx, chromedp.SetUploadFiles("#file", []string{path}))
			if got := shot(t, p); !bytes.Equal(got.Data, want) {
				t.Fatalf("picture %d: got %d bytes, want %d", n, len(got.Data), len(want))
			}
			says(t, ctx, "正在检查")
			p.Say(n == 1, "画面模糊，请重拍。")
			says(t, ctx, "画面模糊，请重拍。")
			if got, want := get(t, ctx, chromedp.Text("#label")), []string{"重拍", "拍照"}[n]; got != want {
				t.Errorf("the button says %s, want %s", got, want)
			}
			snap(t, ctx, "phone-words")
		}
		// Two are taken before the first is on its way: none is lost.
		run(t, ctx, chromedp.WaitNotVisible("#progress"))
		get(t, ctx, chromedp.Evaluate[bool]("window.held = new Promise(done => { window.go = done; }), window.plain = pour, pour = async (...all) => { await held; return plain(...all); }, true"))
		var all [][]byte
		for n := range 2 {
			all = append(all, goodShot(t, 320+n, 240))
			path := filepath.Join(t.TempDir(), "p.jpg")
			if err := os.WriteFile(path, all[n], 0o600); err != nil {
				t.Fatal(err)
			}
			run(t, ctx, chromedp.SetUploadFiles("#file", []string{path}))
			get(t, ctx, chromedp.Poll[bool]("sending === "+strconv.Itoa(n+1)))
		}
		says(t, ctx, "还有 1 张")
		get(t, ctx, chromedp.Evaluate[bool]("go(), true"))
		for n, want := range all {
			if got := shot(t, p); !bytes.Equal(got.Data, want) {
				t.Errorf("picture %d of two: got another", n)
			}
		}
		if strings.Contains(get(t, ctx, chromedp.Location()), p.token) {
			t.Error("the token stays in the address")
		}
		p.Close()
		says(t, ctx, "断开")
	})
	t.Run("a picture whose way breaks while it waits to be sent comes whole by a new one", func(t *testing.T) {
		p, _ := servePhone(t)
		run(t, ctx, chromedp.Navigate("about:blank"), chromedp.Navigate(p.address("phone.test")))
		joined(t, p)
		run(t, ctx, chromedp.WaitVisible("#take"))
		want := goodShot(t, 640, 480)
		path := filepath.Join(t.TempDir(), "p.jpg")
		if err := os.WriteFile(path, want, 0o600); err != nil {
			t.Fatal(err)
		}
		// The phone sleeps: its channel takes the bytes, and is gone before they are sent.
		get(t, ctx, chromedp.Evaluate[bool](`(() => {
			const ch = channel;
			Object.defineProperty(ch, 'bufferedAmount', { get: () => 7 });
			ch.send = () => setTimeout(() => ch.close(), 50);
			return true;
		})()`))
		run(t, ctx, chromedp.SetUploadFiles("#file", []string{path}))
		if got := shot(t, p); !bytes.Equal(got.Data, want) {
			t.Error("another picture came")
		}
		says(t, ctx, "正在检查")
	})
	for name, lose := range map[string]string{
		"a picture that was given to a channel and never came is sent again": `const ch = channel; ch.send = () => {}; setTimeout(() => ch.close(), 200)`,
		"a picture of which the phone was not told that it came is not another": `const plain = page.record; let lost = false;
			page.record = (kind, body) => { if (kind !== 'R' || lost) return plain(kind, body); lost = true; channel.close(); }`,
	} {
		t.Run(name, func(t *testing.T) {
			p, _ := servePhone(t)
			run(t, ctx, chromedp.Navigate("about:blank"), chromedp.Navigate(p.address("phone.test")))
			joined(t, p)
			run(t, ctx, chromedp.WaitVisible("#take"))
			want := goodShot(t, 640, 480)
			path := filepath.Join(t.TempDir(), "p.jpg")
			if err := os.WriteFile(path, want, 0o600); err != nil {
				t.Fatal(err)
			}
			get(t, ctx, chromedp.Evaluate[bool]("(() => { "+lose+"; return true; })()"))
			run(t, ctx, chromedp.SetUploadFiles("#file", []string{path}))
			pictures := 0
			for back := false; !back || pictures == 0; {
				e := next(t, p)
				back = back || e.Joined
				if e.Shot != nil {
					pictures++
					if !bytes.Equal(e.Shot.Data, want) {
						t.Error("another picture came")
					}
				}
			}
			says(t, ctx, "正在检查")
			select {
			case e := <-p.events:
				t.Errorf("got %+v after the picture", e)
			default:
			}
			if pictures != 1 {
				t.Errorf("pictures: got %d, want 1", pictures)
			}
		})
	}
	t.Run("a page with another token is refused in words", func(t *testing.T) {
		p, _ := servePhone(t)
		run(t, ctx, chromedp.Navigate("about:blank"), chromedp.Navigate(strings.TrimSuffix(p.address("phone.test"), p.token)+"GUESS"))
		says(t, ctx, "口令不对")
		if e := next(t, p); fault.KindOf(e.Refused) != fault.Untrusted {
			t.Errorf("the clerk is told %+v", e)
		}
		run(t, ctx, chromedp.Navigate("about:blank"), chromedp.Navigate(strings.TrimSuffix(p.address("phone.test"), "#"+p.token)))
		says(t, ctx, "缺少口令")
	})
}

func TestChromiumPlaysTheLocalCamera(t *testing.T) {
	ctx := browserPage(t)
	p, err := ServePhone(t.Context(), PhoneOptions{Title: "借款学生照片", Portrait: true, Local: true})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	run(t, ctx, chromedp.Navigate(p.Addresses()[0]), chromedp.WaitVisible("#shutter"), chromedp.WaitVisible("#guide"))
	says(t, ctx, "对准后")
	get(t, ctx, chromedp.Poll[bool]("document.getElementById('video').videoWidth > 0"))
	snap(t, ctx, "local")
	run(t, ctx, chromedp.Click("#shutter"))
	got := shot(t, p)
	if got.Source != "camera" {
		t.Errorf("got the source %s", got.Source)
	}
	img, _, err := photo.Decode(got.Data)
	if err != nil || img.Bounds().Dx() < 320 {
		t.Errorf("got %v, %v, want a frame of the camera", img, err)
	}
	says(t, ctx, "已收到")
	p.Say(false, "光线太暗，请重拍。")
	says(t, ctx, "光线太暗")
	get(t, ctx, chromedp.Poll[bool]("document.getElementById('shutter').textContent === '重拍'"))
	before := get(t, ctx, chromedp.Text("#next"))
	run(t, ctx, chromedp.Click("#next"))
	get(t, ctx, chromedp.Poll[bool]("document.getElementById('next').textContent !== "+strconv.Quote(before)))
	run(t, ctx, chromedp.WaitVisible("#shutter"))
}
