package desk_test

import (
	"os"
	"path/filepath"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/internal/store"
)

func TestRepair(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	d := laptop(t, dir)
	c, err := d.NewCase(ctx, loan.First, false)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	path, o := filepath.Join(dir, "store.bolt"), store.Options{Dir: dir, Cost: seal.CheapCost(), Now: clock}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	clear(b[:4096])
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := desk.OpenDoor(ctx, o, desk.Tools{}); !desk.Repairable(err) {
		t.Fatalf("got %v, want what a repair may mend", err)
	}
	people, err := desk.RepairPeople(ctx, dir)
	if err != nil || len(people) == 0 {
		t.Fatalf("%v, %v", people, err)
	}
	if _, err := desk.Repair(ctx, o, people[0].ID, []byte("a wrong password")); fault.KindOf(err) != fault.Password {
		t.Fatalf("got %v", err)
	}
	r, err := desk.Repair(ctx, o, people[0].ID, []byte(clerkPassword))
	if err != nil || r.Whole || r.Cases != 1 || r.Kept != "store.bolt.damaged-1" {
		t.Fatalf("%+v, %v", r, err)
	}
	door, err := desk.OpenDoor(ctx, o, desk.Tools{Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	d, err = door.SignIn(ctx, people[0].ID, []byte(clerkPassword))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if _, err := d.Open(ctx, c.ID); err != nil {
		t.Fatal(err)
	}
}
