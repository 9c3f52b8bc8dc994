package ui

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/rulebook"
	"doorstep/internal/seal"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"github.com/google/uuid"
)

// issuerRig is a window of a laptop whose centre's key the test holds.
type issuerRig struct {
	*rig
	centre *seal.Signer
	sent   int
}

func newIssuerRig(t *testing.T, variant kit.Variant) *issuerRig {
	t.Helper()
	k, err := seal.NewSigner()
	if err != nil {
		t.Fatal(err)
	}
	p := testProfile(t)
	p.Centre = k.Public()
	return &issuerRig{rig: newRigIn(t, settledFolderOf(t, p, 0), variant), centre: k}
}

func (r *issuerRig) file(kind bulletin.Kind, name string, content []byte) []byte {
	r.t.Helper()
	r.sent++
	at := testClock().UTC().Add(time.Duration(r.sent) * time.Minute)
	b := bulletin.Bulletin{County: "522727", Kind: kind, Name: name, Version: uint64(at.UnixMilli()), Issued: at, Content: content}
	raw, err := b.Sign(r.centre)
	if err != nil {
		r.t.Fatal(err)
	}
	return raw
}

func (r *issuerRig) send(kind bulletin.Kind, name string, content []byte) {
	r.t.Helper()
	if _, err := r.u.desk.TakeFile(r.t.Context(), r.file(kind, name, content)); err != nil {
		r.t.Fatal(err)
	}
}

func rosterText(people ...loan.Preapplied) []byte {
	r := loan.Roster{Group: "PT1", Year: 2023, School: "平塘县第一中学", People: people}
	return r.Encode()
}

func listed(first17, name string, passed bool) loan.Preapplied {
	return loan.Preapplied{IDNo: testID(first17), Name: name, Phone: "15400000001", Ethnic: "布依族", Address: "贵州省平塘县大塘镇测试村一组3号",
		Categories: []string{"低保家庭学生"}, Approved: passed}
}

func (v *visit) roster() *rosterOffer { return v.steps[stepStudent].(*studentStep).offer }

func TestOneKeyFillsInTheStudentFromTheRoster(t *testing.T) {
	for look, variant := range map[string]kit.Variant{"light": kit.Light, "dark": kit.Dark} {
		t.Run(look, func(t *testing.T) {
			r := newIssuerRig(t, variant)
			r.send(bulletin.Roster, "PT1", rosterText(listed("52272720050314991", "韦测𬎆", true), listed("52272720050314993", "韦测乙", false)))
			v := r.open(loan.First, false)
			r.ui(func() { v.show(stepStudent) })
			r.types("student.id_no", testID("52272720050314991"))
			r.settle()
			r.ui(func() {
				if o := v.roster(); !o.content.Visible() || len(o.offers) != 1 || strings.Contains(o.shown, "韦测") {
					t.Errorf("offered %d, %q", len(o.offers), o.shown)
				}
			})
			r.snap("visit-student-roster-" + look)
			r.ui(v.takeOffered)
			r.settle()
			c := r.saved(v.id)
			if s := c.App.Student; s.Name != "韦测𬎆" || s.Sex == "" || s.Birth == "" || s.Address == "" || !c.App.Hardship.PreApplied {
				t.Fatalf("got %+v, %+v", s, c.App.Hardship)
			}
			r.ui(func() {
				if b := v.form.find("student.id_valid_to"); b.inner == nil || !b.inner.Focused() {
					t.Error("the caret is not in the first field left")
				}
				if o := v.roster(); len(o.offers) != 0 || !strings.Contains(o.shown, "免交认定表") {
					t.Errorf("afterwards %d offers, %q", len(o.offers), o.shown)
				}
			})
			r.snap("visit-student-roster-taken-" + look)
		})
	}
}

