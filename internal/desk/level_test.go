package desk_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
)

// stands gives operators their level, as the centre signs it.
func (f *field) stands(at time.Time, list ...guard.Standing) {
	f.t.Helper()
	content, err := guard.EncodeStandings(list)
	if err != nil {
		f.t.Fatal(err)
	}
	b := bulletin.Bulletin{County: "522727", Kind: bulletin.Standing, Name: bulletin.StandingName, Version: uint64(at.UnixMilli()), Issued: at.UTC(), Content: content}
	raw, err := b.Sign(f.centre)
	if err != nil {
		f.t.Fatal(err)
	}
	if _, err := f.d.TakeFile(f.t.Context(), raw); err != nil {
		f.t.Fatal(err)
	}
}

func TestAnOperatorWorksInHisOrganisationAlone(t *testing.T) {
	f := newField(t)
	c := entered(t, f.d)
	ctx, at := t.Context(), clock()
	works := func() error {
		_, err := f.d.Edit(ctx, c.ID, map[string]any{"loan.amount": 5000})
		return err
	}
	for i, k := range []struct {
		name  string
		stand guard.Standing
		may   bool
	}{
		{"of this point", guard.Standing{ID: "clerk-1", Level: guard.PointLevel, Org: f.p.Point}, true},
		{"of another point", guard.Standing{ID: "clerk-1", Level: guard.PointLevel, Org: "别处受理点"}, false},
		{"of the county", guard.Standing{ID: "clerk-1", Level: guard.CountyLevel, Org: "522727"}, true},
		{"of another county", guard.Standing{ID: "clerk-1", Level: guard.CountyLevel, Org: "522728"}, false},
		{"of the province, which does no casework", guard.Standing{ID: "clerk-1", Level: guard.ProvinceLevel, Org: "52"}, false},
		{"not named, as before there were levels", guard.Standing{ID: "admin-1", Level: guard.CountyLevel, Org: "522727"}, true},
	} {
		t.Run(k.name, func(t *testing.T) {
			f.stands(at.Add(time.Duration(i)*time.Minute), k.stand)
			err := works()
			if (err == nil) != k.may || err != nil && (fault.KindOf(err) != fault.Denied || fault.Sentence(err) == fault.Denied.Sentence()) {
				t.Fatalf("works at once: got %v, want allowed %v", err, k.may)
			}
			f.in("clerk-1", clerkPassword, f.now)
			if err := works(); (err == nil) != k.may {
				t.Errorf("after signing in: got %v, want allowed %v", err, k.may)
			}
			if got := f.d.SeesFull(c); got != k.may {
				t.Errorf("sees the case in full: %v", got)
			}
			if got := len(f.d.Find("", 0)) > 0; got != k.may {
				t.Errorf("lists cases: %v", got)
			}
			if err := f.d.NoteCall(ctx, f.p.Device); err != nil {
				t.Errorf("carries what is sealed: %v", err)
			}
			if _, err := f.d.Case(ctx, c.ID); (err == nil) != k.may {
				t.Errorf("reads the case: %v", err)
			}
		})
	}
}

func TestAnAccountOfAnotherPointIsNotEnabled(t *testing.T) {
	f := newField(t)
	who := guard.Operator{ID: "clerk-9", Name: "新人", Roles: []guard.Role{guard.Clerk}, Enabled: true}
	if err := f.d.Store().AddOperator(t.Context(), who); err != nil {
		t.Fatal(err)
	}
	f.stands(clock(), guard.Standing{ID: "clerk-9", Level: guard.PointLevel, Org: "别处受理点"})
	if err := f.d.BelongsHere(placed(t, f, "clerk-9")); fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "请在所属机构的电脑上启用") {
		t.Errorf("he is offered: got %v", err)
	}
	if _, err := f.d.AskEnabling(t.Context(), "clerk-9"); fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "别处受理点") {
		t.Errorf("asked for at the county: got %v", err)
	}
	f.in("admin-1", clerkPassword, clock())
	if err := f.d.EnableOperator(t.Context(), who, []byte("correct horse 9")); fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "别处受理点") {
		t.Fatalf("got %v", err)
	}
	f.stands(clock().Add(time.Minute), guard.Standing{ID: "clerk-9", Level: guard.PointLevel, Org: f.p.Point})
	if err := f.d.BelongsHere(placed(t, f, "clerk-9")); err != nil {
		t.Errorf("of this point he is not offered: %v", err)
	}
	if err := f.d.EnableOperator(t.Context(), who, []byte("correct horse 9")); err != nil {
		t.Fatal(err)
	}
	list, err := f.d.Operators(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range list {
		if o.ID == "clerk-9" && (o.Level != guard.PointLevel || o.Org != f.p.Point) {
			t.Errorf("got %+v", o)
		}
	}
}

