package guard

import (
	"cmp"
	"slices"
	"strings"
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

func operator(id string, roles ...Role) Operator {
	return Operator{ID: id, Name: "某" + id, Roles: roles, Enabled: true}
}

func caseOf(s loan.Status, author, reviewer string) *loan.Case {
	c := &loan.Case{Status: s, OpenedBy: author, Authors: map[string]bool{author: true}}
	if reviewer != "" {
		c.Review = &loan.ReviewState{By: reviewer}
	}
	return c
}

// cell is what the table should say of a verb, written apart from the table it
// checks: which roles, in which statuses, which own part in the case bars, and at
// which levels; none stands for the counter's, point and county.
type cell struct{ roles, statuses, bars, levels string }

// cells states every verb.
func cells() map[Verb]cell {
	const editable = "draft to-review to-sign returned corrected"
	const alive = editable + " signed queued received accepted"
	const everyone = "clerk reviewer dataadmin auditor"
	const asReviewer, asAuthor = "others elsewhere number taken-over reviewed reviewed-before decided", "own opened wrote decided filled witnessed handled had-signed saw-signed"
	const anyPart = "own moved opened wrote reviewed reviewed-before decided filled witnessed handled had-signed saw-signed"
	return map[Verb]cell{
		Edit:            {"clerk", editable, asReviewer, ""},
		Resolve:         {"clerk", editable, asReviewer, ""},
		Attach:          {"clerk", editable, asReviewer, ""},
		Detach:          {"clerk", editable, asReviewer, ""},
		Replace:         {"clerk", alive, asReviewer, ""},
		Attest:          {"clerk", editable, asReviewer, ""},
		Consent:         {"clerk", editable, asReviewer, ""},
		Withdraw:        {everyone, alive + " void", "", ""},
		HearWithdrawal:  {"clerk reviewer dataadmin", alive + " void", "", "county"},
		Submit:          {"clerk", "draft corrected", asReviewer, ""},
		Review:          {"reviewer", "to-review", asAuthor, ""},
		PrepareContract: {"clerk", "to-sign", asReviewer, ""},
		Read:            {"clerk", "to-sign", asReviewer, ""},
		Sign:            {"clerk", "to-sign", asReviewer, ""},
		Witness:         {"clerk reviewer", "to-sign", "filled had-signed", ""},
		Seal:            {"clerk", "to-sign", asReviewer + " saw-signed", ""},
		Finish:          {"clerk", "signed", asReviewer, ""},
		Correct:         {"clerk", alive, asReviewer, ""},
		VoidCase:        {"clerk", alive, asReviewer, ""},
		PassOn:          {"clerk reviewer", alive, "", ""},
		TakeOver:        {"clerk reviewer", alive, "", ""},
		Decide:          {"reviewer", "received accepted", "own opened wrote reviewed reviewed-before filled witnessed handled had-signed saw-signed", "county"},
		OpenCase:        {"clerk", "any", "", ""},
		View:            {everyone, "any", "", ""},
		Search:          {everyone, "any", "", ""},
		SearchBeyond:    {everyone, "any", "", ""},
		Reveal:          {everyone, "any", "", ""},
		Print:           {"clerk reviewer", "any", "", ""},
		Export:          {"clerk reviewer dataadmin", "any", "", ""},
		AskGrant:        {everyone, "any", "", ""},
		ApproveGrant:    {"dataadmin", "any", anyPart, "county province bank"},
		BreakGlass:      {"clerk reviewer", "any", "", ""},
		ReviewGlass:     {"dataadmin auditor", "any", anyPart, "county province bank"},
		ReadAudit:       {"dataadmin auditor", "any", "", "point county province bank"},
		AuditAll:        {"auditor", "any", "", "point county province bank"},
		EnableOperator:  {"dataadmin", "any", "", ""},
		AdmitOperator:   {"clerk reviewer dataadmin", "any", "", ""},
		ManageOperators: {"dataadmin", "any", "", ""},
		ManageRoster:    {"dataadmin", "any", "", "point county province bank"},
		ManageSettings:  {"dataadmin", "any", "", ""},
		ImportRegister:  {"clerk dataadmin", "any", "", ""},
		Sync:            {"clerk reviewer dataadmin", "any", "", "point county province bank"},
		Carry:           {everyone, "any", "", "point county province bank"},
		Backup:          {"clerk reviewer dataadmin", "any", "", "point county province bank"},
		EraseSeason:     {"dataadmin", "any", anyPart, ""},
		Restore:         {"dataadmin", "any", "", ""},
		Urge:            {"clerk reviewer dataadmin", alive, "", ""},
		CallNumbers:     {"clerk reviewer", "any", "", ""},
	}
}

// parts are the parts that an operator of id "x" can have had in a case, which the
// laptop of that id holds, as it was passed on to it, but of "others", which is another
// clerk's and was never passed on, of "elsewhere", of "number", which has no more than
// that, and of those that he or another took over.
func parts(s loan.Status, here uuid.UUID) map[string]*loan.Case {
	own := func(change func(c *loan.Case)) *loan.Case {
		c := caseOf(s, "author", "other")
		c.Reviewers = map[string]bool{"other": true}
		c.Holders = []loan.Holding{{Device: here}}
		change(c)
		return c
	}
	return map[string]*loan.Case{
		"none":            own(func(*loan.Case) {}),
		"others":          own(func(c *loan.Case) { c.Holders = nil }),
		"elsewhere":       own(func(c *loan.Case) { c.Holders = []loan.Holding{{Device: uuid.New()}} }),
		"number":          own(func(c *loan.Case) { c.Holders[0].Number, c.Holders[0].By = true, "author" }),
		"taken":           own(func(c *loan.Case) { c.Holders[0].Reason, c.Holders[0].By = "r", "x" }),
		"taken-over":      own(func(c *loan.Case) { c.Holders[0].Reason, c.Holders[0].By = "r", "other" }),
		"own":             own(func(c *loan.Case) { c.Holders, c.OpenedBy = nil, "x" }),
		"handled":         own(func(c *loan.Case) { c.Handlers = map[string]bool{"x": true} }),
		"moved":           own(func(c *loan.Case) { c.Movers = map[string]bool{"x": true} }),
		"opened":          own(func(c *loan.Case) { c.OpenedBy = "x" }),
		"wrote":           own(func(c *loan.Case) { c.Authors["x"] = true }),
		"reviewed":        own(func(c *loan.Case) { c.Review.By = "x" }),
		"reviewed-before": own(func(c *loan.Case) { c.Review, c.Reviewers["x"] = nil, true }),
		"decided":         own(func(c *loan.Case) { c.Deciders = map[string]bool{"x": true} }),
		"filled":          own(func(c *loan.Case) { c.Contract = &loan.ContractState{By: "x"} }),
		"had-signed": own(func(c *loan.Case) {
			c.Handlers = map[string]bool{"x": true}
			c.Contract = &loan.ContractState{By: "other", Signatures: map[loan.Party]loan.SignState{loan.StudentParty: {Clerk: "x"}}}
		}),
		"saw-signed": own(func(c *loan.Case) { c.Contract = &loan.ContractState{By: "other", Witness: &loan.Attestation{By: "x"}} }),
		"witnessed":  own(func(c *loan.Case) { c.Former = []loan.ContractState{{Witness: &loan.Attestation{By: "x"}}} }),
	}
}

// standing gives an operator a level, and whether the site of the tests lies in
// the organisation.
func standing(o Operator, level Level, in bool) Operator {
	orgs := map[Level][2]string{PointLevel: {"乙乡受理点", "甲乡受理点"}, CountyLevel: {"522728", "522727"}, ProvinceLevel: {"53", "52"}, BankLevel: {"53", WholeBank}}
	o.Level, o.Org = level, orgs[level][boolean(in)]
	return o
}

func boolean(b bool) int {
	if b {
		return 1
	}
	return 0
}

// TestTable walks every verb, every set of roles, every status, every own part
// in the case, every level and whether the site lies in the organisation.
func TestTable(t *testing.T) {
	want, site := cells(), Site{County: "522727", Point: "甲乡受理点", Device: uuid.New()}
	if len(want) != len(Verbs()) {
		t.Fatalf("the table has %d verbs, the test %d", len(Verbs()), len(want))
	}
	has := func(list, word string) bool { return slices.Contains(strings.Fields(list), word) }
	for v, w := range want {
		for set := range 1 << len(Roles()) {
			var roles []Role
			allowedRole := false
			for i, r := range Roles() {
				if set&(1<<i) != 0 {
					roles, allowedRole = append(roles, r), allowedRole || has(w.roles, string(r))
				}
			}
			for s := loan.Draft; s <= loan.Void; s++ {
				for part, c := range parts(s, site.Device) {
					// What was passed on to a laptop is its clerks' until the centre has it.
					over := (s == loan.Received || s == loan.Accepted) && has("edit replace correct void", string(v)) && !has("own opened wrote taken", part)
					allowed := allowedRole && !over && (w.statuses == "any" || has(w.statuses, s.String())) && !has(w.bars, part)
					for i, level := range append(Levels(), "") {
						if i < len(Levels()) && set&(set-1) != 0 && set != 1<<len(Roles())-1 {
							continue // with a level, each role alone and all together
						}
						at := level == "" || has(cmp.Or(w.levels, "point county"), string(level))
						for _, in := range []bool{false, true} {
							err := MayAt(standing(operator("x", roles...), level, in), v, c, site)
							want := allowed && at && (in || level == "" || v == Sync || v == Carry)
							if (err == nil) != want {
								t.Errorf("%s by %v in %v who %s at level %q, in the organisation %v: got %v, want allowed %v", v, roles, s, part, level, in, err, want)
							}
							if err != nil && (fault.KindOf(err) != fault.Denied || fault.Sentence(err) == fault.Denied.Sentence()) {
								t.Errorf("%s by %v in %v at level %q: no sentence of its own: %v", v, roles, s, level, err)
							}
						}
					}
				}
			}
		}
	}
}

func TestNobodyHoldsTwoRolesOnOneCase(t *testing.T) {
	both := operator("both", Clerk, Reviewer)
	for _, c := range []struct {
		name    string
		verb    Verb
		on      *loan.Case
		allowed bool
	}{
		{"who opened cannot review", Review, &loan.Case{Status: loan.ToReview, OpenedBy: "both"}, false},
		{"who edited cannot review", Review, &loan.Case{Status: loan.ToReview, OpenedBy: "a", Authors: map[string]bool{"both": true}}, false},
		{"another's case may be reviewed", Review, caseOf(loan.ToReview, "a", ""), true},
		{"who reviewed cannot have it signed", Sign, caseOf(loan.ToSign, "a", "both"), false},
		{"who reviewed cannot edit", Edit, caseOf(loan.Draft, "a", "both"), false},
		{"who reviewed may still look", View, caseOf(loan.ToSign, "a", "both"), true},
		{"who entered may have it signed", Sign, caseOf(loan.ToSign, "both", "b"), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := May(both, c.verb, c.on); (err == nil) != c.allowed {
				t.Fatalf("got %v, want allowed %v", err, c.allowed)
			}
		})
	}
}

