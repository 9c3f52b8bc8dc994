package kit

import (
	"encoding/binary"
	"io"
	"time"

	"doorstep/internal/fault"
)

// ask sends a request and gives its reply, whole. News and errors of others
// before it are passed over; an error for it is fault.Missing.
func (d *xDisplay) ask(req []byte) ([]byte, error) {
	const op = "kit.x11"
	d.conn.SetDeadline(time.Now().Add(xWithin))
	if _, err := d.conn.Write(req); err != nil {
		return nil, fault.New(op, fault.Unavailable, err)
	}
	for {
		reply := make([]byte, 32)
		if _, err := io.ReadFull(d.conn, reply); err != nil {
			return nil, fault.New(op, fault.Unavailable, err)
		}
		switch reply[0] {
		case 0:
			return nil, fault.New(op, fault.Missing, nil)
		case 1:
			more := int64(binary.LittleEndian.Uint32(reply[4:])) * 4
			if more > 1<<20 {
				return nil, fault.New(op, fault.TooLarge, nil)
			}
			rest := make([]byte, more)
			if _, err := io.ReadFull(d.conn, rest); err != nil {
				return nil, fault.New(op, fault.Unavailable, err)
			}
			return append(reply, rest...), nil
		}
	}
}

// with runs do over a connection; one that fails is made anew the next time.
func (d *xDisplay) with(do func() error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.conn == nil {
		if err := d.open(); err != nil {
			return err
		}
	}
	err := do()
	if err != nil && fault.KindOf(err) != fault.Missing {
		d.conn.Close()
		d.conn = nil
	}
	return err
}

// idle is how long no key, button or pointer of the whole display was touched,
// by the extension MIT-SCREEN-SAVER.
func (d *xDisplay) idle() (since time.Duration, err error) {
	err = d.with(func() error {
		if d.saver == 0 {
			code, err := d.extension("MIT-SCREEN-SAVER")
			if err != nil {
				return err
			}
			d.saver = code
		}
		reply, err := d.ask(append([]byte{d.saver, 1, 2, 0}, word(d.root)...)) // QueryInfo
		if err == nil {
			since = time.Duration(binary.LittleEndian.Uint32(reply[16:])) * time.Millisecond
		}
		return err
	})
	return since, err
}

// extension is the number of an extension's requests.
func (d *xDisplay) extension(name string) (byte, error) {
	req := []byte{98, 0, byte(2 + (len(name)+3)/4), 0, byte(len(name)), 0, 0, 0} // QueryExtension
	req = append(append(req, name...), make([]byte, pad4(len(name)))...)
	reply, err := d.ask(req)
	if err == nil && reply[8] == 0 {
		err = fault.New("kit.x11", fault.Missing, nil)
	}
	if err != nil {
		return 0, err
	}
	return reply[9], nil
}

func (d *xDisplay) atom(name string) (uint32, error) {
	req := []byte{16, 0, byte(2 + (len(name)+3)/4), 0, byte(len(name)), 0, 0, 0} // InternAtom
	req = append(append(req, name...), make([]byte, pad4(len(name)))...)
	reply, err := d.ask(req)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint32(reply[8:]), nil
}

// property is the 32-bit words of a window's property; none when it has none.
func (d *xDisplay) property(window uint32, name string) ([]uint32, error) {
	a, err := d.atom(name)
	if err != nil {
		return nil, err
	}
	req := append([]byte{20, 0, 6, 0}, word(window)...) // GetProperty
	req = append(append(append(append(req, word(a)...), word(0)...), word(0)...), word(64)...)
	reply, err := d.ask(req)
	if err != nil || reply[1] != 32 {
		return nil, err
	}
	var out []uint32
	for b := reply[32:]; len(b) >= 4; b = b[4:] {
		out = append(out, binary.LittleEndian.Uint32(b))
	}
	return out, nil
}

// stands tells where a window's content stands, and whether it is maximized.
func (d *xDisplay) stands(window uint32) (p Place, err error) {
	err = d.with(func() error {
		x, y, err := d.translate(window)
		if err != nil {
			return err
		}
		most, err := d.atom("_NET_WM_STATE_MAXIMIZED_VERT")
		if err != nil {
			return err
		}
		states, err := d.property(window, "_NET_WM_STATE")
		if err != nil {
			return err
		}
		p = Place{X: x, Y: y, Placed: true}
		for _, s := range states {
			p.Maximized = p.Maximized || s == most
		}
		return nil
	})
	return p, err
}

// put moves a window, or asks the window manager to maximize it. The windows
// of this program have static gravity: a place is their content's, whatever
// frame the window manager puts around it.
func (d *xDisplay) put(window uint32, p Place) error {
	return d.with(func() error {
		if !p.Maximized {
			req := append([]byte{12, 0, 5, 0}, word(window)...) // ConfigureWindow: x and y
			req = append(append(append(req, 3, 0, 0, 0), word(uint32(int32(p.X)))...), word(uint32(int32(p.Y)))...)
			return d.send(req)
		}
		var atoms [3]uint32
		for i, name := range []string{"_NET_WM_STATE", "_NET_WM_STATE_MAXIMIZED_VERT", "_NET_WM_STATE_MAXIMIZED_HORZ"} {
			a, err := d.atom(name)
			if err != nil {
				return err
			}
			atoms[i] = a
		}
		const toManager = 1<<20 | 1<<19 // SubstructureRedirect, SubstructureNotify
		req := append([]byte{25, 0, 11, 0}, word(d.root)...)
		req = append(append(req, word(toManager)...), 33, 32, 0, 0) // SendEvent of a ClientMessage
		for _, v := range []uint32{window, atoms[0], 1, atoms[1], atoms[2], 1, 0} {
			req = append(req, word(v)...)
		}
		return d.send(req)
	})
}

// send sends a request that has no reply, and waits until the server had it.
func (d *xDisplay) send(req []byte) error {
	d.conn.SetDeadline(time.Now().Add(xWithin))
	if _, err := d.conn.Write(req); err != nil {
		return fault.New("kit.x11", fault.Unavailable, err)
	}
	_, err := d.ask([]byte{43, 0, 1, 0}) // GetInputFocus
	return err
}

func word(v uint32) []byte { return binary.LittleEndian.AppendUint32(nil, v) }
