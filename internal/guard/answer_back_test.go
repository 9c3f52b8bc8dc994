package guard

import (
	"slices"
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

func backOne(t testing.TB) AnswerBack {
	t.Helper()
	w := waitingOne(t)
	p, err := w.Plea()
	if err != nil {
		t.Fatal(err)
	}
	id, err := p.ID()
	if err != nil {
		t.Fatal(err)
	}
	return AnswerBack{Operator: "admin-2", Answer: SaidNo, Why: WhyApproved, By: "admin-1", Device: w.Device, Asker: w.Operator, Ask: w.Ask, Grant: id, Case: w.Case,
		At: time.Date(2026, 8, 1, 9, 0, 0, 0, time.UTC)}
}

func TestAListOfAnswersWithoutEffectHoldsThoseAlone(t *testing.T) {
	good := backOne(t)
	back := good
	back.Answer, back.Ask = SaidBack, ""
	b, err := EncodeAnswersBack([]AnswerBack{good, back})
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseAnswersBack(b)
	if err != nil || !slices.Equal(got, []AnswerBack{good, back}) {
		t.Fatalf("got %+v, %v", got, err)
	}
	for name, change := range map[string]func(*AnswerBack){
		"of nobody": func(a *AnswerBack) { a.Operator = "" }, "another answer": func(a *AnswerBack) { a.Answer = "perhaps" }, "another reason": func(a *AnswerBack) { a.Why = "no" },
		"approved by nobody": func(a *AnswerBack) { a.By = "" }, "an ask that is none": func(a *AnswerBack) { a.Ask = "00" }, "no ask": func(a *AnswerBack) { a.Ask = "" },
		"no laptop": func(a *AnswerBack) { a.Device = uuid.Nil }, "a grant that is none": func(a *AnswerBack) { a.Grant = "a b" }, "no time": func(a *AnswerBack) { a.At = time.Time{} },
		"an asker that is none": func(a *AnswerBack) { a.Asker = "A b" },
	} {
		a := good
		change(&a)
		if _, err := EncodeAnswersBack([]AnswerBack{a}); fault.KindOf(err) != fault.Input {
			t.Errorf("%s: got %v, want refused", name, err)
		}
	}
	if _, err := ParseAnswersBack([]byte(`{"version":2,"answers":[]}`)); fault.KindOf(err) != fault.Newer {
		t.Errorf("a later version: got %v", err)
	}
}

func TestHowTheRecordTellsOfAnAnswerWithoutEffect(t *testing.T) {
	for detail, want := range map[string][2]string{
		AnswerBack{Answer: SaidNo, Grant: "p-00ff", Why: WhyApproved}.Detail(): {"不批准没有生效，授权 p-00ff：已经批准过", "答复无效"},
		TakenBackDetail("p-00ff", "rev-1", [4]byte{1, 2, 3, 4}):                {"撤销授权 p-00ff，给 rev-1，电脑 01020304", "撤销授权"},
	} {
		l := Line{Kind: loan.ChangeView, Detail: detail}
		if got := [2]string{l.Words(nil), l.Label()}; got != want || l.Saw() {
			t.Errorf("%q: got %q, want %q", detail, got, want)
		}
	}
}

func FuzzParseAnswersBack(f *testing.F) {
	b, err := EncodeAnswersBack([]AnswerBack{backOne(f)})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{"version":1,"answers":[]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := ParseAnswersBack(b)
		if err != nil {
			return
		}
		if _, err := EncodeAnswersBack(list); err != nil {
			t.Errorf("what was read is not written: %v", err)
		}
	})
}
