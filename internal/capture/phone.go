package capture

import (
	"context"
	"crypto/rand"
	_ "embed" // the page
	"encoding/json"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/peer"
)

// PhoneEvent is what a phone, or the page in the laptop's browser, did. One of
// its fields is set.
type PhoneEvent struct {
	Joined   bool
	Left     bool
	Shot     *Shot
	Received int   // of a picture under way, in per cent
	Refused  error // a picture or a pairing that was not taken
}

// PhoneOptions say what the page is for.
type PhoneOptions struct {
	Title    string // what is to be taken, in Chinese; nothing of a person
	Portrait bool   // the page draws a guide for the head
	Local    bool   // for a browser on this laptop, heard by nobody else
}

// Phone is a page that this laptop serves while a picture is taken: to one
// phone on the same network, or to its own browser.
type Phone struct {
	o        PhoneOptions
	token    string
	listener net.Listener
	server   *http.Server
	ctx      context.Context
	stop     context.CancelFunc
	running  sync.WaitGroup
	events   chan PhoneEvent
	alarms   chan PhoneEvent // the first of what strangers tried, until it is told
	rtc      peer.Options

	mu     sync.Mutex
	closed bool
	conn   *peer.Conn
	used   map[string]bool // proofs of offers: each pairs once
	asking int             // pairings under way
	words  phoneWords      // said last, to be shown to who joins
}

const (
	pairTime    = 20 * time.Second
	maxPairings = 4
	maxPairBody = peer.MaxMessage * 2
)

// ServePhone begins to serve the page, until ctx ends or Close. It fails with
// fault.Offline where there is no network a phone could come by.
func ServePhone(ctx context.Context, o PhoneOptions) (*Phone, error) {
	const op = "capture.ServePhone"
	where := "127.0.0.1:0"
	if !o.Local {
		if len(phoneAddresses()) == 0 {
			return nil, fault.Tell(op, fault.Offline, "本机没有连到任何网络，手机连不过来：请连到手机开的热点或同一个无线网络后再试，也可以用摄像头或选文件。", nil)
		}
		where = ":0"
	}
	l, err := net.Listen("tcp4", where)
	if err != nil {
		return nil, fault.Tell(op, fault.Unavailable, "本机不让程序接受手机的连接：请检查防火墙，也可以用摄像头或选文件。", errors.New("cannot listen"))
	}
	p := &Phone{o: o, token: rand.Text(), listener: l, events: make(chan PhoneEvent), alarms: make(chan PhoneEvent, 1), used: map[string]bool{}}
	p.ctx, p.stop = context.WithCancel(ctx)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", p.file("text/html; charset=utf-8", phoneHTML))
	mux.HandleFunc("GET /phone.js", p.file("text/javascript; charset=utf-8", phoneJS))
	mux.HandleFunc("GET /phone.css", p.file("text/css; charset=utf-8", phoneCSS))
	mux.HandleFunc("GET /about", p.about)
	mux.HandleFunc("POST /pair", p.pair)
	mux.HandleFunc("POST /shot", p.shot)
	p.server = &http.Server{Handler: p.tracked(mux), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 30 * time.Second,
		MaxHeaderBytes: 16 << 10, ErrorLog: log.New(io.Discard, "", 0), BaseContext: func(net.Listener) context.Context { return p.ctx }}
	p.running.Go(func() { _ = p.server.Serve(l) })        // it ends with the next
	context.AfterFunc(p.ctx, func() { p.server.Close() }) // so that nothing is served on where nobody calls Close
	return p, nil
}

//go:embed web/phone.html
var phoneHTML []byte

//go:embed web/phone.js
var phoneJS []byte

//go:embed web/phone.css
var phoneCSS []byte

// phoneAddresses are this laptop's own on networks of the room.
func phoneAddresses() []string {
	all, err := net.Interfaces()
	if err != nil {
		return nil
	}
	var out []string
	for _, i := range all {
		if i.Flags&net.FlagUp == 0 || i.Flags&(net.FlagLoopback|net.FlagPointToPoint) != 0 {
			continue
		}
		addrs, err := i.Addrs()
		if err != nil {
			continue
		}
		for _, a := range addrs {
			if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil && n.IP.IsPrivate() {
				out = append(out, n.IP.String())
			}
		}
	}
	return out
}

// Addresses are where the page is, each whole, with the token behind #: a
// browser does not send that part, so no network sees it.
func (p *Phone) Addresses() []string {
	if p.o.Local {
		return []string{p.address("127.0.0.1")}
	}
	var out []string
	for _, h := range phoneAddresses() {
		out = append(out, p.address(h))
	}
	return out
}

