package central

import (
	"bufio"
	"bytes"
	"net"
	"net/http"
	"testing"
	"time"

	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// readDeadlines keeps what a connection is told.
type readDeadlines struct {
	net.Conn
	read []time.Time
}

func (d *readDeadlines) SetReadDeadline(t time.Time) error {
	d.read = append(d.read, t)
	return nil
}

func TestLaneWithASuccessor(t *testing.T) {
	for name, retired := range map[string]bool{"a lane may be silent for long": false, "one whose successor came lives on while it moves": true} {
		t.Run(name, func(t *testing.T) {
			conn := &readDeadlines{}
			l := &lane{conn: conn, wake: make(chan struct{}, 1), r: bufio.NewReader(bytes.NewReader(parcel.AppendNumber(nil, parcel.FramePing, 1)))}
			want := laneSilence
			if retired {
				l.retire(time.Second)
				want = ghostTime
			}
			if err := l.read(t.Context()); err == nil {
				t.Fatal("no end")
			}
			if left := time.Until(conn.read[len(conn.read)-1]); left > want || left < want/2 {
				t.Errorf("%v are left of %v", left, want)
			}
		})
	}
}

func TestShedding(t *testing.T) {
	c := open(t, t.TempDir())
	l := enrol(t, c, serve(t, c))
	c.lanes.mu.Lock()
	for range maxLanes / 2 {
		c.lanes.all[&lane{device: &device{id: uuid.New()}}] = true
	}
	c.lanes.mu.Unlock()
	defer func() {
		c.lanes.mu.Lock()
		clear(c.lanes.all)
		c.lanes.mu.Unlock()
	}()
	if _, status := l.lane(0); status != http.StatusSwitchingProtocols {
		t.Errorf("first lane of a laptop: status %d", status)
	}
	if _, status := l.lane(2); status != http.StatusServiceUnavailable {
		t.Errorf("third lane at a busy centre: status %d", status)
	}
}

func TestConnectionsPastThePlacesAreClosed(t *testing.T) {
	under, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := Sessions(under, 2)
	defer l.Close()
	in := make(chan net.Conn, 8)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			in <- c
		}
	}()
	dial := func() net.Conn {
		c, err := net.Dial("tcp", under.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	dial()
	one := <-in
	dial()
	defer (<-in).Close()
	if _, err := dial().Read(make([]byte, 1)); err == nil || len(in) > 0 {
		t.Errorf("a third got %v, %d wait", err, len(in))
	}
	one.Close()
	one.Close() // gives back one place, not two
	dial()
	defer (<-in).Close()
	if _, err := dial().Read(make([]byte, 1)); err == nil || len(in) > 0 {
		t.Errorf("one too many got %v, %d wait", err, len(in))
	}
}
