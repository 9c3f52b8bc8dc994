package capture

import (
	"bytes"
	"context"
	"image"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// roomAddress is an address of this machine that is not the loopback's.
func roomAddress(t *testing.T) string {
	t.Helper()
	all, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		if n, ok := a.(*net.IPNet); ok && !n.IP.IsLoopback() && n.IP.To4() != nil && !n.IP.IsLinkLocalUnicast() {
			return n.IP.String()
		}
	}
	t.Skip("this machine is on no network: a page of it is a secure one")
	return ""
}

// room lets the page be reached as from a phone: at an address that is not the
// loopback's. It can go away and come back, as a hotspot does.
type room struct {
	at, to string
	mu     sync.Mutex
	l      net.Listener
	open   map[net.Conn]bool
	work   sync.WaitGroup
}

func newRoom(t *testing.T, p *Phone) *room {
	t.Helper()
	r := &room{at: net.JoinHostPort(roomAddress(t), "0"), to: p.listener.Addr().String(), open: map[net.Conn]bool{}}
	r.back(t)
	t.Cleanup(func() { r.away(); r.work.Wait() })
	return r
}

func (r *room) back(t *testing.T) {
	t.Helper()
	l, err := net.Listen("tcp4", r.at)
	if err != nil {
		t.Fatal(err)
	}
	r.mu.Lock()
	r.l, r.at = l, l.Addr().String()
	r.mu.Unlock()
	r.work.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			r.carry(c)
		}
	})
}

func (r *room) carry(c net.Conn) {
	r.mu.Lock()
	to := r.to
	r.mu.Unlock()
	d, err := net.Dial("tcp4", to)
	if err != nil {
		c.Close()
		return
	}
	r.mu.Lock()
	r.open[c], r.open[d] = true, true
	r.mu.Unlock()
	for _, way := range [][2]net.Conn{{c, d}, {d, c}} {
		r.work.Go(func() {
			_, _ = io.Copy(way[0], way[1])
			c.Close()
			d.Close()
		})
	}
}

func (r *room) away() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.l.Close()
	for c := range r.open {
		c.Close()
	}
	clear(r.open)
}

func (r *room) page(p *Phone) string { return "http://" + r.at + "/#" + p.token }

