package central

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"mime"
	"net/http"
	"runtime/debug"
	"strconv"
	"sync/atomic"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/seal"
	"doorstep/sync/parcel"
)

type handler func(http.ResponseWriter, *http.Request) error

// answer runs a handler under the limits all share, and turns its error into
// a Problem.
func (c *Central) answer(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		err := c.guarded(h, w, r)
		status := http.StatusOK
		if err != nil {
			status = c.sendProblem(w, err)
		}
		c.metrics.request(r.Pattern, status)
		device, _ := seal.PeerDevice(r.TLS)
		level := slog.LevelDebug
		if status >= 500 && status != http.StatusServiceUnavailable {
			level = slog.LevelError
		} else if status >= 400 {
			level = slog.LevelInfo
		}
		args := []any{"route", r.Pattern, "device", device, "status", status, "ms", time.Since(start).Milliseconds()}
		if err != nil {
			args = append(args, "error", err.Error())
		}
		c.log.Log(r.Context(), level, "request", args...)
	}
}

func (c *Central) guarded(h handler, w http.ResponseWriter, r *http.Request) (err error) {
	const op = "central.answer"
	defer func() {
		if p := recover(); p != nil {
			c.log.Error("panic", "route", r.Pattern, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = fault.New(op, fault.Other, errors.New("panic"))
		}
	}()
	select {
	case c.requests <- struct{}{}:
		defer func() { <-c.requests }()
	default:
		return problemOf(op, fault.Busy, parcel.CodeBusy)
	}
	r.Body = &paced{ReadCloser: r.Body, control: http.NewResponseController(w), left: 0, bytes: &c.metrics.in}
	w = &counted{ResponseWriter: w, bytes: &c.metrics.out}
	return h(w, r)
}

// paced is a body whose sender must get on: so many bytes in so much time.
type paced struct {
	io.ReadCloser
	control *http.ResponseController
	left    int
	bytes   *atomic.Int64 // counts what was read; nil counts nothing
}

// counted is a writer of answers that counts their bytes.
type counted struct {
	http.ResponseWriter
	bytes *atomic.Int64
}

func (c *counted) Unwrap() http.ResponseWriter { return c.ResponseWriter }

func (c *counted) Write(b []byte) (int, error) {
	n, err := c.ResponseWriter.Write(b)
	c.bytes.Add(int64(n))
	return n, err
}

const (
	paceBytes = 4 << 10
	paceTime  = 30 * time.Second
)

// whole sets one deadline for the whole body, from now.
func (p *paced) whole(d time.Duration) {
	p.left = math.MaxInt
	_ = p.control.SetReadDeadline(time.Now().Add(d))
}

func (p *paced) Read(b []byte) (int, error) {
	if p.left <= 0 {
		p.left = paceBytes
		// Where the connection has no deadlines, as in a test of the handler
		// alone, there is nothing to pace.
		_ = p.control.SetReadDeadline(time.Now().Add(paceTime))
	}
	n, err := p.ReadCloser.Read(b)
	p.left -= n
	if p.bytes != nil {
		p.bytes.Add(int64(n))
	}
	if err == io.EOF {
		// What is done with the body may take longer than its sending.
		_ = p.control.SetReadDeadline(time.Time{})
	}
	return n, err
}

// sendProblem answers with the kind of an error and never with its cause.
func (c *Central) sendProblem(w http.ResponseWriter, err error) int {
	p := parcel.Problem{Kind: fault.KindOf(err).String()}
	var pr *problem
	if errors.As(err, &pr) {
		p.Code, p.Through = pr.code, pr.through
	}
	status := statusOf(fault.KindOf(err))
	switch {
	case errors.Is(err, errName):
		p.Code, status = parcel.CodeName, http.StatusUnprocessableEntity
	case p.Code == parcel.CodeClone:
		status = http.StatusConflict
	}
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "5")
	}
	c.metrics.refuse(p.Code, p.Kind)
	b, _ := json.Marshal(p) // strings and a number
	send(w, status, parcel.TypeJSON, b)
	return status
}

