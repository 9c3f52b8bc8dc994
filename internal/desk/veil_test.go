package desk_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/store"
)

// secrets are the values of the family that are shown in part at most.
func secrets() map[string]string {
	out := map[string]string{}
	for path, v := range family() {
		switch path[strings.LastIndex(path, ".")+1:] {
		case "name", "id_no", "phone", "address", "birth":
			out[path] = v.(string)
		}
	}
	return out
}

// words are all texts that can be reached from v by exported fields.
func words(v reflect.Value, out *[]string) {
	switch v.Kind() {
	case reflect.String:
		*out = append(*out, v.String())
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			words(v.Elem(), out)
		}
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 && v.Kind() == reflect.Slice {
			*out = append(*out, string(v.Bytes()))
			return
		}
		for i := range v.Len() {
			words(v.Index(i), out)
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			words(k, out)
			words(v.MapIndex(k), out)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				words(v.Field(i), out)
			}
		}
	}
}

// told are the paths of secrets that stand in full in what is handed out.
func told(c any) []string {
	var all, out []string
	words(reflect.ValueOf(c), &all)
	for path, secret := range secrets() {
		if slices.ContainsFunc(all, func(s string) bool { return strings.Contains(s, secret) }) {
			out = append(out, path)
		}
	}
	slices.Sort(out)
	return out
}

// TestWhomACaseIsHandedOutInFull takes a case through its statuses and lets each
// account open it, read it, and do what everybody may: whoever does not handle
// it gets no value of a person.
func TestWhomACaseIsHandedOutInFull(t *testing.T) {
	d := laptop(t, t.TempDir())
	defer func() { d.Close() }()
	c := entered(t, d)
	must := step(t)
	c = must(d.Edit(t.Context(), c.ID, map[string]any{"student.id_ocr_name": family()["student.name"]}))
	for _, r := range guard.Roles() {
		if o := roleOperator(r); o.ID != "clerk-1" && o.ID != "reviewer-1" {
			if err := d.Store().EnableOperator(t.Context(), o, []byte(rolePassword(r))); err != nil {
				t.Fatal(err)
			}
		}
	}
	other := guard.Operator{ID: "clerk-2", Name: "另一操作员", Roles: []guard.Role{guard.Clerk}, Enabled: true}
	if err := d.Store().EnableOperator(t.Context(), other, []byte(rolePassword(guard.Clerk))); err != nil {
		t.Fatal(err)
	}
	passwords := map[string]string{"clerk-1": clerkPassword, "reviewer-1": reviewPassword, "clerk-2": rolePassword(guard.Clerk),
		"dataadmin-1": rolePassword(guard.DataAdmin), "auditor-1": rolePassword(guard.Auditor)}
	as := func(who string) {
		t.Helper()
		var err error
		if d, err = signedIn(t, d, who, passwords[who]); err != nil {
			t.Fatal(err)
		}
	}
	var all []string
	for path := range secrets() {
		all = append(all, path)
	}
	slices.Sort(all)
	for _, stage := range []struct {
		status loan.Status
		full   []string // who sees it in full
		next   func()
	}{
		{loan.Draft, []string{"clerk-1"}, func() { must(d.Submit(t.Context(), c.ID)) }},
		{loan.ToReview, []string{"clerk-1", "reviewer-1"}, func() {
			must(d.Review(t.Context(), c.ID, "reviewer-1", []byte(reviewPassword), true, ""))
		}},
		{loan.ToSign, []string{"clerk-1"}, func() { must(d.Void(t.Context(), c.ID, "重复受理")) }},
		{loan.Void, []string{"clerk-1"}, func() {}},
	} {
		verdict := d.CheckEntry(must(d.Case(t.Context(), c.ID)))
		missing := d.Missing(must(d.Case(t.Context(), c.ID)))
		for who := range passwords {
			as(who)
			want := []string(nil)
			if slices.Contains(stage.full, who) {
				want = all
			}
			handed := map[string]func() (*loan.Case, error){
				"Open": func() (*loan.Case, error) { return d.OpenBeyond(t.Context(), c.ID, "家长来电核对") },
				"Case": func() (*loan.Case, error) { return d.Case(t.Context(), c.ID) },
			}
			if guard.May(d.Operator(), guard.Urge, &loan.Case{Status: stage.status}) == nil {
				handed["Urge"] = func() (*loan.Case, error) { return d.Urge(t.Context(), c.ID, loan.Urgent) }
			}
			for name, get := range handed {
				t.Run(fmt.Sprintf("%s by %s in %s", name, who, stage.status), func(t *testing.T) {
					k, err := get()
					if err != nil {
						t.Fatal(err)
					}
					if k.Status != stage.status {
						t.Fatalf("the case is %s", k.Status)
					}
					if got := told(k); !slices.Equal(got, want) {
						t.Errorf("handed out in full: %v, want %v", got, want)
					}
					if got := told(d.Shown(k)); !slices.Equal(got, want) {
						t.Errorf("shown in full: %v, want %v", got, want)
					}
					if d.SeesFull(k) != (want != nil) {
						t.Errorf("sees it in full: %v", d.SeesFull(k))
					}
					got, as := d.CheckEntry(k), verdict
					if want == nil {
						as.Derived.StudentAge, as.Derived.CoborrowerAge = nil, nil // an age is a year of birth
					}
					if !reflect.DeepEqual(got, as) {
						t.Errorf("the verdict is another than its clerk's: %v %+v, want %v %+v", got.Codes(), got.Derived, as.Codes(), as.Derived)
					}
					if got := d.Missing(k); !slices.Equal(got, missing) {
						t.Errorf("missing %v, want %v", got, missing)
					}
				})
			}
		}
		as("clerk-1")
		stage.next()
	}
}

