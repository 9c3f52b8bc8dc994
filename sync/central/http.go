package central

import (
	"context"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"log/slog"
	"mime"
	"net/http"
	"strconv"
	"time"

	"doorstep/internal/bulletin"
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
	s := &http.Server{Handler: c.Handler(), TLSConfig: conf,
		ReadHeaderTimeout: 20 * time.Second, IdleTimeout: 3 * time.Minute, MaxHeaderBytes: 16 << 10,
		HTTP2:     &http.HTTP2Config{MaxConcurrentStreams: 64, SendPingTimeout: 30 * time.Second, PingTimeout: 20 * time.Second},
		ConnState: c.metrics.session,
		ErrorLog:  slog.NewLogLogger(c.log.Handler(), slog.LevelDebug)}
	s.RegisterOnShutdown(c.lanes.end)
	s.RegisterOnShutdown(c.board.stop)
	return s, nil
}

// Handler answers laptops. It is to be served with TLSConfig, for who asks is
// known by the client certificate.
func (c *Central) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", c.answer(c.getHealth))
	mux.HandleFunc("POST /v1/enrol", c.answer(c.postEnrol))
	mux.HandleFunc("POST /v1/parcel", c.answer(c.known(c.postParcel)))
	mux.HandleFunc("POST /v1/handed", c.answer(c.known(c.postHanded)))
	mux.HandleFunc("POST /v1/handed/receipt", c.answer(c.known(c.postHandedReceipt)))
	mux.HandleFunc("GET "+parcel.ShutOutPath, c.answer(c.getShutOut))
	mux.HandleFunc("GET /v1/revoked", c.answer(c.known(c.getRevoked)))
	mux.HandleFunc("POST /v1/receipt", c.answer(c.known(c.postReceipt)))
	mux.HandleFunc("POST /v1/lack", c.answer(c.known(c.postLack)))
	mux.HandleFunc("PUT /v1/blob/{hash}/{offset}", c.answer(c.known(c.putBlob)))
	mux.HandleFunc("POST /v1/recover", c.answer(c.postRecover))
	mux.HandleFunc("POST /v1/key", c.answer(c.known(c.postKey)))
	mux.HandleFunc("GET /v1/county", c.answer(c.known(c.getCounty)))
	mux.HandleFunc("GET /v1/stick", c.answer(c.known(c.getStickKey)))
	mux.HandleFunc("GET /v1/bulletin/{kind}/{name}/{offset}", c.answer(c.known(c.getBulletin)))
	mux.HandleFunc("GET /v1/news", c.answer(c.known(c.getNews)))
	mux.HandleFunc("GET /v1/proofs/{case}", c.answer(c.known(c.getProofs)))
	mux.HandleFunc("GET /v1/own", c.answer(c.known(c.getOwn)))
	mux.HandleFunc("GET /v1/blob/{hash}/{offset}", c.answer(c.known(c.getBlob)))
	mux.HandleFunc("GET "+parcel.StreamPath, c.openStream(mux))
	c.meetings(mux)
	mux.HandleFunc("/", c.answer(func(http.ResponseWriter, *http.Request) error {
		return fault.New("central.route", fault.Missing, errors.New("no such address or method"))
	}))
	return mux
}

// known finds the device of the client certificate.
func (c *Central) known(h func(*device, http.ResponseWriter, *http.Request) error) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if id, ok := seal.PeerDevice(r.TLS); ok {
			c.sight(id, r)
		}
		d, err := c.atDoor(r.Context(), r.TLS)
		if err != nil {
			return err
		}
		err = h(d, w, r)
		c.health.full.note(err, c.now())
		return err
	}
}

// atDoor is the device whose connection this is: not revoked, and with the one
// certificate that stands for it. fault.Denied for anybody else.
func (c *Central) atDoor(ctx context.Context, conn *tls.ConnectionState) (*device, error) {
	id, ok := seal.PeerDevice(conn)
	if !ok {
		return nil, problemOf("central.atDoor", fault.Denied, parcel.CodeNoCert)
	}
	d, err := c.device(ctx, id)
	if err != nil {
		return nil, err
	}
	return d, d.shows(conn)
}

func (c *Central) getHealth(w http.ResponseWriter, r *http.Request) error {
	if err := c.ready(r.Context()); err != nil {
		return err
	}
	return sendJSON(w, map[string]bool{"ok": true})
}

func (c *Central) postEnrol(w http.ResponseWriter, r *http.Request) error {
	var req parcel.EnrolRequest
	// With it an answer need not wait for the rest of the body.
	w.Header().Set("Connection", "close")
	if err := c.strangersBody(r, &req); err != nil {
		return err
	}
	resp, err := c.enrol(r.Context(), req)
	if err != nil {
		return err
	}
	defer seal.Wipe(resp.CountyKey)
	if r.URL.RawQuery != parcel.WithRecovery {
		resp.Recovery, resp.Suite = nil, 0
	}
	if r.Header.Get(parcel.WithHeader) == parcel.WithStanding {
		b, err := c.BulletinFile(r.Context(), bulletin.Standing, bulletin.StandingName)
		if err != nil && fault.KindOf(err) != fault.Missing {
			return err
		}
		if len(b) <= maxStanding { // a longer one comes with the first sync
			resp.Standing = b
		}
	}
	c.log.Info("enrolled", "device", resp.Device)
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
	if len(req.Proof) > 0 {
		if err := c.setBack(r.Context(), d, req.Proof); err != nil {
			return err
		}
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
	for i := range out {
		out[i].Ranges = wholeChunks(out[i].Ranges, req.Blobs[i].Size)
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
		sendStatus(w, http.StatusCreated)
	} else {
		sendStatus(w, http.StatusNoContent)
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
	typ := parcel.TypeNews
	if r.URL.Query().Get(parcel.WithQuery) == parcel.WithMark {
		mark, err := c.markOf(r.Context(), d.county)
		if fault.KindOf(err) == fault.Damaged {
			// What cannot be read of the roster or the lists must not keep a laptop from
			// its own news: an empty mark is nobody's, so it asks for them, and is told.
			c.log.Error("the county's lists cannot be read", "error", err)
			mark, err = "", nil
		}
		if err != nil {
			return err
		}
		typ = mime.FormatMediaType(typ, map[string]string{parcel.MarkParameter: mark})
	}
	send(w, http.StatusOK, typ, b)
	return nil
}
