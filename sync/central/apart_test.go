package central

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"github.com/google/uuid"
)

// TestWhoHadAPartInACaseHasNoWordOnItHere lets a clerk who is a data administrator too
// grant, review and erase what is of his own case.
func TestWhoHadAPartInACaseHasNoWordOnItHere(t *testing.T) {
	c, _ := administered(t)
	ctx := t.Context()
	l := enrol(t, c, serve(t, c))
	for _, o := range []Operator{{ID: "practice-both", Name: "身兼两职", Roles: []string{"clerk", "dataadmin"}}, {ID: "practice-other", Name: "另一人", Roles: []string{"clerk"}}} {
		if err := c.AddOperator(ctx, o); err != nil {
			t.Fatal(err)
		}
	}
	id := uuid.Must(uuid.NewV7())
	l.change(id, loan.ChangeOpen, loan.OpenBody{Application: loan.Application{Kind: loan.First, AcademicYear: 2026}}).Operator = "practice-both"
	l.change(id, loan.ChangeView, loan.ViewBody{Reason: "洪水断网", Detail: "glass e-0123456789ab"}).Operator = "practice-other"
	l.change(id, loan.ChangeVoid, loan.ReasonBody{Reason: "本人不再申请"})
	l.send(l.since(0))
	ask, err := guard.Ask{Nonce: [4]byte{1}, Fields: []string{"student.phone"}, Hours: 1, Case: guard.TagOf(id)}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC().Truncate(time.Second)
	for name, do := range map[string]func(by string) error{
		"a grant": func(by string) error {
			_, _, err := c.NewGrant(ctx, guard.Grant{Operator: "practice-other", By: by, Fields: []string{"student.phone"}, Cases: []uuid.UUID{id}, Reason: "家长来电核对", From: now, Until: now.Add(time.Hour)})
			return err
		},
		"an answer by telephone": func(by string) error {
			_, err := c.AnswerGrant(ctx, Caller{l.enrol.Device.String(), "practice-other"}, by, seal.Spoken(ask), "家长来电核对")
			return err
		},
		"a review": func(by string) error {
			return c.mayReview(ctx, c.db, by, Emergency{Device: l.enrol.Device, Operator: "practice-other", Case: id})
		},
	} {
		if err := do("practice-both"); fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), guard.WhyPart) {
			t.Errorf("%s by who opened the case: got %v", name, err)
		}
		if err := do("practice-admin"); err != nil {
			t.Errorf("%s by another: %v", name, err)
		}
	}
	if err := c.EraseCase(ctx, id, "practice-both", "本人当面要求删除"); fault.KindOf(err) != fault.Input {
		t.Errorf("erased by who opened it: got %v", err)
	}
	n := len(l.changes)
	l.asks("practice-both", id)
	l.send(l.since(n))
	if full, _ := bodies(t, c, id); full == 0 {
		t.Error("erased at a laptop's word by who opened it")
	}
	if err := c.EraseCase(ctx, id, "practice-admin", "本人当面要求删除"); err != nil {
		t.Errorf("by another: %v", err)
	}
}

// TestWhoHadAPartInACaseErasedBeforeItWasSentHasNoWordOnIt sends the heads alone of a
// case that a laptop says was erased, by who opened it.
func TestWhoHadAPartInACaseErasedBeforeItWasSentHasNoWordOnIt(t *testing.T) {
	c, _ := administered(t)
	l := enrol(t, c, serve(t, c))
	if err := c.AddOperator(t.Context(), Operator{ID: "practice-both", Name: "身兼两职", Roles: []string{"clerk", "dataadmin"}}); err != nil {
		t.Fatal(err)
	}
	id := uuid.Must(uuid.NewV7())
	l.change(id, loan.ChangeOpen, loan.OpenBody{Application: loan.Application{Kind: loan.First, AcademicYear: 2026}}).Operator = "practice-both"
	l.change(id, loan.ChangeVoid, loan.ReasonBody{Reason: "本人不再申请"})
	for _, ch := range l.changes {
		ch.Body = nil
	}
	l.asks("practice-both", id)
	l.send(l.since(0))
	if all := tombstones(t, c); len(all) != 1 || all[0].Refused == "" {
		t.Errorf("by who opened it: %+v, want it refused", all)
	}
	n := len(l.changes)
	l.asks("practice-admin", id)
	l.send(l.since(n))
	if all := tombstones(t, c); len(all) != 1 || all[0].Refused != "" || all[0].Operator != "practice-admin" {
		t.Errorf("by another: %+v, want it erased", all)
	}
}

