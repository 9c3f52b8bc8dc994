package desk_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/store"
	"github.com/google/uuid"
)

// sentBack is a finished case as the centre has received and returned it.
func sentBack(t *testing.T, d *desk.Desk, c *loan.Case, codes ...loan.Code) *loan.Case {
	t.Helper()
	var chs []*loan.Change
	at := map[bool]uint64{true: 4, false: 14}[c.Return == nil && len(c.Former) == 0 && c.Again == nil]
	for i, x := range []struct {
		kind loan.ChangeKind
		body string
	}{
		{loan.ChangeReceive, `{"finish":"` + c.Finish.ID.String() + `","receipt_no":"R1","contract_no":"C1","check_code":"123456"}`},
		{loan.ChangeReturn, `{"codes":["` + string(codes[0]) + `"]}`},
	} {
		seen := c.Heads
		if i > 0 {
			seen = []uuid.UUID{chs[0].ID}
		}
		ch := &loan.Change{ID: uuid.Must(uuid.NewV7()), Device: uuid.UUID{1}, Counter: at + 2*uint64(i), Operator: "centre", Case: c.ID, Kind: x.kind, At: clock(), Body: []byte(x.body), Seen: seen}
		ch.BodyHash = loan.BodyHashOf(d.Store().Sum, ch.Salt, ch.Body)
		chs = append(chs, ch)
	}
	if err := d.Store().Receive(t.Context(), chs); err != nil {
		t.Fatal(err)
	}
	got := step(t)(d.Case(t.Context(), c.ID))
	if got.Status != loan.Returned || len(got.Aside) > 0 {
		t.Fatalf("returned: %s, %v", got.Status, got.Aside)
	}
	return got
}

func TestACaseReturnedForItsSignatureIsSignedAgain(t *testing.T) {
	d := laptop(t, t.TempDir())
	defer d.Close()
	ctx, must := t.Context(), step(t)
	first := signedCase(t, d, entered(t, d))
	c := sentBack(t, d, first, "E-SG-003")
	if _, err := d.SignAgain(ctx, c.ID, ""); fault.KindOf(err) != fault.Input {
		t.Errorf("without a reason: got %v, want input", err)
	}
	c = must(d.SignAgain(ctx, c.ID, "借款学生没有签名，请其重签"))
	if c.Status != loan.Corrected || c.Contract != nil || len(c.Former) != 1 || c.Former[0].Voided.Reason != "借款学生没有签名，请其重签" {
		t.Fatalf("%s, contract %v, former %+v", c.Status, c.Contract, c.Former)
	}
	wantDifferences(t, differing(t, d, c, desk.FromCorrected), map[string]string{})
	if _, err := d.SignAgain(ctx, c.ID, "再来一次，已无合同"); fault.KindOf(err) != fault.Denied || fault.Sentence(err) == "" {
		t.Errorf("without a contract: got %v, want denied", err)
	}
	c = signedCase(t, d, c)
	if c.Status != loan.Queued || c.Contract.Sealed.Blob == first.Contract.Sealed.Blob {
		t.Errorf("%s, the same contract", c.Status)
	}
	if old, err := d.Blob(ctx, c.ID, first.Contract.Sealed.Blob); err != nil || len(old) == 0 {
		t.Errorf("the former contract is not readable: %v", err)
	}
	l := lineOf(t, d, loan.ChangeCorrect)
	if l.Reason != "借款学生没有签名，请其重签" {
		t.Errorf("the record says %+v", l)
	}
}

