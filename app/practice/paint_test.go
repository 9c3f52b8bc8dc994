package main

import (
	"image"
	"os"
	"testing"

	"doorstep/internal/photo"
)

func TestWhatIsPaintedPassesTheJudge(t *testing.T) {
	p, err := newPainter(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		name, err := p.portrait(i)
		if err != nil {
			t.Fatal(err)
		}
		q, err := photo.JudgePortrait(decoded(t, name), photo.PortraitOptions{})
		if err != nil || !q.Good() {
			t.Errorf("portrait %d: got %+v, %v, want no problem", i, q, err)
		}
	}
	card, err := p.card("居民身份证", "姓名 覃𬭎䶮𠅤", "性别 女")
	if err != nil {
		t.Fatal(err)
	}
	page, err := p.page("录取通知书", "覃㛃𫖮𬎆 同学：")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{card, page} {
		if q, err := photo.JudgeScan(decoded(t, name)); err != nil || !q.Good() {
			t.Errorf("paper: got %+v, %v, want no problem", q, err)
		}
	}
}

func decoded(t *testing.T, name string) image.Image {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := photo.Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	return got
}
