package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/seal"
	"doorstep/internal/store"
	"doorstep/sync/courier"
	"github.com/google/uuid"
)

// TestAPersonIsEnabledByTheCountysWordAlone asks the real server, by telephone
// and over the network, to let people of the roster in at a laptop of a clerk.
func TestAPersonIsEnabledByTheCountysWordAlone(t *testing.T) {
	ctx := t.Context()
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	for _, id := range []string{"rev-9", "rev-8", "admin-9"} {
		verbOK(t, "operator", "add", "--data", s.dir, "--id", id, "--name", "某", "--role", map[bool]string{true: "reviewer", false: "dataadmin"}[id != "admin-9"])
	}
	l := newLaptopWith(t, s, func(p *store.Profile) { p.Practice = false })
	mustCarry(t, l, s.url)
	d := l.at(t, "practice-clerk")
	if err := d.EnableOperator(ctx, guard.Operator{ID: "admin-9"}, []byte(password)); fault.KindOf(err) != fault.Denied {
		t.Fatalf("by the clerk's own word: got %v", err)
	}
	t.Run("by telephone", func(t *testing.T) {
		e, err := d.AskEnabling(ctx, "rev-9")
		if err != nil {
			t.Fatal(err)
		}
		device := d.Laptop().Device
		args := func(operator, code string) []string {
			return []string{"recovery", "answer", "--data", s.dir, "--device", device[len(device)-8:], "--operator", operator, "--by", "admin-9", "--code", code}
		}
		verbFails(t, exitUsage, args("rev-9", "12345")...)
		verbFails(t, exitUsage, args("nobody", e.Code())...)
		verbFails(t, exitUsage, args("rev-8", d.EnablingScan(e))...)
		other := strings.TrimSpace(verbOK(t, args("rev-8", e.Code())...))
		if err := d.TakeAnswer(ctx, e, other); fault.KindOf(err) != fault.Untrusted {
			t.Errorf("an answer for another account: got %v", err)
		}
		if err := d.TakeAnswer(ctx, e, strings.TrimSpace(verbOK(t, args("rev-9", d.EnablingScan(e))...))); err != nil {
			t.Fatal(err)
		}
		if err := d.Admit(ctx, e, []byte("chosen by another 7")); err != nil {
			t.Fatal(err)
		}
		if words := verbOK(t, "answer", "list", "--data", s.dir); !strings.Contains(words, "启用账号") || !strings.Contains(words, "rev-9") {
			t.Errorf("the list of answers: %s", words)
		}
	})
	t.Run("over the network", func(t *testing.T) {
		e, err := d.AskEnabling(ctx, "admin-9")
		if err != nil {
			t.Fatal(err)
		}
		type answer struct {
			b   []byte
			err error
		}
		there, done := make(chan bool, 1000), make(chan answer, 1)
		go func() {
			b, err := courier.Recover(ctx, courier.RecoverRequest{Server: e.Centre.Server, CA: e.Centre.CA, Request: e.Request(), Told: func(ok bool) { there <- ok }})
			done <- answer{b, err}
		}()
		if !<-there {
			t.Fatal("the centre was not reached")
		}
		name := ""
		for _, a := range asked(t, s) {
			if a.State == "waiting" && a.Operator == "admin-9" && a.Sort == seal.RecoveryEnabling && a.By == "practice-clerk" {
				name = a.ID.String()
			}
		}
		if words := verbOK(t, "recovery", "list", "--data", s.dir); !strings.Contains(words, "启用账号，申请人：practice-clerk") {
			t.Errorf("the list says %s", words)
		}
		var out, errs bytes.Buffer
		if code := run(ctx, []string{"recovery", "approve", "--data", s.dir, name, "--code", e.Code()}, &out, &errs); code != exitUsage || !strings.Contains(errs.String(), "practice-clerk asks that admin-9 be enabled") {
			t.Errorf("approved as a forgotten password: exit %d, %s", code, errs.String())
		}
		verbOK(t, "recovery", "approve", "--data", s.dir, name, "--code", e.Code(), "--enable")
		a := <-done
		if a.err != nil {
			t.Fatal(a.err)
		}
		if err := e.Take(a.b, true); err != nil {
			t.Fatal(err)
		}
		if err := d.Admit(ctx, e, []byte("chosen by another 7")); err != nil {
			t.Fatal(err)
		}
	})
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	k, err := store.Open(ctx, store.Options{Dir: l.dir, Cost: seal.CheapCost()})
	if err != nil {
		t.Fatal(err)
	}
	d, err = desk.SignIn(ctx, k, "admin-9", []byte("chosen by another 7"), desk.Tools{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	l.Store = d.Store()
	if !d.MustChange() {
		t.Error("the password that another chose is not temporary")
	}
	if _, err := d.Open(ctx, uuid.New()); err == nil {
		t.Error("opens a case")
	}
}
