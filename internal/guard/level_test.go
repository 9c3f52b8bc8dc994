package guard

import (
	"testing"

	"doorstep/internal/fault"
)

func TestWhoAnswersWhom(t *testing.T) {
	site := Site{County: "522727", Point: "甲乡受理点"}
	at := func(id string, level Level, org string, roles ...Role) Operator {
		o := operator(id, roles...)
		o.Level, o.Org = level, org
		return o
	}
	askers := map[Level]Operator{
		"": operator("a", Clerk), PointLevel: at("a", PointLevel, site.Point, Clerk), CountyLevel: at("a", CountyLevel, site.County, Clerk),
	}
	for _, c := range []struct {
		name string
		who  Operator
		verb Verb
		may  []Level // of the askers
	}{
		{"a data administrator of before there were levels is the county's", operator("b", DataAdmin), ApproveGrant, []Level{"", PointLevel}},
		{"the county's answers its points", at("b", CountyLevel, "522727", DataAdmin), ApproveGrant, []Level{"", PointLevel}},
		{"another county's answers nobody here", at("b", CountyLevel, "522728", DataAdmin), ApproveGrant, nil},
		{"the point's answers nobody", at("b", PointLevel, site.Point, DataAdmin), ApproveGrant, nil},
		{"the province's answers the county", at("b", ProvinceLevel, "52", DataAdmin), ApproveGrant, []Level{CountyLevel}},
		{"another province's does not", at("b", ProvinceLevel, "53", DataAdmin), ApproveGrant, nil},
		{"the bank's answers neither point nor county", at("b", BankLevel, WholeBank, DataAdmin), ApproveGrant, nil},
		{"an auditor approves nothing", operator("b", Auditor), ApproveGrant, nil},
		{"an auditor of the county looks at emergencies of its points", at("b", CountyLevel, "522727", Auditor), ReviewGlass, []Level{"", PointLevel}},
		{"an auditor of a point does not", at("b", PointLevel, site.Point, Auditor), ReviewGlass, nil},
		{"nobody answers himself", operator("a", DataAdmin, Clerk), ApproveGrant, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			may := map[Level]bool{}
			for _, l := range c.may {
				may[l] = true
			}
			for l, asker := range askers {
				err := Answers(c.who, c.verb, asker, site)
				if (err == nil) != may[l] || err != nil && (fault.KindOf(err) != fault.Denied || fault.Sentence(err) == fault.Denied.Sentence()) {
					t.Errorf("an asker of level %q: got %v, want allowed %v", l, err, may[l])
				}
			}
		})
	}
	above := at("b", BankLevel, WholeBank, DataAdmin)
	if err := Answers(above, ApproveGrant, at("a", ProvinceLevel, "52", DataAdmin), site); err != nil {
		t.Errorf("the bank answers the province: %v", err)
	}
}

func TestAnAccountFitsItsLevel(t *testing.T) {
	for name, c := range map[string]struct {
		level Level
		org   string
		role  Role
		good  bool
	}{
		"none, as before there were levels": {"", "", Clerk, true}, "none with an organisation": {"", "甲乡", Clerk, false},
		"a point": {PointLevel, "甲乡受理点", Clerk, true}, "a point without a name": {PointLevel, "", Clerk, false}, "a point with space around": {PointLevel, "甲乡 ", Clerk, false},
		"a county": {CountyLevel, "522727", Reviewer, true}, "a county of five digits": {CountyLevel, "52272", Reviewer, false}, "a county of letters": {CountyLevel, "52272x", Reviewer, false},
		"a province": {ProvinceLevel, "52", DataAdmin, true}, "a clerk of a province": {ProvinceLevel, "52", Clerk, false}, "a reviewer of the bank": {BankLevel, "00", Reviewer, false},
		"the bank": {BankLevel, "00", Auditor, true}, "a branch": {BankLevel, "52", Auditor, true}, "a level that is none": {"town", "52", Clerk, false},
	} {
		o := operator("a", c.role)
		o.Level, o.Org = c.level, c.org
		if err := o.Validate(); (err == nil) != c.good {
			t.Errorf("%s: got %v, want good %v", name, err, c.good)
		}
	}
}

func FuzzParseStandings(f *testing.F) {
	good, err := EncodeStandings([]Standing{{"a", PointLevel, "甲乡受理点"}, {"b", BankLevel, "00"}})
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{string(good), `{"version":1,"people":[]}`, `{"version":2,"people":[]}`, `{}`, `{"version":1,"people":[{"id":"a","level":"","org":""}]}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := ParseStandings(b)
		if err != nil {
			return
		}
		again, err := EncodeStandings(list)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := ParseStandings(again); err != nil || len(got) != len(list) {
			t.Errorf("got %v, %v, want %v", got, err, list)
		}
	})
}

func TestWhoManagesWhom(t *testing.T) {
	const here = "522727"
	at := func(id string, level Level, org string) Operator {
		o := operator(id, DataAdmin)
		o.Level, o.Org = level, org
		return o
	}
	point, county, plain := at("p", PointLevel, "甲乡受理点"), at("c", CountyLevel, here), at("n", "", "")
	province, branch, bank := at("v", ProvinceLevel, "52"), at("b", BankLevel, "52"), at("w", BankLevel, WholeBank)
	for _, x := range []struct {
		who, other Operator
		want       bool
	}{
		{plain, point, true}, {county, point, true}, {plain, at("n2", "", ""), true}, {plain, county, true}, {county, plain, true},
		{county, at("c2", CountyLevel, "522728"), false},
		{plain, province, false}, {county, branch, false}, {plain, bank, false}, {county, at("c", PointLevel, "甲乡受理点"), false},
		{province, county, true}, {province, plain, true}, {province, at("v2", ProvinceLevel, "53"), false}, {province, at("v2", ProvinceLevel, "52"), true}, {province, branch, false},
		{bank, branch, true}, {bank, province, true}, {branch, bank, false}, {point, plain, false}, {point, at("p2", PointLevel, "乙乡受理点"), false},
	} {
		if err := Manages(x.who, x.other, here); (err == nil) != x.want {
			t.Errorf("%s at level %q of %q manages %s at level %q of %q: got %v", x.who.ID, x.who.Level, x.who.Org, x.other.ID, x.other.Level, x.other.Org, err)
		}
	}
}
