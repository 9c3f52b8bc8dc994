package courier

import (
	"fmt"
	"testing"

	"doorstep/internal/bulletin"
	"doorstep/internal/guard"
	"doorstep/sync/parcel"
)

// TestACountyOfManyPeopleIsHeard has as many people on the roster, and as many bulletins,
// as there may be, and the laptop's own clerk off it.
func TestACountyOfManyPeopleIsHeard(t *testing.T) {
	w := newCountyRoad(t)
	off := func(id string) {
		w.answer.Operators = append(w.answer.Operators, parcel.CountyOperator{Off: true,
			EnrolOperator: parcel.EnrolOperator{ID: id, Name: "欧阳某某", Roles: []string{"clerk"}, Level: "point", Org: "大塘镇第一中学受理点"}})
	}
	for i := range guard.MaxListed - 1 {
		off(fmt.Sprintf("clerk-of-school-%05d", i))
	}
	off("clerk-1")
	for i := range 1000 {
		w.answer.Bulletins = append(w.answer.Bulletins, parcel.ListedBulletin{Kind: bulletin.Kind("later"), Name: fmt.Sprintf("p-%024d", i), Version: uint64(i + 1), Size: 400})
	}
	if err := w.fetchCounty(t.Context()); err != nil {
		t.Fatal(err)
	}
	if o, ok := w.has("clerk-1"); !ok || o.Enabled {
		t.Errorf("who was taken off the roster: %+v, %v", o, ok)
	}
}
