package desk_test

import (
	"encoding/hex"
	"testing"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/guard"
	"doorstep/internal/seal"
)

// TestAnothersAnswerWithoutEffectHidesNoGrant has another administrator approve the same
// request at the centre, which says that he may not.
func TestAnothersAnswerWithoutEffectHidesNoGrant(t *testing.T) {
	for name, by := range map[string]string{"of another": "admin-9", "of his own, over the network": "both-1"} {
		t.Run(name, func(t *testing.T) {
			a := newAnswering(t)
			if err := a.look(a.ask, "核对是本人"); err != nil {
				t.Fatal(err)
			}
			all := a.leaves()
			back := guard.AnswerBack{Operator: by, Answer: guard.SaidYes, Why: guard.WhyMayNot, Device: a.other, Asker: "clerk-2",
				Ask: hex.EncodeToString(must(t, a.ask)), Grant: all[0].Grant, Case: a.c.ID, At: clock().Add(time.Hour).UTC()}
			b, err := guard.EncodeAnswersBack([]guard.AnswerBack{back})
			if err != nil {
				t.Fatal(err)
			}
			a.send(bulletin.Bulletin{Kind: bulletin.Answers, Name: bulletin.AnswersName, Issued: clock().Add(time.Minute).UTC(), Content: b})
			if got := a.leaves(); len(got) != 1 {
				t.Errorf("got %+v", got)
			}
			if err := a.d.TakeBack(t.Context(), all[0].Grant, "看错了申请人"); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestARequestWhoseGrantWasTakenBackUnheardIsAskedAnew has the county approve a request and
// take the grant back before the laptop hears of either.
func TestARequestWhoseGrantWasTakenBackUnheardIsAskedAnew(t *testing.T) {
	f, _, a := askedFor(t)
	raw, err := seal.ParseSpoken(a.Code, guard.AskSize)
	if err != nil {
		t.Fatal(err)
	}
	ask, err := guard.ParseAsk(raw)
	if err != nil {
		t.Fatal(err)
	}
	id, err := guard.Plea{Device: guard.TagOf(f.p.Device), Operator: "reviewer-1", Ask: ask}.ID()
	if err != nil {
		t.Fatal(err)
	}
	list, err := guard.EncodeWaiting(nil)
	if err != nil {
		t.Fatal(err)
	}
	f.send(bulletin.Bulletin{Kind: bulletin.Asks, Name: bulletin.AsksName, Issued: clock(), Content: list})
	f.send(bulletin.Bulletin{Kind: bulletin.Grant, Name: id, Issued: clock().Add(time.Minute).UTC(), Withdrawn: true})
	left, err := f.d.Asks(t.Context())
	if err != nil || len(left) != 1 || !left[0].Over() || !left[0].Back {
		t.Errorf("it waits: %+v, %v", left, err)
	}
	if told, err := f.d.Told(t.Context()); err != nil || len(told.Declined) != 1 {
		t.Errorf("nobody is told: %+v, %v", told, err)
	}
	if _, err := f.d.AskGrant(t.Context(), a.Wanted); err != nil {
		t.Error(err)
	}
}