func TestWhoPassesACaseOn(t *testing.T) {
	here, there := uuid.New(), uuid.New()
	free, held := caseOf(loan.ToReview, "author", ""), caseOf(loan.ToReview, "author", "")
	held.Holders = []loan.Holding{{Device: here}}
	draft, passed := caseOf(loan.Draft, "author", ""), caseOf(loan.ToSign, "author", "x")
	for _, c := range []struct {
		name string
		op   Operator
		on   *loan.Case
		to   uuid.UUID
		want bool
	}{
		{"the clerk who entered it", operator("author", Clerk), free, there, true},
		{"another clerk of the laptop that holds it", operator("x", Clerk), held, there, true},
		{"another clerk of a case that was never passed on", operator("x", Clerk), free, there, false},
		{"and not to his own laptop, which would be to take it over without a reason", operator("x", Clerk), free, here, false},
		{"a reviewer sends it on", operator("x", Reviewer), free, there, true},
		{"also once he reviewed it", operator("x", Reviewer), passed, there, true},
		{"but none that he had nothing to do with", operator("x", Reviewer), draft, there, false},
		{"nor one that another reviewed", operator("y", Reviewer), passed, there, false},
		{"and does not keep it", operator("x", Reviewer, Clerk), free, here, false},
	} {
		if err := MayPass(c.op, c.on, here, c.to); (err == nil) != c.want {
			t.Errorf("%s: got %v", c.name, err)
		}
	}
}