func TestTheRosterIsNotOfferedWhereItWouldBeWrong(t *testing.T) {
	r := newIssuerRig(t, kit.Light)
	r.send(bulletin.Roster, "PT1", rosterText(listed("52272720050314991", "韦测甲", true), listed("52272720050314993", "韦测乙", false)))
	v := r.open(loan.First, false)
	r.ui(func() { v.show(stepStudent) })
	says := func(what string) {
		t.Helper()
		r.settle()
		r.ui(func() {
			if o := v.roster(); len(o.offers) != 0 || what != "" && !strings.Contains(o.shown, what) || what == "" && o.content.Visible() {
				t.Errorf("offered %d, %q, want %q", len(o.offers), o.shown, what)
			}
		})
	}
	says("")
	r.types("student.name", "韦测丙")
	says("")
	r.ui(v.takeOffered)
	if c := r.saved(v.id); c.App.Student.IDNo != "" {
		t.Error("somebody was filled in")
	}
	r.types("student.id_no", testID("52272720050314999"))
	says("")
	r.must(r.u.desk.Edit(t.Context(), v.id, map[string]any{"hardship.pre_applied": true}))
	r.ui(v.refreshCase)
	says("名单中没有这个身份证号")
	t.Run("a name alone tells of the student, and leads to the number", func(t *testing.T) {
		v := r.open(loan.First, false)
		r.ui(func() { v.show(stepStudent) })
		r.types("student.name", "韦测甲")
		r.settle()
		r.ui(func() {
			if o := v.roster(); len(o.offers) != 1 || o.offers[0].ByNumber() || !o.content.Visible() || len(o.rows.Objects) != 2 {
				t.Errorf("%d offers, %d rows, %q", len(o.offers), len(o.rows.Objects), o.shown)
			}
		})
		r.snap("visit-student-roster-name")
		r.ui(v.takeOffered)
		r.settle()
		if c := r.saved(v.id); c.App.Student.IDNo != "" || c.App.Student.Phone != "" {
			t.Errorf("filled in %+v", c.App.Student)
		}
		r.ui(func() {
			if b := v.form.find("student.id_no"); b.inner == nil || !b.inner.Focused() {
				t.Error("the caret is not in the number")
			}
		})
		r.types("student.id_no", testID("52272720050314991"))
		r.settle()
		r.ui(v.takeOffered)
		r.settle()
		if c := r.saved(v.id); c.App.Student.Phone == "" {
			t.Error("with the number nothing is filled in")
		}
	})
	t.Run("one that did not pass, and was ticked all the same", func(t *testing.T) {
		v := r.open(loan.First, false)
		r.must(r.u.desk.Edit(t.Context(), v.id, map[string]any{"hardship.pre_applied": true, "student.id_no": testID("52272720050314993"),
			"student.name": "韦测乙", "student.birth": "2005-03-14", "student.sex": "男", "student.ethnic": "布依族", "student.phone": "15400000001",
			"student.address": "贵州省平塘县大塘镇测试村一组3号", "hardship.categories": []string{"其他"}}))
		r.ui(func() { v.show(stepStudent); v.refreshCase() })
		r.settle()
		r.ui(func() {
			if o := v.roster(); len(o.offers) != 0 || !strings.Contains(o.shown, "未通过，但已勾选") {
				t.Errorf("%d offers, %q", len(o.offers), o.shown)
			}
		})
	})
}

