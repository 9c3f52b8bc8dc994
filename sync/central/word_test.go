package central

import (
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"filippo.io/age"
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
		if err := c.Return(t.Context(), id, loan.ReturnBody{Codes: []loan.Code{"E-DC-002"}}, who); fault.KindOf(err) != fault.Input {
			t.Errorf("returned by %s, who %s: got %v, want refused", who, why, err)
		}
	}
	if k := l.held(c, id); k.Status != "received" {
		t.Fatalf("the case is %s", k.Status)
	}
	for _, note := range []string{"错", "522727200503149914 韦测", "家长 15400000009 来电"} {
		if err := c.Return(t.Context(), id, loan.ReturnBody{Codes: []loan.Code{"E-DC-002"}, Note: note}, "rev-2"); fault.KindOf(err) != fault.Input {
			t.Errorf("a return with the note %q: got %v", note, err)
		}
		if err := c.Accept(t.Context(), id, note, "rev-2"); fault.KindOf(err) != fault.Input {
			t.Errorf("an acceptance with the note %q: got %v", note, err)
		}
	}
	if err := c.Return(t.Context(), id, loan.ReturnBody{Codes: []loan.Code{"E-DC-002"}}, "rev-2"); err != nil {
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
	if err := c.Return(t.Context(), kase, loan.ReturnBody{Codes: []loan.Code{"E-CT-001"}}, ""); err != nil {
		t.Errorf("returned: %v", err)
	}
}

func TestAConsentIsTakenBackAtTheCentre(t *testing.T) {
	c := open(t, t.TempDir())
	c.cheap = true
	l := enrol(t, c, serve(t, c))
	id, blobs := l.finishedAfter(func(id uuid.UUID) { l.consents(id, loan.ConsentSensitive, loan.ConsentCredit) }, content("a", 10_000))
	l.arrive(blobs)
	ofRealPeople(t, c)
	for who, role := range map[string]string{"aud-1": "auditor", "clerk-8": "clerk"} {
		if err := c.AddOperator(t.Context(), Operator{ID: who, Name: "某人", Roles: []string{role}}); err != nil {
			t.Fatal(err)
		}
	}
	ctx, student, coborrower, why := t.Context(), loan.StudentParty, loan.CoborrowerParty, "本人到县里提出"
	for name, x := range map[string]struct {
		id              uuid.UUID
		party           loan.Party
		purpose, reason string
		by              string
		kind            fault.Kind
	}{
		"no reason":                {id, student, loan.ConsentCredit, "", "admin-9", fault.Input},
		"a number in the reason":   {id, student, loan.ConsentCredit, "522727200503149914 提出", "admin-9", fault.Input},
		"an auditor":               {id, student, loan.ConsentCredit, why, "aud-1", fault.Input},
		"another case":             {uuid.New(), student, loan.ConsentCredit, why, "admin-9", fault.Missing},
		"one that was not given":   {id, student, loan.ConsentShare, why, "admin-9", fault.Missing},
		"one of who gave none":     {id, coborrower, loan.ConsentCredit, why, "admin-9", fault.Missing},
		"a purpose that is none":   {id, student, "nothing", why, "admin-9", fault.Missing},
		"nobody who is known here": {id, student, loan.ConsentCredit, why, "nobody", fault.Input},
	} {
		if err := c.WithdrawConsent(ctx, x.id, x.party, x.purpose, x.reason, x.by); fault.KindOf(err) != x.kind {
			t.Errorf("%s: got %v, want %v", name, err, x.kind)
		}
	}
	before := l.held(c, id)
	if err := c.WithdrawConsent(ctx, id, student, loan.ConsentCredit, why, "admin-9"); err != nil {
		t.Fatal(err)
	}
	if err := c.WithdrawConsent(ctx, id, student, loan.ConsentCredit, why, "admin-9"); fault.KindOf(err) != fault.Missing {
		t.Errorf("again: got %v", err)
	}
	if after := l.held(c, id); after.Status != before.Status {
		t.Errorf("the case was %s and is %s", before.Status, after.Status)
	}
	if err := c.Accept(ctx, id, "", ""); fault.KindOf(err) != fault.Denied {
		t.Errorf("accepted all the same: %v", err)
	}
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	now := c.now().UTC().Truncate(time.Second)
	g, _, err := c.NewGrant(ctx, guard.Grant{Operator: "clerk-9", By: "admin-9", Fields: []string{"student.name"}, Count: 1, Reason: "核对学籍",
		From: now.Add(-time.Minute), Until: now.Add(time.Hour), Release: &guard.Release{To: "某分行", Key: key.Recipient().String(), Centre: true}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Release(ctx, g.ID, "clerk-9", []uuid.UUID{id}, t.TempDir()); fault.KindOf(err) != fault.Denied {
		t.Errorf("exported all the same: %v", err)
	}
	k := loan.Fold(append(l.of(id), l.news(0).Changes...))
	if w := k.TakenBack(); len(w) != 1 || w[0].Party != student || w[0].Purpose != loan.ConsentCredit || w[0].By != "admin-9" || len(k.Aside) != 0 {
		t.Errorf("the laptop hears %+v, %d aside", w, len(k.Aside))
	}
}
