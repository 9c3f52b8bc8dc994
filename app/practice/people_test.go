package main

import (
	"testing"

	"doorstep/internal/loan"
)

func TestPeopleAreMadeUpWithValidNumbers(t *testing.T) {
	for _, f := range families() {
		for _, p := range []person{f.student, f.coborrower} {
			n := loan.IDNumber(p.idNo)
			if !n.WellFormed() || n.CheckCharacter() != n[17] || n.Sex() != p.sex {
				t.Errorf("%s: not a valid number", p.phone)
			}
			if at, ok := n.Birth(); !ok || at.Format("20060102") != p.birth {
				t.Errorf("%s: birth got %v, want %s", p.phone, at, p.birth)
			}
			if p.phone[:7] != "1540000" {
				t.Errorf("phone: got %s, want one of the test numbers", p.phone)
			}
		}
	}
}
