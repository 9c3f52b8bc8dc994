package main

import (
	"path/filepath"
	"strings"
	"testing"

	"doorstep/internal/bulletin"
	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// twoLaptops is a county whose reviewer asks at one laptop, and whose two administrators
// answer at the other; each carry brings both up to date.
type twoLaptops struct {
	t            *testing.T
	s            *server
	a, b         *laptop
	id           uuid.UUID
	asker        *desk.Desk
	admin, other *desk.Desk
}

func newTwoLaptops(t *testing.T) *twoLaptops {
	t.Helper()
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	w := &twoLaptops{t: t, s: s, a: newLaptop(t, s), b: newLaptop(t, s)}
	point := w.a.Profile().Point
	for _, o := range [][]string{{"rev-9", "某复核员", "reviewer", "point", point}, {"admin-8", "县管理员", "dataadmin", "county", "522727"},
		{"admin-9", "另一管理员", "dataadmin", "county", "522727"}, {"admin-p", "点管理员", "dataadmin", "point", point}} {
		s.must(t, "operator", "add", "--id", o[0], "--name", o[1], "--role", o[2], "--level", o[3], "--org", o[4])
	}
	w.carry(w.a, w.b)
	w.id = w.a.draft(t, noise("paper", 2_000))
	w.asker, w.admin, w.other = w.a.at(t, "rev-9"), w.b.at(t, "admin-8"), w.b.at(t, "admin-9")
	return w
}

func (w *twoLaptops) carry(all ...*laptop) {
	w.t.Helper()
	for _, l := range all {
		mustCarry(w.t, l, w.s.url)
	}
}

// byStick has a laptop speak with the centre by stick alone.
func (w *twoLaptops) byStick(l *laptop) {
	w.t.Helper()
	dir := w.t.TempDir()
	l.write(w.t, dir)
	takeStick(w.t, w.s, dir, exitOK)
	l.read(w.t, dir)
}

// ask makes a request that stands on the list of the other laptop.
func (w *twoLaptops) ask() (desk.Asked, desk.Plea) {
	w.t.Helper()
	k, err := w.asker.AskGrant(w.t.Context(), desk.Wanted{Fields: []string{guard.ImagesField}, Case: w.id, Hours: 2, Reason: "核对家长投诉"})
	if err != nil {
		w.t.Fatal(err)
	}
	w.carry(w.a, w.b)
	list, err := w.admin.Pleas(w.t.Context())
	if err != nil || len(list) != 1 {
		w.t.Fatalf("got %d requests, %v", len(list), err)
	}
	return k, list[0]
}

// answer is an administrator's word by the list.
func (w *twoLaptops) answer(d *desk.Desk, p desk.Plea, approve bool) {
	w.t.Helper()
	if err := d.AnswerPlea(w.t.Context(), p, approve, "核对属实，已答复"); err != nil {
		w.t.Fatal(err)
	}
}

// byCode approves a request by telephone, as an administrator at a laptop, and takes the
// answer; the laptop that asked says nothing of it yet.
func (w *twoLaptops) byCode(d *desk.Desk, k desk.Asked) guard.Grant {
	w.t.Helper()
	spoken, err := d.AnswerAsk(w.t.Context(), w.a.Profile().Device.String()[28:], "rev-9", k.Code, "核对属实，同意")
	if err != nil {
		w.t.Fatal(err)
	}
	g, err := w.asker.TakeGrant(w.t.Context(), k.Code, spoken)
	if err != nil {
		w.t.Fatal(err)
	}
	return g
}

// back is what an administrator is told of his answers, put away afterwards.
func (w *twoLaptops) back(d *desk.Desk) []desk.AnswerBack {
	w.t.Helper()
	all, err := d.AnswersBack(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, b := range all {
		if err := d.PutAway(w.t.Context(), b); err != nil {
			w.t.Fatal(err)
		}
	}
	return all
}

// wantBack looks at the one answer that an administrator is told of.
func (w *twoLaptops) wantBack(d *desk.Desk, said guard.Answer, why guard.Why, by string) {
	w.t.Helper()
	got := w.back(d)
	if len(got) != 1 || got[0].Answer != said || got[0].Why != why || got[0].By != by || got[0].Asker != "rev-9" || got[0].Case != w.id || got[0].Hours != 2 || got[0].Device != w.a.Profile().Device {
		w.t.Errorf("got %+v; want one, %s, %s by %q", got, said, why, by)
	}
}

// TestAnAnswerThatTookNoEffectIsToldToWhoGaveIt has answers cross on their way, with the
// real server between the laptops.
func TestAnAnswerThatTookNoEffectIsToldToWhoGaveIt(t *testing.T) {
	w := newTwoLaptops(t)
	t.Run("a refusal of what a code at another laptop approved before, the centre hearing of the code first", func(t *testing.T) {
		k, p := w.ask()
		c := newLaptop(t, w.s)
		w.carry(c)
		w.byCode(c.at(t, "admin-9"), k)
		w.answer(w.admin, p, false)
		w.carry(w.a, w.b)
		if d, err := w.admin.Duties(t.Context()); err != nil || d.Answers != 1 {
			t.Errorf("今日 tells of %d answers, %v; want 1", d.Answers, err)
		}
		if d, err := w.other.Duties(t.Context()); err != nil || d.Answers != 0 {
			t.Errorf("who gave another answer is told of %d, %v", d.Answers, err)
		}
		w.wantBack(w.admin, guard.SaidNo, guard.WhyApproved, "admin-9")
		if b := lastWord(t, w.b); b.Detail != (guard.AnswerBack{Answer: guard.SaidNo, Grant: mustGrant(t, w, k), Why: guard.WhyApproved, Case: w.id}).Detail() {
			t.Errorf("the chain says %q", b.Detail)
		}
		if d, err := w.admin.Duties(t.Context()); err != nil || d.Answers != 0 || len(w.back(w.admin)) != 0 {
			t.Errorf("what was put away is told again: %d, %v", d.Answers, err)
		}
	})
	t.Run("a refusal of what a code approved, the centre hearing of the refusal first", func(t *testing.T) {
		k, p := w.ask()
		w.answer(w.admin, p, false)
		w.carry(w.b)
		if got := w.back(w.admin); len(got) != 0 {
			t.Errorf("before: %+v", got)
		}
		g := w.byCode(w.other, k)
		w.carry(w.a, w.b)
		w.wantBack(w.admin, guard.SaidNo, guard.WhyApproved, "admin-9")
		if err := w.asker.Reveal(t.Context(), w.id, g.Fields, "核对家长投诉"); err != nil {
			t.Errorf("the grant of the code: %v", err)
		}
	})
	t.Run("one's own refusal after one's own code", func(t *testing.T) {
		k, p := w.ask()
		c := newLaptop(t, w.s)
		w.carry(c)
		w.byCode(c.at(t, "admin-8"), k)
		w.answer(w.admin, p, false)
		w.carry(w.a, w.b)
		w.wantBack(w.admin, guard.SaidNo, guard.WhyApproved, "admin-8")
	})
	t.Run("an answer to what another administrator answered", func(t *testing.T) {
		_, p := w.ask()
		c := newLaptop(t, w.s)
		w.carry(c)
		w.answer(c.at(t, "admin-9"), p, false)
		w.carry(c)
		w.answer(w.admin, p, true)
		w.carry(w.b, w.b)
		w.wantBack(w.admin, guard.SaidYes, guard.WhyDeclined, "admin-9")
		w.carry(w.a)
	})
	t.Run("an answer to what was taken back, whichever the centre hears first", func(t *testing.T) {
		for _, crosses := range []bool{false, true} {
			k, p := w.ask()
			if err := w.asker.WithdrawAsk(t.Context(), k.Code); err != nil {
				t.Fatal(err)
			}
			w.answer(w.admin, p, true)
			if crosses {
				w.carry(w.b)
			}
			w.carry(w.a, w.b, w.b)
			got := w.back(w.admin)
			if len(got) != 1 || got[0].Why != guard.WhyGone || got[0].Answer != guard.SaidYes {
				t.Errorf("crosses %v: got %+v", crosses, got)
			}
		}
	})
	t.Run("an answer of who may not", func(t *testing.T) {
		_, p := w.ask()
		raw := strings.Fields(w.s.must(t, "grant", "waiting"))
		w.b.commit(t, uuid.Nil, "admin-p", loan.ChangeView, loan.ViewBody{Reason: "核对属实", Detail: guard.AnswerDetail(true, p.Device, raw[indexAfter(raw, "核对码")])})
		w.b.commit(t, uuid.Nil, "nobody", loan.ChangeView, loan.ViewBody{Reason: "核对属实", Detail: guard.AnswerDetail(true, p.Device, raw[indexAfter(raw, "核对码")])})
		w.carry(w.b, w.b)
		all := w.list(w.b)
		if len(all) == 0 || all[0].Operator != "admin-p" || all[0].Why != guard.WhyMayNot {
			t.Errorf("told are %+v", all)
		}
		for _, a := range all {
			if a.Operator == "nobody" {
				t.Error("who is nobody is told")
			}
		}
		w.answer(w.admin, p, false)
		w.carry(w.b, w.a)
	})
	t.Run("the same answer twice is none that took no effect", func(t *testing.T) {
		for _, approve := range []bool{true, false} {
			_, p := w.ask()
			c := newLaptop(t, w.s)
			w.carry(c)
			w.answer(w.admin, p, approve)
			w.answer(c.at(t, "admin-8"), p, approve)
			w.carry(w.b, c, w.a, w.b)
			if got := w.back(w.admin); len(got) != 0 {
				t.Errorf("approve %v: told of %+v", approve, got)
			}
		}
	})
	t.Run("a refusal of what was approved, and taken back since at another laptop", func(t *testing.T) {
		k, p := w.ask()
		c := newLaptop(t, w.s)
		w.carry(c)
		at := c.at(t, "admin-9")
		g := w.byCode(at, k)
		w.answer(w.admin, p, false)
		w.carry(w.a, w.b)
		if d, err := w.admin.Duties(t.Context()); err != nil || d.Answers != 1 {
			t.Errorf("before: %d answers, %v", d.Answers, err)
		}
		if err := at.TakeBack(t.Context(), g.ID, "看错了申请人"); err != nil {
			t.Fatal(err)
		}
		w.carry(c, w.b)
		if got := w.back(w.admin); len(got) != 0 {
			t.Errorf("told are %+v", got)
		}
		w.carry(w.a)
	})
	t.Run("by stick too", func(t *testing.T) {
		k, p := w.ask()
		c := newLaptop(t, w.s)
		w.carry(c)
		w.byCode(c.at(t, "admin-9"), k)
		w.carry(w.a)
		w.answer(w.admin, p, false)
		w.byStick(w.b)
		w.wantBack(w.admin, guard.SaidNo, guard.WhyApproved, "admin-9")
	})
}

// TestAGrantOfACodeIsTakenBack has a data administrator take back what was approved by
// telephone, at his own laptop.
func TestAGrantOfACodeIsTakenBack(t *testing.T) {
	w := newTwoLaptops(t)
	images := []string{guard.ImagesField}
	taken := func(g guard.Grant) {
		t.Helper()
		if err := w.asker.Reveal(t.Context(), w.id, images, "核对家长投诉"); fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "撤销") {
			t.Errorf("what was taken back shows pictures: %v", err)
		}
		if got, err := w.asker.Grants(t.Context()); err != nil || len(got) != 0 {
			t.Errorf("in force are %+v, %v", got, err)
		}
		if !w.a.Withdrawn(bulletin.Grant, g.ID) {
			t.Error("the county did not say so")
		}
	}
	t.Run("by who gave the code, the chain that used it heard before", func(t *testing.T) {
		k, _ := w.ask()
		g := w.byCode(w.admin, k)
		w.carry(w.a)
		if err := w.asker.Reveal(t.Context(), w.id, images, "核对家长投诉"); err != nil {
			t.Fatal(err)
		}
		leaves, err := w.other.Leaves(t.Context())
		if err != nil || len(leaves) != 1 || leaves[0].Grant != g.ID || leaves[0].By != "admin-8" || leaves[0].Where != w.a.Profile().Device.String()[28:] {
			t.Fatalf("may be taken back: %+v, %v", leaves, err)
		}
		if err := w.admin.TakeBack(t.Context(), g.ID, "看错了申请人"); err != nil {
			t.Fatal(err)
		}
		if leaves, err := w.other.Leaves(t.Context()); err != nil || len(leaves) != 0 {
			t.Errorf("still to be taken back: %+v, %v", leaves, err)
		}
		if err := w.admin.TakeBack(t.Context(), g.ID, "看错了申请人"); fault.KindOf(err) != fault.Missing {
			t.Errorf("again: %v", err)
		}
		w.carry(w.b, w.a)
		taken(g)
		if out := w.s.must(t, "answer", "list"); !strings.Contains(out, "撤销授权") {
			t.Errorf("the centre does not say who took it back: %s", out)
		}
	})
	t.Run("before the centre heard of the code: the request waits no more, and no other answer gives it anew", func(t *testing.T) {
		k, p := w.ask()
		c := newLaptop(t, w.s)
		w.carry(c)
		g := w.byCode(w.admin, k)
		if err := w.admin.TakeBack(t.Context(), g.ID, "看错了申请人"); err != nil {
			t.Fatal(err)
		}
		w.carry(w.b)
		if out := w.s.must(t, "grant", "waiting"); !strings.Contains(out, "已批准，后由 ") || strings.Contains(out, "不批准") {
			t.Errorf("the centre says of what was approved and taken back: %s", out)
		}
		w.answer(c.at(t, "admin-9"), p, true)
		w.carry(c, w.a, w.b)
		taken(g)
		if got := w.back(w.other); len(got) != 1 || got[0].Why != guard.WhyDeclined || got[0].By != "admin-8" {
			t.Errorf("who approved it meanwhile is told %+v", got)
		}
		if got := w.back(w.admin); len(got) != 0 {
			t.Errorf("who took it back is told %+v", got)
		}
	})
	t.Run("by who is told that his refusal took no effect", func(t *testing.T) {
		k, p := w.ask()
		c := newLaptop(t, w.s)
		w.carry(c)
		g := w.byCode(c.at(t, "admin-9"), k)
		w.answer(w.admin, p, false)
		w.carry(w.a, w.b)
		got, err := w.admin.AnswersBack(t.Context())
		if err != nil || len(got) != 1 || got[0].Grant != g.ID {
			t.Fatalf("told of %+v, %v", got, err)
		}
		if err := w.admin.TakeBack(t.Context(), got[0].Grant, "没有必要查看"); err != nil {
			t.Fatal(err)
		}
		if got := w.back(w.admin); len(got) != 0 {
			t.Errorf("it stands there still: %+v", got)
		}
		w.carry(w.b, w.a)
		taken(g)
	})
	t.Run("at once at the laptop where it is good, without a network", func(t *testing.T) {
		k, _ := w.ask()
		g := w.byCode(w.admin, k)
		here := w.a.at(t, "admin-9")
		if err := here.TakeBack(t.Context(), g.ID, "看错了申请人"); err != nil {
			t.Fatal(err)
		}
		if err := w.asker.Reveal(t.Context(), w.id, images, "核对家长投诉"); fault.KindOf(err) != fault.Denied {
			t.Errorf("it shows pictures: %v", err)
		}
		w.carry(w.a, w.a)
		taken(g)
	})
	t.Run("a word that a laptop makes up for who may not takes nothing back, and he is told", func(t *testing.T) {
		k, _ := w.ask()
		g := w.byCode(w.admin, k)
		w.carry(w.a)
		for _, who := range []string{"rev-9", "admin-p", "nobody"} {
			w.b.commit(t, uuid.Nil, who, loan.ChangeView, loan.ViewBody{Reason: "核对属实", Detail: guard.TakenBackDetail(g.ID, "rev-9", guard.TagOf(w.a.Profile().Device))})
		}
		w.carry(w.b, w.a)
		if w.a.Withdrawn(bulletin.Grant, g.ID) {
			t.Error("it was taken back")
		}
		if all := w.list(w.a); len(all) == 0 || all[0].Operator != "admin-p" || all[0].Answer != guard.SaidBack {
			t.Errorf("told are %+v", all)
		}
	})
}

// list is what the centre says to a laptop of answers without effect.
func (w *twoLaptops) list(l *laptop) []guard.AnswerBack {
	w.t.Helper()
	raw, err := l.Bulletin(w.t.Context(), bulletin.Answers, bulletin.AnswersName)
	if err != nil {
		w.t.Fatal(err)
	}
	all, err := guard.ParseAnswersBack(raw)
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

// lastWord is the newest look of a laptop's chain.
func lastWord(t *testing.T, l *laptop) loan.ViewBody {
	t.Helper()
	n, _ := l.Head()
	last, err := l.Pending(t.Context(), n-1, 1)
	if err != nil || len(last) != 1 {
		t.Fatalf("got %d changes, %v", len(last), err)
	}
	b, err := loan.Body[loan.ViewBody](last[0])
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// mustGrant is the id of what a request becomes.
func mustGrant(t *testing.T, w *twoLaptops, k desk.Asked) string {
	t.Helper()
	a, _, err := w.admin.ReadAsk(w.a.Profile().Device.String()[28:], k.Code)
	if err != nil {
		t.Fatal(err)
	}
	id, err := guard.Plea{Device: guard.TagOf(w.a.Profile().Device), Ask: a}.ID()
	if err != nil {
		t.Fatal(err)
	}
	return id
}
