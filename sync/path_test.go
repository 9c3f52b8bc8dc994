package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/store"
	"doorstep/sync/central"
	"doorstep/sync/courier"
	"github.com/google/uuid"
)

func TestFromLaptopToReceipt(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	if p := l.Profile(); p.County != "522727" || p.Point == "" || !p.Practice || p.Server != s.url {
		t.Errorf("enrolled as %q %q %v at %q", p.County, p.Point, p.Practice, p.Server)
	}
	paper := noise("paper", 300_000)
	id := l.finished(t, paper, noise("other", 100))
	draft := l.draft(t, paper)
	mustCarry(t, l, "")

	t.Run("the finished case is received on both sides, the draft stays a draft", func(t *testing.T) {
		if got := l.status(t, id); got != loan.Received {
			t.Errorf("laptop: %s, want received", got)
		}
		if got := l.status(t, draft); got != loan.Draft {
			t.Errorf("laptop: %s, want draft", got)
		}
		for _, k := range s.holdings(t).Cases {
			if k.ID == id && (k.Status != "received" || !k.Whole() || k.Lacking != 0) {
				t.Errorf("centre: %+v", k)
			}
			if k.ID == draft && (k.Status != "draft" || k.Whole()) {
				t.Errorf("centre: %+v", k)
			}
		}
	})
	t.Run("both sides fold the same case", func(t *testing.T) {
		k, err := l.Case(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if len(k.Aside) != 0 || len(k.Conflicts) != 0 || k.Receipt == nil || k.Receipt.Finish != k.Finish.ID.String() {
			t.Errorf("aside %v, receipt %v", k.Aside, k.Receipt)
		}
		if h := heldCase(t, s, id); h.ReceiptNo != k.Receipt.ReceiptNo || h.ContractNo != k.Receipt.ContractNo {
			t.Errorf("centre says %s, laptop %s", h.ReceiptNo, k.Receipt.ReceiptNo)
		}
	})
	t.Run("nothing waits, and carrying again moves nothing", func(t *testing.T) {
		before := s.holdings(t)
		l.reopen(t)
		mustCarry(t, l, "")
		box, err := l.Outbox(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if box.Acked != box.Last || len(box.Blobs) != 0 {
			t.Errorf("acknowledged %d of %d, %d blobs wait", box.Acked, box.Last, len(box.Blobs))
		}
		after := s.holdings(t)
		before.Free, after.Free = nil, nil // others write to this disk too
		a, _ := json.Marshal(before)
		b, _ := json.Marshal(after)
		if !bytes.Equal(a, b) {
			t.Errorf("the centre changed: %s, then %s", a, b)
		}
	})
	t.Run("the sealed contract comes out of the centre", func(t *testing.T) {
		out := filepath.Join(t.TempDir(), "c.pdf")
		if code := run(t.Context(), []string{"contract", "--data", s.dir, "--case", id.String(), "--out", out}, os.Stdout, os.Stderr); code != exitOK {
			t.Fatalf("exit %d", code)
		}
		if got, _ := os.ReadFile(out); !bytes.Equal(got, noise(id.String()+"sealed", 70_000)) {
			t.Error("another contract")
		}
	})
}

func heldCase(t testing.TB, s *server, id uuid.UUID) central.Held {
	t.Helper()
	for _, k := range s.holdings(t).Cases {
		if k.ID == id {
			return k
		}
	}
	t.Fatalf("case %s is not held", id)
	return central.Held{}
}

func TestRunCarriesWhatComesLater(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	c, err := courier.New(courier.Config{Store: l.Store})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	states := make(chan courier.State, 1000)
	c.Watch(func(s courier.State) {
		select {
		case states <- s:
		default:
		}
	})
	go func() { ended <- c.Run(ctx) }()
	until := func(what string, ok func(courier.State) bool) {
		t.Helper()
		timeout := time.After(hangs)
		for {
			select {
			case s := <-states:
				if ok(s) {
					return
				}
			case <-timeout:
				t.Fatalf("never %s: %+v", what, c.State())
			}
		}
	}
	until("all sent", func(s courier.State) bool { return s.AllSent && s.Online })
	id := l.finished(t, noise("p", 50_000))
	c.Wake()
	until("all sent again", func(courier.State) bool { return l.status(t, id) == loan.Received })
	until("idle", func(s courier.State) bool { return s.AllSent && s.Phase == courier.Idle })

	s.stop()
	second := l.finished(t, noise("q", 50_000))
	c.Wake()
	until("offline", func(s courier.State) bool {
		return !s.Online && s.Reason == fault.Offline && s.Phase == courier.Waiting && !s.Next.IsZero() && s.Changes > 0 && !s.AllSent
	})
	startServer(t, s.dir, s.url[len("https://"):])
	c.Wake()
	until("all sent after the centre came back", func(s courier.State) bool { return s.AllSent && l.status(t, second) == loan.Received })
	cancel()
	if err := <-ended; fault.KindOf(err) != fault.Cancelled {
		t.Errorf("run ended with %v, want cancelled", err)
	}
}

func TestPaused(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	c, err := courier.New(courier.Config{Store: l.Store})
	if err != nil {
		t.Fatal(err)
	}
	set := func(paused bool) {
		t.Helper()
		v := store.SyncSettings{Paused: paused}
		if err := l.SetSyncSettings(t.Context(), v, store.Entry{Kind: loan.ChangeSetting, Operator: "practice-clerk", Body: loan.ViewBody{}}); err != nil {
			t.Fatal(err)
		}
		c.Obey(v)
	}
	set(true)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); c.Run(ctx) }()
	defer func() { cancel(); <-ended }()
	id := l.finished(t, noise("p", 10))
	c.Wake()
	soon(t, "it is paused", func() bool { return c.State().Phase == courier.Paused })
	time.Sleep(300 * time.Millisecond) // in which it would send, did it not pause
	if n := len(s.holdings(t).Cases); n != 0 || c.State().Phase != courier.Paused {
		t.Errorf("while paused %d cases came, phase %d", n, c.State().Phase)
	}
	set(false)
	soon(t, "it goes on", func() bool { return l.status(t, id) == loan.Received })
}

func TestTwoLaptopsOfOneCounty(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	a, b := newLaptop(t, s), newLaptop(t, s)
	scan := noise("scan", 200_000)
	ida, idb := a.finished(t, scan), b.finished(t, scan)
	mustCarry(t, a, "")
	mustCarry(t, b, "")
	if a.status(t, ida) != loan.Received || b.status(t, idb) != loan.Received {
		t.Error("not both received")
	}
	// Of each case the filled contract, the ink and the sealed contract, and the scan once.
	if h := s.holdings(t); h.Blobs != 2*3+1 {
		t.Errorf("%d blobs, want 7", h.Blobs)
	}
}
