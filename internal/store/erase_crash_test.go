package store

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// copyFolder copies a data folder as a crash would leave it now.
func copyFolder(t testing.TB, dir string) string {
	t.Helper()
	to := t.TempDir()
	for _, e := range must(os.ReadDir(dir)) {
		noErr(t, os.WriteFile(filepath.Join(to, e.Name()), must(os.ReadFile(filepath.Join(dir, e.Name()))), 0o600))
	}
	return to
}

// crashes runs work and gives the folder as it was at every step of it; of
// many steps of one name, at the first four and then now and then.
func (i *intake) crashes(work func()) (names, folders []string) {
	i.t.Helper()
	seen := map[string]int{}
	i.s.o.steps = func(name string) {
		if seen[name]++; seen[name] > 4 && seen[name]%29 != 0 {
			return
		}
		names, folders = append(names, name), append(folders, copyFolder(i.t, i.s.o.Dir))
	}
	i.s.wraps.step = i.s.o.step
	work()
	i.s.o.steps = nil
	i.s.wraps.step = func(string) {}
	return names, folders
}

func TestErasingCutShort(t *testing.T) {
	ctx := context.Background()
	i := newIntake(t)
	f, g := i.delivered(1, 2026), i.delivered(2, 2026)
	late := i.finished(3, 2026)
	i.carry(i.now, late.all()...)
	i.now = i.now.Add(8 * days)
	names, folders := i.crashes(func() { i.retain() })
	seen := map[string]bool{}
	for n, dir := range folders {
		seen[names[n]] = true
		t.Run("after step "+names[n], func(t *testing.T) {
			o := i.s.o
			o.Dir = dir
			j := *i
			j.t, j.s = t, unlocked(t, o)
			noErr(t, j.s.VerifyLedger(ctx))
			noErr(t, j.s.VerifyChain(ctx))
			told := j.erasures()
			j.here(late.all()...)
			j.here(append(f.papers, g.papers...)...)
			if len(told) == 0 {
				j.here(append(f.images, g.images...)...)
			} else {
				j.gone(append(f.images, g.images...)...)
			}
			out := j.retain()
			if len(told)+out.Cases != 1 && out.Cases != 2 {
				t.Fatalf("ended with %+v, want the two cases erased once", out)
			}
			j.gone(append(f.images, g.images...)...)
			j.here(late.all()...)
			told = j.erasures()
			if len(told) != 1 || told[0].Blobs != 4 || told[0].Count != 2 {
				t.Fatalf("the chain tells %+v, want one erasing of four images", told)
			}
			j.onlyOneKey()
			noErr(t, j.s.VerifyLedger(ctx))
			newCase(t, j.s, 9)
		})
	}
	for _, want := range []string{"images copy", "prepared", "begun", "moving", "moved", "marked", "destroyed", "sweeping"} {
		if !seen[want] {
			t.Errorf("no crash at %q", want)
		}
	}
}

// onlyOneKey demands that one slot alone holds a key, and that no content of
// an erased blob is left in the database.
func (i *intake) onlyOneKey() {
	i.t.Helper()
	i.s.wraps.mu.RLock()
	defer i.s.wraps.mu.RUnlock()
	if i.s.images.next != 0 || len(i.s.wraps.keys) != 1 || i.s.wraps.keys[i.s.images.now] == nil || i.s.images.owed&owedSweep != 0 {
		i.t.Fatalf("got state %+v with %d keys, want one in force", i.s.images, len(i.s.wraps.keys))
	}
	k := newImageKeys(i.s.o, i.s.wraps.id, i.s.data)
	defer k.wipe()
	noErr(i.t, k.read())
	if len(k.keys) != 1 || k.keys[i.s.images.now] == nil {
		i.t.Fatalf("the file holds %d keys, want the one in force", len(k.keys))
	}
}

func TestWritingGoesOnBetweenTheStepsOfAnErasing(t *testing.T) {
	ctx := context.Background()
	i := newIntake(t)
	f, g := i.delivered(1, 2026), i.delivered(2, 2026)
	i.now = i.now.Add(8 * days)
	var made []family
	n := 10
	var viewed bool
	i.s.o.steps = func(name string) {
		if name == "prepared" || name == "begun" { // the writer's lock is held
			return
		}
		n++
		made = append(made, i.open(n, 2026))
		if name == "moved" && !viewed { // a clerk opens a case that was about to lose its images
			viewed = true
			i.commit(g.id, loan.ChangeView, "c1", loan.ViewBody{})
		}
	}
	out := i.retain()
	i.s.o.steps = nil
	i.gone(f.images...)
	i.here(g.all()...)
	if out.Cases != 1 || len(out.Refused) != 0 && out.Refused[0].Why != WhyChanged {
		t.Fatalf("got %+v, want one case erased and one spared", out)
	}
	check := func() {
		for _, m := range made {
			i.here(m.images...)
		}
		i.here(g.all()...)
		noErr(t, i.s.VerifyLedger(ctx))
	}
	check()
	i.onlyOneKey()
	i.reopen()
	check()
	if _, err := i.s.Blob(ctx, f.images[0]); fault.KindOf(err) != fault.Erased {
		t.Fatal("not erased")
	}
}
