package guard

import (
	"strings"
	"testing"

	"doorstep/internal/fault"
)

func TestWhatWasTakenAwayInTheMidstOfTheWorkIsTold(t *testing.T) {
	site := Site{County: "522727", Point: "甲乡受理点"}
	of := func(level Level, org string, roles ...Role) Operator {
		o := operator("a", roles...)
		o.Level, o.Org = level, org
		return o
	}
	off := of(PointLevel, site.Point, Clerk)
	off.Enabled = false
	for name, c := range map[string]struct {
		was, is Operator
		says    string // empty is nothing
	}{
		"nothing":                          {of(PointLevel, site.Point, Clerk), of(PointLevel, site.Point, Clerk), ""},
		"a role more takes nothing away":   {of("", "", Clerk), of("", "", Clerk, Reviewer), ""},
		"a clerk gets his level":           {of("", "", Clerk), of(PointLevel, site.Point, Clerk), ""},
		"a clerk of the county goes there": {of(CountyLevel, site.County, Clerk), of(PointLevel, site.Point, Clerk), ""},
		"switched off":                     {of(PointLevel, site.Point, Clerk), off, "已停用"},
		"the one role":                     {of("", "", Reviewer), of("", "", Clerk), "不再是复核员"},
		"one of two roles":                 {of("", "", Clerk, Reviewer), of("", "", Reviewer), "不再是操作员"},
		"moved to another point":           {of(PointLevel, site.Point, Clerk), of(PointLevel, "乙乡受理点", Clerk), "乙乡受理点"},
		"to the province":                  {of(CountyLevel, site.County, Auditor), of(ProvinceLevel, "52", Auditor), "省级账号"},
		"an administrator to the point":    {of(CountyLevel, site.County, DataAdmin), of(PointLevel, site.Point, DataAdmin), "受理点账号"},
		"who never worked here loses nothing by staying away": {of(PointLevel, "乙乡受理点", Clerk), of(PointLevel, "丙乡受理点", Clerk), ""},
	} {
		t.Run(name, func(t *testing.T) {
			err := Lost(c.was, c.is, site)
			if c.says == "" {
				if err != nil {
					t.Errorf("got %v, want nothing", err)
				}
				return
			}
			if fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), c.says) {
				t.Errorf("got %v: %q, want denied with %q", err, fault.Sentence(err), c.says)
			}
		})
	}
}
