package central

import (
	"bytes"
	"testing"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

func TestTheCentreProvesItsOwnWordOfACase(t *testing.T) {
	c := open(t, t.TempDir())
	url := serve(t, c)
	l, other := enrol(t, c, url), enrol(t, c, url)
	paper := content("x", 10)
	id, blobs := l.finished(paper)
	l.send(l.changes)
	for _, b := range blobs {
		l.blob(b)
	}
	n := l.news(0)
	if len(n.Changes) != 1 || n.Changes[0].Kind != loan.ChangeReceive {
		t.Fatalf("got %d changes", len(n.Changes))
	}
	var r parcel.ProofsResponse
	status, _, b := l.do("GET", "/v1/proofs/"+id.String(), "", nil)
	if status != 200 {
		t.Fatalf("status %d", status)
	}
	if err := parcel.DecodeJSON(bytes.NewReader(b), parcel.MaxJSON, &r); err != nil || len(r.Proofs) != 1 {
		t.Fatalf("%d proofs, %v", len(r.Proofs), err)
	}
	raw, err := parcel.Packed(r.Proofs[0], n.Changes)
	if err != nil {
		t.Fatal(err)
	}
	p, err := parcel.OpenPiece(raw, func(uuid.UUID) (seal.PublicKey, error) { return c.authority.Signer().Public(), nil })
	if err != nil || p.Device != n.Centre || p.Changes[0].ID != n.Changes[0].ID {
		t.Errorf("the piece: %v", err)
	}
	d, err := c.device(t.Context(), other.enrol.Device.String())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.proofs(t.Context(), d, id); fault.KindOf(err) != fault.Missing {
		t.Errorf("for a laptop that does not work on the case: got %v, want missing", err)
	}
}
