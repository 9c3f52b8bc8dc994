package ui

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/internal/store"
	"doorstep/internal/ui/kit"
)

// damagedFolder is a laptop's folder with cases whose file cannot be opened,
// and a backup of it.
func damagedFolder(t *testing.T) (dir, stick string) {
	t.Helper()
	dir, stick = settledFolder(t, 12), t.TempDir()
	o := store.Options{Dir: dir, Cost: seal.CheapCost(), Now: testClock}
	door, err := desk.OpenDoor(context.Background(), o, desk.Tools{Now: testClock})
	if err == nil {
		var d *desk.Desk
		if d, err = door.SignIn(context.Background(), "clerk-1", []byte(clerkPassword)); err == nil {
			_, err = d.BackupTo(context.Background(), stick, nil)
			if closed := d.Close(); err == nil {
				err = closed
			}
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "store.bolt")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for at := range 16 { // the heads of both meta pages
		b[at+16], b[4096+at+16] = 0xff, 0xff
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir, stick
}

// atTheMending is a window over a damaged folder.
func atTheMending(t *testing.T) (*rig, *mend, string) {
	t.Helper()
	dir, stick := damagedFolder(t)
	r := &rig{t, testWindow(t, dir, kit.Light)}
	var m *mend
	r.ui(func() {
		if r.u.deps.Door.Trouble() == nil {
			t.Fatal("the damaged folder opened")
		}
		m = newMend(r.u, r.u.deps.Door.Trouble())
		r.u.show("mend", m.content)
	})
	return r, m, stick
}

// mended says whether the window tells what became of it.
func (r *rig) mended() bool {
	_, told := r.u.first.(*kit.Button)
	return told
}

func TestADamagedStoreIsMendedInTheWindow(t *testing.T) {
	r, m, _ := atTheMending(t)
	r.snap("mend")
	r.ui(func() {
		if who := m.who.Value(); who != (kit.Option{}) {
			t.Errorf("%s is chosen, whom nobody chose", who.ID)
		}
		m.who.SetValue(kit.Option{ID: "clerk-1", Text: testClerk().Name})
		m.password.SetText("not the password")
		m.mend()
	})
	r.until("the wrong password is said", func() bool { return m.fieldOf.Error() != "" })
	r.ui(func() {
		m.password.SetText(clerkPassword)
		m.mend()
	})
	r.until("it is mended", r.mended)
	r.settle()
	r.snap("mended")
	r.enter("clerk-1", clerkPassword)
	if got := len(r.u.desk.Find("", 0)); got != 12 {
		t.Errorf("after the repair: got %d cases, want 12", got)
	}
}

func TestABackupTakesTheDamagedStoresPlace(t *testing.T) {
	r, m, stick := atTheMending(t)
	r.ui(func() { m.restoreFrom(stick) })
	r.until("it is restored", r.mended)
	r.settle()
	r.enter("clerk-1", clerkPassword)
	if got := len(r.u.desk.Find("", 0)); got != 12 {
		t.Errorf("after the restore: got %d cases, want 12", got)
	}
}

func TestWhatARepairTells(t *testing.T) {
	all := repairWords(desk.RepairReport{Cases: 3, Kept: "store.bolt.damaged-1", Blobs: make([]loan.Hash, 2)})
	var words []string
	for _, p := range all {
		words = append(words, p.Text)
	}
	got := strings.Join(words, "\n")
	for _, want := range []string{"3 件案件", "2 个影像", "联网时向中心", "store.bolt.damaged-1"} {
		if !strings.Contains(got, want) {
			t.Errorf("it does not say %q: %s", want, got)
		}
	}
	if got := repairWords(desk.RepairReport{Whole: true}); len(got) != 1 || got[0].Kind != kit.Good {
		t.Errorf("of a whole store: got %v", got)
	}
}
