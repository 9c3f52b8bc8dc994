package main

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/store"
	"doorstep/sync/central"
	"doorstep/sync/courier"
	"doorstep/sync/parcel"
)

// carrying runs the laptop's courier until the test ends, as while somebody is
// signed in.
func (l *laptop) carrying(t *testing.T, url string) *courier.Courier {
	t.Helper()
	c, err := courier.New(courier.Config{Store: l.Store, Server: url})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); c.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	return c
}

func TestALaptopShutOutInTheMiddleOfASessionStops(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptopWith(t, s, func(p *store.Profile) { p.Practice = false })
	d := l.at(t, "practice-clerk")
	works := func() error {
		_, err := d.NewCase(t.Context(), loan.First, false)
		return err
	}
	c := l.carrying(t, s.url)
	soon(t, "the laptop is in contact with the centre", func() bool { return c.State().AllSent })
	if err := works(); err != nil {
		t.Fatal(err)
	}
	device := l.Profile().Device
	s.must(t, "device", "revoke", "--id", device.String())
	c.Wake()
	soon(t, "the centre's refusal and its list came", func() bool { return c.State().Reason == fault.Denied && len(l.Bulletins(bulletin.Devices)) == 1 })
	if out, err := l.ShutOut(t.Context(), device); !out || err != nil {
		t.Errorf("the list names it: %v, %v", out, err)
	}
	if err := works(); fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "停用本机") {
		t.Errorf("work goes on: %v", err)
	}
	if d.Lapsed() == nil {
		t.Error("the desk does not say that the work is over")
	}
	if h := l.Bulletins(); len(h) != 1 {
		t.Errorf("besides the list it was given %d bulletins", len(h)-1)
	}
	t.Run("and works again once the county let it in", func(t *testing.T) {
		s.must(t, "device", "admit", "--id", device.String())
		soon(t, "the list without it came", func() bool {
			c.Wake()
			out, err := l.ShutOut(t.Context(), device)
			return !out && err == nil
		})
		if err := d.Recheck(t.Context()); err != nil {
			t.Error(err)
		}
		if err := works(); err != nil {
			t.Error(err)
		}
	})
}

func TestNoMereAnswerShutsALaptopOut(t *testing.T) {
	for name, answer := range map[string]func(w http.ResponseWriter, other []byte){
		"the centre has no list to give": func(w http.ResponseWriter, _ []byte) {
			w.Header().Set("Content-Type", parcel.TypeJSON)
			w.WriteHeader(http.StatusNotFound)
			w.Write([]byte(`{"kind":"missing"}`))
		},
		"what comes as the list is signed by another centre": func(w http.ResponseWriter, other []byte) {
			w.Header().Set("Content-Type", parcel.TypeBulletin)
			w.Write(other)
		},
		"what comes as the list is a page": func(w http.ResponseWriter, _ []byte) { w.Write([]byte("<html>403 revoked</html>")) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "centre")
			settle(t, dir)
			s := startServer(t, dir, "127.0.0.1:0")
			l := newLaptopWith(t, s, func(p *store.Profile) { p.Practice = false })
			mustCarry(t, l, s.url)
			other := startServer(t, filepath.Join(t.TempDir(), "other"), "127.0.0.1:0")
			mate := newLaptop(t, other)
			other.must(t, "device", "revoke", "--id", mate.Profile().Device.String())
			list := filepath.Join(t.TempDir(), "list.dsb")
			other.must(t, "bulletin", "write", "--kind", "devices", "--name", bulletin.ShutOutName, "--out", list)
			foreign, err := os.ReadFile(list)
			if err != nil {
				t.Fatal(err)
			}
			s.stop()
			c, err := central.Open(t.Context(), central.Options{Dir: dir, Practice: true})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			asked := 0
			url, stop := serveWith(t, c, func(h http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.URL.Path == parcel.ShutOutPath {
						asked++
						answer(w, foreign)
						return
					}
					w.Header().Set("Content-Type", parcel.TypeJSON)
					w.WriteHeader(http.StatusForbidden)
					w.Write([]byte(`{"kind":"denied","code":"revoked"}`))
				})
			})
			defer stop()
			if err := l.carry(t, url); fault.KindOf(err) != fault.Denied || asked == 0 {
				t.Fatalf("got %v, and the list was asked for %d times", err, asked)
			}
			d := l.at(t, "practice-clerk")
			if err := d.Recheck(t.Context()); err != nil || len(l.Bulletins()) != 0 {
				t.Errorf("the laptop is shut out: %v, %+v", err, l.Bulletins())
			}
		})
	}
}

func TestTheListOfDevicesShutOutIsForDevicesOfTheCountyAlone(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l, mate := newLaptop(t, s), newLaptop(t, s)
	was := l.Profile()
	s.must(t, "device", "revoke", "--id", was.Device.String())
	const path = parcel.ShutOutPath + "?version=0"
	for name, x := range map[string]struct {
		p    store.Profile
		path string
		want int
	}{
		"one that is shut out gets the list":     {was, path, http.StatusOK},
		"any other device of the county too":     {mate.Profile(), path, http.StatusOK},
		"who has it gets nothing":                {was, parcel.ShutOutPath + "?version=9223372036854775807", http.StatusNotFound},
		"one that is shut out gets nothing else": {was, "/v1/revoked", http.StatusForbidden},
		"not even another bulletin":              {was, "/v1/bulletin/devices/" + bulletin.ShutOutName + "/0?version=1", http.StatusForbidden},
		"nor the county's people":                {was, "/v1/county", http.StatusForbidden},
		"nor a stream":                           {was, parcel.StreamPath, http.StatusForbidden},
	} {
		if got := knock(t, s, x.p, x.path); got != x.want {
			t.Errorf("%s: status %d, want %d", name, got, x.want)
		}
	}
	if got := knock(t, s, store.Profile{CADER: was.CADER}, path); got != http.StatusForbidden {
		t.Errorf("a stranger: status %d", got)
	}
	if err := l.enrolAgain(t, "", s.codeFor(t, was.Device)); err != nil {
		t.Fatal(err)
	}
	if got := knock(t, s, was, path); got != http.StatusForbidden {
		t.Errorf("the certificate of before: status %d", got)
	}
}
