package main

import (
	"path/filepath"
	"regexp"
	"testing"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
)

// TestAStickBringsHomeWhatTheCountySaidOfGrantsAndEmergencies has a laptop that never has
// a network hear of a grant, of its end and of the review of its emergency.
func TestAStickBringsHomeWhatTheCountySaidOfGrantsAndEmergencies(t *testing.T) {
	ctx := t.Context()
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l, other := newLaptop(t, s), newLaptop(t, s)
	device := l.Profile().Device.String()
	s.must(t, "operator", "add", "--id", "adm-9", "--name", "县管理员", "--role", "dataadmin")
	s.must(t, "operator", "add", "--id", "rev-9", "--name", "某复核员", "--role", "reviewer", "--level", "point", "--org", l.Profile().Point)
	dir := t.TempDir()
	round := func() {
		t.Helper()
		l.write(t, dir)
		takeStick(t, s, dir, exitOK)
		l.read(t, dir)
	}
	grant := func(device string) string {
		t.Helper()
		out := s.must(t, "grant", "new", "--operator", "practice-clerk", "--by", "adm-9", "--fields", "student.phone", "--count", "3", "--device", device, "--reason", "核对家长投诉", "--hours", "500")
		return regexp.MustCompile(`g-[0-9a-f]+`).FindString(out)
	}
	id := l.draft(t, noise("paper", 2_000))
	round()
	g, err := l.at(t, "rev-9").BreakGlass(ctx, id, "洪水断网，家属急用")
	if err != nil {
		t.Fatal(err)
	}
	its, others := grant(device), grant(other.Profile().Device.String())
	round()
	t.Run("a grant of this laptop comes, and no other's", func(t *testing.T) {
		if list := l.Bulletins(bulletin.Grant); len(list) != 1 || list[0].Name != its {
			t.Errorf("got %+v, want %s alone", list, its)
		}
		if _, err := l.Bulletin(ctx, bulletin.Grant, others); fault.KindOf(err) != fault.Missing {
			t.Errorf("another laptop's: got %v", err)
		}
	})
	s.must(t, "grant", "withdraw", "--id", its)
	never := grant(device)
	s.must(t, "grant", "withdraw", "--id", never)
	s.must(t, "emergency", "review", "--device", device, "--id", g.ID, "--not-right", "--reason", "灾情不实", "--by", "adm-9")
	round()
	t.Run("that it was taken back comes, also of one that never came", func(t *testing.T) {
		if !l.Withdrawn(bulletin.Grant, its) || !l.Withdrawn(bulletin.Grant, never) || len(l.Bulletins(bulletin.Grant)) != 0 {
			t.Errorf("withdrawn %v and %v; in force %+v", l.Withdrawn(bulletin.Grant, its), l.Withdrawn(bulletin.Grant, never), l.Bulletins(bulletin.Grant))
		}
	})
	t.Run("what the county said of an emergency comes", func(t *testing.T) {
		raw, err := l.Bulletin(ctx, bulletin.Reviews, bulletin.ReviewsName)
		if err != nil {
			t.Fatal(err)
		}
		if list, err := guard.ParseReviewed(raw); err != nil || len(list) != 1 || list[0].ID != g.ID || list[0].Right {
			t.Errorf("got %+v, %v, want that %s was not right", list, err, g.ID)
		}
	})
	t.Run("the same again is no fault", func(t *testing.T) {
		round()
		if !l.Withdrawn(bulletin.Grant, its) {
			t.Error("it is in force again")
		}
	})
}
