package desk_test

import (
	"strings"
	"testing"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"github.com/google/uuid"
)

// answerGrant is what a data administrator at the centre answers to a request.
func (f *field) answerGrant(code, operator, by string, device uuid.UUID, at time.Time) string {
	f.t.Helper()
	b, err := seal.ParseSpoken(code, guard.AskSize)
	if err != nil {
		f.t.Fatal(err)
	}
	ask, err := guard.ParseAsk(b)
	if err != nil {
		f.t.Fatal(err)
	}
	m, err := guard.Plea{Device: guard.TagOf(device), Operator: operator, Ask: ask}.Message(by, guard.DayOf(at))
	if err != nil {
		f.t.Fatal(err)
	}
	k, err := f.centre.Agree(f.p.Signer.Public(), guard.GrantLabel)
	if err != nil {
		f.t.Fatal(err)
	}
	return seal.Spoken(k.Answer(m))
}

func wanted(id uuid.UUID) desk.Wanted {
	return desk.Wanted{Fields: []string{guard.ImagesField, "student.phone"}, Case: id, Hours: 2, Reason: "核对家长投诉"}
}

// askedFor is a reviewer at a laptop of a real county, and another's case whose
// pictures he asks for.
func askedFor(t *testing.T) (f *field, c *loan.Case, a desk.Asked) {
	t.Helper()
	f = newField(t)
	c = entered(t, f.d)
	f.in("reviewer-1", reviewPassword, clock())
	a, err := f.d.AskGrant(t.Context(), wanted(c.ID))
	if err != nil {
		t.Fatal(err)
	}
	return f, c, a
}

func TestAGrantByTelephone(t *testing.T) {
	f, c, a := askedFor(t)
	ctx, face := t.Context(), c.Slot(loan.PortraitStudent)[0].Blob
	images := []string{guard.ImagesField}
	if err := f.d.Reveal(ctx, c.ID, images, "核对家长投诉"); fault.KindOf(err) != fault.Denied {
		t.Fatalf("before: got %v", err)
	}
	good := f.answerGrant(a.Code, "reviewer-1", "admin-1", f.p.Device, clock())
	for name, k := range map[string]struct {
		code, answer string
		kind         fault.Kind
	}{
		"a slip of the pen":               {a.Code, "12", fault.Input},
		"a guess":                         {a.Code, seal.Spoken([]byte("guessguess")), fault.Untrusted},
		"an answer to another operator":   {a.Code, f.answerGrant(a.Code, "clerk-1", "admin-1", f.p.Device, clock()), fault.Untrusted},
		"an answer to another laptop":     {a.Code, f.answerGrant(a.Code, "reviewer-1", "admin-1", uuid.New(), clock()), fault.Untrusted},
		"an answer by a clerk":            {a.Code, f.answerGrant(a.Code, "reviewer-1", "clerk-1", f.p.Device, clock()), fault.Untrusted},
		"an answer by nobody":             {a.Code, f.answerGrant(a.Code, "reviewer-1", "nobody", f.p.Device, clock()), fault.Untrusted},
		"an answer of three days ago":     {a.Code, f.answerGrant(a.Code, "reviewer-1", "admin-1", f.p.Device, clock().AddDate(0, 0, -3)), fault.Untrusted},
		"a request that was never made":   {seal.Spoken(must(t, guard.Ask{Fields: images, Hours: 2, Count: 9})), good, fault.Missing},
		"a renewal's answer, for a grant": {a.Code, f.answer(seal.Spoken(make([]byte, 5)), "reviewer-1", f.p.Device, clock()), fault.Untrusted},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := f.d.TakeGrant(ctx, k.code, k.answer); fault.KindOf(err) != k.kind {
				t.Errorf("got %v, want %v", err, k.kind)
			}
		})
	}
	if _, b := lastLook(t, f.d, loan.ChangeView); !strings.HasPrefix(b.Detail, "grant refused") {
		t.Errorf("the chain says %q of what was refused", b.Detail)
	}
	g, err := f.d.TakeGrant(ctx, a.Code, good)
	if err != nil {
		t.Fatal(err)
	}
	if g.By != "admin-1" || g.Operator != "reviewer-1" || len(g.Cases) != 1 || g.Cases[0] != c.ID || g.Until.Sub(g.From) != 2*time.Hour {
		t.Errorf("granted %+v", g)
	}
	if ch, b := lastLook(t, f.d, loan.ChangeView); ch.Case != c.ID || !strings.Contains(b.Detail, g.ID) || !strings.Contains(b.Detail, "by admin-1") || b.Reason == "" {
		t.Errorf("the chain says %+v", b)
	}
	t.Run("serves once", func(t *testing.T) {
		if _, err := f.d.TakeGrant(ctx, a.Code, good); fault.KindOf(err) != fault.Missing {
			t.Errorf("again: got %v", err)
		}
	})
	t.Run("shows what it names, for a while", func(t *testing.T) {
		if _, err := f.d.Blob(ctx, c.ID, face); fault.KindOf(err) != fault.Denied {
			t.Errorf("without asking to see it: got %v", err)
		}
		if err := f.d.Reveal(ctx, c.ID, images, "核对家长投诉"); err != nil {
			t.Fatal(err)
		}
		if _, err := f.d.Blob(ctx, c.ID, face); err != nil {
			t.Errorf("the picture: %v", err)
		}
		if _, b := lastLook(t, f.d, loan.ChangeReveal); b.Detail != "grant "+g.ID {
			t.Errorf("the chain says %q", b.Detail)
		}
		f.now = f.now.Add(time.Minute)
		if _, err := f.d.Blob(ctx, c.ID, face); fault.KindOf(err) != fault.Denied {
			t.Errorf("a minute later: got %v", err)
		}
	})
	t.Run("ends", func(t *testing.T) {
		f.now = clock().Add(2 * time.Hour)
		if err := f.d.Reveal(ctx, c.ID, images, "核对家长投诉"); fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "过期") {
			t.Errorf("got %v", err)
		}
		f.now = clock().Add(time.Minute)
	})
	t.Run("is taken back by the county, and says so", func(t *testing.T) {
		b := bulletin.Bulletin{County: "522727", Kind: bulletin.Grant, Name: g.ID, Version: uint64(clock().UnixMilli()), Issued: clock().UTC(), Withdrawn: true}
		raw, err := b.Sign(f.centre)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.d.TakeFile(ctx, raw); err != nil {
			t.Fatal(err)
		}
		if err := f.d.Reveal(ctx, c.ID, images, "核对家长投诉"); fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "撤销") {
			t.Errorf("got %v", err)
		}
	})
}

