package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
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

func (s *server) device(t testing.TB, l *laptop) central.HeldDevice {
	t.Helper()
	var list []central.HeldDevice
	if err := json.Unmarshal([]byte(s.must(t, "device", "list", "--json")), &list); err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(list, func(d central.HeldDevice) bool { return d.ID == l.Profile().Device })
	if i < 0 {
		t.Fatal("the device is not in the list")
	}
	return list[i]
}

func TestALaptopRevokedForMonthsKeepsItsQueueAndFlowsOnceAdmitted(t *testing.T) {
	s := &startChild(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0").server
	l := newLaptop(t, s)
	mustCarry(t, l, "")
	id := l.finished(t, noise("a", 100_000))
	device := l.Profile().Device.String()
	shutOut := func(t *testing.T) {
		t.Helper()
		err := l.carry(t, "")
		if fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "材料保留在本机") {
			t.Fatalf("got %v, %q", err, fault.Sentence(err))
		}
		box, err := l.Outbox(t.Context())
		if err != nil || box.Acked >= box.Last || len(box.Blobs) != 4 || l.status(t, id) != loan.Queued {
			t.Errorf("acknowledged %d of %d, %d blobs wait, the case is %v, %v", box.Acked, box.Last, len(box.Blobs), l.status(t, id), err)
		}
	}
	flows := func(t *testing.T) {
		t.Helper()
		mustCarry(t, l, "")
		if l.status(t, id) != loan.Received || !heldCase(t, s, id).Whole() {
			t.Errorf("laptop %v, centre %+v", l.status(t, id), heldCase(t, s, id))
		}
	}
	t.Run("a person at the centre admits it", func(t *testing.T) {
		s.must(t, "device", "revoke", "--id", device)
		if d := s.device(t, l); !d.Revoked || d.Missing {
			t.Errorf("%+v", d)
		}
		shutOut(t)
		if d := s.device(t, l); d.Seen == nil {
			t.Error("its knocking left no trace")
		}
		s.must(t, "device", "admit", "--id", device)
		flows(t)
	})
	t.Run("or it comes with a fresh code, and stays the same device", func(t *testing.T) {
		id = l.finished(t, noise("b", 100_000))
		s.must(t, "device", "revoke", "--id", device)
		shutOut(t)
		old := l.Profile().CertDER
		if err := courier.EnrolAgain(t.Context(), l.Store, courier.EnrolRequest{Code: s.code(t)}); err != nil {
			t.Fatal(err)
		}
		if slices.Equal(old, l.Profile().CertDER) || l.Profile().Device.String() != device {
			t.Error("not a fresh certificate of the same device")
		}
		l.reopen(t)
		flows(t)
		if n := len(s.holdings(t).Devices); n != 1 {
			t.Errorf("%d devices", n)
		}
	})
	t.Run("not with another's code, nor one of another centre", func(t *testing.T) {
		used := s.code(t)
		if _, err := courier.Enrol(t.Context(), courier.EnrolRequest{Server: s.url, Code: used}); err != nil {
			t.Fatal(err)
		}
		if err := courier.EnrolAgain(t.Context(), l.Store, courier.EnrolRequest{Code: used}); fault.KindOf(err) != fault.Refused {
			t.Errorf("a used code: %v", err)
		}
		other := startServer(t, filepath.Join(t.TempDir(), "other"), "127.0.0.1:0")
		if err := courier.EnrolAgain(t.Context(), l.Store, courier.EnrolRequest{Server: other.url, Code: other.code(t)}); fault.KindOf(err) != fault.Untrusted {
			t.Errorf("another centre's: %v", err)
		}
	})
}

