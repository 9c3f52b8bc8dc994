package main

import (
	"bytes"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
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

// TestADamagedGrantKeepsNothingElseFromAStick has one grant at the centre of which the
// bytes were altered.
func TestADamagedGrantKeepsNothingElseFromAStick(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	s.must(t, "operator", "add", "--id", "adm-9", "--name", "县管理员", "--role", "dataadmin")
	var grants []string
	for range 2 {
		out := s.must(t, "grant", "new", "--operator", "practice-clerk", "--by", "adm-9", "--fields", "student.phone", "--count", "3", "--device", l.Profile().Device.String(), "--reason", "核对家长投诉")
		grants = append(grants, regexp.MustCompile(`g-[0-9a-f]+`).FindString(out))
	}
	var raw []byte
	db := database(t, s.dir)
	if err := db.QueryRowContext(t.Context(), numbered(`SELECT bytes FROM bulletins WHERE name = ?`), grants[1]).Scan(&raw); err != nil {
		t.Fatal(err)
	}
	raw[len(raw)/2] ^= 1
	if _, err := db.ExecContext(t.Context(), numbered(`UPDATE bulletins SET bytes = ? WHERE name = ?`), raw, grants[1]); err != nil {
		t.Fatal(err)
	}
	id, dir := l.draft(t, noise("paper", 2_000)), t.TempDir()
	l.write(t, dir)
	if taken := takeStick(t, s, dir, exitOK); len(taken) != 1 || !taken[0].Answer || !slices.Equal(taken[0].Unread, grants[1:]) {
		t.Errorf("the centre says %+v", taken)
	}
	l.read(t, dir)
	if list := l.Bulletins(bulletin.Grant); len(list) != 1 || list[0].Name != grants[0] {
		t.Errorf("the laptop has %+v, want %s alone", list, grants[0])
	}
	if h := heldCase(t, s, id); h.Changes != 2 || h.Lacking != 0 {
		t.Errorf("the case at the centre: %+v", h)
	}
	var out, errs bytes.Buffer
	l.write(t, dir)
	if code := run(t.Context(), []string{"stick", "take", "--data", s.dir, "--from", dir}, &out, &errs); code != exitOK || !strings.Contains(out.String(), "授权 "+grants[1]+" 在县里已损坏") || !strings.Contains(errs.String(), grants[1]) {
		t.Errorf("the county is told %d, %s%s", code, out.String(), errs.String())
	}
	s.must(t, "grant", "withdraw", "--id", grants[1])
	l.write(t, dir)
	if taken := takeStick(t, s, dir, exitOK); len(taken) != 1 || len(taken[0].Unread) > 0 {
		t.Errorf("once it was taken back: %+v", taken)
	}
}
