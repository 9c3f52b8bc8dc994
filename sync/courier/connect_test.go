package courier

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/sync/parcel"
)

// centreOf is a road to a server that answers a request for a stream.
func centreOf(t *testing.T, answer http.HandlerFunc) (*road, context.Context) {
	srv := httptest.NewTLSServer(answer)
	t.Cleanup(srv.Close)
	r, err := newRoad(srv.URL, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.close)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	return r, ctx
}

func (r *road) askOnce(t *testing.T, ctx context.Context) error {
	t.Helper()
	if err := r.connect(ctx); err != nil {
		t.Fatal(err)
	}
	_, _, err := r.ask(ctx, request{method: "GET", path: "/v1/revoked"})
	return err
}

func TestFirstAnswer(t *testing.T) {
	t.Run("a question goes before the centre has said that there is a stream", func(t *testing.T) {
		r, ctx := centreOf(t, func(w http.ResponseWriter, _ *http.Request) {
			conn, rw, err := w.(http.Hijacker).Hijack()
			if err != nil {
				return
			}
			defer conn.Close()
			h, err := parcel.ReadHead(rw, true)
			if err != nil || h.Type != parcel.FrameAsk {
				return
			}
			b := make([]byte, h.Len)
			if _, err := io.ReadFull(rw, b); err != nil {
				return
			}
			q, err := parcel.ParseAsk(b)
			if err != nil {
				return
			}
			out, _ := (&parcel.Answer{ID: q.ID, Status: http.StatusNoContent}).Append(
				[]byte("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: " + parcel.StreamProtocol + "\r\n\r\n"))
			_, _ = conn.Write(out)
			_, _ = io.Copy(io.Discard, rw)
		})
		if err := r.askOnce(t, ctx); err != nil {
			t.Error(err)
		}
	})
	t.Run("a centre that is full is told at once", func(t *testing.T) {
		r, ctx := centreOf(t, func(w http.ResponseWriter, _ *http.Request) {
			b, _ := json.Marshal(parcel.Problem{Kind: fault.Busy.String(), Code: parcel.CodeBusy})
			w.Header().Set("Content-Type", parcel.TypeJSON)
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = w.Write(b)
		})
		if err := r.askOnce(t, ctx); fault.KindOf(err) != fault.Offline || ctx.Err() != nil || r.gaveUp() {
			t.Errorf("got %v", err)
		}
	})
	t.Run("where nobody knows streams it goes another way", func(t *testing.T) {
		r, ctx := centreOf(t, http.NotFound)
		if err := r.askOnce(t, ctx); err == nil || !r.gaveUp() || r.session.Load() != nil || time.Until(r.noStream) < noStreamTime/2 {
			t.Errorf("got %v, no stream until %v", err, r.noStream)
		}
	})
	t.Run("what breaks off at its beginning twice too", func(t *testing.T) {
		r, ctx := centreOf(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
		for _, want := range []bool{false, true} {
			if err := r.askOnce(t, ctx); fault.KindOf(err) != fault.Offline || r.gaveUp() != want {
				t.Errorf("got %v, want to go another way: %v", err, want)
			}
		}
	})
}
