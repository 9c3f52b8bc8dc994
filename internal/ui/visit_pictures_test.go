package ui

import (
	"strings"
	"testing"

	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
)

func TestTheSealedContractIsShownByAnEmergencyAndGoesWithIt(t *testing.T) {
	r := newRig(t, kit.Light)
	id := r.open(loan.First, false, entered, submitted, reviewed, signed, finished).id
	if err := r.u.desk.Store().EnableOperator(t.Context(), guard.Operator{ID: "clerk-2", Name: "另一操作员", Roles: []guard.Role{guard.Clerk}, Enabled: true}, []byte(reviewPassword)); err != nil {
		t.Fatal(err)
	}
	r.ui(r.u.lock)
	r.locked()
	r.enter("clerk-2", reviewPassword)
	r.openFor(id)
	v := r.visit()
	if _, err := r.u.desk.BreakGlass(t.Context(), id, "洪水断网，家属急需核对"); err != nil {
		t.Fatal(err)
	}
	if err := r.u.desk.Reveal(t.Context(), id, guard.GrantFields(), "洪水断网，家属急需核对"); err != nil {
		t.Fatal(err)
	}
	var p *pictures
	sealed := kit.Option{}
	r.ui(func() {
		v.refresh()
		options, files := v.sealedOptions()
		if len(options) != 1 || files[options[0].ID] != v.c.Contract.Sealed.Blob {
			t.Errorf("to choose from are %v", options)
			return
		}
		sealed = options[0]
		p = v.showPictures()
	})
	if p == nil {
		t.Fatal("nothing is shown")
	}
	r.ui(func() { p.show(sealed) })
	r.until("the contract is open", func() bool { return p.paper.view != nil })
	r.ui(func() {
		if p.paper.hash != v.c.Contract.Sealed.Blob || p.photo.Visible() {
			t.Error("another file is shown")
		}
		if !strings.Contains(p.paper.mark.words, "另一操作员") && !strings.Contains(p.paper.mark.words, "clerk-2") {
			t.Errorf("over it stands %q", p.paper.mark.words)
		}
	})
	r.snap("pictures-contract")
	r.ui(v.conceal)
	r.settle()
	r.ui(func() {
		if p.paper.view != nil || p.paper.doc != nil || v.revealing.pictures != nil {
			t.Error("the contract stands after the time")
		}
	})
}
