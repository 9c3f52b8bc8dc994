package ui

import (
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2/test"
	"github.com/google/uuid"
)

func TestALaptopIsNamedByTheEndOfItsIDEverywhere(t *testing.T) {
	id := uuid.MustParse("01a22608-0000-7000-8000-0000be15d786")
	for _, own := range []bool{true, false} {
		words := strings.Join(allWords(chainCard(desk.ChainAudit{Device: id, Own: own})), " ")
		if !strings.Contains(words, "be15d786") || strings.Contains(words, "01a22608") {
			t.Errorf("the proof of a chain says %q", words)
		}
	}
	centre := desk.ChainAudit{Device: id, Centre: true, Absent: []loan.Range{{From: 1, To: 1}}}
	if words := strings.Join(allWords(chainCard(centre)), " "); !strings.Contains(words, "县资助中心（be15d786）") || strings.Contains(words, "设备") || strings.Contains(words, "其他受理点") {
		t.Errorf("the proof of the centre's chain says %q", words)
	}
	r := newRig(t, kit.Light)
	r.ui(func() {
		whole := r.u.desk.Laptop().Device
		words := ""
		for _, o := range test.LaidOutObjects((&manage{u: r.u}).device()) {
			if x, ok := o.(*kit.Text); ok {
				words += x.Text() + " "
			}
		}
		if !strings.Contains(words, whole[28:]) || strings.Contains(words, whole[:8]) {
			t.Errorf("本机与显示 says %q of %s", words, whole)
		}
	})
}

func TestTheCentreHasAChineseName(t *testing.T) {
	r := newRig(t, kit.Light)
	r.ui(func() {
		if got := r.u.namer()("centre"); got != "县资助中心" {
			t.Errorf("got %q", got)
		}
	})
}
