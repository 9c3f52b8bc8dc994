package ui

import (
	"testing"

	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
)

func TestAConsentIsTakenBackInTheWindow(t *testing.T) {
	for look, variant := range map[string]kit.Variant{"light": kit.Light, "dark": kit.Dark} {
		t.Run(look, func(t *testing.T) {
			r := newRig(t, variant)
			v := r.open(loan.First, false, entered, submitted, reviewed)
			r.ui(func() { v.show(stepStudent) })
			r.settle()
			k := v.steps[stepStudent].(*studentStep).person.consent
			r.ui(func() {
				if !k.back.Visible() {
					t.Fatal("there is no way to take a consent back")
				}
				k.withdraw()
			})
			r.settle()
			r.snap("withdraw-" + look)
			r.ui(func() {
				if fyneTap(r.dialog().YesButton()); r.dialog() == nil {
					t.Error("it is registered that nothing was taken back")
				}
				r.dialog().Close()
			})
			r.must(r.u.desk.Withdraw(t.Context(), v.id, loan.StudentParty, loan.ConsentShare))
			c, err := r.u.desk.Case(t.Context(), v.id)
			if err != nil || c.Consents[loan.StudentParty][loan.ConsentShare] != "" || c.Consents[loan.StudentParty][loan.ConsentCredit] == "" {
				t.Errorf("got %v, %v", c.Consents, err)
			}
		})
	}
}
