package desk_test

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"doorstep/assets"
	"doorstep/internal/bulletin"
	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/rulebook"
	"doorstep/internal/seal"
	"doorstep/internal/store"
)

// county is a centre's key and a laptop that trusts it.
type county struct {
	t       testing.TB
	dir     string
	centre  *seal.Signer
	d       *desk.Desk
	version int
}

func newCounty(t testing.TB) *county {
	t.Helper()
	k, err := seal.NewSigner()
	if err != nil {
		t.Fatal(err)
	}
	p := profile(t)
	p.Centre = k.Public()
	c := &county{t: t, dir: t.TempDir(), centre: k}
	c.d = laptopOf(t, c.dir, p)
	t.Cleanup(func() { c.d.Close() })
	return c
}

// again closes the desk and signs in anew, as after a start of the program.
func (c *county) again() {
	c.t.Helper()
	if err := c.d.Close(); err != nil {
		c.t.Fatal(err)
	}
	c.enter(c.door())
}

// door opens the folder as the program does at its start.
func (c *county) door() *desk.Door {
	c.t.Helper()
	tl := tools(c.t)
	var err error
	if tl.Rules, err = rulebook.Open(c.dir); err != nil {
		c.t.Fatal(err)
	}
	door, err := desk.OpenDoor(context.Background(), store.Options{Dir: c.dir, Cost: seal.CheapCost(), Now: clock}, tl)
	if err != nil {
		c.t.Fatal(err)
	}
	return door
}

// enter signs the clerk in.
func (c *county) enter(door *desk.Door) {
	c.t.Helper()
	var err error
	if c.d, err = door.SignIn(context.Background(), clerk().ID, []byte(clerkPassword)); err != nil {
		c.t.Fatal(err)
	}
}

func (c *county) issue(kind bulletin.Kind, name string, content []byte) []byte {
	c.t.Helper()
	c.version++
	b := bulletin.Bulletin{County: "522727", Kind: kind, Name: name, Version: uint64(c.version), Issued: time.UnixMilli(int64(c.version)).UTC(),
		Content: content, Withdrawn: content == nil}
	raw, err := b.Sign(c.centre)
	if err != nil {
		c.t.Fatal(err)
	}
	return raw
}

func (c *county) send(kind bulletin.Kind, name string, content []byte) desk.InForce {
	c.t.Helper()
	f, err := c.d.TakeFile(context.Background(), c.issue(kind, name, content))
	if err != nil {
		c.t.Fatal(err)
	}
	return f
}

func student(n int, name string, passed bool) loan.Preapplied {
	id := fmt.Sprintf("52272720050314%03d", n)
	return loan.Preapplied{IDNo: id + string(loan.IDNumber(id+"0").CheckCharacter()), Name: name, Phone: fmt.Sprintf("154000001%02d", n%100),
		Ethnic: "布依族", Address: "测试乡示例村一组001号附一", Categories: []string{"低保家庭学生"}, Approved: passed}
}

func rosterOf(people ...loan.Preapplied) []byte {
	r := loan.Roster{Group: "PT1", Year: 2023, School: "平塘一中", People: people}
	return r.Encode()
}

