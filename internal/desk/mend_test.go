package desk_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/store"
)

func TestAStoreThatOpensIsNotReplacedWithoutAWord(t *testing.T) {
	f := newField(t)
	stick, other, renamed := t.TempDir(), t.TempDir(), t.TempDir()
	if _, err := f.d.BackupTo(t.Context(), stick, nil); err != nil {
		t.Fatal(err)
	}
	another := laptop(t, t.TempDir())
	for _, to := range []string{other, renamed} {
		if _, err := another.BackupTo(t.Context(), to, nil); err != nil {
			t.Fatal(err)
		}
	}
	const name = "doorstep-backup-"
	step(t)(nil, os.Rename(filepath.Join(renamed, name+another.Device().String()), filepath.Join(renamed, name+f.d.Device().String())))
	step(t)(nil, another.Close())
	if _, err := f.d.NewCase(t.Context(), loan.First, false); err != nil {
		t.Fatal(err)
	}
	step(t)(nil, f.d.Close())
	door, err := desk.OpenDoor(t.Context(), store.Options{Dir: f.dir, Now: clock}, tools(t))
	if err != nil {
		t.Fatal(err)
	}
	defer door.Close()
	for name, k := range map[string]struct {
		from, who, password string
		kind                fault.Kind
	}{
		"by nobody":                       {stick, "", "", fault.Password},
		"by a wrong password":             {stick, "admin-1", "wrong horse 1", fault.Password},
		"by a clerk":                      {stick, "clerk-1", clerkPassword, fault.Denied},
		"by the backup of another laptop": {other, "admin-1", clerkPassword, fault.Input},
		"by one that is named as its own": {renamed, "admin-1", clerkPassword, fault.Input},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := door.Restore(t.Context(), k.from, k.who, []byte(k.password)); fault.KindOf(err) != k.kind {
				t.Errorf("got %v", err)
			}
			d, err := door.SignIn(t.Context(), "clerk-1", []byte(clerkPassword))
			if err != nil {
				t.Fatal(err)
			}
			if got := len(d.Find("", 0)); got != 1 {
				t.Errorf("got %d cases, want 1", got)
			}
			step(t)(nil, d.Close())
			step(t)(nil, door.Reopen(t.Context()))
		})
	}
	if _, err := door.Restore(t.Context(), stick, "admin-1", []byte(clerkPassword)); err != nil {
		t.Fatalf("by the data administrator: got %v", err)
	}
	d, err := door.SignIn(t.Context(), "clerk-1", []byte(clerkPassword))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if got := len(d.Find("", 0)); got != 0 {
		t.Errorf("after it: got %d cases, want 0", got)
	}
}

func TestALaptopThatIsShutOutIsNotOpenedByItsBackup(t *testing.T) {
	f := newField(t)
	stick := t.TempDir()
	if _, err := f.d.BackupTo(t.Context(), stick, nil); err != nil {
		t.Fatal(err)
	}
	at := clock().Add(time.Hour).UTC()
	b := bulletin.Bulletin{County: "522727", Kind: bulletin.Devices, Name: bulletin.ShutOutName, Version: uint64(at.UnixMilli()), Issued: at,
		Content: bulletin.EncodeDevices([]bulletin.ShutOut{{Device: f.p.Device, At: at, Lost: true}})}
	raw, err := b.Sign(f.centre)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.d.TakeFile(t.Context(), raw); err != nil {
		t.Fatal(err)
	}
	step(t)(nil, f.d.Close())
	tl := tools(t)
	tl.Now = func() time.Time { return at.Add(time.Hour) }
	door, err := desk.OpenDoor(t.Context(), store.Options{Dir: f.dir, Now: tl.Now}, tl)
	if err != nil {
		t.Fatal(err)
	}
	defer door.Close()
	if _, err := door.Restore(t.Context(), stick, "admin-1", []byte(clerkPassword)); fault.KindOf(err) != fault.Denied {
		t.Errorf("got %v", err)
	}
}