func statusOf(k fault.Kind) int {
	switch k {
	case fault.Input, fault.Damaged, fault.Untrusted, fault.Newer, fault.Unsupported:
		return http.StatusBadRequest
	case fault.Denied, fault.Refused:
		return http.StatusForbidden
	case fault.Missing:
		return http.StatusNotFound
	case fault.Conflict, fault.Exists:
		return http.StatusConflict
	case fault.TooLarge:
		return http.StatusRequestEntityTooLarge
	case fault.Busy, fault.Cancelled:
		return http.StatusServiceUnavailable
	case fault.Full:
		return http.StatusInsufficientStorage
	case fault.Offline:
		return http.StatusRequestTimeout
	}
	return http.StatusInternalServerError
}

func send(w http.ResponseWriter, status int, typ string, b []byte) {
	h := w.Header()
	h.Set("Content-Type", typ)
	h.Set("Content-Length", strconv.Itoa(len(b)))
	h.Set("Cache-Control", "no-store")
	paceAnswer(w, len(b))
	w.WriteHeader(status)
	w.Write(b) // who asked has gone if this fails; the answer can be had again
}

// sendStatus answers without a body.
func sendStatus(w http.ResponseWriter, status int) {
	paceAnswer(w, 0)
	w.WriteHeader(status)
}

// paceAnswer bounds how long the reader of an answer may take. Every answer
// sets it anew, for it outlives the request on its connection.
func paceAnswer(w http.ResponseWriter, n int) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(paceTime + time.Duration(n/paceBytes)*paceTime))
}

func sendJSON(w http.ResponseWriter, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fault.New("central.sendJSON", fault.Other, err)
	}
	send(w, http.StatusOK, parcel.TypeJSON, b)
	return nil
}

// body reads a request's body of one content type.
func body(r *http.Request, typ string, limit int64) ([]byte, error) {
	const op = "central.body"
	if err := hasType(r, typ); err != nil {
		return nil, err
	}
	if r.ContentLength > limit {
		return nil, fault.New(op, fault.TooLarge, nil)
	}
	b, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	if err != nil {
		return nil, fault.New(op, fault.Offline, errors.New("body broke off"))
	}
	if int64(len(b)) > limit {
		return nil, fault.New(op, fault.TooLarge, nil)
	}
	return b, nil
}

// Whoever reaches the centre may ask to enrol, so these requests are few at
// once, small and quick: strangers who dawdle must not take the places of
// laptops.
const (
	maxStrangers = 16
	strangerTime = 10 * time.Second
	maxStranger  = 16 << 10
)

// strangersBody reads the JSON of one who has no certificate yet.
func (c *Central) strangersBody(r *http.Request, v any) error {
	return c.stranger(r, func() error {
		if err := hasType(r, parcel.TypeJSON); err != nil {
			return err
		}
		return parcel.DecodeJSON(r.Body, maxStranger, v)
	})
}

// stranger reads a body of one who shows no certificate, and may answer it:
// few at once.
func (c *Central) stranger(r *http.Request, do func() error) error {
	select {
	case c.strangers <- struct{}{}:
		defer func() { <-c.strangers }()
	default:
		return problemOf("central.stranger", fault.Busy, parcel.CodeBusy)
	}
	if p, ok := r.Body.(*paced); ok {
		p.whole(strangerTime)
	}
	return do()
}

func hasType(r *http.Request, typ string) error {
	got, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || got != typ {
		return fault.New("central.body", fault.Input, errors.New("content type"))
	}
	return nil
}

func jsonBody(r *http.Request, v any) error {
	if err := hasType(r, parcel.TypeJSON); err != nil {
		return err
	}
	return parcel.DecodeJSON(r.Body, parcel.MaxJSON, v)
}
