package ui

import (
	"strings"
	"testing"
)

func TestTheSameRequestIsOfferedAndNotMadeAnew(t *testing.T) {
	r := othersCase(t)
	v := r.visit()
	asks := func() {
		r.ui(v.askGrant)
		r.settle()
		r.typeLines("核对家长投诉的材料") // and Return
		r.settle()
	}
	waits := func() (code string) {
		t.Helper()
		all, err := r.u.desk.Asks(t.Context())
		if err != nil || len(all) != 1 {
			t.Fatalf("%d wait, %v", len(all), err)
		}
		return all[0].Code
	}
	asks()
	code := waits()
	r.ui(func() { r.dialog().Close() })
	asks()
	if got := r.dialogWords(); !strings.Contains(got, "还在等待批准，不用再申请") {
		t.Fatalf("it says %q", got)
	}
	r.snap("grant-same")
	r.presses("打开那份申请")
	if got := r.dialogWords(); !strings.Contains(got, code) {
		t.Errorf("it leads to %q", got)
	}
	if again := waits(); again != code {
		t.Error("another was made")
	}
}
