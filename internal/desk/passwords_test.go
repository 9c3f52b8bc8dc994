package desk_test

import (
	"context"
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/internal/store"
)

func admin() guard.Operator {
	return guard.Operator{ID: "admin-1", Name: "练习管理员", Roles: []guard.Role{guard.DataAdmin}, Enabled: true}
}

// signedIn closes a desk and signs in again at its folder.
func signedIn(t *testing.T, d *desk.Desk, who, password string) (*desk.Desk, error) {
	t.Helper()
	ctx := context.Background()
	dir := d.Store().Dir()
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	door, err := desk.OpenDoor(ctx, store.Options{Dir: dir, Cost: seal.CheapCost(), Now: clock}, tools(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { door.Close() })
	out, err := door.SignIn(ctx, who, []byte(password))
	if err == nil {
		t.Cleanup(func() { out.Close() })
	}
	return out, err
}

func wantKind(t *testing.T, err error, want fault.Kind) {
	t.Helper()
	if got := fault.KindOf(err); err == nil || got != want {
		t.Fatalf("got %v of kind %v, want %v", err, got, want)
	}
}

// lastNote is what the newest change of the chain says.
func lastNote(t *testing.T, d *desk.Desk) string {
	t.Helper()
	box, err := d.Store().Outbox(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	ch, err := d.Store().Pending(context.Background(), box.Last-1, 1)
	if err != nil || len(ch) != 1 {
		t.Fatal(len(ch), err)
	}
	if ch[0].Kind != loan.ChangeRecover {
		return ""
	}
	return ch[0].Operator + " " + string(ch[0].Body)
}

func TestAnOperatorChangesTheirPassword(t *testing.T) {
	ctx := context.Background()
	d := laptop(t, t.TempDir())
	err := d.ChangePassword(ctx, []byte("not the one"), []byte("the new password"))
	wantKind(t, err, fault.Password)
	if got := fault.Sentence(err); !strings.Contains(got, "还可以再试 4 次") {
		t.Errorf("got %q", got)
	}
	wantKind(t, d.ChangePassword(ctx, []byte(clerkPassword), []byte("short")), fault.Input)
	wantKind(t, d.ChangePassword(ctx, []byte(clerkPassword), []byte(clerkPassword)), fault.Input)
	if err := d.ChangePassword(ctx, []byte(clerkPassword), []byte("the new password")); err != nil {
		t.Fatal(err)
	}
	if got, want := lastNote(t, d), `clerk-1 {"detail":"change"}`; got != want {
		t.Errorf("the chain says %q, want %q", got, want)
	}
	_, err = signedIn(t, d, "clerk-1", clerkPassword)
	wantKind(t, err, fault.Password)
}

// enabled is an account that the county sent, enabled here with a password of its
// own.
func enabled(t *testing.T, d *desk.Desk, o guard.Operator, password string) {
	t.Helper()
	if err := d.Store().EnableOperator(t.Context(), o, []byte(password)); err != nil {
		t.Fatal(err)
	}
}

func TestWhoIsEnabledIsWhomTheCountySent(t *testing.T) {
	d := laptop(t, t.TempDir())
	defer d.Close()
	ctx := t.Context()
	t.Run("nobody else", func(t *testing.T) {
		made := guard.Operator{ID: "made-up", Name: "某人", Roles: []guard.Role{guard.DataAdmin}, Enabled: true}
		err := d.EnableOperator(ctx, made, []byte("correct horse 9"))
		if fault.KindOf(err) != fault.Missing || !strings.Contains(fault.Sentence(err), "名册") {
			t.Errorf("got %v: %s", err, fault.Sentence(err))
		}
	})
	t.Run("with no role but those of the roster, and it is in the record", func(t *testing.T) {
		sent := guard.Operator{ID: "clerk-7", Name: "又一位操作员", Roles: []guard.Role{guard.Clerk}, Enabled: true}
		if err := d.Store().AddOperator(ctx, sent); err != nil {
			t.Fatal(err)
		}
		head, _ := d.Store().Head()
		more := sent
		more.Roles = []guard.Role{guard.Clerk, guard.Reviewer, guard.DataAdmin, guard.Auditor}
		if err := d.EnableOperator(ctx, more, []byte("correct horse 9")); err != nil {
			t.Fatal(err)
		}
		got, err := d.Store().Account(ctx, "clerk-7")
		if err != nil || len(got.Roles) != 1 || got.Roles[0] != guard.Clerk {
			t.Errorf("got roles %v, %v", got.Roles, err)
		}
		if now, _ := d.Store().Head(); now == head {
			t.Error("nothing is in the chain")
		}
	})
}

func TestAnAdministratorResetsAPassword(t *testing.T) {
	ctx := context.Background()
	d := laptop(t, t.TempDir())
	wantKind(t, d.EnableOperator(ctx, reviewer(), []byte("a clerk may not")), fault.Exists)
	wantKind(t, d.ResetPassword(ctx, "reviewer-1", []byte("a clerk may not")), fault.Denied)
	enabled(t, d, admin(), "administrators own")
	d, err := signedIn(t, d, "admin-1", "administrators own")
	if err != nil {
		t.Fatal(err)
	}
	wantKind(t, d.ResetPassword(ctx, "admin-1", []byte("own account this way")), fault.Input)
	wantKind(t, d.ResetPassword(ctx, "nobody", []byte("nobody at all here")), fault.Missing)
	for range guard.MaxFailures {
		_, err = d.Store().Verify(ctx, "reviewer-1", []byte("wrong"))
	}
	wantKind(t, err, fault.Locked)
	if err := d.ResetPassword(ctx, "reviewer-1", []byte("set by the admin")); err != nil {
		t.Fatal(err)
	}
	if got, want := lastNote(t, d), `admin-1 {"detail":"reset reviewer-1"}`; got != want {
		t.Errorf("the chain says %q, want %q", got, want)
	}
	_, err = d.Store().Verify(ctx, "reviewer-1", []byte(reviewPassword))
	wantKind(t, err, fault.Password)
	if _, err = signedIn(t, d, "reviewer-1", "set by the admin"); err != nil {
		t.Fatal(err)
	}
}
