package main

import (
	"context"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/store"
	"doorstep/sync/central"
	"doorstep/sync/courier"
	"doorstep/sync/parcel"
)

// contact lets one courier carry once more, as while its laptop works on.
func contact(t *testing.T, c *courier.Courier) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), hangs)
	defer cancel()
	if err := c.RunUntilEmpty(ctx); err != nil {
		t.Fatal(err)
	}
}

// TestWhatTheCountySaysIsHeardAtTheNextContact has one courier all along, which
// asked for all a moment ago.
func TestWhatTheCountySaysIsHeardAtTheNextContact(t *testing.T) {
	for name, streams := range map[string]bool{"over a stream": true, "over HTTP alone": false} {
		t.Run(name, func(t *testing.T) { heardAtTheNextContact(t, streams) })
	}
}

func heardAtTheNextContact(t *testing.T, streams bool) {
	dir := filepath.Join(t.TempDir(), "centre")
	s := startServer(t, dir, "127.0.0.1:0")
	s.must(t, "operator", "add", "--id", "admin-1", "--name", "数据管理员", "--role", "dataadmin")
	l := newLaptopWith(t, s, func(p *store.Profile) { p.Practice = false })
	l.at(t, "practice-clerk")
	s.stop()
	centre, err := central.Open(t.Context(), central.Options{Dir: dir, Practice: true})
	if err != nil {
		t.Fatal(err)
	}
	defer centre.Close()
	var asked atomic.Int32
	url, stop := serveWith(t, centre, func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case !streams && r.URL.Path == parcel.StreamPath:
				http.NotFound(w, r)
				return
			case r.URL.Path == "/v1/county":
				asked.Add(1)
			}
			h.ServeHTTP(w, r)
		})
	})
	defer stop()
	c, err := courier.New(courier.Config{Store: l.Store, Server: url})
	if err != nil {
		t.Fatal(err)
	}
	contact(t, c)
	// A mark may be told for a while: contact follows contact until the news are here.
	heard := func(t *testing.T, what string, ok func() bool) {
		t.Helper()
		soon(t, what, func() bool { contact(t, c); return ok() })
	}
	grant := guard.Grant{Operator: "practice-clerk", By: "admin-1", Fields: []string{"student.phone"}, Count: 3, Reason: "核对学籍",
		From: time.Now().Add(-time.Minute), Until: time.Now().Add(time.Hour), Device: l.Profile().Device}
	g, _, err := centre.NewGrant(t.Context(), grant)
	if err != nil {
		t.Fatal(err)
	}
	heard(t, "the grant", func() bool { return len(l.Bulletins(bulletin.Grant)) == 1 })
	if _, err := centre.Withdraw(t.Context(), bulletin.Grant, g.ID); err != nil {
		t.Fatal(err)
	}
	heard(t, "that it was withdrawn", func() bool { return len(l.Bulletins(bulletin.Grant)) == 0 })
	if err := centre.SwitchOff(t.Context(), "practice-clerk"); err != nil {
		t.Fatal(err)
	}
	heard(t, "that its clerk was switched off", func() bool {
		o, err := l.Account(t.Context(), "practice-clerk")
		return err == nil && !o.Enabled
	})
	was := asked.Load()
	for range 5 {
		l.commit(t, l.draft(t), "practice-clerk", loan.ChangeSetting, loan.ViewBody{Detail: "nothing"})
		contact(t, c)
	}
	if now := asked.Load(); now != was {
		t.Errorf("asked %d times more with nothing new", now-was)
	}
}

func TestAPersonMayAskForTheCountysWordAtOnce(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	s.must(t, "operator", "add", "--id", "admin-1", "--name", "数据管理员", "--role", "dataadmin")
	l := newLaptop(t, s)
	c, err := courier.New(courier.Config{Store: l.Store})
	if err != nil {
		t.Fatal(err)
	}
	contact(t, c)
	out := s.must(t, "grant", "new", "--operator", "practice-clerk", "--by", "admin-1", "--fields", "student.phone", "--count", "3", "--reason", "核对学籍", "--device", l.Profile().Device.String())
	c.Hear()
	contact(t, c)
	h := l.Bulletins(bulletin.Grant)
	if len(h) != 1 || !strings.Contains(out, h[0].Name) {
		t.Fatalf("in force: %+v", h)
	}
	s.must(t, "grant", "withdraw", "--id", h[0].Name)
	c.Hear()
	contact(t, c)
	if h := l.Bulletins(bulletin.Grant); len(h) != 0 {
		t.Errorf("still in force: %+v", h)
	}
}
