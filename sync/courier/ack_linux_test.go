package courier

import (
	"errors"
	"io"
	"net"
	"testing"
)

func TestReadingThatAcknowledgesLate(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	dial := func(t *testing.T) (*gathering, net.Conn) {
		t.Helper()
		a, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		b, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { a.Close(); b.Close() })
		return &gathering{Conn: a}, b
	}
	t.Run("all that came is read, and then the end", func(t *testing.T) {
		g, far := dial(t)
		want := string(make([]byte, 100_000)) + "the end"
		go func() {
			_, _ = io.WriteString(far, want)
			far.Close()
		}()
		if got, err := io.ReadAll(g); err != nil || string(got) != want {
			t.Errorf("got %d bytes, %v", len(got), err)
		}
	})
	t.Run("a reader that waits is woken when the connection is closed here", func(t *testing.T) {
		g, _ := dial(t)
		done := make(chan error, 1)
		go func() {
			_, err := g.Read(make([]byte, 10))
			done <- err
		}()
		g.Close()
		if err := <-done; !errors.Is(err, net.ErrClosed) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("one that was broken off is no end", func(t *testing.T) {
		g, far := dial(t)
		_ = far.(*net.TCPConn).SetLinger(0)
		far.Close()
		if n, err := g.Read(make([]byte, 10)); err == nil || errors.Is(err, io.EOF) {
			t.Errorf("got %d, %v", n, err)
		}
	})
}