// TestPapersThatTellOfNeedAreLeftOut has them among the pictures only while these are
// shown.
func TestPapersThatTellOfNeedAreLeftOut(t *testing.T) {
	ctx, must := t.Context(), step(t)
	d := laptop(t, t.TempDir())
	defer d.Close()
	c := entered(t, d)
	for i, s := range []loan.Slot{loan.DocSlot(loan.OrphanCertificate), loan.DocSlot(loan.StudentIDCard)} {
		must(d.Attach(ctx, c.ID, s, picture(t, 300, 401, uint8(90+i)), "image/jpeg", "file"))
	}
	told := func(all []loan.Attachment) (n int) {
		for _, a := range all {
			if a.Slot.TellsNeed() {
				n++
			}
		}
		return n
	}
	full := must(d.Case(ctx, c.ID))
	m := d.Masked(full)
	if len(m.Attachments) == 0 || told(m.Attachments) != 0 || told(d.Pictures(m)) != 0 {
		t.Errorf("masked: %v, pictures %v", m.Attachments, d.Pictures(m))
	}
	if told(full.Attachments) != 2 || told(d.Pictures(full)) != 2 {
		t.Errorf("in full: %v", d.Pictures(full))
	}
	if got := d.Masked(m); got != m {
		t.Error("what is masked is masked again")
	}
}

func TestWhatWasHandedOutMaskedStaysSo(t *testing.T) {
	c, as := staffed(t)
	d := as(guard.Clerk) // another clerk
	k, err := d.OpenBeyond(t.Context(), c.ID, "家长来电核对")
	if err != nil {
		t.Fatal(err)
	}
	if got := told(k); len(got) > 0 {
		t.Fatalf("in full: %v", got)
	}
	// From here on he handles the case; what he holds is still a masked copy, and
	// must not become the text of fields that can be saved.
	if _, err := d.TakeOver(t.Context(), c.ID, loan.EntryStation, "经办人今天请假，代为办理"); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Edit(t.Context(), c.ID, map[string]any{"loan.amount": 5000}); err != nil {
		t.Fatal(err)
	}
	k.Authors = map[string]bool{d.Operator().ID: true}
	if d.SeesFull(k) || len(told(d.Shown(k))) > 0 {
		t.Error("the masked copy passes for the case")
	}
	again, err := d.Case(t.Context(), c.ID)
	if err != nil || !d.SeesFull(again) || len(told(again)) == 0 {
		t.Errorf("read again: %v, %v", d.SeesFull(again), err)
	}
}

func TestWhatPeopleWroteOfACaseHoldsNoValueInListsAndMaskedCases(t *testing.T) {
	c, as := staffed(t)
	d := as(guard.Clerk)
	p := c.App.Student
	note := "学生" + p.Name + "，" + p.IDNo + "，电话" + p.Phone + "或15400000077，住" + p.Address
	s := d.Store()
	var steps []store.Entry
	for _, e := range []store.Entry{{Kind: loan.ChangeSubmit, Operator: "clerk-1", Body: loan.SubmitBody{Reason: note}}, {Kind: loan.ChangeReview, Operator: "reviewer-1", Body: loan.ReviewBody{Note: note}},
		{Kind: loan.ChangeTake, Operator: "clerk-1", Body: loan.TakeBody{Station: loan.CheckStation, Reason: note}}} {
		e.Case = c.ID
		steps = append(steps, e)
	}
	if _, err := s.CommitCase(t.Context(), steps, nil); err != nil {
		t.Fatal(err)
	}
	seen, err := d.Case(t.Context(), c.ID)
	if err != nil || !seen.Veiled || seen.Review == nil || seen.Again == nil || len(seen.Holders) == 0 {
		t.Fatalf("%+v, %v", seen, err)
	}
	for of, got := range map[string]string{"a review": seen.Review.Note, "a taking over": seen.Holders[0].Reason, "a submitting again": seen.Again.Reason} {
		for _, v := range []string{p.Name, p.IDNo, p.Phone, "15400000077", p.Address} {
			if strings.Contains(got, v) {
				t.Errorf("the note of %s in a masked case: %q", of, got)
			}
		}
		if !strings.Contains(got, guard.MaskName(p.Name)) || !strings.HasPrefix(got, "学生") {
			t.Errorf("nothing is left of the note of %s: %q", of, got)
		}
	}
	r, err := as(guard.Auditor).Record(t.Context(), desk.Sought{Kinds: []loan.ChangeKind{loan.ChangeReview}})
	if err != nil || len(r.Lines) == 0 || strings.Contains(r.Lines[0].Reason, p.IDNo) || strings.Contains(r.Lines[0].Reason, "15400000077") {
		t.Errorf("the record: %+v, %v", r.Lines, err)
	}
}