func TestACertificateThatRanOutIsRenewedByACode(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "centre")
	centreAt := func(now func() time.Time) (*central.Central, string, func()) {
		c, err := central.Open(t.Context(), central.Options{Dir: dir, Practice: true, Now: now})
		if err != nil {
			t.Fatal(err)
		}
		url, stop := serveAt(t, c)
		return c, url, func() { stop(); c.Close() }
	}
	code := func(c *central.Central) string {
		text, err := c.NewCode(t.Context(), central.NewCodeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	// Enrolled four years ago, for three.
	c, url, stop := centreAt(func() time.Time { return time.Now().AddDate(-4, 0, 0) })
	r, err := courier.Enrol(t.Context(), courier.EnrolRequest{Server: url, Code: code(c)})
	if err != nil {
		t.Fatal(err)
	}
	st, err := store.Create(t.Context(), store.Options{Dir: t.TempDir(), Cost: seal.CheapCost()}, r.Profile,
		guard.Operator{ID: "practice-clerk", Name: "练习操作员", Roles: []guard.Role{guard.Clerk}, Enabled: true}, []byte(password))
	if err != nil {
		t.Fatal(err)
	}
	l := &laptop{Store: st}
	defer l.Close()
	stop()
	id := l.finished(t, noise("a", 100_000))
	c, url, stop = centreAt(time.Now)
	defer stop()
	if err := l.carry(t, url); fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "材料保留在本机") {
		t.Fatalf("got %v, %q", err, fault.Sentence(err))
	}
	if l.status(t, id) != loan.Queued {
		t.Errorf("the case is %v", l.status(t, id))
	}
	if err := courier.EnrolAgain(t.Context(), l.Store, courier.EnrolRequest{Server: url, Code: code(c)}); err != nil {
		t.Fatal(err)
	}
	mustCarry(t, l, "")
	if l.status(t, id) != loan.Received {
		t.Errorf("the case is %v", l.status(t, id))
	}
}

