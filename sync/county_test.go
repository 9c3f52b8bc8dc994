package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/sync/central"
	"doorstep/sync/courier"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// verb runs a verb of the command line on the server's folder.
func (s *server) verb(t testing.TB, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(context.Background(), append(args, "--data", s.dir), &o, &e)
	return code, o.String(), e.String()
}

func (s *server) must(t testing.TB, args ...string) string {
	t.Helper()
	code, out, errs := s.verb(t, args...)
	if code != exitOK {
		t.Fatalf("%s: exit %d, %s", strings.Join(args[:2], " "), code, errs)
	}
	return out
}

func testFile(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func madeUpID(n int) string {
	id := fmt.Sprintf("52272720080314%03d", n)
	return id + string(loan.IDNumber(id+"0").CheckCharacter())
}

// schoolFile is a high school's file of n students.
func schoolFile(t testing.TB, n int) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("身份证号\t姓名\t预申请结果\t手机号\t家庭住址\n")
	for i := range n {
		id := fmt.Sprintf("522727200%d%02d%02d%03d", 6+i%3, 1+i/3%12, 1+i/36%28, i/1008)
		id += string(loan.IDNumber(id + "0").CheckCharacter())
		fmt.Fprintf(&b, "%s\t韦测%s\t通过\t154%08d\t贵州省黔南州平塘县测试乡示例村%d组\n", id, string(rune('一'+i)), i*7919%100_000_000, i%40)
	}
	return testFile(t, "roster.tsv", b.String())
}

// recipientKey is a public key whose private half nobody kept.
const recipientKey = "age1ed5tkym6fcuuyuz22ua8s8u096y5lfpwm8t3uk2yhrd05qm39umq25585y"

const augustPack = `{"id":"P2099","signed_from":"2099-08-20","undergraduate_max":22000,"graduate_max":28000,"minimum":1000,"multiple":100,
 "maturity_base":15,"maturity_cap":22,"living_costs":true,"purposes":["学费","住宿费"],"rate":{"text":"LPR5Y－0.7%"},"maturity_day":"09-20","subsidy_until":"08-31"}`

const twoSchools = "code\tname\tkind\tlevel\tplace\tauthority\n4152010657\t贵州大学\tregular\t本科\t贵阳市\t贵州省\n4152010660\t贵州医科大学\tregular\t本科\t贵阳市\t贵州省\n"

