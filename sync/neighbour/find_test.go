package neighbour

import (
	"net"
	"testing"
	"time"

	"doorstep/internal/seal"
)

// TestTheyFindEachOther is over the loopback's multicast, as two programs on
// one machine; testdata has no part in it.
func TestTheyFindEachOther(t *testing.T) {
	if len(multicasters()) == 0 {
		t.Skip("this machine has no interface with multicast")
	}
	c, other := newCounty(t), newCounty(t)
	loud := func(cfg *Config) { cfg.Alone, cfg.Listen = false, "" }
	a, b, stranger := c.laptop(t).on(loud), c.laptop(t).on(loud), other.laptop(t).on(loud)
	for end := time.Now().Add(20 * time.Second); !a.sees(b) || !b.sees(a); time.Sleep(10 * time.Millisecond) {
		if a.room.State().Quiet != nil {
			t.Skip("this machine's network forwards no multicast")
		}
		if time.Now().After(end) {
			t.Fatal("two laptops of a county did not find each other")
		}
	}
	if len(stranger.room.State().Peers) != 0 || a.sees(stranger) {
		t.Error("a laptop of another county learnt something")
	}
}

func TestAnAnnouncementNamesNobody(t *testing.T) {
	c := newCounty(t)
	a := c.laptop(t)
	keys := seal.NewRoom(c.key)
	b := keys.Announce(announcement(a.id(), 17310))
	id := a.id()
	for i := range b {
		if i+4 <= len(b) && string(b[i:i+4]) == string(id[12:]) {
			t.Error("the device's id can be read")
		}
	}
	from, _ := parseIP("192.168.7.9")
	h, err := readAnnouncement(keys, b, from)
	if err != nil || h.device != a.id() || h.addr.String() != "192.168.7.9:17310" {
		t.Errorf("got %v, %v", h, err)
	}
}

// A door is open to whoever reaches it: those who only stand in it must not
// keep out others.
func TestWhoOnlyStandsInTheDoor(t *testing.T) {
	c := newCounty(t)
	a, b := c.laptop(t).on(), c.laptop(t).on()
	for range maxShakes / 2 {
		conn, err := net.Dial("tcp", a.door())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.Write([]byte("GET / HTTP/1.1\r\n"))
	}
	a.meet(b)
	conn, err := net.Dial("tcp", a.door())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	// A stranger gets 32 random bytes, and then nothing.
	buf := make([]byte, 1024)
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	n, _ := conn.Read(buf)
	if n != 32 {
		t.Errorf("a stranger got %d bytes", n)
	}
	conn.Write(make([]byte, 32))
	if n, err := conn.Read(buf); n != 0 || err == nil {
		t.Errorf("a stranger with a wrong answer got %d bytes", n)
	}
}
