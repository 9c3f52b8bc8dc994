package guard

import (
	"reflect"
	"strings"
	"testing"

	"doorstep/internal/fault"
)

func TestARosterOfOperatorsSaysWhereEachStands(t *testing.T) {
	county := Operator{ID: "clerk-1", Name: "甲", Roles: []Role{Clerk}, Enabled: true}
	point := Operator{ID: "admin-9", Name: "乙", Roles: []Role{DataAdmin, Auditor}, Enabled: true, Level: PointLevel, Org: "测试乡/第二受理点"}
	off := Operator{ID: "admin-8", Name: "丙", Roles: []Role{DataAdmin}, Level: ProvinceLevel, Org: "52"}
	t.Run("it reads back as it was written", func(t *testing.T) {
		for _, list := range [][]Operator{{}, {county}, {county, point, off}} {
			b, err := EncodeListed(list)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := ParseListed(b); err != nil || !reflect.DeepEqual(got, list) {
				t.Errorf("got %+v, %v, want %+v", got, err, list)
			}
		}
	})
	t.Run("a county without levels is sent as programs before read it", func(t *testing.T) {
		b, err := EncodeListed([]Operator{county})
		if want := `{"version":1,"people":[{"id":"clerk-1","name":"甲","roles":["clerk"]}]}`; err != nil || string(b) != want {
			t.Errorf("got %s, %v, want %s", b, err, want)
		}
	})
	t.Run("one with levels is a newer file to them, and read by its fields all the same", func(t *testing.T) {
		b, err := EncodeListed([]Operator{point})
		if want := `{"version":2,"people":[{"id":"admin-9","name":"乙","roles":["dataadmin","auditor","@point/测试乡/第二受理点"]}]}`; err != nil || string(b) != want {
			t.Errorf("got %s, %v, want %s", b, err, want)
		}
	})
	t.Run("a role, a level and an organisation to come are kept as they stand", func(t *testing.T) {
		got, err := ParseListed([]byte(`{"version":2,"people":[{"id":"a","name":"甲","roles":["inspector","@nation/0"]}]}`))
		if err != nil || got[0].Level != "nation" || got[0].Org != "0" || len(got[0].Roles) != 1 || got[0].Within(Site{County: "522727", Point: "0"}) {
			t.Errorf("got %+v, %v", got, err)
		}
	})
	person := func(roles string) string {
		return `{"version":2,"people":[{"id":"a","name":"甲","roles":[` + roles + `]}]}`
	}
	for name, c := range map[string]struct {
		text string
		kind fault.Kind
	}{
		"a later version":               {`{"version":3,"people":[]}`, fault.Newer},
		"no version":                    {`{"people":[]}`, fault.Input},
		"no list":                       {`{"version":2}`, fault.Input},
		"a place without a level":       {person(`"clerk","@/5227"`), fault.Input},
		"a place without an end":        {person(`"clerk","@point"`), fault.Input},
		"two places":                    {person(`"@point/a","@point/b"`), fault.Input},
		"a place before a role":         {person(`"@point/a","clerk"`), fault.Input},
		"an organisation without bound": {person(`"@point/` + strings.Repeat("a", 201) + `"`), fault.Input},
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := ParseListed([]byte(c.text)); fault.KindOf(err) != c.kind {
				t.Errorf("got %+v, %v, want %v", got, err, c.kind)
			}
		})
	}
}
