package desk_test

import (
	"slices"
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// both is somebody with both roles of the counter.
func both() guard.Operator {
	return guard.Operator{ID: "both-1", Name: "操作员兼复核员", Roles: []guard.Role{guard.Clerk, guard.Reviewer}, Enabled: true}
}

const bothPassword = "correct horse 3"

// sealedAfter has both parties sign the contract in hand, and a second operator
// look where one is named, and seals it.
func sealedAfter(t *testing.T, d *desk.Desk, c *loan.Case, witness string) *loan.Case {
	t.Helper()
	ctx, must := t.Context(), step(t)
	how, note := loan.InPerson, ""
	if witness != "" {
		how, note = loan.ByProxy, "父亲韦测乙代学生签"
	}
	_, c, err := d.FillContract(ctx, c.ID, loan.Signatures{Student: how, Coborrower: loan.InPerson, ProxyNote: note})
	if err != nil {
		t.Fatal(err)
	}
	c = heard(t, d, c)
	c = must(d.Sign(ctx, c.ID, loan.StudentParty, how, note, strokes(), ticks(t, d, c)...))
	c = must(d.Sign(ctx, c.ID, loan.CoborrowerParty, loan.InPerson, "", strokes(), ticks(t, d, c)...))
	if witness != "" {
		must(d.Witness(ctx, c.ID, witness, []byte(bothPassword)))
	}
	return must(d.Seal(ctx, c.ID))
}

// correctedAgain is a sealed case with a correction of its contract, submitted.
func correctedAgain(t *testing.T, d *desk.Desk, c *loan.Case) *loan.Case {
	t.Helper()
	ctx, must := t.Context(), step(t)
	must(d.Correct(ctx, c.ID, map[string]any{"loan.amount": 5000}, "金额有误"))
	return must(d.Submit(ctx, c.ID))
}

// TestASmallPointWithOneClerkAndOneReviewerGoesAllTheWay is the whole life of a
// case with a correction, which needs no third person.
func TestASmallPointWithOneClerkAndOneReviewerGoesAllTheWay(t *testing.T) {
	d := laptop(t, t.TempDir())
	defer d.Close()
	c := sealedAfter(t, d, passed(t, d, entered(t, d)), "")
	c = correctedAgain(t, d, c)
	must := step(t)
	c = must(d.Review(t.Context(), c.ID, "reviewer-1", []byte(reviewPassword), true, ""))
	c = sealedAfter(t, d, c, "")
	if c = must(d.Finish(t.Context(), c.ID)); c.Status != loan.Queued {
		t.Errorf("got %s", c.Status)
	}
}

func TestWhoHadAHandInTheContractDoesNotReviewAfterACorrection(t *testing.T) {
	refused := func(t *testing.T, d *desk.Desk, c *loan.Case) {
		t.Helper()
		if list, err := d.Reviewers(t.Context(), c); err != nil || slices.ContainsFunc(list, func(p desk.Person) bool { return p.ID == "both-1" }) {
			t.Errorf("he is offered as a reviewer: %v, %v", list, err)
		}
		_, err := d.Review(t.Context(), c.ID, "both-1", []byte(bothPassword), true, "")
		if fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "另一位复核员") {
			t.Errorf("got %v: %s", err, fault.Sentence(err))
		}
		if _, err := d.Review(t.Context(), c.ID, "reviewer-1", []byte(reviewPassword), true, ""); err != nil {
			t.Errorf("another: %v", err)
		}
	}
	t.Run("who witnessed", func(t *testing.T) {
		d := laptop(t, t.TempDir())
		defer d.Close()
		enabled(t, d, both(), bothPassword)
		c := sealedAfter(t, d, passed(t, d, renewal(t, d)), "both-1")
		refused(t, d, correctedAgain(t, d, c))
	})
	t.Run("who filled, had it signed and sealed it", func(t *testing.T) {
		d := laptop(t, t.TempDir())
		enabled(t, d, both(), bothPassword)
		c := passed(t, d, entered(t, d))
		d, err := signedIn(t, d, "both-1", bothPassword)
		if err != nil {
			t.Fatal(err)
		}
		step(t)(d.TakeOver(t.Context(), c.ID, loan.SignStation, "换人接着办"))
		c = sealedAfter(t, d, c, "")
		if d, err = signedIn(t, d, "clerk-1", clerkPassword); err != nil {
			t.Fatal(err)
		}
		refused(t, d, correctedAgain(t, d, c))
	})
	t.Run("who reviewed does not go on as a clerk", func(t *testing.T) {
		d := laptop(t, t.TempDir())
		enabled(t, d, both(), bothPassword)
		c := entered(t, d)
		must := step(t)
		must(d.Submit(t.Context(), c.ID))
		must(d.Review(t.Context(), c.ID, "both-1", []byte(bothPassword), true, ""))
		d, err := signedIn(t, d, "both-1", bothPassword)
		if err != nil {
			t.Fatal(err)
		}
		must(d.TakeOver(t.Context(), c.ID, loan.SignStation, "换人接着办"))
		if _, _, err := d.PrepareContract(t.Context(), c.ID); fault.KindOf(err) != fault.Denied {
			t.Errorf("fills the contract: %v", err)
		}
		if _, err := d.Edit(t.Context(), c.ID, map[string]any{"loan.amount": 5000}); fault.KindOf(err) != fault.Denied {
			t.Errorf("edits: %v", err)
		}
	})
}

