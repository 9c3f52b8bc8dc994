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

func auditor() guard.Operator {
	return guard.Operator{ID: "auditor-1", Name: "练习审计员", Roles: []guard.Role{guard.Auditor}, Enabled: true}
}

// signedInAs opens the folder again for another operator.
func signedInAs(t *testing.T, d *desk.Desk, dir, who, password string) *desk.Desk {
	t.Helper()
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	door, err := desk.OpenDoor(context.Background(), store.Options{Dir: dir, Cost: seal.CheapCost(), Now: clock}, tools(t))
	if err != nil {
		t.Fatal(err)
	}
	if d, err = door.SignIn(context.Background(), who, []byte(password)); err != nil {
		t.Fatal(err)
	}
	return d
}

// lastOf is the last change of the chain.
func lastOf(t *testing.T, d *desk.Desk) *loan.Change {
	t.Helper()
	n, _ := d.Store().Head()
	ch, err := d.Store().Pending(context.Background(), n-1, 1)
	if err != nil || len(ch) != 1 {
		t.Fatalf("%d changes, %v", len(ch), err)
	}
	return ch[0]
}

func TestCarriageIsPermittedAndNoted(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	d := laptop(t, dir)
	defer func() { d.Close() }()
	enabled(t, d, auditor(), "correct horse 3")
	c, err := d.NewCase(ctx, loan.First, false)
	if err != nil {
		t.Fatal(err)
	}
	content := picture(t, 300, 400, 80)
	if _, err := d.Attach(ctx, c.ID, loan.DocSlot(loan.HukouBook), content, "image/jpeg", "file"); err != nil {
		t.Fatal(err)
	}
	if c, err = d.Urge(ctx, c.ID, loan.Disaster); err != nil || c.Urgency != loan.Disaster {
		t.Fatalf("%v, urgency %q", err, c.Urgency)
	}
	if ch := lastOf(t, d); ch.Kind != loan.ChangeUrgent || ch.Operator != "clerk-1" || !strings.Contains(string(ch.Body), "disaster") {
		t.Errorf("the chain ends with %s by %s: %s", ch.Kind, ch.Operator, ch.Body)
	}
	set := desk.SyncSettings{Paused: true, Cap: 1 << 20}
	if err := d.SetSyncSettings(ctx, set); err != nil {
		t.Fatal(err)
	}
	if ch := lastOf(t, d); ch.Kind != loan.ChangeSetting || !strings.Contains(string(ch.Body), "paused, at most 1048576 bytes a second") {
		t.Errorf("the chain ends with %s: %s", ch.Kind, ch.Body)
	}
	if _, err := d.Urge(ctx, c.ID, "sooner"); fault.KindOf(err) != fault.Input {
		t.Errorf("an urgency there is not: %v", err)
	}
	if err := d.LetGo(ctx, c.ID, d.Store().BlobName(content)); fault.KindOf(err) != fault.Denied {
		t.Errorf("a picture that the case needs: %v", err)
	}

	t.Run("a second operator finds all that waits, and the settings", func(t *testing.T) {
		d = signedInAs(t, d, dir, "reviewer-1", reviewPassword)
		rows := d.Waiting()
		if len(rows) != 1 || rows[0].ID != c.ID || rows[0].Images.Left.Blobs != 1 || !rows[0].Records || rows[0].Urgency != loan.Disaster || rows[0].Mine {
			t.Errorf("got %+v", rows)
		}
		if got, err := d.SyncSettings(ctx); err != nil || got != set {
			t.Errorf("got %+v, %v", got, err)
		}
	})
	t.Run("an auditor carries, and changes none of it", func(t *testing.T) {
		d = signedInAs(t, d, dir, "auditor-1", "correct horse 3")
		if err := d.MayCarry(ctx); err != nil {
			t.Errorf("his account cannot be renewed: %v", err)
		}
		_, urged := d.Urge(ctx, c.ID, loan.NotUrgent)
		for name, err := range map[string]error{"settings": d.SetSyncSettings(ctx, desk.SyncSettings{}), "urge": urged,
			"let go": d.LetGo(ctx, c.ID, loan.Hash{1}), "enrol": d.Enrolled(ctx, d.Store().Profile())} {
			if fault.KindOf(err) != fault.Denied {
				t.Errorf("%s: got %v, want denied", name, err)
			}
		}
	})
}
