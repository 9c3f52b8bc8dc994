package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestCrew(t *testing.T) {
	c := &crew{logs: t.TempDir()}
	defer c.endAll()
	sleeper, err := c.start("sleeper", nil, nil, "sleep", "600")
	if err != nil {
		t.Skipf("no program to start: %v", err)
	}
	speaker, err := c.start("speaker", []string{"WORD=spoken"}, nil, "sh", "-c", `echo "$WORD"; exit 3`)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("what a program says is written down, and how it ended is known", func(t *testing.T) {
		<-speaker.done
		if got := tail(speaker.log, 1); got != "spoken" {
			t.Errorf("said: got %q, want spoken", got)
		}
		if speaker.err == nil || !speaker.ended() {
			t.Errorf("got %v, want exit status 3", speaker.err)
		}
	})
	t.Run("those that run are ended", func(t *testing.T) {
		if sleeper.ended() {
			t.Fatal("it ended by itself")
		}
		c.endAll()
		if !sleeper.ended() {
			t.Error("it still runs")
		}
	})
	t.Run("a program that is not there is an error that names it", func(t *testing.T) {
		if _, err := c.start("nobody", nil, nil, "/no/such/program"); err == nil || !strings.Contains(err.Error(), "nobody") {
			t.Errorf("got %v", err)
		}
	})
}

func TestOutput(t *testing.T) {
	if b, err := output(t.Context(), "sh", "-c", "echo word"); err != nil || string(b) != "word\n" {
		t.Errorf("got %q, %v", b, err)
	}
	if _, err := output(t.Context(), "sh", "-c", "echo sorry >&2; exit 1"); err == nil || !strings.Contains(err.Error(), "sorry") {
		t.Errorf("got %v, want what it complained of", err)
	}
}

func TestUntil(t *testing.T) {
	t.Run("it says what it waited for in vain", func(t *testing.T) {
		err := until(t.Context(), 0, "rain", func() (bool, error) { return false, nil })
		if err == nil || !strings.Contains(err.Error(), "rain") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("it ends with its context", func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		stop()
		if err := until(ctx, time.Hour, "rain", func() (bool, error) { return false, nil }); err == nil {
			t.Error("got no error")
		}
	})
	t.Run("it ends when all is as wanted", func(t *testing.T) {
		n := 0
		if err := until(t.Context(), time.Minute, "three", func() (bool, error) { n++; return n == 3, nil }); err != nil {
			t.Error(err)
		}
	})
}

func TestWindowLog(t *testing.T) {
	name := filepath.Join(t.TempDir(), "window.log")
	w := &window{child: &child{done: make(chan struct{})}, log: name}
	write := func(s string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const day = "msg=act name=sign\nmsg=act name=finish\n"
	write(day)
	t.Run("a line is waited for once", func(t *testing.T) {
		if err := w.logged(t.Context(), 0, "msg=act", "name=sign"); err != nil {
			t.Error(err)
		}
		if err := w.logged(t.Context(), 0, "msg=act", "name=sign"); err == nil {
			t.Error("the same line counted twice")
		}
	})
	for _, c := range []struct {
		name, log string
		want      bool
	}{
		{"nothing is sent before a receipt", day, false},
		{"not all is sent while the window says so", day + "msg=receipt all_sent=true\nmsg=receipt all_sent=false\n", false},
		{"a receipt of an earlier case does not count", "msg=receipt all_sent=true\n" + day, false},
		{"all is sent at the last word", day + "msg=receipt all_sent=false\nmsg=receipt all_sent=true\n", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			write(c.log)
			if got, err := w.allSent(); err != nil || got != c.want {
				t.Errorf("got %v, %v, want %v", got, err, c.want)
			}
		})
	}
}

func TestRememberedAddress(t *testing.T) {
	file := filepath.Join(t.TempDir(), "session.json")
	first, err := remember(file)
	if err != nil || first.Address == "" {
		t.Fatalf("got %+v, %v", first, err)
	}
	if again, err := remember(file); err != nil || again != first {
		t.Errorf("got %+v, %v, want %+v", again, err, first)
	}
	if err := os.WriteFile(file, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := remember(file); err == nil {
		t.Error("a damaged file: got no error")
	}
}

func TestACaseIsWholeOnlyWithNothingInDoubt(t *testing.T) {
	good := holding{Status: "received", ReceiptNo: "r", Blobs: 11}
	if !good.whole() {
		t.Error("got not whole")
	}
	for name, spoil := range map[string]func(*holding){
		"queued":     func(h *holding) { h.Status = "queued" },
		"no receipt": func(h *holding) { h.ReceiptNo = "" },
		"no files":   func(h *holding) { h.Blobs = 0 },
		"lacking":    func(h *holding) { h.Lacking = 1 },
		"conflict":   func(h *holding) { h.Conflicts = 1 },
		"set aside":  func(h *holding) { h.Aside = 1 },
	} {
		h := good
		spoil(&h)
		if h.whole() {
			t.Errorf("%s: got whole", name)
		}
	}
}

func TestSignaturesStayOnThePad(t *testing.T) {
	for n := range 4 {
		for _, s := range signature(n) {
			for _, p := range s {
				if p[0] < 0.05 || p[0] > 0.95 || p[1] < 0.1 || p[1] > 0.9 {
					t.Errorf("signature %d leaves the pad at %v", n, p)
				}
			}
		}
	}
}