func TestTheRosterFillsInTheStudent(t *testing.T) {
	c := newCounty(t)
	ctx, must := t.Context(), step(t)
	passed, failed, other := student(1, "韦测甲", true), student(2, "韦测乙", false), student(3, "韦测甲", true)
	f := c.send(bulletin.Roster, "PT1", rosterOf(passed, failed, other))
	if f.Title != "平塘一中" || !strings.Contains(f.Detail, "3 人，通过 2 人") || strings.Contains(fmt.Sprint(f), "韦测") {
		t.Errorf("told %+v", f)
	}
	one := func(k *loan.Case, id, name string) desk.Offer {
		t.Helper()
		o, crowded, err := c.d.Offers(ctx, k, id, name)
		if err != nil || crowded || len(o) != 1 {
			t.Fatalf("got %d offers, %v, %v", len(o), crowded, err)
		}
		return o[0]
	}
	none := func(t *testing.T, k *loan.Case, id, name string) {
		t.Helper()
		if o, _, err := c.d.Offers(ctx, k, id, name); err != nil || len(o) != 0 {
			t.Errorf("got %d offers, %v", len(o), err)
		}
	}
	t.Run("by the ID number, masked, and one act takes it", func(t *testing.T) {
		k := must(c.d.NewCase(ctx, loan.First, false))
		if !slices.ContainsFunc(c.d.Check(k).Codes(), func(c loan.Code) bool { return c == "E-DC-005" }) {
			t.Error("a case of nobody needs no 认定表")
		}
		o := one(k, strings.ToLower(passed.IDNo), "")
		if o.Name != "韦*甲" || o.IDNo != guard.MaskIDNo(passed.IDNo) || o.School != "平塘一中" || !o.Approved {
			t.Errorf("got %+v", o)
		}
		k = must(c.d.TakeOffer(ctx, k.ID, o))
		all, err := c.d.Store().Changes(ctx, k.ID)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(all, func(ch *loan.Change) bool {
			b, err := loan.Body[loan.ViewBody](ch)
			return ch.Kind == loan.ChangeView && err == nil && b.Detail == guard.RosterTaken+"PT1"
		}) {
			t.Error("the record does not say that the roster was taken from")
		}
		s := k.App.Student
		if s.Name != "韦测甲" || s.IDNo != passed.IDNo || s.Birth != "2005-03-14" || s.Sex != loan.IDNumber(passed.IDNo).Sex() ||
			s.Ethnic != "布依族" || s.Phone != passed.Phone || s.Address == "" || !k.App.Hardship.PreApplied || len(k.App.Hardship.Categories) != 1 {
			t.Errorf("got %+v, %+v", s, k.App.Hardship)
		}
		for _, f := range c.d.Check(k).Findings {
			if f.Code == "E-DC-005" || f.Party == loan.StudentParty && strings.HasPrefix(string(f.Code), "E-ID") {
				t.Errorf("afterwards %s of %s", f.Code, f.Field)
			}
		}
		none(t, k, passed.IDNo, "韦测甲")
		if l, err := c.d.Listed(ctx, k); l != desk.Approved || err != nil {
			t.Errorf("listed %v, %v", l, err)
		}
	})
	t.Run("one that did not pass is filled in and still needs the 认定表", func(t *testing.T) {
		k := must(c.d.NewCase(ctx, loan.First, false))
		k = must(c.d.TakeOffer(ctx, k.ID, one(k, failed.IDNo, "韦测乙")))
		if k.App.Hardship.PreApplied || !slices.Contains(c.d.Check(k).Codes(), "E-DC-005") {
			t.Error("passed without having passed")
		}
		if l, _ := c.d.Listed(ctx, k); l != desk.Refused {
			t.Errorf("listed %v", l)
		}
	})
	t.Run("a name alone tells of the student and fills in nothing", func(t *testing.T) {
		k := must(c.d.NewCase(ctx, loan.First, false))
		before := k.App
		o := one(k, "", "韦测乙")
		if o.ByNumber() || o.Name != "韦*乙" || o.IDNo != strings.Repeat("*", 16)+failed.IDNo[16:] {
			t.Errorf("got %+v", o)
		}
		for name, fields := range map[string]map[string]any{"nothing entered": {"loan.amount": 5000}, "the name": {"student.name": "韦测乙"}} {
			k = must(c.d.Edit(ctx, k.ID, fields))
			if _, err := c.d.TakeOffer(ctx, k.ID, o); fault.KindOf(err) != fault.Input {
				t.Errorf("%s: got %v", name, err)
			}
		}
		if k = must(c.d.Case(ctx, k.ID)); k.App.Student.IDNo != "" || k.App.Student.Phone != "" || k.App.Student.Address != "" || k.App.Student.Birth != before.Student.Birth || len(k.App.Hardship.Categories) != 0 {
			t.Errorf("filled in %+v", k.App.Student)
		}
		k = must(c.d.Edit(ctx, k.ID, map[string]any{"student.id_no": failed.IDNo}))
		k = must(c.d.TakeOffer(ctx, k.ID, o))
		if k.App.Student.Phone != failed.Phone {
			t.Errorf("with the number: %+v", k.App.Student)
		}
	})
	t.Run("what is entered stays, and empty fields are filled", func(t *testing.T) {
		k := must(c.d.NewCase(ctx, loan.First, false))
		k = must(c.d.Edit(ctx, k.ID, map[string]any{"student.phone": "15400009999", "student.id_no": passed.IDNo}))
		k = must(c.d.TakeOffer(ctx, k.ID, one(k, passed.IDNo, "")))
		if k.App.Student.Phone != "15400009999" || k.App.Student.Name != "韦测甲" {
			t.Errorf("got %+v", k.App.Student)
		}
	})
	t.Run("two of one name are both offered, and the number decides", func(t *testing.T) {
		k := must(c.d.NewCase(ctx, loan.First, false))
		if o, _, _ := c.d.Offers(ctx, k, "", "韦测甲"); len(o) != 2 || o[0].IDNo == o[1].IDNo {
			t.Errorf("got %+v", o)
		}
	})
	t.Run("nobody is offered whose name is another, of another year, half a number, or for a renewal", func(t *testing.T) {
		k := must(c.d.NewCase(ctx, loan.First, false))
		none(t, k, passed.IDNo, "韦测丙")
		none(t, k, passed.IDNo[:17], "")
		none(t, k, "", "韦测")
		none(t, k, "", "")
		none(t, must(c.d.NewCase(ctx, loan.Renewal, false)), passed.IDNo, "")
		k = must(c.d.Edit(ctx, k.ID, map[string]any{"academic_year": 2024}))
		none(t, k, passed.IDNo, "")
	})
	t.Run("an offer made before the number was entered otherwise fills in nothing", func(t *testing.T) {
		k := must(c.d.NewCase(ctx, loan.First, false))
		o := one(k, passed.IDNo, "")
		must(c.d.Edit(ctx, k.ID, map[string]any{"student.id_no": failed.IDNo}))
		if _, err := c.d.TakeOffer(ctx, k.ID, o); fault.KindOf(err) != fault.Conflict {
			t.Errorf("got %v", err)
		}
	})
	t.Run("withdrawn, it offers nobody", func(t *testing.T) {
		k := must(c.d.NewCase(ctx, loan.First, false))
		c.send(bulletin.Roster, "PT1", nil)
		none(t, k, passed.IDNo, "")
		if l, _ := c.d.Listed(ctx, k); l != desk.NoRoster {
			t.Errorf("listed %v", l)
		}
	})
}

