package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"path/filepath"
	"sync"
	"testing"

	"doorstep/internal/fault"
	"doorstep/internal/store"
	"doorstep/sync/central"
	"doorstep/sync/courier"
	"github.com/google/uuid"
)

// newPeers enrols a laptop that has no store, and gives its road to others.
func newPeers(t testing.TB, s *server, change func(*courier.PeersConfig)) (*courier.Peers, store.Profile) {
	t.Helper()
	r, err := courier.Enrol(t.Context(), courier.EnrolRequest{Server: s.url, Code: s.code(t)})
	if err != nil {
		t.Fatal(err)
	}
	cfg := courier.PeersConfig{Profile: r.Profile, Loopback: true}
	change(&cfg)
	p, err := courier.NewPeers(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p, r.Profile
}

// nothing changes nothing but the patience: the machine may be busy.
func nothing(c *courier.PeersConfig) { c.HeadStart = patience }

func viaCentre(c *courier.PeersConfig) { c.RelayOnly = true }

// echo answers everything that comes, until the listener ends.
func echo(t testing.TB, p *courier.Peers) *courier.PeerListener {
	t.Helper()
	l, err := p.Listen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer c.Close()
				io.Copy(c, c)
				c.(*courier.PeerConn).CloseWrite()
			})
		}
	})
	t.Cleanup(func() { l.Close(); wg.Wait() })
	return l
}

func dialled(t testing.TB, p *courier.Peers, device uuid.UUID) *courier.PeerConn {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), hangs)
	defer cancel()
	c, err := p.Dial(ctx, device)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// roundTrip sends bytes and demands them back.
func roundTrip(t testing.TB, c *courier.PeerConn, want []byte) {
	t.Helper()
	sent := make(chan error, 1)
	go func() {
		_, err := c.Write(want)
		sent <- errors.Join(err, c.CloseWrite())
	}()
	got, err := io.ReadAll(c)
	if err := errors.Join(err, <-sent); err != nil || !bytes.Equal(got, want) {
		t.Errorf("got %d bytes back, equal %v, %v; want %d", len(got), bytes.Equal(got, want), err, len(want))
	}
}

func TestLaptopsReachOneAnother(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	b, home := newPeers(t, s, nothing)
	echo(t, b)
	for name, k := range map[string]struct {
		change  func(*courier.PeersConfig)
		relayed bool
	}{"directly": {nothing, false}, "through the centre": {viaCentre, true}} {
		t.Run(name, func(t *testing.T) {
			a, me := newPeers(t, s, k.change)
			c := dialled(t, a, home.Device)
			if c.Relayed != k.relayed || c.Device != home.Device {
				t.Errorf("relayed %v, device %v", c.Relayed, c.Device)
			}
			roundTrip(t, c, noise(name, 1<<20+3))
			who, err := a.Who(t.Context())
			if err != nil || len(who) != 1 || who[0].Device != home.Device {
				t.Errorf("who can be called: %v, %v", who, err)
			}
			t.Run("and this one does not answer", func(t *testing.T) {
				if _, err := b.Dial(t.Context(), me.Device); fault.KindOf(err) != fault.Offline {
					t.Errorf("got %v, want offline", err)
				}
			})
		})
	}
}

func TestWhoCannotBeReached(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	a, _ := newPeers(t, s, nothing)
	b, away := newPeers(t, s, nothing)
	t.Run("nobody of that name", func(t *testing.T) {
		if _, err := a.Dial(t.Context(), uuid.New()); fault.KindOf(err) != fault.Missing {
			t.Errorf("got %v, want missing", err)
		}
	})
	t.Run("a laptop that was revoked cannot be called, and cannot call", func(t *testing.T) {
		echo(t, b)
		c, err := central.Open(t.Context(), central.Options{Dir: s.dir, Beside: true})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if err := c.Revoke(t.Context(), away.Device); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Dial(t.Context(), away.Device); fault.KindOf(err) != fault.Missing {
			t.Errorf("got %v, want missing", err)
		}
		if _, err := b.Dial(t.Context(), uuid.New()); fault.KindOf(err) != fault.Denied {
			t.Errorf("got %v, want denied", err)
		}
	})
	t.Run("after Close there is nothing", func(t *testing.T) {
		a.Close()
		if _, err := a.Dial(t.Context(), away.Device); !errors.Is(err, net.ErrClosed) {
			t.Errorf("got %v", err)
		}
		if _, err := a.Listen(t.Context()); !errors.Is(err, net.ErrClosed) {
			t.Errorf("got %v", err)
		}
	})
}

func TestManyCallsAtOnce(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	b, home := newPeers(t, s, nothing)
	echo(t, b)
	var wg sync.WaitGroup
	for i := range 4 {
		a, _ := newPeers(t, s, nothing)
		wg.Go(func() {
			c, err := a.Dial(t.Context(), home.Device)
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			roundTrip(t, c, noise(string(rune('a'+i)), 300_000))
		})
	}
	wg.Wait()
}