func TestTheCountysWordGoesDown(t *testing.T) {
	s := &startChild(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0").server
	l := newLaptop(t, s)
	s.must(t, "operator", "add", "--id", "admin-1", "--name", "数据管理员", "--role", "dataadmin")
	s.must(t, "roster", "import", "--file", schoolFile(t, 2000), "--group", "PT1", "--school", "平塘一中", "--year", "2026")
	s.must(t, "schools", "import", "--file", testFile(t, "schools.tsv", twoSchools))
	s.must(t, "pack", "add", "--file", testFile(t, "pack.json", augustPack))
	grant := s.must(t, "grant", "new", "--operator", "practice-clerk", "--by", "admin-1", "--fields", "student.id_no,student.phone", "--count", "3", "--reason", "核对学籍", "--device", l.Profile().Device.String())
	mustCarry(t, l, "")
	if h := l.Bulletins(); len(h) != 4 || h[0].Kind != bulletin.Policy || h[1].Kind != bulletin.Schools || h[2].Kind != bulletin.Roster || h[3].Kind != bulletin.Grant {
		t.Fatalf("in force: %+v", h)
	}
	content := func(t *testing.T, kind bulletin.Kind, name string) []byte {
		t.Helper()
		b, err := l.Bulletin(t.Context(), kind, name)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	if r, err := loan.ParseRoster(content(t, bulletin.Roster, "PT1")); err != nil || len(r.People) != 2000 || r.School != "平塘一中" || r.Year != 2026 {
		t.Errorf("roster: %v", err)
	}
	if string(content(t, bulletin.Schools, bulletin.RegisterName)) != twoSchools {
		t.Error("another register")
	}
	g, err := guard.ParseGrant(content(t, bulletin.Grant, l.Bulletins(bulletin.Grant)[0].Name))
	if err != nil || g.Operator != "practice-clerk" || g.By != "admin-1" || g.Count != 3 || !strings.Contains(grant, g.ID) {
		t.Errorf("grant: %+v, %v, %s", g, err, grant)
	}

	t.Run("a later roster of the group takes its place, and one withdrawn goes", func(t *testing.T) {
		s.must(t, "roster", "import", "--file", schoolFile(t, 3), "--group", "PT1", "--school", "平塘一中", "--year", "2026")
		mustCarry(t, l, "")
		if r, err := loan.ParseRoster(content(t, bulletin.Roster, "PT1")); err != nil || len(r.People) != 3 {
			t.Errorf("%v", err)
		}
		s.must(t, "roster", "withdraw", "--group", "PT1")
		s.must(t, "grant", "withdraw", "--id", g.ID)
		mustCarry(t, l, "")
		if h := l.Bulletins(bulletin.Roster, bulletin.Grant); len(h) != 0 {
			t.Errorf("still in force: %+v", h)
		}
	})
	t.Run("the same comes by file to a laptop without a network", func(t *testing.T) {
		far := newLaptop(t, s)
		file := filepath.Join(t.TempDir(), "pack.dsb")
		s.must(t, "bulletin", "write", "--kind", "policy", "--name", "P2099", "--out", file)
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, fresh, err := far.TakeBulletin(t.Context(), raw); err != nil || !fresh {
			t.Fatalf("got %v, %v", fresh, err)
		}
		s.must(t, "pack", "add", "--file", testFile(t, "pack.json", strings.Replace(augustPack, "22000", "23000", 1)))
		mustCarry(t, far, "")
		if _, fresh, err := far.TakeBulletin(t.Context(), raw); fault.KindOf(err) != fault.Exists || fresh {
			t.Errorf("the older file after the newer came: %v, %v", fresh, err)
		}
		if p, err := loan.ParsePolicy(mustBulletin(t, far, bulletin.Policy, "P2099")); err != nil || p.UndergraduateMax != 23000 {
			t.Errorf("%d, %v", p.UndergraduateMax, err)
		}
	})
	t.Run("a file of another county's centre is refused in words", func(t *testing.T) {
		other := startServer(t, filepath.Join(t.TempDir(), "other"), "127.0.0.1:0")
		other.must(t, "pack", "add", "--file", testFile(t, "pack.json", augustPack))
		file := filepath.Join(t.TempDir(), "pack.dsb")
		other.must(t, "bulletin", "write", "--kind", "policy", "--name", "P2099", "--out", file)
		raw, _ := os.ReadFile(file)
		if _, _, err := l.TakeBulletin(t.Context(), raw); fault.KindOf(err) != fault.Untrusted || !strings.Contains(fault.Sentence(err), "没有采用") {
			t.Errorf("got %v, %q", err, fault.Sentence(err))
		}
	})
}

func mustBulletin(t *testing.T, l *laptop, kind bulletin.Kind, name string) []byte {
	t.Helper()
	b, err := l.Bulletin(t.Context(), kind, name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestWhatTheCentreIsGivenIsCheckedFirst(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	s.must(t, "operator", "add", "--id", "admin-1", "--name", "数据管理员", "--role", "dataadmin")
	s.must(t, "operator", "add", "--id", "gone-1", "--name", "离岗人员", "--role", "clerk")
	s.must(t, "operator", "off", "--id", "gone-1")
	pack := func(from, to string) string { return testFile(t, "p.json", strings.Replace(augustPack, from, to, 1)) }
	grant := func(change ...string) []string {
		args := map[string]string{"--operator": "practice-clerk", "--by": "admin-1", "--fields": "student.id_no", "--count": "3", "--reason": "核对"}
		for i := 0; i < len(change); i += 2 {
			args[change[i]] = change[i+1]
		}
		out := []string{"grant", "new"}
		for k, v := range args {
			if v != "" {
				out = append(out, k, v)
			}
		}
		return out
	}
	roster := func(text string) []string {
		return []string{"roster", "import", "--file", testFile(t, "r.csv", text), "--group", "G", "--school", "校", "--year", "2026"}
	}
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"a roster with a bad line":          {roster("身份证号,姓名,预申请结果\n" + madeUpID(1) + ",韦测甲,通过\n123,韦测乙,通过\n"), "line 3: ID number"},
		"a roster of nobody":                {roster("身份证号,姓名,预申请结果\n"), "nobody"},
		"a roster with a student twice":     {roster("身份证号,姓名,预申请结果\n" + madeUpID(1) + ",韦测甲,通过\n" + madeUpID(1) + ",韦测甲,通过\n"), "line 3: the same ID number as line 2"},
		"a register with a bad line":        {[]string{"schools", "import", "--file", testFile(t, "s.tsv", twoSchools+"x\ty\n")}, "line 4"},
		"a pack that is no JSON":            {[]string{"pack", "add", "--file", testFile(t, "x.json", "{")}, "pack"},
		"a pack with caps turned round":     {[]string{"pack", "add", "--file", pack("28000", "20000")}, "graduate_max"},
		"a pack without the printed rate":   {[]string{"pack", "add", "--file", pack("LPR5Y－0.7%", "")}, "rate.text"},
		"a pack with a day that is none":    {[]string{"pack", "add", "--file", pack("09-20", "09-31")}, "MM-DD"},
		"a pack that begins in the past":    {[]string{"pack", "add", "--file", pack("2099-08-20", "2024-10-12")}, "--late"},
		"a grant to one off the roster":     {grant("--operator", "gone-1"), "gone-1: not on the roster"},
		"a grant to nobody known":           {grant("--operator", "nobody"), "nobody: not on the roster"},
		"a grant by one who is no admin":    {grant("--by", "practice-reviewer"), "practice-reviewer: not of the role"},
		"a grant to oneself":                {grant("--operator", "admin-1"), "by is the operator"},
		"a grant of a field not masked":     {grant("--fields", "study.major"), "fields"},
		"a grant without a bound":           {grant("--count", ""), "cases or count"},
		"a grant of a case not here":        {grant("--count", "", "--case", "0190a000-0000-7000-8000-000000000001"), "not held here"},
		"a number counted nowhere":          {grant(), "device"},
		"a number at a laptop not known":    {grant("--device", "0190a000-0000-7000-8000-000000000001"), "not enrolled"},
		"an export to nobody":               {grant("--recipient-key", recipientKey), "to"},
		"an export to no key":               {grant("--recipient", "某市资助中心", "--recipient-key", recipientKey[:61]+"b"), "key"},
		"a grant for a year":                {grant("--hours", "9000"), "until"},
		"a withdrawal of nothing":           {[]string{"pack", "withdraw", "--id", "P1900"}, "nothing of this name"},
		"a file of nothing":                 {[]string{"bulletin", "write", "--kind", "roster", "--name", "X", "--out", filepath.Join(t.TempDir(), "x")}, "nothing of this name"},
		"a return of a case not here":       {[]string{"case", "return", "--case", "0190a000-0000-7000-8000-000000000001", "--code", "E-DC-002"}, "no such case"},
		"a return with a code that is none": {[]string{"case", "return", "--case", "0190a000-0000-7000-8000-000000000001", "--code", "E-XX-999"}, "E-XX-999"},
		"a loss of a device not here":       {[]string{"device", "lost", "--id", "0190a000-0000-7000-8000-000000000001"}, "no such device"},
		"a settling of a device not cloned": {[]string{"device", "settle", "--id", "0190a000-0000-7000-8000-000000000001"}, "nothing of this device"},
		"an admission of one not shut out":  {[]string{"device", "admit", "--id", "0190a000-0000-7000-8000-000000000001"}, "not shut out"},
		"a roster's file that is not there": {[]string{"roster", "import", "--file", "/nowhere/x", "--group", "G", "--school", "校"}, "--file"},
	} {
		t.Run(name, func(t *testing.T) {
			code, _, errs := s.verb(t, c.args...)
			if code == exitOK || !strings.Contains(errs, c.says) {
				t.Errorf("exit %d, %q, want %q", code, errs, c.says)
			}
			if strings.Contains(errs, "韦测") || strings.Contains(errs, madeUpID(1)) {
				t.Errorf("a person stands in %q", errs)
			}
		})
	}
	if out := s.must(t, "bulletin", "list", "--json"); strings.TrimSpace(out) != "[]" {
		t.Errorf("something went down all the same: %s", out)
	}
}

// A bulletin of many pieces is cut again and again: what came stays, and each
// piece comes once.
func TestARosterComesInPiecesOverABadLink(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	p := newProxy(t, s)
	s.must(t, "roster", "import", "--file", schoolFile(t, 17500), "--group", "PT1", "--school", "平塘一中", "--year", "2026")
	var list []central.IssuedBulletin
	if err := json.Unmarshal([]byte(s.must(t, "bulletin", "list", "--json")), &list); err != nil || len(list) != 1 {
		t.Fatalf("%v, %v", list, err)
	}
	size := list[0].Size
	var down, window atomic.Int64
	p.set(func() { p.back = func(n int) bool { down.Add(int64(n)); return window.Add(int64(n)) < 60_000 } })
	c, err := courier.New(courier.Config{Store: l.Store, Server: p.url})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), hangs)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- c.RunUntilEmpty(ctx) }()
	cuts := 0
	for tick := time.NewTicker(20 * time.Millisecond); ; {
		select {
		case <-tick.C:
			if window.Load() >= 60_000 {
				cuts++
				p.cut(false)
				window.Store(0)
				c.Wake()
			}
			continue
		case err := <-done:
			tick.Stop()
			if err != nil {
				t.Fatal(err)
			}
		}
		break
	}
	if cuts < 3 {
		t.Errorf("%d cuts: the link was not bad", cuts)
	}
	if r, err := loan.ParseRoster(mustBulletin(t, l, bulletin.Roster, "PT1")); err != nil || len(r.People) != 17500 {
		t.Fatalf("%v", err)
	}
	// Had a piece to come again after a cut, it would never have ended.
	if most := int(size/parcel.BulletinPiece) + 3; cuts > most {
		t.Errorf("%d cuts for %d bytes of a bulletin of %d, want at most %d", cuts, down.Load(), size, most)
	}
}