func TestMayRefuses(t *testing.T) {
	t.Run("an account switched off", func(t *testing.T) {
		o := operator("x", Roles()...)
		o.Enabled = false
		for _, v := range Verbs() {
			if got := fault.KindOf(May(o, v, caseOf(loan.Draft, "a", ""))); got != fault.Denied {
				t.Errorf("%s: got %v", v, got)
			}
		}
	})
	t.Run("a verb it does not know", func(t *testing.T) {
		if got := fault.KindOf(May(operator("x", Roles()...), "rm", nil)); got != fault.Denied {
			t.Fatalf("got %v", got)
		}
	})
	t.Run("a case verb without a case", func(t *testing.T) {
		if got := fault.KindOf(May(operator("x", Clerk), Edit, nil)); got != fault.Missing {
			t.Fatalf("got %v", got)
		}
	})
}

func decidedBy(c *loan.Case, who string) *loan.Case {
	c.Deciders = map[string]bool{who: true}
	return c
}

func TestSeesFull(t *testing.T) {
	clerk, reviewer, admin := operator("c", Clerk), operator("r", Reviewer), operator("d", DataAdmin, Auditor)
	witnessed, handled := caseOf(loan.ToReview, "c", ""), caseOf(loan.ToReview, "c", "")
	witnessed.Former = []loan.ContractState{{By: "c", Witness: &loan.Attestation{By: "r"}}}
	handled.Handlers = map[string]bool{"r": true}
	for _, c := range []struct {
		name string
		op   Operator
		on   *loan.Case
		want bool
	}{
		{"the clerk who handles it", clerk, caseOf(loan.Signed, "c", "r"), true},
		{"another clerk does not", clerk, caseOf(loan.Signed, "e", "r"), false},
		{"the reviewer during review", reviewer, caseOf(loan.ToReview, "c", ""), true},
		{"the reviewer afterwards does not", reviewer, caseOf(loan.Signed, "c", "r"), false},
		{"a reviewer who decided on it before does not", reviewer, decidedBy(caseOf(loan.ToReview, "c", ""), "r"), false},
		{"who witnessed its signing, under review after a correction, does not", reviewer, witnessed, false},
		{"who had its contract signed, under review after a correction, does not", reviewer, handled, false},
		{"administrators never do", admin, caseOf(loan.ToReview, "d", ""), false},
		{"nobody without a case", clerk, nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := SeesFull(c.op, c.on); got != c.want {
				t.Fatalf("got %v", got)
			}
		})
	}
}

