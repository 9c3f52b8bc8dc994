package ui

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2/test"
	"github.com/google/uuid"
)

func TestVisitToTheReceipt(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false, entered)
	r.ui(func() { v.show(stepReview) })
	r.press("提交复核")
	if got := r.saved(v.id).Status; got != loan.ToReview {
		t.Fatalf("status: got %v, want to-review", got)
	}
	review := v.steps[stepReview].(*reviewStep)
	r.ui(func() { test.Type(review.password, "wrong password") })
	r.press("复核通过")
	r.ui(func() {
		if review.secret.Error() == "" {
			t.Error("a wrong password says nothing")
		}
		test.Type(review.password, reviewPassword)
	})
	r.press("复核通过")
	if v.at != stepSign {
		t.Fatalf("after review: got step %d, want %d", v.at, stepSign)
	}
	sign := v.steps[stepSign].(*signStep)
	r.ui(func() {
		if !v.main.Disabled() {
			t.Error("the contract can be made before the texts are acknowledged")
		}
		sign.known[0].Tapped(nil)
		sign.known[1].Tapped(nil)
	})
	r.press("双方已知悉，生成合同")
	pages := r.saved(v.id).Contract.Pages
	r.readsOn(sign)
	r.picture(stepSign, "visit-sign-read")
	v.id = r.u.desk.Find("", 0)[0].ID // the golden hid it
	r.ui(func() { v.refreshCase() })
	r.settle()
	for _, party := range []string{"借款学生", "共同借款人"} {
		r.press("请" + party + "签名")
		r.draws()
		r.ui(func() {
			if !r.dialog().YesButton().Disabled() {
				t.Error("a signature can be kept before the clauses are ticked")
			}
		})
		r.ticks()
		r.snap("dialog-sign-" + party)
		r.answer()
	}
	c := r.saved(v.id)
	for _, p := range parties() {
		if got := c.Contract.Readings[p]; len(got.Millis) != pages || len(got.Texts) != 2 || !c.SignedInFull() {
			t.Fatalf("%s read %d of %d pages, heard %v, signed in full %v", p, len(got.Millis), pages, got.Texts, c.SignedInFull())
		}
	}
	r.press("封存合同")
	r.press("完成受理")
	if got := r.saved(v.id).Status; got != loan.Queued {
		t.Fatalf("status: got %v, want queued", got)
	}
	r.press("打印回执和合同")
	r.answer()
	r.ui(func() {
		if d := r.dialog(); d != nil {
			d.Close()
		}
	})
	r.settle()
	r.picture(stepReceipt, "visit-receipt-printed")
}

func TestVisitCorrectsASignedContract(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false, entered, submitted, reviewed, signed, finished)
	r.ui(func() { v.show(stepStudy) })
	r.ui(func() {
		if !field(v, "loan.amount").Disabled() {
			t.Error("the amount of a signed contract can be typed over")
		}
		v.banner.button.Tapped(nil)
		v.show(stepStudy)
	})
	r.types("loan.amount", "5000")
	r.snap("dialog-correct")
	r.answer() // without a reason
	if got := r.saved(v.id).App.Loan.Amount; got != 5800 {
		t.Fatalf("amount: got %d before a reason was given", got)
	}
	r.ui(func() { test.Type(r.u.win.Canvas().Focused(), "金额录错") })
	r.answer()
	if c := r.saved(v.id); c.App.Loan.Amount != 5000 || c.Status != loan.Corrected || c.Contract != nil {
		t.Errorf("got amount %d, status %v", c.App.Loan.Amount, c.Status)
	}
	r.ui(func() { v.banner.button.Tapped(nil) })
	r.settle()
	r.ui(func() {
		former := v.former()
		if len(former) != 1 || r.dialog() == nil {
			t.Fatalf("%d former contracts, dialog %v", len(former), r.dialog())
		}
		if got := v.formerWords(1, former[0]); !strings.Contains(got, "金额录错") || !strings.Contains(got, "申请金额") {
			t.Errorf("the former contract is told as %s", got)
		}
	})
	r.snap("dialog-former")
	r.ui(func() { r.dialog().Close() })
	r.picture(stepStudy, "visit-study-corrected")
}

func TestAVoidedContractIsNotOpenedBehindAClosedDialog(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false, entered, submitted, reviewed, signed, finished)
	if _, err := r.u.desk.Correct(t.Context(), v.id, map[string]any{"loan.amount": 5000}, "金额录错"); err != nil {
		t.Fatal(err)
	}
	r.ui(v.refreshCase)
	r.settle()
	view := newDocView(v)
	r.ui(func() {
		v.openFormer(view, v.former()[0])
		view.close() // as its dialog does
	})
	r.settle()
	r.ui(func() {
		if view.doc != nil || view.pdf != nil {
			t.Error("it is open, and nobody closes it")
		}
	})
}

