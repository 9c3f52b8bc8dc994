package central

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

const hers = "522727200503141019"

// enrolAt is enrol for a laptop of a named point.
func enrolAt(t *testing.T, c *Central, url, point string) *laptop {
	t.Helper()
	l := enrol(t, c, url)
	if _, err := c.db.ExecContext(t.Context(), `UPDATE devices SET point = ? WHERE id = ?`, point, l.enrol.Device.String()); err != nil {
		t.Fatal(err)
	}
	return l
}

// looked are two laptops of two points; at each one revealed something of a case of
// the same person, and of another's.
type looked struct {
	c          *Central
	east, west *laptop
	his, other uuid.UUID
	auditors   map[string]Person
	reveals    func(l *laptop, id uuid.UUID, n int)
}

func twoPoints(t *testing.T) *looked {
	t.Helper()
	c := open(t, t.TempDir())
	c.cheap = true
	url := serve(t, c)
	k := &looked{c: c, east: enrolAt(t, c, url, "东乡受理点"), west: enrolAt(t, c, url, "西乡受理点"), auditors: map[string]Person{}}
	face := content("a portrait", 500)
	opened := func(l *laptop, number string) uuid.UUID {
		id := uuid.Must(uuid.NewV7())
		l.change(id, loan.ChangeOpen, loan.OpenBody{Application: loan.Application{Kind: loan.First, AcademicYear: 2026}})
		l.change(id, loan.ChangeEdit, map[string]any{"fields": map[string]any{"student.id_no": number}})
		l.change(id, loan.ChangeAttach, loan.AttachBody{Attachment: loan.Attachment{Slot: loan.PortraitStudent, Blob: l.county.Name(face), Size: 500, Media: "image/jpeg"}, Source: "camera"})
		return id
	}
	k.his, k.other = opened(k.east, hers), opened(k.west, "52272720050314103X")
	k.reveals = func(l *laptop, id uuid.UUID, n int) {
		for range n {
			ch := l.change(id, loan.ChangeReveal, loan.ViewBody{Fields: []string{"student.phone"}, Reason: "家长来电核对"})
			ch.At = time.Date(2026, 8, 1, 4, 0, 0, 0, time.UTC)
		}
	}
	k.reveals(k.east, k.his, 8)
	k.reveals(k.west, k.other, 7)
	k.reveals(k.west, k.his, 1)
	k.east.send(k.east.changes)
	k.west.send(k.west.changes)
	ofRealPeople(t, c)
	for id, at := range map[string][2]string{"aud-county": {"county", "522727"}, "aud-east": {"point", "东乡受理点"}, "aud-province": {"province", "52"},
		"aud-elsewhere": {"county", "522121"}, "aud-bank": {"bank", guard.WholeBank}, "aud-old": {"", ""}} {
		if err := c.AddOperator(t.Context(), Operator{ID: id, Name: "韦审计", Roles: []string{"auditor"}, Level: at[0], Org: at[1]}); err != nil {
			t.Fatal(err)
		}
		k.auditors[id] = officerOf(t, c, id)
	}
	k.auditors["admin-9"] = officerOf(t, c, "admin-9")
	return k
}