func TestLockout(t *testing.T) {
	now := time.Date(2026, 7, 20, 9, 0, 0, 0, time.UTC)
	o := operator("x", Clerk)
	for range MaxFailures - 1 {
		o = o.Failed(now)
	}
	if err := o.MaySignIn(now); err != nil {
		t.Fatalf("locked after four: %v", err)
	}
	if o.Cleared().Failures != 0 {
		t.Fatal("a right password does not clear")
	}
	o = o.Failed(now)
	if got := fault.KindOf(o.MaySignIn(now)); got != fault.Locked {
		t.Fatalf("after five: got %v", got)
	}
	if err := o.MaySignIn(now.Add(lockFor)); err != nil {
		t.Fatalf("after the time: %v", err)
	}
	if err := o.Cleared().MaySignIn(now); err != nil {
		t.Fatalf("after a pardon: %v", err)
	}
	t.Run("the lock says how long it lasts yet, in whole minutes", func(t *testing.T) {
		for after, want := range map[time.Duration]string{0: " 15 分钟后", 30 * time.Second: " 15 分钟后", 13 * time.Minute: " 2 分钟后", lockFor - time.Second: " 1 分钟后"} {
			if got := fault.Sentence(o.MaySignIn(now.Add(after))); !strings.Contains(got, want) {
				t.Errorf("after %v: got %q, want %q", after, got, want)
			}
		}
	})
	t.Run("a lock set by a clock years ahead does not last years", func(t *testing.T) {
		if o.Locked(now.AddDate(-3, 0, 0)) {
			t.Fatal("locked for years")
		}
	})
}

func TestValidate(t *testing.T) {
	for name, c := range map[string]struct {
		op Operator
		ok bool
	}{
		"a whole account":               {operator("wei-01", Clerk), true},
		"no role":                       {operator("wei"), false},
		"a role twice":                  {operator("wei", Clerk, Clerk), false},
		"an unknown role":               {operator("wei", "root"), false},
		"an id with a space":            {operator("wei wei", Clerk), false},
		"an id in Chinese":              {operator("韦", Clerk), false},
		"the id that stands for nobody": {operator(Emergency, Clerk), false},
		"the one for no known account":  {operator(Unknown, Clerk), false},
		"no name":                       {Operator{ID: "x", Roles: []Role{Clerk}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if err := c.op.Validate(); (err == nil) != c.ok {
				t.Fatalf("got %v", err)
			}
		})
	}
	for pw, ok := range map[string]bool{"": false, "short": false, "aaaaaaaaaa": false, "operator1": false, "12345678": false, "87654321": false, "qwertyui": false, "20050314": false,
		"Operator1!": false, "aabbaabb": false, "abcdefgh": false, "passwordpassword": false, "correct horse": true, "operator1 and more": true, "20051399": true, "密码密码密码密码": true} {
		if err := CheckPassword("operator1", []byte(pw)); (err == nil) != ok {
			t.Errorf("%q: got %v", pw, err)
		}
	}
}

func TestWatermarkNamesWhoAndWhen(t *testing.T) {
	got := WatermarkText(operator("c1", Clerk), time.Date(2026, 7, 20, 9, 5, 0, 0, time.UTC))
	if want := "某c1 2026-07-20 17:05"; got != want {
		t.Fatalf("got %q want %q", got, want)
	}
}

// TestARefusedErasingIsNamed is of the verb that stands for a season's cases and for one at
// a person's wish: whoever asked for either finds it in the refusal.
func TestARefusedErasingIsNamed(t *testing.T) {
	said := fault.Sentence(May(operator("a1", Auditor), EraseSeason, nil))
	for _, want := range []string{"清除学年资料", "应本人要求删除案件", "须由系统数据管理员办理"} {
		if !strings.Contains(said, want) {
			t.Errorf("got %q, want %q in it", said, want)
		}
	}
}
