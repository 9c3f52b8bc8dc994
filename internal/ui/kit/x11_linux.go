package kit

import (
	"encoding/binary"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"doorstep/internal/fault"
)

// xWithin bounds each exchange with the X server.
const xWithin = 150 * time.Millisecond

// xDisplay asks the X server what Fyne does not tell: where on the screen a
// window stands, and when someone last touched the machine. Numbers on the
// wire are little-endian.
type xDisplay struct {
	mu    sync.Mutex
	conn  net.Conn
	root  uint32
	saver byte // the number of the screen saver's requests; 0 until asked for
}

// origin is the window's upper left corner on its screen.
func (d *xDisplay) origin(window uint32) (x, y int, ok bool) {
	err := d.with(func() (err error) {
		x, y, err = d.translate(window)
		return err
	})
	return x, y, err == nil
}

func (d *xDisplay) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.conn != nil {
		d.conn.Close()
		d.conn = nil
	}
}

// translate is the request TranslateCoordinates (40) from the window to the
// root.
func (d *xDisplay) translate(window uint32) (x, y int, err error) {
	req := make([]byte, 0, 16)
	req = append(req, 40, 0, 4, 0)
	req = binary.LittleEndian.AppendUint32(req, window)
	req = binary.LittleEndian.AppendUint32(req, d.root)
	req = append(req, 0, 0, 0, 0)
	reply, err := d.ask(req)
	if err != nil {
		return 0, 0, err
	}
	return int(int16(binary.LittleEndian.Uint16(reply[12:]))), int(int16(binary.LittleEndian.Uint16(reply[14:]))), nil
}

// open connects to the display of the environment.
func (d *xDisplay) open() error {
	host, number := displayParts(os.Getenv("DISPLAY"))
	conn, err := dialX(host, number)
	if err != nil {
		return fault.New("kit.x11", fault.Unavailable, err)
	}
	conn.SetDeadline(time.Now().Add(xWithin))
	root, err := xHello(conn, number)
	if err != nil {
		conn.Close()
		return err
	}
	d.conn, d.root = conn, root
	return nil
}

func dialX(host, number string) (net.Conn, error) {
	if host != "" && host != "unix" {
		return nil, fault.New("kit.x11", fault.Unsupported, nil)
	}
	path := "/tmp/.X11-unix/X" + number
	conn, err := net.DialTimeout("unix", path, xWithin)
	if err != nil {
		return net.DialTimeout("unix", "@"+path, xWithin)
	}
	return conn, nil
}

// xHello introduces the client and reads the first screen's root window.
func xHello(conn net.Conn, number string) (root uint32, err error) {
	auth, cookie := xCookie(number)
	hello := []byte{'l', 0, 11, 0, 0, 0}
	hello = binary.LittleEndian.AppendUint16(hello, uint16(len(auth)))
	hello = binary.LittleEndian.AppendUint16(hello, uint16(len(cookie)))
	hello = append(hello, 0, 0)
	hello = append(append(hello, auth...), make([]byte, pad4(len(auth)))...)
	hello = append(append(hello, cookie...), make([]byte, pad4(len(cookie)))...)
	if _, err := conn.Write(hello); err != nil {
		return 0, fault.New("kit.x11", fault.Unavailable, err)
	}
	var head [8]byte
	if _, err := io.ReadFull(conn, head[:]); err != nil {
		return 0, fault.New("kit.x11", fault.Unavailable, err)
	}
	rest := make([]byte, 4*int(binary.LittleEndian.Uint16(head[6:])))
	if _, err := io.ReadFull(conn, rest); err != nil {
		return 0, fault.New("kit.x11", fault.Unavailable, err)
	}
	if head[0] != 1 {
		return 0, fault.New("kit.x11", fault.Denied, nil)
	}
	return xRoot(rest)
}

// xRoot finds the root window in the server's answer: after 32 bytes come the
// vendor's name, 8 bytes for each pixmap format, and the screens.
func xRoot(b []byte) (uint32, error) {
	if len(b) < 32 {
		return 0, fault.New("kit.x11", fault.Damaged, nil)
	}
	vendor := int(binary.LittleEndian.Uint16(b[16:]))
	at := 32 + vendor + pad4(vendor) + 8*int(b[21])
	if b[20] == 0 || at+4 > len(b) {
		return 0, fault.New("kit.x11", fault.Damaged, nil)
	}
	return binary.LittleEndian.Uint32(b[at:]), nil
}

func pad4(n int) int { return (4 - n%4) % 4 }

// xCookie is the key to a display from the user's authority file, or nothing.
func xCookie(number string) (name, data []byte) {
	file := os.Getenv("XAUTHORITY")
	if file == "" {
		file = filepath.Join(os.Getenv("HOME"), ".Xauthority")
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, nil
	}
	return findCookie(b, number)
}

// findCookie reads the authority file: entries of a family and four counted
// strings (address, display number, name, data), all big-endian.
func findCookie(b []byte, number string) (name, data []byte) {
	for len(b) >= 2 {
		b = b[2:]
		var parts [4][]byte
		for i := range parts {
			if len(b) < 2 {
				return nil, nil
			}
			n := int(binary.BigEndian.Uint16(b))
			if len(b) < 2+n {
				return nil, nil
			}
			parts[i], b = b[2:2+n], b[2+n:]
		}
		if (len(parts[1]) == 0 || string(parts[1]) == number) && string(parts[2]) == "MIT-MAGIC-COOKIE-1" {
			return parts[2], parts[3]
		}
	}
	return nil, nil
}