// lineOf is the record's line of the last change of a kind.
func lineOf(t *testing.T, d *desk.Desk, kind loan.ChangeKind) guard.Line {
	t.Helper()
	all, err := d.Store().Pending(t.Context(), 0, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	for _, ch := range slices.Backward(all) {
		if ch.Kind == kind {
			return guard.LineOf(ch)
		}
	}
	t.Fatalf("no %s", kind)
	return guard.Line{}
}

func TestACaseReturnedByMistakeIsSubmittedAsItIs(t *testing.T) {
	d := laptop(t, t.TempDir())
	defer d.Close()
	ctx, must := t.Context(), step(t)
	fresh := entered(t, d)
	if _, err := d.SubmitAgain(ctx, fresh.ID, "核对过，无须改动"); fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "没有被中心退回") {
		t.Errorf("one that was not returned: got %v", err)
	}
	first := signedCase(t, d, fresh)
	c := sentBack(t, d, first, "E-DC-002")
	for _, why := range []string{"", "522727200503149914"} {
		if _, err := d.SubmitAgain(ctx, c.ID, why); fault.KindOf(err) != fault.Input {
			t.Errorf("for the reason %q: got %v, want input", why, err)
		}
	}
	c = must(d.SubmitAgain(ctx, c.ID, "户口簿两本都在，核对无误"))
	if c.Status != loan.ToReview || c.Again == nil || c.Again.Reason != "户口簿两本都在，核对无误" || c.Again.By != "clerk-1" {
		t.Fatalf("%s, again %+v", c.Status, c.Again)
	}
	if l := lineOf(t, d, loan.ChangeSubmit); l.Reason != "户口簿两本都在，核对无误" {
		t.Errorf("the record says %+v", l)
	}
	c = must(d.Review(ctx, c.ID, "reviewer-1", []byte(reviewPassword), true, ""))
	if c.Status != loan.Signed || c.Contract.Sealed.Blob != first.Contract.Sealed.Blob {
		t.Errorf("after the review: %s", c.Status)
	}
	c = must(d.Finish(ctx, c.ID))
	t.Run("and what is changed the next time goes without that reason", func(t *testing.T) {
		c = sentBack(t, d, c, "E-DC-002")
		must(d.Attach(ctx, c.ID, loan.DocSlot(loan.HukouBook2), picture(t, 500, 300, 90), "image/jpeg", "file"))
		if c = must(d.Submit(ctx, c.ID)); c.Again != nil {
			t.Errorf("again %+v", c.Again)
		}
	})
}

func TestACaseReturnedByMistakeThatIsNotReadyIsNotSubmittedAsItIs(t *testing.T) {
	d := laptop(t, t.TempDir())
	defer d.Close()
	ctx, must := t.Context(), step(t)
	c := entered(t, d)
	draft := c.Heads
	must(d.Edit(ctx, c.ID, map[string]any{"student.phone": "15400000003"}))
	c = sentBack(t, d, signedCase(t, d, must(d.Case(ctx, c.ID))), "E-DC-002")
	// Another laptop, which had the draft, wrote the same field meanwhile.
	ch := &loan.Change{ID: uuid.Must(uuid.NewV7()), Device: uuid.UUID{2}, Counter: 1, Operator: "clerk-2", Case: c.ID, Kind: loan.ChangeEdit, At: clock(), Body: []byte(`{"fields":{"student.phone":"15400000004"}}`), Seen: draft}
	ch.BodyHash = loan.BodyHashOf(d.Store().Sum, ch.Salt, ch.Body)
	if err := d.Store().Receive(ctx, []*loan.Change{ch}); err != nil {
		t.Fatal(err)
	}
	if c = must(d.Case(ctx, c.ID)); c.Status != loan.Returned || len(c.Conflicts) != 1 {
		t.Fatalf("%s, %d conflicts, %d aside", c.Status, len(c.Conflicts), len(c.Aside))
	}
	if _, err := d.SubmitAgain(ctx, c.ID, "核对过，无须改动"); fault.KindOf(err) != fault.Conflict {
		t.Errorf("with a conflict: got %v", err)
	}
	if c = must(d.Case(ctx, c.ID)); c.Status != loan.Returned || c.Again != nil {
		t.Errorf("%s, again %v", c.Status, c.Again != nil)
	}
}

func TestAContractIsCorrectedAlsoOnceMendingHasBegun(t *testing.T) {
	d := laptop(t, t.TempDir())
	defer d.Close()
	ctx, must := t.Context(), step(t)
	begun := func() *loan.Case {
		t.Helper()
		c := sentBack(t, d, signedCase(t, d, entered(t, d)), "E-DC-002")
		return must(d.Attach(ctx, c.ID, loan.DocSlot(loan.HukouBook2), picture(t, 500, 300, 90), "image/jpeg", "file"))
	}
	c := begun()
	for _, s := range []struct {
		words string
		to    func()
		want  loan.Status
	}{
		{"while it is mended", func() {}, loan.Corrected},
		{"while it waits for its reviewer", func() { c = must(d.Submit(ctx, c.ID)) }, loan.ToReview},
		{"when the reviewer sent it back", func() { c = must(d.Review(ctx, c.ID, "reviewer-1", []byte(reviewPassword), false, "签名不对")) }, loan.Draft},
	} {
		t.Run(s.words, func(t *testing.T) {
			if s.to(); c.Status != s.want || c.Contract == nil {
				t.Fatalf("%s, contract %v", c.Status, c.Contract)
			}
		})
	}
	if c = must(d.SignAgain(ctx, c.ID, "复核发现签名不对")); c.Status != loan.Corrected || c.Contract != nil {
		t.Errorf("%s, contract %v", c.Status, c.Contract)
	}
	if _, err := d.Correct(ctx, entered(t, d).ID, map[string]any{"loan.amount": 5000}, "金额录错了"); fault.KindOf(err) != fault.Denied || fault.Sentence(err) == "" {
		t.Errorf("a draft without a contract: got %v", err)
	}
}

