package desk_test

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

func (f *field) leaves() []desk.Leave {
	f.t.Helper()
	all, err := f.d.Leaves(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	return all
}

func TestAnAdministratorTakesAGrantBackAtTheLaptopWhereItIsGood(t *testing.T) {
	f, c, a := askedFor(t)
	ctx, images := t.Context(), []string{guard.ImagesField}
	g, err := f.d.TakeGrant(ctx, a.Code, f.answerGrant(a.Code, "reviewer-1", "admin-1", f.p.Device, clock()))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.d.Reveal(ctx, c.ID, images, "核对家长投诉"); err != nil {
		t.Fatal(err)
	}
	if err := f.d.TakeBack(ctx, g.ID, "看错了申请人"); fault.KindOf(err) != fault.Denied {
		t.Errorf("by whose grant it is: got %v", err)
	}
	another := admin()
	another.ID = "admin-2"
	if err := f.d.Store().EnableOperator(ctx, another, []byte(clerkPassword)); err != nil {
		t.Fatal(err)
	}
	f.in("admin-2", clerkPassword, clock())
	all := f.leaves()
	if len(all) != 1 || all[0].Grant != g.ID || all[0].Where != "" || all[0].By != "admin-1" || all[0].Operator != "reviewer-1" || all[0].Case != c.ID.String()[28:] || !all[0].Until.Equal(g.Until) {
		t.Fatalf("got %+v", all)
	}
	if err := f.d.TakeBack(ctx, g.ID, ""); fault.KindOf(err) != fault.Input {
		t.Errorf("without a reason: got %v", err)
	}
	if err := f.d.TakeBack(ctx, "p-0102", "看错了申请人"); fault.KindOf(err) != fault.Missing {
		t.Errorf("one that is not: got %v", err)
	}
	if err := f.d.TakeBack(ctx, g.ID, "看错了申请人"); err != nil {
		t.Fatal(err)
	}
	if ch, b := lastLook(t, f.d, loan.ChangeView); ch.Operator != "admin-2" || ch.Case != c.ID || b.Reason != "看错了申请人" || b.Detail != guard.TakenBackDetail(g.ID, "reviewer-1", guard.TagOf(f.p.Device)) {
		t.Errorf("the chain says %+v of %s", b, ch.Case)
	}
	if err := f.d.TakeBack(ctx, g.ID, "看错了申请人"); fault.KindOf(err) != fault.Missing || len(f.leaves()) != 0 {
		t.Errorf("again: got %v", err)
	}
	f.in("reviewer-1", reviewPassword, clock())
	if err := f.d.Reveal(ctx, c.ID, images, "核对家长投诉"); fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "撤销") {
		t.Errorf("afterwards: got %v", err)
	}
	t.Run("an emergency is reviewed, and not taken back", func(t *testing.T) {
		e, err := f.d.BreakGlass(ctx, c.ID, "洪水断网，家属急用")
		if err != nil {
			t.Fatal(err)
		}
		f.in("admin-2", clerkPassword, clock())
		if err := f.d.TakeBack(ctx, e.ID, "看错了申请人"); fault.KindOf(err) != fault.Missing || len(f.leaves()) != 0 {
			t.Errorf("got %v", err)
		}
	})
}

func TestACodeThatIsTakenBackBeforeItIsUsedGivesNothing(t *testing.T) {
	f, c, a := askedFor(t)
	ctx, tag := t.Context(), f.p.Device.String()[28:]
	f.in("admin-1", clerkPassword, clock())
	answer, err := f.d.AnswerAsk(ctx, tag, "reviewer-1", a.Code, "核对是本人")
	if err != nil {
		t.Fatal(err)
	}
	all := f.leaves()
	if len(all) != 1 || all[0].Where != tag || all[0].Reason != "核对是本人" || all[0].Export {
		t.Fatalf("got %+v", all)
	}
	if err := f.d.TakeBack(ctx, all[0].Grant, "看错了申请人"); err != nil {
		t.Fatal(err)
	}
	f.in("reviewer-1", reviewPassword, clock())
	from, _ := f.d.Store().Head()
	if _, err := f.d.TakeGrant(ctx, a.Code, answer); fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "已由系统数据管理员撤销") {
		t.Errorf("the code: got %v: %s", err, fault.Sentence(err))
	}
	if got := refusalsIn(t, f.d, from); len(got) != 1 || !strings.Contains(got[0], "taken back") {
		t.Errorf("the chain says %q", got)
	}
	if left, err := f.d.Asks(ctx); err != nil || len(left) != 0 {
		t.Errorf("the request waits still: %+v, %v", left, err)
	}
	if err := f.d.Reveal(ctx, c.ID, []string{guard.ImagesField}, "核对家长投诉"); fault.KindOf(err) != fault.Denied {
		t.Errorf("got %v", err)
	}
}

