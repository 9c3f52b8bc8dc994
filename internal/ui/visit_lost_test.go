package ui

import (
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"doorstep/sync/courier"
	"fyne.io/fyne/v2"
	"github.com/google/uuid"
)

// withoutImages is a folder with a finished case none of whose images can be
// read any more, and the case.
func withoutImages(t *testing.T) (string, uuid.UUID) {
	t.Helper()
	dir := settledFolder(t, 0)
	var id uuid.UUID
	t.Run("made", func(t *testing.T) {
		r := newRigIn(t, dir, kit.Light)
		id = r.open(loan.First, false, entered, submitted, reviewed, signed, finished).id
		r.ui(r.u.Close)
	})
	if err := os.Remove(filepath.Join(dir, "images.key")); err != nil {
		t.Fatal(err)
	}
	return dir, id
}

func TestAFinishedCaseTellsWhatIsLost(t *testing.T) {
	for look, variant := range map[string]kit.Variant{"light": kit.Light, "dark": kit.Dark} {
		dir, id := withoutImages(t)
		t.Run(look, func(t *testing.T) {
			r := newRigIn(t, dir, variant)
			r.openFor(id)
			v := r.visit()
			if all, page := v.losses, v.lostHere(desk.Retake); len(all) != 10 || len(page) != 5 {
				t.Fatalf("lost: got %d in all and %d pages", len(all), len(page))
			}
			r.picture(stepReceipt, "visit-lost-contract-"+look)
			v.id = id
			t.Run("a page alone is taken anew", func(t *testing.T) {
				r := &rig{t, r.u}
				r.ui(func() { v.losses = v.lostHere(desk.Retake); v.refresh() })
				r.picture(stepImages, "visit-lost-pages-"+look)
				images := v.steps[stepImages].(*imagesStep)
				r.ui(func() {
					v.id = id
					images.checkLost(v.lostHere(desk.Retake)[0], "补拍", image.NewGray(image.Rect(0, 0, 1300, 900)), "camera", "重拍", func() {})
				})
				r.until("a page that shows nothing is refused first", func() bool { return r.dialog().YesButton().Text() == "仍然使用" })
				r.ui(func() {
					if got, want := strings.Join(r.u.unkept(), ""), docLabel(docOf(v.lostHere(desk.Retake)[0].Slot)); got != want {
						t.Errorf("at work: got %q, want %q", got, want)
					}
					r.dialog().Close()
				})
				if c := r.saved(id); len(c.Replaced) != 0 {
					t.Errorf("a page that shows nothing is put in its place")
				}
				r.ui(func() {
					images.byPhone = true
					v.retake(v.lostHere(desk.Retake)[0])
				})
				r.until("a phone's page is served, or the words say what else will do", func() bool {
					return len(images.phone.code.Objects) > 0 || strings.Contains(images.phone.words.Text(), "选文件")
				})
				d := r.opens(func() {
					images.phone.dialog.Close()
					images.byPhone = false
					v.retake(v.lostHere(desk.Retake)[0]) // by the camera's screen, which leads to the browser
					images.camera.ways.Objects[1].(*kit.Button).Tapped(nil)
				})
				d.sends(t, onDesk(testPicture(620, 877)))
				r.until("the page is cut out and looked at", func() bool {
					return r.dialog() != nil && r.dialog() != d.dialog && r.dialog().YesButton().Text() == "使用这张" && !r.dialog().YesButton().Busy()
				})
				r.snap("dialog-lost-page-" + look)
				r.answer()
				r.settle()
				c := r.saved(id)
				if c.Status != loan.Queued || len(c.Replaced) != 1 || len(v.losses) != 9 {
					t.Errorf("%s, replaced %d, still lost %d", c.Status, len(c.Replaced), len(v.losses))
				}
			})
			t.Run("the contract is signed again", func(t *testing.T) {
				r := &rig{t, r.u}
				r.settle()
				r.ui(func() {
					v.id = uuid.UUID{}
					v.refresh()
					hush(r.u.win.Canvas().Content())
					v.signAgain("已签的合同文件")
				})
				golden(t, r.u, "visit-lost-again-"+look)
				r.ui(func() { v.id = id; r.u.win.Canvas().Overlays().Top().(*kit.Dialog).YesButton().OnTapped() })
				if c := r.saved(id); c.Status != loan.Corrected || len(c.Former) != 1 {
					t.Errorf("%s, former contracts %d", c.Status, len(c.Former))
				}
			})
		})
	}
}

func TestThePageThatIsMeantIsTakenFromAFile(t *testing.T) {
	pages := []desk.Picture{{JPEG: []byte("a")}, {JPEG: []byte("b")}}
	if p, err := onePage(pages, func(b []byte) bool { return string(b) == "b" }); err != nil || string(p.JPEG) != "b" {
		t.Errorf("the very page: got %q, %v", p.JPEG, err)
	}
	none := func([]byte) bool { return false }
	if p, err := onePage(pages[:1], none); err != nil || string(p.JPEG) != "a" {
		t.Errorf("the only page: got %q, %v", p.JPEG, err)
	}
	if _, err := onePage(pages, none); err == nil {
		t.Error("one of two pages was taken")
	}
}

func TestTodayTellsWhatIsLost(t *testing.T) {
	u := testWindow(t, waitingFolder(t, 3), kit.Light)
	signInTest(t, u)
	fyne.DoAndWait(func() {
		u.shell.visit("today")
		k, rows := u.carrier, u.desk.Waiting()
		s := k.courier.State()
		damaged := fault.New("t", fault.Damaged, nil)
		s.Aside = []courier.Aside{{Case: rows[1].ID, Blob: loan.Hash{1}, Err: damaged}, {Case: rows[1].ID, Blob: loan.Hash{2}, Err: damaged},
			{Case: rows[2].ID, Blob: loan.Hash{3}, Err: fault.New("t", fault.Input, nil)}}
		u.carried(k, s)
	})
	u.idle(t)
	fyne.DoAndWait(func() {
		n := u.shell.screen.(*today).notices
		if len(n.rows) != 1 || !n.content.Visible() {
			t.Fatalf("told: %d cases, in view %v, want the one with damaged papers", len(n.rows), n.content.Visible())
		}
		if cells := n.cells(n.rows[0]); cells[1].Text != "有材料在本机损坏，中心也没有" || cells[2].Text != "材料损坏" {
			t.Errorf("it says %q, %q", cells[1].Text, cells[2].Text)
		}
	})
	golden(t, u, "today-lost-light")
}
