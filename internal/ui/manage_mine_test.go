package ui

import (
	"strings"
	"testing"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/desk"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"github.com/google/uuid"
)

func TestAnAdministratorsOwnGrantsAreHisAlone(t *testing.T) {
	r := othersCase(t)
	a, err := r.u.desk.AskGrant(t.Context(), desk.Wanted{Fields: []string{"student.phone"}, Case: r.visit().id, Hours: 2, Reason: "核对家长投诉"})
	if err != nil {
		t.Fatal(err)
	}
	r.another("admin-2", guard.DataAdmin)
	s := inManage[*grantSection](r, ofGrants)
	r.until("the request", func() bool { return len(findButtons(s.pleas)) == 1 })
	r.settle()
	r.snap("grants-of-others")
	r.ui(func() {
		if mine := textsIn(s.mine); strings.Contains(mine, "手机号码") {
			t.Errorf("his own are %s", mine)
		}
		if words := textsIn(s.pleas); !strings.Contains(words, "在本机申请学生手机号码，案件 ") || !strings.Contains(words, "核对家长投诉。申请时间 08-05") {
			t.Errorf("what waits for him: %s", words)
		}
		fyneTap(findButtons(s.pleas)[0])
	})
	r.settle()
	if got := r.dialogWords(); !strings.Contains(got, a.Code) {
		t.Errorf("it leads to %q", got)
	}
}

func TestAGrantSaysWhoGaveItAndWhy(t *testing.T) {
	r := newRig(t, kit.Light)
	r.open(loan.First, false)
	s := inManage[*grantSection](r, ofGrants)
	id := uuid.Must(uuid.NewV7())
	g := desk.Given{Grant: guard.Grant{ID: "g-1", Operator: "clerk-1", Fields: []string{"student.phone"}, Cases: []uuid.UUID{id}, Reason: "电话核对过本人", By: "admin-9", Until: testClock().Add(time.Hour)}}
	words := func() (w string) {
		r.ui(func() { w = textsIn(s.grantRow(g)) })
		return w
	}
	if got := words(); !strings.Contains(got, shortCase(id)+"。县资助中心签发（admin-9），理由：电话核对过本人") {
		t.Errorf("of one that nobody asked for it says %s", got)
	}
	g.ID = "p-0102030405060708090a0b0c"
	if got := words(); !strings.Contains(got, shortCase(id)+"。admin-9 批准，理由：电话核对过本人") {
		t.Errorf("of one that was asked for it says %s", got)
	}
	g.By = desk.Emergency
	if got := words(); !strings.Contains(got, "紧急查看：本案全部内容") || !strings.Contains(got, "本人写的原因：") {
		t.Errorf("an emergency: %s", got)
	}
	r.ui(func() {
		s.mine.Objects = []fyne.CanvasObject{s.grantRow(g), s.grantRow(desk.Given{Grant: guard.Grant{ID: "p-0102030405060708090a0b0d", Fields: []string{"student.phone"}, Count: 2, Reason: "抽查", By: "admin-9", Until: g.Until}, Used: g.Cases})}
		s.u.arranged()
	})
	r.snap("grants-own")
	g.Cases, g.Count, g.Used = nil, 2, []uuid.UUID{id}
	if got := reachOf(g); got != "最多 2 件，已用于"+shortCase(id)+"，还可用 1 件" {
		t.Errorf("of any cases: %s", got)
	}
}

func TestWhoHasNoCasesIsToldHowHeComesToAGrant(t *testing.T) {
	r := newIssuerRig(t, kit.Light)
	stands, err := guard.EncodeStandings([]guard.Standing{{ID: "auditor-2", Level: guard.ProvinceLevel, Org: "52"}})
	if err != nil {
		t.Fatal(err)
	}
	r.send(bulletin.Standing, bulletin.StandingName, stands)
	none := func() (words string) {
		s := inManage[*grantSection](r.rig, ofGrants)
		r.until("it is said that there is nothing", func() bool { return len(s.mine.Objects) == 1 })
		r.ui(func() { words = textsIn(s.mine) })
		return words
	}
	if got := none(); !strings.Contains(got, "需要时在案件里点“显示…”") {
		t.Errorf("a clerk is told %q", got)
	}
	r.another("auditor-1", guard.Auditor)
	if got := none(); !strings.Contains(got, "到“案件”里点“查找其他案件…”，找到后打开，点“显示…”") {
		t.Errorf("an auditor is told %q", got)
	}
	r.another("auditor-2", guard.Auditor)
	if got := none(); strings.Contains(got, "显示…") || !strings.Contains(got, "您的账号是省级账号") {
		t.Errorf("an auditor of the province is told %q", got)
	}
}

func TestWhatIsOddNamesCasesWhereThereAreAny(t *testing.T) {
	id := uuid.Must(uuid.NewV7())
	o := desk.Oddity{Kind: guard.OddNight, Count: 3}
	if got := oddWords(o); strings.Contains(got, "案件") {
		t.Errorf("of none it says %s", got)
	}
	o.Cases = []uuid.UUID{id}
	if got := oddWords(o); !strings.HasSuffix(got, "；案件 "+loan.ShortID(id)) {
		t.Errorf("of one it says %s", got)
	}
}
