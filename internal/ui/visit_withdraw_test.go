package ui

import (
	"context"
	"strings"
	"testing"

	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"github.com/google/uuid"
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

func TestTheSecondSignatureWaitsForAConsentThatWasTakenBack(t *testing.T) {
	r := newRig(t, kit.Light)
	v, _ := toSign(r)
	r.press("请借款学生签名")
	r.draws()
	r.ticks()
	r.answer()
	r.press("请共同借款人签名")
	r.draws()
	r.ticks()
	// It is heard elsewhere while the pad is open.
	r.must(r.u.desk.Withdraw(context.Background(), v.id, loan.StudentParty, loan.ConsentCredit))
	r.answer()
	if words := r.dialogWords(); !strings.Contains(words, "借款学生的《") || !strings.Contains(words, "原来的签名作废") {
		t.Fatalf("the dialog says %q", words)
	}
	r.snap("dialog-consent-gone")
	r.answer()
	if k := r.saved(v.id).Contract; k == nil || len(k.Signatures) != 0 {
		t.Errorf("begun anew: %+v", k)
	}
	r.ui(func() {
		v.show(stepStudent)
		if got := v.banner.button.Text(); got != "继续修改" {
			t.Errorf("the banner's button says %q", got)
		}
	})
}

func TestAConsentIsTakenBackWhereTheCaseIsNot(t *testing.T) {
	r := newRig(t, kit.Light)
	r.inRoom(otherPeer(true))
	id := r.numbered("韦测丁")
	r.must(r.u.desk.Consent(context.Background(), id, loan.StudentParty, loan.ConsentCredit, textFor(loan.ConsentCredit).ID, true))
	r.must(r.u.desk.PassOn(context.Background(), id, otherLaptop, "B", loan.EntryStation))
	r.openFor(id)
	v := r.visit()
	r.ui(func() { v.show(stepStudent) })
	r.settle()
	k := v.steps[stepStudent].(*studentStep).person.consent
	r.ui(func() {
		if !k.back.Visible() {
			t.Fatal("it is not offered")
		}
		k.withdraw()
	})
	if words := r.dialogWords(); !strings.Contains(words, "B 机“录入”工位") || !strings.Contains(words, "不再导出") {
		t.Errorf("the dialog says %q", words)
	}
	r.snap("room-withdraw")
}

func TestAConsentIsRegisteredAnewOnASignedCase(t *testing.T) {
	for name, prepare := range map[string][]func(*rig, uuid.UUID){
		"signed": {entered, submitted, reviewed, signed}, "delivered": {entered, submitted, reviewed, signed, finished},
		"signed by both": {entered, submitted, reviewed, signedByBoth},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, kit.Light)
			v := r.open(loan.First, false, prepare...)
			r.must(r.u.desk.Withdraw(t.Context(), v.id, loan.StudentParty, loan.ConsentCredit))
			r.ui(v.refreshCase)
			r.settle()
			k := v.steps[stepStudent].(*studentStep).person.consent
			box := k.boxes[loan.ConsentCredit]
			tick := func() {
				r.ui(func() {
					v.unlocked = true
					v.show(stepStudent)
					box.Tapped(nil)
				})
				r.settle()
			}
			tick()
			if r.dialog() == nil {
				t.Fatal("the tick is refused without a word")
			}
			r.ui(func() {
				r.dialog().Close()
				if box.Checked() {
					t.Error("the tick stays though nothing was registered")
				}
			})
			tick()
			r.ui(func() {
				r.u.win.Canvas().Focused().(*kit.Field).SetText("本人当面重新同意")
				fyneTap(r.dialog().YesButton())
			})
			c := r.saved(v.id)
			if c.Consents[loan.StudentParty][loan.ConsentCredit] == "" || c.Status != loan.Corrected {
				t.Errorf("the case is %s, its consents %v", c.Status, c.Consents[loan.StudentParty])
			}
			r.ui(func() {
				if !box.Checked() {
					t.Error("it is registered, and the box does not say so")
				}
			})
		})
	}
}

