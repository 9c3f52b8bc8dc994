package main

import (
	"os"
	"path/filepath"
	"testing"

	"doorstep/internal/bulletin"
	"doorstep/internal/guard"
)

// TestPeopleComeWithTheirLevelByWhateverRoad has a data administrator of a point and one
// of the province come to three laptops, by stick, by file and by the network.
func TestPeopleComeWithTheirLevelByWhateverRoad(t *testing.T) {
	ctx := t.Context()
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	stick, file, net := newLaptop(t, s), newLaptop(t, s), newLaptop(t, s)
	point := stick.Profile().Point
	dir := t.TempDir()
	round := func() {
		stick.finished(t, noise("a", 9_000))
		stick.write(t, dir)
		takeStick(t, s, dir, exitOK)
		stick.read(t, dir)
		out := filepath.Join(t.TempDir(), "people.dsb")
		verbOK(t, "bulletin", "write", "--data", s.dir, "--kind", "operators", "--name", bulletin.OperatorsName, "--out", out)
		raw, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := file.TakeBulletin(ctx, raw); err != nil {
			t.Fatal(err)
		}
		mustCarry(t, net, s.url)
	}
	same := func(id string, level guard.Level, org string) {
		t.Helper()
		for road, l := range map[string]*laptop{"stick": stick, "file": file, "network": net} {
			if o, err := l.Account(ctx, id); err != nil || o.Level != level || o.Org != org {
				t.Errorf("%s by %s: got level %q of %q, %v, want %q of %q", id, road, o.Level, o.Org, err, level, org)
			}
		}
	}
	round() // before anybody has a level
	add := func(id, role, level, org string) {
		verbOK(t, "operator", "add", "--data", s.dir, "--id", id, "--name", "人员"+id, "--role", role, "--level", level, "--org", org)
	}
	add("admin-9", "dataadmin", "point", point)
	add("admin-8", "dataadmin", "province", "52")
	add("admin-7", "dataadmin", "county", "522727")
	round()
	same("admin-9", guard.PointLevel, point)
	same("admin-8", guard.ProvinceLevel, "52")
	same("admin-7", guard.CountyLevel, "522727")
	same("practice-clerk", "", "")
	t.Run("and one that is lowered is so everywhere", func(t *testing.T) {
		add("admin-7", "dataadmin", "point", point)
		round()
		same("admin-7", guard.PointLevel, point)
	})
	t.Run("the stick has the levels also for a program that reads no roster with them", func(t *testing.T) {
		if list := stick.Bulletins(bulletin.Standing); len(list) != 1 {
			t.Errorf("got %+v, want the list of levels", list)
		}
	})
}