const newPack = `{"id":"P2023S","signed_from":"2023-08-05","undergraduate_max":18000,"graduate_max":22000,"minimum":1000,"multiple":100,
 "maturity_base":15,"maturity_cap":22,"living_costs":true,"purposes":["学费","住宿费"],"rate":{"text":"LPR5Y－0.6%"},"maturity_day":"09-20","subsidy_until":"08-31"}`

func TestAPackThatArrivesIsChosenBySigningDate(t *testing.T) {
	c := newCounty(t)
	ctx, must := t.Context(), step(t)
	k := must(c.d.NewCase(ctx, loan.First, false))
	k = must(c.d.Edit(ctx, k.ID, family()))
	k = must(c.d.Edit(ctx, k.ID, map[string]any{"loan.amount": 17000}))
	if !slices.Contains(c.d.Check(k).Codes(), "E-AM-001") {
		t.Fatal("17000 are not too much before the pack arrives")
	}
	c.send(bulletin.Policy, "P2023S", []byte(newPack))
	for range 2 {
		r := c.d.Check(k)
		if slices.Contains(r.Codes(), "E-AM-001") || r.Derived.PolicyPack != "P2023S" || *r.Derived.MaxAmount != 18000 {
			t.Errorf("after it arrived: %v, %s", r.Codes(), r.Derived.PolicyPack)
		}
		if p, err := c.d.Rules().PolicyFor("2023-08-04"); err != nil || p.ID != "P2021" {
			t.Errorf("the day before: %s, %v", p.ID, err)
		}
		c.again()
	}
	c.send(bulletin.Policy, "P2023S", nil)
	if r := c.d.Check(k); r.Derived.PolicyPack != "P2021" {
		t.Errorf("withdrawn: %s", r.Derived.PolicyPack)
	}
}