// ofStudent is a draft whose student has an ID number.
func (l *laptop) ofStudent(t testing.TB, id string) uuid.UUID {
	t.Helper()
	k := l.draft(t)
	l.commit(t, k, "practice-clerk", loan.ChangeEdit, loan.EditBody{Fields: map[string]json.RawMessage{"student.id_no": json.RawMessage(`"` + id + `"`)}})
	return k
}

func (l *laptop) same(t testing.TB, id uuid.UUID) []uuid.UUID {
	t.Helper()
	k, err := l.Case(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	var out []uuid.UUID
	for _, s := range k.Same {
		if s.Point == "" {
			t.Error("the other desk is not named")
		}
		out = append(out, s.Case)
	}
	return out
}

func TestTheSameStudentAtTwoDesksIsFlaggedAndNeverMerged(t *testing.T) {
	s := &startChild(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0").server
	a, b := newLaptop(t, s), newLaptop(t, s)
	meet := func() {
		t.Helper()
		for range 2 { // so that both hear what the other's changes brought
			mustCarry(t, a, "")
			mustCarry(t, b, "")
		}
	}
	edit := func(l *laptop, id uuid.UUID, field, value string) {
		t.Helper()
		l.commit(t, id, "practice-clerk", loan.ChangeEdit, loan.EditBody{Fields: map[string]json.RawMessage{field: json.RawMessage(value)}})
	}
	flagged := func(t *testing.T, l *laptop, id uuid.UUID, want ...uuid.UUID) {
		t.Helper()
		got := l.same(t, id)
		if !slices.Equal(got, want) {
			t.Errorf("the laptop is told of %v, want %v", got, want)
		}
		if k := heldCase(t, s, id); !slices.Equal(k.Same, want) {
			t.Errorf("the list says %v, want %v", k.Same, want)
		}
	}
	one, two := a.ofStudent(t, madeUpID(1)), b.ofStudent(t, strings.ToLower(madeUpID(1)))
	meet()
	t.Run("both laptops are told, and the list says so", func(t *testing.T) {
		flagged(t, a, one, two)
		flagged(t, b, two, one)
		if out := s.must(t, "list"); !strings.Contains(out, "与案件 "+one.String()+" 是同一名学生") {
			t.Errorf("the list: %s", out)
		}
		if n := len(s.holdings(t).Cases); n != 2 {
			t.Errorf("%d cases, want 2", n)
		}
	})
	t.Run("a number that is corrected ends it, and the right one flags the right pair", func(t *testing.T) {
		three := a.ofStudent(t, madeUpID(2))
		edit(b, two, "student.id_no", `"`+madeUpID(2)+`"`)
		meet()
		flagged(t, a, one)
		flagged(t, b, two, three)
		flagged(t, a, three, two)
		edit(b, two, "student.id_no", `"`+madeUpID(1)+`"`)
		meet()
		flagged(t, a, three)
		flagged(t, a, one, two)
	})
	t.Run("a case that is made void is none", func(t *testing.T) {
		b.commit(t, two, "practice-clerk", loan.ChangeVoid, loan.ReasonBody{Reason: "重复"})
		meet()
		flagged(t, a, one)
		flagged(t, b, two)
	})
	t.Run("a supplement beside its loan is as it should be, two supplements are not", func(t *testing.T) {
		sup := func(l *laptop) uuid.UUID {
			id := l.ofStudent(t, madeUpID(1))
			edit(l, id, "loan.supplementary", `true`)
			return id
		}
		first := sup(b)
		meet()
		flagged(t, a, one)
		flagged(t, b, first)
		second := sup(a)
		meet()
		flagged(t, b, first, second)
		flagged(t, a, second, first)
	})
	t.Run("half a number flags nobody", func(t *testing.T) {
		x, y := a.ofStudent(t, "5227272008"), b.ofStudent(t, "5227272008")
		meet()
		flagged(t, a, x)
		flagged(t, b, y)
	})
	t.Run("one phone in many cases stands in the list", func(t *testing.T) {
		for range 4 {
			edit(a, a.draft(t), "student.phone", `"15400000077"`)
		}
		meet()
		if h := s.holdings(t); len(h.Phones) != 1 || len(h.Phones[0].Cases) != 4 || h.Phones[0].Year != 2026 {
			t.Errorf("got %+v", h.Phones)
		}
	})
	t.Run("no number stands in the clear beside the changes", func(t *testing.T) {
		for _, out := range []string{s.must(t, "list", "--json"), s.must(t, "device", "list", "--json")} {
			if strings.Contains(out, madeUpID(1)) || strings.Contains(out, "15400000077") {
				t.Error("a person's number stands in a list")
			}
		}
	})
}

func TestACaseIsReturnedWithReasonsAndComesAgain(t *testing.T) {
	s := &startChild(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0").server
	l := newLaptop(t, s)
	id := l.finished(t, noise("a", 1000))
	if code, _, errs := s.verb(t, "case", "accept", "--case", id.String()); code != exitMissing {
		t.Errorf("a case that never came: exit %d, %s", code, errs)
	}
	draft := l.draft(t)
	mustCarry(t, l, "")
	if code, _, errs := s.verb(t, "case", "accept", "--case", draft.String()); code != exitFailed || !strings.Contains(errs, "draft") {
		t.Errorf("a draft: exit %d, %s", code, errs)
	}
	s.must(t, "operator", "add", "--id", "rev-2", "--name", "县复核员", "--role", "reviewer")
	if code, _, _ := s.verb(t, "case", "return", "--case", id.String(), "--code", "E-DC-002", "--by", "practice-clerk"); code != exitUsage {
		t.Errorf("a clerk returns a case: exit %d", code)
	}
	for _, about := range []string{"E-PH-001:", "E-PH-001:coborrowers.0", "E-PH-001:nobody.phone", "E-PH-001:student.phone:student.name"} {
		if code, _, _ := s.verb(t, "case", "return", "--case", id.String(), "--code", about, "--by", "rev-2"); code != exitUsage {
			t.Errorf("%s: exit %d", about, code)
		}
	}
	s.must(t, "case", "return", "--case", id.String(), "--code", "E-DC-002,E-PH-001:coborrowers.0.phone", "--note", "户口簿第二页模糊", "--by", "rev-2")
	mustCarry(t, l, "")
	k, err := l.Case(t.Context(), id)
	if err != nil || k.Status != loan.Returned || k.Return == nil || !slices.Equal(k.Return.Codes, []loan.Code{"E-DC-002", "E-PH-001"}) || len(k.Return.Fields) != 1 || k.Return.Fields["E-PH-001"] != "coborrowers.0.phone" || k.Return.Note != "户口簿第二页模糊" {
		t.Fatalf("got %v, %+v, %v", k.Status, k.Return, err)
	}
	if h := heldCase(t, s, id); h.Status != "returned" {
		t.Errorf("the list says %s", h.Status)
	}
	first := k.Receipt.ContractNo
	paper := noise("clear page", 2000)
	l.commit(t, id, "practice-clerk", loan.ChangeAttach, loan.AttachBody{Source: "file", Attachment: loan.Attachment{
		Slot: loan.DocSlot(loan.HukouBook), Blob: l.BlobName(paper), Size: int64(len(paper)), Media: "image/jpeg"}}, paper)
	l.commit(t, id, "practice-clerk", loan.ChangeSubmit, nil)
	l.commit(t, id, "practice-reviewer", loan.ChangeReview, loan.ReviewBody{Pass: true})
	if k, err = l.Case(t.Context(), id); err != nil || k.Status != loan.Signed {
		t.Fatalf("mended: %v, %v", k.Status, err)
	}
	l.commit(t, id, "practice-clerk", loan.ChangeFinish, loan.FinishBody{Blobs: k.Manifest()})
	mustCarry(t, l, "")
	if k, _ = l.Case(t.Context(), id); k.Status != loan.Received || k.Receipt.ContractNo != first {
		t.Fatalf("come again: %v, contract %s, first %s", k.Status, k.Receipt.ContractNo, first)
	}
	s.must(t, "case", "accept", "--case", id.String())
	mustCarry(t, l, "")
	if l.status(t, id) != loan.Accepted || heldCase(t, s, id).Status != "accepted" {
		t.Errorf("laptop %v, list %s", l.status(t, id), heldCase(t, s, id).Status)
	}
	if code, _, _ := s.verb(t, "case", "accept", "--case", id.String()); code != exitFailed {
		t.Errorf("accepted twice: exit %d", code)
	}
}

// What the centre's own disk spoiled does not come into force, holds nothing
// else up, and is told.
func TestASpoiledBulletinIsRefusedAndTheRestComes(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	s.must(t, "roster", "import", "--file", schoolFile(t, 300), "--group", "PT1", "--school", "平塘一中", "--year", "2026")
	s.must(t, "schools", "import", "--file", testFile(t, "schools.tsv", twoSchools))
	db := database(t, s.dir)
	var raw []byte
	if err := db.QueryRow(`SELECT bytes FROM bulletins WHERE kind = 'roster'`).Scan(&raw); err != nil {
		t.Fatal(err)
	}
	raw[len(raw)-1] ^= 1
	hash := bulletin.HashOf(raw) // as a thorough forger would
	if _, err := db.Exec(numbered(`UPDATE bulletins SET bytes = ?, hash = ? WHERE kind = 'roster'`), raw, hash[:]); err != nil {
		t.Fatal(err)
	}
	id := l.finished(t, noise("a", 1000))
	c, err := courier.New(courier.Config{Store: l.Store})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.RunUntilEmpty(t.Context()); err != nil {
		t.Fatal(err)
	}
	if st := c.State(); st.BulletinErr == nil || !strings.Contains(fault.Sentence(st.BulletinErr), "预申请名单没有采用") || !st.AllSent {
		t.Errorf("%v, all sent %v", st.BulletinErr, st.AllSent)
	}
	if h := l.Bulletins(); len(h) != 1 || h[0].Kind != bulletin.Schools || l.status(t, id) != loan.Received {
		t.Errorf("in force %+v, the case is %v", h, l.status(t, id))
	}
	s.must(t, "roster", "import", "--file", schoolFile(t, 300), "--group", "PT1", "--school", "平塘一中", "--year", "2026")
	c, err = courier.New(courier.Config{Store: l.Store})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.RunUntilEmpty(t.Context()); err != nil || c.State().BulletinErr != nil || len(l.Bulletins()) != 2 {
		t.Errorf("a good one: %v, %v, %d in force", err, c.State().BulletinErr, len(l.Bulletins()))
	}
}
