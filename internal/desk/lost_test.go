package desk_test

import (
	"bytes"
	"context"
	"image"
	"image/jpeg"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// noise is a picture that nothing can press: a large JPEG.
func noise(t *testing.T, w, h int, seed uint64) []byte {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, w, h))
	r := rand.New(rand.NewPCG(seed, 7))
	for i := range img.Pix {
		img.Pix[i] = uint8(r.IntN(256))
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// spoilt flips a bit of one file on the disk of a laptop.
type spoilt struct {
	t   *testing.T
	dir string
}

func (s spoilt) data() (string, []byte) {
	s.t.Helper()
	names, err := filepath.Glob(filepath.Join(s.dir, "store.bolt"))
	if err != nil || len(names) != 1 {
		s.t.Fatalf("data files: %v, %v", names, err)
	}
	b, err := os.ReadFile(names[0])
	if err != nil {
		s.t.Fatal(err)
	}
	return names[0], b
}

// by gives some bytes of what put wrote, from within the longest stretch of the
// file that changed, and the desk opened again.
func (s spoilt) by(d *desk.Desk, put func(d *desk.Desk)) (*desk.Desk, []byte) {
	s.t.Helper()
	d = signedInAs(s.t, d, s.dir, "clerk-1", clerkPassword)
	if err := d.Close(); err != nil {
		s.t.Fatal(err)
	}
	_, before := s.data()
	d = signedInAs(s.t, d, s.dir, "clerk-1", clerkPassword)
	put(d)
	if err := d.Close(); err != nil {
		s.t.Fatal(err)
	}
	_, after := s.data()
	best, at, run := 0, 0, 0
	for i := 0; i+64 <= len(after); i += 64 {
		if i+64 <= len(before) && bytes.Equal(before[i:i+64], after[i:i+64]) || bytes.Count(after[i:i+64], []byte{0}) > 32 {
			run = 0
			continue
		}
		if run += 64; run > best {
			best, at = run, i+64-run/3
		}
	}
	if best < 50_000 {
		s.t.Fatalf("the longest stretch written is %d bytes", best)
	}
	return signedInAs(s.t, d, s.dir, "clerk-1", clerkPassword), after[at : at+64]
}

// flip flips a bit of those bytes, wherever the store has moved them.
func (s spoilt) flip(d *desk.Desk, written []byte) *desk.Desk {
	s.t.Helper()
	if err := d.Close(); err != nil {
		s.t.Fatal(err)
	}
	name, b := s.data()
	if bytes.Count(b, written) == 0 {
		s.t.Fatal("what was written is not in the file any more")
	}
	other := bytes.Clone(written)
	other[0] ^= 1
	if err := os.WriteFile(name, bytes.ReplaceAll(b, written, other), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return signedInAs(s.t, d, s.dir, "clerk-1", clerkPassword)
}

// signedCase is an entered case brought to a finished one.
func signedCase(t *testing.T, d *desk.Desk, c *loan.Case) *loan.Case {
	t.Helper()
	ctx, must := context.Background(), step(t)
	c = must(d.Submit(ctx, c.ID))
	c = must(d.Review(ctx, c.ID, "reviewer-1", []byte(reviewPassword), true, ""))
	_, c, err := d.PrepareContract(ctx, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	heard(t, d, c)
	must(d.Sign(ctx, c.ID, loan.StudentParty, loan.InPerson, "", strokes(), ticks(t, d, c)...))
	must(d.Sign(ctx, c.ID, loan.CoborrowerParty, loan.InPerson, "", strokes(), ticks(t, d, c)...))
	must(d.Seal(ctx, c.ID))
	return must(d.Finish(ctx, c.ID))
}

func TestALostPageOfAFinishedCaseIsTakenAnew(t *testing.T) {
	ctx, must, dir := context.Background(), step(t), t.TempDir()
	d := laptop(t, dir)
	defer func() { d.Close() }()
	c := entered(t, d)
	s, page := spoilt{t, dir}, noise(t, 700, 700, 1)
	d, at := s.by(d, func(d *desk.Desk) {
		must(d.Attach(ctx, c.ID, loan.DocSlot(loan.HukouBook), page, "image/jpeg", "camera"))
	})
	c = signedCase(t, d, c)
	lost := c.Slot(loan.DocSlot(loan.HukouBook))[1]
	fresh := noise(t, 700, 700, 2)
	if got, err := d.Losses(ctx, c.ID); err != nil || len(got) != 0 {
		t.Fatalf("before the damage: got %+v, %v", got, err)
	}
	if _, err := d.ReplacePage(ctx, c.ID, lost, fresh, "image/jpeg", "camera"); fault.KindOf(err) != fault.Denied {
		t.Errorf("a page that is whole: got %v, want denied", err)
	}
	d = s.flip(d, at)
	got, err := d.Losses(ctx, c.ID)
	if err != nil || len(got) != 1 || got[0].Blob != lost.Blob || got[0].Remedy != desk.Retake || got[0].Asked {
		t.Fatalf("losses: got %+v, %v, want the page, to be taken anew", got, err)
	}
	if _, err := d.Attach(ctx, c.ID, lost.Slot, fresh, "image/jpeg", "camera"); fault.KindOf(err) != fault.Denied {
		t.Errorf("another page of a finished case: got %v, want denied", err)
	}
	if _, err := d.VoidForLoss(ctx, c.ID, "户口簿损坏"); fault.KindOf(err) != fault.Denied {
		t.Errorf("voiding for a paper: got %v, want denied", err)
	}
	t.Run("by a clerk alone", func(t *testing.T) {
		d = signedInAs(t, d, dir, "reviewer-1", reviewPassword)
		if _, err := d.ReplacePage(ctx, c.ID, lost, fresh, "image/jpeg", "camera"); fault.KindOf(err) != fault.Denied {
			t.Errorf("got %v, want denied", err)
		}
		d = signedInAs(t, d, dir, "clerk-1", clerkPassword)
	})
	now := must(d.ReplacePage(ctx, c.ID, lost, fresh, "image/jpeg", "camera"))
	if now.Status != loan.Queued || now.Finish.ID != c.Finish.ID || now.Review == nil || now.Contract.Sealed.Blob != c.Contract.Sealed.Blob {
		t.Errorf("status %s, review %v: want all as before", now.Status, now.Review)
	}
	pages := now.Slot(lost.Slot)
	if b, err := d.Blob(ctx, c.ID, pages[1].Blob); err != nil || !bytes.Equal(b, fresh) {
		t.Errorf("the page in its place: %v", err)
	}
	if ch := lastOf(t, d); ch.Kind != loan.ChangeRepair || !strings.Contains(string(ch.Body), lost.Blob.String()) {
		t.Errorf("the chain ends with %s: %s", ch.Kind, ch.Body)
	}
	box, err := d.Store().Outbox(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var waits []loan.Hash
	for _, b := range box.Blobs {
		waits = append(waits, b.Hash)
	}
	if slices.Contains(waits, lost.Blob) || !slices.Contains(waits, pages[1].Blob) {
		t.Error("the lost page still waits, or the new one does not")
	}
	if got, err := d.Losses(ctx, c.ID); err != nil || len(got) != 0 {
		t.Errorf("afterwards: got %+v, %v", got, err)
	}
	if err := d.Store().VerifyChain(ctx); err != nil {
		t.Error(err)
	}
}

func TestALostPageIsNotTakenAnewOfWhoTookTheConsentBack(t *testing.T) {
	ctx, must, dir := context.Background(), step(t), t.TempDir()
	d := laptop(t, dir)
	defer func() { d.Close() }()
	c := entered(t, d)
	s, slot := spoilt{t, dir}, loan.DocSlot(loan.HukouBook2)
	d, at := s.by(d, func(d *desk.Desk) {
		must(d.Attach(ctx, c.ID, slot, noise(t, 700, 700, 1), "image/jpeg", "camera"))
	})
	c = must(d.Withdraw(ctx, c.ID, loan.CoborrowerParty, loan.ConsentSensitive))
	d = s.flip(d, at)
	if _, err := d.ReplacePage(ctx, c.ID, c.Slot(slot)[0], noise(t, 700, 700, 2), "image/jpeg", "camera"); fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "重新登记同意") {
		t.Errorf("got %v: %s", err, fault.Sentence(err))
	}
}

func TestTheSameFileAgainMendsALostPage(t *testing.T) {
	ctx, must, dir := context.Background(), step(t), t.TempDir()
	d := laptop(t, dir)
	defer func() { d.Close() }()
	c := entered(t, d)
	s, page := spoilt{t, dir}, noise(t, 700, 700, 1)
	d, at := s.by(d, func(d *desk.Desk) {
		must(d.Attach(ctx, c.ID, loan.DocSlot(loan.HukouBook), page, "image/jpeg", "file"))
	})
	c = signedCase(t, d, c)
	d = s.flip(d, at)
	now := must(d.ReplacePage(ctx, c.ID, c.Slot(loan.DocSlot(loan.HukouBook))[1], page, "image/jpeg", "file"))
	if b, err := d.Blob(ctx, c.ID, now.Slot(loan.DocSlot(loan.HukouBook))[1].Blob); err != nil || !bytes.Equal(b, page) || len(now.Replaced) != 0 {
		t.Errorf("got %d bytes, %v, replaced %v", len(b), err, now.Replaced)
	}
}

func TestALostPortraitComesBackFromTheContract(t *testing.T) {
	ctx, must, dir := context.Background(), step(t), t.TempDir()
	d := laptop(t, dir)
	defer func() { d.Close() }()
	c := entered(t, d)
	s, face := spoilt{t, dir}, noise(t, 716, 882, 3)
	d, at := s.by(d, func(d *desk.Desk) {
		must(d.Attach(ctx, c.ID, loan.PortraitStudent, face, "image/jpeg", "camera"))
	})
	must(d.Attest(ctx, c.ID, loan.StudentParty))
	c = signedCase(t, d, c)
	d = s.flip(d, at)
	was := c.Slot(loan.PortraitStudent)[0].Blob
	if _, err := d.Blob(ctx, c.ID, was); fault.KindOf(err) != fault.Damaged {
		t.Fatalf("the portrait: got %v, want damaged", err)
	}
	if got, err := d.Losses(ctx, c.ID); err != nil || len(got) != 0 {
		t.Errorf("losses: got %+v, %v, want none", got, err)
	}
	if b, err := d.Blob(ctx, c.ID, was); err != nil || !bytes.Equal(b, face) {
		t.Errorf("the portrait: %d bytes, %v", len(b), err)
	}
}

func TestALostContractIsSignedAgain(t *testing.T) {
	ctx, must, dir := context.Background(), step(t), t.TempDir()
	d := laptop(t, dir)
	defer func() { d.Close() }()
	c := entered(t, d)
	must(d.Attach(ctx, c.ID, loan.PortraitStudent, noise(t, 716, 882, 3), "image/jpeg", "camera"))
	must(d.Attest(ctx, c.ID, loan.StudentParty))
	s := spoilt{t, dir}
	d, at := s.by(d, func(d *desk.Desk) { c = signedCase(t, d, c) })
	d = s.flip(d, at)
	sealed := c.Contract.Sealed.Blob
	got, err := d.Losses(ctx, c.ID)
	if err != nil || len(got) != 1 || got[0].Blob != sealed || got[0].Remedy != desk.SignAgain {
		t.Fatalf("losses: got %+v, %v, want the contract, to be signed again", got, err)
	}
	if _, err := d.ReplacePage(ctx, c.ID, got[0].Attachment, []byte("another"), "application/pdf", "file"); err == nil {
		t.Error("the contract was replaced")
	}
	if _, err := d.VoidForLoss(ctx, c.ID, ""); fault.KindOf(err) != fault.Input {
		t.Errorf("without a reason: got %v, want input", err)
	}
	now := must(d.VoidForLoss(ctx, c.ID, "合同文件在本机损坏，未送达"))
	if now.Status != loan.Corrected || now.Contract != nil || len(now.Former) != 1 || now.App.Loan.Amount != c.App.Loan.Amount {
		t.Errorf("status %s, contract %v, former %d", now.Status, now.Contract, len(now.Former))
	}
	box, err := d.Store().Outbox(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range box.Blobs {
		if b.Hash == sealed {
			t.Error("the lost contract still waits")
		}
	}
	now = signedCase(t, d, now)
	if left, err := d.Losses(ctx, c.ID); now.Status != loan.Queued || err != nil || len(left) != 0 {
		t.Errorf("signed again: %s, lost %v, %v", now.Status, left, err)
	}
}