func TestALaptopIsLostAndTheCentreSaysWhatArrived(t *testing.T) {
	s := &startChild(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0").server
	l, other := newLaptop(t, s), newLaptop(t, s)
	whole := l.finished(t, noise("a", 50_000))
	mustCarry(t, l, "")
	draft := l.draft(t, noise("b", 50_000))
	if err := courierRound(t, l); err != nil {
		t.Fatal(err)
	}
	never := l.finished(t, noise("c", 1000))
	theirs := other.finished(t)
	mustCarry(t, other, "")
	device := l.Profile().Device.String()
	out := s.must(t, "device", "lost", "--id", device)
	for _, want := range []string{"locked out", whole.String(), draft.String(), "of which 1 are whole", "Last contact", "it said that"} {
		if !strings.Contains(out, want) {
			t.Errorf("the report lacks %q:\n%s", want, out)
		}
	}
	for _, no := range []uuid.UUID{never, theirs} {
		if strings.Contains(out, no.String()) {
			t.Errorf("the report names %s, which did not come from it", no)
		}
	}
	if err := l.carry(t, ""); fault.KindOf(err) != fault.Denied {
		t.Errorf("whoever has it is let in: %v", err)
	}
	if err := courier.EnrolAgain(t.Context(), l.Store, courier.EnrolRequest{Code: s.code(t)}); fault.KindOf(err) != fault.Denied && fault.KindOf(err) != fault.Refused {
		t.Errorf("with a code: %v", err)
	}
	if d := s.device(t, l); !d.Missing || !d.Revoked {
		t.Errorf("the list: %+v", d)
	}
	t.Run("the other laptops are told, by whatever road", func(t *testing.T) {
		c := newLaptop(t, s)
		mustCarry(t, c, "")
		list, err := bulletin.ParseDevices(mustBulletin(t, c, bulletin.Devices, bulletin.ShutOutName))
		if err != nil || len(list) != 1 || list[0].Device.String() != device || !list[0].Lost {
			t.Errorf("%+v, %v", list, err)
		}
	})
	t.Run("found again, it flows", func(t *testing.T) {
		s.must(t, "device", "admit", "--id", device)
		mustCarry(t, l, "")
		if l.status(t, never) != loan.Received || s.device(t, l).Missing {
			t.Errorf("%v, %+v", l.status(t, never), s.device(t, l))
		}
	})
}

// courierRound carries what there is now.
func courierRound(t *testing.T, l *laptop) error { t.Helper(); return l.carry(t, "") }

func TestTheListSaysHowALaptopIs(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	if d := s.device(t, l); d.Seen != nil {
		t.Errorf("seen before it came: %+v", d.Seen)
	}
	if out := s.must(t, "device", "list"); !strings.Contains(out, "never") {
		t.Errorf("%s", out)
	}
	l.finished(t, noise("a", 100_000))
	c, err := courier.New(courier.Config{Store: l.Store, Version: "0.9.1", Now: func() time.Time { return time.Now().Add(-time.Hour) }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := c.RunUntilEmpty(ctx); err != nil {
		t.Fatal(err)
	}
	d := s.device(t, l)
	if d.Seen == nil || d.Seen.Version != "0.9.1" || d.Seen.Clock > -3590_000 || d.Seen.Clock < -3610_000 || time.Since(d.Seen.At) > time.Minute {
		t.Fatalf("%+v", d.Seen)
	}
	if out := s.must(t, "device", "list"); !strings.Contains(out, "0.9.1") || !strings.Contains(out, "active") || !strings.Contains(out, "-1h0m") {
		t.Errorf("%s", out)
	}
}

func TestACloneIsListedUntilAPersonDealtWithIt(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	l.draft(t, noise("a", 10))
	one, two := openAt(t, l.imaged(t)), openAt(t, l.imaged(t))
	mine := one.finished(t, noise("mine", 1000))
	two.draft(t)
	mustCarry(t, one, "")
	refused := func(t *testing.T) {
		t.Helper()
		err := two.carry(t, "")
		if k := fault.KindOf(err); k != fault.Refused && k != fault.Conflict || !strings.Contains(fault.Sentence(err), "县资助中心") {
			t.Fatalf("got %v, %q", err, fault.Sentence(err))
		}
	}
	refused(t)
	d := s.device(t, l)
	if d.Clone == nil || d.Clone.Parcels == 0 || d.Clone.First == 0 {
		t.Fatalf("the list: %+v", d)
	}
	if out := s.must(t, "device", "list"); !strings.Contains(out, "clone") || !strings.Contains(out, "Nothing was overwritten") {
		t.Errorf("%s", out)
	}
	if k := heldCase(t, s, mine); !k.Whole() {
		t.Errorf("overwritten: %+v", k)
	}
	if box, err := two.Outbox(t.Context()); err != nil || box.Changes == 0 {
		t.Errorf("the copy lost its queue: %+v, %v", box, err)
	}
	t.Run("settled, it is named no more, until it tries again", func(t *testing.T) {
		s.must(t, "device", "settle", "--id", d.ID.String())
		if d := s.device(t, l); d.Clone != nil {
			t.Errorf("%+v", d.Clone)
		}
		if code, _, _ := s.verb(t, "device", "settle", "--id", d.ID.String()); code != exitMissing {
			t.Errorf("settled twice: exit %d", code)
		}
		two.draft(t)
		refused(t)
		if d := s.device(t, l); d.Clone == nil {
			t.Error("it tried again, and the list does not say so")
		}
	})
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
	if h := heldCase(t, s, id); h.Status != "corrected" || h.Conflicts != 0 {
		t.Errorf("centre: %+v", h)
	}
	l.finish(t, id)
	mustCarry(t, l, "")
	k = l.folded(t, id)
	if h := heldCase(t, s, id); k.Status != loan.Received || !h.Whole() || len(k.Former) != 1 {
		t.Errorf("laptop %v with %d former, centre %+v", k.Status, len(k.Former), h)
	}
}

func TestACaseCountsAsArrivedOnlyWhole(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	p := newProxy(t, s)
	id := l.finished(t, noise("page", 900_000))
	var up atomic.Int64
	p.set(func() { p.up = func(n int) bool { return up.Add(int64(n)) < 500_000 } })
	c, err := courier.New(courier.Config{Store: l.Store, Server: p.url})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
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
	if out := s.must(t, "list"); !strings.Contains(out, "incomplete") {
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
	if n := len(a.folded(t, one).Attachments); n != 3 {
		t.Errorf("%d attachments, want 3", n)
	}
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

func serveAt(t *testing.T, c *central.Central) (url string, stop func()) {
	t.Helper()
	srv, err := c.Server([]string{"127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	l, err := listenOn(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); srv.ServeTLS(l, "", "") }()
	return "https://" + l.Addr().String(), func() { srv.Close(); <-done }
}
