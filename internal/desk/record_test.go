package desk_test

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/internal/store"
)

func TestTheRecordSaysWhoSawOnesDataAndNeverWhat(t *testing.T) {
	c, as := staffed(t)
	ctx := t.Context()
	d := as(guard.Reviewer)
	if err := d.Reveal(ctx, c.ID, []string{"student.phone"}, "家长来电核对"); err != nil {
		t.Fatal(err)
	}
	if _, err := d.FindBeyond(ctx, "9914", "家长来电核对"); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Record(ctx, desk.Sought{}); fault.KindOf(err) != fault.Denied {
		t.Fatalf("a reviewer reads the record: got %v", err)
	}
	d = as(guard.Auditor)
	id := c.ID.String()
	got, err := d.Record(ctx, desk.Sought{Case: id[len(id)-8:], Kinds: []loan.ChangeKind{loan.ChangeReveal, loan.ChangeView}})
	if err != nil || len(got.Lines) != 1 {
		t.Fatalf("got %d lines, %v", len(got.Lines), err)
	}
	if l := got.Lines[0]; l.Operator != "reviewer-1" || l.Reason != "家长来电核对" || l.Fields[0] != "student.phone" || l.At.IsZero() {
		t.Errorf("got %+v", l)
	}
	edits, err := d.Record(ctx, desk.Sought{Kinds: []loan.ChangeKind{loan.ChangeEdit}, Operator: "clerk-1"})
	if err != nil || len(edits.Lines) != 1 || len(edits.Lines[0].Fields) < 20 {
		t.Fatalf("edits: %+v, %v", edits.Lines, err)
	}
	given, err := d.Record(ctx, desk.Sought{Kinds: []loan.ChangeKind{loan.ChangeConsent}})
	if err != nil || len(given.Lines) != 6 || given.Lines[0].Detail != "given coborrower share "+shareText {
		t.Fatalf("consents: %+v, %v", given.Lines, err)
	}
	all, err := d.Record(ctx, desk.Sought{Limit: 5})
	if err != nil || len(all.Lines) != 5 || all.Total < 20 || all.Unread != 0 {
		t.Fatalf("got %d of %d, %v", len(all.Lines), all.Total, err)
	}
	if all.Lines[0].At.Before(all.Lines[4].At) {
		t.Error("not the newest first")
	}
	for name, q := range map[string]desk.Sought{"another operator": {Operator: "nobody"},
		"another day": {From: clock().AddDate(0, 0, 1)}, "an earlier day": {To: clock().AddDate(0, 0, -1)}} {
		if r, err := d.Record(ctx, q); err != nil || len(r.Lines) != 0 {
			t.Errorf("%s: %d lines, %v", name, len(r.Lines), err)
		}
	}
	if _, err := d.Record(ctx, desk.Sought{Case: "abc"}); fault.KindOf(err) != fault.Input {
		t.Errorf("three characters of a case: got %v", err)
	}
	if _, b := lastLook(t, d, loan.ChangeView); b.Detail != "record" {
		t.Errorf("the look itself: %q", b.Detail)
	}
}

func TestTheReportIsSignedAndNamesNobodyOfACase(t *testing.T) {
	c, as := staffed(t)
	d := as(guard.Reviewer)
	if err := d.Reveal(t.Context(), c.ID, []string{"student.phone"}, "韦测乙：韦测𬎆的家长来电"); err != nil {
		t.Fatal(err)
	}
	d = as(guard.Auditor)
	report, n, err := d.Report(t.Context(), desk.Sought{}, nil)
	if err != nil || n < 20 || bytes.Count(report, []byte("\n")) != n+4 {
		t.Fatalf("%d lines of %d, %v", bytes.Count(report, []byte("\n")), n, err)
	}
	for _, secret := range []string{"韦测", "15400000001", "522727200503149914", "示例村"} {
		if bytes.Contains(report, []byte(secret)) {
			t.Errorf("the report has %q", secret)
		}
	}
	if !bytes.Contains(report, []byte("的家长来电")) {
		t.Error("the report does not say why")
	}
	if at := desk.RecordTime(clock())[:10]; !bytes.Contains(report, []byte("时间（北京时间）,"+at)) || !bytes.Contains(report, []byte("（reviewer-1）,")) {
		t.Error("the report does not say by whose clock it is, or not the names of people")
	}
	if !bytes.Contains(report, []byte(",借款学生同意处理敏感个人信息：《")) || !bytes.Contains(report, []byte(",given student sensitive ")) {
		t.Error("the report does not have what was done in the words of the screen and, at the end, in those of the chain")
	}
	body, sign, ok := bytes.Cut(report, []byte("签名,"))
	if !ok {
		t.Fatal("no signature")
	}
	raw, err := hex.DecodeString(strings.TrimSpace(string(sign)))
	if err != nil {
		t.Fatal(err)
	}
	p := d.Store().Profile()
	if err := p.ChainKey().Public().Verify(desk.ReportContext, body, raw); err != nil {
		t.Error(err)
	}
	body[40] ^= 1
	if err := p.ChainKey().Public().Verify(desk.ReportContext, body, raw); err == nil {
		t.Error("an altered report verifies")
	}
	if _, b := lastLook(t, d, loan.ChangeExport); !strings.HasPrefix(b.Detail, "record report,") {
		t.Errorf("the chain says %q", b.Detail)
	}
}

