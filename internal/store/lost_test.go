package store

import (
	"bytes"
	"context"
	"slices"
	"testing"

	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// spoil flips a bit of a blob on the disk.
func spoil(t *testing.T, s *Store, h loan.Hash) {
	t.Helper()
	noErr(t, s.db.Update(func(tx *bbolt.Tx) error {
		k := chunkKey(s.placeOf(tx, h[:]), h[:], 0)
		v := bytes.Clone(tx.Bucket([]byte(bBlobs)).Get(k))
		v[len(v)-1] ^= 1
		return tx.Bucket([]byte(bBlobs)).Put(k, v)
	}))
}

func TestALostBlobIsFoundAndMended(t *testing.T) {
	ctx := context.Background()
	s := newTestStore(t)
	id := newCase(t, s, 1)
	bad := attachment(t, s, id, loan.DocSlot(loan.StudentIDCard), "bad")
	good := attachment(t, s, id, loan.DocSlot(loan.HukouBook), "good")
	sent := attachment(t, s, id, loan.DocSlot(loan.HukouBook), "sent")
	content := must(s.Blob(ctx, bad))
	spoil(t, s, bad)
	spoil(t, s, sent)
	noErr(t, s.Acknowledge(ctx, receipt(t, s, 1, sent)))
	// What the centre has is not lost, and what was never here is another's.
	if got := must(s.Lost(ctx, []loan.Hash{bad, good, sent, {9}, bad})); !slices.Equal(got, []loan.Hash{bad}) {
		t.Fatalf("lost: got %v, want the spoilt one that waits", got)
	}
	wantKind(t, s.MendBlob(ctx, PendingBlob{Hash: bad, Case: id}, []byte("another")), fault.Input)
	noErr(t, s.MendBlob(ctx, PendingBlob{Hash: bad, Case: id}, content))
	for range 2 {
		if got := must(s.Lost(ctx, []loan.Hash{bad})); len(got) != 0 {
			t.Errorf("still lost after it was mended")
		}
		if got := must(s.Blob(ctx, bad)); !bytes.Equal(got, content) {
			t.Error("another content")
		}
		box := must(s.Outbox(ctx))
		if !slices.ContainsFunc(box.Blobs, func(b PendingBlob) bool { return b.Hash == bad && b.Size == int64(len(content)) && b.Case == id }) || len(box.Blobs) != 2 {
			t.Errorf("it does not wait: %+v", box.Blobs)
		}
		s = reopened(t, s)
	}
	noErr(t, s.VerifyChain(ctx))
}
