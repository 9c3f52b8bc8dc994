package ui

import (
	"context"
	"image/png"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"doorstep/assets"
	"doorstep/internal/capture"
	"doorstep/internal/contract"
	"doorstep/internal/desk"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/page"
	"doorstep/internal/rulebook"
	"doorstep/internal/seal"
	"doorstep/internal/store"
	"doorstep/internal/ui/kit"
	"doorstep/sync/courier"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
	"github.com/google/uuid"
)

const (
	clerkPassword  = "correct horse 1"
	reviewPassword = "correct horse 2"
)

func testClock() time.Time {
	return time.Date(2023, 8, 5, 10, 0, 0, 0, time.FixedZone("", 8*3600))
}

func testClerk() guard.Operator {
	return guard.Operator{ID: "clerk-1", Name: "练习操作员", Roles: []guard.Role{guard.Clerk}, Enabled: true}
}

func testReviewer() guard.Operator {
	return guard.Operator{ID: "reviewer-1", Name: "练习复核员", Roles: []guard.Role{guard.Reviewer}, Enabled: true}
}

// testProfile is an enrolled laptop whose ids are always the same.
func testProfile(t testing.TB) store.Profile {
	t.Helper()
	ca, err := seal.NewAuthority("练习中心", 24*time.Hour*365, testClock())
	if err != nil {
		t.Fatal(err)
	}
	signer, err := seal.NewSigner()
	if err != nil {
		t.Fatal(err)
	}
	id := uuid.MustParse("0189c000-0000-7000-8000-000000000001")
	der, err := ca.Issue(signer.Crypto().Public(), seal.Device, id.String(), nil, 24*time.Hour*300, testClock())
	if err != nil {
		t.Fatal(err)
	}
	return store.Profile{Device: id, Signer: signer, CertDER: der, CADER: ca.Cert().Raw, Server: "https://centre.example:8443",
		County: "522727", CountyName: "平塘县", Point: "测试乡受理点", PointType: "乡镇受理点",
		CountyKey: seal.NewKey(), Centre: ca.Signer().Public(), Practice: true}
}

// TestMain gives all tests one application: with each that is made, and with each theme,
// the fonts are read anew, and what shapes the lines keeps them all.
func TestMain(m *testing.M) {
	test.NewApp()
	os.Exit(m.Run())
}

// wear sets the program's theme, unless it is worn.
func wear(v kit.Variant) {
	next := themeOf(v, 1)
	s := fyne.CurrentApp().Settings()
	for _, by := range []fyne.ThemeVariant{theme.VariantLight, theme.VariantDark} {
		if s.Theme().Font(fyne.TextStyle{}).Name() != next.Font(fyne.TextStyle{}).Name() ||
			s.Theme().Color(theme.ColorNameBackground, by) != next.Color(theme.ColorNameBackground, by) {
			s.SetTheme(next)
			return
		}
	}
}

func themeOf(v kit.Variant, scale float32) fyne.Theme {
	return kit.NewTheme(kit.Fonts{
		Regular: fyne.NewStaticResource("DoorstepSans-Regular.otf", assets.Sans()),
		Bold:    fyne.NewStaticResource("DoorstepSans-Bold.otf", assets.SansBold()),
	}, scale, v)
}

// enlarged lets f run with larger letters.
func (r *rig) enlarged(scale float32, f func()) {
	r.t.Helper()
	s := fyne.CurrentApp().Settings()
	before := s.Theme()
	r.ui(func() { s.SetTheme(themeOf(r.u.look.Variant, scale)) })
	defer r.ui(func() { s.SetTheme(before) })
	f()
}

// testWindow is a window over a data folder; look is the theme's variant. The
// courier is a real one, paused, to a centre that is not there.
func testWindow(t testing.TB, dir string, variant kit.Variant) *Window {
	t.Helper()
	wear(variant)
	useOneThread(t)
	rules, err := rulebook.Load()
	if err != nil {
		t.Fatal(err)
	}
	press, err := contract.NewPress()
	if err != nil {
		t.Fatal(err)
	}
	words, err := rulebook.LoadWords()
	if err != nil {
		t.Fatal(err)
	}
	door, err := desk.OpenDoorAnyway(context.Background(), store.Options{Dir: dir, Cost: seal.CheapCost(), Now: testClock},
		desk.Tools{Rules: rules, Press: press, Now: testClock, Counter: true})
	if err != nil {
		t.Fatal(err)
	}
	w := test.NewWindow(nil)
	w.Resize(fyne.NewSize(1366, 768))
	u := New(t.Context(), w, nil, Deps{
		Door: door, Pages: &page.Renderer{}, Words: words, Log: slog.New(slog.DiscardHandler), Now: testClock,
		Cameras: func(context.Context) ([]capture.Camera, error) { return nil, nil },
		Phone: func(ctx context.Context, o capture.PhoneOptions) (*capture.Phone, error) {
			o.Loopback = !o.Local
			return capture.ServePhone(ctx, o)
		},
		Enrol: func(context.Context, string, string) (desk.Enrolment, error) {
			return desk.Enrolment{Profile: testProfile(t), Roster: []desk.Operator{testClerk(), testReviewer()}}, nil
		},
		Courier: func(d *desk.Desk) (*courier.Courier, error) {
			// Paused, so that what is shown does not hang on the moment.
			if err := d.SetSyncSettings(context.Background(), desk.SyncSettings{Paused: true}); err != nil {
				return nil, err
			}
			return courier.New(courier.Config{Store: d.Store(), Now: testClock})
		},
		Look:     func(Look) {},
		Printing: newTestPrinter().printing(),
	})
	w.Resize(fyne.NewSize(1366, 768))
	t.Cleanup(func() {
		fyne.DoAndWait(func() {
			u.Close()
			w.Close()
		})
	})
	return u
}

