package central

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"doorstep/internal/fault"
	"doorstep/sync/parcel"
)

// Times and sizes of a lane.
const (
	laneSilence = 2 * time.Minute       // without a byte from the laptop
	laneWrite   = time.Minute           // for an answer to be taken
	takenEvery  = 4 * time.Millisecond  // acknowledgements gather for so long,
	takenBytes  = 256 << 10             // or until so many bytes
	laneAsks    = 4                     // requests answered at once
	largeAsk    = 64 << 10              // a longer one counts among the large
	checkEvery  = 5 * time.Second       // whether the device may still be here
	laneBuffer  = 17 << 10              // holds a whole record of TLS
	maxOut      = 1 << 20               // of answers that wait to be read
	unpacking   = 4                     // blobs unpacked at once
	busyWait    = 50 * time.Millisecond // for a blob that is just being finished
)

// lane is one connection of a stream.
type lane struct {
	c       *Central
	device  *device
	session string
	number  int
	conn    net.Conn
	r       *bufio.Reader
	tls     *http.Request // as which it began: its TLS state and address
	answers http.Handler

	heard   atomic.Int64 // when a frame came, in nanoseconds
	retired atomic.Bool

	blob    *arrival // that data belong to; nil: they are passed over
	size    int64
	checked time.Time
	asks    chan struct{}
	wg      sync.WaitGroup

	mu    sync.Mutex
	out   []byte // frames to be sent
	taken uint64 // bytes of data frames that came
	told  uint64 // of those, acknowledged
	gone  bool
	wrote sync.Cond // out is empty, or the lane is gone
	wake  chan struct{}
}

// openStream makes a lane of a request that asks to be one.
func (c *Central) openStream(mux http.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		l, err := c.newLane(r, mux)
		if err == nil {
			defer l.end()
			if err = l.hijack(w); err == nil {
				c.metrics.request(r.Pattern, http.StatusSwitchingProtocols)
				c.metrics.sessions.Add(1)
				defer c.metrics.sessions.Add(-1)
				l.run()
				return
			}
		}
		c.log.Info("stream refused", "error", err.Error())
		c.metrics.request(r.Pattern, c.sendProblem(w, err))
	}
}

func (c *Central) newLane(r *http.Request, mux http.Handler) (*lane, error) {
	const op = "central.stream"
	d, err := c.atDoor(r.Context(), r.TLS)
	if err != nil {
		return nil, err
	}
	if !strings.EqualFold(r.Header.Get("Upgrade"), parcel.StreamProtocol) {
		return nil, fault.New(op, fault.Input, errors.New("not this protocol"))
	}
	session, number, found := strings.Cut(r.Header.Get(parcel.LaneHeader), "/")
	n, err := strconv.Atoi(number)
	if !found || len(session) != 32 || err != nil || n < 0 || n > 63 {
		return nil, fault.New(op, fault.Input, errors.New("lane"))
	}
	l := &lane{c: c, device: d, session: session, number: n, tls: r, answers: mux, checked: time.Now(),
		asks: make(chan struct{}, laneAsks), wake: make(chan struct{}, 1)}
	l.wrote.L = &l.mu
	l.heard.Store(time.Now().UnixNano())
	return l, nil
}

// hijack takes the connection over and counts the lane in.
func (l *lane) hijack(w http.ResponseWriter) error {
	const op = "central.stream"
	h, ok := w.(http.Hijacker)
	if !ok {
		return fault.New(op, fault.Unsupported, errors.New("no stream inside another, nor over HTTP/2"))
	}
	if err := l.c.lanes.enter(l); err != nil {
		return err
	}
	conn, rw, err := h.Hijack()
	if err != nil {
		l.c.lanes.leave(l)
		return fault.New(op, fault.Other, err)
	}
	l.c.lanes.mu.Lock()
	l.conn = conn
	ended := l.c.lanes.ended
	l.c.lanes.mu.Unlock()
	if ended {
		conn.Close()
	}
	// What came behind the request is read first, and the rest straight.
	early, _ := rw.Reader.Peek(rw.Reader.Buffered())
	l.r = bufio.NewReaderSize(io.MultiReader(bytes.NewReader(bytes.Clone(early)), conn), laneBuffer)
	return nil
}

// end lets a lane go that was never one, or is over.
func (l *lane) end() {
	if l.conn == nil {
		return
	}
	l.conn.Close()
	l.c.lanes.leave(l)
}

// retire lets the lane live on for a while at most.
func (l *lane) retire(d time.Duration) {
	if l.retired.CompareAndSwap(false, true) && l.conn != nil {
		_ = l.conn.SetReadDeadline(time.Now().Add(d))
	}
}

