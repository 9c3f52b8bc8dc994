package main

import (
	"io"
	"net"
	"testing"
	"time"
)

// echo answers every byte with itself.
func echo(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				_, _ = io.Copy(c, c)
			}()
		}
	}()
	return l.Addr().String()
}

func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	return c
}

func answers(t *testing.T, c net.Conn) {
	t.Helper()
	if _, err := io.WriteString(c, "family"); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 6)
	if _, err := io.ReadFull(c, b); err != nil || string(b) != "family" {
		t.Fatalf("got %q, %v, want what was sent", b, err)
	}
}

func TestRelay(t *testing.T) {
	r, err := newRelay("127.0.0.1:0", echo(t))
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	first := dial(t, r.address)
	answers(t, first)

	r.cut()
	t.Run("a cut breaks what passes", func(t *testing.T) {
		if _, err := first.Read(make([]byte, 1)); err == nil {
			t.Error("got bytes, want a broken connection")
		}
	})
	t.Run("a cut refuses new connections", func(t *testing.T) {
		if c, err := net.Dial("tcp", r.address); err == nil {
			c.Close()
			t.Error("got a connection, want a refusal")
		}
	})
	t.Run("restored it passes bytes at the same address", func(t *testing.T) {
		was := r.address
		if err := r.restore(); err != nil {
			t.Fatal(err)
		}
		if r.address != was {
			t.Errorf("address: got %s, want %s", r.address, was)
		}
		answers(t, dial(t, was))
	})
	t.Run("a far end that is gone ends the connection", func(t *testing.T) {
		gone, err := newRelay("127.0.0.1:0", "127.0.0.1:1")
		if err != nil {
			t.Fatal(err)
		}
		defer gone.close()
		if _, err := dial(t, gone.address).Read(make([]byte, 1)); err == nil {
			t.Error("got bytes, want an end")
		}
	})
}
