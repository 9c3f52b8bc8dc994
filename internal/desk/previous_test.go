package desk_test

import (
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// received has the centre take in a finished case under a contract's number.
func received(t *testing.T, d *desk.Desk, c *loan.Case, contractNo string) *loan.Case {
	t.Helper()
	ch := &loan.Change{ID: uuid.Must(uuid.NewV7()), Device: uuid.UUID{1}, Counter: 4, Operator: "centre", Case: c.ID, Kind: loan.ChangeReceive, At: clock(), Seen: c.Heads,
		Body: []byte(`{"finish":"` + c.Finish.ID.String() + `","receipt_no":"R1","contract_no":"` + contractNo + `","check_code":"123456"}`)}
	ch.BodyHash = loan.BodyHashOf(d.Store().Sum, ch.Salt, ch.Body)
	if err := d.Store().Receive(t.Context(), []*loan.Change{ch}); err != nil {
		t.Fatal(err)
	}
	return step(t)(d.Store().Case(t.Context(), c.ID))
}

func TestARenewalIsSetBesideTheContractBefore(t *testing.T) {
	d := laptop(t, t.TempDir())
	defer d.Close()
	ctx, must := t.Context(), step(t)
	one := must(d.Finish(ctx, sealed(t, d).ID))
	next := renewal(t, d)
	want := func(what string, c *loan.Case, want map[string]string) {
		t.Helper()
		got := differing(t, d, c, desk.FromEarlier)
		t.Log(what)
		wantDifferences(t, got, want)
	}
	want("before the receipt its number is not known", next, map[string]string{"study.entry_year": "2023", "loan.previous.amount": "5800"})
	one = received(t, d, one, "52272720230007")
	both := map[string]string{"study.entry_year": "2023", "loan.previous.contract_no": one.Receipt.ContractNo, "loan.previous.amount": "5800"}
	want("another contract and amount", next, both)
	next = must(d.Edit(ctx, next.ID, map[string]any{"student.ethnic": "汉族", "student.id_valid_to": "2030-01-01", "student.birth": "2005-03-15", "student.sex": "女",
		"coborrowers.0.address": "别处一号"}))
	for f, v := range map[string]string{"student.ethnic": "布依族", "student.id_valid_to": "2033-05-01", "student.birth": "2005-03-14", "student.sex": "男",
		"coborrowers.0.address": "测试乡示例村一组001号附一"} {
		both[f] = v
	}
	want("another nation, term, birth, sex and address", next, both)
	next = must(d.Edit(ctx, next.ID, map[string]any{"loan.previous.contract_no": "52272720230007", "loan.previous.amount": 5800}))
	delete(both, "loan.previous.contract_no")
	delete(both, "loan.previous.amount")
	want("the same contract and amount", next, both)
}
