package central

import (
	"errors"
	"testing"

	"doorstep/internal/fault"
)

func TestAnErrorOfTheDiskHasItsKind(t *testing.T) {
	for said, want := range map[string]fault.Kind{
		"database or disk is full (13)":         fault.Full,
		"disk I/O error (4874)":                 fault.Full,
		"disk I/O error (778)":                  fault.Disk,
		"database disk image is malformed (11)": fault.Damaged,
		"database is locked (5) (SQLITE_BUSY)":  fault.Busy,
	} {
		if got := fault.KindOf(diskFault("x", errors.New(said))); got != want {
			t.Errorf("%s: got %v, want %v", said, got, want)
		}
	}
}
