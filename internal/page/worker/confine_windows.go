package worker

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

// confineOwn is what the program itself may hold when it is confined.
const confineOwn = 256 << 20

// confine puts this process for good into a job that bounds its memory and
// processor time, and lets it start no other.
func confine(memoryMB, cpuSeconds uint32) error {
	job, err := windows.CreateJobObject(nil, nil) // it stays open as long as the process
	if err != nil {
		return err
	}
	limits := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{ProcessMemoryLimit: confineOwn + uintptr(memoryMB)<<20}
	limits.BasicLimitInformation.PerProcessUserTimeLimit = int64(cpuSeconds) * 10_000_000 // of 100 ns
	limits.BasicLimitInformation.ActiveProcessLimit = 1
	limits.BasicLimitInformation.LimitFlags = windows.JOB_OBJECT_LIMIT_PROCESS_MEMORY |
		windows.JOB_OBJECT_LIMIT_PROCESS_TIME | windows.JOB_OBJECT_LIMIT_ACTIVE_PROCESS
	if _, err := windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&limits)), uint32(unsafe.Sizeof(limits))); err != nil {
		return err
	}
	return windows.AssignProcessToJobObject(job, windows.CurrentProcess())
}

// hearWarnings listens to nothing here.
func hearWarnings() (*warnings, error) { return nil, nil }
