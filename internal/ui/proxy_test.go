package ui

import (
	"context"
	"slices"
	"strings"
	"testing"

	"doorstep/internal/bulletin"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"

	"fyne.io/fyne/v2/test"
	"github.com/google/uuid"
)

func TestVisitOneSignsForBothBeforeASecondOperator(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.Renewal, false, enteredRenewal, submitted, reviewed)
	sign := v.steps[stepSign].(*signStep)
	r.ui(func() { v.show(stepSign) })
	r.settle()
	r.ui(func() {
		sign.known[0].Tapped(nil)
		sign.known[1].Tapped(nil)
		sign.who.who.SetValue(coborrowerSign)
		sign.who.who.OnChanged(coborrowerSign)
		if !v.main.Disabled() {
			t.Error("the contract can be made before the proxy is named")
		}
		test.Type(sign.who.note, "父亲韦测乙代学生签")
	})
	r.snap("visit-sign-proxy")
	r.press("双方已知悉，生成合同")
	r.readsOn(sign)
	for _, party := range []string{"借款学生", "共同借款人"} {
		r.press("请" + party + "签名")
		r.draws()
		r.ticks()
		r.snap("dialog-proxy-" + party)
		r.answer()
	}
	c := r.saved(v.id)
	if k := c.Contract; k.Signatures[loan.StudentParty].By != loan.ByProxy || k.Signatures[loan.CoborrowerParty].By != loan.InPerson ||
		k.Signatures[loan.StudentParty].ProxyNote != "父亲韦测乙代学生签" {
		t.Fatalf("signed %+v", k.Signatures)
	}
	r.press("请第二经办人确认")
	r.ui(func() {
		f, ok := r.u.win.Canvas().Focused().(*kit.Field)
		if !ok {
			t.Fatal("no field waits for the password")
		}
		test.Type(f, reviewPassword)
	})
	r.snap("dialog-witness")
	r.answer()
	if w := r.saved(v.id).Contract.Witness; w == nil || w.By != "reviewer-1" {
		t.Errorf("second operator: %+v", w)
	}
	r.press("封存合同")
	if got := r.saved(v.id).Status; got != loan.Signed {
		t.Errorf("status: got %v, want signed", got)
	}
}

func TestVisitBeginsAnewWhereTheTextHasChanged(t *testing.T) {
	r := newIssuerRig(t, kit.Light)
	anotherRate := func(*rig, uuid.UUID) {
		r.send(bulletin.Policy, "P2023S", []byte(`{"id":"P2023S","signed_from":"2023-08-05","undergraduate_max":18000,"graduate_max":22000,"minimum":1000,"multiple":100,
 "maturity_base":15,"maturity_cap":22,"living_costs":true,"purposes":["学费"],"rate":{"text":"LPR5Y－0.6%"},"maturity_day":"09-20","subsidy_until":"08-31"}`))
	}
	v := r.open(loan.First, false, entered, submitted, reviewed, signedByBoth, anotherRate)
	r.ui(func() { v.show(stepSign) })
	r.settle()
	words := r.dialogWords()
	if !strings.Contains(words, "重新生成") {
		t.Fatalf("the dialog says %q", words)
	}
	r.snap("dialog-anew")
	r.ui(func() {
		r.dialog().Close()
		v.refresh()
	})
	r.settle()
	if r.dialog() != nil {
		t.Error("it is asked again and again")
	}
	r.press("封存合同")
	r.answer()
	if k := r.saved(v.id).Contract; k == nil || len(k.Signatures) != 0 || k.Sealed != nil {
		t.Errorf("begun anew: %+v", k)
	}
}

// signedByBoth signs without sealing.
func signedByBoth(r *rig, id uuid.UUID) {
	r.t.Helper()
	ctx := context.Background()
	_, c, err := r.u.desk.PrepareContract(ctx, id)
	r.must(c, err)
	for _, p := range parties() {
		r.must(r.u.desk.Read(ctx, id, c.Contract.Blob, p, slices.Repeat([]int{1}, c.Contract.Pages), textFor("integrity").ID, textFor("antifraud").ID))
	}
	list, err := r.u.desk.Clauses(ctx, c)
	r.must(c, err)
	var clauses []string
	for _, k := range list {
		clauses = append(clauses, k.Heading)
	}
	for _, p := range []loan.Party{loan.StudentParty, loan.CoborrowerParty} {
		r.must(r.u.desk.Sign(ctx, id, p, loan.InPerson, "", testStrokes(), clauses...))
	}
}

// enteredRenewal fills in a renewal as entered does a first loan.
func enteredRenewal(r *rig, id uuid.UUID) {
	r.t.Helper()
	entered(r, id)
	r.must(r.u.desk.Edit(context.Background(), id, map[string]any{"study.entry_year": 2022, "loan.maturity_year": 2041,
		"loan.previous.contract_no": "52272720220001", "loan.previous.e_contract": true, "loan.previous.amount": 5000, "loan.renewal_statement": true}))
}
