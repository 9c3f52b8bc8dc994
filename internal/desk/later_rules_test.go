package desk_test

import (
	"testing"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// TestWhatIsFoundLaterStopsTheNextStep has the county strike the school off its register
// between two steps: what was right as it was submitted, or as both signed, is not any more.
func TestWhatIsFoundLaterStopsTheNextStep(t *testing.T) {
	refused := func(t *testing.T, c *county, was *loan.Case, step func() (*loan.Case, error)) {
		t.Helper()
		c.send(bulletin.Schools, bulletin.RegisterName, register("测试大学"))
		if r := c.d.CheckEntry(was); r.Verdict != loan.RejectVerdict {
			t.Fatalf("the school is struck off, and the verdict is %s: %v", r.Verdict, r.Codes())
		}
		_, err := step()
		if fault.KindOf(err) != fault.Input || fault.Sentence(err) == fault.Input.Sentence() {
			t.Errorf("got %v, want input with a sentence of its own", err)
		}
		now, err := c.d.Store().Case(t.Context(), was.ID)
		if err != nil || now.Status != was.Status {
			t.Errorf("the case is %s, %v; it was %s", now.Status, err, was.Status)
		}
	}
	t.Run("a reviewer does not pass a case that is not right any more", func(t *testing.T) {
		c := newCounty(t)
		k := step(t)(c.d.Submit(t.Context(), entered(t, c.d).ID))
		refused(t, c, k, func() (*loan.Case, error) {
			return c.d.Review(t.Context(), k.ID, "reviewer-1", []byte(reviewPassword), true, "")
		})
		if k, err := c.d.Review(t.Context(), k.ID, "reviewer-1", []byte(reviewPassword), false, "学校不在名录"); err != nil || k.Status != loan.Draft {
			t.Errorf("sent back to the clerk: %v, %v", k, err)
		}
	})
	t.Run("a contract that both signed is not sealed", func(t *testing.T) {
		c := newCounty(t)
		k := signed(t, c.d, entered(t, c.d))
		refused(t, c, k, func() (*loan.Case, error) { return c.d.Seal(t.Context(), k.ID) })
		k, err := c.d.Store().Case(t.Context(), k.ID)
		if err != nil || k.Contract.Sealed != nil {
			t.Errorf("the contract is sealed: %v", err)
		}
	})
}

func TestALaptopThatOnlyLooksOnPassesNothingOn(t *testing.T) {
	a, b := pair(t)
	ctx, must := t.Context(), step(t)
	c := must(a.NewCase(ctx, loan.First, false))
	bring(t, a, b, c.ID)
	_, err := b.PassOn(ctx, c.ID, b.Device(), "B", loan.EntryStation)
	if fault.KindOf(err) != fault.Denied || fault.Sentence(err) == fault.Denied.Sentence() {
		t.Errorf("got %v, want denied with a sentence", err)
	}
	c = must(b.Store().Case(ctx, c.ID))
	if len(c.Holders) != 0 || len(c.Aside) != 0 {
		t.Errorf("held by %v, %d set aside", c.Holders, len(c.Aside))
	}
	must(a.PassOn(ctx, c.ID, b.Device(), "B", loan.EntryStation))
}