func TestAPortraitOfASealedContractTakesNewSignatures(t *testing.T) {
	dir := t.TempDir()
	d := laptop(t, dir)
	defer func() { d.Close() }()
	ctx, must := t.Context(), step(t)
	c := sentBack(t, d, signedCase(t, d, entered(t, d)), "E-PT-001")
	face := c.Slot(loan.PortraitStudent)[0]
	old, err := d.Blob(ctx, c.ID, face.Blob)
	if err != nil {
		t.Fatal(err)
	}
	other := picture(t, 358, 441, 200)
	if _, err := d.Attach(ctx, c.ID, loan.PortraitStudent, other, "image/jpeg", "file"); fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "重新签署") {
		t.Errorf("another portrait: got %v, want denied with the way on", err)
	}
	if _, err := d.Detach(ctx, c.ID, loan.PortraitStudent, face.Blob); fault.KindOf(err) != fault.Denied {
		t.Errorf("taken away: got %v, want denied", err)
	}
	must(d.Attach(ctx, c.ID, loan.PortraitStudent, old, "image/jpeg", "file")) // the same again is the same
	must(d.SignAgain(ctx, c.ID, "学生照片须重拍"))
	must(d.Attach(ctx, c.ID, loan.PortraitStudent, other, "image/jpeg", "file"))
	must(d.Attest(ctx, c.ID, loan.StudentParty))
	c = must(d.Attest(ctx, c.ID, loan.CoborrowerParty))
	wantDifferences(t, differing(t, d, c, desk.FromCorrected), map[string]string{"portrait/student": "合同里的照片"})
	was, err := d.SealedPortrait(ctx, c.ID, loan.StudentParty)
	if err != nil || !bytes.Equal(was, old) {
		t.Errorf("the contract's portrait: %d bytes, %v", len(was), err)
	}
	c = signedCase(t, d, c)
	wantDifferences(t, differing(t, d, c, desk.FromCorrected), map[string]string{})
	if is, err := d.SealedPortrait(ctx, c.ID, loan.StudentParty); err != nil || !bytes.Equal(is, other) {
		t.Errorf("the new contract's portrait: %v", err)
	}
}

// A laptop of before let a portrait be exchanged under a sealed contract.
func TestAPortraitThatWasExchangedUnderASealedContractIsSeen(t *testing.T) {
	d := laptop(t, t.TempDir())
	defer d.Close()
	ctx, must := t.Context(), step(t)
	c := sentBack(t, d, signedCase(t, d, entered(t, d)), "E-DC-002")
	was := c.Slot(loan.PortraitStudent)[0]
	old, err := d.Blob(ctx, c.ID, was.Blob)
	if err != nil {
		t.Fatal(err)
	}
	exchanged(t, d, c.ID, loan.ChangeAttach, loan.ChangeAttest)
	if _, err := d.Submit(ctx, c.ID); fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "重新签署") {
		t.Errorf("submitted: got %v", err)
	}
	exchanged(t, d, c.ID, loan.ChangeSubmit)
	c = must(d.Case(ctx, c.ID))
	wantDifferences(t, differing(t, d, c, desk.FromCorrected), map[string]string{"portrait/student": "合同里的照片"})
	if _, err := d.Review(ctx, c.ID, "reviewer-1", []byte(reviewPassword), true, ""); fault.KindOf(err) != fault.Denied {
		t.Errorf("passed: got %v", err)
	}
	if _, err := d.Store().CommitCase(ctx, entriesOf(c.ID, "reviewer-1", loan.ReviewBody{Pass: true}, loan.ChangeReview), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Finish(ctx, c.ID); fault.KindOf(err) != fault.Denied {
		t.Errorf("finished: got %v", err)
	}
	must(d.SignAgain(ctx, c.ID, "人像已换，重新签署"))
	must(d.Attach(ctx, c.ID, loan.PortraitStudent, old, "image/jpeg", "file"))
	must(d.Attest(ctx, c.ID, loan.StudentParty))
	if c = signedCase(t, d, c); c.Status != loan.Queued {
		t.Errorf("signed again: %s", c.Status)
	}
}

