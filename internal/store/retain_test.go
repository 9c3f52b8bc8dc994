package store

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// here demands that blobs can be read, gone that they were erased.
func (i *intake) here(blobs ...loan.Hash) {
	i.t.Helper()
	for n, h := range blobs {
		if b, err := i.s.Blob(context.Background(), h); err != nil || i.s.BlobName(b) != h {
			i.t.Fatalf("blob %d of %d: got %v, want it whole", n, len(blobs), err)
		}
	}
}

func (i *intake) gone(blobs ...loan.Hash) {
	i.t.Helper()
	for n, h := range blobs {
		if _, err := i.s.Blob(context.Background(), h); fault.KindOf(err) != fault.Erased {
			i.t.Fatalf("blob %d of %d: got %v, want it erased", n, len(blobs), err)
		}
	}
}

// erasures are the bodies of the changes that tell of an erasing.
func (i *intake) erasures() []loan.EraseBody {
	i.t.Helper()
	var out []loan.EraseBody
	for _, ch := range must(i.s.Pending(context.Background(), 0, 1<<20)) {
		if ch.Kind == loan.ChangeErase {
			out = append(out, must(loan.Body[loan.EraseBody](ch)))
		}
	}
	return out
}

func TestImagesGoSevenDaysAfterTheReceipt(t *testing.T) {
	i := newIntake(t)
	f := i.delivered(1, 2026)
	i.now = i.now.Add(7*days - 1)
	if out := i.retain(); out.Blobs != 0 {
		t.Fatalf("a moment before seven days: got %+v, want nothing erased", out)
	}
	i.here(f.all()...)
	i.now = i.now.Add(1)
	out := i.retain()
	if out.Cases != 1 || out.Blobs != 2 || out.Bytes == 0 || out.Doubtful {
		t.Fatalf("after seven days: got %+v, want one case's two images", out)
	}
	check := func() {
		t.Helper()
		i.gone(f.images...)
		i.here(f.papers...)
		if c, err := i.s.Case(context.Background(), f.id); err != nil || len(c.Attachments) != 2 {
			t.Fatalf("the case: got %v, want it as before", err)
		}
		noErr(t, i.s.VerifyChain(context.Background()))
		noErr(t, i.s.VerifyLedger(context.Background()))
	}
	check()
	i.reopen()
	check()
	told := i.erasures()
	if len(told) != 1 || told[0].Rule != RuleImages || told[0].Blobs != 2 || len(told[0].Cases) != 1 || told[0].Cases[0] != f.id {
		t.Fatalf("the chain tells %+v, want the one erasing", told)
	}
	if again := i.retain(); again.Blobs != 0 || len(i.erasures()) != 1 {
		t.Fatalf("a second time: got %+v, want nothing", again)
	}
}

