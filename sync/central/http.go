package central

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/sync/parcel"
)

// Server gives an HTTP server with the centre's answers and its time limits:
// none on the whole of a request, all on progress.
func (c *Central) Server(hosts []string) (*http.Server, error) {
	conf, err := c.TLSConfig(hosts)
	if err != nil {
		return nil, err
	}
	return &http.Server{Handler: c.Handler(), TLSConfig: conf,
		ReadHeaderTimeout: 20 * time.Second, IdleTimeout: 3 * time.Minute, MaxHeaderBytes: 16 << 10,
		HTTP2:    &http.HTTP2Config{MaxConcurrentStreams: 64, SendPingTimeout: 30 * time.Second, PingTimeout: 20 * time.Second},
		ErrorLog: slog.NewLogLogger(c.log.Handler(), slog.LevelDebug)}, nil
}

// Handler answers laptops. It is to be served with TLSConfig, for who asks is
// known by the client certificate.
func (c *Central) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", c.answer(c.getHealth))
	mux.HandleFunc("POST /v1/enrol", c.answer(c.postEnrol))
	mux.HandleFunc("POST /v1/parcel", c.answer(c.known(c.postParcel)))
	mux.HandleFunc("POST /v1/receipt", c.answer(c.known(c.postReceipt)))
	mux.HandleFunc("POST /v1/lack", c.answer(c.known(c.postLack)))
	mux.HandleFunc("PUT /v1/blob/{hash}/{offset}", c.answer(c.known(c.putBlob)))
	mux.HandleFunc("GET /v1/news", c.answer(c.known(c.getNews)))
	mux.HandleFunc("/", c.answer(func(http.ResponseWriter, *http.Request) error {
		return fault.New("central.route", fault.Missing, errors.New("no such address or method"))
	}))
	return mux
}

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
	r.Body = &paced{ReadCloser: r.Body, control: http.NewResponseController(w), left: 0}
	return h(w, r)
}

// paced is a body whose sender must get on: so many bytes in so much time.
type paced struct {
	io.ReadCloser
	control *http.ResponseController
	left    int
}

const (
	paceBytes = 4 << 10
	paceTime  = 30 * time.Second
)

func (p *paced) Read(b []byte) (int, error) {
	if p.left <= 0 {
		p.left = paceBytes
		// Where the connection has no deadlines, as in a test of the handler
		// alone, there is nothing to pace.
		_ = p.control.SetReadDeadline(time.Now().Add(paceTime))
	}
	n, err := p.ReadCloser.Read(b)
	p.left -= n
	return n, err
}

// known finds the device of the client certificate.
func (c *Central) known(h func(*device, http.ResponseWriter, *http.Request) error) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		id, ok := seal.PeerDevice(r.TLS)
		if !ok {
			return problemOf("central.known", fault.Denied, parcel.CodeNoCert)
		}
		d, err := c.device(r.Context(), id)
		if err != nil {
			return err
		}
		return h(d, w, r)
	}
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
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(paceTime + time.Duration(len(b)/paceBytes)*paceTime))
	w.WriteHeader(status)
	w.Write(b) // who asked has gone if this fails; the answer can be had again
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

func (c *Central) getHealth(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
	defer cancel()
	if err := c.db.PingContext(ctx); err != nil {
		return diskFault("central.health", err)
	}
	return sendJSON(w, map[string]bool{"ok": true})
}

func (c *Central) postEnrol(w http.ResponseWriter, r *http.Request) error {
	var req parcel.EnrolRequest
	if err := jsonBody(r, &req); err != nil {
		return err
	}
	resp, err := c.enrol(r.Context(), req)
	if err != nil {
		return err
	}
	defer seal.Wipe(resp.CountyKey)
	host, _, _ := net.SplitHostPort(r.RemoteAddr)
	c.log.Info("enrolled", "device", resp.Device, "from", host)
	return sendJSON(w, resp)
}

func (c *Central) postParcel(d *device, w http.ResponseWriter, r *http.Request) error {
	b, err := body(r, parcel.TypeParcel, parcel.MaxBytes)
	if err != nil {
		return err
	}
	// Bounds memory: a parcel unpacks to megabytes.
	select {
	case c.parcels <- struct{}{}:
		defer func() { <-c.parcels }()
	case <-r.Context().Done():
		return fault.New("central.parcel", fault.Cancelled, r.Context().Err())
	}
	if err := c.takeParcel(r.Context(), d, b); err != nil {
		return err
	}
	return c.sendReceipt(d, w, r, nil)
}

func (c *Central) sendReceipt(d *device, w http.ResponseWriter, r *http.Request, ask []loan.Hash) error {
	b, err := c.receipt(r.Context(), d, ask)
	if err != nil {
		return err
	}
	send(w, http.StatusOK, parcel.TypeReceipt, b)
	return nil
}

func (c *Central) postReceipt(d *device, w http.ResponseWriter, r *http.Request) error {
	var req parcel.ReceiptRequest
	if err := jsonBody(r, &req); err != nil {
		return err
	}
	return c.sendReceipt(d, w, r, req.Blobs)
}

func (c *Central) postLack(d *device, w http.ResponseWriter, r *http.Request) error {
	var req parcel.LackRequest
	if err := jsonBody(r, &req); err != nil {
		return err
	}
	if len(req.Blobs) > parcel.MaxAsk {
		return fault.New("central.postLack", fault.TooLarge, nil)
	}
	out, err := c.lack(r.Context(), d.county, req.Blobs)
	if err != nil {
		return err
	}
	return sendJSON(w, parcel.LackResponse{Blobs: out})
}

func (c *Central) putBlob(d *device, w http.ResponseWriter, r *http.Request) error {
	const op = "central.putBlob"
	h, err := loan.ParseHash(r.PathValue("hash"))
	if err != nil {
		return fault.Wrap(op, err)
	}
	offset, oerr := strconv.ParseInt(r.PathValue("offset"), 10, 64)
	size, serr := strconv.ParseInt(r.URL.Query().Get("size"), 10, 64)
	s, herr := hex.DecodeString(r.Header.Get(parcel.SumHeader))
	if oerr != nil || serr != nil || herr != nil || len(s) != 32 {
		return fault.New(op, fault.Input, errors.New("offset, size or sum"))
	}
	b, err := body(r, parcel.TypeChunk, parcel.ChunkSize)
	if err != nil {
		return err
	}
	whole, err := c.putChunk(r.Context(), d.county, h, size, offset, b, [32]byte(s))
	if err != nil {
		return err
	}
	if whole {
		w.WriteHeader(http.StatusCreated)
	} else {
		w.WriteHeader(http.StatusNoContent)
	}
	return nil
}

func (c *Central) getNews(d *device, w http.ResponseWriter, r *http.Request) error {
	const op = "central.getNews"
	after := uint64(0)
	if s := r.URL.Query().Get("after"); s != "" {
		var err error
		if after, err = strconv.ParseUint(s, 10, 64); err != nil {
			return fault.New(op, fault.Input, errors.New("after"))
		}
	}
	b, err := c.news(r.Context(), d, after)
	if err != nil {
		return err
	}
	send(w, http.StatusOK, parcel.TypeNews, b)
	return nil
}