func entriesOf(id uuid.UUID, who string, body any, kinds ...loan.ChangeKind) (out []store.Entry) {
	for _, k := range kinds {
		out = append(out, store.Entry{Case: id, Kind: k, Operator: who, Body: body})
	}
	return out
}

// exchanged writes changes by which the student's portrait becomes another, past what
// the desk would say of them.
func exchanged(t *testing.T, d *desk.Desk, id uuid.UUID, kinds ...loan.ChangeKind) {
	t.Helper()
	face := picture(t, 358, 441, 200)
	h := d.Store().BlobName(face)
	for _, k := range kinds {
		var body any
		var blobs []store.Blob
		switch k {
		case loan.ChangeAttach:
			body = loan.AttachBody{Source: "file", Attachment: loan.Attachment{Slot: loan.PortraitStudent, Blob: h, Media: "image/jpeg", Size: int64(len(face))}}
			blobs = []store.Blob{{Hash: h, Content: face}}
		case loan.ChangeAttest:
			body = loan.PartyBody{Party: loan.StudentParty}
		}
		if _, err := d.Store().CommitCase(t.Context(), entriesOf(id, "clerk-1", body, k), blobs); err != nil {
			t.Fatal(err)
		}
	}
}

func TestACorrectionOfWhatStoodSinceTheOpeningKeepsOldAndNew(t *testing.T) {
	d := laptop(t, t.TempDir())
	defer d.Close()
	ctx, must := t.Context(), step(t)
	c := must(d.NewCase(ctx, loan.First, false))
	opened := c.App
	fields := family()
	delete(fields, "study.entry_year")
	delete(fields, "student.hukou_code")
	c = entersWith(t, d, c, fields)
	c = sentBack(t, d, signedCase(t, d, c), "E-AM-001")
	c = must(d.Correct(ctx, c.ID, map[string]any{"study.entry_year": opened.Study.EntryYear - 1, "loan.purpose": []string{"学费"}, "loan.amount": 5700, "student.ethnic": ""}, "入学年份有误"))
	got := corrected(t, d, c)
	for f, want := range map[string][2]string{
		"study.entry_year": {"2022", "2023"}, "loan.amount": {"5700", "5800"}, "student.ethnic": {"", "布依族"},
	} {
		if got[f] != want {
			t.Errorf("%s: got %q, want %q", f, got[f], want)
		}
	}
	if p := got["loan.purpose"]; p[0] != `["学费"]` || !strings.Contains(p[1], "住宿费") {
		t.Errorf("loan.purpose: got %q", p)
	}
	t.Run("and so does what is edited after it, until the case is signed", func(t *testing.T) {
		must(d.Edit(ctx, c.ID, map[string]any{"student.ethnic": "苗族", "study.major": "另一专业", "loan.amount": 5600}))
		c = must(d.Edit(ctx, c.ID, map[string]any{"study.entry_year": opened.Study.EntryYear}))
		got := corrected(t, d, c)
		for f, want := range map[string][2]string{"student.ethnic": {"苗族", "布依族"}, "study.major": {"另一专业", "测试专业"}, "loan.amount": {"5600", "5800"}} {
			if got[f] != want {
				t.Errorf("%s: got %q, want %q", f, got[f], want)
			}
		}
		if x, ok := got["study.entry_year"]; ok {
			t.Errorf("what is again as it was signed: %q", x)
		}
	})
}

// corrected is what differs from before corrections: what is here, and what was there.
func corrected(t *testing.T, d *desk.Desk, c *loan.Case) map[string][2]string {
	t.Helper()
	all, err := d.Differences(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][2]string{}
	for _, x := range all {
		if x.Source == desk.FromCorrected {
			out[x.Field] = [2]string{x.Here, x.There}
		}
	}
	return out
}
