package stick

import (
	"syscall"
	"testing"

	"doorstep/internal/fault"
)

// small mounts a stick of some megabytes, where the system lets a test.
func small(t *testing.T, e *ends, options string) {
	t.Helper()
	if err := syscall.Mount("tmpfs", e.dir, "tmpfs", 0, options); err != nil {
		t.Skip("may not mount")
	}
	t.Cleanup(func() { syscall.Unmount(e.dir, syscall.MNT_DETACH) })
}

func TestAFullStickKeepsWhatIsWhole(t *testing.T) {
	e := newEnds(t)
	small(t, e, "size=6m")
	f := e.folder()
	must(e.write(f, "first"))
	_, err := e.write(f, big("x", 3<<20), big("y", 3<<20))
	wantKind(t, err, fault.Full)
	got, broken := e.texts(f)
	if len(got) != 1 || len(broken) != 1 {
		t.Fatalf("%d items, %v broken", len(got), broken)
	}
	if err := f.Tidy(ToCentre, broken); err != nil {
		t.Fatal(err)
	}
	must(e.write(f, "third"))
}

func TestAReadOnlyStick(t *testing.T) {
	e := newEnds(t)
	small(t, e, "size=6m")
	f := e.folder()
	must(e.write(f, "first"))
	if err := syscall.Mount("", e.dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Skip("may not mount read-only")
	}
	_, err := e.write(f, "second")
	wantKind(t, err, fault.Disk)
	if got := err.Error(); got == "" {
		t.Error("no word")
	}
	if got, _ := e.texts(f); len(got) != 1 {
		t.Errorf("%d items", len(got))
	}
}