func TestTodayTellsWhatTheCentreSaid(t *testing.T) {
	for look, variant := range map[string]kit.Variant{"light": kit.Light, "dark": kit.Dark} {
		t.Run(look, func(t *testing.T) {
			r := newRig(t, variant)
			centre := uuid.MustParse("0189c000-0000-7000-8000-00000000000c")
			v := r.open(loan.First, false, entered, submitted, reviewed, signed, finished)
			id := v.id
			c := r.saved(id)
			got := r.others(id, centre, 1, c.Heads, loan.ChangeReceive, loan.ReceiveBody{ReceiptNo: "R1", ContractNo: "C1", CheckCode: "123456", Finish: c.Finish.ID.String()})
			r.others(id, centre, 3, []uuid.UUID{got}, loan.ChangeReturn, loan.ReturnBody{Codes: []loan.Code{"E-DC-002", "E-AM-001"}, Note: "户口簿第二页模糊"})
			twice := r.open(loan.First, false, entered)
			other := uuid.MustParse("0189c000-0000-7000-8000-0000000000bb")
			r.others(twice.id, centre, 5, r.saved(twice.id).Heads, loan.ChangeNotice, loan.NoticeBody{Same: []loan.SameStudent{{Case: other, Point: "大塘镇受理点"}}})
			var td *today
			r.ui(func() { r.u.shell.visit("today"); td = r.u.shell.screen.(*today) })
			r.settle()
			r.ui(func() {
				n := td.notices
				if !n.content.Visible() || len(n.rows) != 2 || n.rows[0].ID != id {
					t.Fatalf("shown %v, %d rows", n.content.Visible(), len(n.rows))
				}
				text, more := n.words(n.rows[0])
				if !strings.Contains(text, "E-DC-002") || !strings.Contains(more, "户口簿") || !strings.Contains(more, "申请金额") || !strings.Contains(more, "第二页模糊") {
					t.Errorf("returned: %q, %q", text, more)
				}
				if text, _ := n.words(n.rows[1]); !strings.Contains(text, "“大塘镇受理点”另有 1 件") {
					t.Errorf("twice: %q", text)
				}
			})
			r.snap("today-notices-" + look)
			r.inRoom(otherPeer(true))
			r.ui(func() {
				r.u.showRoom()
				if size := r.u.win.Canvas().Size(); r.u.win.Content().MinSize().Height > size.Height || !td.stations.content.Visible() {
					t.Errorf("with stations the window must be %v high at least", r.u.win.Content().MinSize().Height)
				}
			})
			r.snap("today-notices-room-" + look)
			t.Run("opening the case leads to the field to mend", func(t *testing.T) {
				r.ui(func() { r.u.shell.current.close(); r.u.shell.current = nil; td.notices.list.OnOpen(0) })
				r.settle()
				v := r.visit()
				r.ui(func() {
					if f := r.u.win.Canvas().Focused(); v.id != id || v.at != stepImages || v.locked() || f != fyne.Focusable(v.steps[stepImages].(*imagesStep).shoots[loan.DocSlot(loan.HukouBook)]) {
						t.Errorf("at step %d, locked %v, focus on %T", v.at, v.locked(), f)
					}
				})
				r.snap("visit-returned-opened-" + look)
			})
			t.Run("the case of the same student says so beside the form", func(t *testing.T) {
				r.openFor(twice.id)
				r.ui(func() {
					if !slices.ContainsFunc(r.u.shell.current.problems.todo, func(w wrong) bool { return strings.Contains(w.Text, "大塘镇受理点") }) {
						t.Error("the list beside the form does not say so")
					}
				})
			})
			t.Run("a case made void is told of no more", func(t *testing.T) {
				r.must(r.u.desk.Void(t.Context(), twice.id, "重复"))
				r.ui(func() { r.u.shell.visit("today"); td = r.u.shell.screen.(*today) })
				r.settle()
				r.ui(func() {
					if len(td.notices.rows) != 1 {
						t.Errorf("%d rows", len(td.notices.rows))
					}
				})
			})
		})
	}
}

func TestManageTellsWhatTheCountySentDown(t *testing.T) {
	for look, variant := range map[string]kit.Variant{"light": kit.Light, "dark": kit.Dark} {
		t.Run(look, func(t *testing.T) {
			r := newIssuerRig(t, variant)
			s := inManage[*deviceSection](r.rig, ofDevice)
			r.ui(func() {
				if got := s.county.state.Text(); !strings.Contains(got, "还没有收到") {
					t.Errorf("with nothing: %q", got)
				}
			})
			r.send(bulletin.Roster, "PT1", rosterText(listed("52272720050314991", "韦测甲", true), listed("52272720050314993", "韦测乙", false)))
			r.send(bulletin.Policy, "P2023S", []byte(`{"id":"P2023S","signed_from":"2023-08-05","undergraduate_max":18000,"graduate_max":22000,"minimum":1000,"multiple":100,
 "maturity_base":15,"maturity_cap":22,"living_costs":true,"purposes":["学费"],"rate":{"text":"LPR5Y－0.6%"},"maturity_day":"09-20","subsidy_until":"08-31"}`))
			r.send(bulletin.Schools, bulletin.RegisterName, []byte("code\tname\tkind\tlevel\tplace\tauthority\n4152010657\t贵州大学\tregular\t本科\t贵阳市\t贵州省\n"))
			g, err := guard.Grant{ID: "g-1", Operator: "clerk-1", By: "admin-1", Fields: []string{"student.id_no"}, Count: 20, Reason: "核对学籍",
				From: testClock(), Until: testClock().Add(48 * time.Hour)}.Encode()
			if err != nil {
				t.Fatal(err)
			}
			r.send(bulletin.Grant, "g-1", g)
			s = inManage[*deviceSection](r.rig, ofDevice)
			r.ui(func() {
				if n := len(s.county.rows.Objects); n != 4 || !strings.Contains(s.county.state.Text(), "已在本机生效") {
					t.Errorf("%d rows, %q", n, s.county.state.Text())
				}
				s.m.scroll.ScrollToBottom()
			})
			r.snap("manage-county-" + look)
		})
	}
}

