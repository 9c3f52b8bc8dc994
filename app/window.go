package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"doorstep/assets"
	"doorstep/internal/capture"
	"doorstep/internal/contract"
	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/page"
	"doorstep/internal/rulebook"
	"doorstep/internal/seal"
	"doorstep/internal/store"
	"doorstep/internal/ui"
	"doorstep/internal/ui/kit"
	"doorstep/sync/courier"
	"doorstep/sync/neighbour"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
)

// windowOptions are what the command line says of the window.
type windowOptions struct {
	data  string
	log   string // a file for the log: ids and screen names only; empty is none
	spots string // a file that lists, on SIGUSR1, the controls in view; for driving the window
}

// openWindow opens the window and gives the exit code when it is closed.
func openWindow(o windowOptions) int {
	if runtime.GOOS == "linux" && os.Getenv("DISPLAY") == "" {
		fmt.Fprintln(os.Stderr, "doorstep: no display: set DISPLAY, or use the verbs (doorstep --help)")
		return exitOffline
	}
	env := os.Environ() // as it was given: the next run is to find it so
	place, placed := takePlace()
	left := takeLeft()
	log, closeLog, err := openLog(o.log)
	if err != nil {
		fmt.Fprintln(os.Stderr, "doorstep:", err)
		return exitCode(err)
	}
	defer closeLog()
	im := kit.PrepareEnvironment()
	defer im.Close()
	if err := kit.PrepareRareFont(fontFolder(), assets.Rare); err != nil {
		log.Warn("rare font", "error", err.Error())
	}
	meter := kit.NewMeter()
	defer meter.Close()
	app.SetMetadata(metadata())
	a := app.New()
	look := func(l ui.Look) { a.Settings().SetTheme(kit.NewTheme(fonts(), l.Scale, l.Variant)) }
	look(left.Worn())
	w := a.NewWindow("家门口办贷")
	w.SetMaster()
	size(w, place, placed)

	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	stopSpots := tellSpots(o.spots, w)
	defer stopSpots()
	var u *ui.Window
	var failed error
	begin := func(got opening) {
		if failed = got.err; failed != nil {
			log.Warn("open", "error", failed.Error())
			ui.Refuse(w, failed, a.Quit)
			return
		}
		got.deps.Look = look
		got.deps.Left = left
		got.deps.Restart = func(l ui.Left) error {
			return startAfresh(withLeft(withPlace(env, kit.PlaceOf(w)), l), a.Quit)
		}
		u = ui.New(ctx, w, im, got.deps)
		w.SetCloseIntercept(func() { u.End(w.Close) })
	}
	later := openData(ctx, w, o.data, meter, log, begin)
	a.Lifecycle().SetOnStarted(func() {
		place.Put(w)
		if u != nil {
			u.Started()
		}
		if later != nil {
			go later()
		}
	})
	w.ShowAndRun()
	if u != nil {
		u.Close()
	}
	return exitCode(failed)
}

// size gives the window the size it had, or that of a first start.
func size(w fyne.Window, place kit.Place, placed bool) {
	if placed {
		w.Resize(fyne.NewSize(place.Width, place.Height))
		return
	}
	w.Resize(fyne.NewSize(1280, 720))
	w.CenterOnScreen()
}

// patience is how long the window waits for the data before it says that it
// waits: a large file that was not closed in peace is read through first.
const patience = 400 * time.Millisecond

// opening is how an opening of the data ended.
type opening struct {
	deps ui.Deps
	err  error
}

// openData opens the data and calls begin, at once where that takes no longer
// than patience. Otherwise it fills w with words and gives what is to run, in a
// goroutine, when the window stands: it calls begin on the window's thread.
// Where the window is closed before that, the end of the program ends the
// opening too, which has written nothing.
func openData(ctx context.Context, w fyne.Window, data string, meter *kit.Meter, log *slog.Logger, begin func(opening)) (later func()) {
	opened := make(chan opening, 1)
	go func() {
		deps, err := windowDeps(ctx, data, meter, log)
		opened <- opening{deps, err}
	}()
	since := time.Now()
	select {
	case got := <-opened:
		begin(got)
		return nil
	case <-time.After(patience):
	}
	tell := ui.Wait(w)
	return func() {
		for tick := time.NewTicker(time.Second); ; {
			select {
			case got := <-opened:
				tick.Stop()
				fyne.Do(func() { begin(got) })
				return
			case <-tick.C:
				fyne.Do(func() { tell(time.Since(since)) })
			}
		}
	}
}

