package capture

import (
	"context"
	"crypto/rand"
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
// its fields is set, and Digits with Joined.
type PhoneEvent struct {
	Joined   bool
	Digits   string // that the phone shows too, where a file is to be given
	Left     bool
	Shot     *Shot
	Ink      Ink   // the signature that was asked for
	Given    bool  // the phone has the file, whole
	Received int   // of a picture under way, in per cent
	Refused  error // a picture or a pairing that was not taken
	Cut      bool  // with Refused: the way broke, and the phone sends the picture again once it is back
}

// PhoneOptions say what the page is for.
type PhoneOptions struct {
	Title    string // what is to be taken, in Chinese; nothing of a person
	Portrait bool   // the page draws a guide for the head
	Local    bool   // for a browser on this laptop, heard by nobody else

	// Loopback is for tests on one machine: it is heard on the loopback address
	// alone, and otherwise as in a room.
	Loopback bool

	// Look judges a small frame of the page's preview, while it runs, and says
	// in words what is to be done, for the page to show. nil judges none.
	Look func(ctx context.Context, frame []byte) (good bool, words string)

	// Sign or Gift make it another page, for a signature or for a file, and for
	// the first phone that joins alone: the code is void then.
	Sign *PhoneSigning
	Gift *PhoneGift
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

	looking sync.Mutex // one frame is judged at a time
	having  sync.Mutex // held until the phone was told that its picture came: words about it come after

	mu     sync.Mutex
	closed bool
	conn   *peer.Conn
	key    string          // who knows it pairs: the token, or what the phone that joined was given
	wanted bool            // a signature is
	used   map[string]bool // proofs of offers: each pairs once
	asking int             // pairings under way
	words  phoneWords      // said last, to be shown to who joins
	had    map[string]bool // names of pictures that came: one sent again is not another
}

const (
	pairTime    = 20 * time.Second
	maxPairings = 4
	maxPairBody = peer.MaxMessage * 2
)

// ways are what else will do where no phone can come.
func (o PhoneOptions) ways() string {
	switch {
	case o.Sign != nil:
		return "在电脑上签"
	case o.Gift != nil:
		return "改为打印"
	}
	return "用摄像头或选文件"
}

// ServePhone begins to serve the page, until ctx ends or Close. It fails with
// fault.Offline where there is no network a phone could come by.
func ServePhone(ctx context.Context, o PhoneOptions) (*Phone, error) {
	const op = "capture.ServePhone"
	if o.Gift != nil {
		if err := checkGift(o.Gift); err != nil {
			return nil, fault.Wrap(op, err)
		}
	}
	where := "127.0.0.1:0"
	if !o.Local && !o.Loopback {
		if len(phoneAddresses()) == 0 {
			return nil, fault.Tell(op, fault.Offline, "本机没有连到任何网络，手机连不过来：请连到手机开的热点或同一个无线网络后再试，也可以"+o.ways()+"。", nil)
		}
		where = ":0"
	}
	l, err := net.Listen("tcp4", where)
	if err != nil {
		return nil, fault.Tell(op, fault.Unavailable, "本机不让程序接受手机的连接：请检查防火墙，也可以"+o.ways()+"。", errors.New("cannot listen"))
	}
	p := &Phone{o: o, token: rand.Text(), listener: l, events: make(chan PhoneEvent), alarms: make(chan PhoneEvent, 1), used: map[string]bool{}, had: map[string]bool{}, wanted: o.Sign != nil}
	p.key, p.rtc = p.token, peer.Options{Loopback: o.Loopback}
	p.ctx, p.stop = context.WithCancel(ctx)
	mux := http.NewServeMux()
	p.serve(mux)
	p.server = &http.Server{Handler: p.tracked(mux), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 30 * time.Second,
		MaxHeaderBytes: 16 << 10, ErrorLog: log.New(io.Discard, "", 0), BaseContext: func(net.Listener) context.Context { return p.ctx }}
	p.running.Go(func() { _ = p.server.Serve(l) })        // it ends with the next
	context.AfterFunc(p.ctx, func() { p.server.Close() }) // so that nothing is served on where nobody calls Close
	return p, nil
}

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
	if p.o.Local || p.o.Loopback {
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

// tell hands an event over; false where the page ended before somebody took it.
func (p *Phone) tell(e PhoneEvent) bool {
	select {
	case p.events <- e:
		return true
	case <-p.ctx.Done():
		return false
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
			p.having.Lock()
			defer p.having.Unlock()
			p.send(conn, w)
		}()
	}
}

func (p *Phone) send(w io.Writer, words phoneWords) { sayAs(w, recordWords, words) }

func sayAs(w io.Writer, kind byte, words phoneWords) {
	if b, err := json.Marshal(words); err == nil && len(b) <= maxWords {
		_ = writeRecord(w, kind, b) // a phone that left sees nothing
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