func must(t *testing.T, a guard.Ask) []byte {
	t.Helper()
	b, err := a.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAGrantByAnAdministratorAtTheDesk(t *testing.T) {
	f, c, a := askedFor(t)
	ctx := t.Context()
	if _, err := f.d.ApproveAsk(ctx, a.Code, "clerk-1", []byte(clerkPassword), nil); fault.KindOf(err) != fault.Denied {
		t.Errorf("by a clerk: got %v", err)
	}
	if _, err := f.d.ApproveAsk(ctx, a.Code, "admin-1", []byte("wrong horse 9"), nil); fault.KindOf(err) != fault.Password {
		t.Errorf("by a wrong password: got %v", err)
	}
	if _, err := f.d.ApproveAsk(ctx, a.Code, "admin-1", []byte(clerkPassword), nil); err != nil {
		t.Fatal(err)
	}
	if ch, b := lastLook(t, f.d, loan.ChangeView); ch.Operator != "admin-1" || !strings.Contains(b.Detail, "for reviewer-1 by admin-1") {
		t.Errorf("the chain says %s %+v", ch.Operator, b)
	}
	if err := f.d.Reveal(ctx, c.ID, []string{guard.ImagesField}, "核对家长投诉"); err != nil {
		t.Error(err)
	}
	f.in("admin-1", clerkPassword, clock())
	own, err := f.d.AskGrant(ctx, wanted(c.ID))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.d.ApproveAsk(ctx, own.Code, "admin-1", []byte(clerkPassword), nil); fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "自己") {
		t.Errorf("one's own: got %v", err)
	}
	another := admin()
	another.ID = "admin-2"
	if err := f.d.Store().AddOperator(ctx, another); err != nil {
		t.Fatal(err)
	}
	if g, err := f.d.TakeGrant(ctx, own.Code, f.answerGrant(own.Code, "admin-1", "admin-2", f.p.Device, clock())); err != nil || g.By != "admin-2" {
		t.Errorf("by another administrator: %+v, %v", g, err)
	}
}