func TestAFileOfTheCountyIsTakenInTheWindow(t *testing.T) {
	r := newIssuerRig(t, kit.Light)
	dir := t.TempDir()
	good, bad := filepath.Join(dir, "名册.dsb"), filepath.Join(dir, "坏的.dsb")
	register := []byte("code\tname\tkind\tlevel\tplace\tauthority\n4152010657\t贵州大学\tregular\t本科\t贵阳市\t贵州省\n")
	raw := r.file(bulletin.Schools, bulletin.RegisterName, register)
	if err := os.WriteFile(good, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(bad, raw[:len(raw)-3], 0o600); err != nil {
		t.Fatal(err)
	}
	s := inManage[*deviceSection](r.rig, ofDevice)
	r.ui(s.county.choose)
	r.chooses(bad)
	r.settle()
	r.ui(func() {
		if d := r.dialog(); d == nil {
			t.Error("a damaged file is refused without a word")
		} else {
			d.Close()
		}
	})
	r.ui(s.county.choose)
	r.chooses(good)
	r.settle()
	b, err := os.ReadFile(rulebook.RegisterPath(r.u.desk.Store().Dir()))
	if err != nil || string(b) != string(register) || len(r.u.desk.Rules().Schools.Schools) != 1 {
		t.Errorf("%d bytes, %v, %d schools", len(b), err, len(r.u.desk.Rules().Schools.Schools))
	}
}

func TestAFieldThatTheCentreNamedGoesBeforeTheRules(t *testing.T) {
	said := &loan.ReturnBody{Codes: []loan.Code{"E-NM-001", "E-ID-001"}, Fields: map[loan.Code]string{"E-NM-001": "coborrowers.0.name"}}
	r := loan.Report{Findings: []loan.Finding{{Code: "E-NM-001", Field: "student.name"}, {Code: "E-ID-001", Field: "coborrowers.0.id_no"}}}
	for code, want := range map[loan.Code][2]string{"E-NM-001": {"coborrowers.0.name", "共同借款人："}, "E-ID-001": {"coborrowers.0.id_no", ""}} {
		if got := mendPath(r, said, code); got != want[0] {
			t.Errorf("%s leads to %q, want %q", code, got, want[0])
		}
		if got := aboutWhom(said, code); got != want[1] {
			t.Errorf("%s is said of %q, want %q", code, got, want[1])
		}
	}
	if got := stepOf(mendPath(loan.Report{}, said, "E-NM-001")); got != stepCoborrower {
		t.Errorf("it opens step %d", got)
	}
}

func TestEveryCodeLeadsToAFieldThatHasAName(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false)
	for _, code := range r.u.deps.Words.Codes() {
		path := mendPath(loan.Report{}, &loan.ReturnBody{}, code)
		if name := mendName(path); path == "" || strings.HasSuffix(name, "其他内容") || name == "" {
			t.Errorf("%s leads to %q, %q", code, path, name)
		}
		if strings.HasPrefix(path, "loan.previous") || strings.HasPrefix(path, "loan.same") || path == "loan.renewal_statement" || path == "loan.key_info_changed" {
			continue // only the form of a renewal or a supplement has them
		}
		r.ui(func() {
			if !strings.Contains(path, "/") && v.form.find(path) == nil {
				t.Errorf("%s: no field %s on the form", code, path)
			}
		})
	}
}