// TestAGrantThatWasTakenBackIsGivenByNobodyAgain has the request still wait where it was made.
func TestAGrantThatWasTakenBackIsGivenByNobodyAgain(t *testing.T) {
	f, _, a := askedFor(t)
	ctx, tag := t.Context(), f.p.Device.String()[28:]
	f.in("admin-1", clerkPassword, clock())
	if _, err := f.d.AnswerAsk(ctx, tag, "reviewer-1", a.Code, "核对是本人"); err != nil {
		t.Fatal(err)
	}
	if err := f.d.TakeBack(ctx, f.leaves()[0].Grant, "看错了申请人"); err != nil {
		t.Fatal(err)
	}
	from, _ := f.d.Store().Head()
	if answer, err := f.d.AnswerAsk(ctx, tag, "reviewer-1", a.Code, "核对是本人"); fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "授权已撤销") {
		t.Errorf("by a code: got %q, %v: %s", answer, err, fault.Sentence(err))
	}
	if now, _ := f.d.Store().Head(); now != from || len(f.leaves()) != 0 {
		t.Errorf("%d lines more, and %+v", now-from, f.leaves())
	}
	f.in("reviewer-1", reviewPassword, clock())
	if g, err := f.d.ApproveAsk(ctx, a.Code, "admin-1", []byte(clerkPassword), nil); fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "已由系统数据管理员撤销") {
		t.Errorf("at this laptop: got %+v, %v: %s", g, err, fault.Sentence(err))
	}
	if ch := lastOf(t, f.d); ch.Operator != "admin-1" {
		t.Errorf("the record says it of %s", ch.Operator)
	}
	if left, err := f.d.Asks(ctx); err != nil || len(left) != 0 {
		t.Errorf("the request waits still: %+v, %v", left, err)
	}
}

// TestWhyACountedGrantIsTakenBackNamesNobodyOfTheCasesItServedFor has it used before.
func TestWhyACountedGrantIsTakenBackNamesNobodyOfTheCasesItServedFor(t *testing.T) {
	f := newField(t)
	ctx := t.Context()
	c := entered(t, f.d)
	f.in("reviewer-1", reviewPassword, clock())
	a, err := f.d.AskGrant(ctx, desk.Wanted{Fields: []string{"student.phone"}, Count: 3, Hours: 2, Reason: "核对家长投诉"})
	if err != nil {
		t.Fatal(err)
	}
	g, err := f.d.TakeGrant(ctx, a.Code, f.answerGrant(a.Code, "reviewer-1", "admin-1", f.p.Device, clock()))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.d.Reveal(ctx, c.ID, []string{"student.phone"}, "核对家长投诉"); err != nil {
		t.Fatal(err)
	}
	f.in("admin-1", clerkPassword, clock())
	if err := f.d.TakeBack(ctx, g.ID, c.App.Student.Name+"的事已经办完"); err != nil {
		t.Fatal(err)
	}
	r, err := f.d.Record(ctx, desk.Sought{Leave: true})
	if err != nil || len(r.Lines) == 0 || r.Lines[0].Reason != "韦*𬎆的事已经办完" {
		t.Errorf("the record says %+v, %v", r.Lines, err)
	}
}

// TestWhatWasApprovedForAnotherLaptopIsTakenBackAlsoOnceTheCentreKnowsIt has the grant
// come down, as to every laptop, after it was approved here.
func TestWhatWasApprovedForAnotherLaptopIsTakenBackAlsoOnceTheCentreKnowsIt(t *testing.T) {
	f, _, a := askedFor(t)
	ctx, other := t.Context(), uuid.New()
	f.in("admin-1", clerkPassword, clock())
	if _, err := f.d.AnswerAsk(ctx, loan.ShortID(other), "reviewer-1", a.Code, "核对是本人"); err != nil {
		t.Fatal(err)
	}
	f.grantsAt(other, a, "reviewer-1")
	all := f.leaves()
	if len(all) != 1 || all[0].Where != loan.ShortID(other) {
		t.Fatalf("got %+v", all)
	}
	if err := f.d.TakeBack(ctx, all[0].Grant, "看错了申请人"); err != nil {
		t.Error(err)
	}
}

