package loan_test

import (
	"testing"

	. "doorstep/internal/loan"
)

func TestAConsentIsTakenBackWhereTheCaseIsNot(t *testing.T) {
	given := ConsentBody{Party: StudentParty, Purpose: ConsentCredit, Text: "credit/1", Given: true}
	back := given
	back.Given = false
	// The order of laptops decides between what they do at once: both are tried.
	for _, n := range [][2]byte{{1, 2}, {2, 1}} {
		start := func() (a, b *laptop) {
			a, b = newLaptop(n[0]), newLaptop(n[1])
			opened(a)
			a.write("anna", ChangeConsent, given)
			a.write("anna", ChangePass, passTo(b, EntryStation))
			b.get(a)
			return a, b
		}
		met := func(a, b *laptop) *Case {
			b.get(a)
			return b.fold()
		}
		t.Run("what the other did meanwhile stands, and the consent does not", func(t *testing.T) {
			a, b := start()
			a.write("anna", ChangeConsent, back)
			b.write("bert", ChangeSubmit, nil)
			b.write("rita", ChangeReview, ReviewBody{Pass: true})
			c := met(a, b)
			if c.Status != ToSign || len(c.Aside) != 0 {
				t.Errorf("%s, %d set aside", c.Status, len(c.Aside))
			}
			if c.MayShare() || len(c.TakenBack()) != 1 || c.TakenBack()[0].By != "anna" {
				t.Errorf("consents %v, taken back %v", c.Consents, c.TakenBack())
			}
		})
		t.Run("heard at both it is taken back once", func(t *testing.T) {
			a, b := start()
			a.write("anna", ChangeConsent, back)
			b.write("bert", ChangeConsent, back)
			if c := met(a, b); len(c.Aside) != 0 || c.Consents[StudentParty][ConsentCredit] != "" {
				t.Errorf("%d set aside, %v", len(c.Aside), c.Consents)
			}
		})
		t.Run("who gives it anew without a word of it is asked again", func(t *testing.T) {
			a, b := start()
			a.write("anna", ChangeConsent, back)
			b.write("bert", ChangeConsent, back)
			b.write("bert", ChangeConsent, given)
			c := met(a, b)
			if len(c.Aside) != 0 || c.Consents[StudentParty][ConsentCredit] != "" || len(c.TakenBack()) != 1 {
				t.Fatalf("%d set aside, %v, taken back %v", len(c.Aside), c.Consents, c.TakenBack())
			}
			if !c.TookBack(StudentParty, ConsentCredit) {
				t.Error("it is not known as taken back")
			}
			b.write("bert", ChangeConsent, given)
			if c := b.fold(); c.Consents[StudentParty][ConsentCredit] == "" || len(c.TakenBack()) != 0 {
				t.Errorf("given once more: %v, taken back %v", c.Consents, c.TakenBack())
			}
		})
	}
}
