package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"doorstep/internal/depot"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// at is the status of a case at the centre; empty where there is none.
func (s *server) at(t testing.TB, id uuid.UUID) string {
	t.Helper()
	for _, k := range s.holdings(t).Cases {
		if k.ID == id {
			return k.Status
		}
	}
	return ""
}

func TestAnErasedCaseGoesEverywhereAndAlsoOutOfABackup(t *testing.T) {
	dir := t.TempDir()
	s := startServer(t, dir, "127.0.0.1:0")
	s.must(t, "operator", "add", "--id", "admin-1", "--name", "管理员", "--role", "dataadmin")
	a, b := newLaptop(t, s), newLaptop(t, s)
	ctx := t.Context()
	page, other := noise("page", 30_000), noise("other", 9_000)
	id := a.draft(t, page)
	stays := a.draft(t, other)
	a.commit(t, id, "practice-clerk", loan.ChangeVoid, loan.ReasonBody{Reason: "本人不再申请"})
	all, err := a.Changes(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Receive(ctx, all); err != nil { // as in the room
		t.Fatal(err)
	}
	b.commit(t, id, "practice-clerk", loan.ChangeTake, loan.TakeBody{Station: loan.Stations()[0], Reason: "对方离开"})
	mustCarry(t, a, s.url)
	mustCarry(t, b, s.url)
	if st := s.at(t, id); st != loan.Void.String() {
		t.Fatalf("at the centre the case is %q", st)
	}
	s.stop()
	backup := copyTree(t, dir)
	s = startServer(t, dir, "127.0.0.1:0")
	out, err := a.EraseCase(ctx, id, "admin-1", "asked in person")
	if err != nil || out.Cases != 1 {
		t.Fatalf("%+v, %v", out, err)
	}
	mustCarry(t, a, s.url)
	if st := s.at(t, id); st != "erased" {
		t.Errorf("at the centre the case is %q, want erased", st)
	}
	if list := s.must(t, "case", "erased"); !strings.Contains(list, id.String()) || !strings.Contains(list, "admin-1") || !strings.Contains(list, "asked in person") {
		t.Errorf("the centre lists %q", list)
	}
	mustCarry(t, b, s.url)
	for name, l := range map[string]*laptop{"the laptop that erased it": a, "the other laptop": b} {
		if _, err := l.Case(ctx, id); fault.KindOf(err) != fault.Erased {
			t.Errorf("%s: got %v", name, err)
		}
		if err := l.VerifyChain(ctx); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	mustCarry(t, b, s.url)
	if err := b.Receive(ctx, all); err != nil { // a neighbour comes with it again
		t.Fatal(err)
	}
	if _, err := b.Case(ctx, id); fault.KindOf(err) != fault.Erased {
		t.Errorf("after a neighbour came with it: got %v", err)
	}
	// The centre's backup has the case; either laptop's chain takes it out.
	for name, l := range map[string]*laptop{"the laptop that erased it": a, "the other laptop": b} {
		if depot.OnShared() {
			break // the folder is not the centre
		}
		s.stop()
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		if err := os.CopyFS(dir, os.DirFS(backup)); err != nil {
			t.Fatal(err)
		}
		if code, _, errs := s.verb(t, "restored"); code != exitOK {
			t.Fatalf("restored: %d %s", code, errs)
		}
		s = startServer(t, dir, "127.0.0.1:0")
		if st := s.at(t, id); st != loan.Void.String() {
			t.Fatalf("in the backup the case is %q", st)
		}
		mustCarry(t, l, s.url)
		if st := s.at(t, id); st != "erased" {
			t.Errorf("after the restore, by %s, the case is %q, want erased", name, st)
		}
	}
	mustCarry(t, a, s.url)
	if st := s.at(t, stays); st != loan.Draft.String() {
		t.Errorf("another case is %q", st)
	}
	mustCarry(t, b, s.url)
	// At the centre itself.
	a.commit(t, stays, "practice-clerk", loan.ChangeVoid, loan.ReasonBody{Reason: "本人不再申请"})
	erase := func(by string) int {
		code, _, _ := s.verb(t, "case", "erase", "--case", stays.String(), "--by", by, "--reason", "asked at the county")
		return code
	}
	if code, _, errs := s.verb(t, "case", "erase", "--case", stays.String(), "--by", "admin-1", "--reason", "asked at the county"); code != exitFailed || !strings.Contains(errs, "先在电脑上“作废本案”") {
		t.Errorf("before it is void: exit %d, %s", code, errs)
	}
	mustCarry(t, a, s.url)
	if code := erase("practice-clerk"); code != exitUsage {
		t.Errorf("by a clerk: exit %d", code)
	}
	if code := erase("admin-1"); code != exitOK {
		t.Errorf("exit %d", code)
	}
	mustCarry(t, a, s.url)
	if _, err := a.Case(ctx, stays); fault.KindOf(err) != fault.Erased {
		t.Errorf("erased at the centre, on the laptop: %v", err)
	}
	blobs, err := a.Outbox(ctx)
	if err != nil || len(blobs.Blobs) > 0 {
		t.Errorf("waiting: %+v, %v", blobs, err)
	}
}

// TestALaptopThatMissedAnErasingHearsOfItAfterARestore has the centre get a new
// identity between an erasing and the laptop's next sync.
func TestALaptopThatMissedAnErasingHearsOfItAfterARestore(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	s := startServer(t, dir, "127.0.0.1:0")
	s.must(t, "operator", "add", "--id", "admin-1", "--name", "管理员", "--role", "dataadmin")
	a, b := newLaptop(t, s), newLaptop(t, s)
	id := a.draft(t, noise("page", 30_000))
	a.commit(t, id, "practice-clerk", loan.ChangeVoid, loan.ReasonBody{Reason: "本人不再申请"})
	all, err := a.Changes(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Receive(ctx, all); err != nil { // as in the room
		t.Fatal(err)
	}
	b.commit(t, id, "practice-clerk", loan.ChangeTake, loan.TakeBody{Station: loan.Stations()[0], Reason: "对方离开"})
	mustCarry(t, a, s.url)
	mustCarry(t, b, s.url)
	if _, err := a.EraseCase(ctx, id, "admin-1", "asked in person"); err != nil {
		t.Fatal(err)
	}
	mustCarry(t, a, s.url)
	if st := s.at(t, id); st != "erased" {
		t.Fatalf("at the centre the case is %q, want erased", st)
	}
	for range 2 { // one restore upon another says it no less
		s.stop()
		if code, _, errs := s.verb(t, "restored"); code != exitOK {
			t.Fatalf("restored: %d %s", code, errs)
		}
		s = startServer(t, dir, "127.0.0.1:0")
	}
	if _, err := b.Case(ctx, id); err != nil {
		t.Fatalf("before it syncs: %v", err)
	}
	mustCarry(t, b, s.url)
	if _, err := b.Case(ctx, id); fault.KindOf(err) != fault.Erased {
		t.Errorf("the laptop that missed it: got %v", err)
	}
	if err := b.VerifyChain(ctx); err != nil {
		t.Error(err)
	}
	mustCarry(t, a, s.url)
	s.must(t, "record", "verify", "--reason", "after the restore")
}

// TestADraftHasItsPapersAlsoWhenTheCaseTheyCameWithWasErasedElsewhere has a laptop name
// in a draft, while offline, what the centre got of it with another case, which the
// county erases before it hears of the draft.
func TestADraftHasItsPapersAlsoWhenTheCaseTheyCameWithWasErasedElsewhere(t *testing.T) {
	s := startServer(t, t.TempDir(), "127.0.0.1:0")
	s.must(t, "operator", "add", "--id", "admin-1", "--name", "管理员", "--role", "dataadmin")
	a, b := newLaptop(t, s), newLaptop(t, s)
	ctx := t.Context()
	page, alone, other := noise("page", 30_000), noise("alone", 9_000), noise("other", 5_000)
	gone := a.draft(t, page, alone)
	mustCarry(t, a, s.url)
	a.draft(t, other) // so that the last receipt names no paper of the erased case
	mustCarry(t, a, s.url)
	all, err := a.Changes(ctx, gone)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Receive(ctx, all); err != nil { // as in the room
		t.Fatal(err)
	}
	b.commit(t, gone, "practice-clerk", loan.ChangeVoid, loan.ReasonBody{Reason: "本人不再申请"})
	mustCarry(t, b, s.url)
	if h := s.holdings(t); h.Blobs != 3 {
		t.Fatalf("the centre has %d blobs", h.Blobs)
	}
	draft := a.draft(t, page) // offline
	if out, err := a.Outbox(ctx); err != nil || len(out.Blobs) > 0 {
		t.Fatalf("waiting: %+v, %v", out.Blobs, err)
	}
	if _, err := b.EraseCase(ctx, gone, "admin-1", "asked in person"); err != nil {
		t.Fatal(err)
	}
	mustCarry(t, b, s.url)
	for end := time.Now().Add(time.Minute); s.holdings(t).Blobs > 1; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the centre has the erased case's papers still")
		}
	}
	for range 2 { // it hears of the erasing, and then offers the paper
		mustCarry(t, a, s.url)
	}
	if _, err := a.Case(ctx, gone); fault.KindOf(err) != fault.Erased {
		t.Errorf("the erased case: %v", err)
	}
	out, err := a.Outbox(ctx)
	if err != nil || len(out.Blobs) > 0 {
		t.Errorf("waiting: %+v, %v", out.Blobs, err)
	}
	if h := s.holdings(t); h.Blobs != 2 || h.Bytes != int64(len(page)+len(other)) {
		t.Errorf("the centre has %d blobs of %d bytes, want the drafts' papers alone", h.Blobs, h.Bytes)
	}
	a.finish(t, draft)
	for range 2 {
		mustCarry(t, a, s.url)
	}
	if st := s.at(t, draft); st != loan.Received.String() {
		t.Errorf("at the centre the finished case is %q", st)
	}
	if code, said, errs := s.verb(t, "verify"); code != exitOK {
		t.Errorf("the centre: exit %d, %s%s", code, said, errs)
	}
	if err := a.VerifyLedger(ctx); err != nil {
		t.Error(err)
	}
	a.reopen(t)
	if got, err := a.Blob(ctx, a.BlobName(page)); err != nil || len(got) != len(page) {
		t.Errorf("the paper on the laptop: %d bytes, %v", len(got), err)
	}
}
