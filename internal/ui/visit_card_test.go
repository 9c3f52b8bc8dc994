package ui

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"doorstep/internal/capture"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2/test"
)

func testCard() capture.Card {
	return capture.Card{Kind: capture.ResidentCard, Name: "韦测𬎆", Sex: loan.Female, Nation: 9, Birth: "2005-03-14", Address: "贵州省平塘县测试镇1号",
		Number: studentID, Issuer: "平塘县公安局", From: "2020-01-02", To: "2030-01-02", Photo: bytes.Repeat([]byte{7}, 1024)}
}

// lays puts cards on the window's reader.
func (r *rig) lays(cards ...capture.Card) {
	r.u.deps.Reader = func(context.Context) (*capture.Reader, error) {
		return capture.NewFakeReader("练习读卡器", cards...), nil
	}
}

// reads lets the person's card be read, up to the clerk's next word.
func (r *rig) reads(p *personForm) {
	r.t.Helper()
	r.ui(func() { p.readCard() })
	r.settle()
}

func TestACardReadForACorrectionIsKeptWithIt(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false, entered, submitted, reviewed, signed, finished)
	r.ui(func() { v.show(stepStudent) })
	r.ui(func() {
		v.banner.button.Tapped(nil)
		v.show(stepStudent)
	})
	card := testCard()
	card.Name, card.Address = "韦测申", "贵州省平塘县测试镇9号"
	r.lays(card)
	r.reads(v.steps[stepStudent].(*studentStep).person)
	if r.dialog() == nil {
		t.Fatal("no difference is shown")
	}
	r.answer()
	if c := r.saved(v.id); c.Status == loan.Corrected || len(c.Cards) > 0 {
		t.Fatal("corrected without a reason")
	}
	r.ui(func() { test.Type(r.u.win.Canvas().Focused(), "姓名录错") })
	r.answer()
	c := r.saved(v.id)
	kept := c.Cards[loan.StudentParty]
	if c.Status != loan.Corrected || c.App.Student.Name != "韦测申" || kept.Card.Issuer != card.Issuer || !slices.Equal(kept.Kept, []string{"address"}) {
		t.Errorf("%s, kept of the card %+v", c.Status, kept)
	}
	if held := c.Slot(loan.CardStudent); len(held) != 1 {
		t.Errorf("%d pictures of the chip", len(held))
	}
	if len(v.cards) > 0 {
		t.Error("it is kept again with the next correction")
	}
}