func (k *looked) ask(t *testing.T, who string, q RecordQuery) RecordFound {
	t.Helper()
	q.Reason = "年度检查"
	found, err := k.c.Record(t.Context(), k.auditors[who], q)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestAnAuditorReadsTheRecordOfAllLaptopsOfHisOrganisation(t *testing.T) {
	k := twoPoints(t)
	ctx := t.Context()
	reveals := []loan.ChangeKind{loan.ChangeReveal}
	for name, x := range map[string]struct {
		who  string
		q    RecordQuery
		want int
	}{
		"the county's":                  {"aud-county", RecordQuery{Sought: guard.Sought{Kinds: reveals}}, 16},
		"the province's":                {"aud-province", RecordQuery{Sought: guard.Sought{Kinds: reveals}}, 16},
		"the bank's":                    {"aud-bank", RecordQuery{Sought: guard.Sought{Kinds: reveals}}, 16},
		"of before there were levels":   {"aud-old", RecordQuery{Sought: guard.Sought{Kinds: reveals}}, 16},
		"a point's":                     {"aud-east", RecordQuery{Sought: guard.Sought{Kinds: reveals}}, 8},
		"another county's":              {"aud-elsewhere", RecordQuery{}, 0},
		"one laptop":                    {"aud-county", RecordQuery{Device: k.west.enrol.Device, Sought: guard.Sought{Kinds: reveals}}, 8},
		"one case, by its id":           {"aud-county", RecordQuery{Sought: guard.Sought{Kinds: reveals, Case: k.his.String()}}, 9},
		"one case, by its end":          {"aud-county", RecordQuery{Sought: guard.Sought{Kinds: reveals, Case: k.his.String()[24:]}}, 9},
		"one person":                    {"aud-county", RecordQuery{Sought: guard.Sought{Kinds: reveals, Person: hers}}, 9},
		"one person, at a point":        {"aud-east", RecordQuery{Sought: guard.Sought{Kinds: reveals, Person: hers}}, 8},
		"another operator":              {"aud-county", RecordQuery{Sought: guard.Sought{Kinds: reveals, Operator: "clerk-9"}}, 0},
		"the operator":                  {"aud-county", RecordQuery{Sought: guard.Sought{Kinds: reveals, Operator: "practice-clerk"}}, 16},
		"before":                        {"aud-county", RecordQuery{Sought: guard.Sought{Kinds: reveals, To: time.Date(2026, 8, 1, 4, 0, 0, 0, time.UTC)}}, 0},
		"from then on":                  {"aud-county", RecordQuery{Sought: guard.Sought{Kinds: reveals, From: time.Date(2026, 8, 1, 4, 0, 0, 0, time.UTC)}}, 16},
		"a person who never was a case": {"aud-county", RecordQuery{Sought: guard.Sought{Person: "522727200503149914"}}, 0},
	} {
		found := k.ask(t, x.who, x.q)
		if found.Total != x.want || len(found.Lines) != x.want || found.Unread != 0 {
			t.Errorf("%s: %d lines of %d, want %d", name, len(found.Lines), found.Total, x.want)
		}
	}
	few := k.ask(t, "aud-county", RecordQuery{Sought: guard.Sought{Limit: 3}})
	if len(few.Lines) != 3 || few.Total <= 16 || !slices.IsSortedFunc(few.Lines, newerLine) || few.Names["aud-county"] != "韦*计" {
		t.Errorf("the newest three: %d of %d, %v", len(few.Lines), few.Total, few.Names)
	}
	for name, x := range map[string]struct {
		who  Person
		q    RecordQuery
		kind fault.Kind
	}{
		"a data administrator":       {k.auditors["admin-9"], RecordQuery{Sought: guard.Sought{Reason: "年度检查"}}, fault.Denied},
		"nobody who signed in":       {Person{ID: "aud-county"}, RecordQuery{Sought: guard.Sought{Reason: "年度检查"}}, fault.Denied},
		"another password":           {Person{"aud-county", []byte("falsch falsch")}, RecordQuery{Sought: guard.Sought{Reason: "年度检查"}}, fault.Password},
		"no reason":                  {k.auditors["aud-county"], RecordQuery{}, fault.Input},
		"another point's laptop":     {k.auditors["aud-east"], RecordQuery{Sought: guard.Sought{Reason: "年度检查"}, Device: k.west.enrol.Device}, fault.Missing},
		"an operator who is a value": {k.auditors["aud-county"], RecordQuery{Sought: guard.Sought{Reason: "年度检查", Operator: hers}}, fault.Input},
		"a case that is a value":     {k.auditors["aud-county"], RecordQuery{Sought: guard.Sought{Reason: "年度检查", Case: "15400000001"}}, fault.Missing},
		"half a person":              {k.auditors["aud-county"], RecordQuery{Sought: guard.Sought{Reason: "年度检查", Person: hers[12:]}}, fault.Input},
		"a sort that is none":        {k.auditors["aud-county"], RecordQuery{Sought: guard.Sought{Reason: "年度检查", Kinds: []loan.ChangeKind{"15400000001"}}}, fault.Input},
	} {
		if _, err := k.c.Record(ctx, x.who, x.q); fault.KindOf(err) != x.kind {
			t.Errorf("%s: got %v", name, err)
		}
	}
	said := strings.Join(record(t, k.c), "\n")
	for _, want := range []string{"aud-county: act: record list device=" + k.west.enrol.Device.String() + " kind=reveal", "aud-county: act: record list case=" + k.his.String() + " kind=reveal",
		"aud-county: act: record list kind=reveal of one person", "aud-county: act: record of one person: 1 cases " + k.his.String(), "admin-9: refused act: record list"} {
		if !strings.Contains(said, want) {
			t.Errorf("the chain does not say %q: %s", want, said)
		}
	}
	for _, value := range []string{hers, "15400000001", hers[12:]} {
		if strings.Contains(strings.ReplaceAll(said, k.his.String(), ""), value) {
			t.Errorf("the chain has a value: %s", said)
		}
	}
}

func TestAPersonWhomOnlyACardNamesIsFoundAtTheCentre(t *testing.T) {
	k := twoPoints(t)
	const number = "52272720050314104X"
	id := uuid.Must(uuid.NewV7())
	from := len(k.west.changes)
	k.west.change(id, loan.ChangeOpen, loan.OpenBody{Application: loan.Application{Kind: loan.First, AcademicYear: 2026}})
	k.west.change(id, loan.ChangeCard, loan.CardBody{Form: loan.CardForm, Party: loan.StudentParty, Card: loan.Card{Number: number}, Kept: []string{"id_no"}})
	k.reveals(k.west, id, 2)
	k.west.send(k.west.changes[from:])
	found := k.ask(t, "aud-county", RecordQuery{Sought: guard.Sought{Person: number, Kinds: []loan.ChangeKind{loan.ChangeReveal, loan.ChangeCard}}})
	if found.Total != 3 || slices.ContainsFunc(found.Lines, func(l guard.Line) bool { return l.Case != id }) {
		t.Errorf("got %+v", found.Lines)
	}
}

func TestEveryKindOfChangeMayBeSought(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "../../internal/loan/change.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	ast.Inspect(f, func(at ast.Node) bool {
		v, ok := at.(*ast.ValueSpec)
		if !ok || len(v.Values) != 1 {
			return true
		}
		if typ, ok := v.Type.(*ast.Ident); !ok || typ.Name != "ChangeKind" {
			return true
		}
		word, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		if n++; !recordKind(loan.ChangeKind(word)) {
			t.Errorf("%s: nobody may seek %q", v.Names[0].Name, word)
		}
		return true
	})
	if n != len(RecordKinds()) || n < 30 {
		t.Errorf("%d kinds of change, %d may be sought", n, len(RecordKinds()))
	}
}