func TestATemplateThatArrivesIsChosenBySigningDate(t *testing.T) {
	c := newCounty(t)
	file := func(version int, from, heading string) []byte {
		b, err := fs.ReadFile(assets.Templates(), "loan-contract-2.json")
		if err != nil {
			t.Fatal(err)
		}
		s := strings.Replace(string(b), `"version": 2`, fmt.Sprintf(`"version": %d`, version), 1)
		return []byte(strings.Replace(strings.Replace(s, "2019-01-01", from, 1), "十五、其他", heading, 1))
	}
	f := c.send(bulletin.Template, "loan-contract-7", file(7, "2023-08-01", "十五、县里的条款"))
	if f.Title != "国家助学贷款借款合同" || !strings.Contains(f.Detail, "loan-contract-7") {
		t.Errorf("told %+v", f)
	}
	c.send(bulletin.Template, "loan-contract-8", file(8, "2099-01-01", "十五、将来的条款"))
	k := passed(t, c.d, entered(t, c.d))
	for range 2 {
		pdf, k, err := c.d.PrepareContract(t.Context(), k.ID)
		if err != nil {
			t.Fatal(err)
		}
		if k.Contract.Template != "loan-contract-7" || !strings.Contains(strings.Join(pageTexts(t, pdf), ""), "十五、县里的条款") {
			t.Errorf("made of %s", k.Contract.Template)
		}
		c.again()
	}
	c.send(bulletin.Template, "loan-contract-7", nil)
	if _, k, err := c.d.PrepareContract(t.Context(), k.ID); err != nil || k.Contract.Template != "loan-contract-2" {
		t.Errorf("withdrawn: %v", err)
	}
	other := c.issue(bulletin.Template, "loan-contract-6", file(7, "2023-08-01", "x"))
	if _, err := c.d.TakeFile(t.Context(), other); fault.KindOf(err) != fault.Input {
		t.Errorf("a template of another name: got %v, want input", err)
	}
}

func register(names ...string) []byte {
	var b bytes.Buffer
	b.WriteString("code\tname\tkind\tlevel\tplace\tauthority\n")
	for i, n := range names {
		fmt.Fprintf(&b, "41520106%02d\t%s\tregular\t本科\t贵阳市\t贵州省\n", i+10, n)
	}
	return b.Bytes()
}

