package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"doorstep/internal/depot"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/internal/store"
	"doorstep/sync/central"
	"doorstep/sync/courier"
	"github.com/google/uuid"
)

func value(s string) json.RawMessage {
	b, _ := json.Marshal(s) // a text
	return b
}

func (l *laptop) edit(t testing.TB, id uuid.UUID, field, to string) {
	t.Helper()
	l.commit(t, id, "practice-clerk", loan.ChangeEdit, loan.EditBody{Fields: map[string]json.RawMessage{field: value(to)}})
}

func (l *laptop) folded(t testing.TB, id uuid.UUID) *loan.Case {
	t.Helper()
	k, err := l.Case(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// handOver gives a case to another laptop as it is, as in a room of stations.
func (l *laptop) handOver(t *testing.T, id uuid.UUID, to *laptop) {
	t.Helper()
	changes, err := l.Changes(t.Context(), id)
	if err == nil {
		err = to.Receive(t.Context(), changes)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestTwoDesksEditOneCaseOfflineAndAPersonDecides(t *testing.T) {
	s := &startChild(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0").server
	a, b := newLaptop(t, s), newLaptop(t, s)
	meet := func() {
		t.Helper()
		for range 2 {
			mustCarry(t, a, "")
			mustCarry(t, b, "")
		}
	}
	id := a.draft(t)
	a.edit(t, id, "student.name", "韦测甲")
	a.handOver(t, id, b)
	a.edit(t, id, "student.phone", "15400000001")
	a.edit(t, id, "student.address", "测试乡一组")
	b.edit(t, id, "student.phone", "15400000002")
	b.edit(t, id, "study.major", "测试专业")
	meet()
	for name, l := range map[string]*laptop{"the one": a, "the other": b} {
		k := l.folded(t, id)
		if len(k.Conflicts) != 1 || k.Conflicts[0].Field != "student.phone" || len(k.Conflicts[0].Values) != 2 {
			t.Fatalf("%s desk: conflicts %+v", name, k.Conflicts)
		}
		if k.App.Student.Address != "测试乡一组" || k.App.Study.Major != "测试专业" || k.App.Student.Name != "韦测甲" {
			t.Errorf("%s desk lost a field: %+v", name, k.App)
		}
	}
	if h := heldCase(t, s, id); h.Conflicts != 1 {
		t.Errorf("the list says %d conflicts", h.Conflicts)
	}
	b.commit(t, id, "practice-clerk", loan.ChangeResolve, loan.EditBody{Fields: map[string]json.RawMessage{"student.phone": value("15400000002")}})
	meet()
	for _, l := range []*laptop{a, b} {
		if k := l.folded(t, id); len(k.Conflicts) != 0 || k.App.Student.Phone != "15400000002" {
			t.Errorf("decided: %+v, %s", k.Conflicts, k.App.Student.Phone)
		}
	}
	t.Run("made void at one desk and edited at the other: void, and the edit is kept aside", func(t *testing.T) {
		a.commit(t, id, "practice-clerk", loan.ChangeVoid, loan.ReasonBody{Reason: "重复"})
		b.edit(t, id, "student.address", "测试乡二组")
		b.edit(t, id, "student.address", "测试乡三组")
		meet()
		ka, kb := a.folded(t, id), b.folded(t, id)
		if ka.Status != loan.Void || kb.Status != loan.Void || len(ka.Aside) == 0 || len(ka.Aside) != len(kb.Aside) {
			t.Errorf("one %v with %d aside, other %v with %d", ka.Status, len(ka.Aside), kb.Status, len(kb.Aside))
		}
		if h := heldCase(t, s, id); h.Status != "void" || h.Aside != len(ka.Aside) {
			t.Errorf("the list: %+v", h)
		}
	})
}

// Who has the marks and not the county's key cannot try numbers against them.
func TestTheMarkOfAStudentIsMadeWithTheCountysKey(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	id := l.ofStudent(t, madeUpID(1))
	mustCarry(t, l, "")
	key := l.Profile().CountyKey.Derive(central.MarksLabel)
	defer key.Wipe()
	want := key.Name([]byte("id " + madeUpID(1)))
	var mark []byte
	err := database(t, s.dir).QueryRow(numbered(`SELECT mark FROM marks WHERE sort = 'id' AND case_id = ?`), id.String()).Scan(&mark)
	if err != nil || !bytes.Equal(mark, want[:]) {
		t.Errorf("the mark is %x, want %x; %v", mark, want, err)
	}
}

func TestAnEditWhileItsEarlierVersionIsOnTheWay(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	p := newProxy(t, s)
	id := l.finished(t, noise("old", 600_000))
	var up atomic.Int64
	half := make(chan struct{})
	var once atomic.Bool
	p.set(func() {
		p.up = func(n int) bool {
			if up.Add(int64(n)) > 200_000 && once.CompareAndSwap(false, true) {
				close(half)
			}
			return true
		}
	})
	done := make(chan error, 1)
	go func() { done <- l.carry(t, p.url) }()
	<-half
	first := l.folded(t, id).Contract.Sealed.Blob
	l.commit(t, id, "practice-clerk", loan.ChangeCorrect, loan.CorrectBody{Fields: map[string]json.RawMessage{"student.name": value("韦测乙")}, Reason: "录错"})
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	mustCarry(t, l, "")
	k := l.folded(t, id)
	if k.Status != loan.Corrected || k.App.Student.Name != "韦测乙" || len(k.Former) != 1 || k.Former[0].Sealed.Blob != first {
		t.Fatalf("laptop: %v, %q, %d former", k.Status, k.App.Student.Name, len(k.Former))
	}
	if h := heldCase(t, s, id); h.Status != "corrected" || h.Conflicts != 0 || h.Whole() {
		t.Errorf("centre: %+v", h)
	}
	l.finish(t, id)
	mustCarry(t, l, "")
	k = l.folded(t, id)
	if h := heldCase(t, s, id); k.Status != loan.Received || !h.Whole() || len(k.Former) != 1 {
		t.Errorf("laptop %v with %d former, centre %+v", k.Status, len(k.Former), h)
	}
	t.Run("corrected and finished anew in one go, it is whole with what the new finish names", func(t *testing.T) {
		first := heldCase(t, s, id).ReceiptNo
		page := noise("another page", 900_000)
		l.commit(t, id, "practice-clerk", loan.ChangeCorrect, loan.CorrectBody{Fields: map[string]json.RawMessage{"student.name": value("韦测丙")}, Reason: "录错"})
		l.commit(t, id, "practice-clerk", loan.ChangeAttach, loan.AttachBody{Source: "file", Attachment: loan.Attachment{
			Slot: loan.DocSlot(loan.StudentIDCard), Blob: l.BlobName(page), Size: int64(len(page)), Media: "image/jpeg"}}, page)
		l.finish(t, id)
		ctx, cancel := context.WithTimeout(t.Context(), hangs)
		defer cancel()
		p.endsAfter(new(atomic.Int64), 500_000, cancel)
		if err := newCourier(t, l, p.url).RunUntilEmpty(ctx); err == nil {
			t.Fatal("all went over a link that ended")
		}
		if h := heldCase(t, s, id); h.Status != "queued" || h.Lacking == 0 || h.Whole() || l.status(t, id) != loan.Queued {
			t.Errorf("half of it there: laptop %v, centre %+v", l.status(t, id), h)
		}
		mustCarry(t, l, "")
		k := l.folded(t, id)
		if h := heldCase(t, s, id); k.Status != loan.Received || !h.Whole() || h.ReceiptNo == first || k.Receipt.ReceiptNo != h.ReceiptNo || len(k.Former) != 2 {
			t.Errorf("laptop %v with receipt %+v and %d former, centre %+v", k.Status, k.Receipt, len(k.Former), h)
		}
	})
}

func TestACaseCountsAsArrivedOnlyWhole(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	p := newProxy(t, s)
	id := l.finished(t, noise("page", 900_000))
	var up atomic.Int64
	ctx, cancel := context.WithTimeout(t.Context(), hangs)
	defer cancel()
	p.endsAfter(&up, 500_000, cancel)
	c, err := courier.New(courier.Config{Store: l.Store, Server: p.url})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.RunUntilEmpty(ctx); err == nil {
		t.Fatal("all went over a link that ended")
	}
	if l.status(t, id) != loan.Queued {
		t.Errorf("the laptop says %v", l.status(t, id))
	}
	h := heldCase(t, s, id)
	if h.Whole() || h.Status != "queued" || h.Lacking == 0 || h.ReceiptNo != "" {
		t.Errorf("the centre says %+v", h)
	}
	if out := s.must(t, "list"); !strings.Contains(out, "不全，缺 ") {
		t.Errorf("not in plain sight:\n%s", out)
	}
	mustCarry(t, l, "")
	if h := heldCase(t, s, id); !h.Whole() || l.status(t, id) != loan.Received {
		t.Errorf("whole: %+v, %v", h, l.status(t, id))
	}
}

func TestTheSameScanTwiceIsStoredOnceAndBothAreWhole(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	a, b := newLaptop(t, s), newLaptop(t, s)
	scan := noise("scan", 200_000)
	attach := func(l *laptop, id uuid.UUID, d loan.Doc) {
		l.commit(t, id, "practice-clerk", loan.ChangeAttach, loan.AttachBody{Source: "file", Attachment: loan.Attachment{
			Slot: loan.DocSlot(d), Blob: l.BlobName(scan), Size: int64(len(scan)), Media: "image/jpeg"}}, scan)
	}
	one := a.draft(t, scan)
	attach(a, one, loan.HukouBook2)
	attach(a, one, loan.StudentIDCard)
	a.finish(t, one)
	two, three := a.finished(t, scan), b.finished(t, scan)
	if _, n := a.waits(t); n != 3*2+1 {
		t.Errorf("%d blobs wait at the laptop, want the scan once and six others", n)
	}
	mustCarry(t, a, "")
	mustCarry(t, b, "")
	for l, ids := range map[*laptop][]uuid.UUID{a: {one, two}, b: {three}} {
		for _, id := range ids {
			if k := heldCase(t, s, id); !k.Whole() || l.status(t, id) != loan.Received {
				t.Errorf("%s: %+v, %v", id, k, l.status(t, id))
			}
		}
	}
	if h := s.holdings(t); h.Blobs != 3*3+1 {
		t.Errorf("%d blobs, want the scan once and nine others", h.Blobs)
	}
	if n := found(t, s.dir, scan[100_000:100_064]); n != 1 && !depot.OnShared() { // there it is sealed, under its name
		t.Errorf("the scan lies on the centre's disk %d times", n)
	}
	if n := len(a.folded(t, one).Attachments); n != 3 {
		t.Errorf("%d attachments, want 3", n)
	}
}

// found counts how often some bytes lie in the files of a folder.
func found(t testing.TB, dir string, b []byte) (n int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		n += bytes.Count(content, b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestAWrongClockOrdersNothing(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	a, b := newLaptop(t, s), newLaptop(t, s)
	var off atomic.Int64
	setClock := func(d time.Duration, zone string) *laptop {
		t.Helper()
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
		where := time.FixedZone(zone, int(d.Hours())%12*3600)
		off.Store(int64(d))
		k, err := store.Open(t.Context(), store.Options{Dir: a.dir, Cost: seal.CheapCost(),
			Now: func() time.Time { return time.Now().Add(time.Duration(off.Load())).In(where) }})
		if err != nil {
			t.Fatal(err)
		}
		if a.Store, _, err = k.Unlock(t.Context(), "practice-clerk", []byte(password)); err != nil {
			t.Fatal(err)
		}
		return a
	}
	id := a.draft(t)
	a.handOver(t, id, b)
	b.edit(t, id, "student.name", "韦测甲") // from now on it works on the case too
	for i, d := range []time.Duration{time.Hour, -24 * time.Hour, 25 * 365 * 24 * time.Hour, -25 * 365 * 24 * time.Hour, 9 * time.Hour} {
		setClock(d, fmt.Sprint("z", i))
		a.edit(t, id, "student.phone", fmt.Sprintf("1540000000%d", i))
		off.Store(off.Load() - int64(48*time.Hour)) // set back while it goes on
		a.edit(t, id, "student.address", fmt.Sprintf("测试乡%d组", i))
		mustCarry(t, a, "")
		mustCarry(t, b, "")
		for _, l := range []*laptop{a, b} {
			k := l.folded(t, id)
			if len(k.Conflicts) != 0 || len(k.Aside) != 0 || k.App.Student.Phone != fmt.Sprintf("1540000000%d", i) || k.App.Student.Address != fmt.Sprintf("测试乡%d组", i) {
				t.Errorf("clock %v: %+v, %d conflicts, %d aside", d, k.App.Student, len(k.Conflicts), len(k.Aside))
			}
		}
	}
	b.edit(t, id, "student.phone", "15400000009")
	mustCarry(t, b, "")
	mustCarry(t, a, "")
	if k := a.folded(t, id); k.App.Student.Phone != "15400000009" || len(k.Conflicts) != 0 {
		t.Errorf("an edit that saw all of them: %s, %+v", k.App.Student.Phone, k.Conflicts)
	}
	a.finish(t, id)
	mustCarry(t, a, "")
	if a.status(t, id) != loan.Received || heldCase(t, s, id).Conflicts != 0 {
		t.Errorf("%v", a.status(t, id))
	}
}

func TestASecondOperatorCarriesWhatTheFirstLeft(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	second := guard.Operator{ID: "second-1", Name: "第二操作员", Roles: []guard.Role{guard.Clerk}, Enabled: true}
	if err := l.AddOperator(t.Context(), second); err != nil {
		t.Fatal(err)
	}
	if err := l.EnableOperator(t.Context(), second, []byte("another password 2")); err != nil {
		t.Fatal(err)
	}
	id := l.finished(t, noise("a", 100_000))
	if err := l.Close(); err != nil { // signed out with everything unsent
		t.Fatal(err)
	}
	k, err := store.Open(t.Context(), store.Options{Dir: l.dir, Cost: seal.CheapCost()})
	if err != nil {
		t.Fatal(err)
	}
	if l.Store, _, err = k.Unlock(t.Context(), second.ID, []byte("another password 2")); err != nil {
		t.Fatal(err)
	}
	t.Run("the first one's account goes, and the case does not", func(t *testing.T) {
		first := guard.Operator{ID: "practice-clerk", Name: "练习操作员", Roles: []guard.Role{guard.Clerk}}
		if err := l.AddOperator(t.Context(), first); err != nil {
			t.Fatal(err)
		}
		if _, err := l.EraseSeason(t.Context(), 2026, second.ID); err == nil && l.status(t, id) != loan.Queued {
			t.Error("an unsent case was erased")
		}
		wantAllWaiting(t, l)
	})
	mustCarry(t, l, "")
	if l.status(t, id) != loan.Received || !heldCase(t, s, id).Whole() {
		t.Errorf("%v, %+v", l.status(t, id), heldCase(t, s, id))
	}
}
