package capture

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"doorstep/internal/fault"
	"doorstep/internal/peer"
)

// pair answers a phone that has read the token. Who has not learns nothing, and
// an offer that was overheard pairs nobody a second time.
func (p *Phone) pair(w http.ResponseWriter, r *http.Request) {
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxPairBody))
	if err != nil || p.o.Local {
		p.refuse(w, http.StatusBadRequest, "请求不对，请重新扫码。", nil)
		return
	}
	offer, mac, err := readPairing(p.token, b)
	if err != nil {
		if fault.KindOf(err) == fault.Untrusted {
			p.refuse(w, http.StatusForbidden, "口令不对：请重新扫电脑上的二维码。", err)
			return
		}
		p.refuse(w, http.StatusBadRequest, "请求不对，请重新扫码。", nil)
		return
	}
	if !p.begin(mac) {
		p.refuse(w, http.StatusConflict, "这次配对已经用过或正忙，请重新扫码。", nil)
		return
	}
	answers := make(chan []byte, 1)
	if !p.start() {
		return
	}
	go func() {
		defer p.running.Done()
		p.join(offer, answers)
	}()
	answer, ok := <-answers
	if !ok {
		p.refuse(w, http.StatusBadRequest, "连不上电脑，请重新扫码。", nil)
		return
	}
	out, err := json.Marshal(pairing{string(answer), answerMAC(p.token, offer, string(answer))})
	if err != nil {
		p.refuse(w, http.StatusInternalServerError, "连不上电脑，请重新扫码。", nil)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(out)
}

// begin notes a pairing; false where its offer was used, or too many are under
// way.
func (p *Phone) begin(mac string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.used[mac] || p.asking == maxPairings || p.ctx.Err() != nil {
		return false
	}
	p.used[mac] = true
	p.asking++
	return true
}

// join waits for the phone's connection, and then receives what it sends.
func (p *Phone) join(offer string, answers chan<- []byte) {
	ctx, end := context.WithTimeout(p.ctx, pairTime)
	answered := false
	conn, err := peer.Answer(ctx, p.rtc, []byte(offer), func(_ context.Context, answer []byte) error {
		answered = true
		answers <- answer
		return nil
	})
	end()
	if !answered {
		close(answers)
	}
	p.mu.Lock()
	p.asking--
	if err != nil {
		p.mu.Unlock()
		if answered && p.ctx.Err() == nil {
			p.tell(PhoneEvent{Refused: fault.Tell("capture.Phone.join", fault.Offline,
				"手机扫了码，但连不上：请让手机和本机连到同一个无线网络或热点，再扫一次。", err)})
		}
		return
	}
	before := p.conn
	p.conn = conn
	words := p.words
	p.mu.Unlock()
	defer conn.Close()
	if before != nil {
		before.Close() // one phone at a time: the newest
	}
	if p.ctx.Err() != nil {
		return
	}
	p.tell(PhoneEvent{Joined: true})
	if words.Text == "" {
		words = phoneWords{"info", p.o.Title}
	}
	p.send(conn, words)
	p.receive(conn)
	p.mu.Lock()
	last := p.conn == conn
	if last {
		p.conn = nil
	}
	p.mu.Unlock()
	if last {
		p.tell(PhoneEvent{Left: true})
	}
}

// receive takes pictures until the phone leaves or lies. A picture that is none
// is refused and the next is waited for; what is no record ends the phone's
// connection.
func (p *Phone) receive(conn *peer.Conn) {
	told := 0
	for {
		s, err := readShot(conn, func(n, of int) {
			if now := 100 * n / of; now != told && now > 0 {
				told = now
				p.mention(PhoneEvent{Received: now})
			}
		})
		switch kind := fault.KindOf(err); {
		case err == nil:
			p.tell(PhoneEvent{Shot: &s})
		case errors.Is(err, io.EOF), p.ctx.Err() != nil:
			return
		case kind == fault.Unsupported, errors.Is(err, errPicture):
			p.tell(PhoneEvent{Refused: err})
			p.send(conn, phoneWords{"bad", "这不是能用的图片，请重拍。"})
		case kind == fault.Input, kind == fault.TooLarge:
			p.tell(PhoneEvent{Refused: fault.Tell("capture.Phone.receive", kind, "手机发来的不是图片，已断开：请重新扫码，或用摄像头、选文件。", err)})
			return
		default:
			return // the phone left
		}
	}
}
