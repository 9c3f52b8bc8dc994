package central

import (
	"context"
	"database/sql"
	"encoding/hex"
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"github.com/google/uuid"
)

// answering is a centre with two administrators and a laptop that asks and answers.
type answering struct {
	t *testing.T
	c *Central
	l *laptop
}

func newAnswering(t *testing.T) *answering {
	t.Helper()
	c, _ := administered(t)
	for _, o := range []Operator{{ID: "practice-other", Name: "另一人", Roles: []string{"clerk"}}, {ID: "admin-2", Name: "另一管理员", Roles: []string{"dataadmin"}}} {
		if err := c.AddOperator(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	return &answering{t, c, enrol(t, c, serve(t, c))}
}

// says has the laptop send a line of its chain, with the time of its clock.
func (a *answering) says(by, detail string, at time.Time) {
	a.t.Helper()
	ch := a.l.change(uuid.Nil, loan.ChangeView, loan.ViewBody{Fields: []string{"student.phone"}, Reason: "家长来电核对", Detail: detail})
	ch.Operator, ch.At = by, at
	a.l.send(a.l.since(len(a.l.changes) - 1))
}

// asks makes the n-th request, and answer answers it.
func (a *answering) asks(n int) []byte {
	a.t.Helper()
	ask, err := guard.Ask{Nonce: [4]byte{byte(n), byte(n >> 8), 1}, Fields: []string{"student.phone"}, Hours: 1, Count: 1}.Encode()
	if err != nil {
		a.t.Fatal(err)
	}
	return ask
}

func (a *answering) answer(by string, approve bool, ask []byte, at time.Time) {
	a.t.Helper()
	a.says(by, guard.AnswerDetail(approve, a.l.enrol.Device, hex.EncodeToString(ask)), at)
}

// told is what goes down.
func (a *answering) told() []guard.AnswerBack {
	a.t.Helper()
	list, err := answersBack(a.t.Context(), a.c.db)
	if err != nil {
		a.t.Fatal(err)
	}
	return list
}

func TestAnAnswerToWhatIsNotKnownIsToldUnlessItIsOfLongAgo(t *testing.T) {
	a := newAnswering(t)
	a.answer("practice-admin", true, a.asks(1), time.Now().Add(-guard.BackFor-time.Hour))
	if got := a.told(); len(got) != 0 {
		t.Errorf("of long ago: %+v", got)
	}
	a.answer("practice-admin", true, a.asks(2), time.Now())
	a.answer("practice-other", true, a.asks(3), time.Now())
	a.answer("nobody", true, a.asks(4), time.Now())
	if got := a.told(); len(got) != 1 || got[0].Why != guard.WhyOver || got[0].Operator != "practice-admin" || got[0].Asker != "" {
		t.Errorf("got %+v", got)
	}
}

func TestWhoDeclinedIsToldOfAnApprovalByTelephoneAtTheCentre(t *testing.T) {
	a := newAnswering(t)
	ask := a.asks(1)
	a.says("practice-other", guard.AskedDetail(ask), time.Now())
	a.answer("practice-admin", false, ask, time.Now())
	if got := a.told(); len(got) != 0 {
		t.Fatalf("before: %+v", got)
	}
	if _, err := a.c.AnswerGrant(t.Context(), Caller{a.l.enrol.Device.String(), "practice-other"}, "admin-2", seal.Spoken(ask), "家长来电核对"); err != nil {
		t.Fatal(err)
	}
	if got := a.told(); len(got) != 1 || got[0].Operator != "practice-admin" || got[0].Answer != guard.SaidNo || got[0].Why != guard.WhyApproved || got[0].By != "admin-2" || got[0].Asker != "practice-other" {
		t.Errorf("got %+v", got)
	}
	if all, err := pleas(t.Context(), a.c.db); err != nil || len(all) != 0 {
		t.Errorf("it still stands there as declined: %+v, %v", all, err)
	}
}

// TestWhatIsToldOfOneGrantTwiceGoesDown has an answer without effect, and then a taking
// back without effect, of one grant by one person.
func TestWhatIsToldOfOneGrantTwiceGoesDown(t *testing.T) {
	a := newAnswering(t)
	ask := hex.EncodeToString(a.asks(1))
	grant, err := grantOf(a.l.enrol.Device, ask)
	if err != nil {
		t.Fatal(err)
	}
	said := []guard.AnswerBack{{Answer: guard.SaidNo, Ask: ask}, {Answer: guard.SaidBack, Grant: grant}, {Answer: guard.SaidNo, Ask: ask}}
	for _, b := range said {
		b.Operator, b.Why, b.By, b.Device, b.Asker = "practice-admin", guard.WhyApproved, "admin-2", a.l.enrol.Device, "practice-other"
		err := a.c.desk(t.Context(), func(ctx context.Context, tx *sql.Tx) error {
			if err := a.c.tellBack(ctx, tx, b); err != nil {
				return err
			}
			return a.c.issueBack(ctx, tx)
		})
		if got := a.told(); err != nil || len(got) != 1 || got[0].Answer != b.Answer || got[0].Ask != b.Ask {
			t.Errorf("%s: %v, told %+v", b.Answer, err, got)
		}
	}
}

// TestARequestWhoseGrantWasTakenBackBeforeItCameWaitsForNobody has the taking back come
// from another laptop first. One that could become no grant is none.
func TestARequestWhoseGrantWasTakenBackBeforeItCameWaitsForNobody(t *testing.T) {
	a := newAnswering(t)
	ask := a.asks(1)
	grant, err := grantOf(a.l.enrol.Device, hex.EncodeToString(ask))
	if err != nil {
		t.Fatal(err)
	}
	a.says("admin-2", guard.TakenBackDetail(grant, "practice-other", guard.TagOf(a.l.enrol.Device)), time.Now())
	a.says("practice-other", guard.AskedDetail(ask), time.Now())
	if all, err := pleas(t.Context(), a.c.db); err != nil || len(all) != 1 || !all[0].Declined || all[0].By != "admin-2" {
		t.Errorf("got %+v, %v, want it declined by who took it back", all, err)
	}
	ch := a.l.change(uuid.Nil, loan.ChangeView, loan.ViewBody{Fields: []string{"student.phone"}, Detail: guard.AskedDetail(a.asks(2))})
	ch.Operator, ch.At = "practice-other", time.Now()
	a.l.send(a.l.since(len(a.l.changes) - 1))
	a.answer("practice-admin", true, a.asks(2), time.Now())
	if err := a.c.settlePleas(t.Context()); err != nil {
		t.Errorf("a request without a reason holds all others up: %v", err)
	}
}

func TestNobodyIsToldOfMoreAnswersThanAListHolds(t *testing.T) {
	a := newAnswering(t)
	for i := range guard.MaxOwnBack + 5 {
		a.answer("practice-admin", true, a.asks(i+1), time.Now())
	}
	a.answer("admin-2", true, a.asks(1), time.Now())
	his := map[string]int{}
	for _, b := range a.told() {
		his[b.Operator]++
	}
	if his["practice-admin"] != guard.MaxOwnBack || his["admin-2"] != 1 {
		t.Errorf("told of %v", his)
	}
	now := time.Now().Add(guard.BackFor + time.Hour)
	a.c.now = func() time.Time { return now }
	a.says("practice-other", guard.AskedDetail(a.asks(99)), now)
	if got := a.told(); len(got) != 0 {
		t.Errorf("after their time: %d", len(got))
	}
}

func TestOnePersonTakesBackNoMoreGrantsThanGoDown(t *testing.T) {
	a := newAnswering(t)
	ctx := t.Context()
	for range manyBack {
		if _, err := a.c.db.ExecContext(ctx, `INSERT INTO answered (device, kind, request, operator, decided, reason, at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			a.l.enrol.Device.String(), "taken-back", []byte(uuid.NewString()), "practice-other", "practice-admin", "核对", a.c.now().UnixMilli()); err != nil {
			t.Fatal(err)
		}
	}
	for by, n := range map[string]int{"practice-admin": 0, "admin-2": 1} {
		grant, err := grantOf(a.l.enrol.Device, hex.EncodeToString(a.asks(n+1)))
		if err != nil {
			t.Fatal(err)
		}
		a.says(by, guard.TakenBackDetail(grant, "practice-other", guard.TagOf(a.l.enrol.Device)), time.Now())
		_, gone, err := a.c.grantHere(ctx, a.c.db, grant)
		if gone != (n == 1) || err != nil && fault.KindOf(err) != fault.Missing {
			t.Errorf("%s: taken back %v, %v", by, gone, err)
		}
	}
}
