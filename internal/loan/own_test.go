package loan

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// filled sets all that can be reached from v, and names each value in out by its path.
func filled(v reflect.Value, path string, out map[string]bool) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if f.Anonymous {
				filled(v.Field(i), path, out)
				continue
			}
			filled(v.Field(i), strings.TrimPrefix(path+"."+name, "."), out)
		}
		return
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		filled(v.Elem(), path, out)
		return
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		filled(v.Index(0), path, out)
		return
	case reflect.String:
		v.SetString("x")
	case reflect.Int:
		v.SetInt(7)
	case reflect.Bool:
		v.SetBool(true)
	}
	out[path] = !v.IsZero()
}

// set are the paths that have a value.
func set(v reflect.Value, path string, out map[string]bool) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if f.Anonymous {
				name = ""
			}
			set(v.Field(i), strings.Trim(path+"."+name, "."), out)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			set(v.Elem(), path, out)
		}
	case reflect.Slice:
		for i := range v.Len() {
			set(v.Index(i), path, out)
		}
	default:
		if !v.IsZero() {
			out[path] = true
		}
	}
}

func TestEachFieldOfAnApplicationIsSomebodysOwnOrOneOfTheList(t *testing.T) {
	var a Application
	all := map[string]bool{}
	filled(reflect.ValueOf(&a).Elem(), "", all)
	for path, ok := range all {
		if !ok {
			t.Fatalf("%s cannot be filled", path)
		}
	}
	a.Signatures = Signatures{Student: InPerson, Coborrower: ByProxy, ProxyNote: "x"}
	student, second := map[string]bool{}, map[string]bool{}
	s, k := a.Of(StudentParty), a.Of(CoborrowerParty)
	set(reflect.ValueOf(s), "", student)
	set(reflect.ValueOf(k), "", second)
	// The day of judgement, the papers (shown as what is in their slots), and by which
	// laptop, in which state of the network, it was taken in.
	nobodys := []string{"as_of", "docs", "intake.device", "intake.offline"}
	ofBoth := []string{"academic_year", "kind", "channel", "separate_hukou", "intake.county_code", "intake.county_name", "intake.point_type",
		"loan.amount", "loan.purpose", "loan.maturity_year", "loan.supplementary"}
	for path := range all {
		head, _, _ := strings.Cut(path, ".")
		own := slices.Contains([]string{"student", "study", "hardship", "loan"}, head) || path == "signatures.student"
		its := head == "coborrowers" || path == "signatures.coborrower" || path == "signatures.proxy_note"
		both := slices.Contains(ofBoth, path)
		if want := (own || both) && !slices.Contains(nobodys, path); student[path] != want {
			t.Errorf("%s: the student is shown it: %v, want %v", path, student[path], want)
		}
		if want := (its || both) && !slices.Contains(nobodys, path); second[path] != want {
			t.Errorf("%s: the co-borrower is shown it: %v, want %v", path, second[path], want)
		}
		if !own && !its && !both && !slices.Contains(nobodys, path) {
			t.Errorf("%s is nobody's own, and no list says why", path)
		}
	}
	if len(all) < 60 {
		t.Errorf("only %d fields were looked at", len(all))
	}
}

func TestAPaperIsShownToWhomItTellsOf(t *testing.T) {
	both := []Slot{DocSlot(ApplicationForm), DocSlot(RelationProof), DocSlot(HukouBook)}
	second := []Slot{PortraitCoborrower, CardCoborrower, DocSlot(CoborrowerIDCard), DocSlot(HukouBook2)}
	slots := []Slot{PortraitStudent, PortraitCoborrower, CardStudent, CardCoborrower}
	for _, d := range Docs() {
		slots = append(slots, DocSlot(d))
	}
	for _, s := range slots {
		shared, its := slices.Contains(both, s), slices.Contains(second, s)
		if got := s.About(StudentParty, false); got != (shared || !its) {
			t.Errorf("%s tells of the student: got %v", s, got)
		}
		if got := s.About(CoborrowerParty, false); got != (shared || its) {
			t.Errorf("%s tells of the co-borrower: got %v", s, got)
		}
	}
	if DocSlot(HukouBook).About(CoborrowerParty, true) {
		t.Error("the student's book tells of who has another")
	}
}
