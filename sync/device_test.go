package main

import (
	"context"
	"encoding/json"
	"net/http"
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
		if err := l.enrolAgain(t, "", s.codeFor(t, l.Profile().Device)); err != nil {
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
		if err := l.enrolAgain(t, "", used); fault.KindOf(err) != fault.Refused {
			t.Errorf("a used code: %v", err)
		}
		other := startServer(t, filepath.Join(t.TempDir(), "other"), "127.0.0.1:0")
		if err := l.enrolAgain(t, other.url, other.code(t)); fault.KindOf(err) != fault.Refused {
			t.Errorf("another centre's: %v", err)
		}
	})
}

func TestACertificateThatRanOutIsRenewedByACode(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "centre")
	centreAt := func(now func() time.Time) (*central.Central, string, func()) {
		settle(t, dir)
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
	again := func(c *central.Central, id uuid.UUID) string {
		text, err := c.NewCode(t.Context(), central.NewCodeOptions{Again: id})
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
	if err := l.enrolAgain(t, url, again(c, l.Profile().Device)); err != nil {
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
	var up atomic.Int64
	whole := l.finished(t, noise("a", 50_000))
	mustCarry(t, l, "")
	draft := l.draft(t, noise("b", 50_000))
	mustCarry(t, l, "")
	never := l.finished(t, noise("c", 100_000))
	p := newProxy(t, s)
	ctx, cancel := context.WithTimeout(t.Context(), hangs)
	defer cancel()
	p.endsAfter(&up, 12_000, cancel)
	c, err := courier.New(courier.Config{Store: l.Store, Server: p.url})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.RunUntilEmpty(ctx); err == nil {
		t.Fatal("it sent all before it was lost")
	}
	theirs := other.finished(t)
	mustCarry(t, other, "")
	device := l.Profile().Device.String()
	out := s.must(t, "device", "lost", "--id", device)
	for _, want := range []string{"已停用", whole.String(), draft.String(), "收全的 1 件", "最后联系", "它报告待传"} {
		if !strings.Contains(out, want) {
			t.Errorf("the report lacks %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, theirs.String()) {
		t.Errorf("the report names %s, which did not come from it", theirs)
	}
	if d := s.device(t, l); d.Seen == nil || d.Seen.Queue.Blobs != 4 || d.Seen.Queue.Bytes < 150_000 {
		t.Errorf("what waited there: %+v", d.Seen)
	}
	if err := l.carry(t, ""); fault.KindOf(err) != fault.Denied {
		t.Errorf("whoever has it is let in: %v", err)
	}
	if err := l.enrolAgain(t, "", s.codeFor(t, l.Profile().Device)); fault.KindOf(err) != fault.Denied && fault.KindOf(err) != fault.Refused {
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

func TestTheListSaysHowALaptopIs(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	if d := s.device(t, l); d.Seen != nil {
		t.Errorf("seen before it came: %+v", d.Seen)
	}
	if out := s.must(t, "device", "list"); !strings.Contains(out, "从未联系") {
		t.Errorf("%s", out)
	}
	l.finished(t, noise("a", 100_000))
	c, err := courier.New(courier.Config{Store: l.Store, Version: "0.9.1", Now: func() time.Time { return time.Now().Add(-time.Hour) }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), hangs)
	defer cancel()
	if err := c.RunUntilEmpty(ctx); err != nil {
		t.Fatal(err)
	}
	d := s.device(t, l)
	if d.Seen != nil && d.Seen.Queue != (central.Queue{}) {
		t.Errorf("everything is there, and the list says %+v waits", d.Seen.Queue)
	}
	if d.Seen == nil || d.Seen.Version != "0.9.1" || d.Seen.Clock > -3590_000 || d.Seen.Clock < -3610_000 || time.Since(d.Seen.At) > time.Minute {
		t.Fatalf("%+v", d.Seen)
	}
	if out := s.must(t, "device", "list"); !strings.Contains(out, "0.9.1") || !strings.Contains(out, "在用") || !strings.Contains(out, "时钟慢 1h0m") {
		t.Errorf("%s", out)
	}
}

// auditorIsTold says that what is odd and what the chains prove name a laptop, each in its
// words.
func auditorIsTold(t *testing.T, s *server, device, odd, proof string) {
	t.Helper()
	if out := s.must(t, "record", "odd", "--reason", "年度检查"); !strings.Contains(out, odd) || !strings.Contains(out, "\n  电脑 "+device+"\n") {
		t.Errorf("what is odd: %s", out)
	}
	if out := s.must(t, "record", "verify", "--reason", "年度检查"); !strings.Contains(out, proof) || !strings.Contains(out, "0 处问题，1 台电脑用过备份或以前的数据，或另有不同的记录") {
		t.Errorf("what is proved: %s", out)
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
		if !courier.IsCopied(err) {
			t.Errorf("the laptop does not know it for a copy's: %v", err)
		}
	}
	refused(t)
	d := s.device(t, l)
	if d.Clone == nil || d.Clone.Parcels == 0 || d.Clone.First == 0 {
		t.Fatalf("the list: %+v", d)
	}
	if out := s.must(t, "device", "list"); !strings.Contains(out, "两台同用") || !strings.Contains(out, "没有覆盖任何内容") {
		t.Errorf("%s", out)
	}
	auditorIsTold(t, s, d.ID.String(), "记录与县里的不同，没有收", "这台电脑另有不同的记录，没有收：传送 ")
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

// The centre holds as much of the chain as the laptop, and another: all there is
// went, and it is not said to be sent.
func TestAllIsNotSentWhereTheCentresListHasAnotherHash(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	l.draft(t, noise("a", 1000))
	mustCarry(t, l, "")
	other := seal.International.Sum([]byte("another chain"))
	if _, err := database(t, s.dir).Exec(numbered(`UPDATE chains SET chain = ? WHERE device = ?`), other[:], l.Profile().Device.String()); err != nil {
		t.Fatal(err)
	}
	c := newCourier(t, l, "")
	var said atomic.Bool
	c.Watch(func(s courier.State) {
		if s.AllSent {
			said.Store(true)
		}
	})
	if err := c.RunUntilEmpty(t.Context()); fault.KindOf(err) != fault.Conflict || !courier.IsCopied(err) {
		t.Errorf("got %v", err)
	}
	if said.Load() {
		t.Error("it said that all is sent")
	}
}

func serveAt(t *testing.T, c *central.Central) (url string, stop func()) {
	t.Helper()
	return serveWith(t, c, func(h http.Handler) http.Handler { return h })
}

// serveWith is serveAt with something before the centre's answers.
func serveWith(t *testing.T, c *central.Central, before func(http.Handler) http.Handler) (url string, stop func()) {
	t.Helper()
	srv, err := c.Server([]string{"127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	srv.Handler = before(srv.Handler)
	l, err := listenOn(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); srv.ServeTLS(l, "", "") }()
	return "https://" + l.Addr().String(), func() { srv.Close(); <-done }
}
