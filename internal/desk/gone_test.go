package desk_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// settingsWith are the settings of a laptop in whose name or value a text stands.
func settingsWith(t *testing.T, d *desk.Desk, text string) (out []string) {
	t.Helper()
	names, err := d.Store().SettingsWith(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		var v any
		if err := d.Store().Setting(t.Context(), name, &v); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(name, text) || strings.Contains(fmt.Sprint(v), text) {
			out = append(out, name)
		}
	}
	return out
}

// erasedTold has the centre erase a case of which it has all.
func (k *keeper) erasedTold(c *loan.Case) {
	k.t.Helper()
	var blobs []loan.Hash
	for _, a := range c.Attachments {
		blobs = append(blobs, a.Blob)
	}
	k.acknowledged(blobs...)
	of, err := k.d.Store().Changes(k.t.Context(), c.ID)
	if err != nil {
		k.t.Fatal(err)
	}
	if out, err := k.d.Store().EraseTold(k.t.Context(), []uuid.UUID{c.ID}, []uuid.UUID{of[len(of)-1].ID}, "admin-9", "asked in person"); err != nil || out.Cases != 1 {
		k.t.Fatalf("%+v, %v", out, err)
	}
}

// TestWhyACaseWasToBeSeenGoesWithTheCase has a grant, an emergency and a request that
// waits, each with the student's name in its reason.
func TestWhyACaseWasToBeSeenGoesWithTheCase(t *testing.T) {
	for name, erase := range map[string]func(*keeper, *loan.Case){
		"erased here": func(k *keeper, c *loan.Case) {
			k.as("admin-1", reviewPassword)
			if out, err := k.d.EraseCase(k.t.Context(), c.ID, "本人当面要求删除", nil); err != nil || out.Cases != 1 {
				k.t.Fatalf("%+v, %v", out, err)
			}
		},
		"erased by the centre's word": func(k *keeper, c *loan.Case) { k.erasedTold(c) },
	} {
		t.Run(name, func(t *testing.T) {
			k := newKeeper(t)
			ctx, must := t.Context(), step(t)
			c, other := entered(t, k.d), entered(t, k.d)
			student := c.App.Student.Name
			if err := k.d.Store().SetSetting(ctx, "desk.shot."+c.ID.String()+".student", true); err != nil {
				t.Fatal(err)
			}
			enabled(t, k.d, guard.Operator{ID: "clerk-7", Name: "另一", Roles: []guard.Role{guard.Clerk}, Enabled: true}, "correct horse of clerk-7")
			as := func() { k.as("clerk-7", "correct horse of clerk-7") }
			as()
			asks := func(id uuid.UUID) desk.Asked {
				a, err := k.d.AskGrant(ctx, desk.Wanted{Fields: []string{guard.ImagesField}, Case: id, Hours: 2, Reason: "核对" + student + "的照片"})
				if err != nil {
					t.Fatal(err)
				}
				return a
			}
			if _, err := k.d.ApproveAsk(ctx, asks(c.ID).Code, "admin-1", []byte(reviewPassword), nil); err != nil {
				t.Fatal(err)
			}
			waits, stays := asks(c.ID), asks(other.ID)
			g, err := k.d.BreakGlass(ctx, c.ID, "洪水断网，"+student+"急用")
			if err != nil {
				t.Fatal(err)
			}
			k.as("admin-1", reviewPassword)
			if err := k.d.ReviewGlass(ctx, g.ID, true, "核对过了"); err != nil {
				t.Fatal(err)
			}
			k.as("clerk-1", clerkPassword)
			must(k.d.Void(ctx, c.ID, "本人不再申请"))
			erase(k, c)
			as()
			given, err := k.d.Grants(ctx)
			if err != nil || len(given) != 2 {
				t.Fatalf("%d grants, %v", len(given), err)
			}
			for _, g := range given {
				if strings.Contains(g.Reason, student) {
					t.Errorf("the list of grants says %q", g.Reason)
				}
			}
			if all, err := k.d.Asks(ctx); err != nil || len(all) != 1 || all[0].Code != stays.Code {
				t.Errorf("what waits: %+v, %v", all, err)
			}
			if _, err := k.d.ApproveAsk(ctx, waits.Code, "admin-1", []byte(reviewPassword), nil); fault.KindOf(err) != fault.Missing {
				t.Errorf("the request of the erased case is approved: got %v", err)
			}
			if _, err := k.d.Keep(ctx); err != nil {
				t.Fatal(err)
			}
			if got := settingsWith(t, k.d, student); len(got) != 1 { // of the case that stays
				t.Errorf("the name is kept in %q", got)
			}
			if got := slices.DeleteFunc(settingsWith(t, k.d, c.ID.String()), func(name string) bool { return !strings.HasPrefix(name, "desk.shot.") }); len(got) != 0 {
				t.Errorf("the portrait is known by %q", got)
			}
		})
	}
}