// save lets the phone's page be saved, and gives the file.
func save(t *testing.T, ctx context.Context, folder string) string {
	t.Helper()
	yes := true
	run(t, ctx, chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
			Behavior: browser.SetDownloadBehaviorBehaviorAllow, DownloadPath: folder, EventsEnabled: &yes})
		return err
	}))
	run(t, ctx, chromedp.Click("#live summary"), chromedp.WaitVisible("#keep"), chromedp.Click("#keep"))
	for {
		files, _ := filepath.Glob(filepath.Join(folder, "*.html"))
		if len(files) == 1 {
			if b, err := os.ReadFile(files[0]); err == nil && strings.HasSuffix(strings.TrimSpace(string(b)), "</html>") {
				return files[0]
			}
		}
		select {
		case <-ctx.Done():
			t.Fatal("nothing is saved")
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// seen waits until parts of the page are on the screen.
func seen(t *testing.T, ctx context.Context, ids ...string) {
	t.Helper()
	for _, id := range ids {
		for !get(t, ctx, chromedp.Evaluate[bool]("document.getElementById('"+id+"').getClientRects().length > 0")) {
			select {
			case <-ctx.Done():
				t.Fatalf("%s is not on the screen", id)
			case <-time.After(20 * time.Millisecond):
			}
		}
	}
}

// fromAFile opens the page by the code, saves it, and opens what was saved.
func fromAFile(t *testing.T, ctx context.Context, p *Phone, r *room) (path string) {
	t.Helper()
	run(t, ctx, chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch), chromedp.Navigate("about:blank"), chromedp.Navigate(r.page(p)))
	joined(t, p)
	seen(t, ctx, "take", "live")
	if get(t, ctx, chromedp.Evaluate[bool]("!!navigator.mediaDevices || window.isSecureContext")) {
		t.Fatal("the page is taken for a secure one: a phone's is not")
	}
	snap(t, ctx, "saved-before")
	path = save(t, ctx, t.TempDir())
	snap(t, ctx, "saved-kept")
	run(t, ctx, chromedp.Navigate("file://"+path))
	joined(t, p)
	return path
}

func TestChromiumShowsThePreviewOfASavedPage(t *testing.T) {
	ctx := browserPage(t)
	p, _ := servePhoneFor(t, PhoneOptions{Title: "借款学生照片", Portrait: true,
		Look: func(_ context.Context, b []byte) (bool, string) {
			if s, err := shotOf(b); err != nil || len(s.Data) > maxLook {
				t.Errorf("a frame of %d bytes: %v", len(b), err)
			}
			return false, "光线太暗"
		}})
	r := newRoom(t, p)
	path := fromAFile(t, ctx, p, r)
	seen(t, ctx, "shutter", "guide", "hint", "take")
	if got := get(t, ctx, chromedp.Text("#hint")); got != "光线太暗" {
		t.Errorf("the hint says %q", got)
	}
	snap(t, ctx, "saved")
	wide := get(t, ctx, chromedp.Evaluate[int]("document.getElementById('video').videoWidth"))
	still := func() {
		t.Helper()
		run(t, ctx, chromedp.Click("#shutter"))
		img, _, err := image.DecodeConfig(bytes.NewReader(shot(t, p).Data))
		if err != nil || img.Width < wide || wide < 1280 {
			t.Errorf("got %+v, %v, want a picture as fine as the camera's %d", img, err, wide)
		}
		says(t, ctx, "正在检查")
	}
	still()
	p.Say(false, "光线太暗，请重拍。")
	says(t, ctx, "请重拍")
	t.Run("the page saved holds the way to this laptop and nothing of a person", func(t *testing.T) {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := filepath.Base(path); got != "实时取景.html" {
			t.Errorf("it is saved as %s", got)
		}
		if strings.Contains(string(b), "借款学生") || strings.Count(string(b), p.token) != 1 {
			t.Error("it holds a title, or the token not once")
		}
	})
	t.Run("the hotspot breaks and comes back, and the preview goes on", func(t *testing.T) {
		r.away()
		p.mu.Lock()
		conn := p.conn
		p.mu.Unlock()
		conn.Close()
		says(t, ctx, "断开")
		r.back(t)
		joined(t, p)
		seen(t, ctx, "shutter", "guide")
		still()
	})
	t.Run("a page of a former visit says to read the code again, and alarms nobody", func(t *testing.T) {
		p.Close()
		q, _ := servePhoneFor(t, PhoneOptions{Title: "户口簿"})
		r.away()
		r.mu.Lock()
		r.to = q.listener.Addr().String() // another visit, by chance at the same address
		r.mu.Unlock()
		r.back(t)
		run(t, ctx, chromedp.Navigate("about:blank"), chromedp.Navigate("file://"+path))
		says(t, ctx, "请重新扫码")
		snap(t, ctx, "saved-stale")
		r.away()
		run(t, ctx, chromedp.Navigate("about:blank"), chromedp.Navigate("file://"+path))
		says(t, ctx, "请重新扫码")
		select {
		case e := <-q.alarms:
			t.Errorf("the clerk is told %+v", e)
		case e := <-q.events:
			t.Errorf("the laptop hears %+v", e)
		default:
		}
	})
}

func TestChromiumRefusedTheCameraTakesPicturesAllTheSame(t *testing.T) {
	ctx := browserPage(t)
	p, _ := servePhone(t)
	r := newRoom(t, p)
	run(t, ctx, chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
			Source: "if (navigator.mediaDevices) navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError'))"})
		return err
	}))
	fromAFile(t, ctx, p, r)
	seen(t, ctx, "take", "note", "next")
	if got := get(t, ctx, chromedp.Text("#note")); !strings.Contains(got, "请直接用“拍照”") {
		t.Errorf("the page says %q", got)
	}
	snap(t, ctx, "saved-refused")
	want := goodShot(t, 640, 480)
	file := filepath.Join(t.TempDir(), "p.jpg")
	if err := os.WriteFile(file, want, 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, ctx, chromedp.SetUploadFiles("#file", []string{file}))
	if got := shot(t, p); !bytes.Equal(got.Data, want) {
		t.Error("another picture came")
	}
}