func (p *Phone) address(host string) string {
	port := strconv.Itoa(p.listener.Addr().(*net.TCPAddr).Port)
	return "http://" + net.JoinHostPort(host, port) + "/#" + p.token
}

// Next waits for what the phone does next. It fails with fault.Cancelled when
// ctx or the page has ended.
func (p *Phone) Next(ctx context.Context) (PhoneEvent, error) {
	const op = "capture.Phone.Next"
	select {
	case e := <-p.events:
		return e, nil
	case e := <-p.alarms:
		return e, nil
	case <-ctx.Done():
		return PhoneEvent{}, fault.New(op, fault.Cancelled, ctx.Err())
	case <-p.ctx.Done():
		return PhoneEvent{}, fault.New(op, fault.Cancelled, p.ctx.Err())
	}
}

// tell hands an event over.
func (p *Phone) tell(e PhoneEvent) {
	select {
	case p.events <- e:
	case <-p.ctx.Done():
	}
}

// mention hands over how far a picture is, where somebody waits.
func (p *Phone) mention(e PhoneEvent) {
	select {
	case p.events <- e:
	default:
	}
}

// alarm keeps what a stranger tried until it is told; more of it is one alarm.
func (p *Phone) alarm(e PhoneEvent) {
	select {
	case p.alarms <- e:
	default:
	}
}

// start counts a piece of work that Close waits for; false once it is closed.
func (p *Phone) start() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	p.running.Add(1)
	return true
}

func (p *Phone) tracked(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !p.start() {
			return
		}
		defer p.running.Done()
		h.ServeHTTP(w, r)
	})
}

// Say shows words on the phone; good is green, else red. They are about the
// picture, and never about a person.
func (p *Phone) Say(good bool, text string) {
	w := phoneWords{"bad", text}
	if good {
		w.Kind = "good"
	}
	p.mu.Lock()
	p.words = w
	conn := p.conn
	p.mu.Unlock()
	if conn != nil && p.start() {
		go func() {
			defer p.running.Done()
			p.send(conn, w)
		}()
	}
}

func (p *Phone) send(conn *peer.Conn, w phoneWords) {
	if b, err := json.Marshal(w); err == nil && len(b) <= maxWords {
		_ = writeRecord(conn, recordWords, b) // a phone that left sees nothing
	}
}

// Close ends the page and the phone's connection, and waits for both.
func (p *Phone) Close() error {
	p.mu.Lock()
	p.closed = true
	conn := p.conn
	p.mu.Unlock()
	p.stop()
	_ = p.server.Close() // what it says of its listener helps nobody
	if conn != nil {
		conn.Close()
	}
	p.running.Wait()
	return nil
}

// file serves a part of the page, which may load and call nothing else.
func (p *Phone) file(kind string, b []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", kind)
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src blob: data:; media-src blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		_, _ = w.Write(b)
	}
}

// about says what the page is for.
func (p *Phone) about(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(map[string]any{"title": p.o.Title, "portrait": p.o.Portrait}) // who left needs none
}

// refuse answers in words for whoever holds the phone, and tells the clerk
// where a person should know.
func (p *Phone) refuse(w http.ResponseWriter, status int, words string, err error) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, words)
	if err != nil {
		p.alarm(PhoneEvent{Refused: err})
	}
}

// shot takes a picture that a browser on this laptop sends: over the loopback
// address alone, so nothing of it is on a network.
func (p *Phone) shot(w http.ResponseWriter, r *http.Request) {
	const op = "capture.Phone.shot"
	if !p.o.Local || phoneMAC(p.token, "shot") != r.Header.Get("X-Shot") {
		p.refuse(w, http.StatusForbidden, "口令不对：请从办贷程序重新打开本页。", nil)
		return
	}
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxFileBytes))
	if err != nil {
		p.refuse(w, http.StatusRequestEntityTooLarge, "图片过大或没有传完，请重拍。", fault.New(op, fault.TooLarge, nil))
		return
	}
	s, err := shotOf(b)
	if err != nil {
		p.refuse(w, http.StatusUnsupportedMediaType, "不是能用的图片，请重拍。", fault.Wrap(op, err))
		return
	}
	s.Source = "camera"
	p.tell(PhoneEvent{Shot: &s})
	_, _ = io.WriteString(w, "已收到，请看办贷程序的窗口。")
}