// windowDeps opens the data folder and makes what the window works with.
func windowDeps(ctx context.Context, data string, meter *kit.Meter, log *slog.Logger) (ui.Deps, error) {
	const op = "open window"
	rules, aside, err := rulebook.OpenMended(data)
	if err != nil {
		return ui.Deps{}, fault.Wrap(op, err)
	}
	words, err := rulebook.LoadWords()
	if err != nil {
		return ui.Deps{}, fault.Wrap(op, err)
	}
	press, err := contract.NewPress()
	if err != nil {
		return ui.Deps{}, fault.Wrap(op, err)
	}
	tools := deskTools(rules)
	tools.Press, tools.Counter = press, true
	door, err := desk.OpenDoorAnyway(ctx, storeOptions(data), tools)
	if err != nil {
		return ui.Deps{}, fault.Wrap(op, err)
	}
	exe, err := os.Executable()
	if err != nil {
		return ui.Deps{}, fault.New(op, fault.Unavailable, err)
	}
	told := ""
	if aside {
		told = "本机的院校名册已损坏，已移到一旁，现改用程序自带的名册。请让管理员重新导入名册。"
	}
	return ui.Deps{
		Told: told, Door: door, Words: words, Log: log, Now: time.Now,
		Pages:   &page.Renderer{Command: []string{exe, "page-worker"}},
		Cameras: cameras, Reader: capture.FindReader, Idle: kit.Idle, Input: kit.WatchInput, Sleep: kit.WatchSleep, Housekeeping: 3 * time.Second,
		Enrol: func(ctx context.Context, server, code string) (desk.Enrolment, error) {
			return enrolLaptop(ctx, data, server, code)
		},
		Courier: func(d *desk.Desk) (*courier.Courier, error) {
			return courier.New(courier.Config{Store: d.Store(), Log: log, Metered: meter.Metered, Version: metadata().Version})
		},
		Room: func(d *desk.Desk, place neighbour.Place, online func() bool, fresh func()) (*neighbour.Room, error) {
			return neighbour.New(neighbour.Config{Store: d.Store(), Place: place, Online: online, Fresh: fresh, Log: log})
		},
		Afar: func(d *desk.Desk) (*courier.Peers, error) {
			return newPeers(courier.PeersConfig{Profile: d.Store().Profile(), Log: log})
		},
	}, nil
}

// storeOptions are those of a real laptop: what a guess at a password costs is
// measured on this machine when the store is made.
func storeOptions(data string) store.Options {
	return store.Options{Dir: data, Now: time.Now, Cost: seal.Cost{}}
}

func fonts() kit.Fonts {
	return kit.Fonts{
		Regular: fyne.NewStaticResource("DoorstepSans-Regular.otf", assets.Sans()),
		Bold:    fyne.NewStaticResource("DoorstepSans-Bold.otf", assets.SansBold()),
	}
}

func fontFolder() string {
	base, err := os.UserCacheDir()
	if err != nil {
		base = os.TempDir()
	}
	return filepath.Join(base, "doorstep", "fonts")
}

// openLog gives a logger to a file, private to the user, or one that drops all.
func openLog(name string) (*slog.Logger, func(), error) {
	if name == "" {
		return slog.New(slog.DiscardHandler), func() {}, nil
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, fault.New("open log", fault.Disk, err)
	}
	return slog.New(slog.NewTextHandler(f, nil)), func() { f.Close() }, nil
}

// cameras opens every camera of this machine.
func cameras(ctx context.Context) ([]capture.Camera, error) {
	found, err := capture.Cameras(ctx)
	if err != nil {
		return nil, err
	}
	var out []capture.Camera
	var last error
	for _, info := range found {
		c, err := capture.OpenCamera(ctx, info)
		if err != nil {
			last = err
			continue
		}
		out = append(out, c)
	}
	if len(out) == 0 {
		return nil, last
	}
	return out, nil
}

// enrolLaptop asks the centre to take this laptop. A data folder in which
// nothing can be kept fails before the code is used up.
func enrolLaptop(ctx context.Context, data, server, code string) (desk.Enrolment, error) {
	if err := store.Prepare(data); err != nil {
		return desk.Enrolment{}, err
	}
	r, err := courier.Enrol(ctx, courier.EnrolRequest{Server: server, Code: code})
	if err != nil {
		return desk.Enrolment{}, err
	}
	e := desk.Enrolment{Profile: r.Profile, Standing: r.Standing}
	for _, o := range r.Operators {
		who := guard.Operator{ID: o.ID, Name: o.Name, Enabled: true}
		for _, role := range o.Roles {
			who.Roles = append(who.Roles, guard.Role(role))
		}
		e.Roster = append(e.Roster, who)
	}
	return e, nil
}