func TestVisitReturned(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false, entered, submitted, reviewed, signed, finished)
	c := r.saved(v.id)
	centre := uuid.MustParse("0189c000-0000-7000-8000-00000000000c")
	got := r.others(v.id, centre, 1, c.Heads, loan.ChangeReceive, loan.ReceiveBody{ReceiptNo: "R1", ContractNo: "C1", CheckCode: "123456", Finish: c.Finish.ID.String()})
	r.ui(v.refreshCase)
	r.settle()
	r.picture(stepReceipt, "visit-receipt-home")
	v.id = c.ID
	r.others(v.id, centre, 5, []uuid.UUID{got}, loan.ChangeReturn, loan.ReturnBody{Codes: []loan.Code{"E-DC-002", "E-AM-001"}, Note: "户口簿第二页模糊"})
	r.ui(v.refreshCase)
	r.settle()
	r.picture(stepStudent, "visit-student-returned")
	v.id = c.ID
	r.ui(v.refreshCase)
	r.settle()
	r.ui(func() {
		v.problems.todo[0].Jump()
		if v.at != stepImages {
			t.Errorf("the first reason leads to step %d, want %d", v.at, stepImages)
		}
		if v.locked() {
			t.Error("a returned case is locked")
		}
	})
}

func TestVisitConflict(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false, entered)
	heads := r.saved(v.id).Heads
	r.must(r.u.desk.Edit(context.Background(), v.id, map[string]any{"student.phone": "15400000003"}))
	r.others(v.id, uuid.MustParse("0189c000-0000-7000-8000-0000000000aa"), 1, heads, loan.ChangeEdit,
		loan.EditBody{Fields: map[string]json.RawMessage{"student.phone": json.RawMessage(`"15400000004"`)}})
	r.ui(v.refreshCase)
	r.settle()
	if got := len(v.c.Conflicts); got != 1 {
		t.Fatalf("conflicts: got %d, want 1", got)
	}
	r.ui(func() { v.banner.button.Tapped(nil) })
	r.settle()
	r.snap("dialog-conflict")
	r.ui(func() {
		for _, b := range findButtons(r.dialog()) {
			if strings.HasPrefix(b.Text(), "15400000004") {
				b.Tapped(nil)
				return
			}
		}
		t.Error("the other value is not offered")
	})
	if c := r.saved(v.id); len(c.Conflicts) != 0 || c.App.Student.Phone != "15400000004" {
		t.Errorf("conflicts %d, phone ends %s", len(c.Conflicts), c.App.Student.Phone[7:])
	}
}

func TestVisitIsMaskedForOthers(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false, entered)
	id := v.id
	if err := r.u.desk.Close(); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	if err := r.u.deps.Door.Reopen(ctx); err != nil {
		t.Fatal(err)
	}
	d, err := r.u.deps.Door.SignIn(ctx, "reviewer-1", []byte(reviewPassword))
	if err != nil {
		t.Fatal(err)
	}
	r.ui(func() {
		r.u.signedIn(d)
		r.u.stopCarrier()
		r.u.shell.net.Set(kit.Warning, "离线，可继续受理")
		r.u.shell.outbox.Set(kit.Warning, "1 件案件等待送达")
	})
	r.openFor(id)
	v = r.visit()
	r.ui(func() {
		v.show(stepStudent)
		for _, path := range []string{"student.name", "student.id_no", "student.phone", "student.address"} {
			f := field(v, path)
			if !f.Disabled() || !strings.Contains(f.Text(), "*") {
				t.Errorf("%s is not masked or can be typed over", path)
			}
		}
		for _, path := range []string{"student.birth", "student.id_valid_to"} {
			d := dateOf(v, path)
			if f := d.Field(); !f.Disabled() || f.Text() != "****-**-**" || d.Value() != "" {
				t.Errorf("%s stands as %q, its value is %q", path, f.Text(), d.Value())
			}
		}
	})
	r.picture(stepStudent, "visit-student-masked")
}

func dateOf(v *visit, path string) *kit.DateField {
	i := slices.IndexFunc(v.form.fields, func(b *bound) bool { return b.paths[0] == path })
	return v.form.fields[i].object.(*kit.DateField)
}

func TestVisitVoids(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false)
	r.ui(func() {
		v.show(stepReceipt)
		v.steps[stepReceipt].(*receiptStep).void.Tapped(nil)
	})
	r.snap("dialog-void")
	r.answer() // without a reason
	if got := r.saved(v.id).Status; got != loan.Draft {
		t.Fatalf("status without a reason: got %v, want draft", got)
	}
	r.ui(func() { test.Type(r.u.win.Canvas().Focused(), "学生决定不申请") })
	r.answer()
	if got := r.saved(v.id).Status; got != loan.Void {
		t.Errorf("status: got %v, want void", got)
	}
	r.picture(stepReceipt, "visit-receipt-void")
}
