package guard

import (
	"slices"
	"strings"
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

func TestWhatARevealRestsOn(t *testing.T) {
	now := time.Date(2026, 8, 1, 9, 0, 0, 0, time.UTC)
	c := caseOf(loan.Accepted, "author", "")
	c.ID = uuid.New()
	phone, images := []string{"student.phone"}, []string{ImagesField}
	grant := func(change func(*Given)) []Given {
		g := Given{Grant: Grant{ID: "g-1", Operator: "x", Fields: append(phone, images...), Count: 1, Reason: "核对", By: "admin",
			From: now.Add(-time.Hour), Until: now.Add(time.Hour)}}
		change(&g)
		return []Given{g}
	}
	whole := grant(func(*Given) {})
	full := make([]uuid.UUID, MaxReveals)
	for i := range full {
		full[i] = uuid.New()
	}
	for name, k := range map[string]struct {
		role   Role
		fields []string
		b      Basis
		on     string // the grant; "-" is refused
		say    string
	}{
		"a clerk by a reason":           {Clerk, phone, Basis{}, "", ""},
		"a reviewer by a reason":        {Reviewer, phone, Basis{}, "", ""},
		"an auditor by a reason alone":  {Auditor, phone, Basis{}, "-", "没有授权"},
		"an auditor by a grant":         {Auditor, phone, Basis{Grants: whole}, "g-1", ""},
		"pictures by a reason alone":    {Clerk, images, Basis{}, "-", "影像"},
		"pictures by a grant":           {Clerk, images, Basis{Grants: whole}, "g-1", ""},
		"one case more than a handful":  {Clerk, phone, Basis{Today: full}, "-", "上限"},
		"a case of today again":         {Clerk, phone, Basis{Today: append(full[1:], c.ID)}, "", ""},
		"a grant after the handful":     {Clerk, phone, Basis{Today: full, Grants: whole}, "g-1", ""},
		"a grant that is used up":       {Auditor, phone, Basis{Grants: grant(func(g *Given) { g.Used = full[:1] })}, "-", "用完"},
		"a grant used for this case":    {Auditor, phone, Basis{Grants: grant(func(g *Given) { g.Used = []uuid.UUID{c.ID} })}, "g-1", ""},
		"a grant that was taken back":   {Auditor, phone, Basis{Grants: grant(func(g *Given) { g.Revoked = true })}, "-", "撤销"},
		"a grant whose time is over":    {Auditor, phone, Basis{Grants: grant(func(g *Given) { g.Until = now })}, "-", "过期"},
		"a grant whose time is to come": {Auditor, phone, Basis{Grants: grant(func(g *Given) { g.From = now.Add(time.Second) })}, "-", "开始"},
		"a grant for other fields":      {Auditor, phone, Basis{Grants: grant(func(g *Given) { g.Fields = images })}, "-", "授权不包括学生手机号码。"},
		"a grant for other fields of any case beside one for these of another": {Auditor, []string{"student.phone", "coborrowers.0.phone"}, Basis{Grants: append(whole,
			grant(func(g *Given) {
				g.Count, g.Cases, g.Fields = 0, full[:1], []string{"student.phone", "coborrowers.0.phone"}
			})...)}, "-", "授权不包括共同借款人手机号码。"},
		"a grant for another case":                 {Auditor, phone, Basis{Grants: grant(func(g *Given) { g.Count, g.Cases = 0, full[:1] })}, "-", "不包括本案"},
		"another's grant":                          {Auditor, phone, Basis{Grants: grant(func(g *Given) { g.Operator = "y" })}, "-", "当前账号"},
		"an expired grant beside one that stands":  {Auditor, phone, Basis{Grants: append(grant(func(g *Given) { g.ID, g.Until = "g-0", now }), whole...)}, "g-1", ""},
		"an expired grant, and a reason is enough": {Clerk, phone, Basis{Grants: grant(func(g *Given) { g.Until = now })}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := MayReveal(operator("x", k.role), c, k.fields, "家长来电核对", k.b, now)
			if k.on == "-" {
				if fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), k.say) || !strings.Contains(fault.Sentence(err), "申请授权") {
					t.Fatalf("got %q, %v with %q", got, err, fault.Sentence(err))
				}
				return
			}
			if err != nil || len(got) != 1 || got[0].Grant != k.on || !slices.Equal(got[0].Fields, k.fields) {
				t.Fatalf("got %q, %v; want %q for all", got, err, k.on)
			}
		})
	}
	t.Run("what is said is of the grant for this case, wherever it stands among others", func(t *testing.T) {
		on := func(id string, fields []string, of uuid.UUID) Given {
			return grant(func(g *Given) { g.ID, g.Fields, g.Count, g.Cases = id, fields, 0, []uuid.UUID{of} })[0]
		}
		for say, here := range map[string]Given{
			"过期": func() Given { g := on("here", images, c.ID); g.Until = now; return g }(),
			"撤销": func() Given { g := on("here", images, c.ID); g.Revoked = true; return g }(),
		} {
			for name, other := range map[string]Given{
				"of another case":   on("there", images, full[0]),
				"of another field":  on("there", phone, c.ID),
				"of both":           on("there", phone, full[0]),
				"of any case, used": grant(func(g *Given) { g.ID, g.Fields, g.Used = "any", images, full[:1] })[0],
			} {
				for _, list := range [][]Given{{here, other}, {other, here}, {other, here, other}} {
					_, err := MayReveal(operator("x", Clerk), c, images, "家长来电核对", Basis{Grants: list}, now)
					if fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), say) {
						t.Errorf("%s, beside one %s: got %q", say, name, fault.Sentence(err))
					}
				}
			}
		}
		over := grant(func(g *Given) { g.Until = now })[0] // of any case
		for _, list := range [][]Given{{over, on("there", images, full[0])}, {on("there", images, full[0]), over}} {
			if _, err := MayReveal(operator("x", Clerk), c, images, "家长来电核对", Basis{Grants: list}, now); !strings.Contains(fault.Sentence(err), "过期") {
				t.Errorf("of any case, beside one of another: got %q", fault.Sentence(err))
			}
		}
	})
	t.Run("never without a reason, nor of a field that is not masked", func(t *testing.T) {
		for _, reason := range []string{"", " ", "。。。。", strings.Repeat("长", 101)} {
			if _, err := MayReveal(operator("x", Clerk), c, phone, reason, Basis{}, now); fault.KindOf(err) != fault.Input {
				t.Errorf("%q: got %v", reason, err)
			}
		}
		for _, f := range [][]string{nil, {"everything"}} {
			if _, err := MayReveal(operator("x", Clerk), c, f, "家长来电核对", Basis{}, now); fault.KindOf(err) != fault.Input {
				t.Errorf("%v: got %v", f, err)
			}
		}
	})
}