// TestAnEmergencyThatWaitsInAnErasedCaseTellsNobodysName is of one that the centre erased.
func TestAnEmergencyThatWaitsInAnErasedCaseTellsNobodysName(t *testing.T) {
	k := newKeeper(t)
	c := entered(t, k.d)
	enabled(t, k.d, guard.Operator{ID: "clerk-7", Name: "另一", Roles: []guard.Role{guard.Clerk}, Enabled: true}, "correct horse of clerk-7")
	k.as("clerk-7", "correct horse of clerk-7")
	if _, err := k.d.BreakGlass(t.Context(), c.ID, "洪水断网，"+c.App.Student.Name+"急用"); err != nil {
		t.Fatal(err)
	}
	k.erasedTold(c)
	k.as("admin-1", reviewPassword)
	all, err := k.d.Glasses(t.Context())
	if err != nil || len(all) != 1 || strings.Contains(all[0].Reason, c.App.Student.Name) {
		t.Errorf("got %+v, %v", all, err)
	}
}

// TestWhatWasCountedOfRefusalsIsNotWrittenUnderAnErasedCase tries twice, erases and signs
// out: how often is in the record, and neither the reason nor the case comes back.
func TestWhatWasCountedOfRefusalsIsNotWrittenUnderAnErasedCase(t *testing.T) {
	k := newKeeper(t)
	ctx, must := t.Context(), step(t)
	c := entered(t, k.d)
	student := c.App.Student.Name
	must(k.d.Void(ctx, c.ID, "本人不再申请"))
	k.as("admin-1", reviewPassword)
	for range 3 {
		if err := k.d.Reveal(ctx, c.ID, []string{"student.phone"}, "核对"+student+"的电话"); fault.KindOf(err) != fault.Denied {
			t.Fatalf("got %v", err)
		}
	}
	if out, err := k.d.EraseCase(ctx, c.ID, "本人当面要求删除", nil); err != nil || out.Cases != 1 {
		t.Fatalf("%+v, %v", out, err)
	}
	k.as("admin-1", reviewPassword)
	for _, ch := range chain(t, k.d) {
		if strings.Contains(string(ch.Body), student) {
			t.Errorf("change %d of kind %s: %s", ch.Counter, ch.Kind, ch.Body)
		}
	}
	if _, err := k.d.Store().Case(ctx, c.ID); fault.KindOf(err) != fault.Erased {
		t.Errorf("the case: got %v", err)
	}
	if s, ok := k.d.Store().Summary(c.ID); ok {
		t.Errorf("its row is there: %+v", s)
	}
	r, err := k.d.Record(ctx, desk.Sought{Case: c.ID.String(), Operator: "admin-1", Kinds: []loan.ChangeKind{loan.ChangeReveal}})
	if err != nil || !slices.ContainsFunc(r.Lines, func(l desk.Line) bool { return l.Detail == "refused; 2 times more" && l.Reason == "" }) {
		t.Errorf("the record says %+v, %v", r.Lines, err)
	}
}