func TestAGrantByAnAdministratorAtAnotherLaptop(t *testing.T) {
	f, c, a := askedFor(t)
	ctx := t.Context()
	p := profile(t)
	p.CADER, p.CountyKey = f.p.CADER, sameKey(t, f.p.CountyKey)
	other := laptopOf(t, t.TempDir(), p)
	if err := other.Store().EnableOperator(ctx, admin(), []byte(clerkPassword)); err != nil {
		t.Fatal(err)
	}
	if _, err := other.AnswerAsk(ctx, f.p.Device.String()[28:], "reviewer-1", a.Code, "核对家长投诉"); fault.KindOf(err) != fault.Denied {
		t.Errorf("by a clerk: got %v", err)
	}
	other, err := signedIn(t, other, "admin-1", clerkPassword)
	if err != nil {
		t.Fatal(err)
	}
	ask, _, err := other.ReadAsk(f.p.Device.String()[28:], a.Code)
	if err != nil || ask.Hours != 2 || ask.Case != guard.TagOf(c.ID) || len(ask.Fields) != 2 {
		t.Fatalf("read %+v, %v", ask, err)
	}
	for _, device := range []string{"", "zzzzzzzz", "0123456", f.p.Device.String()} {
		if _, err := other.AnswerAsk(ctx, device, "reviewer-1", a.Code, "核对家长投诉"); fault.KindOf(err) != fault.Input {
			t.Errorf("%q: got %v", device, err)
		}
	}
	answer, err := other.AnswerAsk(ctx, f.p.Device.String()[28:], "reviewer-1", a.Code, "核对家长投诉")
	if err != nil {
		t.Fatal(err)
	}
	if _, b := lastLook(t, other, loan.ChangeView); !strings.Contains(b.Detail, "for reviewer-1") {
		t.Errorf("the other's chain says %q", b.Detail)
	}
	if _, err := other.AnswerAsk(ctx, f.p.Device.String()[28:], "admin-1", a.Code, "核对家长投诉"); fault.KindOf(err) != fault.Denied {
		t.Errorf("for oneself: got %v", err)
	}
	for _, days := range []int{-3, -2, 2, 3} {
		m, err := guard.Plea{Device: guard.TagOf(f.p.Device), Operator: "reviewer-1", Ask: ask}.Message("admin-1", guard.DayOf(clock().AddDate(0, 0, days)))
		if err != nil {
			t.Fatal(err)
		}
		stale := seal.Spoken(f.p.CountyKey.Derive("doorstep grant answer 1").Answer(m))
		if _, err := f.d.TakeGrant(ctx, a.Code, stale); fault.KindOf(err) != fault.Untrusted {
			t.Errorf("an answer of the day %d days from today: got %v", days, err)
		}
	}
	if g, err := f.d.TakeGrant(ctx, a.Code, answer); err != nil || g.By != "admin-1" {
		t.Errorf("got %+v, %v", g, err)
	}
	foreign := laptopOf(t, t.TempDir(), profile(t)) // another county
	if err := foreign.Store().EnableOperator(ctx, admin(), []byte(clerkPassword)); err != nil {
		t.Fatal(err)
	}
	if foreign, err = signedIn(t, foreign, "admin-1", clerkPassword); err != nil {
		t.Fatal(err)
	}
	again, err := f.d.AskGrant(ctx, wanted(c.ID))
	if err != nil {
		t.Fatal(err)
	}
	if answer, err = foreign.AnswerAsk(ctx, f.p.Device.String()[28:], "reviewer-1", again.Code, "核对家长投诉"); err != nil {
		t.Fatal(err)
	}
	if _, err := f.d.TakeGrant(ctx, again.Code, answer); fault.KindOf(err) != fault.Untrusted {
		t.Errorf("of another county: got %v", err)
	}
}