func TestWhoSawARowOfAPersonsCaseBySearchingIsInHisRecord(t *testing.T) {
	k := twoPoints(t)
	searched := func(l *laptop, detail string) {
		l.change(uuid.Nil, loan.ChangeSearch, loan.ViewBody{Reason: "家长来电核对", Detail: detail})
	}
	searched(k.west, guard.BeyondWords(2, "g-1", []uuid.UUID{k.other, k.his}))
	searched(k.east, guard.BeyondWords(1, "", []uuid.UUID{k.his}))
	searched(k.west, guard.BeyondWords(1, "", []uuid.UUID{k.other}))
	searched(k.west, "beyond 1") // of before they were named
	k.east.send(k.east.changes)
	k.west.send(k.west.changes)
	searches, reveals := []loan.ChangeKind{loan.ChangeSearch}, []loan.ChangeKind{loan.ChangeReveal}
	for name, x := range map[string]struct {
		who  string
		q    guard.Sought
		want int
	}{
		"a person's":                   {"aud-county", guard.Sought{Kinds: searches, Person: hers}, 2},
		"a case's":                     {"aud-county", guard.Sought{Kinds: searches, Case: k.his.String()}, 2},
		"a person's, at a point":       {"aud-east", guard.Sought{Kinds: searches, Person: hers}, 1},
		"with what else was done":      {"aud-county", guard.Sought{Kinds: append(searches, reveals...), Person: hers}, 2 + 9},
		"and none where none is meant": {"aud-county", guard.Sought{Kinds: reveals, Person: hers}, 9},
		"all":                          {"aud-county", guard.Sought{Kinds: searches}, 4},
	} {
		if found := k.ask(t, x.who, RecordQuery{Sought: x.q}); found.Total != x.want {
			t.Errorf("%s: %d lines, want %d", name, found.Total, x.want)
		}
	}
	every := k.ask(t, "aud-county", RecordQuery{Sought: guard.Sought{Person: hers}})
	n := 0
	for _, l := range every.Lines {
		if l.Kind == loan.ChangeSearch {
			n++
		}
	}
	if n != 2 {
		t.Errorf("of all that was done: %d searches, want 2", n)
	}
}