// TestAnAnswerOverADamagedCaseDoesNotHoldTheOthersUp: it is not known who had a part in
// it, and what others ask for is answered all the same.
func TestAnAnswerOverADamagedCaseDoesNotHoldTheOthersUp(t *testing.T) {
	c, _ := administered(t)
	ctx := t.Context()
	l := enrol(t, c, serve(t, c))
	if err := c.AddOperator(ctx, Operator{ID: "practice-other", Name: "另一人", Roles: []string{"clerk"}}); err != nil {
		t.Fatal(err)
	}
	ids := []uuid.UUID{uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7())}
	var asks [][]byte
	for i, id := range ids {
		l.change(id, loan.ChangeOpen, loan.OpenBody{Application: loan.Application{Kind: loan.First, AcademicYear: 2026}})
		ask, err := guard.Ask{Nonce: [4]byte{byte(i + 1)}, Fields: []string{"student.phone"}, Hours: 1, Case: guard.TagOf(id)}.Encode()
		if err != nil {
			t.Fatal(err)
		}
		asks = append(asks, ask)
		l.change(id, loan.ChangeView, loan.ViewBody{Fields: []string{"student.phone"}, Reason: "家长来电核对", Detail: guard.AskedDetail(ask)}).Operator = "practice-other"
	}
	l.rechain()
	l.send(l.changes)
	if err := c.settlePleas(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := c.db.ExecContext(ctx, `UPDATE changes SET bytes = ? WHERE case_id = ? AND kind = ?`, []byte("torn"), ids[0].String(), string(loan.ChangeOpen)); err != nil {
		t.Fatal(err)
	}
	n := len(l.changes)
	for _, ask := range asks {
		l.change(uuid.Nil, loan.ChangeView, loan.ViewBody{Fields: []string{"student.phone"}, Reason: "家长来电核对", Detail: guard.AnswerDetail(true, l.enrol.Device, hex.EncodeToString(ask))}).Operator = "practice-admin"
	}
	l.rechain()
	l.send(l.changes[n:])
	if err := c.settlePleas(ctx); err != nil {
		t.Fatal(err)
	}
	all, err := pleas(ctx, c.db)
	if err != nil || len(all) != 1 || all[0].Case != ids[0] {
		t.Errorf("waiting are %+v, %v", all, err)
	}
	if back, err := answersBack(ctx, c.db); err != nil || len(back) != 1 || back[0].Why != guard.WhyDamaged || back[0].Case != ids[0] {
		t.Errorf("who answered is told %+v, %v", back, err)
	}
}