// run reads frames until the connection ends or brings what is none.
func (l *lane) run() {
	ctx, cancel := context.WithCancel(context.WithoutCancel(l.tls.Context()))
	log := l.c.log.With("device", l.device.id, "lane", l.number)
	l.send([]byte("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: " + parcel.StreamProtocol + "\r\n" +
		parcel.ServerHeader + ": " + l.c.server + "\r\n\r\n"))
	var writer sync.WaitGroup
	writer.Go(l.write)
	err := l.read(ctx)
	cancel()
	l.conn.Close()
	l.mu.Lock()
	l.gone = true
	l.mu.Unlock()
	l.wrote.Broadcast()
	l.poke()
	writer.Wait()
	l.wg.Wait()
	if l.blob != nil {
		l.c.leave(l.blob)
	}
	if k := fault.KindOf(err); k == fault.Input || k == fault.TooLarge {
		log.Warn("stream ended", "error", err.Error())
	} else {
		log.Debug("stream ended", "error", err.Error())
	}
}

func (l *lane) read(ctx context.Context) error {
	var extended time.Time
	for {
		if now := time.Now(); now.Sub(extended) > time.Second {
			extended = now
			l.heard.Store(now.UnixNano())
			quiet := laneSilence
			if l.retired.Load() {
				quiet = ghostTime // it moves: the laptop may go on with it
			}
			_ = l.conn.SetReadDeadline(now.Add(quiet))
		}
		h, err := parcel.ReadHead(l.r, true)
		if err != nil {
			return err
		}
		if err := l.frame(ctx, h); err != nil {
			return err
		}
	}
}

func (l *lane) frame(ctx context.Context, h parcel.FrameHead) error {
	switch h.Type {
	case parcel.FrameData:
		return l.data(ctx, h.Len)
	case parcel.FrameAsk:
		return l.ask(ctx, h.Len)
	}
	b := make([]byte, h.Len)
	if _, err := io.ReadFull(l.r, b); err != nil {
		return err
	}
	switch h.Type {
	case parcel.FrameBlob:
		return l.begin(ctx, b)
	case parcel.FramePacked:
		return l.packed(ctx, b)
	case parcel.FrameLack:
		return l.lack(ctx, b)
	case parcel.FramePing:
		l.send(parcel.AppendNumber(nil, parcel.FramePong, binary.BigEndian.Uint64(b)))
	}
	return nil
}

// begin names the blob whose data follow.
func (l *lane) begin(ctx context.Context, b []byte) error {
	s, err := parcel.ParseBlob(b)
	if err != nil {
		return err
	}
	if l.blob != nil {
		l.c.leave(l.blob)
		l.blob = nil
	}
	if time.Since(l.checked) > checkEvery {
		// One that was revoked, or enrolled again, is shut out in the middle of its work.
		if _, err := l.c.atDoor(ctx, l.tls.TLS); err != nil {
			return err
		}
		l.checked = time.Now()
	}
	l.size = s.Size
	k := arrivalKey{l.device.county, partialKey{s.Hash, s.Size}}
	held, known := l.c.recent.look(k)
	if !known || held && l.c.shared { // another server may know better
		key, err := l.c.countyKey(l.device.county)
		if err != nil {
			return err
		}
		if held, err = l.c.held(ctx, l.device.county, s.Hash, key); err != nil {
			return err
		}
		l.c.recent.note(k, held)
	}
	if held {
		return nil
	}
	for try := 0; ; try++ {
		l.blob, err = l.c.arrive(l.device.county, s)
		if fault.KindOf(err) != fault.Busy || try == 10 {
			break
		}
		time.Sleep(busyWait)
	}
	if err != nil {
		l.refuse(s, err)
	}
	return nil
}

// data takes bytes of a blob as they come: what a cut leaves of a frame counts.
func (l *lane) data(ctx context.Context, n int) error {
	var b [4]byte
	if _, err := io.ReadFull(l.r, b[:]); err != nil {
		return err
	}
	offset := int64(binary.BigEndian.Uint32(b[:]))
	n -= 4
	if l.size == 0 || offset+int64(n) > l.size {
		return fault.New("central.stream", fault.Input, errors.New("data of no blob, or behind its end"))
	}
	for n > 0 {
		if l.r.Buffered() == 0 {
			if _, err := l.r.Peek(1); err != nil {
				return err
			}
		}
		part, _ := l.r.Peek(min(n, l.r.Buffered()))
		l.put(ctx, offset, part)
		_, _ = l.r.Discard(len(part)) // it is there
		offset += int64(len(part))
		n -= len(part)
		l.took(len(part))
	}
	return nil
}

func (l *lane) packed(ctx context.Context, b []byte) error {
	u := <-l.c.unpackers
	content, err := u.Unpack(b, l.size)
	l.c.unpackers <- u
	if err != nil {
		return err
	}
	l.put(ctx, 0, content)
	l.took(len(b))
	return nil
}