func TestTheListSaysWhichConsentWasTakenBack(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false, entered, submitted, reviewed, signed, finished)
	r.must(r.u.desk.Withdraw(t.Context(), v.id, loan.StudentParty, loan.ConsentCredit))
	r.ui(v.refreshCase)
	r.settle()
	r.ui(func() {
		var said string
		for _, w := range v.problems.todo {
			said += w.Text + "\n"
		}
		if want := "本人已撤回对" + loan.PurposeLabel(loan.ConsentCredit) + "的同意"; !strings.Contains(said, want) || strings.Contains(said, "单独同意") {
			t.Errorf("the list says %q, want %q", said, want)
		}
		v.show(stepStudent)
		v.tried = true
		k := v.steps[stepStudent].(*studentStep).person.consent
		k.mark()
		if got, want := k.note.Text(), "本人已撤回对"+loan.PurposeLabel(loan.ConsentCredit)+"的同意　E-CT-001"; !strings.HasSuffix(got, want) || strings.Contains(got, "未取得") {
			t.Errorf("the card says %q, want %q at its end", got, want)
		}
	})
}

func TestWhatAWithdrawalRefusedIsSavedOnceTheConsentIsGivenAnew(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false, entered)
	r.must(r.u.desk.Withdraw(t.Context(), v.id, loan.StudentParty, loan.ConsentSensitive))
	r.ui(func() { r.u.shell.arrived() })
	r.settle()
	r.ui(func() { v.show(stepStudent) })
	r.types("student.phone", "15400000007")
	r.ui(func() {
		if got := v.form.find("student.phone").label.Error(); !strings.HasPrefix(got, "没有保存：请先由本人重新登记同意。") || v.unsaved != 1 {
			t.Errorf("refused: it says %q, %d not saved", got, v.unsaved)
		}
		p := v.steps[stepImages].(*imagesStep).people[0]
		p.takeFromFile()
		p.takeByCamera()
		v.steps[stepImages].(*imagesStep).choose(loan.DocSlot(loan.StudentIDCard))
		if r.dialog() != nil {
			t.Error("a picture that may not be taken in is asked for")
		}
		v.steps[stepStudent].(*studentStep).person.consent.boxes[loan.ConsentSensitive].Tapped(nil)
	})
	r.settle()
	if got := r.saved(v.id).App.Student.Phone; got != "15400000007" {
		t.Errorf("saved %q", got)
	}
	r.ui(func() {
		if v.unsaved != 0 || v.form.find("student.phone").failed != "" {
			t.Errorf("%d not saved", v.unsaved)
		}
		p := v.steps[stepImages].(*imagesStep).people[0]
		if p.takeFromFile(); r.dialog() == nil && r.u.win.Canvas().Overlays().Top() == nil {
			t.Error("no file is asked for")
		}
	})
}

func TestWhoTakesAllConsentsBackIsNotToldThatThePersonIsAnother(t *testing.T) {
	const another = "换了人"
	says := func(r *rig) bool {
		return strings.Contains(strings.Join(allWords(r.u.win.Canvas().Content()), ""), another)
	}
	t.Run("taken back in the window", func(t *testing.T) {
		r := newRig(t, kit.Light)
		v := r.open(loan.First, false, entered, submitted, reviewed)
		r.ui(func() {
			v.show(stepStudent)
			v.steps[stepStudent].(*studentStep).person.consent.register(loan.Purposes())
		})
		if c := r.saved(v.id); len(c.Consents[loan.StudentParty]) != 0 {
			t.Fatalf("there are %v", c.Consents[loan.StudentParty])
		}
		r.ui(func() {
			if says(r) {
				t.Error("the person is told to be another")
			}
		})
	})
	t.Run("and whoever is another is", func(t *testing.T) {
		r := newRig(t, kit.Light)
		v := r.open(loan.First, false, entered)
		r.ui(func() { v.show(stepStudent) })
		r.must(r.u.desk.Edit(t.Context(), v.id, map[string]any{"student.name": "韦测另", "student.id_no": testID("52272720050101001")}))
		r.ui(v.refreshCase)
		r.until("it is said", func() bool { return says(r) })
	})
}
