package main

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/sync/courier"
)

// A courier that reaches nobody still knows when an earlier one last did, and of
// when the newest receipt is, also after the program was started anew.
func TestTheLastContactIsKnownAfterARestart(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	away := func() courier.State {
		t.Helper()
		c, err := courier.New(courier.Config{Store: l.Store, Dial: func(context.Context, string) (net.Conn, error) { return nil, errors.New("no network") }})
		if err != nil {
			t.Fatal(err)
		}
		end := begun(t, c)
		defer end()
		waitsFor(t, c, fault.Offline)
		return c.State()
	}
	if s := away(); !s.EverContact.IsZero() || !s.EverReceipt.IsZero() {
		t.Errorf("before the first: %v, %v", s.EverContact, s.EverReceipt)
	}
	before := time.Now().Truncate(time.Second)
	l.finished(t, noise("a", 1000))
	mustCarry(t, l, "")
	received := time.Now()
	mustCarry(t, l, "") // a contact that brings nothing
	contact := time.Now()
	l.reopen(t)
	got := away()
	if got.EverReceipt.Before(before) || got.EverReceipt.After(received) {
		t.Errorf("the receipt: got %v, want between %v and %v", got.EverReceipt, before, received)
	}
	if got.EverContact.Before(received) || got.EverContact.After(contact) {
		t.Errorf("the contact: got %v, want between %v and %v", got.EverContact, received, contact)
	}
	if !got.LastContact.IsZero() || !got.LastReceipt.IsZero() {
		t.Errorf("of this run: %v, %v", got.LastContact, got.LastReceipt)
	}
}
