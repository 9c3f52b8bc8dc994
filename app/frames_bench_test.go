//go:build linux && !ci

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/jpeg"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"doorstep/internal/capture"
	"doorstep/internal/ui"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/test"
	"golang.org/x/sys/unix"
)

// framesEnv names the data folder of the window that framesWindow is.
const framesEnv = "DOORSTEP_FRAMES"

func init() {
	if data := os.Getenv(framesEnv); data != "" {
		framesWindow(data, os.Args[1:])
		os.Exit(0)
	}
}

// BenchmarkFrames is how late the real window's thread is, in milliseconds,
// while a portrait is previewed, judged, taken and cropped, and twelve papers are
// taken in, one after the other and then six at once. "late" is from when
// something waits for the thread until it comes, with all that the machine does
// besides: "bare" is how late a goroutine wakes that does nothing else, in the
// same seconds, and "idle" the window's thread with nothing under way. "work" is
// what the thread itself had of the processor from one look to the next: what
// stands on it, whatever else runs. "bare-window" is how late a window of the
// toolkit alone is, just before, of which framesBare tells. "frame-cpu-ms" is what
// one frame takes of all processors while nothing else is under way: of the list
// of cases, of a form, of the step of images, and of that step beneath the
// camera's dialog with a still.
func BenchmarkFrames(b *testing.B) {
	if _, err := exec.LookPath("Xvfb"); err != nil {
		b.Skip("needs Xvfb, which is not installed")
	}
	display, files := benchDisplay(b), benchShots(b, 12)
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	all, drawn := map[string][]float64{}, map[string]float64{}
	for b.Loop() {
		window := func(env string) frameTimes {
			cmd := exec.Command(self, files...)
			cmd.Env = append(os.Environ(), "DISPLAY="+display, "HOME="+b.TempDir(), "DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere", "LIBGL_ALWAYS_SOFTWARE=1", env)
			out, err := cmd.Output()
			lines := strings.Split(strings.TrimSpace(string(out)), "\n")
			var t frameTimes
			if err == nil {
				err = json.Unmarshal([]byte(lines[len(lines)-1]), &t)
			}
			if err != nil || t.Error != "" {
				b.Fatalf("the window: %v %s", err, t.Error)
			}
			return t
		}
		floor := window(framesBareEnv + "=" + files[0])
		t := window(framesEnv + "=" + filledFolder(b, 20))
		for name, list := range map[string][]float64{"late": t.Late, "bare": t.Bare, "idle": t.Idle, "work": t.Work, "bare-window": floor.Late} {
			all[name] = append(all[name], list...)
		}
		for name, ms := range t.Frame {
			drawn[name] += ms
		}
	}
	for name, ms := range drawn {
		b.ReportMetric(ms/float64(b.N), name+"-frame-cpu-ms")
	}
	for name, list := range all {
		slices.Sort(list)
		b.ReportMetric(list[len(list)*99/100], name+"-p99-ms")
		b.ReportMetric(list[len(list)-1], name+"-max-ms")
		at, _ := slices.BinarySearch(list, 100)
		b.ReportMetric(float64(len(list)-at), name+"-over-100ms")
	}
}

// heldWindow is a window into which files can be dropped by a program.
type heldWindow struct {
	fyne.Window
	drop func(fyne.Position, []fyne.URI)
}

func (w *heldWindow) SetOnDropped(f func(fyne.Position, []fyne.URI)) { w.drop = f }

// frameTimes are in milliseconds; BenchmarkFrames says what they are.
type frameTimes struct {
	Late, Bare, Work, Idle []float64
	Frame                  map[string]float64
	Error                  string
}

// acts counts what the window did, by the names in its log.
type acts struct {
	slog.Handler
	mu   sync.Mutex
	done map[string]int
}

func (a *acts) Enabled(context.Context, slog.Level) bool { return true }

func (a *acts) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(v slog.Attr) bool {
		if v.Key == "name" {
			a.mu.Lock()
			a.done[v.Value.String()]++
			a.mu.Unlock()
		}
		return true
	})
	return nil
}

func (a *acts) count(name string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.done[name]
}

// framesWindow is the real window over a data folder; it prints frameTimes.
func framesWindow(data string, files []string) {
	a := app.New()
	a.Settings().SetTheme(kit.NewTheme(fonts(), 1, kit.Light))
	w := &heldWindow{Window: a.NewWindow("frames")}
	w.Resize(fyne.NewSize(1366, 768))
	h := &framesHand{w: w, acts: &acts{Handler: slog.DiscardHandler, done: map[string]int{}}}
	deps, err := windowDeps(context.Background(), data, kit.NewMeter(), slog.New(h.acts))
	if err != nil {
		fmt.Println(err)
		return
	}
	deps.Idle, deps.Housekeeping = nil, 0
	deps.Cameras = func(context.Context) ([]capture.Camera, error) {
		return []capture.Camera{capture.NewFake("练习摄像头", 66*time.Millisecond, benchPicture(1280, 960))}, nil
	}
	u := ui.New(context.Background(), w, nil, deps)
	a.Lifecycle().SetOnStarted(func() {
		u.Started()
		go func() {
			b, _ := json.Marshal(h.measure(files)) // numbers
			fmt.Println(string(b))
			os.Exit(0)
		}()
	})
	w.ShowAndRun()
}