func TestWhatStaysWhenImagesGo(t *testing.T) {
	ctx := context.Background()
	week := 8 * days
	t.Run("images of a case that the centre has not said to have whole", func(t *testing.T) {
		i := newIntake(t)
		f := i.finished(1, 2026)
		i.carry(i.now, f.all()...)
		i.now = i.now.Add(week)
		i.retain()
		i.here(f.all()...)
	})
	t.Run("an image that the centre has not acknowledged by name", func(t *testing.T) {
		i := newIntake(t)
		f := i.finished(1, 2026)
		i.carry(i.now, append(f.papers, f.images[0])...)
		i.received(f, i.now)
		i.now = i.now.Add(week)
		i.retain()
		i.here(f.all()...) // the case is not wholly sent
	})
	t.Run("images of a case with a change that waits", func(t *testing.T) {
		i := newIntake(t)
		f := i.delivered(1, 2026)
		i.commit(f.id, loan.ChangeView, "c1", loan.ViewBody{})
		i.now = i.now.Add(week)
		i.retain()
		i.here(f.all()...)
		i.carry(i.now)
		i.retain()
		i.gone(f.images...)
	})
	t.Run("an image that another case still needs", func(t *testing.T) {
		i := newIntake(t)
		f := i.delivered(1, 2026)
		draft := i.open(2, 2026)
		shared := f.images[1]
		i.attach(&draft, loan.DocSlot(loan.HukouBook), Blob{shared, must(i.s.Blob(ctx, shared))})
		i.carry(i.now)
		i.now = i.now.Add(week)
		i.retain()
		i.gone(f.images[0])
		i.here(shared)
	})
	t.Run("what the centre lacks again after it was restored", func(t *testing.T) {
		i := newIntake(t)
		f := i.delivered(1, 2026)
		r := receipt(t, i.s, 1)
		r.Epoch, r.At = uuid.UUID{2}, i.now
		noErr(t, i.s.Acknowledge(ctx, r))
		i.now = i.now.Add(week)
		i.retain()
		i.here(f.all()...)
		if box := must(i.s.Outbox(ctx)); len(box.Blobs) != 5 {
			t.Fatalf("waiting: got %d blobs, want all five", len(box.Blobs))
		}
	})
	t.Run("nothing that was erased is sent again to a restored centre", func(t *testing.T) {
		i := newIntake(t)
		f := i.delivered(1, 2026)
		i.now = i.now.Add(week)
		i.retain()
		i.gone(f.images...)
		r := receipt(t, i.s, 1)
		r.Epoch, r.At = uuid.UUID{2}, i.now
		noErr(t, i.s.Acknowledge(ctx, r))
		if box := must(i.s.Outbox(ctx)); len(box.Blobs) != 3 {
			t.Fatalf("waiting: got %d blobs, want the three that are here", len(box.Blobs))
		}
	})
}

func TestRetentionAndAClockThatIsWrong(t *testing.T) {
	t.Run("set forward by years, it erases nothing early and says so", func(t *testing.T) {
		i := newIntake(t)
		f := i.delivered(1, 2026)
		i.now = i.now.AddDate(3, 0, 0)
		if out := i.retain(); !out.Doubtful || out.Blobs != 0 {
			t.Fatalf("got %+v, want nothing erased and the clock doubted", out)
		}
		i.here(f.all()...)
	})
	t.Run("set forward by years, what the receipts prove still goes", func(t *testing.T) {
		i := newIntake(t)
		f := i.delivered(1, 2026)
		g := i.finished(2, 2026)
		i.carry(i.now.Add(8*days), g.all()...)
		i.now = i.now.AddDate(3, 0, 0)
		i.retain()
		i.gone(f.images...)
		i.here(g.all()...)
	})
	t.Run("set back, the receipts' own times decide and nothing comes back", func(t *testing.T) {
		i := newIntake(t)
		f := i.delivered(1, 2026)
		i.open(2, 2026)
		i.carry(i.now.Add(8 * days))
		i.now = i.now.AddDate(-5, 0, 0)
		i.retain()
		i.gone(f.images...)
		i.now = i.now.AddDate(-5, 0, 0)
		i.retain()
		i.gone(f.images...)
	})
	t.Run("known to be wrong by a day, it waits a day longer", func(t *testing.T) {
		i := newIntake(t)
		f := i.delivered(1, 2026)
		i.s.SetClockError(1 * days)
		i.now = i.now.Add(7 * days)
		i.retain()
		i.here(f.images...)
		i.now = i.now.Add(1 * days)
		i.retain()
		i.gone(f.images...)
	})
}

func TestAnErasedImageCanBeAttachedAgain(t *testing.T) {
	i := newIntake(t)
	f := i.delivered(1, 2026)
	content := must(i.s.Blob(context.Background(), f.images[0]))
	i.now = i.now.Add(8 * days)
	i.retain()
	i.gone(f.images...)
	again := i.open(2, 2026)
	i.attach(&again, loan.DocSlot(loan.StudentIDCard), Blob{f.images[0], content})
	i.here(f.images[0])
	i.gone(f.images[1])
	if box := must(i.s.Outbox(context.Background())); len(box.Blobs) != 3 {
		t.Fatalf("waiting: got %d blobs, want the new case's three", len(box.Blobs))
	}
	i.reopen()
	i.here(f.images[0])
	noErr(t, i.s.VerifyLedger(context.Background()))
}
