package central

import (
	"encoding/hex"
	"slices"
	"strings"
	"testing"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/seal"
)

// TestAGrantThatWasTakenBackIsNotGivenAgainByTelephone has an administrator take back at
// his laptop what he approved there by a code, and the asker call the centre.
func TestAGrantThatWasTakenBackIsNotGivenAgainByTelephone(t *testing.T) {
	a := newAnswering(t)
	ctx := t.Context()
	who := Caller{a.l.enrol.Device.String(), "practice-other"}
	refused := func(name, by string, err error) {
		t.Helper()
		if say := fault.Sentence(err); fault.KindOf(err) != fault.Missing || !strings.Contains(say, "撤销") || !strings.Contains(say, by) || !strings.Contains(say, "重新申请") {
			t.Errorf("%s: got %v, %q", name, err, say)
		}
	}
	for n, heard := range []bool{true, false} { // that the request came up
		ask := a.asks(n + 1)
		grant, err := grantOf(a.l.enrol.Device, hex.EncodeToString(ask))
		if err != nil {
			t.Fatal(err)
		}
		if heard {
			a.says("practice-other", guard.AskedDetail(ask), time.Now())
		}
		a.says("admin-2", guard.TakenBackDetail(grant, "practice-other", guard.TagOf(a.l.enrol.Device)), time.Now())
		_, err = a.c.AnswerGrant(ctx, who, "practice-admin", seal.Spoken(ask), "家长来电核对")
		refused("taken back at a laptop", "admin-2", err)
		if _, gone, err := a.c.grantHere(ctx, a.c.db, grant); err != nil || !gone {
			t.Errorf("the grant is gone: %v, %v", gone, err)
		}
	}
	t.Run("also what the centre itself took back", func(t *testing.T) {
		ask := a.asks(3)
		grant, err := grantOf(a.l.enrol.Device, hex.EncodeToString(ask))
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // it was misheard
			if _, err := a.c.AnswerGrant(ctx, who, "practice-admin", seal.Spoken(ask), "家长来电核对"); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := a.c.Withdraw(ctx, bulletin.Grant, grant); err != nil {
			t.Fatal(err)
		}
		_, err = a.c.AnswerGrant(ctx, who, "practice-admin", seal.Spoken(ask), "家长来电核对")
		refused("withdrawn here", guard.AccountLabel(operatorCentre), err)
	})
	t.Run("and an export", func(t *testing.T) {
		said := guard.ExportTo{To: "某市学生资助管理中心", Purpose: "市中心抽查合同"}
		e, err := guard.NewExportAsk(guard.Ask{Nonce: [4]byte{4}, Fields: []string{guard.ImagesField}, Hours: 2, Count: 3}, guard.Release{To: said.To, Key: "age1" + strings.Repeat("q", 58)}, said.Purpose)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := e.Encode()
		if err != nil {
			t.Fatal(err)
		}
		_, grant, err := a.c.AnswerExport(ctx, who, "practice-admin", seal.Spoken(raw), said, "核对是本人")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.c.Withdraw(ctx, bulletin.Grant, grant); err != nil {
			t.Fatal(err)
		}
		_, _, err = a.c.AnswerExport(ctx, who, "practice-admin", seal.Spoken(raw), said, "核对是本人")
		refused("an export", guard.AccountLabel(operatorCentre), err)
	})
}

// TestWhoAskedForWhatWasTakenBackBeforeHearsWhy has the taking back come first.
func TestWhoAskedForWhatWasTakenBackBeforeHearsWhy(t *testing.T) {
	a := newAnswering(t)
	ask := a.asks(1)
	grant, err := grantOf(a.l.enrol.Device, hex.EncodeToString(ask))
	if err != nil {
		t.Fatal(err)
	}
	a.says("admin-2", guard.TakenBackDetail(grant, "practice-other", guard.TagOf(a.l.enrol.Device)), time.Now())
	a.says("practice-other", guard.AskedDetail(ask), time.Now())
	if all, err := pleas(t.Context(), a.c.db); err != nil || len(all) != 1 || all[0].By != "admin-2" || all[0].Word != "家长来电核对" {
		t.Errorf("got %+v, %v", all, err)
	}
}

// TestARequestWhoseGrantTheCentreWithdrewWaitsForNobody withdraws by its id what laptops
// gave each other by a code, before the request comes up and after.
func TestARequestWhoseGrantTheCentreWithdrewWaitsForNobody(t *testing.T) {
	a := newAnswering(t)
	for n, first := range []bool{true, false} {
		ask := a.asks(n + 1)
		grant, err := grantOf(a.l.enrol.Device, hex.EncodeToString(ask))
		if err != nil {
			t.Fatal(err)
		}
		steps := []func(){func() { a.says("practice-other", guard.AskedDetail(ask), time.Now()) }, func() {
			if _, err := a.c.Withdraw(t.Context(), bulletin.Grant, grant); err != nil {
				t.Fatal(err)
			}
		}}
		if !first {
			steps[0], steps[1] = steps[1], steps[0]
		}
		for _, step := range steps {
			step()
		}
		a.answer("admin-2", true, ask, time.Now())
		if _, gone, err := a.c.grantHere(t.Context(), a.c.db, grant); err != nil || !gone {
			t.Errorf("asked first %v: an approval gives it again: gone %v, %v", first, gone, err)
		}
		if got := a.told(); !slices.ContainsFunc(got, func(b guard.AnswerBack) bool {
			return b.Grant == grant && b.Operator == "admin-2" && b.Why == guard.WhyDeclined && b.By == operatorCentre
		}) {
			t.Errorf("asked first %v: who approved it is told %+v", first, got)
		}
	}
}
