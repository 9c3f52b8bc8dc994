package desk_test

import (
	"strings"
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

func TestADataAdministratorTakesNobodysAccountAboveHim(t *testing.T) {
	f := newField(t)
	ctx := t.Context()
	const temporary = "temporary horse"
	of := func(id string) guard.Operator {
		return guard.Operator{ID: id, Name: "管理员" + id, Roles: []guard.Role{guard.DataAdmin}, Enabled: true}
	}
	enabled(t, f.d, of("county-1"), bothPassword)
	enabled(t, f.d, of("county-3"), bothPassword)
	for _, id := range []string{"county-2", "point-2", "province-2"} {
		if err := f.d.Store().AddOperator(ctx, of(id)); err != nil {
			t.Fatal(err)
		}
	}
	f.stands(clock(), guard.Standing{ID: "admin-1", Level: guard.PointLevel, Org: f.p.Point}, guard.Standing{ID: "point-2", Level: guard.PointLevel, Org: f.p.Point},
		guard.Standing{ID: "county-1", Level: guard.CountyLevel, Org: "522727"}, guard.Standing{ID: "county-2", Level: guard.CountyLevel, Org: "522727"},
		guard.Standing{ID: "county-3", Level: guard.CountyLevel, Org: "522727"}, guard.Standing{ID: "province-2", Level: guard.ProvinceLevel, Org: "52"},
		guard.Standing{ID: "clerk-1", Level: guard.PointLevel, Org: f.p.Point})
	refused := func(t *testing.T, err error, way string) {
		t.Helper()
		if fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), way) {
			t.Errorf("got %v, %q, want denied and the word %s", err, fault.Sentence(err), way)
		}
	}
	f.in("admin-1", clerkPassword, clock().Add(time.Minute))
	t.Run("the county's password is not set anew by a point's", func(t *testing.T) {
		refused(t, f.d.ResetPassword(ctx, "county-1", []byte(temporary)), "忘记密码")
		if f.d.Manages(placed(t, f, "county-1")) || !f.d.Manages(placed(t, f, "clerk-1")) {
			t.Error("the list offers it")
		}
	})
	t.Run("nor is one of the county or the province enabled with a password of his", func(t *testing.T) {
		refused(t, f.d.EnableOperator(ctx, of("county-2"), []byte(temporary)), "申请启用")
		refused(t, f.d.EnableOperator(ctx, of("province-2"), []byte(temporary)), "申请启用")
	})
	t.Run("the refusals stand in the record", func(t *testing.T) {
		if _, b := lastLook(t, f.d, "view"); !strings.Contains(b.Detail, "refused manage-operators: another level") {
			t.Errorf("the chain says %q", b.Detail)
		}
	})
	t.Run("those of his own point are", func(t *testing.T) {
		if err := f.d.EnableOperator(ctx, of("point-2"), []byte(temporary)); err != nil {
			t.Error(err)
		}
		if err := f.d.ResetPassword(ctx, "clerk-1", []byte(temporary)); err != nil {
			t.Error(err)
		}
	})
	t.Run("the county's manages its own and the point's", func(t *testing.T) {
		f.in("county-1", bothPassword, clock().Add(2*time.Minute))
		if err := f.d.EnableOperator(ctx, of("county-2"), []byte(temporary)); err != nil {
			t.Error(err)
		}
		for _, id := range []string{"county-3", "admin-1"} {
			if !f.d.Manages(placed(t, f, id)) {
				t.Errorf("%s is not offered", id)
			}
			if err := f.d.ResetPassword(ctx, id, []byte(temporary)); err != nil {
				t.Errorf("%s: %v", id, err)
			}
		}
		refused(t, f.d.EnableOperator(ctx, of("province-2"), []byte(temporary)), "申请启用")
	})
}

// placed is an account as the roster has it here, with its level.
func placed(t *testing.T, f *field, id string) guard.Operator {
	t.Helper()
	o, err := f.d.Store().Account(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestAReviewerWhoHasNoPasswordHereIsNotOffered(t *testing.T) {
	f := newField(t)
	ctx := t.Context()
	far := guard.Operator{ID: "reviewer-9", Name: "未启用复核员", Roles: []guard.Role{guard.Reviewer}, Enabled: true}
	if err := f.d.Store().AddOperator(ctx, far); err != nil {
		t.Fatal(err)
	}
	c := step(t)(f.d.Submit(ctx, entered(t, f.d).ID))
	offered := func() (out []string) {
		list, err := f.d.Reviewers(ctx, c)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range list {
			out = append(out, p.ID)
		}
		return out
	}
	if got := strings.Join(offered(), " "); got != "reviewer-1" {
		t.Errorf("got %q, want reviewer-1 alone", got)
	}
	enabled(t, f.d, far, bothPassword)
	if got := strings.Join(offered(), " "); got != "reviewer-1 reviewer-9" {
		t.Errorf("enabled: got %q, want both", got)
	}
}

func TestAnAccountThatTheCountySwitchedOffGetsNoPasswordAnew(t *testing.T) {
	ctx := t.Context()
	d := laptop(t, t.TempDir())
	for _, o := range []guard.Operator{reviewer(), clerk()} { // the last one's slot stays in the key file
		o.Enabled = false
		if err := d.Store().AddOperator(ctx, o); err != nil {
			t.Fatal(err)
		}
	}
	if !d.Store().CanSignIn("clerk-1") {
		t.Fatal("the last one has no slot: the trial says nothing")
	}
	enabled(t, d, admin(), "administrators own")
	d, err := signedIn(t, d, "admin-1", "administrators own")
	if err != nil {
		t.Fatal(err)
	}
	wantKind(t, d.ResetPassword(ctx, "clerk-1", []byte("set by the admin")), fault.Missing)
	if o, err := d.Store().Account(ctx, "clerk-1"); err != nil || o.Enabled {
		t.Errorf("the account is %+v, %v, want switched off still", o, err)
	}
}

func TestALaptopPassesOnNoCaseThatItNeitherOpenedNorHolds(t *testing.T) {
	f := newField(t)
	ctx := t.Context()
	far := &loan.Change{ID: uuid.Must(uuid.NewV7()), Device: uuid.New(), Counter: 1, Operator: "clerk-1", Case: uuid.Must(uuid.NewV7()), Kind: loan.ChangeOpen, At: clock(),
		Body: []byte(`{"application":{"academic_year":2023,"kind":"first","channel":"on_site"}}`)}
	far.BodyHash = loan.BodyHashOf(f.d.Store().Sum, far.Salt, far.Body)
	if err := f.d.Store().Receive(ctx, []*loan.Change{far}); err != nil {
		t.Fatal(err)
	}
	_, err := f.d.PassOn(ctx, far.Case, uuid.New(), "乙机", loan.EntryStation)
	if fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "另一台电脑上开立") {
		t.Errorf("got %v, %q, want denied", err, fault.Sentence(err))
	}
}