// put hands bytes to the arrival; what goes wrong with it is told, and the rest
// of its data passed over.
func (l *lane) put(ctx context.Context, offset int64, b []byte) {
	a := l.blob
	if a == nil {
		return
	}
	whole, err := a.put(offset, b)
	if err == nil && whole {
		a.from = l
		err = l.c.settle(ctx, a)
	}
	if err != nil {
		l.c.abandon(a)
		l.c.leave(a)
		l.blob = nil
		if fault.KindOf(err) == fault.Busy {
			return // it is whole another way, or is asked for again
		}
		l.refuse(parcel.BlobSize{Hash: a.key.hash, Size: a.key.size}, err)
	}
}

func (l *lane) refuse(s parcel.BlobSize, err error) { l.send(l.refusal(s, err)) }

func (l *lane) refusal(s parcel.BlobSize, err error) []byte {
	l.c.health.full.note(err, l.c.now())
	w := newAnswer()
	status := l.c.sendProblem(w, err)
	return (&parcel.Refused{Hash: s.Hash, Status: status, Body: w.body.Bytes()}).Append(nil)
}

// refuseLate is refuse for a blob that was being made durable, and waits for
// nobody: where the laptop does not read, the receipt says it by not naming the blob.
func (l *lane) refuseLate(s parcel.BlobSize, err error) {
	b := l.refusal(s, err)
	l.mu.Lock()
	if len(l.out) <= maxOut && !l.gone {
		l.out = append(l.out, b...)
	}
	l.mu.Unlock()
	l.poke()
}

func (l *lane) lack(ctx context.Context, b []byte) error {
	id, blobs, err := parcel.ParseLack(b)
	if err != nil {
		return err
	}
	out, err := l.c.lack(ctx, l.device.county, blobs)
	if err != nil {
		return err
	}
	l.send(parcel.AppendLacking(nil, id, out))
	return nil
}

// ask answers a request of the HTTP interface as that interface does. While as
// many as may be are under way the lane reads no further.
func (l *lane) ask(ctx context.Context, n int) error {
	l.asks <- struct{}{}
	large := n > largeAsk
	if large {
		l.c.large <- struct{}{}
	}
	done := func() {
		if large {
			<-l.c.large
		}
		<-l.asks
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(l.r, b); err != nil {
		done()
		return err
	}
	a, err := parcel.ParseAsk(b)
	if err != nil {
		done()
		return err
	}
	r, err := http.NewRequestWithContext(ctx, a.Method, "https://centre"+a.Path, bytes.NewReader(a.Body))
	if err != nil {
		done()
		return fault.New("central.stream", fault.Input, err)
	}
	r.RequestURI, r.RemoteAddr, r.TLS = a.Path, l.tls.RemoteAddr, l.tls.TLS
	if a.Type != "" {
		r.Header.Set("Content-Type", a.Type)
	}
	l.wg.Go(func() {
		defer done()
		w := newAnswer()
		l.answers.ServeHTTP(w, r)
		out, err := (&parcel.Answer{ID: a.ID, Status: w.status, Type: w.header.Get("Content-Type"), Body: w.body.Bytes()}).Append(nil)
		if err == nil {
			l.send(out)
		}
	})
	return nil
}

// answer keeps what a handler answers.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func newAnswer() *answer { return &answer{header: http.Header{}, status: http.StatusOK} }

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) WriteHeader(status int)      { a.status = status }
func (a *answer) Write(b []byte) (int, error) { return a.body.Write(b) }

// send puts frames behind those that wait. While a laptop does not read what
// it asked for, nothing more is read from it.
func (l *lane) send(frames []byte) {
	l.mu.Lock()
	for len(l.out) > maxOut && !l.gone {
		l.wrote.Wait()
	}
	l.out = append(l.out, frames...)
	l.mu.Unlock()
	l.poke()
}

func (l *lane) took(n int) {
	l.c.metrics.in.Add(int64(n))
	l.mu.Lock()
	l.taken += uint64(n)
	first := l.taken-l.told == uint64(n)
	much := l.taken-l.told >= takenBytes
	l.mu.Unlock()
	if first || much {
		l.poke()
	}
}

func (l *lane) poke() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// write sends what waits, and how many bytes came since it last said so.
func (l *lane) write() {
	for {
		<-l.wake
		l.mu.Lock()
		slow := len(l.out) == 0 && l.taken-l.told < takenBytes && !l.gone
		l.mu.Unlock()
		if slow {
			select {
			case <-l.wake:
			case <-time.After(takenEvery):
			}
		}
		l.mu.Lock()
		if l.gone {
			l.mu.Unlock()
			return
		}
		b := l.out
		l.out = nil
		if l.taken != l.told {
			l.told = l.taken
			b = parcel.AppendNumber(b, parcel.FrameTaken, l.taken)
		}
		l.mu.Unlock()
		if len(b) == 0 {
			continue
		}
		_ = l.conn.SetWriteDeadline(time.Now().Add(laneWrite))
		_, err := l.conn.Write(b)
		l.mu.Lock()
		l.gone = l.gone || err != nil
		l.mu.Unlock()
		l.wrote.Broadcast()
		if err != nil {
			l.conn.Close() // the reader ends, and the lane with it
			return
		}
	}
}
