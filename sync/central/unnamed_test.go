package central

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// TestAReasonKeepsNoNameOfItsCasesPeople writes the student's name into each reason that
// is about a case, at a laptop and at the centre.
func TestAReasonKeepsNoNameOfItsCasesPeople(t *testing.T) {
	const name, masked = "韦测甲", "韦*甲"
	c := open(t, t.TempDir())
	c.cheap = true
	ctx := t.Context()
	l := enrol(t, c, serve(t, c))
	id := uuid.Must(uuid.NewV7())
	l.change(id, loan.ChangeOpen, loan.OpenBody{Application: loan.Application{Kind: loan.First, AcademicYear: 2026}})
	l.change(id, loan.ChangeEdit, loan.EditBody{Fields: map[string]jsonText{"student.name": raw(`"` + name + `"`)}})
	l.change(id, loan.ChangeReveal, loan.ViewBody{Fields: []string{"student.phone"}, Reason: name + "家长来电"})
	l.change(id, loan.ChangeView, loan.ViewBody{Reason: name + "家断网", Detail: "glass e-0123456789ab"})
	l.change(id, loan.ChangeVoid, loan.ReasonBody{Reason: name + "不再申请"})
	l.send(l.since(0))
	ofRealPeople(t, c)
	for _, o := range []Operator{{ID: "aud-9", Name: "审计", Roles: []string{"auditor"}}, {ID: "admin-8", Name: "管理", Roles: []string{"dataadmin"}}, {ID: "practice-clerk", Name: "操作", Roles: []string{"clerk"}}} {
		if err := c.AddOperator(ctx, o); err != nil {
			t.Fatal(err)
		}
	}
	auditor, admin := officerOf(t, c, "aud-9"), officerOf(t, c, "admin-8")
	nameless := func(what, said string) {
		t.Helper()
		if strings.Contains(said, name) || !strings.Contains(said, masked) {
			t.Errorf("%s: %q", what, said)
		}
	}
	glass, err := c.Emergencies(ctx, admin, "每周复查")
	if err != nil || len(glass) != 1 {
		t.Fatal(glass, err)
	}
	nameless("an emergency", glass[0].Reason)
	if err := c.ReviewEmergency(ctx, admin, l.enrol.Device, "e-0123456789ab", true, "韦 测甲家确实断网"); err != nil {
		t.Fatal(err)
	}
	if glass, err = c.Emergencies(ctx, admin, "每周复查"); err != nil || len(glass) != 1 || len(glass[0].Reviews) != 1 {
		t.Fatal(glass, err)
	}
	nameless("its review", glass[0].Reviews[0].Word)
	now := time.Now().UTC().Truncate(time.Second)
	g, _, err := c.NewGrant(ctx, guard.Grant{Operator: "practice-clerk", By: "admin-8", Fields: []string{"student.phone"}, Cases: []uuid.UUID{id}, Reason: "核对" + name, From: now, Until: now.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	nameless("a grant", g.Reason)
	lines := func() (out string) {
		t.Helper()
		found, err := c.Record(ctx, auditor, RecordQuery{Sought: guard.Sought{Reason: "年度检查"}})
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range found.Lines {
			out += l.Reason + "\n"
		}
		return out
	}
	nameless("the record", lines())
	var report bytes.Buffer
	if _, err := c.RecordReport(ctx, auditor, RecordQuery{Sought: guard.Sought{Reason: "年度检查"}}, &report); err != nil {
		t.Fatal(err)
	}
	nameless("a report of it", report.String())
	l.change(id, loan.ChangeView, loan.ViewBody{Reason: "核对" + name + "的投诉", Detail: guard.AskedDetail(pleaOf(t, id))})
	l.send(l.changes)
	const why = name + "本人要求删除"
	if _, err := c.Acting(ctx, admin, Act{Verb: guard.EraseSeason, Name: "case erase", Case: id, Reason: why}, func() error { return c.EraseCase(ctx, id, "admin-8", why) }); err != nil {
		t.Fatal(err)
	}
	nameless("a tombstone", tombstones(t, c)[0].Reason)
	nameless("the record of what is gone", lines())
	if glass, err = c.Emergencies(ctx, admin, "每周复查"); err != nil || len(glass) != 1 {
		t.Fatal(glass, err)
	}
	nameless("an emergency in what is gone", glass[0].Reason)
	list, err := c.Pleas(ctx)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	nameless("a request of what is gone", list[0].Reason)
}

// pleaOf is a request for pictures of a case.
func pleaOf(t *testing.T, id uuid.UUID) []byte {
	t.Helper()
	b, err := guard.Ask{Nonce: [4]byte{1, 2, 3, 4}, Fields: []string{guard.ImagesField}, Hours: 2, Case: guard.TagOf(id)}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestAListThatGoesDownNamesNobodyOfACase sends a request before its case is known here,
// and one after it, both with the student's name.
func TestAListThatGoesDownNamesNobodyOfACase(t *testing.T) {
	const name = "韦测甲"
	c := open(t, t.TempDir())
	l := enrol(t, c, serve(t, c))
	id := uuid.Must(uuid.NewV7())
	asked := func(n byte) {
		t.Helper()
		ask := pleaOf(t, id)
		ask[0] = n
		l.change(id, loan.ChangeView, loan.ViewBody{Reason: "核对" + name + "的投诉", Detail: guard.AskedDetail(ask)})
		l.send(l.changes)
	}
	listed := func() (out []string) {
		t.Helper()
		raw, err := c.BulletinFile(t.Context(), bulletin.Asks, bulletin.AsksName)
		if err != nil {
			t.Fatal(err)
		}
		b, err := bulletin.Open(raw, c.authority.Signer().Public(), practiceCounty)
		if err != nil {
			t.Fatal(err)
		}
		list, err := guard.ParseWaiting(b.Content)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range list {
			out = append(out, w.Reason)
		}
		return out
	}
	asked(1)
	if got := listed(); len(got) != 1 {
		t.Fatalf("before the case is known: %q", got)
	}
	l.change(id, loan.ChangeOpen, loan.OpenBody{Application: loan.Application{Kind: loan.First, AcademicYear: 2026, Student: loan.Person{Name: name}}})
	asked(2)
	got := listed()
	if len(got) != 2 {
		t.Fatalf("%q", got)
	}
	for _, text := range got {
		if text != "核对韦*甲的投诉" {
			t.Errorf("what goes down: %q", text)
		}
	}
}

func TestAReasonOfASearchNamesNobodyOfTheCasesThatItShowed(t *testing.T) {
	k := twoPoints(t)
	id := uuid.Must(uuid.NewV7())
	k.east.change(id, loan.ChangeOpen, loan.OpenBody{Application: loan.Application{Kind: loan.First, AcademicYear: 2026, Student: loan.Person{Name: "韦测甲"}}})
	k.east.change(uuid.Nil, loan.ChangeSearch, loan.ViewBody{Reason: "查找韦测甲的登记", Detail: guard.BeyondWords(1, "", []uuid.UUID{id})})
	k.east.send(k.east.changes)
	found := k.ask(t, "aud-county", RecordQuery{Sought: guard.Sought{Kinds: []loan.ChangeKind{loan.ChangeSearch}, Case: id.String()}})
	if len(found.Lines) != 1 || found.Lines[0].Reason != "查找韦*甲的登记" {
		t.Errorf("got %+v", found.Lines)
	}
}