func TestARequestIsAnsweredOneLevelAbove(t *testing.T) {
	f, c, a := askedFor(t)
	ctx := t.Context()
	level := func(at int, asker, admin guard.Standing) {
		asker.ID, admin.ID = "reviewer-1", "admin-1"
		f.stands(clock().Add(time.Duration(at)*time.Minute), asker, admin)
	}
	point, county := guard.Standing{Level: guard.PointLevel, Org: f.p.Point}, guard.Standing{Level: guard.CountyLevel, Org: "522727"}
	province := guard.Standing{Level: guard.ProvinceLevel, Org: "52"}
	for i, k := range []struct {
		name         string
		asker, admin guard.Standing
		may          bool
	}{
		{"the point's own", point, point, false}, {"the county's to the county", county, county, false}, {"the province's to a point", point, province, false},
		{"another province's to the county", county, guard.Standing{Level: guard.ProvinceLevel, Org: "53"}, false},
		{"the county's to a point", point, county, true}, {"the province's to the county", county, province, true},
	} {
		t.Run(k.name, func(t *testing.T) {
			level(i, k.asker, k.admin)
			code := f.answerGrant(a.Code, "reviewer-1", "admin-1", f.p.Device, clock())
			if !k.may {
				if _, err := f.d.TakeGrant(ctx, a.Code, code); fault.KindOf(err) != fault.Untrusted {
					t.Errorf("by telephone: got %v, want refused", err)
				}
				if _, err := f.d.ApproveAsk(ctx, a.Code, "admin-1", []byte(clerkPassword), nil); fault.KindOf(err) != fault.Denied || fault.Sentence(err) == fault.Denied.Sentence() {
					t.Errorf("at the desk: got %v, want refused in words", err)
				}
				return
			}
			if _, err := f.d.ApproveAsk(ctx, a.Code, "admin-1", []byte(clerkPassword), nil); err != nil {
				t.Errorf("at the desk: %v", err)
			}
			var err error
			if a, err = f.d.AskGrant(ctx, wanted(c.ID)); err != nil {
				t.Fatal(err)
			}
			if _, err := f.d.TakeGrant(ctx, a.Code, f.answerGrant(a.Code, "reviewer-1", "admin-1", f.p.Device, clock())); err != nil {
				t.Errorf("by telephone: %v", err)
			}
			if a, err = f.d.AskGrant(ctx, wanted(c.ID)); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestAnEmergencyIsReviewedOneLevelAbove(t *testing.T) {
	f := newField(t)
	c := entered(t, f.d)
	f.in("reviewer-1", reviewPassword, clock())
	g, err := f.d.BreakGlass(t.Context(), c.ID, "洪水断网，家属急用")
	if err != nil {
		t.Fatal(err)
	}
	for i, k := range []struct {
		level guard.Level
		org   string
		may   bool
	}{{guard.PointLevel, f.p.Point, false}, {guard.ProvinceLevel, "52", false}, {guard.CountyLevel, "522728", false}, {guard.CountyLevel, "522727", true}} {
		f.stands(clock().Add(time.Duration(i)*time.Minute), guard.Standing{ID: "reviewer-1", Level: guard.PointLevel, Org: f.p.Point}, guard.Standing{ID: "admin-1", Level: k.level, Org: k.org})
		f.in("admin-1", clerkPassword, f.now)
		if err := f.d.ReviewGlass(t.Context(), g.ID, true, "属实，灾情严重"); (err == nil) != k.may {
			t.Errorf("by %s %s: got %v, want allowed %v", k.level, k.org, err, k.may)
		}
	}
}

// TestTheDeskAsksForTheSiteToo finds calls that would leave the organisation
// out.
func TestTheDeskAsksForTheSiteToo(t *testing.T) {
	err := filepath.WalkDir(".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok && s.Sel.Name == "May" {
				if x, ok := s.X.(*ast.Ident); ok && x.Name == "guard" {
					t.Errorf("%s calls guard.May: MayAt is for it", path)
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
