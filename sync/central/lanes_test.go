package central

import (
	"bufio"
	"bytes"
	"net"
	"testing"
	"time"

	"doorstep/sync/parcel"
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