func TestChromiumSaysWhereNoPreviewCanBe(t *testing.T) {
	ctx := browserPage(t)
	for agent, want := range map[string]string{
		"Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/130.0 Mobile MicroMessenger/8.0": "微信里不能取景",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1":  "苹果手机",
		"Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36":      "打不开也不要紧",
	} {
		p, _ := servePhone(t)
		run(t, ctx, chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
			_, err := chromedp.Call(ctx, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{UserAgent: agent})
			return err
		}), chromedp.Navigate("about:blank"), chromedp.Navigate(p.address("phone.test")))
		joined(t, p)
		seen(t, ctx, "take", "live")
		run(t, ctx, chromedp.Click("#live summary"))
		seen(t, ctx, "live-no")
		if got := get(t, ctx, chromedp.Text("#live-no")); !strings.Contains(got, want) || !strings.Contains(got, "“拍照”") {
			t.Errorf("the page says %q, want %s", got, want)
		}
		if got, want := get(t, ctx, chromedp.Evaluate[bool]("document.getElementById('keep').getClientRects().length > 0")), want == "打不开也不要紧"; got != want {
			t.Errorf("%s: the page can be saved: %v", agent, got)
		}
		p.Close()
	}
}

// A page that a stranger put on the phone has an address of its own, or none as a
// page from a file; neither reaches the laptop without the token.
func TestChromiumKeepsAStrangersPageOut(t *testing.T) {
	ctx := browserPage(t)
	p, _ := servePhone(t)
	r := newRoom(t, p)
	file := filepath.Join(t.TempDir(), "stranger.html")
	if err := os.WriteFile(file, []byte("<!doctype html><title>x</title>"), 0o600); err != nil {
		t.Fatal(err)
	}
	other := newRoom(t, p) // another address: another page's
	tries := func(proof string) []string {
		return get(t, ctx, chromedp.Evaluate[[]string](`(async () => {
			const out = [];
			for (const [method, path] of [['GET', 'about'], ['POST', 'pair'], ['GET', 'saved.html'], ['GET', 'saved/`+proof+`/about'], ['POST', 'saved/`+proof+`/pair']]) {
				try {
					const res = await fetch('http://`+r.at+`/' + path, { method: method, body: method === 'POST' ? '{}' : undefined, headers: path.endsWith('pair') ? { 'X-Any': '1' } : {} });
					out.push(method + ' ' + path.replace(/[0-9a-f]{64}/, 'PROOF') + ' ' + res.status);
				} catch (e) { out.push('no'); }
			}
			return out;
		})()`, chromedp.EvalAwaitPromise))
	}
	shut := []string{"no", "no", "no", "no", "no"}
	run(t, ctx, chromedp.Navigate("file://"+file))
	if got := tries(strings.Repeat("0", 64)); !slices.Equal(got, shut) {
		t.Errorf("a page from a file without the token: got %q", got)
	}
	run(t, ctx, chromedp.Navigate("http://"+other.at+"/about"))
	if got := tries(phoneMAC(p.token, "saved")); !slices.Equal(got, shut) {
		t.Errorf("a page with an address of its own: got %q", got)
	}
	run(t, ctx, chromedp.Navigate("file://"+file))
	if got := tries(phoneMAC(p.token, "saved")); got[3] == "no" {
		t.Errorf("a page with the token is not answered: %q: the others prove nothing", got)
	}
}
