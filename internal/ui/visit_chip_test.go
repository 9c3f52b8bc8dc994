package ui

import (
	"bytes"
	"image"
	"path/filepath"
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/helper"
	"doorstep/internal/helper/little"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

func TestTheChipBesideThePortrait(t *testing.T) {
	path, behaves := little.Build(t)
	agreed, err := helper.Choose(path)
	if err != nil {
		t.Fatal(err)
	}
	wlt := bytes.Repeat([]byte{60, 90, 130, 200, 170, 110, 80}, 147)[:helper.WLT]
	for name, look := range looks() {
		r := newRig(t, look)
		v := r.open(loan.First, false, entered, func(r *rig, id uuid.UUID) {
			r.must(r.u.desk.Attach(t.Context(), id, loan.CardStudent, wlt, "application/vnd.doorstep.wlt", "reader"))
		})
		images := v.steps[stepImages].(*imagesStep)
		student := images.people[0]
		again := func(h desk.Helpers) {
			if err := r.u.desk.Store().SetSetting(t.Context(), "desk.helpers", h); err != nil {
				t.Fatal(err)
			}
			r.ui(func() {
				images.chips.pictures, images.chips.words = map[loan.Hash]image.Image{}, map[loan.Hash]string{}
				images.chips.alike = map[[2]loan.Hash]string{}
				v.show(stepPapers)
				v.show(stepImages)
			})
			r.settle()
		}
		t.Run("without a program nothing is said of it, "+name, func(t *testing.T) {
			r.ui(func() { v.show(stepImages) })
			r.settle()
			r.ui(func() {
				if student.chip.Visible() || student.alike.Visible() {
					t.Error("there is something beside the portrait")
				}
			})
		})
		t.Run("the decoded picture stands beside the portrait, and the hint beneath, "+name, func(t *testing.T) {
			behaves("")
			again(desk.Helpers{desk.DecodeCard: agreed})
			r.ui(func() {
				if !student.chip.Visible() || !student.chip.HasImage() || student.alike.Visible() || images.people[1].chip.Visible() {
					t.Errorf("chip %v, picture %v, hint %v", student.chip.Visible(), student.chip.HasImage(), student.alike.Visible())
				}
			})
			again(desk.Helpers{desk.DecodeCard: agreed, desk.ComparePhoto: agreed})
			r.until("both were compared", func() bool { return student.alike.Text() != "" })
			r.ui(func() {
				if got := student.alike.Text(); !strings.Contains(got, "相似度 12") || !strings.Contains(got, "仅供参考") {
					t.Errorf("got %q", got)
				}
			})
			r.snap("visit-chip-" + name)
			if c := r.saved(v.id); len(c.Slot(loan.CardStudent)) != 1 || c.Status != loan.Draft {
				t.Error("the case is another")
			}
		})
		t.Run("one that fails keeps nobody from attesting, "+name, func(t *testing.T) {
			behaves("fail")
			again(desk.Helpers{desk.DecodeCard: agreed, desk.ComparePhoto: agreed})
			r.ui(func() {
				if student.chip.HasImage() || student.alike.Visible() {
					t.Error("a picture out of nothing")
				}
				if student.shoot.Disabled() {
					t.Error("the portrait cannot be taken")
				}
			})
			behaves("")
		})
	}
}

func TestHelpersInTheWindow(t *testing.T) {
	path, _ := little.Build(t)
	r := asAdmin(t)
	inManage[*deviceSection](r, ofDevice)
	r.settle()
	all := func() desk.Helpers {
		h, err := r.u.desk.Helpers(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	var card *helpersCard
	r.ui(func() { card = newHelpersCard(r.u) })
	r.settle()
	r.ui(func() { card.choose(desk.DecodeCard, "证件芯片照片") })
	r.settle()
	r.chooses(path)
	if len(all()) != 0 {
		t.Error("in use before it was agreed to")
	}
	r.snap("dialog-helper")
	r.answer()
	if got := all()[desk.DecodeCard].Path; got != path {
		t.Errorf("got %q", got)
	}
	r.ui(func() { r.u.shell.screen.(*manage).turn(ofDevice) })
	r.settle()
	r.ui(func() {
		m := r.u.shell.screen.(*manage)
		m.scroll.ScrollToBottom()
	})
	r.snap("manage-helpers")
	r.ui(func() { card.set(desk.DecodeCard, "", "停用") })
	r.settle()
	if len(all()) != 0 {
		t.Error("it cannot be switched off")
	}
	r.ui(func() { card.set(desk.DecodeCard, filepath.Dir(path), "启用") })
	r.settle()
	if r.dialog() == nil || len(all()) != 0 {
		t.Error("a folder is taken for a program")
	}
}
