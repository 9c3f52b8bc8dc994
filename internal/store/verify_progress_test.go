package store

import (
	"context"
	"strings"
	"testing"

	"doorstep/internal/loan"
)

func TestTheLookAtPicturesTellsHowFarItIs(t *testing.T) {
	i := newIntake(t)
	f := i.open(1, 2026)
	for n := range 8 {
		i.attach(&f, loan.DocSlot(loan.HukouBook), i.blob(strings.Repeat(string(rune('a'+n)), 1000)))
	}
	var told []int64
	var total int64
	noErr(t, i.s.VerifyBlobs(context.Background(), func(done, of int64) {
		if total = of; done < 0 || done > of || len(told) > 0 && done < told[len(told)-1] {
			t.Errorf("after %v it is at %d of %d", told, done, of)
		}
		told = append(told, done)
	}))
	if len(told) < 3 || told[0] <= 0 || told[0] >= total || told[len(told)-1] != total {
		t.Errorf("it told %v of %d", told, total)
	}
}