func TestWhatTheCentreDidWithAPersonsCaseIsInHisRecord(t *testing.T) {
	k := twoPoints(t)
	act := Act{Verb: guard.EraseSeason, Name: "case erase", Case: k.his, Reason: "本人到场要求"}
	if _, err := k.c.Acting(t.Context(), k.auditors["admin-9"], act, func() error { return nil }); err != nil {
		t.Fatal(err)
	}
	found := k.ask(t, "aud-county", RecordQuery{Sought: guard.Sought{Person: hers, Operator: "admin-9"}})
	if len(found.Lines) != 1 || found.Lines[0].Case != k.his || found.Lines[0].Device != k.c.ID() {
		t.Errorf("got %+v", found.Lines)
	}
	if found := k.ask(t, "aud-east", RecordQuery{Sought: guard.Sought{Person: hers, Operator: "admin-9"}}); len(found.Lines) != 0 {
		t.Errorf("a point's auditor reads the centre's own: %+v", found.Lines)
	}
}

func TestWhatIsOddOverAllLaptops(t *testing.T) {
	k := twoPoints(t)
	find := func(who string, kind guard.OddKind) *Odd {
		t.Helper()
		all, err := k.c.RecordOdd(t.Context(), k.auditors[who], RecordQuery{Sought: guard.Sought{Reason: "年度检查"}})
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(all, func(o Odd) bool { return o.Kind == kind })
		if i < 0 {
			return nil
		}
		return &all[i]
	}
	// Eight looks at each of two laptops are fifteen and more together.
	if o := find("aud-county", guard.OddLooks); o == nil || o.Count != 16 || o.Operator != "practice-clerk" || len(o.Devices) != 2 || len(o.Points) != 2 {
		t.Errorf("looks at two laptops: %+v", o)
	}
	if o := find("aud-east", guard.OddLooks); o != nil {
		t.Errorf("of one point: %+v", o)
	}
	if o := find("aud-county", guard.OddPortrait); o == nil || o.Count != 2 || len(o.Points) != 2 {
		t.Errorf("one portrait at two points: %+v", o)
	}
	if o := find("aud-east", guard.OddPortrait); o != nil {
		t.Errorf("one portrait at one point: %+v", o)
	}
}

