package capture

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"

	"doorstep/internal/fault"
)

// PhoneGift is a file for the phone to keep. It goes when Give is called, so that
// a person has seen that it is the right phone.
type PhoneGift struct {
	Name string // under which the phone keeps it; nothing of a person
	Data []byte
}

const (
	maxGift     = 8 << 20
	maxGiftName = 200
)

// MarkOf is the beginning of the SHA-256 of b, for people to compare what the
// phone and the laptop show.
func MarkOf(b []byte) string {
	sum := sha256.Sum256(b)
	h := hex.EncodeToString(sum[:4])
	return h[:4] + " " + h[4:]
}

func checkGift(g *PhoneGift) error {
	const op = "capture.PhoneGift"
	if len(g.Data) > maxGift {
		return fault.Tell(op, fault.TooLarge, "文件过大，发不到手机：请改为打印。", nil)
	}
	if len(g.Data) == 0 || g.Name == "" || len(g.Name) > maxGiftName {
		return fault.New(op, fault.Input, errors.New("no file, or no name"))
	}
	return nil
}

// renew gives the phone that joined a token of its own and makes the one of the
// code void: a code that was photographed pairs nobody else.
func (p *Phone) renew(w io.Writer) error {
	p.mu.Lock()
	if p.key != p.token {
		p.mu.Unlock()
		return nil // the phone is back
	}
	p.key = rand.Text()
	key := p.key
	p.mu.Unlock()
	return writeRecord(w, recordKey, []byte(key))
}

// digits are four by which people see that this laptop speaks with that phone.
func digits(key string) string {
	b, err := hex.DecodeString(phoneMAC(key, "digits"))
	if err != nil {
		return ""
	}
	n := binary.BigEndian.Uint32(b) % 10000
	return string([]byte{'0' + byte(n/1000), '0' + byte(n/100%10), '0' + byte(n/10%10), '0' + byte(n%10)})
}

// Give sends the file to the phone that is joined. Where none is, nothing is sent
// and the phone that joins next is asked about anew.
func (p *Phone) Give() {
	g := p.o.Gift
	p.mu.Lock()
	conn := p.conn
	p.mu.Unlock()
	if g == nil || conn == nil || !p.start() {
		return
	}
	go func() {
		defer p.running.Done()
		sum := sha256.Sum256(g.Data)
		body := append(append(append(sum[:], byte(len(g.Name))), g.Name...), g.Data...)
		_ = writeRecord(conn, recordFile, body) // a phone that left is told of as one
	}()
}

// got hears that the phone has the file.
func (p *Phone) got(w io.Writer, b []byte) {
	sum := sha256.Sum256(p.o.Gift.Data)
	if !bytes.Equal(b, sum[:]) {
		p.tell(PhoneEvent{Refused: fault.Tell("capture.Phone.got", fault.Input, "手机收到的文件与本机的不同，请在手机上删除后再发一次，或改为打印。", errors.New("another hash"))})
		p.send(w, phoneWords{"bad", "收到的文件不对，请删除，再扫一次码。"})
		return
	}
	p.send(w, phoneWords{"good", "已传到手机，请保存。"})
	p.tell(PhoneEvent{Given: true})
}
