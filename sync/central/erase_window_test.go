package central

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// drafted appends a draft that names a blob.
func (l *laptop) drafted(b []byte) uuid.UUID {
	l.t.Helper()
	id := uuid.Must(uuid.NewV7())
	l.change(id, loan.ChangeOpen, loan.OpenBody{Application: loan.Application{Kind: loan.First, AcademicYear: 2026}})
	l.change(id, loan.ChangeAttach, loan.AttachBody{Attachment: loan.Attachment{Slot: loan.DocSlot(loan.HukouBook), Blob: l.county.Name(b), Size: int64(len(b)), Media: "image/jpeg"}, Source: "file"})
	return id
}

// TestADraftThatComesBetweenKeepsItsBlob has a draft taken in after a blob was looked
// for, and before its content goes.
func TestADraftThatComesBetweenKeepsItsBlob(t *testing.T) {
	c, _ := administered(t)
	l := enrol(t, c, serve(t, c))
	b := content("named by a draft", 3_000)
	h := l.blob(b)
	n := blobName{practiceCounty, h}
	if _, err := c.db.ExecContext(t.Context(), `INSERT INTO erased_blobs (county, hash, waits) VALUES (?, ?, 1)`, practiceCounty, h[:]); err != nil {
		t.Fatal(err)
	}
	if err := c.commits.do(t.Context(), func(ctx context.Context, tx *sql.Tx) error { return c.unhold(ctx, tx, n) }); err != nil {
		t.Fatal(err)
	}
	if had, err := lookMany(t.Context(), c.db, practiceCounty, []loan.Hash{h}); err != nil || len(had) != 0 {
		t.Fatalf("it is held still, %v: the test shows nothing", err)
	}
	l.drafted(b)
	l.send(l.changes)
	if err := c.commits.do(t.Context(), func(ctx context.Context, tx *sql.Tx) error { return c.wipeBlob(ctx, tx, n) }); err != nil {
		t.Fatal(err)
	}
	isWhole(t, c, l, b)
}

// isWhole demands that a blob is held, and is what it was.
func isWhole(t *testing.T, c *Central, l *laptop, b []byte) {
	t.Helper()
	if got, err := c.whole(t.Context(), practiceCounty, loan.Hash(l.county.Name(b)), l.county); err != nil || string(got) != string(b) || !l.holds(c, b) {
		t.Errorf("held %v; %d bytes of it, %v", l.holds(c, b), len(got), err)
	}
	var left int
	if err := c.db.QueryRowContext(t.Context(), `SELECT (SELECT COUNT(*) FROM wiping) + (SELECT COUNT(*) FROM erased_blobs)`).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d rows still say that it is to go, %v", left, err)
	}
}

// TestSharedADraftOnItsWayKeepsItsBlob has one server take a blob away while another
// has taken a draft in that names it, and has not committed.
func TestSharedADraftOnItsWayKeepsItsBlob(t *testing.T) {
	cs, urls, _ := servers(t, 2)
	l := enrol(t, cs[0], urls[0])
	b := content("named by a draft", 3_000)
	h := l.blob(b)
	if _, err := cs[0].db.ExecContext(t.Context(), `INSERT INTO erased_blobs (county, hash, waits) VALUES (?, ?, 1)`, practiceCounty, h[:]); err != nil {
		t.Fatal(err)
	}
	l.drafted(b)
	p, err := parcel.New(l.changes, seal.International)
	if err != nil {
		t.Fatal(err)
	}
	d, err := cs[1].device(t.Context(), l.enrol.Device.String())
	if err != nil {
		t.Fatal(err)
	}
	raw, err := parcel.Open(l.pack(p.Changes), func(uuid.UUID) (seal.PublicKey, error) { return d.key, nil })
	if err != nil {
		t.Fatal(err)
	}
	tx, err := cs[1].db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	n := 0
	if _, err := cs[1].ingest(t.Context(), tx, d, raw, &n); err != nil || n != 2 {
		t.Fatal(n, err)
	}
	done := make(chan error, 1)
	go func() { done <- cs[0].clearErased(context.Background()) }()
	for end := time.Now().Add(5 * time.Minute); l.holds(cs[0], b); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it is never looked for")
		}
	}
	// The blob is not held any more; its content waits for what is on its way.
	waitsForChain(t, cs[1], l.enrol.Device)
	if _, err := cs[0].shelf.read(t.Context(), practiceCounty, h, 0, 1); err != nil {
		t.Errorf("its content is gone before the draft was there: %v", err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	for _, c := range cs {
		isWhole(t, c, l, b)
	}
}

// waitsForChain returns when somebody waits for the name of a chain.
func waitsForChain(t *testing.T, c *Central, device uuid.UUID) {
	t.Helper()
	key := lockKeys([]string{lockChain(device.String())})[0]
	for end := time.Now().Add(5 * time.Minute); ; time.Sleep(5 * time.Millisecond) {
		var n int
		err := c.db.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND
			((CAST(classid AS bigint) << 32) | CAST(objid AS bigint)) = ?`, key).Scan(&n)
		if err != nil {
			t.Fatal(err)
		}
		if n > 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatal("nobody waits")
		}
	}
}
