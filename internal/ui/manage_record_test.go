package ui

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"doorstep/internal/desk"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
)

func TestTheAuditorReadsTheRecord(t *testing.T) {
	for look, variant := range map[string]kit.Variant{"light": kit.Light, "dark": kit.Dark} {
		t.Run(look, func(t *testing.T) {
			r := newRig(t, variant)
			id := r.open(loan.First, false, entered).id
			auditor := guard.Operator{ID: "auditor-1", Name: "练习审计员", Roles: []guard.Role{guard.Auditor}, Enabled: true}
			if err := r.u.desk.Store().EnableOperator(t.Context(), auditor, []byte(reviewPassword)); err != nil {
				t.Fatal(err)
			}
			if _, err := r.u.desk.Store().Verify(t.Context(), "reviewer-1", []byte("wrong horse 7")); err == nil {
				t.Fatal("a wrong password was right")
			}
			r.ui(r.u.lock)
			r.locked()
			r.enter("auditor-1", reviewPassword)
			r.ui(func() {
				r.u.shell.visit("manage")
				r.u.shell.screen.(*manage).turn(ofRecord)
			})
			r.u.idle(t)
			var s *recordSection
			r.ui(func() {
				s = r.u.shell.screen.(*manage).shownNow.(*recordSection)
				text := id.String()
				s.id.SetText(text[len(text)-8:])
				s.query()
			})
			r.u.idle(t)
			r.u.idle(t)
			r.snap("manage-record-" + look)
			r.ui(func() {
				if len(s.lines) < 10 {
					t.Errorf("%d lines of the case", len(s.lines))
				}
				if len(s.odd.Objects) == 0 {
					t.Error("nothing is said of what is odd")
				}
				s.kind.OnChanged("look")
				if len(s.lines) != 0 || s.told.Text() != "" {
					t.Error("what another query found stands below the new filter")
				}
				s.id.SetText("x")
				s.query()
			})
			r.u.idle(t)
			r.ui(func() {
				if s.find.Busy() {
					t.Error("it never ends")
				}
			})
		})
	}
}

func TestTheListSaysThatNobodyHasSuchANumber(t *testing.T) {
	r := asAdmin(t)
	s := inManage[*recordSection](r, ofRecord)
	r.ui(func() {
		s.show(desk.Record{Nobody: true})
		if got := s.list.Empty; !strings.Contains(got, "没有这个证件号") {
			t.Errorf("the list says %q", got)
		}
		s.show(desk.Record{})
		if got := s.list.Empty; got != "没有符合的记录" {
			t.Errorf("of a case without lines the list says %q", got)
		}
	})
}

// TestEveryKindOfLineHasAName walks the kinds that there are.
func TestEveryKindOfLineHasAName(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "loan", "change.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	ast.Inspect(f, func(node ast.Node) bool {
		v, ok := node.(*ast.ValueSpec)
		if !ok || len(v.Values) != 1 || !strings.HasPrefix(v.Names[0].Name, "Change") {
			return true
		}
		l, ok := v.Values[0].(*ast.BasicLit)
		if !ok || l.Kind != token.STRING {
			return true
		}
		kind, err := strconv.Unquote(l.Value)
		if err != nil {
			t.Fatal(err)
		}
		n++
		if name := (desk.Line{Kind: loan.ChangeKind(kind)}).Label(); strings.IndexFunc(name, func(r rune) bool { return r < 0x80 }) >= 0 {
			t.Errorf("%s is shown as %q", kind, name)
		}
		return true
	})
	if n < 40 {
		t.Errorf("%d kinds were found", n)
	}
}

func TestTheRecordOfOnePersonIsWholeUnlessAPeriodIsChosen(t *testing.T) {
	r := newRig(t, kit.Light)
	auditor := guard.Operator{ID: "auditor-1", Name: "练习审计员", Roles: []guard.Role{guard.Auditor}, Enabled: true}
	if err := r.u.desk.Store().EnableOperator(t.Context(), auditor, []byte(reviewPassword)); err != nil {
		t.Fatal(err)
	}
	r.ui(r.u.lock)
	r.locked()
	r.enter("auditor-1", reviewPassword)
	r.ui(func() {
		s := newRecordSection(r.u)
		if q := s.sought(); q.From.IsZero() || s.days.Value() != "7" {
			t.Errorf("of all: from %v, and %q is shown", q.From, s.days.Value())
		}
		s.id.SetText("522121200001010013")
		if q := s.sought(); q.Person == "" || !q.From.IsZero() || s.days.Value() != "0" {
			t.Errorf("of a person: from %v, and %q is shown", q.From, s.days.Value())
		}
		s.id.SetText("")
		if q := s.sought(); q.From.IsZero() {
			t.Error("of all again: not bounded any more")
		}
		s.days.SetValue("30")
		s.days.OnChanged("30")
		s.id.SetText("522121200001010013")
		if q := s.sought(); q.From.IsZero() || s.days.Value() != "30" {
			t.Error("a period that was chosen does not hold")
		}
	})
}

