package worker

import (
	"testing"
	"unsafe"

	"golang.org/x/sys/windows"
)

func TestTheChildIsInAJobThatBoundsIt(t *testing.T) {
	if err := confine(1024, 3600); err != nil { // as much as this test ever needs
		t.Fatal(err)
	}
	var got windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION
	if err := windows.QueryInformationJobObject(0, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&got)), uint32(unsafe.Sizeof(got)), nil); err != nil {
		t.Fatal(err)
	}
	if want := uintptr(confineOwn + 1024<<20); got.ProcessMemoryLimit != want {
		t.Errorf("memory: got %d, want %d", got.ProcessMemoryLimit, want)
	}
}
