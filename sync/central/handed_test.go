package central

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"

	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// handed is a parcel of the laptop as another one hands it in.
func (l *laptop) handed(changes []*loan.Change, centre seal.PublicKey) []byte {
	l.t.Helper()
	p, err := parcel.New(changes, seal.International)
	if err != nil {
		l.t.Fatal(err)
	}
	b, err := parcel.Hand(p, l.signer, centre)
	if err != nil {
		l.t.Fatal(err)
	}
	return b
}

// handIn hands something in over this laptop's connection.
func (l *laptop) handIn(b []byte) (int, *parcel.Receipt, parcel.Problem) {
	l.t.Helper()
	status, typ, out := l.do("POST", "/v1/handed", parcel.TypeHanded, b)
	if status != http.StatusOK {
		return status, nil, problemIn(l.t, typ, out)
	}
	r, err := parcel.OpenReceipt(out, l.centre)
	if err != nil {
		l.t.Fatal(err)
	}
	return status, r, parcel.Problem{}
}

func TestOneLaptopHandsInForAnother(t *testing.T) {
	c := open(t, t.TempDir())
	url := serve(t, c)
	a, b := enrol(t, c, url), enrol(t, c, url)
	id := uuid.Must(uuid.NewV7())
	a.change(id, loan.ChangeOpen, loan.OpenBody{Application: loan.Application{Kind: loan.First}})
	a.change(id, loan.ChangeView, loan.ViewBody{})
	a.change(id, loan.ChangeView, loan.ViewBody{})
	first := a.handed(a.changes[:2], a.centre)

	t.Run("it is taken as the other's, who gets the receipt", func(t *testing.T) {
		for range 2 {
			status, r, _ := b.handIn(first)
			if status != http.StatusOK || r.Device != a.enrol.Device || r.Through != 2 {
				t.Fatalf("status %d, %+v", status, r)
			}
		}
	})
	t.Run("the same by the other's own road is the same", func(t *testing.T) {
		if r := a.send(a.changes); r.Through != 3 {
			t.Errorf("through %d", r.Through)
		}
		if _, r, _ := b.handIn(first); r.Through != 3 {
			t.Errorf("through %d", r.Through)
		}
		h, err := c.List(context.Background())
		if err != nil || len(h.Cases) != 1 || h.Cases[0].Device != a.enrol.Device || h.Refused != 0 {
			t.Errorf("got %+v, %v", h, err)
		}
	})
	t.Run("what stands in front of a gap is asked for", func(t *testing.T) {
		for range 3 {
			a.change(id, loan.ChangeView, loan.ViewBody{})
		}
		if status, _, p := b.handIn(a.handed(a.changes[5:], a.centre)); status != http.StatusConflict || p.Code != parcel.CodeGap || p.Through != 3 {
			t.Errorf("status %d, %+v", status, p)
		}
	})
	t.Run("another's word is no word", func(t *testing.T) {
		p, err := parcel.New(a.changes[3:], seal.International)
		if err != nil {
			t.Fatal(err)
		}
		forged, err := parcel.Hand(p, b.signer, a.centre)
		if err != nil {
			t.Fatal(err)
		}
		other, err := seal.NewSigner()
		if err != nil {
			t.Fatal(err)
		}
		for name, bad := range map[string][]byte{"forged": forged, "for another centre": a.handed(a.changes[3:], other.Public()),
			"cut": first[:len(first)-1], "nothing": nil} {
			if status, _, _ := b.handIn(bad); status != http.StatusBadRequest {
				t.Errorf("%s: status %d", name, status)
			}
		}
	})
	t.Run("a receipt for another names the blobs held", func(t *testing.T) {
		q, _ := json.Marshal(parcel.HandedReceiptRequest{Device: a.enrol.Device, Blobs: []loan.Hash{{1}}})
		status, _, out := b.do("POST", "/v1/handed/receipt", parcel.TypeJSON, q)
		r, err := parcel.OpenReceipt(out, b.centre)
		if status != http.StatusOK || err != nil || r.Device != a.enrol.Device || r.Through != 3 || len(r.Blobs) != 0 {
			t.Errorf("status %d, %v", status, err)
		}
		q, _ = json.Marshal(parcel.HandedReceiptRequest{Device: uuid.New()})
		if status, _, _ := b.do("POST", "/v1/handed/receipt", parcel.TypeJSON, q); status != http.StatusForbidden {
			t.Errorf("of nobody: status %d", status)
		}
	})
	t.Run("who was shut out is known to the others, and nothing is taken of it", func(t *testing.T) {
		if err := c.Revoke(context.Background(), a.enrol.Device); err != nil {
			t.Fatal(err)
		}
		_, _, out := b.do("GET", "/v1/revoked", "", nil)
		var l parcel.RevokedResponse
		if err := json.Unmarshal(out, &l); err != nil || len(l.Devices) != 1 || l.Devices[0] != a.enrol.Device {
			t.Errorf("got %s", out)
		}
		if status, _, p := b.handIn(a.handed(a.changes[3:], a.centre)); status != http.StatusForbidden || p.Code != parcel.CodeRevoked {
			t.Errorf("status %d, %+v", status, p)
		}
	})
}
