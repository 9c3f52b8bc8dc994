package store

import (
	"context"
	"slices"
	"strings"
	"testing"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// own gives the id of this laptop's last change of a case.
func (i *intake) own(id uuid.UUID) uuid.UUID {
	all := must(i.s.Changes(context.Background(), id))
	return all[len(all)-1].ID
}

// TestWhatTheCentreErasedStaysWhereItMeetsASealOrWork has the centre say of cases that
// they are erased of which it does not know everything.
func TestWhatTheCentreErasedStaysWhereItMeetsASealOrWork(t *testing.T) {
	ctx := context.Background()
	i := newIntake(t)
	sealed := i.finished(1, 2026)
	late := i.open(2, 2026)
	knew := i.own(late.id)
	must(i.s.Commit(ctx, []Entry{editEntry(late.id, "student.phone", "15400000001")}, nil))
	known := i.open(3, 2026)
	unsent := i.open(4, 2026)
	i.carry(i.now, slices.Concat(sealed.all(), late.all(), known.all())...)
	last := i.own(known.id)
	i.commit(known.id, loan.ChangeView, "c1", loan.ViewBody{Detail: "a look"}) // no work
	for _, k := range []struct {
		name string
		of   family
		knew []uuid.UUID
		want Why
	}{
		{"a sealed contract that the centre has", sealed, []uuid.UUID{i.own(sealed.id)}, WhySealed},
		{"work that the centre got after it erased", late, []uuid.UUID{knew}, WhyUnsent},
		{"pages that wait, and a word of before", unsent, nil, WhyUnsent},
		{"all of it known", known, []uuid.UUID{last}, ""},
	} {
		t.Run(k.name, func(t *testing.T) {
			for range 2 { // the second word changes nothing
				out := must(i.s.EraseTold(ctx, []uuid.UUID{k.of.id}, k.knew, "a1", "told"))
				if k.want == "" {
					i.gone(k.of.all()...)
					_, err := i.s.Case(ctx, k.of.id)
					wantKind(t, err, fault.Erased)
					return
				}
				if out.Cases != 0 {
					t.Errorf("%+v, want it kept", out)
				}
				k.knew = []uuid.UUID{i.own(k.of.id)}
			}
			must(i.s.Case(ctx, k.of.id))
			i.here(k.of.all()...)
			n := 0
			must(i.s.EachChange(ctx, func(ch *loan.Change) {
				if b, err := loan.Body[loan.ViewBody](ch); err == nil && ch.Case == uuid.Nil && b.Reason == "told" && ch.Operator == "a1" &&
					strings.HasSuffix(b.Detail, k.of.id.String()+" as the centre says: kept, "+string(k.want)) {
					n++
				}
			}))
			if n != 1 {
				t.Errorf("the chain says %d times that it is kept, want once", n)
			}
			if all := must(i.s.KeptTold(ctx)); !slices.ContainsFunc(all, func(x Kept) bool { return x.Case == k.of.id && x.Why == k.want && x.By == "a1" }) {
				t.Errorf("kept: %+v", all)
			}
		})
	}
	i.reopen()
	if all := must(i.s.KeptTold(ctx)); len(all) != 3 {
		t.Errorf("kept: %+v", all)
	}
	noErr(t, i.s.VerifyLedger(ctx))
	noErr(t, i.s.VerifyChain(ctx))
}

func TestASealedContractIsNotErasedOnRequest(t *testing.T) {
	ctx := context.Background()
	i := newIntake(t)
	f := i.finished(1, 2026)
	i.commit(f.id, loan.ChangeVoid, "c1", loan.ReasonBody{Reason: "withdrawn"})
	out := must(i.s.EraseCase(ctx, f.id, "a1", "asked in person"))
	if out.Cases != 0 || len(out.Refused) != 1 || out.Refused[0].Why != WhySealed {
		t.Errorf("%+v, want it refused", out)
	}
	i.here(f.all()...)
}
