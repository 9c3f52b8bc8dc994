package loan_test

import (
	"testing"

	. "doorstep/internal/loan"
)

const numberA, numberB = "522727197805200017", "522727197911110025"

// asked is a case with name and number of the student, as far as they are given, who
// consented, whose portrait is there, and attested.
func asked(person ...any) *laptop {
	l := newLaptop(1)
	opened(l)
	if len(person) > 0 {
		l.write("clerk", ChangeEdit, fields(person...))
	}
	l.write("clerk", ChangeAttach, AttachBody{Attachment: Attachment{Slot: PortraitStudent, Blob: blob(1), Media: "image/jpeg", Size: 1}})
	l.write("clerk", ChangeAttest, PartyBody{StudentParty})
	for _, p := range []string{ConsentSensitive, ConsentCredit} {
		l.write("clerk", ChangeConsent, ConsentBody{Party: StudentParty, Purpose: p, Text: p + "/1", Given: true})
	}
	return l
}

func TestAConsentIsOfWhoGaveItInTheFold(t *testing.T) {
	set := func(l *laptop, kv ...any) { l.write("clerk", ChangeEdit, fields(kv...)) }
	name, number := "student.name", "student.id_no"
	for about, k := range map[string]struct {
		l    *laptop
		do   func(l *laptop)
		kept bool
	}{
		"another at once": {asked(name, "韦测甲", number, numberA), func(l *laptop) { set(l, name, "韦测乙", number, numberB) }, false},
		"another, one after the other": {asked(name, "韦测甲", number, numberA), func(l *laptop) {
			set(l, name, "韦测乙")
			set(l, number, numberB)
		}, false},
		"a name put right":                            {asked(name, "韦测甲", number, numberA), func(l *laptop) { set(l, name, "韦测申") }, true},
		"a number put right":                          {asked(name, "韦测甲", number, numberA), func(l *laptop) { set(l, number, numberB) }, true},
		"a name alone, and the same person's number":  {asked(name, "韦测甲"), func(l *laptop) { set(l, number, numberA) }, true},
		"a name alone, and another's name and number": {asked(name, "韦测甲"), func(l *laptop) { set(l, name, "韦测乙", number, numberB) }, false},
		"a name alone, another's name, then a number": {asked(name, "韦测甲"), func(l *laptop) {
			set(l, name, "韦测乙")
			set(l, number, numberB)
		}, false},
		"a name alone, its number, then another": {asked(name, "韦测甲"), func(l *laptop) {
			set(l, number, numberA)
			set(l, name, "韦测乙")
			set(l, number, numberB)
		}, false},
		"a number alone, and another's name and number": {asked(number, numberA), func(l *laptop) { set(l, name, "韦测乙", number, numberB) }, false},
		"nobody yet, and who is entered first":          {asked(), func(l *laptop) { set(l, name, "韦测甲", number, numberA) }, true},
		"nobody yet, and who comes after that": {asked(), func(l *laptop) {
			set(l, name, "韦测甲")
			set(l, name, "韦测乙", number, numberB)
		}, false},
		"by a person's choice between values": {asked(name, "韦测甲", number, numberA), func(l *laptop) {
			l.write("clerk", ChangeResolve, fields(name, "韦测乙", number, numberB))
		}, false},
		"a name by one laptop, the number by another": {asked(name, "韦测甲", number, numberA), func(l *laptop) {
			other := newLaptop(2)
			other.get(l)
			set(l, name, "韦测乙")
			set(other, number, numberB)
			l.get(other)
		}, false},
		"a name by the other laptop, the number by this": {asked(name, "韦测甲", number, numberA), func(l *laptop) {
			other := newLaptop(2)
			other.get(l)
			set(l, number, numberB)
			set(other, name, "韦测乙")
			l.get(other)
		}, false},
		"a consent of the former, heard by a laptop that did not know of the other": {asked(name, "韦测甲", number, numberA), func(l *laptop) {
			other := newLaptop(0) // before the other's changes of the same height
			other.get(l)
			set(other, name, "韦测乙", number, numberB)
			for _, p := range []string{ConsentSensitive, ConsentCredit} {
				l.write("clerk", ChangeConsent, ConsentBody{Party: StudentParty, Purpose: p, Text: p + "/1", Given: true})
			}
			l.write("clerk", ChangeAttest, PartyBody{StudentParty})
			l.get(other)
		}, false},
	} {
		t.Run(about, func(t *testing.T) {
			k.do(k.l)
			c := mustFold(t, k.l)
			if got := len(c.Consents[StudentParty]) == 2; got != k.kept || len(c.ConsentedAt[StudentParty]) != len(c.Consents[StudentParty]) {
				t.Errorf("consents %v, want kept %v", c.Consents[StudentParty], k.kept)
			}
			if c.Attested[StudentParty] != k.kept || c.App.Student.PhotoOK != k.kept || c.App.Student.Consent != k.kept {
				t.Errorf("attested %v, want %v", c.Attested[StudentParty], k.kept)
			}
			if !k.kept && len(c.Retracted) < 2 {
				t.Errorf("the case says of %d alone that they stand no more", len(c.Retracted))
			}
			if len(c.Slot(PortraitStudent)) != 1 {
				t.Error("the picture is gone, which a person is to look at")
			}
			if k.kept {
				return
			}
			for _, p := range []string{ConsentSensitive, ConsentCredit} {
				k.l.write("clerk", ChangeConsent, ConsentBody{Party: StudentParty, Purpose: p, Text: p + "/1", Given: true})
			}
			set(k.l, name, "韦测丙")
			if c := mustFold(t, k.l); !c.App.Student.Consent {
				t.Error("asked again, the new person's consents are measured by the former")
			}
		})
	}
}

func TestAWholePersonIsNotSetAtOnce(t *testing.T) {
	for path, value := range map[string]any{"student": map[string]string{"name": "韦测乙", "id_no": numberB}, "coborrowers": []any{map[string]string{"name": "韦测乙", "id_no": numberB}}, "coborrowers.0": map[string]string{"id_no": numberB}} {
		l := asked("student.name", "韦测甲", "student.id_no", numberA)
		l.write("clerk", ChangeResolve, fields(path, value))
		c := l.fold()
		if len(c.Aside) != 1 {
			t.Errorf("%s: taken", path)
		}
		if c.App.Student.Name != "韦测甲" || len(c.App.Coborrowers) > 0 {
			t.Errorf("%s: the case changed", path)
		}
	}
}