// TestACaseOfAnotherClerkIsTakenOverBeforeItIsWorkedOn lets a clerk call every
// method of the desk that is a clerk's on a case of another.
func TestACaseOfAnotherClerkIsTakenOverBeforeItIsWorkedOn(t *testing.T) {
	c, as := staffed(t)
	d := as(guard.Clerk)
	ctx := t.Context()
	acts := []guard.Verb{guard.Edit, guard.Resolve, guard.Attach, guard.Detach, guard.Replace, guard.Attest, guard.Consent, guard.Submit, guard.PrepareContract,
		guard.Read, guard.Sign, guard.Seal, guard.Finish, guard.Correct, guard.VoidCase}
	tried := map[guard.Verb]bool{}
	for name, w := range ways() {
		if w.call == nil || !slices.Contains(acts, w.verb) {
			continue
		}
		tried[w.verb] = true
		err := w.call(ctx, d, c)
		if fault.KindOf(err) != fault.Denied {
			t.Errorf("%s: got %v, want denied", name, err)
		}
		if guard.May(d.Operator(), w.verb, &loan.Case{Status: c.Status}) == nil && !strings.Contains(fault.Sentence(err), "接手") {
			t.Errorf("%s: it says %q, and not what to do", name, fault.Sentence(err))
		}
	}
	if len(tried) != len(acts) {
		t.Errorf("%d of %d verbs were tried", len(tried), len(acts))
	}
	after, err := d.Store().Case(ctx, c.ID)
	if err != nil || !slices.Equal(after.Heads, c.Heads) {
		// Refusals are notes that look at the case, and change nothing of it.
		if err != nil || after.App.Loan.Amount != c.App.Loan.Amount || len(after.Attachments) != len(c.Attachments) || after.Status != c.Status || len(after.Authors) != 1 {
			t.Errorf("the case changed: %v", err)
		}
	}
	if err := d.Handles(after); fault.KindOf(err) != fault.Denied || d.CouldHandle(after) != nil {
		t.Errorf("handles it: %v; could: %v", err, d.CouldHandle(after))
	}
	if _, err := d.PassOn(ctx, c.ID, d.Device(), "A", loan.EntryStation); fault.KindOf(err) != fault.Denied {
		t.Errorf("passes it to himself: %v", err)
	}
	if _, err := d.TakeOver(ctx, c.ID, loan.EntryStation, ""); fault.KindOf(err) != fault.Input {
		t.Errorf("takes it over without a reason: %v", err)
	}
	if _, err := d.TakeOver(ctx, c.ID, loan.EntryStation, "经办人请假，换人接着办"); err != nil {
		t.Fatal(err)
	}
	got, err := d.Edit(ctx, c.ID, map[string]any{"loan.amount": 5000})
	if err != nil || got.App.Loan.Amount != 5000 {
		t.Errorf("after taking over: %v", err)
	}
}

// atOneLaptop is a laptop with three clerks and a case that the first began with a
// number, entered and left; as signs one of them in.
func atOneLaptop(t *testing.T) (d *desk.Desk, c *loan.Case, as func(id string) *desk.Desk) {
	t.Helper()
	ctx, must := t.Context(), step(t)
	d = laptop(t, t.TempDir())
	c = must(d.TakeNumber(ctx, loan.First, false))
	c = must(d.Edit(ctx, c.ID, family()))
	for _, id := range []string{"clerk-2", "clerk-3"} {
		other := clerk()
		other.ID, other.Name = id, "另一位操作员"
		enabled(t, d, other, clerkPassword)
	}
	return d, c, func(id string) *desk.Desk {
		t.Helper()
		var err error
		if d, err = signedIn(t, d, id, clerkPassword); err != nil {
			t.Fatal(err)
		}
		return d
	}
}

// worksOn wants that a case is in the operator's queue, seen in full and worked on, or
// none of it.
func worksOn(t *testing.T, d *desk.Desk, id uuid.UUID, want bool) {
	t.Helper()
	c := step(t)(d.Case(t.Context(), id))
	found := slices.ContainsFunc(d.Find("", 0), func(r desk.Row) bool { return r.ID == id })
	_, err := d.Edit(t.Context(), id, map[string]any{"loan.amount": 5000 + len(d.Operator().ID)})
	if found != want || d.SeesFull(c) != want || (err == nil) != want || (d.Handles(c) == nil) != want {
		t.Errorf("%s: in the queue %v, in full %v, edited %v; want %v", d.Operator().ID, found, d.SeesFull(c), err, want)
	}
}

func TestACaseBegunWithANumberIsOfWhoOpenedIt(t *testing.T) {
	d, c, as := atOneLaptop(t)
	worksOn(t, d, c.ID, true)
	d = as("clerk-2")
	worksOn(t, d, c.ID, false)
	if _, err := d.PassOn(t.Context(), c.ID, d.Device(), "A", loan.EntryStation); fault.KindOf(err) != fault.Denied {
		t.Errorf("passes it to himself: %v", err)
	}
}

func TestACaseTakenOverIsOfWhoTookIt(t *testing.T) {
	_, c, as := atOneLaptop(t)
	d := as("clerk-2")
	step(t)(d.TakeOver(t.Context(), c.ID, loan.EntryStation, "经办人请假，换人接着办"))
	d = as("clerk-3")
	worksOn(t, d, c.ID, false)
	d = as("clerk-2")
	worksOn(t, d, c.ID, true)
	if _, err := d.TakeOver(t.Context(), c.ID, loan.EntryStation, "再接手一次"); fault.KindOf(err) != fault.Exists {
		t.Errorf("who has it already: %v", err)
	}
	d = as("clerk-1")
	worksOn(t, d, c.ID, true)
}

func TestACaseThatWasPassedToAStationOfThisLaptopIsForItsClerks(t *testing.T) {
	d, c, as := atOneLaptop(t)
	step(t)(d.PassOn(t.Context(), c.ID, d.Device(), "A", loan.EntryStation))
	worksOn(t, as("clerk-2"), c.ID, true)
}