func TestWrongPasswordsComeIntoTheChain(t *testing.T) {
	c, as := staffed(t)
	d := as(guard.Clerk)
	for range 2 {
		if _, err := d.Review(t.Context(), c.ID, "reviewer-1", []byte("wrong horse 1"), true, ""); fault.KindOf(err) != fault.Password {
			t.Fatal(err)
		}
	}
	d = as(guard.Auditor)
	got, err := d.Record(t.Context(), desk.Sought{Kinds: []loan.ChangeKind{loan.ChangeSignIn}, Operator: "reviewer-1"})
	if err != nil || len(got.Lines) != 1 || !strings.HasPrefix(got.Lines[0].Detail, "failed 2 times") {
		t.Fatalf("got %+v, %v", got.Lines, err)
	}
	odd := false
	for _, o := range got.Odd {
		odd = odd || o.Kind == guard.OddPassword && o.Operator == "reviewer-1"
	}
	if !odd {
		t.Errorf("not told as odd: %+v", got.Odd)
	}
	d = as(guard.Auditor)
	if got, err = d.Record(t.Context(), desk.Sought{Kinds: []loan.ChangeKind{loan.ChangeSignIn}, Operator: "reviewer-1"}); err != nil || len(got.Lines) != 1 {
		t.Errorf("told twice: %d, %v", len(got.Lines), err)
	}
}