func TestReadingAnIDCard(t *testing.T) {
	shared := newRig(t, kit.Light)
	t.Run("an empty form is filled in, and the chip's picture kept", func(t *testing.T) {
		r := &rig{t, shared.u}
		v := r.open(loan.First, false)
		r.ui(func() {
			v.show(stepStudent)
			if f := r.u.win.Canvas().Focused(); f != v.steps[stepStudent].(*studentStep).person.fields["name"].inner {
				t.Errorf("the keyboard begins at %T, want the name", f)
			}
		})
		r.lays(testCard())
		r.reads(v.steps[stepStudent].(*studentStep).person)
		c := r.saved(v.id)
		want := loan.Person{Name: "韦测𬎆", IDNo: studentID, Birth: "2005-03-14", Sex: loan.Female, Ethnic: "布依族", IDValidTo: "2030-01-02", Address: "贵州省平塘县测试镇1号", IDOCRName: "韦测𬎆"}
		got := c.App.Student
		got.IDType, got.HukouCode = "", ""
		if got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
		if held := c.Slot(loan.CardStudent); len(held) != 1 || held[0].Size != 1024 || held[0].Media != "application/vnd.doorstep.wlt" {
			t.Errorf("pictures of the chip: got %v", held)
		}
		r.lays(testCard())
		r.reads(v.steps[stepStudent].(*studentStep).person)
		if held := r.saved(v.id).Slot(loan.CardStudent); len(held) != 1 {
			t.Errorf("read again: got %d pictures, want 1", len(held))
		}
	})
	t.Run("what was entered otherwise is shown beside it, and the clerk decides", func(t *testing.T) {
		r := &rig{t, shared.u}
		v := r.open(loan.First, false, entered)
		r.ui(func() { v.show(stepStudent) })
		card := testCard()
		card.Name, card.Address = "韦测申", "贵州省平塘县测试镇9号"
		r.lays(card)
		person := v.steps[stepStudent].(*studentStep).person
		r.reads(person)
		if r.dialog() == nil {
			t.Fatal("no difference is shown")
		}
		r.snap("dialog-card-difference")
		before := r.saved(v.id).App.Student
		if before.Name != "韦测𬎆" {
			t.Errorf("before the clerk's word: got %s", before.Name)
		}
		if kept := r.saved(v.id).Cards[loan.StudentParty]; kept.Card.Name != "韦测申" || kept.Card.Issuer != card.Issuer || kept.By != "clerk-1" || len(kept.Kept) != 0 {
			t.Errorf("before the clerk's word: kept of the card %+v", kept)
		}
		r.answer()
		if kept := r.saved(v.id).Cards[loan.StudentParty].Kept; !slices.Equal(kept, []string{"address"}) {
			t.Errorf("left as it was typed: %v", kept)
		}
		after := r.saved(v.id).App.Student
		if after.Name != "韦测申" || after.IDValidTo != "2030-01-02" || after.Address != before.Address {
			t.Errorf("got %s, %s, %s: want the card's name and day, and the address as it was", after.Name, after.IDValidTo, after.Address)
		}
	})
	t.Run("where nothing is taken, that is kept too, and shown where it is reviewed", func(t *testing.T) {
		r := &rig{t, shared.u}
		v := r.open(loan.First, false, entered)
		r.ui(func() { v.show(stepStudent) })
		card := testCard()
		card.Name, card.Address = "韦测申", "贵州省平塘县测试镇9号"
		r.lays(card)
		r.reads(v.steps[stepStudent].(*studentStep).person)
		r.ui(func() { r.dialog().Close() })
		r.settle()
		if kept := r.saved(v.id).Cards[loan.StudentParty].Kept; !slices.Contains(kept, "name") || !slices.Contains(kept, "address") {
			t.Errorf("left as it was typed: %v", kept)
		}
		r.ui(func() { v.show(stepReview) })
		beside := v.steps[stepReview].(*reviewStep).beside
		r.until("it is shown", func() bool { return beside.content.Visible() })
		var words string
		r.ui(func() { words = textsIn(beside.content) })
		for _, want := range []string{"韦测申", "贵州省平塘县测试镇9号", "读证后保留登记内容：" + v.person("clerk-1")} {
			if !strings.Contains(words, want) {
				t.Errorf("beside each other stands %q, want %s", words, want)
			}
		}
		r.snap("review-card-kept")
	})
	t.Run("a name that is kept against the card's is told of", func(t *testing.T) {
		r := &rig{t, shared.u}
		v := r.open(loan.First, false, entered)
		r.ui(func() { v.show(stepStudent) })
		card := testCard()
		card.Name = "韦测申"
		person := v.steps[stepStudent].(*studentStep).person
		fields, other := person.fromCard(card)
		r.ui(func() { person.keepCard(card, fields) })
		if len(other) == 0 || r.saved(v.id).App.Student.Name != "韦测𬎆" {
			t.Fatal("the name was changed unasked")
		}
		found := false
		r.ui(func() {
			for _, f := range v.report.Findings {
				found = found || f.Code == "E-NM-005"
			}
		})
		if !found {
			t.Error("nothing says that the card has another name")
		}
	})
	t.Run("without a reader, or with it pulled out, the words say that typing will do", func(t *testing.T) {
		r := &rig{t, shared.u}
		v := r.open(loan.First, false)
		r.ui(func() { v.show(stepCoborrower) })
		person := v.steps[stepCoborrower].(*coborrowerStep).person
		r.u.deps.Reader = func(context.Context) (*capture.Reader, error) {
			return nil, fault.Tell("test", fault.Unavailable, "没有找到身份证读卡器，可以手工录入。", nil)
		}
		var reading *cardReading
		r.ui(func() { reading = person.readCard() })
		r.settle()
		if words := reading.words.Text(); !strings.Contains(words, "手工录入") {
			t.Errorf("got %q", words)
		}
		r.snap("dialog-card-none")
		card := testCard()
		card.Number = parentID
		r.lays(card)
		r.answer() // plugged in, and read again
		if got := r.saved(v.id).App.Coborrowers[0].IDNo; got != parentID {
			t.Errorf("got %s after plugging in", got)
		}
	})
	t.Run("a foreigner's card fills in nothing", func(t *testing.T) {
		r := &rig{t, shared.u}
		v := r.open(loan.First, false)
		r.ui(func() { v.show(stepStudent) })
		r.lays(capture.Card{Kind: capture.ForeignCard, Name: "测试", Number: "USA110000000001", Latin: "CESHI, JIA", Country: "USA"})
		r.reads(v.steps[stepStudent].(*studentStep).person)
		r.ui(func() { r.dialog().Close() })
		if got := r.saved(v.id).App.Student; got.Name != "" || got.IDNo != "" {
			t.Errorf("got %+v", got)
		}
		if kept := r.saved(v.id).Cards[loan.StudentParty].Card; kept.Kind != loan.ForeignerPermanent || kept.Number != "USA110000000001" || kept.Latin != "CESHI, JIA" || kept.Country != "USA" {
			t.Errorf("kept of the card: %+v", kept)
		}
	})
	t.Run("a Hong Kong, Macau or Taiwan resident's card is told from a resident's, and the rules say what it means", func(t *testing.T) {
		r := &rig{t, shared.u}
		v := r.open(loan.First, false)
		r.ui(func() { v.show(stepStudent) })
		r.lays(capture.Card{Kind: capture.ResidenceCard, Name: "陈测", Number: testID("81000020060101002")})
		r.reads(v.steps[stepStudent].(*studentStep).person)
		c := r.saved(v.id)
		if c.App.Student.Name != "陈测" || c.App.Student.Ethnic != "" {
			t.Errorf("got %+v", c.App.Student)
		}
		if report := r.u.desk.CheckEntry(c); !slices.ContainsFunc(report.Findings, func(f loan.Finding) bool { return f.Code == "E-ID-011" }) {
			t.Errorf("the rules say %v", report.Findings)
		}
	})
	t.Run("giving up frees the reader", func(t *testing.T) {
		r := &rig{t, shared.u}
		v := r.open(loan.First, false)
		r.ui(func() { v.show(stepStudent) })
		r.lays() // no card ever
		r.ui(func() { v.steps[stepStudent].(*studentStep).person.readCard() })
		r.ui(func() { r.dialog().Close() })
		r.settle() // ends only when the reading has
	})
}

func TestNationsStandInTheOrderOfTheirNumbers(t *testing.T) {
	all := nations()
	for n, want := range map[int]string{1: "汉族", 8: "壮族", 9: "布依族", 30: "土族", 44: "俄罗斯族", 56: "基诺族"} {
		if got := all[n-1].ID; got != want {
			t.Errorf("number %d of GB/T 3304: got %s, want %s", n, got, want)
		}
	}
}