// TestWhoHadAWordOnACaseDoesNotDecideOnIt is the other order: what a person said of the
// case came before.
func TestWhoHadAWordOnACaseDoesNotDecideOnIt(t *testing.T) {
	words := map[string]func(t *testing.T, c *Central, l *laptop, id uuid.UUID){
		"a grant, taken back since": func(t *testing.T, c *Central, _ *laptop, id uuid.UUID) {
			now := c.now().UTC().Truncate(time.Second)
			g, _, err := c.NewGrant(t.Context(), guard.Grant{Operator: "clerk-9", By: "both-9", Fields: []string{"student.phone"}, Cases: []uuid.UUID{id}, Reason: "核对学籍",
				From: now.Add(-time.Minute), Until: now.Add(time.Hour)})
			if err == nil {
				_, err = c.Withdraw(t.Context(), bulletin.Grant, g.ID)
			}
			if err != nil {
				t.Fatal(err)
			}
		},
		"an answer by telephone": func(t *testing.T, c *Central, l *laptop, id uuid.UUID) {
			ask, err := guard.Ask{Nonce: [4]byte{1}, Fields: []string{"student.phone"}, Hours: 1, Case: guard.TagOf(id)}.Encode()
			if err == nil {
				_, err = c.AnswerGrant(t.Context(), Caller{l.enrol.Device.String(), "clerk-9"}, "both-9", seal.Spoken(ask), "家长来电核对")
			}
			if err != nil {
				t.Fatal(err)
			}
		},
		"an export by telephone": func(t *testing.T, c *Central, l *laptop, id uuid.UUID) {
			exportByTelephone(t, c, l, id, "both-9")
		},
		"an export by telephone, before words were kept of it": func(t *testing.T, c *Central, l *laptop, id uuid.UUID) {
			exportByTelephone(t, c, l, id, "both-9")
			if _, err := c.db.ExecContext(t.Context(), `DELETE FROM words`); err != nil {
				t.Fatal(err)
			}
		},
		"an export by telephone that another had answered already": func(t *testing.T, c *Central, l *laptop, id uuid.UUID) {
			exportByTelephone(t, c, l, id, "admin-9")
			exportByTelephone(t, c, l, id, "both-9")
		},
		"an answer by a code at a laptop, never used": func(t *testing.T, _ *Central, l *laptop, id uuid.UUID) {
			p := guard.Plea{Device: [4]byte{1}, Operator: "clerk-9", Ask: guard.Ask{Nonce: [4]byte{1}, Fields: []string{"student.phone"}, Hours: 1, Case: guard.TagOf(id)}}
			ch := l.change(uuid.Nil, loan.ChangeView, loan.ViewBody{Reason: "家长来电核对", Detail: p.AnsweredDetail()})
			ch.Operator = "both-9"
			l.rechain()
			l.send([]*loan.Change{ch})
		},
		"a grant at a laptop": func(t *testing.T, _ *Central, l *laptop, id uuid.UUID) {
			l.send([]*loan.Change{l.change(id, loan.ChangeView, loan.ViewBody{Detail: "grant g-0123 for clerk-9 by both-9"})})
		},
		"a review of an emergency at a laptop": func(t *testing.T, _ *Central, l *laptop, id uuid.UUID) {
			ch := l.change(id, loan.ChangeView, loan.ViewBody{Reason: "情况属实", Detail: guard.GlassWord{ID: "e-0123456789ab", Reviewed: true, Operator: "clerk-9", Right: true}.Detail()})
			ch.Operator = "both-9"
			l.rechain()
			l.send([]*loan.Change{ch})
		},
	}
	for name, word := range words {
		t.Run(name, func(t *testing.T) {
			c := open(t, t.TempDir())
			l := enrol(t, c, serve(t, c))
			id, blobs := l.finished(content("a paper", 100))
			l.arrive(blobs)
			ofRealPeople(t, c)
			for _, o := range []Operator{{ID: "both-9", Name: "两种角色", Roles: []string{"dataadmin", "reviewer"}}, {ID: "third-9", Name: "另一人", Roles: []string{"reviewer"}},
				{ID: "admin-9", Name: "管理员", Roles: []string{"dataadmin"}}} {
				if err := c.AddOperator(t.Context(), o); err != nil {
					t.Fatal(err)
				}
			}
			word(t, c, l, id)
			if err := c.Accept(t.Context(), id, "", "both-9"); fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), guard.WhyWord) {
				t.Errorf("decided by who had a word: got %v", err)
			}
			if err := c.mayActAs(t.Context(), "both-9", Act{Verb: guard.Decide, Case: id, Name: "case accept"}); fault.KindOf(err) != fault.Denied {
				t.Errorf("his act: got %v", err)
			}
			if err := c.Accept(t.Context(), id, "", "third-9"); err != nil {
				t.Errorf("by another: %v", err)
			}
		})
	}
}

// exportByTelephone answers one request to export the case.
func exportByTelephone(t *testing.T, c *Central, l *laptop, id uuid.UUID, by string) {
	t.Helper()
	ask := guard.Ask{Nonce: [4]byte{1}, Fields: []string{guard.ImagesField}, Hours: 1, Case: guard.TagOf(id)}
	said := guard.ExportTo{To: "市中心", Purpose: "抽查合同"}
	e, err := guard.NewExportAsk(ask, guard.Release{To: said.To, Key: "age1" + strings.Repeat("q", 58)}, said.Purpose)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := e.Encode()
	if err == nil {
		_, _, err = c.AnswerExport(t.Context(), Caller{l.enrol.Device.String(), "clerk-9"}, by, seal.Spoken(raw), said, "核对是本人")
	}
	if err != nil {
		t.Fatal(err)
	}
}