// framesHand does what a clerk does, and looks how late the window is.
type framesHand struct {
	w     *heldWindow
	acts  *acts
	looks atomic.Int64
	err   error
}

// until waits until ready says so.
func (h *framesHand) until(what string, every time.Duration, ready func() bool) {
	for end := time.Now().Add(time.Minute); h.err == nil && !ready(); time.Sleep(every) {
		if time.Now().After(end) {
			h.err = fmt.Errorf("%s: never; done %v", what, h.acts.done)
		}
	}
}

// sees waits until each says so of a control on the screen.
func (h *framesHand) sees(what string, each func(fyne.CanvasObject) bool) {
	h.until(what, 150*time.Millisecond, func() bool { return h.look(each) })
}

// look shows each the controls of the window, until it says so. The time that
// takes is not the window's.
func (h *framesHand) look(each func(fyne.CanvasObject) bool) (ok bool) {
	fyne.DoAndWait(func() {
		h.looks.Add(1)
		for _, top := range []fyne.CanvasObject{h.w.Canvas().Overlays().Top(), h.w.Canvas().Content()} {
			ok = ok || top != nil && slices.ContainsFunc(test.LaidOutObjects(top), each)
		}
	})
	return ok
}

// press presses a button by its words, and waits until the window has done what
// is named.
func (h *framesHand) press(text, done string) {
	before := h.acts.count(done)
	var found *kit.Button
	h.sees(text, func(o fyne.CanvasObject) bool {
		b, ok := o.(*kit.Button)
		ok = ok && b.Text() == text && !b.Disabled() && !b.Busy()
		if ok {
			found = b
		}
		return ok
	})
	if found == nil {
		return
	}
	fyne.DoAndWait(func() { found.Tapped(nil) })
	h.until(done, 5*time.Millisecond, func() bool { return done == "" || h.acts.count(done) > before })
}

// signIn brings the window to the step of images of a new case.
func (h *framesHand) signIn(frame map[string]float64) {
	h.sees("the password's field", func(fyne.CanvasObject) bool {
		f, ok := h.w.Canvas().Focused().(*kit.Field)
		if ok {
			for _, r := range "bench password" {
				f.TypedRune(r)
			}
			f.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
		}
		return ok
	})
	h.sees("the cases", func(o fyne.CanvasObject) bool { b, ok := o.(*kit.Button); return ok && b.Text() == "首贷（F2）" })
	time.Sleep(time.Second)
	frame["list"] = h.frame()
	h.press("首贷（F2）", "")
	h.step("学生")
	time.Sleep(time.Second)
	frame["form"] = h.frame()
	h.step("人证与影像")
	h.sees("the papers", func(o fyne.CanvasObject) bool { b, ok := o.(*kit.Button); return ok && b.Text() == "选文件" })
}

// step goes to a step of the case by its name.
func (h *framesHand) step(name string) {
	h.sees("the steps", func(o fyne.CanvasObject) bool {
		steps, ok := o.(*kit.Steps)
		if !ok {
			return false
		}
		at, k := fyne.CurrentApp().Driver().AbsolutePositionForObject(steps), h.w.Canvas().Scale()
		for _, s := range kit.Spots(h.w) {
			if s.Kind == "step" && s.Text == name {
				steps.Tapped(&fyne.PointEvent{Position: fyne.NewPos(float32(s.X)/k-at.X, float32(s.Y)/k-at.Y)})
				return true
			}
		}
		return false
	})
}

// drops drops a file on the n-th paper.
func (h *framesHand) drops(n int, path string) {
	h.until("the paper's cell", 50*time.Millisecond, func() bool {
		var cell *kit.Button
		var at fyne.Position
		k := 0
		h.look(func(o fyne.CanvasObject) bool {
			b, ok := o.(*kit.Button)
			if !ok || b.Text() != "选文件" {
				return false
			}
			if k++; k == n+3 && !b.Disabled() { // the first two are the portraits'
				kit.ScrollTo(b)
				cell, at = b, fyne.CurrentApp().Driver().AbsolutePositionForObject(b).AddXY(4, 4)
			}
			return cell != nil
		})
		if cell == nil {
			return false
		}
		taken := false
		fyne.DoAndWait(func() {
			// Another page that came meanwhile may have moved it, or made it anew.
			now := fyne.CurrentApp().Driver().AbsolutePositionForObject(cell).AddXY(4, 4)
			if now == at && !cell.Disabled() && h.w.Canvas().Overlays().Top() == nil {
				h.w.drop(at, []fyne.URI{storage.NewFileURI(path)})
				taken = true
			}
		})
		return taken
	})
}

