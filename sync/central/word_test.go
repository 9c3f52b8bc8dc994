package central

import (
	"testing"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// TestNobodyDecidesOnACaseOfHisOwn lets people of the roster who had a part in
// a case decide on it at the centre.
func TestNobodyDecidesOnACaseOfHisOwn(t *testing.T) {
	c := open(t, t.TempDir())
	l := enrol(t, c, serve(t, c))
	for _, o := range []Operator{
		{ID: "practice-clerk", Name: "练习操作员", Roles: []string{"clerk", "reviewer"}},
		{ID: "witness-1", Name: "第二经办人", Roles: []string{"clerk", "reviewer"}},
		{ID: "rev-2", Name: "县复核员", Roles: []string{"reviewer"}},
		{ID: "admin-1", Name: "管理员", Roles: []string{"dataadmin"}},
	} {
		if err := c.AddOperator(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	id, blobs := l.finished(content("a", 10_000))
	l.send(l.changes)
	for _, b := range blobs {
		l.blob(b)
	}
	for who, why := range map[string]string{"practice-clerk": "entered it", "practice-reviewer": "reviewed it at the desk", "admin-1": "is no reviewer", "nobody": "is not on the roster"} {
		if err := c.Accept(t.Context(), id, "", who); fault.KindOf(err) != fault.Input {
			t.Errorf("accepted by %s, who %s: got %v, want refused", who, why, err)
		}
		if err := c.Return(t.Context(), id, []loan.Code{"E-DC-002"}, "", who); fault.KindOf(err) != fault.Input {
			t.Errorf("returned by %s, who %s: got %v, want refused", who, why, err)
		}
	}
	if k := l.held(c, id); k.Status != "received" {
		t.Fatalf("the case is %s", k.Status)
	}
	for _, note := range []string{"错", "522727200503149914 韦测", "家长 15400000009 来电"} {
		if err := c.Return(t.Context(), id, []loan.Code{"E-DC-002"}, note, "rev-2"); fault.KindOf(err) != fault.Input {
			t.Errorf("a return with the note %q: got %v", note, err)
		}
		if err := c.Accept(t.Context(), id, note, "rev-2"); fault.KindOf(err) != fault.Input {
			t.Errorf("an acceptance with the note %q: got %v", note, err)
		}
	}
	if err := c.Return(t.Context(), id, []loan.Code{"E-DC-002"}, "", "rev-2"); err != nil {
		t.Fatalf("by another reviewer: %v", err)
	}
	n := l.news(0)
	k := loan.Fold(append(l.of(id), n.Changes...))
	if !k.Deciders["rev-2"] || len(k.Deciders) != 1 {
		t.Errorf("the case says that %v decided on it, want rev-2", k.Deciders)
	}
}

func TestACaseWhoseConsentWasTakenBackGoesNoFurther(t *testing.T) {
	c := open(t, t.TempDir())
	l := enrol(t, c, serve(t, c))
	id, blobs := l.finished(content("a", 10_000))
	l.send(l.changes)
	for _, b := range blobs {
		l.blob(b)
	}
	other := enrol(t, c, l.url)
	kase, blobs := other.finishedAfter(func(id uuid.UUID) {
		other.change(id, loan.ChangeConsent, loan.ConsentBody{Party: loan.StudentParty, Purpose: loan.ConsentShare, Text: "consent-share-2026-12", Given: true})
	}, content("b", 10_000))
	other.send(other.changes)
	for _, b := range blobs {
		other.blob(b)
	}
	other.change(kase, loan.ChangeConsent, loan.ConsentBody{Party: loan.StudentParty, Purpose: loan.ConsentShare, Text: "consent-share-2026-12"})
	other.send(other.changes)
	if k := other.held(c, kase); k.Status != "received" {
		t.Fatalf("the case is %s", k.Status)
	}
	if err := c.Accept(t.Context(), kase, "", ""); fault.KindOf(err) != fault.Denied {
		t.Errorf("accepted after the consent was taken back: %v", err)
	}
	if err := c.Accept(t.Context(), id, "", ""); err != nil {
		t.Errorf("another case: %v", err)
	}
	if err := c.Return(t.Context(), kase, []loan.Code{"E-CT-001"}, "", ""); err != nil {
		t.Errorf("returned: %v", err)
	}
}