// TestOddPeopleAtTheCentreAreByTheLaptopsRule has one phone with students and
// co-borrowers of several years, and a void case that was begun anew.
func TestOddPeopleAtTheCentreAreByTheLaptopsRule(t *testing.T) {
	k := twoPoints(t)
	const phone, again = "15400000042", "15400000043"
	from := len(k.east.changes)
	begun := func(year int, number, field, phone string, face []byte) uuid.UUID {
		id := uuid.Must(uuid.NewV7())
		k.east.change(id, loan.ChangeOpen, loan.OpenBody{Application: loan.Application{Kind: loan.First, AcademicYear: year}})
		k.east.change(id, loan.ChangeEdit, map[string]any{"fields": map[string]any{"student.id_no": number, field: phone}})
		if face != nil {
			k.east.change(id, loan.ChangeAttach, loan.AttachBody{Attachment: loan.Attachment{Slot: loan.PortraitStudent, Blob: k.east.county.Name(face), Size: int64(len(face)), Media: "image/jpeg"}, Source: "camera"})
		}
		return id
	}
	numbers := []string{"522727200503141010", "522727200503141029", "522727200503141037", "522727200503141045"}
	// Four students, two of them by the co-borrower, in different years.
	for i, n := range numbers {
		begun(2023+i, n, []string{"student.phone", "coborrowers.0.phone"}[i%2], phone, nil)
	}
	begun(2022, numbers[0], "student.phone", phone, nil) // a fifth case, of the first student
	// One student in four years, a void one among them that was begun anew.
	face := content("another portrait", 400)
	void := begun(2026, numbers[0], "student.phone", again, face)
	k.east.change(void, loan.ChangeVoid, loan.ReasonBody{Reason: "录错学年"})
	anew := begun(2026, numbers[0], "student.phone", again, face)
	k.east.change(anew, loan.ChangeView, loan.ViewBody{Detail: guard.PortraitAgain + guard.SameFile + " of student, case " + void.String()})
	for i := range 3 {
		begun(2023+i, numbers[0], "student.phone", again, nil)
	}
	k.east.send(k.east.changes[from:])
	// As an earlier program left it.
	for _, q := range []string{`DELETE FROM marks WHERE sort IN ('cophone', 'void')`, `DELETE FROM meta WHERE name = 'marks-2'`} {
		if _, err := k.c.db.ExecContext(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	if err := k.c.markAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	all, err := k.c.RecordOdd(t.Context(), k.auditors["aud-county"], RecordQuery{Sought: guard.Sought{Reason: "年度检查"}})
	if err != nil {
		t.Fatal(err)
	}
	phones := 0
	for _, o := range all {
		switch {
		case o.Kind == guard.OddPhone:
			if phones++; o.Count != len(numbers) || len(o.Cases) != 5 {
				t.Errorf("the phone of four students: %+v", o)
			}
		case o.Kind == guard.OddPortrait && (slices.Contains(o.Cases, void) || slices.Contains(o.Cases, anew)):
			t.Errorf("a portrait of a case begun anew: %+v", o)
		}
	}
	if phones != 1 {
		t.Errorf("%d phones are odd, want that of four students alone: %+v", phones, all)
	}
}

func TestAReportOfTheRecordIsSignedAndNoted(t *testing.T) {
	k := twoPoints(t)
	var out bytes.Buffer
	n, err := k.c.RecordReport(t.Context(), k.auditors["aud-county"], RecordQuery{Sought: guard.Sought{Reason: "年度检查", Kinds: []loan.ChangeKind{loan.ChangeReveal}}}, &out)
	if err != nil || n != 16 {
		t.Fatalf("%d lines, %v", n, err)
	}
	text, sign, ok := strings.Cut(out.String(), "签名,")
	sig, err := hex.DecodeString(strings.TrimSpace(sign))
	hash := sha256.Sum256([]byte(text))
	if err != nil || !ok || k.c.authority.Signer().Public().Verify(ReportContext, hash[:], sig) != nil {
		t.Errorf("the signature: %v", err)
	}
	if !strings.Contains(text, "核验通过") || !strings.Contains(text, k.his.String()) || !strings.Contains(text, "家长来电") || strings.Contains(text, hers) || !strings.Contains(text, "时间（北京时间）,") {
		t.Errorf("the report: %s", text)
	}
	noted := k.ask(t, "aud-county", RecordQuery{Sought: guard.Sought{Kinds: []loan.ChangeKind{loan.ChangeExport}}})
	if row := noted.Lines[0].Row(nil, guard.AccountLabel); row[slices.Index(guard.LineColumns(), "备注")] != "导出日志报告，16 条，事项 reveal" || row[len(row)-2] != "record report, 16 lines kind=reveal" {
		t.Errorf("in a report: %q", row)
	}
	if len(noted.Lines) != 1 || noted.Lines[0].Detail != "record report, 16 lines kind=reveal" || noted.Lines[0].Operator != "aud-county" {
		t.Errorf("what the chain says: %+v", noted.Lines)
	}
	if _, wrong, err := k.c.VerifyRecord(t.Context()); err != nil || len(wrong) > 0 {
		t.Errorf("the centre's record: %+v, %v", wrong, err)
	}
}

func TestWhoSawIsSoughtAlone(t *testing.T) {
	k := twoPoints(t)
	all := k.ask(t, "aud-county", RecordQuery{})
	got := k.ask(t, "aud-county", RecordQuery{Sought: guard.Sought{Seen: true}})
	if len(got.Lines) == 0 || len(got.Lines) >= len(all.Lines) || slices.ContainsFunc(got.Lines, func(l guard.Line) bool { return !l.Saw() }) {
		t.Errorf("%d lines of %d, want those alone by which somebody saw something", len(got.Lines), len(all.Lines))
	}
	after := k.ask(t, "aud-county", RecordQuery{})
	if !slices.ContainsFunc(after.Lines, func(l guard.Line) bool { return l.Detail == "act: record list of who saw" }) {
		t.Error("the centre's chain does not say what was sought")
	}
}

func TestWhereAChainOfALaptopWasTamperedWith(t *testing.T) {
	k := twoPoints(t)
	west := k.west.enrol.Device.String()
	proof := func() (out []ChainProof) {
		t.Helper()
		err := k.c.RecordProof(context.Background(), k.auditors["aud-county"], RecordQuery{Sought: guard.Sought{Reason: "年度检查"}}, func(p ChainProof) error { out = append(out, p); return nil })
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	for _, p := range proof() {
		if len(p.Wrong) > 0 || p.Changes == 0 {
			t.Fatalf("untouched: %+v", p)
		}
	}
	for name, x := range map[string]struct {
		query string
		args  []any
		at    uint64
	}{
		"a change taken out":            {`DELETE FROM changes WHERE device = ? AND counter = 5`, nil, 5},
		"the first taken out":           {`DELETE FROM changes WHERE device = ? AND counter = 1`, nil, 1},
		"the last taken out":            {`DELETE FROM changes WHERE device = ? AND counter = 11`, nil, 10},
		"put down as another sort":      {`UPDATE changes SET kind = 'edit' WHERE device = ? AND counter = 5`, nil, 5},
		"put down as another case's":    {`UPDATE changes SET case_id = '` + k.his.String() + `' WHERE device = ? AND counter = 5`, nil, 5},
		"another's change in its place": {`UPDATE changes SET bytes = (SELECT bytes FROM changes o WHERE o.device = changes.device AND o.counter = 6) WHERE device = ? AND counter = 5`, nil, 5},
		"a body taken away":             {`UPDATE changes SET bytes = ? WHERE device = ? AND counter = 5`, []any{bare(k.west.changes[4])}, 5},
		"another body":                  {`UPDATE changes SET bytes = ? WHERE device = ? AND counter = 5`, []any{altered(k.west.changes[4])}, 5},
		"another operator":              {`UPDATE changes SET bytes = ? WHERE device = ? AND counter = 5`, []any{byAnother(k.west.changes[4])}, 6},
		"a signature of another":        {`UPDATE checkpoints SET bytes = (SELECT bytes FROM checkpoints o WHERE o.device <> checkpoints.device LIMIT 1) WHERE device = ?`, nil, 11},
		"no signature":                  {`DELETE FROM checkpoints WHERE device = ?`, nil, 11},
		"an end that is none":           {`UPDATE chains SET through = 12 WHERE device = ?`, nil, 11},
	} {
		t.Run(name, func(t *testing.T) {
			defer keepRecord(t, k.c)()
			if r, err := k.c.db.ExecContext(t.Context(), x.query, append(x.args, west)...); err != nil {
				t.Fatal(err)
			} else if n, err := r.RowsAffected(); n != 1 || err != nil {
				t.Fatalf("%d rows, %v: the test alters nothing", n, err)
			}
			for _, p := range proof() {
				mine := p.Device == k.west.enrol.Device
				if mine != (len(p.Wrong) > 0) || mine && p.Wrong[0].Number != x.at {
					t.Errorf("%+v", p)
				}
			}
		})
	}
}

func bare(ch *loan.Change) []byte {
	k := *ch
	k.Body = nil
	return k.Encode()
}

func altered(ch *loan.Change) []byte {
	k := *ch
	k.Body = []byte(`{"reason":"another"}`)
	return k.Encode()
}

func byAnother(ch *loan.Change) []byte {
	k := *ch
	k.Operator = "clerk-9"
	return k.Encode()
}

func TestTheCentresChainHasNoValueThatWasTyped(t *testing.T) {
	c := staffed(t)
	ctx := t.Context()
	admin := Person{"admin-9", []byte(adminPassword)}
	id := uuid.MustParse("01909999-9999-7999-8999-999999999999")
	if _, err := c.Acting(ctx, admin, Act{Verb: guard.ManageOperators, Name: "operator add " + hers + " 154-0000-0001, 15400000001 at " + id.String() + " g-15400000001", Reason: "年度核对"},
		func() error { return nil }); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Acting(ctx, admin, Act{Verb: guard.ManageOperators, Name: "x", Reason: "电话15400000001核对"}, func() error { return nil }); fault.KindOf(err) != fault.Input {
		t.Errorf("a reason with a phone: got %v", err)
	}
	for _, who := range []string{"mein Passwort", hers, "15400000001"} {
		if _, err := c.Acting(ctx, Person{who, []byte("x")}, Act{Verb: guard.ManageOperators, Name: "x"}, func() error { return nil }); err == nil {
			t.Fatal("somebody unknown acts")
		}
	}
	said := strings.Join(record(t, c), "\n")
	if !strings.Contains(said, "admin-9: act: operator add … …, … at "+id.String()+" g-15400000001") || strings.Count(said, "unknown: sign-in at the centre: refused") != 3 {
		t.Errorf("the chain says %s", said)
	}
	for _, value := range []string{hers, "Passwort", " 15400000001"} {
		if strings.Contains(said, value) {
			t.Errorf("the chain has %q", value)
		}
	}
	var b []byte
	if err := c.db.QueryRowContext(ctx, `SELECT bytes FROM changes WHERE kind = 'view' ORDER BY counter DESC LIMIT 1`).Scan(&b); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(b), "15400000001核对") {
		t.Error("the reason has a phone")
	}
}