func (h *framesHand) measure(files []string) frameTimes {
	const cards, others, once = 2, 5, 6 // papers of two sides, which come first; the others of a first loan; and files that come at once
	t := frameTimes{Frame: map[string]float64{}}
	h.signIn(t.Frame)
	time.Sleep(time.Second)
	t.Frame["images"] = h.frame()
	t.Idle, _, _ = h.watch(func() { time.Sleep(3 * time.Second) })
	t.Late, t.Bare, t.Work = h.watch(func() {
		h.press("拍照", "open cameras")
		time.Sleep(3 * time.Second) // the preview stands
		h.press("拍照", "still")
		h.press("使用这张", "find face")
		h.press("使用", "judge portrait")
		h.press("仍然使用", "attach")
		kept := h.acts.count("attach")
		wait := func(n int) {
			kept += n
			h.until("the page", 5*time.Millisecond, func() bool { return h.acts.count("attach") >= kept })
		}
		for i, f := range files {
			switch {
			case i < 2*cards: // a side of a card is looked at before it is kept
				h.drops(i%cards, f)
				h.press("使用这张", "attach")
				wait(1)
			case i < len(files)-once:
				h.drops(i-cards, f)
				wait(1)
			default:
				h.drops(cards+(i-len(files)+once)%others, f)
			}
		}
		wait(once)
		time.Sleep(time.Second) // the pages' pictures come
	})
	h.press("拍照", "open cameras")
	h.press("拍照", "still")
	h.sees("the still", func(o fyne.CanvasObject) bool { b, ok := o.(*kit.Button); return ok && b.Text() == "使用这张" })
	t.Frame["camera"] = h.frame()
	if h.err != nil {
		t.Error = h.err.Error()
	}
	return t
}

// frame is what one frame takes of all processors, in milliseconds, beyond the
// drawing of nothing.
func (h *framesHand) frame() float64 {
	const frames = 40
	dot := canvas.NewRectangle(nil) // on no screen; what is refreshed is the window
	spent := func(do func()) time.Duration {
		began := processTime()
		for range frames {
			fyne.DoAndWait(do)
			time.Sleep(time.Second / 50) // more than a turn of the window's
			fyne.DoAndWait(func() {})
		}
		return processTime() - began
	}
	rest := spent(func() {})
	return float64(spent(func() { h.w.Canvas().Refresh(dot) })-rest) / frames / 1e6
}

// watch measures while do runs.
func (h *framesHand) watch(do func()) (late, bare, work []float64) {
	const every = 10 * time.Millisecond
	var running sync.WaitGroup
	over := make(chan struct{})
	again := func(look func()) {
		running.Go(func() {
			for {
				select {
				case <-over:
					return
				default:
					look()
				}
			}
		})
	}
	millis := func(d time.Duration) float64 { return float64(d) / 1e6 }
	var spent time.Duration
	again(func() {
		looks := h.looks.Load()
		time.Sleep(every)
		began := time.Now()
		fyne.DoAndWait(func() {
			now := threadTime()
			if spent > 0 && h.looks.Load() == looks {
				work = append(work, millis(now-spent))
				late = append(late, millis(time.Since(began)))
			}
			spent = now
		})
	})
	again(func() {
		began := time.Now()
		time.Sleep(every)
		bare = append(bare, millis(time.Since(began)-every))
	})
	do()
	close(over)
	running.Wait()
	return late, bare, work
}

// threadTime is what the thread that calls it has had of the processor.
func threadTime() time.Duration {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t) != nil {
		return 0
	}
	return time.Duration(t.Nano())
}

// processTime is what all threads have had of the processors.
func processTime() time.Duration {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// benchPicture is a picture with edges enough to count as sharp.
func benchPicture(w, h int) *image.Gray {
	img := image.NewGray(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = uint8(150 + 60*((i%w/9+i/w/9)%2))
	}
	return img
}

// benchShots are as many files as a phone makes of papers: 8 million pixels.
func benchShots(b *testing.B, n int) []string {
	b.Helper()
	paper := benchPicture(2448, 3264)
	r := rand.New(rand.NewPCG(1, 2))
	var out []string
	for i := range n {
		for range 60000 {
			paper.Pix[r.IntN(len(paper.Pix))] ^= 63
		}
		path := filepath.Join(b.TempDir(), fmt.Sprintf("%d.jpg", i))
		f, err := os.Create(path)
		if err == nil {
			err = jpeg.Encode(f, paper, &jpeg.Options{Quality: 92})
			f.Close()
		}
		if err != nil {
			b.Fatal(err)
		}
		out = append(out, path)
	}
	return out
}
