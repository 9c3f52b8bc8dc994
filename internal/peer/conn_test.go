package peer_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/peer"
)

// here finds its way over the loopback address.
func here() peer.Options { return peer.Options{Loopback: true} }

// pair joins two ends in this process; the messages travel by two channels.
func pair(t testing.TB) (a, b *peer.Conn) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	offers, answers := make(chan []byte, 1), make(chan []byte, 1)
	var wg sync.WaitGroup
	var aerr, berr error
	wg.Go(func() {
		a, aerr = peer.Dial(ctx, here(), func(ctx context.Context, offer []byte) ([]byte, error) {
			offers <- offer
			select {
			case answer := <-answers:
				return answer, nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		})
	})
	wg.Go(func() {
		b, berr = peer.Answer(ctx, here(), <-offers, func(_ context.Context, answer []byte) error {
			answers <- answer
			return nil
		})
	})
	wg.Wait()
	if err := errors.Join(aerr, berr); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		var wg sync.WaitGroup
		wg.Go(func() { a.Close() })
		wg.Go(func() { b.Close() })
		wg.Wait()
	})
	return a, b
}

// bytesOf are n bytes, the same for the same seed.
func bytesOf(seed byte, n int) []byte {
	out := make([]byte, n)
	rand.NewChaCha8([32]byte{seed}).Read(out)
	return out
}

func TestBytesComeInOrderAndTheEndIsClear(t *testing.T) {
	a, b := pair(t)
	up, down := bytesOf(1, 3<<20+17), bytesOf(2, 2<<20+5)
	var wg sync.WaitGroup
	send := func(c *peer.Conn, p []byte) {
		if n, err := c.Write(p); n != len(p) || err != nil {
			t.Errorf("wrote %d of %d bytes, %v", n, len(p), err)
		}
		if err := c.CloseWrite(); err != nil {
			t.Error(err)
		}
	}
	take := func(c *peer.Conn, want []byte) {
		got, err := io.ReadAll(c)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("got %d bytes, equal %v, %v; want %d", len(got), bytes.Equal(got, want), err, len(want))
		}
	}
	wg.Go(func() { send(a, up) })
	wg.Go(func() { take(b, up) })
	wg.Go(func() { send(b, down) })
	wg.Go(func() { take(a, down) })
	wg.Wait()
	if _, err := a.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a write behind the end: got %v", err)
	}
	if n, err := a.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Errorf("a read behind the end: got %d, %v", n, err)
	}
}

func TestWhatWasWrittenBeforeCloseArrives(t *testing.T) {
	a, b := pair(t)
	want := bytesOf(3, 600<<10)
	if _, err := a.Write(want); err != nil {
		t.Fatal(err)
	}
	closed := make(chan struct{})
	go func() { a.Close(); close(closed) }()
	got, err := io.ReadAll(b)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("got %d bytes, %v; want %d and a clear end", len(got), err, len(want))
	}
	<-closed
	if _, err := b.Write(bytesOf(4, 4<<20)); fault.KindOf(err) != fault.Offline {
		t.Errorf("a write to one who closed: got %v, want offline", err)
	}
}

func TestDeadlines(t *testing.T) {
	a, b := pair(t)
	past := time.Now().Add(-time.Second)
	for name, set := range map[string]time.Time{"already over": past, "soon": time.Now().Add(50 * time.Millisecond)} {
		t.Run("a read with a deadline "+name, func(t *testing.T) {
			a.SetReadDeadline(set)
			_, err := a.Read(make([]byte, 1))
			var ne net.Error
			if !errors.Is(err, os.ErrDeadlineExceeded) || !errors.As(err, &ne) || !ne.Timeout() {
				t.Errorf("got %v", err)
			}
		})
	}
	t.Run("a read waits again after the deadline was moved", func(t *testing.T) {
		a.SetDeadline(time.Time{})
		if _, err := b.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		if n, err := a.Read(make([]byte, 5)); n != 1 || err != nil {
			t.Errorf("got %d, %v", n, err)
		}
	})
	t.Run("a write to one who does not read waits, and ends at its deadline", func(t *testing.T) {
		a.SetWriteDeadline(time.Now().Add(300 * time.Millisecond))
		n, err := a.Write(make([]byte, 64<<20))
		if !errors.Is(err, os.ErrDeadlineExceeded) || n > 8<<20 {
			t.Errorf("took %d bytes, %v; want a few megabytes at most, and the deadline", n, err)
		}
	})
	t.Run("and goes on when that one reads", func(t *testing.T) {
		a.SetWriteDeadline(time.Time{})
		done := make(chan struct{})
		go func() { io.Copy(io.Discard, b); close(done) }()
		if _, err := a.Write(make([]byte, 4<<20)); err != nil {
			t.Error(err)
		}
		a.CloseWrite()
		<-done
	})
}

func TestCloseEndsWhatWaits(t *testing.T) {
	a, b := pair(t)
	var wg sync.WaitGroup
	wg.Go(func() {
		if _, err := a.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
			t.Errorf("read: got %v", err)
		}
	})
	wg.Go(func() {
		if _, err := a.Write(make([]byte, 64<<20)); !errors.Is(err, net.ErrClosed) {
			t.Errorf("write: got %v", err)
		}
	})
	time.Sleep(200 * time.Millisecond)
	go io.Copy(io.Discard, b)
	a.Close()
	wg.Wait()
	if _, err := a.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("read after Close: got %v", err)
	}
}