func TestTriesByNoKnownAccountComeIntoTheChainWithoutWhatWasTyped(t *testing.T) {
	const typed = "522727200503149914"
	f := newField(t)
	ctx := t.Context()
	none := desk.Sought{Kinds: []loan.ChangeKind{loan.ChangeSignIn}, Operator: desk.Unknown}
	if _, err := f.d.Store().Verify(ctx, typed, []byte(clerkPassword)); fault.KindOf(err) != fault.Password {
		t.Fatal(err)
	}
	step(t)(nil, f.d.Close())
	door, err := desk.OpenDoor(ctx, store.Options{Dir: f.dir, Cost: seal.CheapCost(), Now: clock}, desk.Tools{Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if _, err := door.SignIn(ctx, typed, []byte(clerkPassword)); fault.KindOf(err) != fault.Password || strings.Contains(err.Error(), typed) {
			t.Fatalf("the kind is %v, or the error says what was typed", fault.KindOf(err))
		}
	}
	step(t)(nil, door.Close())
	f.in("admin-1", clerkPassword, clock())
	for when, seen := range map[string]func(){"at the next signing in": func() {}, "once": func() { f.in("admin-1", clerkPassword, clock()) }} {
		seen()
		r, err := f.d.Record(ctx, none)
		if err != nil || len(r.Lines) != 1 || !strings.HasPrefix(r.Lines[0].Subject(), "登录失败 6 次，账号不在本机，最后一次 ") {
			t.Fatalf("%s: got %+v, %v", when, r.Lines, err)
		}
		if !slices.ContainsFunc(r.Odd, func(o desk.Oddity) bool {
			return o.Kind == desk.OddPassword && o.Operator == desk.Unknown && o.Count == 6
		}) {
			t.Errorf("%s: not told as odd: %+v", when, r.Odd)
		}
	}
	report, _, err := f.d.Report(ctx, none, nil)
	if err != nil || !strings.Contains(string(report), "登录失败 6 次，账号不在本机") || strings.Contains(string(report), typed) {
		t.Errorf("the report does not say so, or what was typed; %v", err)
	}
	counts, err := os.ReadFile(filepath.Join(f.dir, "attempts.json"))
	if err != nil || strings.Contains(string(counts), typed) {
		t.Errorf("the file in the open says what was typed, or %v", err)
	}
}

func TestOnePhoneOrPortraitInManyCasesIsOdd(t *testing.T) {
	c, as := staffed(t)
	d := as(guard.Clerk)
	face := picture(t, 358, 441, 0) // that of the other clerk's case
	for i := range guard.ManyPhones - 1 {
		k, err := d.NewCase(t.Context(), loan.First, false)
		if err == nil {
			// The co-borrower's phone counts as the student's does.
			_, err = d.Edit(t.Context(), k.ID, map[string]any{[]string{"student.phone", "coborrowers.0.phone"}[i%2]: c.App.Student.Phone})
		}
		if err == nil {
			_, err = d.Attach(t.Context(), k.ID, loan.PortraitStudent, face, "image/jpeg", "camera")
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, b := lastLook(t, d, loan.ChangeView); !strings.HasPrefix(b.Detail, guard.PortraitAgain+guard.SameFile+" of student, case ") || guard.AgainIn(b.Detail) == k.ID {
			t.Errorf("a portrait of another case: the chain says %q", b.Detail)
		}
	}
	got, err := as(guard.Auditor).Record(t.Context(), desk.Sought{})
	if err != nil {
		t.Fatal(err)
	}
	count, noted := map[guard.OddKind]int{}, 0
	for _, o := range got.Odd {
		count[o.Kind] = max(count[o.Kind], o.Count)
		if o.Kind == guard.OddPortrait && o.Operator == "clerk-2" {
			noted = o.Count
		}
	}
	if count[guard.OddPhone] != guard.ManyPhones || count[guard.OddPortrait] != guard.ManyPhones || noted != guard.ManyPhones-1 {
		t.Errorf("got %v, and %d of the clerk who used it", count, noted)
	}
}

func TestVoidCasesAndOtherYearsOfOneStudentAreNotOdd(t *testing.T) {
	_, as := staffed(t)
	d := as(guard.Clerk)
	const phone = "15400000042"
	begun := func(id string, portrait []byte) *loan.Case {
		t.Helper()
		k, err := d.NewCase(t.Context(), loan.Renewal, false)
		if err == nil {
			k, err = d.Edit(t.Context(), k.ID, map[string]any{"student.id_no": id, "student.phone": phone})
		}
		if err == nil && portrait != nil {
			k, err = d.Attach(t.Context(), k.ID, loan.PortraitStudent, portrait, "image/jpeg", "camera")
		}
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	const one, two = "522727200503141010", "522727200503141029"
	first := begun(one, picture(t, 358, 441, 77))
	if _, err := d.Void(t.Context(), first.ID, "录错学年"); err != nil {
		t.Fatal(err)
	}
	begun(one, picture(t, 358, 441, 77)) // begun anew in the same visit
	for range guard.ManyPhones {
		begun(one, nil) // the same student in other years
	}
	for range guard.ManyPhones {
		void := begun(two, nil)
		if _, err := d.Void(t.Context(), void.ID, "不再申请"); err != nil {
			t.Fatal(err)
		}
	}
	odd := func() map[guard.OddKind]int {
		t.Helper()
		got, err := as(guard.Auditor).Record(t.Context(), desk.Sought{})
		if err != nil {
			t.Fatal(err)
		}
		out := map[guard.OddKind]int{}
		for _, o := range got.Odd {
			out[o.Kind]++
		}
		return out
	}
	if got := odd(); got[guard.OddPhone] != 0 || got[guard.OddPortrait] != 0 {
		t.Errorf("got %v, want nothing", got)
	}
	d = as(guard.Clerk)
	begun("522727200503141037", picture(t, 358, 441, 77)) // of another student it is
	if got := odd(); got[guard.OddPhone] != 0 || got[guard.OddPortrait] == 0 {
		t.Errorf("got %v, want the portrait", got)
	}
}

func TestWhoSawOnePersonsData(t *testing.T) {
	c, as := staffed(t)
	ctx := t.Context()
	d := as(guard.Clerk) // another clerk, with another family's case
	other, err := d.NewCase(ctx, loan.First, false)
	if err == nil {
		_, err = d.Edit(ctx, other.ID, map[string]any{"student.name": "韦测乙", "student.id_no": "52272720050314101X"})
	}
	if err == nil {
		_, err = d.Open(ctx, other.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	d = as(guard.Reviewer)
	if err := d.Reveal(ctx, c.ID, []string{"student.phone"}, "家长来电核对"); err != nil {
		t.Fatal(err)
	}
	d = as(guard.Auditor)
	for name, id := range map[string]string{"the student": c.App.Student.IDNo, "the co-borrower": c.App.Coborrowers[0].IDNo} {
		got, err := d.Record(ctx, desk.Sought{Person: id, Reason: "家长投诉核查", Operator: "reviewer-1", Kinds: []loan.ChangeKind{loan.ChangeReveal, loan.ChangeView}})
		if err != nil || len(got.Lines) != 1 || got.Lines[0].Operator != "reviewer-1" || got.Lines[0].Case != c.ID {
			t.Errorf("%s: got %+v, %v", name, got.Lines, err)
		}
	}
	if got, err := d.Record(ctx, desk.Sought{Person: "52272720050314101X", Reason: "家长投诉核查"}); err != nil || len(got.Lines) != 3 || got.Lines[0].Case != other.ID {
		t.Errorf("the other family: got %+v, %v", got.Lines, err)
	}
	if _, b := lastLook(t, d, loan.ChangeView); b.Detail != "record of a person, cases "+other.ID.String() {
		t.Errorf("the chain says %q", b.Detail)
	}
	if _, err := d.Record(ctx, desk.Sought{Person: "9914", Reason: "家长投诉核查"}); fault.KindOf(err) != fault.Input {
		t.Errorf("four digits: got %v", err)
	}
}

func TestWhoSawARowOfOnesCaseBySearching(t *testing.T) {
	c, as := staffed(t)
	ctx := t.Context()
	d := as(guard.Reviewer)
	got, err := d.FindBeyond(ctx, "9914", "家长来电核对")
	if err != nil || len(got.Rows) == 0 || got.Rows[0].ID != c.ID {
		t.Fatalf("got %+v, %v", got, err)
	}
	if _, err := d.FindBeyond(ctx, "8888", "家长来电核对"); err != nil {
		t.Fatal(err)
	}
	d = as(guard.Auditor)
	searches := []loan.ChangeKind{loan.ChangeSearch}
	for name, q := range map[string]desk.Sought{
		"the student's":     {Person: c.App.Student.IDNo},
		"the co-borrower's": {Person: c.App.Coborrowers[0].IDNo},
		"the case's":        {Case: c.ID.String()[28:]},
		"both":              {Case: c.ID.String(), Person: c.App.Student.IDNo},
	} {
		q.Kinds, q.Reason = searches, "家长投诉核查"
		r, err := d.Record(ctx, q)
		if err != nil || len(r.Lines) != 1 || r.Lines[0].Operator != "reviewer-1" || len(r.Lines[0].Shown) != 1 || r.Lines[0].Shown[0] != c.ID {
			t.Errorf("%s: got %+v, %v", name, r.Lines, err)
		}
	}
	if r, err := d.Record(ctx, desk.Sought{Kinds: searches, Person: "522727200503141015", Reason: "家长投诉核查"}); err != nil || len(r.Lines) != 0 {
		t.Errorf("another's: got %+v, %v", r.Lines, err)
	}
	if r, err := d.Record(ctx, desk.Sought{Kinds: searches}); err != nil || len(r.Lines) != 2 {
		t.Errorf("all: got %+v, %v", r.Lines, err)
	}
}

func TestWhoSawARowOfOnesCaseToEraseIt(t *testing.T) {
	c, as := staffed(t)
	d := as(guard.DataAdmin)
	if row, err := d.RequestedCase(t.Context(), c.ID.String()[28:], "本人当面要求删除"); err == nil || row.ID != c.ID {
		t.Fatalf("got %+v, %v", row, err)
	}
	d = as(guard.Auditor)
	for name, q := range map[string]desk.Sought{"the student's": {Person: c.App.Student.IDNo}, "the case's": {Case: c.ID.String()[28:]}} {
		q.Operator, q.Reason = "dataadmin-1", "家长投诉核查"
		r, err := d.Record(t.Context(), q)
		if err != nil || len(r.Lines) != 1 || r.Lines[0].Kind != loan.ChangeView || len(r.Lines[0].Shown) != 1 || r.Lines[0].Shown[0] != c.ID {
			t.Errorf("%s: got %+v, %v", name, r.Lines, err)
		}
	}
	if r, err := d.Record(t.Context(), desk.Sought{Operator: "dataadmin-1", Person: "522727200503141015", Reason: "家长投诉核查"}); err != nil || len(r.Lines) != 0 {
		t.Errorf("another's: got %+v, %v", r.Lines, err)
	}
}

func TestOddWorkIsFoundInTheRecord(t *testing.T) {
	f := newField(t)
	c := entered(t, f.d)
	ctx := t.Context()
	night := clock().Add(13 * time.Hour) // eleven at night
	f.in("clerk-2", clerkPassword, clock())
	for range 16 {
		if _, err := f.d.FindBeyond(ctx, "9914", "家长来电核对"); err != nil {
			t.Fatal(err)
		}
	}
	f.in("clerk-1", clerkPassword, night)
	if _, err := f.d.Edit(ctx, c.ID, map[string]any{"loan.amount": 5000}); err != nil {
		t.Fatal(err)
	}
	f.in("admin-1", clerkPassword, clock().Add(23*time.Hour))
	got, err := f.d.Record(ctx, desk.Sought{})
	if err != nil {
		t.Fatal(err)
	}
	odd := map[guard.OddKind]string{}
	for _, o := range got.Odd {
		odd[o.Kind] += o.Operator
	}
	if odd[guard.OddLooks] != "clerk-2" || odd[guard.OddNight] != "clerk-1" {
		t.Errorf("got %v", odd)
	}
}
