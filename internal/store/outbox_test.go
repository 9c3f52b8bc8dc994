package store

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

func attachment(t testing.TB, s *Store, id uuid.UUID, slot loan.Slot, content string) loan.Hash {
	t.Helper()
	h := s.BlobName([]byte(content))
	_, err := s.Commit(context.Background(), []Entry{{Case: id, Kind: loan.ChangeAttach, Operator: "c1",
		Body: loan.AttachBody{Attachment: loan.Attachment{Slot: slot, Blob: h, Media: "image/jpeg", Size: int64(len(content))}}}},
		[]Blob{{h, []byte(content)}})
	noErr(t, err)
	return h
}

func receipt(t testing.TB, s *Store, through uint64, blobs ...loan.Hash) Receipt {
	t.Helper()
	r := Receipt{Centre: uuid.UUID{9}, Epoch: uuid.UUID{1}, Device: s.Profile().Device, Through: through, At: time.UnixMilli(1).UTC(), Blobs: blobs}
	if through > 0 {
		ch := must(s.Pending(context.Background(), through-1, 1))
		r.Chain = ch[0].HeaderHash(s.Sum)
	}
	return r
}

func TestOutbox(t *testing.T) {
	ctx := context.Background()
	t.Run("holds what is not acknowledged, contracts before images, oldest case first", func(t *testing.T) {
		s := newTestStore(t)
		a, b := newCase(t, s, 1), newCase(t, s, 2)
		b1 := attachment(t, s, b, loan.DocSlot(loan.StudentIDCard), "b1")
		a1 := attachment(t, s, a, loan.DocSlot(loan.StudentIDCard), "a1")
		b2 := attachment(t, s, b, loan.DocSlot(loan.HukouBook), "b2")
		pdf := []byte("contract")
		_, err := s.Commit(ctx, []Entry{{Case: a, Kind: loan.ChangeSubmit, Operator: "c1"},
			{Case: a, Kind: loan.ChangeReview, Operator: "r1", Body: loan.ReviewBody{Pass: true}}}, nil)
		noErr(t, err)
		h := s.BlobName(pdf)
		_, err = s.Commit(ctx, []Entry{{Case: a, Kind: loan.ChangeContract, Operator: "c1",
			Body: loan.ContractBody{Template: "t", Blob: h, Size: 8, Pages: 1, AsOf: "2026-07-20"}}}, []Blob{{h, pdf}})
		noErr(t, err)
		check := func(s *Store) {
			t.Helper()
			box := must(s.Outbox(ctx))
			want := []loan.Hash{h, a1, b1, b2}
			if box.Acked != 0 || box.Last != 8 || len(box.Blobs) != 4 || box.Bytes != 14 || !box.Blobs[0].Contract {
				t.Fatalf("got %+v", box)
			}
			for i := range want {
				if box.Blobs[i].Hash != want[i] {
					t.Fatalf("place %d is another blob", i)
				}
			}
		}
		check(s)
		s = reopened(t, s)
		check(s)
		got := must(s.Pending(ctx, 3, 2))
		if len(got) != 2 || got[0].Counter != 4 || got[1].Counter != 5 {
			t.Fatalf("got %d changes", len(got))
		}
	})
	t.Run("a receipt empties it durably, and no older one takes that back", func(t *testing.T) {
		s := newTestStore(t)
		id := newCase(t, s, 1)
		h := attachment(t, s, id, loan.DocSlot(loan.StudentIDCard), "one")
		if got, _ := s.Summary(id); got.Sent {
			t.Fatal("sent before any receipt")
		}
		noErr(t, s.Acknowledge(ctx, receipt(t, s, 2)))
		if got, _ := s.Summary(id); got.Sent {
			t.Fatal("sent while its blob waits")
		}
		noErr(t, s.Acknowledge(ctx, receipt(t, s, 1, h)))
		s = reopened(t, s)
		box := must(s.Outbox(ctx))
		if box.Acked != 2 || len(box.Blobs) != 0 || box.Bytes != 0 || box.Epoch != (uuid.UUID{1}) {
			t.Fatalf("got %+v", box)
		}
		if got, _ := s.Summary(id); !got.Sent {
			t.Fatal("not sent")
		}
		if r := must(s.LastReceipt(ctx)); r.Through != 1 || len(r.Blobs) != 1 {
			t.Fatalf("got %+v", r)
		}
		if got := must(s.Blob(ctx, h)); string(got) != "one" {
			t.Fatal("the blob itself is gone")
		}
		_, err := s.Commit(ctx, []Entry{editEntry(id, "student.phone", "15400000009")}, nil)
		noErr(t, err)
		if got, _ := s.Summary(id); got.Sent {
			t.Fatal("sent with a new change waiting")
		}
	})
	t.Run("the same content twice is one blob", func(t *testing.T) {
		s := newTestStore(t)
		id := newCase(t, s, 1)
		attachment(t, s, id, loan.DocSlot(loan.StudentIDCard), "same")
		attachment(t, s, id, loan.DocSlot(loan.HukouBook), "same")
		if box := must(s.Outbox(ctx)); len(box.Blobs) != 1 || box.Bytes != 4 {
			t.Fatalf("got %+v", box)
		}
	})
	t.Run("refuses receipts for others and for chains it does not have", func(t *testing.T) {
		s := newTestStore(t)
		newCase(t, s, 1)
		r := receipt(t, s, 1)
		r.Device = uuid.New()
		wantKind(t, s.Acknowledge(ctx, r), fault.Input)
		r = receipt(t, s, 1)
		r.Chain[0] ^= 1
		wantKind(t, s.Acknowledge(ctx, r), fault.Conflict)
		r = receipt(t, s, 1)
		r.Through = 2
		wantKind(t, s.Acknowledge(ctx, r), fault.Conflict)
		if box := must(s.Outbox(ctx)); box.Acked != 0 {
			t.Fatal("acknowledged")
		}
	})
	t.Run("a centre restored from a backup gets everything again", func(t *testing.T) {
		s := newTestStore(t)
		id := newCase(t, s, 1)
		one, two := attachment(t, s, id, loan.DocSlot(loan.StudentIDCard), "one"), attachment(t, s, id, loan.DocSlot(loan.HukouBook), "two")
		noErr(t, s.Acknowledge(ctx, receipt(t, s, 3, one, two)))
		r := receipt(t, s, 1, two)
		r.Epoch = uuid.UUID{2}
		noErr(t, s.Acknowledge(ctx, r))
		for range 2 {
			box := must(s.Outbox(ctx))
			if box.Acked != 1 || len(box.Blobs) != 1 || box.Blobs[0].Hash != one || box.Epoch != (uuid.UUID{2}) {
				t.Fatalf("got %+v", box)
			}
			s = reopened(t, s)
		}
	})
}

