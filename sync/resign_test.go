package main

import (
	"path/filepath"
	"testing"
	"time"

	seals "doorstep/internal/contract"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
)

// word gives the centre's word on a case.
func (st *station) word(t *testing.T, s *server, what string, c *loan.Case, more ...string) {
	t.Helper()
	if code, _, errs := s.verb(t, append([]string{"case", what, "--case", c.ID.String()}, more...)...); code != exitOK {
		t.Fatalf("%s: exit %d: %s", what, code, errs)
	}
}

// returns lets the centre return a case for a code, and the laptop hear of it.
func (st *station) returns(t *testing.T, s *server, c *loan.Case, code string) {
	t.Helper()
	st.word(t, s, "return", c, "--code", code)
	mustCarry(t, st.laptop, s.url)
	if k, err := st.Desk.Case(t.Context(), c.ID); err != nil || k.Status != loan.Returned {
		t.Fatalf("returned: %v, %v", k, err)
	}
}

// A case that the centre returned comes again, once signed anew with another portrait
// and once as it was, and the centre takes it both times.
func TestAReturnedCaseComesAgainSignedAnewAndAsItWas(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	season := time.Date(time.Now().Year()+1, time.August, 5, 10, 0, 0, 0, time.FixedZone("", 8*3600))
	st := newStation(t, s, guard.Operator{ID: "clerk-1", Name: "操作员A", Roles: []guard.Role{guard.Clerk}}, season)
	reviewer := guard.Operator{ID: "reviewer-1", Name: "复核员", Roles: []guard.Role{guard.Reviewer}, Enabled: true}
	if err := st.laptop.EnableOperator(t.Context(), reviewer, []byte(password)); err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	must := func(c *loan.Case, err error) *loan.Case {
		t.Helper()
		if err != nil {
			t.Fatalf("%v: %s", err, fault.Sentence(err))
		}
		return c
	}
	review := func(c *loan.Case) { t.Helper(); must(st.Review(ctx, c.ID, reviewer.ID, []byte(password), true, "")) }
	c := must(st.NewCase(ctx, loan.First, false))
	for _, at := range []loan.Station{loan.CheckStation, loan.EntryStation, loan.PhotoStation} {
		st.works(t, at, c)
	}
	review(c)
	st.works(t, loan.SignStation, c)
	first := must(st.Finish(ctx, c.ID))
	mustCarry(t, st.laptop, s.url)

	st.returns(t, s, c, "E-SG-003")
	must(st.SignAgain(ctx, c.ID, "学生漏签，请其本人重签"))
	must(st.Attach(ctx, c.ID, loan.PortraitStudent, grey(t, 358, 441, 200), "image/jpeg", "camera"))
	must(st.Attest(ctx, c.ID, loan.StudentParty))
	must(st.Submit(ctx, c.ID))
	review(c)
	st.works(t, loan.SignStation, c)
	second := must(st.Finish(ctx, c.ID))
	mustCarry(t, st.laptop, s.url)
	taken := func(when string, former int, contract loan.Hash) {
		t.Helper()
		if h := heldCase(t, s, c.ID); h.Status != "received" || !h.Whole() || h.Conflicts != 0 || h.Aside != 0 {
			t.Errorf("%s the centre has %+v", when, h)
		}
		k := must(st.Desk.Case(ctx, c.ID))
		if k.Status != loan.Received || k.Receipt == nil || len(k.Former) != former || k.Contract.Sealed.Blob != contract {
			t.Errorf("%s the laptop has %s, receipt %v, former contracts %d", when, k.Status, k.Receipt, len(k.Former))
		}
		pdf, err := st.SealedContract(ctx, k)
		if err != nil {
			t.Fatal(err)
		}
		if r := seals.Verify(pdf, seals.VerifyOptions{CA: st.Authority()}); !r.OK {
			t.Errorf("%s the contract: %v", when, r.Lines())
		}
	}
	if first.Contract.Sealed.Blob == second.Contract.Sealed.Blob {
		t.Error("nothing was signed anew")
	}
	taken("signed anew", 1, second.Contract.Sealed.Blob)
	tellsOfSigningAgain(t, s, c.ID)

	st.returns(t, s, c, "E-DC-002")
	must(st.SubmitAgain(ctx, c.ID, "户口簿两本都在，核对无误"))
	review(c)
	must(st.Finish(ctx, c.ID))
	mustCarry(t, st.laptop, s.url)
	taken("as it was", 1, second.Contract.Sealed.Blob)
	st.word(t, s, "accept", c)
	mustCarry(t, st.laptop, s.url)
	if k := must(st.Desk.Case(ctx, c.ID)); k.Status != loan.Accepted {
		t.Errorf("accepted: %s", k.Status)
	}
}