func TestTheCountysRegisterTakesThePlaceOfTheStarterList(t *testing.T) {
	c := newCounty(t)
	path := rulebook.RegisterPath(c.dir)
	holds := func(t *testing.T, want []byte, schools int) {
		t.Helper()
		if b, err := os.ReadFile(path); err != nil || !bytes.Equal(b, want) {
			t.Errorf("schools.tsv has %d bytes, %v", len(b), err)
		}
		if n := len(c.d.Rules().Schools.Schools); n != schools {
			t.Errorf("%d schools, want %d", n, schools)
		}
	}
	first := register("测试大学", "练习学院")
	c.send(bulletin.Schools, bulletin.RegisterName, first)
	holds(t, first, 2)
	c.again()
	holds(t, first, 2)
	t.Run("one imported by hand since stands, until a newer comes", func(t *testing.T) {
		mine := register("本县大学")
		if _, err := c.d.ImportSchools(t.Context(), bytes.NewReader(mine)); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			c.again()
			holds(t, mine, 1)
		}
		next := register("一", "二", "三")
		c.send(bulletin.Schools, bulletin.RegisterName, next)
		holds(t, next, 3)
	})
	t.Run("one whose file was lost is written again", func(t *testing.T) {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		c.again()
		holds(t, register("一", "二", "三"), 3)
	})
	t.Run("an older one, one with a bad line and a forged one change nothing", func(t *testing.T) {
		k, _ := seal.NewSigner()
		own := c.centre
		bad := c.issue(bulletin.Schools, bulletin.RegisterName, append(register("一"), "x\ty\n"...))
		c.centre = k
		forged := c.issue(bulletin.Schools, bulletin.RegisterName, register("一"))
		c.centre, c.version = own, 1
		for _, raw := range [][]byte{bad, forged, c.issue(bulletin.Schools, bulletin.RegisterName, register("一"))} {
			if _, err := c.d.TakeFile(t.Context(), raw); err == nil || fault.Sentence(err) == "" {
				t.Errorf("got %v", err)
			}
		}
		holds(t, register("一", "二", "三"), 3)
	})
}

func TestGrantsAreKeptForTheirOperatorAndTime(t *testing.T) {
	c := newCounty(t)
	grant := func(id, operator string, from time.Time) {
		t.Helper()
		b, err := guard.Grant{ID: id, Operator: operator, By: "admin-1", Fields: []string{"student.id_no"}, Count: 3, Reason: "核对学籍",
			From: from, Until: from.Add(time.Hour)}.Encode()
		if err != nil {
			t.Fatal(err)
		}
		c.send(bulletin.Grant, id, b)
	}
	grant("g-1", clerk().ID, clock())
	grant("g-2", reviewer().ID, clock())
	grant("g-3", clerk().ID, clock().Add(-2*time.Hour))
	got, err := c.d.Grants(t.Context())
	if err != nil || len(got) != 1 || got[0].ID != "g-1" {
		t.Errorf("got %+v, %v", got, err)
	}
	c.send(bulletin.Grant, "g-1", nil)
	if got, err := c.d.Grants(t.Context()); err != nil || len(got) != 0 {
		t.Errorf("withdrawn: got %+v, %v", got, err)
	}
}

// season is a county roster of a whole season, ten schools of 1,750.
func season(b *testing.B, c *county) {
	b.Helper()
	for s := range 10 {
		r := loan.Roster{Group: fmt.Sprintf("PT%d", s), Year: 2023, School: fmt.Sprintf("第%d中学", s)}
		for i := range 1750 {
			n := s*1750 + i
			id := fmt.Sprintf("522727%d%02d%02d%03d", 2004+n%3, 1+n/3%12, 1+n/36%28, n/1008)
			p := student(1, "韦测"+string(rune('一'+n)), i%4 > 0)
			p.IDNo = id + string(loan.IDNumber(id+"0").CheckCharacter())
			r.People = append(r.People, p)
		}
		c.send(bulletin.Roster, r.Group, r.Encode())
	}
}

// BenchmarkRosterOfASeason measures, beside one another, the signing in without
// and with a county's roster of 17,500, the first search and one afterwards.
func BenchmarkRosterOfASeason(b *testing.B) {
	c := newCounty(b)
	signIn := func(name string) {
		b.Run("sign in "+name, func(b *testing.B) {
			for b.Loop() {
				c.again()
			}
		})
	}
	signIn("without")
	season(b, c)
	signIn("with 17500")
	k, err := c.d.NewCase(b.Context(), loan.First, false)
	if err != nil {
		b.Fatal(err)
	}
	search := func() {
		if o, _, err := c.d.Offers(b.Context(), k, "", "韦测一"); err != nil || len(o) == 0 {
			b.Fatal(len(o), err)
		}
	}
	b.Run("first search", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			c.again()
			b.StartTimer()
			search()
		}
	})
	b.Run("search", func(b *testing.B) {
		for b.Loop() {
			search()
		}
	})
}
