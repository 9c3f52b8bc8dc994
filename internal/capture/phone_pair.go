package capture

import (
	"context"
	"crypto/sha256"
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
	p.mu.Lock()
	key := p.key
	p.mu.Unlock()
	offer, mac, err := readPairing(key, b)
	if err != nil {
		if fault.KindOf(err) == fault.Untrusted {
			words := "口令不对：请重新扫电脑上的二维码。"
			if key != p.token {
				words = "口令不对：这个二维码已有一部手机用过，只能用一次。请在电脑上重新打开后再扫。"
			}
			p.refuse(w, http.StatusForbidden, words, err)
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
	out, err := json.Marshal(pairing{string(answer), answerMAC(key, offer, string(answer))})
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
	p.greet(conn, words)
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

// greet tells the laptop that a phone joined, and the phone what it is for.
func (p *Phone) greet(conn *peer.Conn, words phoneWords) {
	if p.o.Sign == nil && p.o.Gift == nil {
		p.tell(PhoneEvent{Joined: true})
		if words.Text == "" {
			words = phoneWords{"info", p.o.Title}
		}
		p.send(conn, words)
		return
	}
	if p.renew(conn) != nil {
		return // it left; receive says so
	}
	p.mu.Lock()
	wanted, key := p.wanted, p.key
	p.mu.Unlock()
	e := PhoneEvent{Joined: true}
	switch {
	case wanted:
		p.ask(conn)
		if words.Text == "" {
			words = phoneWords{"info", "请核对后在框内手写姓名。"}
		}
	case p.o.Gift != nil:
		e.Digits = digits(key)
		words = phoneWords{"info", "已连上。请把下面四个数字给经办人员看。"}
	}
	p.tell(e)
	p.send(conn, words)
}

// takes are the records that the phone may send, with their most bytes.
func (p *Phone) takes() map[byte]int {
	switch {
	case p.o.Sign != nil:
		return map[byte]int{recordInk: maxInk}
	case p.o.Gift != nil:
		return map[byte]int{recordGot: sha256.Size}
	case p.o.Look != nil:
		return map[byte]int{recordShot: MaxFileBytes, recordName: maxName, recordLook: maxLook}
	}
	return map[byte]int{recordShot: MaxFileBytes, recordName: maxName}
}

// maxHad bounds how many names are remembered.
const maxHad = 4096

// receive takes what the page may send until the phone leaves or lies. What is
// not good in its kind is refused and the next is waited for; what is no record
// ends the phone's connection.
func (p *Phone) receive(conn *peer.Conn) {
	told, name := 0, ""
	for {
		kind, b, err := readRecord(conn, p.takes(), func(kind byte, n, of int) {
			if now := 100 * n / of; kind == recordShot && now != told && now > 0 {
				told = now
				p.mention(PhoneEvent{Received: now})
			}
		})
		switch k := fault.KindOf(err); {
		case err == nil && kind == recordName:
			name = string(b)
		case err == nil:
			p.take(conn, kind, name, b)
			name = ""
		case errors.Is(err, io.EOF), p.ctx.Err() != nil:
			return
		case errors.Is(err, errBroken) && p.o.Sign == nil && p.o.Gift == nil: // it fell asleep, or went too far away
			p.tell(PhoneEvent{Refused: fault.Tell("capture.Phone.receive", fault.Input, "照片没有传完手机就断开了，没有添加：手机连回来会自动重传；没有传来就请再拍，或用摄像头、选文件。", err), Cut: true})
			return
		case k == fault.Input, k == fault.TooLarge:
			p.tell(PhoneEvent{Refused: fault.Tell("capture.Phone.receive", k, p.lieWords(), err)})
			return
		default:
			return // the phone left
		}
	}
}

func (p *Phone) lieWords() string {
	switch {
	case p.o.Sign != nil:
		return "手机发来的不是签名，已断开：请重新打开二维码，或在电脑上签。"
	case p.o.Gift != nil:
		return "手机发来的内容不对，已断开：请重新打开二维码，或改为打印。"
	}
	return "手机发来的不是图片，已断开：请重新扫码，或用摄像头、选文件。"
}

// take takes one record of the page.
func (p *Phone) take(conn *peer.Conn, kind byte, name string, b []byte) {
	switch kind {
	case recordInk:
		p.takeInk(conn, b)
	case recordGot:
		p.got(conn, b)
	case recordLook:
		sayAs(conn, recordHint, p.hint(b))
	default:
		p.takeShot(conn, name, b)
	}
}

// takeShot hands a picture over, once, and tells the phone that it came: until
// then the phone keeps it, and sends it again by its next connection.
func (p *Phone) takeShot(conn *peer.Conn, name string, b []byte) {
	p.having.Lock()
	defer p.having.Unlock()
	if name != "" && p.had[name] {
		_ = writeRecord(conn, recordHave, []byte(name)) // a phone that left sends it again
		return
	}
	s, err := shotOf(b)
	e := PhoneEvent{Shot: &s}
	if err != nil {
		e = PhoneEvent{Refused: fault.Wrap("capture.Phone.take", err)}
	}
	if !p.tell(e) {
		return
	}
	if name != "" {
		if len(p.had) >= maxHad {
			clear(p.had)
		}
		p.had[name] = true
		_ = writeRecord(conn, recordHave, []byte(name))
	}
	if err != nil {
		p.send(conn, phoneWords{"bad", "这不是能用的图片，请重拍。"})
	}
}