func TestWhoseQueueACaseIsIn(t *testing.T) {
	for name, k := range map[string]struct {
		op   Operator
		p    Place
		want bool
	}{
		"a clerk's own":                            {operator("a", Clerk), Place{Opened: "a", Status: loan.Accepted}, true},
		"another clerk's":                          {operator("b", Clerk), Place{Opened: "a"}, false},
		"one passed on to this laptop":             {operator("b", Clerk), Place{Opened: "a", Given: true}, true},
		"one that the centre has, passed on":       {operator("b", Clerk), Place{Opened: "a", Given: true, Status: loan.Received}, false},
		"one that the centre sent back":            {operator("b", Clerk), Place{Opened: "a", Status: loan.Returned}, true},
		"one that waits for a reviewer":            {operator("r", Reviewer), Place{Opened: "a", Status: loan.ToReview}, true},
		"one on which the reviewer had a word":     {operator("r", Reviewer), Place{Opened: "a", Status: loan.ToReview, Worded: true}, false},
		"one of his own, on which a clerk had one": {operator("a", Clerk), Place{Opened: "a", Status: loan.ToReview, Worded: true}, true},
		"the reviewer's own entry":                 {operator("a", Reviewer), Place{Opened: "a", Status: loan.ToReview}, false},
		"one that is signed, of a reviewer":        {operator("r", Reviewer), Place{Opened: "a", Status: loan.Signed}, false},
		"any, of an administrator":                 {operator("d", DataAdmin, Auditor), Place{Opened: "a", Status: loan.ToReview, Given: true}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := InQueue(k.op, k.p); got != k.want {
				t.Fatalf("got %v", got)
			}
			off := k.op
			off.Enabled, off.Roles = false, slices.Clone(Roles())
			if InQueue(off, k.p) {
				t.Fatal("an account switched off has a queue")
			}
		})
	}
}
