package store

import (
	"bytes"
	"context"
	"encoding/hex"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

func urge(t testing.TB, s *Store, id uuid.UUID, u loan.Urgency) {
	t.Helper()
	_, err := s.Commit(context.Background(), []Entry{{Case: id, Kind: loan.ChangeUrgent, Operator: "c1", Body: loan.UrgentBody{Urgency: u}}}, nil)
	noErr(t, err)
}

func TestUrgentCasesOvertake(t *testing.T) {
	ctx := context.Background()
	s := newTestStore(t)
	old, late := newCase(t, s, 1), newCase(t, s, 2)
	o1 := attachment(t, s, old, loan.DocSlot(loan.StudentIDCard), "o1")
	o2 := attachment(t, s, old, loan.DocSlot(loan.HukouBook), "o2")
	l1 := attachment(t, s, late, loan.DocSlot(loan.StudentIDCard), "l1")
	l2 := attachment(t, s, late, loan.DocSlot(loan.HukouBook), "l2")
	check := func(name string, want ...loan.Hash) {
		t.Helper()
		for range 2 {
			box := must(s.Outbox(ctx))
			if len(box.Blobs) != len(want) {
				t.Fatalf("%s: got %d blobs, want %d", name, len(box.Blobs), len(want))
			}
			for i := range want {
				if box.Blobs[i].Hash != want[i] {
					t.Fatalf("%s: place %d is another blob", name, i)
				}
			}
			s = reopened(t, s)
		}
	}
	check("none is urgent", o1, o2, l1, l2)
	noErr(t, s.Acknowledge(ctx, receipt(t, s, 3, o1)))
	urge(t, s, late, loan.Disaster)
	check("the later one is urgent", l1, l2, o2)
	if w := s.Waiting(); len(w) != 2 || w[0].ID != late || w[0].Urgency != loan.Disaster || w[1].Images != (Going{Part{2, 4}, Part{1, 2}}) {
		t.Fatalf("got %+v", w)
	}
	noErr(t, s.Acknowledge(ctx, receipt(t, s, 3, l1)))
	urge(t, s, late, loan.NotUrgent)
	check("a half sent one is no longer", o2, l2)
	urge(t, s, old, loan.Urgent)
	check("a half sent one is urgent", o2, l2)
	if got, _ := s.Summary(old); got.Urgency != loan.Urgent {
		t.Fatalf("got %q", got.Urgency)
	}
}

func TestWhatWaitsOfACase(t *testing.T) {
	ctx := context.Background()
	s := newTestStore(t)
	id, done := newCase(t, s, 1), newCase(t, s, 2)
	one := attachment(t, s, id, loan.DocSlot(loan.StudentIDCard), "one")
	attachment(t, s, id, loan.DocSlot(loan.HukouBook), "three")
	noErr(t, s.Acknowledge(ctx, receipt(t, s, 4, one)))
	for range 2 {
		w := s.Waiting()
		if len(w) != 1 || w[0].ID != id || w[0].Records || w[0].Images != (Going{Part{2, 8}, Part{1, 5}}) || w[0].Contract != (Going{}) {
			t.Fatalf("got %+v", w)
		}
		s = reopened(t, s)
	}
	if box := must(s.Outbox(ctx)); box.Sent != 3 || box.Bytes != 5 {
		t.Fatalf("sent %d, waiting %d", box.Sent, box.Bytes)
	}
	_, err := s.Commit(ctx, []Entry{editEntry(done, "student.phone", "15400000009")}, nil)
	noErr(t, err)
	if w := s.Waiting(); len(w) != 2 || !w[1].Records {
		t.Fatalf("got %+v", w)
	}
	noErr(t, s.Acknowledge(ctx, receipt(t, s, 5, must(s.Outbox(ctx)).Blobs[0].Hash)))
	if w, box := s.Waiting(), must(s.Outbox(ctx)); len(w) != 0 || box.Sent != 0 {
		t.Fatalf("got %+v, sent %d: the next lot begins anew", w, box.Sent)
	}
}

// A filled contract is named by its change and kept nowhere; a scan that came
// with one case is not counted in another.
func TestOnlyWhatIsHereIsCounted(t *testing.T) {
	ctx := context.Background()
	s := newTestStore(t)
	a, b := newCase(t, s, 1), newCase(t, s, 2)
	attachment(t, s, a, loan.DocSlot(loan.HukouBook), "shared")
	attachment(t, s, b, loan.DocSlot(loan.HukouBook), "shared")
	attachment(t, s, b, loan.DocSlot(loan.HukouBook), "shared")
	attachment(t, s, b, loan.DocSlot(loan.StudentIDCard), "own")
	_, err := s.Commit(ctx, []Entry{{Case: b, Kind: loan.ChangeSubmit, Operator: "c1"},
		{Case: b, Kind: loan.ChangeReview, Operator: "r1", Body: loan.ReviewBody{Pass: true}},
		{Case: b, Kind: loan.ChangeContract, Operator: "c1", Body: loan.ContractBody{Template: "t", Blob: loan.Hash{7}, Size: 800, Pages: 1, AsOf: "2026-07-20"}}}, nil)
	noErr(t, err)
	for range 2 {
		w := s.Waiting()
		if len(w) != 2 || w[0].Images.All != (Part{1, 6}) || w[1].Images.All != (Part{1, 3}) || w[1].Contract.All != (Part{}) {
			t.Fatalf("got %+v and %+v", w[0].Images, w[1])
		}
		s = reopened(t, s) // and once more after a change that folds the case anew
		_, err := s.Commit(ctx, []Entry{{Case: b, Kind: loan.ChangeUrgent, Operator: "c1", Body: loan.UrgentBody{}}}, nil)
		noErr(t, err)
	}
}

func TestSyncSettingsHold(t *testing.T) {
	ctx := context.Background()
	s := newTestStore(t)
	if got := must(s.SyncSettings(ctx)); got != (SyncSettings{}) {
		t.Fatalf("before any was set: %+v", got)
	}
	want := SyncSettings{Paused: true, Cap: 64 << 10, OnMetered: MeteredContracts, Metered: true}
	e := Entry{Kind: loan.ChangeSetting, Operator: "c1", Body: loan.ViewBody{Detail: "sync"}}
	noErr(t, s.SetSyncSettings(ctx, want, e))
	last, _ := s.Head()
	s = reopened(t, s)
	if got := must(s.SyncSettings(ctx)); got != want {
		t.Fatalf("after a restart: %+v", got)
	}
	if ch := must(s.Pending(ctx, last-1, 1)); len(ch) != 1 || ch[0].Kind != loan.ChangeSetting || ch[0].Operator != "c1" {
		t.Fatal("the chain does not say who set it")
	}
	for name, v := range map[string]SyncSettings{"a limit that nothing passes": {Cap: 1}, "less than none": {Cap: -1}, "a rule there is not": {OnMetered: "x"}} {
		if err := s.SetSyncSettings(ctx, v, e); fault.KindOf(err) != fault.Input {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if now, _ := s.Head(); now != last {
		t.Error("a refused setting is in the chain")
	}
}

func TestRefusedRecordsAreNotSent(t *testing.T) {
	ctx := context.Background()
	s := newTestStore(t)
	id := newCase(t, s, 1)
	noErr(t, s.SetRefused(ctx, Refused{Counter: 1, Case: id, Kind: loan.ChangeOpen, Reason: "input", At: time.UnixMilli(5).UTC()}))
	noErr(t, s.Acknowledge(ctx, receipt(t, s, 1)))
	s = reopened(t, s)
	box := must(s.Outbox(ctx))
	if len(box.Refused) != 1 || box.Refused[0].Case != id || box.Refused[0].Reason != "input" {
		t.Fatalf("got %+v", box.Refused)
	}
	if got, _ := s.Summary(id); got.Sent {
		t.Error("a case counts as sent of which a record was refused")
	}
	if w := s.Waiting(); len(w) != 1 || !w[0].Refused || w[0].Records {
		t.Errorf("got %+v", w)
	}
	noErr(t, s.TakenAfterAll(ctx, 1))
	s = reopened(t, s)
	if got, _ := s.Summary(id); !got.Sent || len(s.Waiting()) != 0 || len(must(s.Outbox(ctx)).Refused) != 0 {
		t.Error("it was taken after all, and still counts as refused")
	}
}

func TestADamagedBlobIsLetGo(t *testing.T) {
	ctx := context.Background()
	s := newTestStore(t)
	id := newCase(t, s, 1)
	bad := attachment(t, s, id, loan.DocSlot(loan.StudentIDCard), "bad")
	good := attachment(t, s, id, loan.DocSlot(loan.HukouBook), "good")
	e := Entry{Kind: loan.ChangeRepair, Operator: "c1", Body: loan.RepairBody{Blobs: []loan.Hash{bad}}}
	wantKind(t, s.LetGo(ctx, bad, e), fault.Denied)
	noErr(t, s.db.Update(func(tx *bbolt.Tx) error {
		k := chunkKey(s.placeOf(tx, bad[:]), bad[:], 0)
		v := bytes.Clone(tx.Bucket([]byte(bBlobs)).Get(k))
		v[len(v)-1] ^= 1
		return tx.Bucket([]byte(bBlobs)).Put(k, v)
	}))
	wantKind(t, s.LetGo(ctx, loan.Hash{1}, e), fault.Missing)
	noErr(t, s.LetGo(ctx, bad, e))
	for range 2 {
		box := must(s.Outbox(ctx))
		if len(box.Blobs) != 1 || box.Blobs[0].Hash != good {
			t.Fatalf("got %+v", box.Blobs)
		}
		s = reopened(t, s)
	}
	if last, _ := s.Head(); must(s.Pending(ctx, last-1, 1))[0].Kind != loan.ChangeRepair {
		t.Error("the chain does not say that it is lost")
	}
}

// How far others were heard and what they said are kept together.
func TestNewsAndTheirMarkAreOne(t *testing.T) {
	ctx := context.Background()
	s := newTestStore(t)
	other := uuid.New()
	id := uuid.Must(uuid.NewV7())
	ch := centreChange(s, other, 1, loan.Hash{}, id, nil, loan.ChangeOpen, `{"application":{}}`)
	noErr(t, s.ReceiveUpTo(ctx, []*loan.Change{ch}, "mark", 7))
	bad := centreChange(s, other, 1, loan.Hash{}, id, nil, loan.ChangeOpen, `{"application":{}}`)
	wantKind(t, s.ReceiveUpTo(ctx, []*loan.Change{bad}, "mark", 8), fault.Conflict)
	s = reopened(t, s)
	var mark int
	noErr(t, s.Setting(ctx, "mark", &mark))
	if _, ok := s.Summary(id); !ok || mark != 7 {
		t.Errorf("case there %v, mark %d", ok, mark)
	}
}

// A summary as version 1 wrote it, with urgency and brought blobs unknown.
func TestSummariesOfVersion1AreRead(t *testing.T) {
	const sample = "010a0000000000000000000000000000000301d05a80a0abfef962c0c9b2fef96202070506e7bbade8b4b703e99fa600000000000000"
	b, err := hex.DecodeString(sample)
	noErr(t, err)
	r, err := decodeSummary(b)
	if err != nil {
		t.Fatal(err)
	}
	if r.ID != (uuid.UUID{10}) || r.changes != 5 || r.last != 7 || r.Urgency != loan.NotUrgent || r.brought != [2]Part{} {
		t.Fatalf("got %+v", r)
	}
	b[18] |= flagUrgent
	if _, err := decodeSummary(b); fault.KindOf(err) != fault.Damaged {
		t.Errorf("a flag that version 1 had not: %v", err)
	}
}