func TestWhatWasApprovedForAnotherLaptopIsListedAsLongAsItMayBeGood(t *testing.T) {
	f, _ := exporter(t)
	ctx := t.Context()
	_, to := recipient(t)
	a := toExport(t, f)
	call := f.calls(a, to)
	tag := f.d.Device().String()[28:]
	f.in("admin-1", clerkPassword, clock())
	if _, err := f.d.AnswerExport(ctx, tag, "clerk-1", call.Code, desk.ExportTo{To: to.To, Purpose: "市中心抽查合同"}, "核对是本人"); err != nil {
		t.Fatal(err)
	}
	if all := f.leaves(); len(all) != 1 || !all[0].Export || all[0].Count != 2 || all[0].Operator != "clerk-1" {
		t.Errorf("got %+v", all)
	}
	f.receipt(clock().Add(75 * time.Hour))
	f.in("admin-1", clerkPassword, clock().Add(75*time.Hour))
	if all := f.leaves(); len(all) != 0 {
		t.Errorf("after its time: got %+v", all)
	}
}

func TestAnAnswerThatTookNoEffectIsToldOnceAndStandsUntilItIsReadAndNoLonger(t *testing.T) {
	f, c, a := askedFor(t)
	ctx := t.Context()
	raw, err := guard.Ask{Nonce: [4]byte{7}, Fields: []string{"student.phone"}, Hours: 2, Case: guard.TagOf(c.ID)}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	w := guard.Waiting{Device: uuid.New(), Operator: a.Operator, Ask: hex.EncodeToString(raw), Case: c.ID}
	p, err := w.Plea()
	if err != nil {
		t.Fatal(err)
	}
	id, err := p.ID()
	if err != nil {
		t.Fatal(err)
	}
	one := guard.AnswerBack{Operator: "admin-1", Answer: guard.SaidNo, Why: guard.WhyApproved, By: "admin-9", Device: w.Device, Asker: w.Operator, Ask: w.Ask, Grant: id, Case: c.ID, At: clock().UTC()}
	others := one
	others.Operator = "admin-9"
	send := func(at time.Time, all ...guard.AnswerBack) {
		t.Helper()
		b, err := guard.EncodeAnswersBack(all)
		if err != nil {
			t.Fatal(err)
		}
		f.send(bulletin.Bulletin{Kind: bulletin.Answers, Name: bulletin.AnswersName, Issued: at.UTC(), Content: b})
	}
	send(clock(), others, one)
	f.in("admin-1", clerkPassword, clock())
	list := func() []desk.AnswerBack {
		t.Helper()
		all, err := f.d.AnswersBack(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	before, _ := f.d.Store().Head()
	all := list()
	if len(all) != 1 || all[0].AnswerBack != one || all[0].Name == "" || len(all[0].Fields) != 1 {
		t.Fatalf("got %+v", all)
	}
	if len(list()) != 1 {
		t.Error("it does not stand there until it is read")
	}
	if after, _ := f.d.Store().Head(); after != before+1 {
		t.Errorf("%d lines in the chain, want that he was told, once", after-before)
	}
	if err := f.d.PutAway(ctx, all[0]); err != nil {
		t.Fatal(err)
	}
	if n, err := f.d.Duties(ctx); err != nil || n.Answers != 0 || len(list()) != 0 {
		t.Errorf("what was read is told again: %+v, %v", n, err)
	}
	t.Run("one that the centre tells of later is another", func(t *testing.T) {
		again := one
		again.At = one.At.Add(time.Hour)
		send(clock().Add(time.Second), again)
		if got := list(); len(got) != 1 {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("its grant is taken back from here, and nobody else's refusal serves for that", func(t *testing.T) {
		if err := f.d.TakeBack(ctx, id, "没有必要查看"); err != nil {
			t.Error(err)
		}
		if got := list(); len(got) != 0 {
			t.Errorf("it stands there still: %+v", got)
		}
	})
	t.Run("it is told no longer than two weeks", func(t *testing.T) {
		last := one
		last.At = clock().UTC().Add(-guard.BackFor - time.Minute)
		send(clock().Add(2*time.Second), last)
		if got := list(); len(got) != 0 {
			t.Errorf("got %+v", got)
		}
	})
}
