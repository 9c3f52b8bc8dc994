package main

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/sync/central"
)

// TestAnEmergencyIsReviewedAtTheCentre uses emergencies at a real laptop, and has
// them looked at on both sides.
func TestAnEmergencyIsReviewedAtTheCentre(t *testing.T) {
	ctx := t.Context()
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	point := l.Profile().Point
	for _, o := range [][]string{
		{"rev-9", "某复核员", "reviewer", "point", point}, {"aud-9", "县审计员", "auditor", "county", "522727"}, {"adm-9", "县管理员", "dataadmin", "county", "522727"},
		{"adm-p", "点管理员", "dataadmin", "point", point}, {"adm-5", "省管理员", "dataadmin", "province", "52"}, {"both-9", "县两职", "reviewer,dataadmin", "county", "522727"},
	} {
		s.must(t, "operator", "add", "--id", o[0], "--name", o[1], "--role", o[2], "--level", o[3], "--org", o[4])
	}
	mustCarry(t, l, s.url)
	id := l.draft(t, noise("paper", 2_000))
	used := l.at(t, "rev-9")
	var ids []string
	for range 3 {
		g, err := used.BreakGlass(ctx, id, "洪水断网，家属急用")
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, g.ID)
	}
	mustCarry(t, l, s.url)
	list := func() (all []central.Emergency) {
		t.Helper()
		if err := json.Unmarshal([]byte(s.must(t, "emergency", "list", "--reason", "weekly look", "--by", "adm-9", "--json")), &all); err != nil {
			t.Fatal(err)
		}
		return all
	}
	if all := list(); len(all) != 3 || all[0].Operator != "rev-9" || all[0].Case != id || all[0].Point != point || len(all[0].Reviews) != 0 {
		t.Fatalf("got %+v", all)
	}
	review := func(by, id, word string) int {
		code, _, _ := s.verb(t, "emergency", "review", "--device", l.Profile().Device.String(), "--id", id, word, "--reason", "灾情属实", "--by", by)
		return code
	}
	for who, want := range map[string]int{"rev-9": exitUsage, "adm-p": exitUsage, "adm-5": exitUsage, "nobody": exitUsage} {
		if code := review(who, ids[0], "--right"); code != want {
			t.Errorf("by %s: exit %d, want %d", who, code, want)
		}
	}
	if code := review("adm-9", "e-0123456789ab", "--right"); code != exitMissing {
		t.Errorf("one that is not there: exit %d", code)
	}
	if code := review("adm-9", ids[0], "--not-right"); code != exitOK {
		t.Fatalf("exit %d", code)
	}
	if code := review("aud-9", ids[0], "--right"); code != exitMissing {
		t.Errorf("a second time: exit %d", code)
	}

	// Before the laptop hears of it somebody reviews the same there: both are kept.
	here := l.at(t, "aud-9")
	if err := here.ReviewGlass(ctx, ids[0], true, "当时在场"); err != nil {
		t.Fatal(err)
	}
	// And what a laptop makes up for who used it counts for nothing.
	l.commit(t, id, "rev-9", loan.ChangeView, loan.ViewBody{Reason: "没有问题", Detail: "glass " + ids[1] + " of rev-9 reviewed: right"})
	if _, err := used.BreakGlass(ctx, id, "洪水断网，家属急用"); err != nil {
		t.Errorf("one was looked at: %v", err)
	}
	if code := review("aud-9", ids[2], "--right"); code != exitOK {
		t.Fatalf("exit %d", code)
	}
	mustCarry(t, l, s.url)
	mustCarry(t, l, s.url)
	all := list()
	of := func(id string) central.Emergency {
		i := slices.IndexFunc(all, func(e central.Emergency) bool { return e.ID == id })
		if i < 0 {
			t.Fatalf("%s is not in the list", id)
		}
		return all[i]
	}
	if r := of(ids[0]).Reviews; len(r) != 2 || !r[0].Centre || r[0].Right || r[0].By != "adm-9" || r[1].Centre || !r[1].Right || r[1].By != "aud-9" {
		t.Errorf("reviewed on both sides: %+v", r)
	}
	if r := of(ids[1]).Reviews; len(r) != 0 {
		t.Errorf("who used it cleared it: %+v", r)
	}
	here = l.at(t, "aud-9")
	left, err := here.Glasses(ctx)
	if err != nil || slices.ContainsFunc(left, func(g desk.Glass) bool { return g.ID == ids[0] || g.ID == ids[2] }) || len(left) != 2 {
		t.Errorf("what waits at the laptop: %+v, %v", left, err)
	}
	shown, err := here.ReviewedAbove(ctx)
	if err != nil || len(shown) != 2 || shown[0].ID != ids[2] || !shown[0].Right || shown[1].By != "adm-9" || shown[1].Right || shown[1].Word != "灾情属实" {
		t.Errorf("what the laptop shows: %+v, %v", shown, err)
	}
	if shown, err := l.at(t, "rev-9").ReviewedAbove(ctx); err != nil || len(shown) != 2 {
		t.Errorf("what who used it sees: %+v, %v", shown, err)
	}
	if shown, err := l.at(t, "practice-clerk").ReviewedAbove(ctx); err != nil || len(shown) != 0 {
		t.Errorf("what another sees: %+v, %v", shown, err)
	}
	if err := here.ReviewGlass(ctx, ids[2], false, "再看一次"); fault.KindOf(err) != fault.Missing {
		t.Errorf("after the centre's: %v", err)
	}
	record := s.must(t, "record", "list", "--reason", "weekly look", "--of", "adm-9", "--case", id.String())
	if !strings.Contains(record, "glass "+ids[0]+" of rev-9 reviewed: not right") {
		t.Errorf("the record: %s", record)
	}
	if odd := s.must(t, "record", "odd", "--reason", "weekly look"); !strings.Contains(odd, "  1 次复查为不应使用") {
		t.Errorf("what is odd: %s", odd)
	}
	s.must(t, "record", "verify", "--reason", "weekly look")
}
