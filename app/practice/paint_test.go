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
	var kept []photo.Shot
	for i := range 4 {
		name, err := p.portrait(i)
		if err != nil {
			t.Fatal(err)
		}
		pose, err := photo.JudgePose(decoded(t, name))
		if err != nil || len(pose.Hints) > 0 {
			t.Errorf("portrait %d: got hints %v, %v", i, pose.Hints, err)
		}
		b, _, err := photo.Portrait(decoded(t, name), photo.PortraitOptions{Crop: pose.Crop})
		if err != nil {
			t.Fatal(err)
		}
		img, _, err := photo.Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		shots, err := photo.ShotOf(img)
		if err != nil || len(shots) == 0 {
			t.Fatalf("portrait %d: got no face, %v", i, err)
		}
		for j, other := range kept {
			if far := other.Apart(shots); far <= photo.SameShot+0.03 {
				t.Errorf("portraits %d and %d are %.3f apart: one would be taken for the other", j, i, far)
			}
		}
		kept = append(kept, shots[0])
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
