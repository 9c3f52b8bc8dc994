package kit

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"os"
	"time"

	"doorstep/internal/fault"
)

// inputEvery is how often it is looked whether there was input: a pointer that
// moves is a thousand events a second, and one of them is enough.
const inputEvery = 250 * time.Millisecond

// helloWithin bounds how long a server may take to begin; nobody waits for it.
const helloWithin = 30 * time.Second

// WatchInput calls touched soon after a key, a button or the pointer of the
// display was touched, by the server's XInput extension, until ctx ends. It is
// for displays that do not tell Idle. What was touched is not looked at. fault
// says why it ended by itself.
func WatchInput(ctx context.Context, touched func()) error {
	host, number := displayParts(os.Getenv("DISPLAY"))
	conn, err := dialX(host, number)
	if err != nil {
		return fault.New("kit.WatchInput", fault.Unavailable, err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	conn.SetDeadline(time.Now().Add(helloWithin))
	root, err := xHello(conn, number)
	if err != nil {
		return err
	}
	if err := xSelectInput(conn, root); err != nil {
		return err
	}
	conn.SetDeadline(time.Time{})
	seen := make([]byte, 64<<10)
	pause := time.NewTicker(inputEvery)
	defer pause.Stop()
	for ctx.Err() == nil {
		n, err := conn.Read(seen)
		clear(seen[:n]) // a key has its number in it
		if err != nil {
			break
		}
		touched()
		select {
		case <-ctx.Done():
		case <-pause.C:
		}
	}
	if ctx.Err() != nil {
		return nil
	}
	return fault.New("kit.WatchInput", fault.Unavailable, io.ErrUnexpectedEOF)
}

// xSelectInput asks for raw input of every device, which comes whoever has the
// focus or holds a button: XIQueryVersion and XISelectEvents, and a request that
// has an answer behind them.
func xSelectInput(conn net.Conn, root uint32) error {
	const name = "XInputExtension"
	req := []byte{98, 0, byte(2 + (len(name)+3)/4), 0, byte(len(name)), 0, 0, 0} // QueryExtension
	req = append(append(req, name...), make([]byte, pad4(len(name)))...)
	reply, err := xReply(conn, req)
	if err != nil {
		return err
	}
	if reply[8] == 0 {
		return fault.New("kit.WatchInput", fault.Unsupported, nil)
	}
	code := reply[9]
	if _, err := xReply(conn, []byte{code, 47, 2, 0, 2, 0, 2, 0}); err != nil { // version 2.2
		return err
	}
	// RawKeyPress 13, RawButtonPress 15, RawMotion 17, RawTouchBegin 22 and
	// RawTouchUpdate 23 of all master devices.
	req = append([]byte{code, 46, 5, 0}, word(root)...)
	req = append(req, 1, 0, 0, 0, 1, 0, 1, 0)
	req = binary.LittleEndian.AppendUint32(req, 1<<13|1<<15|1<<17|1<<22|1<<23)
	_, err = xReply(conn, append(req, 43, 0, 1, 0)) // GetInputFocus
	return err
}

// xReply sends requests and gives the first answer; events before it are passed
// over.
func xReply(conn net.Conn, req []byte) ([]byte, error) {
	const op = "kit.WatchInput"
	if _, err := conn.Write(req); err != nil {
		return nil, fault.New(op, fault.Unavailable, err)
	}
	for {
		b := make([]byte, 32)
		if _, err := io.ReadFull(conn, b); err != nil {
			return nil, fault.New(op, fault.Unavailable, err)
		}
		more := int64(binary.LittleEndian.Uint32(b[4:])) * 4
		if b[0] == 0 {
			return nil, fault.New(op, fault.Unsupported, nil)
		}
		if b[0] != 1 && b[0]&0x7f != 35 { // 35 is an event of any length
			continue
		}
		if more > 1<<20 {
			return nil, fault.New(op, fault.TooLarge, nil)
		}
		if _, err := io.CopyN(io.Discard, conn, more); err != nil {
			return nil, fault.New(op, fault.Unavailable, err)
		}
		if b[0] == 1 {
			return b, nil
		}
	}
}