func sameKey(t *testing.T, k *seal.Key) *seal.Key {
	t.Helper()
	out, err := seal.KeyFromBytes(k.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAnotherOperatorsRequestIsNotTaken(t *testing.T) {
	f, _, a := askedFor(t)
	good := f.answerGrant(a.Code, "reviewer-1", "admin-1", f.p.Device, clock())
	f.in("clerk-2", clerkPassword, clock())
	if _, err := f.d.TakeGrant(t.Context(), a.Code, good); fault.KindOf(err) != fault.Denied {
		t.Errorf("got %v", err)
	}
	if got, err := f.d.Asks(t.Context()); err != nil || len(got) != 0 {
		t.Errorf("a clerk sees %d requests of others, %v", len(got), err)
	}
	f.in("admin-1", clerkPassword, clock())
	if got, err := f.d.Asks(t.Context()); err != nil || len(got) != 1 || got[0].Reason != "核对家长投诉" {
		t.Errorf("the administrator sees %+v, %v", got, err)
	}
	f.now = clock().Add(73 * time.Hour)
	if got, err := f.d.Asks(t.Context()); err != nil || len(got) != 0 {
		t.Errorf("after three days: %d, %v", len(got), err)
	}
}

func TestACountedGrantIsUsedUp(t *testing.T) {
	f := newField(t)
	var cases []uuid.UUID
	for range 3 {
		cases = append(cases, entered(t, f.d).ID)
	}
	f.in("reviewer-1", reviewPassword, clock())
	a, err := f.d.AskGrant(t.Context(), desk.Wanted{Fields: []string{guard.ImagesField}, Count: 2, Hours: 2, Reason: "抽查影像质量"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.d.TakeGrant(t.Context(), a.Code, f.answerGrant(a.Code, "reviewer-1", "admin-1", f.p.Device, clock())); err != nil {
		t.Fatal(err)
	}
	for i, id := range []uuid.UUID{cases[0], cases[1], cases[0]} {
		if err := f.d.Reveal(t.Context(), id, []string{guard.ImagesField}, "抽查影像质量"); err != nil {
			t.Errorf("use %d: %v", i, err)
		}
	}
	if err := f.d.Reveal(t.Context(), cases[2], []string{guard.ImagesField}, "抽查影像质量"); !strings.Contains(fault.Sentence(err), "用完") {
		t.Errorf("one more: got %v", err)
	}
	f.in("reviewer-1", reviewPassword, clock())
	if err := f.d.Reveal(t.Context(), cases[2], []string{guard.ImagesField}, "抽查影像质量"); !strings.Contains(fault.Sentence(err), "用完") {
		t.Errorf("after signing in again: got %v", err)
	}
}

func TestAnEmergencyIsSeenAndReviewed(t *testing.T) {
	f := newField(t)
	c := entered(t, f.d)
	f.in("reviewer-1", reviewPassword, clock())
	ctx := t.Context()
	if _, err := f.d.BreakGlass(ctx, c.ID, ""); fault.KindOf(err) != fault.Input {
		t.Errorf("without a reason: got %v", err)
	}
	var last desk.Broken
	for i := range 3 {
		g, err := f.d.BreakGlass(ctx, c.ID, "洪水断网，家属急用")
		if err != nil {
			t.Fatal(err)
		}
		if last = g; g.Nth != i+1 {
			t.Errorf("it is number %d, want %d", g.Nth, i+1)
		}
	}
	if _, err := f.d.BreakGlass(ctx, c.ID, "洪水断网，家属急用"); fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "复查") {
		t.Errorf("a fourth: got %v", err)
	}
	if err := f.d.Reveal(ctx, c.ID, []string{guard.ImagesField}, "洪水断网，家属急用"); err != nil {
		t.Errorf("what it is for: %v", err)
	}
	if _, err := f.d.Glasses(ctx); fault.KindOf(err) != fault.Denied {
		t.Errorf("a reviewer lists them: got %v", err)
	}
	f.in("admin-1", clerkPassword, clock())
	all, err := f.d.Glasses(ctx)
	if err != nil || len(all) != 3 {
		t.Fatalf("got %d, %v", len(all), err)
	}
	if err := f.d.ReviewGlass(ctx, last.ID, true, ""); fault.KindOf(err) != fault.Input {
		t.Errorf("without a word: got %v", err)
	}
	if err := f.d.ReviewGlass(ctx, last.ID, false, "与灾情无关"); err != nil {
		t.Fatal(err)
	}
	if ch, b := lastLook(t, f.d, loan.ChangeView); ch.Case != c.ID || !strings.Contains(b.Detail, "reviewed: not right") || b.Reason != "与灾情无关" {
		t.Errorf("the chain says %+v", b)
	}
	if err := f.d.ReviewGlass(ctx, last.ID, true, "再看一次"); fault.KindOf(err) != fault.Missing {
		t.Errorf("again: got %v", err)
	}
	f.in("reviewer-1", reviewPassword, clock())
	if _, err := f.d.BreakGlass(ctx, c.ID, "洪水断网，家属急用"); err != nil {
		t.Errorf("after a review: %v", err)
	}
}