// centreChange is a change the centre wrote.
func centreChange(s *Store, device uuid.UUID, n uint64, prev loan.Hash, id uuid.UUID, seen []uuid.UUID, kind loan.ChangeKind, body string) *loan.Change {
	ch := &loan.Change{ID: must(uuid.NewV7()), Device: device, Counter: n, Prev: prev, Seen: seen, Operator: "centre",
		Case: id, Kind: kind, At: time.UnixMilli(1_800_000_000_000).UTC(), Salt: [16]byte{byte(n)}, Body: []byte(body)}
	ch.BodyHash = loan.BodyHashOf(s.Sum, ch.Salt, ch.Body)
	return ch
}

func TestReceive(t *testing.T) {
	ctx := context.Background()
	t.Run("takes in another's changes, with gaps, again and again", func(t *testing.T) {
		s := newTestStore(t)
		id := newCase(t, s, 1)
		centre := uuid.New()
		c := must(s.Case(ctx, id))
		v := centreChange(s, centre, 7, loan.Hash{7}, id, c.Heads, loan.ChangeVoid, `{"reason":"重复"}`)
		next := centreChange(s, centre, 8, v.HeaderHash(s.Sum), uuid.Nil, nil, loan.ChangeView, `{}`)
		for range 2 {
			noErr(t, s.Receive(ctx, []*loan.Change{v, next}))
		}
		s = reopened(t, s)
		if got, _ := s.Summary(id); got.Status != loan.Void {
			t.Fatalf("got %v", got.Status)
		}
		if got := must(s.Changes(ctx, id)); len(got) != 2 {
			t.Fatalf("got %d changes", len(got))
		}
		if box := must(s.Outbox(ctx)); box.Last != 1 {
			t.Fatal("another's change is in the outbox")
		}
		noErr(t, s.VerifyChain(ctx))
	})
	t.Run("a case that begins on another laptop appears once its opening is here", func(t *testing.T) {
		from, s := newTestStore(t), newTestStore(t)
		id := newCase(t, from, 3)
		_, err := from.Commit(ctx, []Entry{editEntry(id, "student.name", "覃测")}, nil)
		noErr(t, err)
		made := must(from.Pending(ctx, 0, 9))
		noErr(t, s.Receive(ctx, made[1:]))
		if s.Count().Cases != 0 {
			t.Fatal("a case without its opening")
		}
		noErr(t, s.Receive(ctx, made[:1]))
		if got := s.Search("覃测", 0); len(got) != 1 || got[0].ID != id {
			t.Fatalf("got %d", len(got))
		}
		_, err = s.Commit(ctx, []Entry{editEntry(id, "student.phone", "15400000003")}, nil)
		noErr(t, err)
	})
	t.Run("refuses what is altered, does not fit, or claims to be its own", func(t *testing.T) {
		s := newTestStore(t)
		id := newCase(t, s, 1)
		centre := uuid.New()
		v := centreChange(s, centre, 7, loan.Hash{7}, id, nil, loan.ChangeVoid, `{"reason":"a"}`)
		noErr(t, s.Receive(ctx, []*loan.Change{v}))
		body := *v
		body.Body = []byte(`{"reason":"b"}`)
		wantKind(t, s.Receive(ctx, []*loan.Change{&body}), fault.Damaged)
		other := centreChange(s, centre, 7, loan.Hash{7}, id, nil, loan.ChangeVoid, `{"reason":"c"}`)
		wantKind(t, s.Receive(ctx, []*loan.Change{other}), fault.Conflict)
		gap := centreChange(s, centre, 8, loan.Hash{8}, id, nil, loan.ChangeVoid, `{"reason":"c"}`)
		wantKind(t, s.Receive(ctx, []*loan.Change{gap}), fault.Conflict)
		before := centreChange(s, centre, 6, loan.Hash{}, id, nil, loan.ChangeVoid, `{"reason":"c"}`)
		wantKind(t, s.Receive(ctx, []*loan.Change{before}), fault.Conflict)
		own := centreChange(s, s.Profile().Device, 2, s.tip.hash, id, nil, loan.ChangeVoid, `{"reason":"c"}`)
		wantKind(t, s.Receive(ctx, []*loan.Change{own}), fault.Conflict)
		noErr(t, s.Receive(ctx, must(s.Pending(ctx, 0, 9))))
		wantKind(t, s.Receive(ctx, []*loan.Change{nil}), fault.Damaged)
	})
}