func TestTheRecordListsWhatWasAskedForAndAnsweredAlone(t *testing.T) {
	r := newRig(t, kit.Light)
	id := r.open(loan.First, false, entered).id
	if _, err := r.u.desk.AskGrant(t.Context(), desk.Wanted{Fields: []string{guard.ImagesField}, Case: id, Hours: 2, Reason: "市资助中心抽查合同"}); err != nil {
		t.Fatal(err)
	}
	auditor := guard.Operator{ID: "auditor-1", Name: "练习审计员", Roles: []guard.Role{guard.Auditor}, Enabled: true}
	if err := r.u.desk.Store().EnableOperator(t.Context(), auditor, []byte(reviewPassword)); err != nil {
		t.Fatal(err)
	}
	r.ui(r.u.lock)
	r.locked()
	r.enter("auditor-1", reviewPassword)
	r.ui(func() {
		r.u.shell.visit("manage")
		r.u.shell.screen.(*manage).turn(ofRecord)
	})
	r.u.idle(t)
	var s *recordSection
	r.ui(func() {
		s = r.u.shell.screen.(*manage).shownNow.(*recordSection)
		s.kind.SetValue("leave")
		s.query()
	})
	r.u.idle(t)
	r.u.idle(t)
	r.snap("manage-record-leave")
	r.ui(func() {
		if len(s.lines) != 1 || s.lines[0].Label() != "申请授权" || s.lines[0].Operator != "clerk-1" {
			t.Errorf("listed are %v", s.lines)
		}
	})
}

func TestTheRecordIsNotForAClerk(t *testing.T) {
	r := newRig(t, kit.Light)
	r.ui(func() {
		r.u.shell.visit("manage")
		r.u.shell.screen.(*manage).turn(ofRecord)
		if s := r.u.shell.screen.(*manage).shownNow.(*recordSection); s.list != nil {
			t.Error("a clerk has the record before him")
		}
	})
	r.u.idle(t)
}

func TestANumberIsTakenHoweverItIsTyped(t *testing.T) {
	for typed, want := range map[string]string{" 522727 20050314 9914 ": "522727200503149914", "５２２７２７２００５０３１４９９１Ｘ": "52272720050314991X", "a1b2c3d4": "a1b2c3d4"} {
		if got := asTyped(typed); got != want {
			t.Errorf("%q: got %q", typed, got)
		}
	}
}

// TestEveryOddityHasAName walks the sorts that there are.
func TestEveryOddityHasAName(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "guard", "odd.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	ast.Inspect(f, func(node ast.Node) bool {
		v, ok := node.(*ast.ValueSpec)
		if !ok || len(v.Values) != 1 {
			return true
		}
		if of, ok := v.Type.(*ast.Ident); !ok || of.Name != "OddKind" {
			return true
		}
		kind, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		n++
		if name := (desk.Oddity{Kind: desk.OddKind(kind)}).Label(); !han(name) {
			t.Errorf("%s is shown as %q", kind, name)
		}
		return true
	})
	if n < 12 {
		t.Errorf("%d sorts were found", n)
	}
}

// han says whether a text has a Chinese character in it.
func han(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

func TestACaseThatTheCentreErasedAndThatStayedIsToldAsKept(t *testing.T) {
	id := "0190a000-0000-7000-8000-0000000000a1"
	for why, want := range map[string]string{
		"as the centre says: kept, sealed": "没有删除（签过合同", "as the centre says: kept, unsent": "没有删除（", "on request: refused": "没有删除，案件", "on request: to be done": "应本人要求删除，案件",
	} {
		got := detailWords(desk.Line{Kind: loan.ChangeView, Detail: "erasing of case " + id + " " + why})
		if !strings.Contains(got, want) || !strings.HasSuffix(got, "案件 "+id[28:]) || strings.Contains(want, "（") && strings.Contains(got, "本人") {
			t.Errorf("%s: got %q, want %q in it", why, got, want)
		}
	}
}

func TestThePartiesOfALineStandInChinese(t *testing.T) {
	if got := (desk.Line{Fields: []string{"student", "coborrower"}}).FieldNames(); !han(got[0]) || !han(got[1]) {
		t.Errorf("the parties are shown as %q", got)
	}
}
