package main

import (
	"bytes"
	"image"
	"image/jpeg"
	"path/filepath"
	"slices"
	"testing"
	"time"

	seals "doorstep/internal/contract"
	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/rulebook"
	"doorstep/internal/seal"
	"doorstep/internal/store"
	"doorstep/sync/courier"
	"doorstep/sync/neighbour"
)

// station is a laptop of the room with somebody of its own at the desk.
type station struct {
	*laptop
	*desk.Desk
	room *neighbour.Room
	now  time.Time
}

func newStation(t *testing.T, s *server, o guard.Operator, now time.Time) *station {
	t.Helper()
	rules, err := rulebook.Load()
	if err != nil {
		t.Fatal(err)
	}
	press, err := seals.NewPress()
	if err != nil {
		t.Fatal(err)
	}
	clock := func() time.Time { return now }
	e, err := courier.Enrol(t.Context(), courier.EnrolRequest{Server: s.url, Code: s.code(t)})
	if err != nil {
		t.Fatal(err)
	}
	l := &laptop{dir: t.TempDir()}
	o.Enabled = true
	if l.Store, err = store.Create(t.Context(), store.Options{Dir: l.dir, Cost: seal.CheapCost(), Now: clock}, e.Profile, o, []byte(password)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	d, err := desk.At(t.Context(), l.Store, o, desk.Tools{Rules: rules, Press: press, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	return &station{laptop: l, Desk: d, now: now}
}

// identity is an ID number of a birthday, with its check digit.
func identity(born time.Time) string {
	no := "522727" + born.Format("20060102") + "991"
	sum := 0
	for i, w := range []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
		sum += int(no[i]-'0') * w
	}
	return no + string("10X98765432"[sum%11])
}

// grey is a picture of a size, by its shade unlike others.
func grey(t *testing.T, w, h int, shade uint8) []byte {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = shade + uint8(i%7)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// works does a station's part of a case, as its clerk does at the desk.
func (st *station) works(t *testing.T, at loan.Station, c *loan.Case) {
	t.Helper()
	ctx := t.Context()
	must := func(k *loan.Case, err error) *loan.Case {
		t.Helper()
		if err != nil {
			t.Fatalf("at %s: %v: %s", at.Label(), err, fault.Sentence(err))
		}
		return k
	}
	parties := []loan.Party{loan.StudentParty, loan.CoborrowerParty}
	switch at {
	case loan.CheckStation:
		for i, doc := range []loan.Doc{loan.StudentIDCard, loan.CoborrowerIDCard, loan.HukouBook, loan.ApplicationForm, loan.AdmissionLetter, loan.HardshipForm} {
			must(st.Attach(ctx, c.ID, loan.DocSlot(doc), grey(t, 400+i, 300, 90), "image/jpeg", "file"))
		}
	case loan.EntryStation:
		year, born := st.now.Year(), st.now.AddDate(-18, -4, 0)
		must(st.Edit(ctx, c.ID, map[string]any{
			"student.name": "韦测𬎆", "student.id_no": identity(born), "student.birth": born.Format(time.DateOnly), "student.sex": "男",
			"student.ethnic": "布依族", "student.hukou_code": "522727", "student.id_valid_to": "长期",
			"student.phone": "15400000001", "student.address": "测试乡示例村一组001号附一",
			"coborrowers.0.name": "韦测乙", "coborrowers.0.id_no": identity(born.AddDate(-27, 0, 0)), "coborrowers.0.birth": born.AddDate(-27, 0, 0).Format(time.DateOnly),
			"coborrowers.0.sex": "男", "coborrowers.0.ethnic": "布依族", "coborrowers.0.hukou_code": "522727",
			"coborrowers.0.id_valid_to": "长期", "coborrowers.0.phone": "15400000002",
			"coborrowers.0.address": "测试乡示例村一组001号附一", "coborrowers.0.relation": "父",
			"study.school_name": "贵州大学", "study.school_code": "4152010657", "study.level": "本科", "study.years": 4,
			"study.entry_year": year, "study.tuition": 4670, "study.dorm": 1200, "study.major": "测试专业",
			"loan.amount": 5800, "loan.maturity_year": year + 19}))
	case loan.PhotoStation:
		for i, p := range parties {
			must(st.Attach(ctx, c.ID, loan.Slot("portrait/"+string(p)), grey(t, 358, 441, uint8(40*i)), "image/jpeg", "camera"))
			must(st.Attest(ctx, c.ID, p))
			for _, purpose := range loan.Purposes() {
				text, err := rulebook.ConsentText(purpose)
				if err != nil {
					t.Fatal(err)
				}
				must(st.Consent(ctx, c.ID, p, purpose, text.ID, true))
			}
		}
		if v := st.CheckEntry(must(st.Desk.Case(ctx, c.ID))); v.Verdict != loan.AcceptVerdict {
			t.Fatalf("the verdict is %s %v", v.Verdict, v.Codes())
		}
		must(st.Submit(ctx, c.ID))
	case loan.ReviewStation:
		must(st.Review(ctx, c.ID, st.Operator().ID, []byte(password), true, ""))
	case loan.SignStation:
		st.signs(t, c, must)
	case loan.ReceiptStation:
		k := must(st.Finish(ctx, c.ID))
		pdf, err := st.SealedContract(ctx, k)
		if err != nil {
			t.Fatal(err)
		}
		if r := seals.Verify(pdf, seals.VerifyOptions{CA: st.Authority()}); !r.OK {
			t.Errorf("the contract: %v", r.Lines())
		}
		if _, err := st.Receipt(ctx, c.ID); err != nil {
			t.Error(err)
		}
	}
}

// signs lets both hear, read and sign, and closes the contract.
func (st *station) signs(t *testing.T, c *loan.Case, must func(*loan.Case, error) *loan.Case) {
	t.Helper()
	_, c, err := st.PrepareContract(t.Context(), c.ID)
	must(c, err)
	texts, err := rulebook.SpokenTexts()
	if err != nil {
		t.Fatal(err)
	}
	var spoken, ticks []string
	for _, x := range texts {
		spoken = append(spoken, x.ID)
	}
	clauses, err := st.Clauses(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range clauses {
		ticks = append(ticks, k.Heading)
	}
	ink := []desk.Stroke{{Points: []desk.Point{{X: .1, Y: .5}, {X: .4, Y: .3, T: 60}, {X: .8, Y: .6, T: 140}}}}
	for _, p := range []loan.Party{loan.StudentParty, loan.CoborrowerParty} {
		must(st.Read(t.Context(), c.ID, c.Contract.Blob, p, slices.Repeat([]int{900}, c.Contract.Pages), spoken...))
	}
	for _, p := range []loan.Party{loan.StudentParty, loan.CoborrowerParty} {
		must(st.Sign(t.Context(), c.ID, p, loan.InPerson, "", ink, ticks...))
	}
	must(st.Seal(t.Context(), c.ID))
}

// Seven laptops of a room take a case in together with no centre in reach, each
// its own part of it and by somebody else; no other one can do anything to it
// meanwhile, and what comes to the centre in the end is one sound case.
func TestSevenPeopleAtSevenStationsTakeACaseIn(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	season := time.Date(time.Now().Year()+1, time.August, 5, 10, 0, 0, 0, time.FixedZone("", 8*3600))
	var all []*station
	for i, at := range loan.Stations() {
		o := guard.Operator{ID: "clerk-" + string(rune('1'+i)), Name: "操作员" + string(rune('A'+i)), Roles: []guard.Role{guard.Clerk}}
		if at == loan.ReviewStation {
			o.Roles = []guard.Role{guard.Reviewer}
		}
		all = append(all, newStation(t, s, o, season))
	}
	s.stop()
	for _, st := range all {
		st.room, _ = st.inRoom(t)
	}
	c, err := all[0].TakeNumber(t.Context(), loan.First, false)
	if err != nil {
		t.Fatal(err)
	}
	for i, at := range loan.Stations()[1:] {
		from, to := all[i], all[i+1]
		if _, err := from.PassOn(t.Context(), c.ID, to.Profile().Device, string(rune('B'+i)), at); err != nil {
			t.Fatalf("to %s: %v: %s", at.Label(), err, fault.Sentence(err))
		}
		if err := from.room.Dial(to.room.State().Codes[0]); err != nil {
			t.Fatal(err)
		}
		soon(t, "the next station has the case", func() bool { return to.holdsCase(c.ID) })
		for _, other := range all[:i+1] {
			if _, err := other.Edit(t.Context(), c.ID, map[string]any{"student.phone": "15400000009"}); fault.KindOf(err) != fault.Denied {
				t.Errorf("at %s a station behind it edits: %v", at.Label(), err)
			}
		}
		to.works(t, at, c)
	}
	last := all[len(all)-1]
	s = startServer(t, s.dir, s.url[len("https://"):])
	mustCarry(t, last.laptop, s.url)
	if h := heldCase(t, s, c.ID); h.Status != "received" || !h.Whole() || h.Conflicts != 0 || h.Aside != 0 || len(s.holdings(t).Cases) != 1 {
		t.Errorf("the centre has %+v", h)
	}
	for _, st := range all {
		if err := st.VerifyChain(t.Context()); err != nil {
			t.Error(err)
		}
	}
}