// settled makes a data folder of an enrolled laptop, with cases.
func settledFolder(t testing.TB, cases int) string {
	t.Helper()
	return settledFolderOf(t, testProfile(t), cases)
}

func settledFolderOf(t testing.TB, p store.Profile, cases int) string {
	t.Helper()
	ctx := context.Background()
	dir := t.TempDir()
	rules, err := rulebook.Load()
	if err != nil {
		t.Fatal(err)
	}
	door, err := desk.OpenDoor(ctx, store.Options{Dir: dir, Cost: seal.CheapCost(), Now: testClock}, desk.Tools{Rules: rules, Now: testClock})
	if err != nil {
		t.Fatal(err)
	}
	d, err := door.Settle(ctx, desk.Enrolment{Profile: p, Roster: []desk.Operator{testClerk(), testReviewer()}}, testClerk(), []byte(clerkPassword))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Store().EnableOperator(ctx, testReviewer(), []byte(reviewPassword)); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Store().Commit(ctx, []store.Entry{{Kind: loan.ChangeRecover, Operator: "clerk-1", Body: loan.ViewBody{Detail: "enable reviewer-1"}}}, nil); err != nil {
		t.Fatal(err)
	}
	names := []string{"韦测𬎆", "古丽·测试木", "石测䶮"}
	for i := range cases {
		c, err := d.NewCase(ctx, loan.First, false)
		if err == nil {
			_, err = d.Edit(ctx, c.ID, map[string]any{"student.name": names[i%len(names)], "student.id_no": "522727200503149914",
				"study.school_name": "贵州大学", "loan.amount": 5800})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// idle waits until no act and no load is under way.
func (u *Window) idle(t testing.TB) {
	t.Helper()
	done := make(chan struct{})
	u.acts <- func() { close(done) }
	<-done
	time.Sleep(20 * time.Millisecond) // loads beside the acts
	fyne.DoAndWait(func() {})
}

func signInTest(t testing.TB, u *Window) {
	t.Helper()
	d, err := u.deps.Door.SignIn(context.Background(), "clerk-1", []byte(clerkPassword))
	if err != nil {
		t.Fatal(err)
	}
	fyne.DoAndWait(func() { u.signedIn(d) })
	for counted := false; !counted; { // what waits for the centre
		u.idle(t)
		fyne.DoAndWait(func() { counted = u.carrier.state.Changes > 0 })
	}
}

// golden compares the window with testdata/NAME.xml; where DOORSTEP_PICTURES
// names a folder it also draws the window there.
func golden(t *testing.T, u *Window, name string) {
	t.Helper()
	u.idle(t)
	fyne.DoAndWait(func() {
		if dir := os.Getenv("DOORSTEP_PICTURES"); dir != "" {
			f, err := os.Create(filepath.Join(dir, name+".png"))
			if err == nil {
				err = png.Encode(f, u.win.Canvas().Capture())
				f.Close()
			}
			if err != nil {
				t.Error(err)
			}
		}
		test.AssertRendersToMarkup(t, name+".xml", u.win.Canvas())
	})
}

func TestScreens(t *testing.T) {
	looks := map[string]kit.Variant{"light": kit.Light, "dark": kit.Dark}
	for look, variant := range looks {
		t.Run("a new folder asks to enrol, "+look, func(t *testing.T) {
			u := testWindow(t, t.TempDir(), variant)
			golden(t, u, "enrol-"+look)
		})
		t.Run("a settled folder asks who is at the desk, "+look, func(t *testing.T) {
			u := testWindow(t, settledFolder(t, 0), variant)
			golden(t, u, "signin-"+look)
		})
		for _, place := range []string{"today", "cases", "visit", "sync", "manage"} {
			t.Run(place+" shows, "+look, func(t *testing.T) {
				u := testWindow(t, settledFolder(t, 3), variant)
				signInTest(t, u)
				fyne.DoAndWait(func() { u.shell.visit(place) })
				golden(t, u, place+"-"+look)
			})
		}
	}
}
